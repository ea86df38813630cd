import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { Operator } from "../../authority/operator.ts";
import { parseDecoratedToken } from "../../creds/creds.ts";
import { compareUtf8 } from "../../encoding/go-text.ts";
import { isNscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import { decode } from "../../jwt/decode.ts";
import { signingKeyOf } from "../../jwt/signing-keys.ts";
import { saysMissing } from "../../node/io-error.ts";
import { CommandError } from "../command-error.ts";
import type { migrateFlags } from "../commands/import-entities.ts";
import { collisionOf } from "../files/import-file.ts";
import { isUrl, readSource, shownSource } from "../files/load-text.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { Report } from "../output/report.ts";
import { quote, quotePath } from "../text/quote.ts";

type Migrate = Invocation<typeof migrateFlags>;

/** An account elsewhere, and its users if it is in a folder that has some. */
interface Source {
  readonly from: string;
  readonly token: string;
  readonly claims: AccountClaims;
  readonly users: readonly { readonly path: string; readonly token: string }[];
}

export async function run(invocation: Migrate): Promise<void> {
  const { globals, flags, output, report, tree } = invocation;
  const operator = await tree.operator();
  const asked = globals.interactive === true ? await ask(invocation) : flags;
  const sources = await sourcesOf(invocation, asked);
  let done = 0;
  for (const source of sources) {
    try {
      await migrate(invocation, operator, source);
      done += 1;
    } catch (error) {
      // The others are migrated all the same.
      if (!(error instanceof CommandError) && !isNscError(error)) throw error;
      report.error(error.message);
    }
  }
  if (done === sources.length) output.note(done === 1 ? "job succeeded" : "all jobs succeeded");
}

async function migrate(invocation: Migrate, operator: Operator, from: string): Promise<void> {
  const { flags, report, tree } = invocation;
  const source = await read(invocation, from);
  const { claims, token, users } = source;
  const name = claims.name ?? "";
  await assertMigratable(invocation, operator, source);
  const skipped: string[] = [];
  const account = await tree.nsc.transaction(async (tx) => {
    const to = await tx.operator(operator.name);
    const options = { force: true, keepLimits: true, allowInvalid: true } as const;
    const account = await to.importAccount(token, { ...options, replace: flags.force === true ? "newer" : false });
    for (const user of users) {
      try {
        await account.importUser(user.token, { replace: "newer", allowInvalid: true, creds: false });
      } catch (error) {
        if (!isNscError(error)) throw error;
        skipped.push(`skipped user ${basename(user.path, ".jwt")}: ${error.message}`);
      }
    }
    return account;
  });
  const details = new Report();
  for (const line of skipped) details.warn(line);
  await afterAccountChange(invocation, operator, account, details);
  const count = users.length - skipped.length;
  const migrated = isUrl(from) ? "" : count === 0 ? "no users migrated" : `${count} users migrated`;
  report
    .ok(`migrated ${quote(name)} to operator ${quote(operator.claims.name ?? operator.name)} [${migrated}]`)
    .append(details);
}

async function assertMigratable(
  { flags, output, tree }: Migrate,
  operator: Operator,
  { claims, from }: Source,
): Promise<void> {
  const { name = "", sub } = claims;
  const folder = join(tree.directory.storesDir, operator.name) + sep;
  if (!isUrl(from) && output.path(from).startsWith(folder)) {
    throw new CommandError(`cannot migrate ${quote(output.path(from))} onto itself`, { code: "ERR_FLAGS" });
  }
  const named = (await tree.names([operator.name])).includes(name) ? await operator.account(name) : undefined;
  const present = named ?? (await operator.findAccount(sub));
  if (present !== undefined && flags.force !== true) {
    throw new CommandError(`account ${quote(present.name)} already exists, specify --force to overwrite`, {
      code: "ERR_ENTITY_EXISTS",
    });
  }
  if (named !== undefined && named.publicKey !== sub) {
    throw new CommandError(collisionOf("Account", named.publicKey, sub), { code: "ERR_ENTITY_EXISTS" });
  }
  const keys = [sub, ...(claims.nats.signing_keys ?? []).map((key) => signingKeyOf(key))];
  for (const key of keys) if ((await tree.store.getKey(key)) !== undefined) return;
  throw new CommandError(`unable to find an account key for ${quote(name)} - need one of ${keys.join(", ")}`, {
    code: "ERR_SIGNER_MISSING",
  });
}

async function sourcesOf(
  { output }: Migrate,
  { url = "", "operator-dir": folder = "" }: Migrate["flags"],
): Promise<readonly string[]> {
  if (url !== "" && folder !== "") {
    throw new CommandError("specify one of --url or --operator-dir", { code: "ERR_FLAGS", showsUsage: true });
  }
  if (folder === "") return [url];
  const path = output.path(folder);
  if (!existsSync(join(path, ".nsc"))) {
    throw new CommandError(
      `error loading operator ${quotePath(path)}: ${quotePath(path)} is not a valid data directory: stat ${join(path, ".nsc")}: no such file or directory`,
      { code: "ERR_FILE_NOT_FOUND", showsUsage: true },
    );
  }
  const names = await namesIn(join(path, "accounts"));
  return names.map((name) => join(path, "accounts", name, `${name}.jwt`)).filter(existsSync);
}

async function read(invocation: Migrate, from: string): Promise<Source> {
  if (from === "") throw new CommandError("an url or path to the account jwt is required", { code: "ERR_FLAGS" });
  let text: string;
  try {
    text = await readSource(invocation, from, "stat");
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`error loading from ${quotePath(shownSource(from))}: ${error.message}`, {
      code: "ERR_SOURCE_UNREADABLE",
    });
  }
  const token = parseDecoratedToken(text).trim();
  let claims: AccountClaims;
  try {
    claims = decode(token, { kind: "account" });
  } catch (error) {
    if (!isNscError(error)) throw error;
    throw new CommandError(`error decoding JWT: ${error.message}`, { code: "ERR_SOURCE_INVALID" });
  }
  const users = isUrl(from) ? [] : await usersIn(join(dirname(resolve(invocation.output.path(from))), "users"));
  return { from, token, claims, users };
}

async function usersIn(folder: string): Promise<Source["users"]> {
  const files = (await namesIn(folder)).filter((name) => name.endsWith(".jwt")).map((name) => join(folder, name));
  return await Promise.all(
    files.map(async (path) => ({ path, token: parseDecoratedToken(await readFile(path, "utf8")).trim() })),
  );
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort(compareUtf8);
  } catch (error) {
    if (saysMissing(error)) return [];
    throw error;
  }
}

async function ask({ flags, output, prompts }: Migrate): Promise<Migrate["flags"]> {
  if (await prompts.confirm("migrate all accounts under a particular operator", true)) {
    const folder = await prompts.text("specify the directory for the operator", {
      check: (text) => (existsSync(join(output.path(text), ".nsc")) ? undefined : "this is no operator's directory"),
    });
    return { ...flags, "operator-dir": folder, url: undefined };
  }
  const url = await prompts.text("account jwt url/or path ", {
    initial: flags.url ?? "",
    check: (text) => (isUrl(text) || existsSync(output.path(text)) ? undefined : "there is no such file"),
  });
  return { ...flags, url, "operator-dir": undefined };
}
