import type { Operator } from "../../authority/operator.ts";
import { hasKey } from "../../authority/signing-keys.ts";
import { parseDecoratedToken } from "../../creds/creds.ts";
import { isNscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import { decode } from "../../jwt/decode.ts";
import { isSelfSigned } from "../../jwt/did-sign.ts";
import type { importAccountFlags } from "../commands/import-entities.ts";
import { collisionOf, readImportFile, reportValidation } from "../files/import-file.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { sayingBadSigner } from "../signing/bad-signer.ts";
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
  const signing = isOwn ? {} : await sayingBadSigner(() => signerOrAsk(invocation, ["operator"], { operator }));
  const account = await sayingBadSigner(() =>
    operator.importAccount(token, {
      replace: flags.overwrite === true ? "newer" : false,
      allowInvalid: flags.skip === true,
      force: flags.force === true,
      keepLimits: true,
      ...signing,
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
