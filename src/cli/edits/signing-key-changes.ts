import type { Account } from "../../authority/account.ts";
import type { Operator } from "../../authority/operator.ts";
import { findSigningKey } from "../../jwt/scopes.ts";
import type { SigningKey } from "../../jwt/signing-keys.ts";
import { askUntilRead } from "../asking/ask-until-read.ts";
import type { Output } from "../output/output.ts";
import type { Prompts } from "../output/prompts.ts";
import type { Report } from "../output/report.ts";
import { quote } from "../text/quote.ts";
import { findSignedBy, type Invalidated } from "../validation/invalidated.ts";
import { type KeyArgument, readKeyArgument, readSigningKey, withoutSeed } from "../values/key-argument.ts";

/** The signing keys that come and go. */
export interface SigningKeyChanges {
  readonly added: readonly KeyArgument[];
  /** Public keys, or what was given where it is none. */
  readonly removed: readonly string[];
}

/**
 * Reads `--sk` and `--rm-sk`.
 *
 * @param holder - whose keys they are; what is removed may be named by its role
 * @throws CommandError
 */
export async function readSigningKeyChanges(
  holder: Operator | Account,
  {
    sk = [],
    "rm-sk": rmSk = [],
  }: { readonly sk?: readonly string[] | undefined; readonly "rm-sk"?: readonly string[] | undefined },
  output: Output,
): Promise<SigningKeyChanges> {
  const kind = "accounts" in holder ? "operator" : "account";
  const added: KeyArgument[] = [];
  for (const value of sk) added.push(await readSigningKey(value, kind, output));
  const removed: string[] = [];
  for (const value of rmSk) {
    const named = "roles" in holder ? holder.roles.filter(({ role }) => role !== "" && role === value) : [];
    if (named.length > 0) removed.push(...named.map(({ key }) => key));
    else removed.push((await readKeyArgument(value, output))?.publicKey ?? withoutSeed(value));
  }
  return { added, removed };
}

/**
 * Adds and removes signing keys, and reports that.
 *
 * @param path - the names from the operator down
 * @returns what is no longer valid by it
 */
export async function applySigningKeys(
  holder: Operator | Account,
  path: readonly string[],
  { added, removed }: SigningKeyChanges,
  report: Report,
): Promise<readonly Invalidated[]> {
  for (const { publicKey, pair } of added) {
    if (hasSigningKey(holder, publicKey)) {
      report.warn(`skipped adding signing key ${quote(publicKey)} - as it's already set`);
      continue;
    }
    await holder.addSigningKey({ key: pair ?? publicKey });
    report.ok(`added signing key ${quote(publicKey)}`);
  }
  const gone: string[] = [];
  for (const key of new Set(removed)) {
    if (hasSigningKey(holder, key)) gone.push(key);
    else report.warn(`no signing key ${quote(key)} to remove`);
  }
  const invalidated = await findSignedBy(holder, path, gone);
  for (const key of gone) {
    await holder.removeSigningKey(key, { force: true });
    report.ok(`removed signing key ${quote(key)}`);
  }
  return invalidated;
}

/** Asks for signing keys to add. */
export async function askSigningKeys(
  prompts: Prompts,
  output: Output,
  kind: "operator" | "account",
  given: readonly string[] = [],
): Promise<readonly string[]> {
  const ask = async (initial: string): Promise<string> => {
    const question = () => prompts.text("path to sk nkey or nkey", { initial });
    return (await askUntilRead(output, question, (value) => readSigningKey(value, kind, output))).answer;
  };
  const keys: string[] = [];
  for (const value of given) keys.push(await ask(value));
  while (await prompts.confirm(keys.length === 0 ? "add a signing key" : "add another signing key", false)) {
    keys.push(await ask(""));
  }
  return keys;
}

function hasSigningKey({ claims }: Operator | Account, key: string): boolean {
  const { nats } = claims;
  return findSigningKey<SigningKey>(nats as { readonly signing_keys?: readonly SigningKey[] }, key) !== undefined;
}
