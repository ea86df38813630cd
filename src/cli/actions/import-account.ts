import type { Operator } from "../../authority/operator.ts";
import type { SignerInput } from "../../authority/signer-choice.ts";
import { hasKey } from "../../authority/signing-keys.ts";
import { parseDecoratedToken } from "../../creds/creds.ts";
import { isNscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import { decode } from "../../jwt/decode.ts";
import { isSelfSigned } from "../../jwt/did-sign.ts";
import { signerOrAsk } from "../ask-signer.ts";
import { CommandError } from "../command-error.ts";
import type { importAccountFlags } from "../commands/import-entities.ts";
import { collisionOf, readImportFile, reportValidation } from "../import-file.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed.ts";
import { quotePath } from "../text/quote.ts";

type ImportAccount = Invocation<typeof importAccountFlags>;

export async function run(invocation: ImportAccount): Promise<void> {
  const { flags, report, tree } = invocation;
  report.wantsSummary = true;
  const token = parseDecoratedToken(await readImportFile(invocation, flags.file, [".jwt"])).trim();
  const operator = await tree.operator();
  const claims = read(invocation, token);
  if (claims === undefined || !reportValidation(invocation, claims, flags.skip === true)) return;
  const problem =
    (await collision(operator, claims, flags.overwrite === true)) ?? foreign(operator, claims, flags.force);
  if (problem !== undefined) {
    report.error(problem);
    return;
  }
  const isOwn = hasKey(operator.claims, claims.iss ?? "");
  const signer = isOwn ? undefined : await signerOf(invocation, operator);
  const account = await inWordsOfNsc(() =>
    operator.importAccount(token, {
      replace: flags.overwrite === true ? "newer" : false,
      allowInvalid: flags.skip === true,
      force: flags.force === true,
      keepLimits: true,
      ...(signer === undefined ? {} : { signer }),
    }),
  );
  await afterAccountChange(invocation, operator, account);
  if (report.severity !== "error") report.ok(`account ${claims.name} was successfully imported`);
}

function read({ flags, report }: ImportAccount, token: string): AccountClaims | undefined {
  try {
    return decode(token, { kind: "account" });
  } catch (error) {
    if (!isNscError(error)) throw error;
    report.error(`failed to decode ${quotePath(flags.file ?? "")}: ${error.message}`);
    return undefined;
  }
}

async function collision(
  operator: Operator,
  { name = "", sub }: AccountClaims,
  overwrites: boolean,
): Promise<string | undefined> {
  const named = await operator.account(name).catch((error: unknown) => {
    if (isNscError(error, "ERR_ENTITY_NOT_FOUND")) return undefined;
    throw error;
  });
  const same = await operator.findAccount(sub);
  if (named === undefined && same === undefined) return undefined;
  if (!overwrites) {
    const other = same === undefined || same.name === name ? "" : ` as ${same.name}`;
    return `account already exists${other}, overwrite with --overwrite`;
  }
  return named === undefined || named.publicKey === sub ? undefined : collisionOf("Account", named.publicKey, sub);
}

function foreign(operator: Operator, claims: AccountClaims, force = false): string | undefined {
  if (hasKey(operator.claims, claims.iss ?? "")) return undefined;
  if (operator.isManaged && isSelfSigned(claims)) return "only a non managed store can import a self signed account";
  if (!operator.isManaged && (isSelfSigned(claims) || force)) return undefined;
  return "can only import account signed by same operator. Possibly update your operator";
}

async function signerOf(invocation: ImportAccount, operator: Operator): Promise<SignerInput | undefined> {
  return await inWordsOfNsc(() => signerOrAsk(invocation, ["operator"], { operator }));
}

/** nsc says the same of every key that is not one of those that may sign. */
async function inWordsOfNsc<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isRefused =
      isNscError(cause, "ERR_SIGNER_UNTRUSTED") ||
      isNscError(cause, "ERR_SIGNER_UNKNOWN") ||
      isNscError(cause, "ERR_SIGNER_STRICT") ||
      (cause instanceof CommandError && cause.code === "ERR_SIGNER_KIND");
    if (!isRefused) throw cause;
    throw new CommandError("invalid account signer", { code: cause.code, hint: cause.message, cause });
  }
}
