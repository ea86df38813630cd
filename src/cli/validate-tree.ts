import type { AccountClaims } from "../jwt/account.ts";
import { didSign } from "../jwt/did-sign.ts";
import type { Claims } from "../jwt/kinds.ts";
import { hasJetStream } from "../jwt/limits.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import { validate } from "../jwt/validate.ts";
import { CommandError } from "./command-error.ts";
import { ClaimsReader } from "./stored-claims.ts";
import { quote } from "./text/quote.ts";
import type { Tree } from "./tree.ts";
import type { FoundIssue, Validated } from "./validated.ts";

/**
 * Validates an operator, some of its accounts and their users: each by itself, and whether it is signed by a key of what is
 * above it. What can't be read is an issue, and in the way of nothing else.
 */
export async function validateTree(
  tree: Tree,
  name: string,
  accounts: readonly string[],
  now: Date,
): Promise<{ readonly operator: Validated; readonly accounts: readonly Validated[] }> {
  const reader = new ClaimsReader(tree);
  const operator = await readOperator(reader, name);
  const issuesOf = (claims: Claims): readonly FoundIssue[] => validate(claims, { now });
  const own = [...issuesOf(operator)];
  if (!didSign(operator, operator)) own.push(error("operator is not issued by operator or operator signing key"));

  const validateAccount = async (account: string): Promise<Validated> => {
    const read = await reader.one<"account">([name, account]);
    if (read === undefined) return { name: account, issues: [] };
    if ("problem" in read) return { name: account, issues: [error(read.problem)] };
    const { claims } = read;
    const issues = [...issuesOf(claims)];
    if (operator.nats.system_account === claims.sub && hasJetStream(claims.nats.limits))
      issues.push(error("JetStream should not be enabled for system account"));
    if (!didSign(operator, claims)) issues.push(error("Account is not issued by operator or operator signing keys"));
    issues.push(...(await userIssues(reader, operator, [name, account], claims, issuesOf)));
    return { name: account, issues };
  };
  // One after the other as they are read; their signatures are checked meanwhile.
  const validated = await Promise.all(accounts.map(validateAccount));
  return { operator: { name, issues: own }, accounts: validated };
}

async function readOperator(reader: ClaimsReader, name: string): Promise<OperatorClaims> {
  const read = (await reader.one<"operator">([name])) ?? { problem: "there is none" };
  if (!("problem" in read)) return read.claims;
  throw new CommandError(`the token of operator ${quote(name)} can't be read: ${read.problem}`, {
    code: "ERR_STORE_DAMAGED",
  });
}

async function userIssues(
  reader: ClaimsReader,
  operator: OperatorClaims,
  path: readonly [string, string],
  account: AccountClaims,
  issuesOf: (claims: Claims) => readonly FoundIssue[],
): Promise<FoundIssue[]> {
  const issues: FoundIssue[] = [];
  const users = await reader.below<"user">(path, (unreadable) =>
    issues.push(ofUser(unreadable.path.at(-1) as string, error(unreadable.problem))),
  );
  for (const { path: place, claims } of users) {
    const user = place.at(-1) as string;
    issues.push(...issuesOf(claims).map((issue) => ofUser(user, issue)));
    const { strict_signing_key_usage: isStrict } = operator.nats;
    const who = `user ${quote(user)}`;
    if (!didSign(account, claims)) {
      issues.push({ ...error(`${who} is not issued by account or account signing keys`), user });
    } else if (isStrict === true && claims.iss === account.sub) {
      issues.push({ ...error(`${who} is issued by account key but operator is in strict mode`), user });
    }
  }
  return issues;
}

function ofUser(user: string, issue: FoundIssue): FoundIssue {
  return { ...issue, message: `user ${quote(user)}: ${issue.message}`, user };
}

function error(message: string): FoundIssue {
  return { level: "error", message };
}
