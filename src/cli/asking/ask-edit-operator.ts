import type { Operator } from "../../authority/operator.ts";
import type { editOperatorFlags } from "../commands/operator.ts";
import { askTags } from "../edits/apply-tags.ts";
import { askValidity } from "../edits/apply-validity.ts";
import { askSigningKeys } from "../edits/signing-key-changes.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { askAccount } from "./ask-account.ts";

const SERVICE_URL = /^(?:nats|tls|ws|wss):\/\/[^/@\s]+$/i;

/** Asks what is to change in the operator. */
export async function askEditOperator(
  invocation: Invocation<typeof editOperatorFlags>,
  { claims }: Operator,
): Promise<FlagValues<typeof editOperatorFlags>> {
  const { flags, io, output, prompts } = invocation;
  const { nats } = claims;
  const validity = await askValidity(prompts, flags, claims, timeOf(io));
  const tags = await askTags(prompts, flags, nats.tags);
  const present = nats.account_server_url ?? "";
  const initial = flags["account-jwt-server-url"] ?? present;
  const url = (await prompts.text("account jwt server url", { initial })).trim();
  const added = [...(flags["service-url"] ?? [])];
  for (let more = await prompts.confirm("add a service url", true); more; ) {
    added.push(
      await prompts.text("operator service url", {
        check: (text) =>
          SERVICE_URL.test(text) ? undefined : "give a URL of a server such as nats://localhost:4222, without a path",
      }),
    );
    more = await prompts.confirm("add another service url", true);
  }
  const removed = [...(flags["rm-service-url"] ?? [])];
  const urls = nats.operator_service_urls ?? [];
  if (urls.length > 0 && (await prompts.confirm("remove any service urls", true))) {
    const choices = urls.map((value) => ({ label: value, value }));
    removed.push(...(await prompts.selectSeveral("select service urls to remove", choices)));
  }
  const setsSystem = await prompts.confirm("Set system account", false);
  const systemAccount = setsSystem ? await askAccount(invocation, flags["system-account"]) : flags["system-account"];
  const sk = await askSigningKeys(prompts, output, "operator", flags.sk);
  return {
    ...flags,
    ...validity,
    ...tags,
    "account-jwt-server-url": url === present ? undefined : url,
    "rm-account-jwt-server-url":
      flags["rm-account-jwt-server-url"] ?? (url === "" && present !== "" ? true : undefined),
    "service-url": added,
    "rm-service-url": removed,
    "system-account": systemAccount,
    sk,
  };
}
