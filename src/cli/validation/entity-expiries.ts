import { findDecorated } from "../../creds/decorated.ts";
import type { Claims } from "../../jwt/kinds.ts";
import { readTextNow } from "../../node/file-reads.ts";
import type { Invocation } from "../invocation.ts";
import { ClaimsReader, type OnUnreadable, type ReadClaims } from "../tree/stored-claims.ts";
import { storedOperator } from "../tree/stored-operator.ts";

/** When something expires. */
export interface EntityExpiry {
  /** The names from the operator down, or the path of a file. */
  readonly resource: string;
  readonly publicKey: string;
  /** In seconds since 1970; 0 for never. */
  readonly expiry: number;
}

/** What is shown of claims. */
interface Shown {
  readonly name: string;
  readonly publicKey: string;
  readonly expiry: number;
}

const pick = ({ name = "", sub, exp = 0 }: Claims): Shown => ({ name, publicKey: sub, expiry: exp });

/** When the current operator, its accounts, their users and the creds files of these expire, in the order of names. */
export async function entityExpiries(
  invocation: Pick<Invocation, "tree" | "io">,
  onUnreadable: (resource: string, problem: string) => void,
): Promise<EntityExpiry[]> {
  const { tree } = invocation;
  const name = await tree.operatorName();
  const reader = new ClaimsReader(invocation);
  const operator = pick((await storedOperator(reader, name)).claims);
  const credsFile = await tree.directory.credsBelow(name);
  const accounts: { readonly account: ReadClaims<Shown>; readonly users: readonly UserExpiries[] }[] = [];
  for await (const entry of reader.tokens([name])) {
    const account = reader.read<"account", Shown>(entry, pick);
    const isReadable = account.value !== undefined;
    accounts.push({ account, users: isReadable ? await usersBelow(reader, entry.path as AccountPath, credsFile) : [] });
  }
  await reader.settled();
  const found: EntityExpiry[] = [];
  const add = (resource: string, { path, value, problem }: ReadClaims<Shown>, onBad: OnUnreadable): boolean => {
    if (problem === undefined) found.push({ ...(value as Shown), resource });
    else onBad(path, problem);
    return problem === undefined;
  };
  const skip: OnUnreadable = (path, problem) => onUnreadable(path.join("/"), problem);
  found.push({ ...operator, resource: operator.name });
  for (const { account, users } of accounts) {
    const resource = `${operator.name}/${account.value?.name ?? ""}`;
    if (!add(resource, account, skip)) continue;
    for (const { user, creds } of users) {
      add(`${resource}/${user.value?.name ?? ""}`, user, skip);
      if (creds !== undefined) add(creds.file, creds.read, (_, problem) => onUnreadable(creds.file, problem));
    }
  }
  return found.map(({ resource, publicKey, expiry }) => ({ resource, publicKey, expiry }));
}

type AccountPath = readonly [string, string];

interface UserExpiries {
  readonly user: ReadClaims<Shown>;
  readonly creds: { readonly file: string; readonly read: ReadClaims<Shown> } | undefined;
}

async function usersBelow(
  reader: ClaimsReader,
  account: AccountPath,
  credsFile: (account: string, user: string) => string | undefined,
): Promise<UserExpiries[]> {
  const users: UserExpiries[] = [];
  for (const user of await reader.below<"user", Shown>(account, pick)) {
    const file = credsFile(account[1], user.path.at(-1) as string);
    if (file === undefined) {
      users.push({ user, creds: undefined });
      continue;
    }
    // Creds hold a token of their own, which may be an older one.
    const [token = ""] = findDecorated(readTextNow(file));
    const read = token === user.token ? user : reader.read<"user", Shown>({ path: user.path, token }, pick);
    users.push({ user, creds: { file, read } });
  }
  return users;
}
