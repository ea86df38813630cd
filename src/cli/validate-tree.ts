import type { AccountClaims } from "../jwt/account.ts";
import { didSign } from "../jwt/did-sign.ts";
import type { Claims } from "../jwt/kinds.ts";
import { hasJetStream } from "../jwt/limits.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { UserClaims } from "../jwt/user.ts";
import { validateDecoded } from "../jwt/validate.ts";
import type { StorePath } from "../store/store.ts";
import { ClaimsReader, type ReadClaims } from "./stored-claims.ts";
import { storedOperator } from "./stored-operator.ts";
import { quote } from "./text/quote.ts";
import type { Tree } from "./tree.ts";
import type { FoundIssue, Validated } from "./validated.ts";

/**
 * Validates an operator, some of its accounts and their users: each by itself, and whether it is signed by a key of what is
 * above it. What can't be read is an issue, and in the way of nothing else.
 *
 * @param accounts - their names, or all of them
 */
export async function validateTree(
  tree: Tree,
  name: string,
  accounts: readonly string[] | "all",
  now: Date,
): Promise<{ readonly operator: Validated; readonly accounts: readonly Validated[] }> {
  const reader = new ClaimsReader(tree);
  const operator = await storedOperator(reader, name);
  const own: FoundIssue[] = [...validateDecoded(operator, { now })];
  if (!didSign(operator, operator)) own.push(error("operator is not issued by operator or operator signing key"));

  const find = accountFinder(operator, now);
  const read = accounts === "all" ? await reader.below<"account", FoundAccount>([name], find) : [];
  for (const account of accounts === "all" ? [] : accounts) {
    const one = await reader.one<"account", FoundAccount>([name, account], find);
    if (one !== undefined) read.push(one);
  }
  // The signatures are checked while what is below is read.
  const users: ReadClaims<readonly FoundIssue[]>[][] = [];
  for (const { path, value } of read) {
    const isReadable = value !== undefined;
    users.push(isReadable ? await reader.below<"user", readonly FoundIssue[]>(path as UsersPrefix, value.ofUser) : []);
  }
  const validated: Validated[] = [];
  for (const [i, account] of read.entries()) {
    const problem = await account.problem;
    const issues = problem === undefined ? [...(account.value?.issues ?? [])] : [error(problem)];
    for (const user of problem === undefined ? (users[i] ?? []) : []) issues.push(...(await issuesOfUser(user)));
    validated.push({ name: nameIn(account.path), issues });
  }
  return { operator: { name, issues: own }, accounts: validated };
}

type UsersPrefix = readonly [string, string];

/** What was found about an account, and what finds it about its users. */
interface FoundAccount {
  readonly issues: readonly FoundIssue[];
  readonly ofUser: (claims: UserClaims, path: StorePath) => readonly FoundIssue[];
}

function accountFinder(operator: OperatorClaims, now: Date): (claims: AccountClaims) => FoundAccount {
  const isStrict = operator.nats.strict_signing_key_usage === true;
  return (account) => {
    const issues: FoundIssue[] = [...validateDecoded(account, { now })];
    if (operator.nats.system_account === account.sub && hasJetStream(account.nats.limits)) {
      issues.push(error("JetStream should not be enabled for system account"));
    }
    if (!didSign(operator, account)) issues.push(error("Account is not issued by operator or operator signing keys"));
    return { issues, ofUser: (claims, path) => userIssues(claims, nameIn(path), { account, isStrict, now }) };
  };
}

function userIssues(
  claims: UserClaims,
  user: string,
  { account, isStrict, now }: { readonly account: AccountClaims; readonly isStrict: boolean; readonly now: Date },
): readonly FoundIssue[] {
  const issues: FoundIssue[] = validateDecoded(claims as Claims, { now }).map((issue) => ofUser(user, issue));
  const who = `user ${quote(user)}`;
  if (!didSign(account, claims)) {
    issues.push({ ...error(`${who} is not issued by account or account signing keys`), user });
  } else if (isStrict && claims.iss === account.sub) {
    issues.push({ ...error(`${who} is issued by account key but operator is in strict mode`), user });
  }
  return issues;
}

async function issuesOfUser({
  path,
  value,
  problem,
}: ReadClaims<readonly FoundIssue[]>): Promise<readonly FoundIssue[]> {
  const why = await problem;
  return why === undefined ? (value ?? []) : [ofUser(nameIn(path), error(why))];
}

function nameIn(path: StorePath): string {
  return path.at(-1) as string;
}

function ofUser(user: string, issue: FoundIssue): FoundIssue {
  return { ...issue, message: `user ${quote(user)}: ${issue.message}`, user };
}

function error(message: string): FoundIssue {
  return { level: "error", message };
}
