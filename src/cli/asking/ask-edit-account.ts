import type { Account } from "../../authority/account.ts";
import type { Int64 } from "../../encoding/json-types.ts";
import { hasJetStream, JETSTREAM_LIMITS } from "../../jwt/limits.ts";
import type { editAccountFlags } from "../commands/account.ts";
import { askTags } from "../edits/apply-tags.ts";
import { askValidity } from "../edits/apply-validity.ts";
import { askSigningKeys } from "../edits/signing-key-changes.ts";
import type { FlagValues } from "../flags/flag.ts";
import { parseSize } from "../flags/parse-size.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { problemOf } from "../output/problem-of.ts";
import type { Prompts } from "../output/prompts.ts";
import { quote } from "../text/quote.ts";

type EditAccountValues = FlagValues<typeof editAccountFlags>;
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

const MAX_DESCRIPTION = 8192;

const LIMITS = [
  ["conns", "conn", "max connections"],
  ["leaf-conns", "leaf", "max leaf node connections"],
  ["data", "data", "max data"],
  ["exports", "exports", "max exports"],
  ["imports", "imports", "max imports"],
  ["payload", "payload", "max payload"],
  ["subscriptions", "subs", "max subscriptions"],
] as const;

const STORAGES = [
  ["js-mem-storage", "mem_storage", "max mem storage"],
  ["js-disk-storage", "disk_storage", "max disk storage"],
] as const;

const JETSTREAM = [
  ["js-streams", "streams", "max streams (-1 unlimited)"],
  ["js-consumer", "consumer", "max consumer (-1 unlimited)"],
  ["js-max-mem-stream", "mem_max_stream_bytes", "max size for a memory stream (-1 unlimited)"],
  ["js-max-disk-stream", "disk_max_stream_bytes", "max size for a disk stream (-1 unlimited)"],
  ["js-max-ack-pending", "max_ack_pending", "max number of pending acks for a consumer"],
] as const;

/** Asks what is to change in an account. What is answered as it is stays as it is. */
export async function askEditAccount(
  { flags, io, output, prompts }: Invocation<typeof editAccountFlags>,
  account: Account,
): Promise<EditAccountValues> {
  const asked: Mutable<EditAccountValues> = { ...flags };
  const { claims } = account;
  asked.sk = await askSigningKeys(prompts, output, "account", flags.sk);
  for (const [flag, member, title] of LIMITS) {
    const value = await askNumber(prompts, `${title} (-1 unlimited)`, flags[flag], claims.nats.limits[member]);
    if (value !== undefined) asked[flag] = value;
  }
  if (await prompts.confirm("set JetStream limits", false)) await askJetStream(prompts, account, asked);
  Object.assign(asked, await askValidity(prompts, flags, claims, timeOf(io)));
  Object.assign(asked, await askTags(prompts, flags, claims.nats.tags));
  const description = await prompts.text("Account Description", {
    initial: flags.description ?? claims.nats.description ?? "",
    check: (value) => (value.length > MAX_DESCRIPTION ? `value exceeds ${MAX_DESCRIPTION} character` : undefined),
  });
  if (description !== (claims.nats.description ?? "")) asked.description = description;
  const infoUrl = await prompts.text("Info url", {
    initial: flags["info-url"] ?? claims.nats.info_url ?? "",
    check: checkUrl,
  });
  if (infoUrl !== (claims.nats.info_url ?? "")) asked["info-url"] = infoUrl;
  if (await prompts.confirm("Enable context tracing?", false)) {
    const { dest = "trace.messages", sampling = 0 } = claims.nats.trace ?? {};
    asked["trace-context-subject"] = await prompts.text("Trace context subject?", {
      initial: flags["trace-context-subject"] ?? dest,
    });
    const message = "Trace context sampling rate [1-100]";
    const rate = await askNumber(prompts, message, flags["trace-context-sampling"] ?? sampling, undefined);
    asked["trace-context-sampling"] = Math.min(100, Math.max(0, Number(rate)));
  }
  return asked;
}

async function askJetStream(prompts: Prompts, { claims }: Account, asked: Mutable<EditAccountValues>): Promise<void> {
  const { limits } = claims.nats;
  const hasTiers = Object.keys(limits.tiered_limits ?? {}).length > 0;
  const hasGlobal = !hasTiers && JETSTREAM_LIMITS.some((name) => Boolean(limits[name]));
  const tier = await prompts.text("edit tier (0 matches all tiers)", {
    initial: String(asked["js-tier"] ?? 0),
    check: (text) => {
      if (!/^[0-9]+$/.test(text)) return "replication must be 0 or greater";
      if (Number(text) === 0 && hasTiers) return "configuration has tier limits - global limits are not allowed";
      if (Number(text) > 0 && hasGlobal) return "configuration has global limits - tiered limits are not allowed";
      return undefined;
    },
  });
  asked["js-tier"] = Number(tier);
  const present = Number(tier) === 0 ? limits : (limits.tiered_limits?.[`R${tier}`] ?? {});
  for (const [flag, member, title] of STORAGES) {
    const message = `${title} (-1 unlimited / 0 disabled)`;
    asked[flag] = await askNumber(prompts, message, asked[flag] ?? present[member] ?? 0, undefined);
  }
  if (STORAGES.every(([flag]) => Number(asked[flag]) === 0)) return;
  const initial = hasJetStream({ ...present }) ? 0 : -1;
  for (const [flag, member, title] of JETSTREAM) {
    asked[flag] = await askNumber(prompts, title, asked[flag] ?? present[member] ?? initial, undefined);
  }
  const message = "require max bytes when creating a stream";
  asked["js-max-bytes-required"] = await prompts.confirm(message, present.max_bytes_required === true);
}

/** Asks for a number. Nothing where the answer is what is there. */
async function askNumber(
  prompts: Prompts,
  message: string,
  given: Int64 | undefined,
  present: Int64 | undefined,
): Promise<Int64 | undefined> {
  const text = await prompts.text(message, {
    initial: String(given ?? present ?? 0),
    check: (answer) => problemOf(() => parseSize(answer)),
  });
  const value = parseSize(text);
  return given === undefined && BigInt(value) === BigInt(present ?? 0) ? undefined : value;
}

function checkUrl(text: string): string | undefined {
  if (text === "" || /^https?:/i.test(text)) return undefined;
  return `scheme ${quote(/^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1] ?? "")} is not supported (http, https)`;
}
