import { readFile } from "node:fs/promises";
import { findDecorated } from "../creds/decorated.ts";
import type { Claims } from "../jwt/kinds.ts";
import { CommandError } from "./command-error.ts";
import { ClaimsReader, type StoredClaims, type UnreadableClaims } from "./stored-claims.ts";
import { quote } from "./text/quote.ts";
import type { Tree } from "./tree.ts";

/** When something expires. */
export interface EntityExpiry {
  /** The names from the operator down, or the path of a file. */
  readonly resource: string;
  readonly publicKey: string;
  /** In seconds since 1970; 0 for never. */
  readonly expiry: number;
}

/** When the current operator, its accounts, their users and the creds files of these expire, in the order of names. */
export async function entityExpiries(
  tree: Tree,
  onUnreadable: (resource: string, problem: string) => void,
): Promise<EntityExpiry[]> {
  const name = await tree.operatorName();
  const reader = new ClaimsReader(tree);
  const operator = (await reader.one<"operator">([name])) ?? { path: [name], problem: "there is none" };
  if ("problem" in operator) {
    throw new CommandError(`the token of operator ${quote(name)} can't be read: ${operator.problem}`, {
      code: "ERR_STORE_DAMAGED",
    });
  }
  const own = operator.claims.name ?? name;
  const skip = ({ path, problem }: UnreadableClaims): void => onUnreadable(path.join("/"), problem);
  const accounts = await reader.below<"account">([name], skip);
  const below = await Promise.all(
    accounts.map(async (account) => {
      const resource = `${own}/${account.claims.name ?? ""}`;
      const users = await reader.below<"user">([name, account.path[1] as string], skip);
      const entries = await Promise.all(
        users.map(async (user) => [
          expiryOf(`${resource}/${user.claims.name ?? ""}`, user.claims),
          ...(await credsExpiry(tree, reader, user, onUnreadable)),
        ]),
      );
      return [expiryOf(resource, account.claims), ...entries.flat()];
    }),
  );
  return [expiryOf(own, operator.claims), ...below.flat()];
}

function expiryOf(resource: string, { sub, exp = 0 }: Pick<Claims, "sub" | "exp">): EntityExpiry {
  return { resource, publicKey: sub, expiry: exp };
}

/** Creds hold a token of their own, which may be an older one. */
async function credsExpiry(
  tree: Tree,
  reader: ClaimsReader,
  { path, token, claims }: StoredClaims<"user">,
  onUnreadable: (resource: string, problem: string) => void,
): Promise<EntityExpiry[]> {
  const file = await tree.directory.credsFile(path as readonly [string, string, string]);
  if (file === undefined) return [];
  const [found = ""] = findDecorated(await readFile(file, "utf8"));
  if (found === token) return [expiryOf(file, claims)];
  const read = await reader.claims<"user">(path, found);
  if (!("problem" in read)) return [expiryOf(file, read.claims)];
  onUnreadable(file, read.problem);
  return [];
}
