import type { AccountClaims } from "../../jwt/account.ts";
import { didSign } from "../../jwt/did-sign.ts";
import type { Claims } from "../../jwt/kinds.ts";
import { hasJetStream } from "../../jwt/limits.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import type { UserClaims } from "../../jwt/user.ts";
import { validateDecoded } from "../../jwt/validate.ts";
import type { StorePath } from "../../store/store.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";
import { ClaimsReader, type ReadClaims } from "../tree/stored-claims.ts";
import { storedOperator } from "../tree/stored-operator.ts";
import type { StoredEntry } from "../tree/stored-tokens.ts";
import type { FoundIssue, Validated } from "./validated.ts";

/**
 * Validates an operator, some of its accounts and their users: each by itself, and whether it is signed by a key of what is
 * above it. What can't be read is an issue, and in the way of nothing else.
 *
 * @param accounts - their names, or all of them
 */
export async function validateTree(
  invocation: Pick<Invocation, "tree" | "io">,
  name: string,
  accounts: readonly string[] | "all",
  now: Date,
): Promise<{ readonly operator: Validated; readonly accounts: readonly Validated[] }> {
  const reader = new ClaimsReader(invocation);
  const { claims: operator } = await storedOperator(reader, name);
  const own: FoundIssue[] = [...validateDecoded(operator, { now })];
  if (!didSign(operator, operator)) own.push(error("operator is not issued by operator or operator signing key"));

  const found: FoundAccount[] = [];
  // With its users at once: then nobody has to keep its claims.
  for await (const entry of accounts === "all" ? reader.tokens([name]) : tokensOf(reader, name, accounts)) {
    found.push(await findIssues(reader, entry, { operator, now }));
  }
  await reader.settled();
  return { operator: { name, issues: own }, accounts: found.map(validatedAccount) };
}

async function* tokensOf(
  reader: ClaimsReader,
  operator: string,
  accounts: readonly string[],
): AsyncGenerator<StoredEntry, undefined> {
  for (const account of accounts) {
    const entry = await reader.token([operator, account]);
    if (entry !== undefined) yield entry;
  }
}

interface Order {
  readonly operator: OperatorClaims;
  readonly now: Date;
}

/** What is found about an account and its users, if they are signed by their issuers. */
interface FoundAccount {
  readonly account: ReadClaims<readonly FoundIssue[]>;
  readonly users: readonly ReadClaims<readonly FoundIssue[]>[];
}

async function findIssues(reader: ClaimsReader, entry: StoredEntry, order: Order): Promise<FoundAccount> {
  let claims: AccountClaims | undefined;
  const account = reader.read<"account", readonly FoundIssue[]>(entry, (read) => {
    claims = read;
    return accountIssues(read, order);
  });
  if (claims === undefined) return { account, users: [] };
  const issuer = claims;
  const find = (user: UserClaims, path: StorePath) => userIssues(user, nameIn(path), issuer, order);
  return { account, users: await reader.below<"user", readonly FoundIssue[]>(entry.path as AccountPath, find) };
}

type AccountPath = readonly [string, string];

function accountIssues(account: AccountClaims, { operator, now }: Order): readonly FoundIssue[] {
  const issues: FoundIssue[] = [...validateDecoded(account, { now })];
  if (operator.nats.system_account === account.sub && hasJetStream(account.nats.limits)) {
    issues.push(error("JetStream should not be enabled for system account"));
  }
  if (!didSign(operator, account)) issues.push(error("Account is not issued by operator or operator signing keys"));
  return issues;
}

function userIssues(
  claims: UserClaims,
  user: string,
  account: AccountClaims,
  { operator, now }: Order,
): readonly FoundIssue[] {
  const issues: FoundIssue[] = validateDecoded(claims as Claims, { now }).map((issue) => ofUser(user, issue));
  const who = `user ${quote(user)}`;
  if (!didSign(account, claims)) {
    issues.push({ ...error(`${who} is not issued by account or account signing keys`), user });
  } else if (operator.nats.strict_signing_key_usage === true && claims.iss === account.sub) {
    issues.push({ ...error(`${who} is issued by account key but operator is in strict mode`), user });
  }
  return issues;
}

function validatedAccount({ account, users }: FoundAccount): Validated {
  const name = nameIn(account.path);
  if (account.problem !== undefined) return { name, issues: [error(account.problem)] };
  const issues = [...(account.value ?? [])];
  for (const { path, value = [], problem } of users) {
    if (problem === undefined) issues.push(...value);
    else issues.push(ofUser(nameIn(path), error(problem)));
  }
  return { name, issues };
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
