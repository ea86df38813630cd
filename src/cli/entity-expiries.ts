import { findDecorated } from "../creds/decorated.ts";
import type { Claims } from "../jwt/kinds.ts";
import { readTextNow } from "../node/file-reads.ts";
import { ClaimsReader, type OnUnreadable, type ReadClaims } from "./stored-claims.ts";
import { storedOperator } from "./stored-operator.ts";
import type { Tree } from "./tree.ts";

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
  tree: Tree,
  onUnreadable: (resource: string, problem: string) => void,
): Promise<EntityExpiry[]> {
  const name = await tree.operatorName();
  const reader = new ClaimsReader(tree);
  const operator = pick(await storedOperator(reader, name));
  const accounts = await reader.below([name], pick);
  const users: UserExpiries[][] = [];
  const credsFile = await tree.directory.credsBelow(name);
  for (const { path, value } of accounts) {
    users.push(value === undefined ? [] : await usersBelow(reader, path as readonly [string, string], credsFile));
  }
  const found: EntityExpiry[] = [];
  const add = async (resource: string, read: ReadClaims<Shown>, onBad: OnUnreadable): Promise<boolean> => {
    const problem = await read.problem;
    if (problem === undefined) found.push({ ...(read.value as Shown), resource });
    else onBad(read.path, problem);
    return problem === undefined;
  };
  const skip: OnUnreadable = (path, problem) => onUnreadable(path.join("/"), problem);
  found.push({ ...operator, resource: operator.name });
  for (const [i, account] of accounts.entries()) {
    const resource = `${operator.name}/${account.value?.name ?? ""}`;
    if (!(await add(resource, account, skip))) continue;
    for (const { user, creds } of users[i] ?? []) {
      await add(`${resource}/${user.value?.name ?? ""}`, user, skip);
      if (creds !== undefined) await add(creds.file, creds.read, (_, problem) => onUnreadable(creds.file, problem));
    }
  }
  return found.map(({ resource, publicKey, expiry }) => ({ resource, publicKey, expiry }));
}

interface UserExpiries {
  readonly user: ReadClaims<Shown>;
  readonly creds: { readonly file: string; readonly read: ReadClaims<Shown> } | undefined;
}

async function usersBelow(
  reader: ClaimsReader,
  account: readonly [string, string],
  credsFile: (account: string, user: string) => string | undefined,
): Promise<UserExpiries[]> {
  const users: UserExpiries[] = [];
  for (const user of await reader.below(account, pick)) {
    const file = credsFile(account[1], user.path.at(-1) as string);
    if (file === undefined) {
      users.push({ user, creds: undefined });
      continue;
    }
    // Creds hold a token of their own, which may be an older one.
    const [token = ""] = findDecorated(readTextNow(file));
    const read = token === user.token ? user : reader.token(user.path, token, pick);
    users.push({ user, creds: { file, read } });
  }
  return users;
}
