import type { Account } from "../../authority/account.ts";
import { parseCreds, parseDecoratedToken } from "../../creds/creds.ts";
import { isNscError, type NscError } from "../../errors.ts";
import { decode } from "../../jwt/decode.ts";
import { didSign } from "../../jwt/did-sign.ts";
import type { UserClaims } from "../../jwt/user.ts";
import type { importUserFlags } from "../commands/import-entities.ts";
import { collisionOf, readImportFile, reportValidation } from "../files/import-file.ts";
import type { Invocation } from "../invocation.ts";
import { quotePath } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { keyFile } from "../tree/keystore.ts";

type ImportUser = Invocation<typeof importUserFlags>;

export async function run(invocation: ImportUser): Promise<void> {
  const { flags, report, tree } = invocation;
  report.wantsSummary = true;
  const text = await readImportFile(invocation, flags.file, [".jwt", ".creds"]);
  const operator = await tree.operator();
  const token = parseDecoratedToken(text).trim();
  const claims = read(invocation, token);
  if (claims === undefined) return;
  const creds = hasSeed(invocation, text) ? text : undefined;
  if (!reportValidation(invocation, claims, flags.skip === true)) return;
  const issuer = claims.nats.issuer_account ?? claims.iss ?? "";
  const account = await operator.findAccount(issuer);
  if (account === undefined) {
    report.error(`referenced Account ${issuer} not found, import first`);
    return;
  }
  const problem = await collision(account, claims, flags.overwrite === true);
  if (problem !== undefined) {
    report.error(problem);
    return;
  }
  if (!didSign(account.claims, claims)) {
    report.error("can only import user signed by exiting account. Possibly update your account");
    return;
  }
  const user = await changeTree(
    invocation,
    async (tx) => {
      const to = await (await tx.operator(operator.name)).account(account.name);
      return await to.importUser(creds ?? token, {
        replace: flags.overwrite === true ? "newer" : false,
        allowInvalid: flags.skip === true,
      });
    },
    shutOut,
  );
  if (creds !== undefined) report.ok(`key stored ${keyFile(tree, user.publicKey)}`);
  report.ok(`user ${claims.name} was successfully imported`);
}

/** Servers don't let such users in; nsc takes them without a look at that. */
function shutOut(problem: NscError): string | undefined {
  return SHUT_OUT.has(problem.code) ? problem.message : undefined;
}

const SHUT_OUT: ReadonlySet<string> = new Set<NscError["code"]>([
  "ERR_ARGUMENT_INVALID",
  "ERR_BEARER_DISALLOWED",
  "ERR_ROLE_TEMPLATE",
  "ERR_SIGNER_STRICT",
  "ERR_USER_SCOPED",
]);

function read({ flags, report }: ImportUser, token: string): UserClaims | undefined {
  try {
    return decode(token, { kind: "user" });
  } catch (error) {
    if (!isNscError(error)) throw error;
    report.error(`failed to decode ${quotePath(flags.file ?? "")}: ${error.message}`);
    return undefined;
  }
}

/** Whether a text is that of creds, whose seed is that of the user. */
function hasSeed({ flags, report }: ImportUser, text: string): boolean {
  try {
    parseCreds(text);
    return true;
  } catch (error) {
    if (!isNscError(error)) throw error;
    if (/NKEY SEED/.test(text) || (flags.file ?? "").endsWith(".creds")) {
      report.warn(`failed to parse decorated key in ${quotePath(flags.file ?? "")}: ${error.message}`);
    }
    return false;
  }
}

async function collision(
  account: Account,
  { name = "", sub }: UserClaims,
  overwrites: boolean,
): Promise<string | undefined> {
  const present = await account.user(name).catch((error: unknown) => {
    if (isNscError(error, "ERR_ENTITY_NOT_FOUND")) return undefined;
    throw error;
  });
  if (present === undefined) return undefined;
  if (!overwrites) return "user already exists, overwrite with --overwrite";
  return present.publicKey === sub ? undefined : collisionOf("User", present.publicKey, sub);
}
