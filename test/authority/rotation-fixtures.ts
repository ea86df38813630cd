/** What the tests of rotations have in common. */

import { type Account, type Distribute, memoryStore, type Operator, type Store, type UserClaims } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { testFolder } from "../node/folders.ts";
import { only, tree, wireOf } from "./tree-fixtures.ts";

/** Stores, each with a way to open it again and again as other processes would. */
export const STORES: readonly (readonly [string, () => () => Store])[] = [
  [
    "in memory",
    () => {
      const store = memoryStore();
      return () => store;
    },
  ],
  [
    "in nsc's folders",
    () => {
      const allDirs = testFolder();
      return () => nscDirectory({ allDirs, env: {} });
    },
  ],
];

/** Whatever is to be distributed is there. */
export const done: Distribute = async () => undefined;

/** An account with one signing key, which signed the user `u`. */
export async function keyed(options: Parameters<typeof tree>[0] = {}) {
  const made = await tree(options);
  const old = only(made.account.claims.nats.signing_keys) as string;
  return { ...made, old, user: await made.account.addUser("u") };
}

/** The public keys of the signing keys, sorted. */
export function keysOf({ claims }: Account | Operator): string[] {
  return (claims.nats.signing_keys ?? []).map((key) => (typeof key === "string" ? key : key.key)).sort();
}

/** Who signs a user that nobody was asked to sign. */
export async function issuerOf(account: Account, options: object = {}): Promise<string | undefined> {
  return wireOf<UserClaims>((await account.issueUser("x", { expires: "1h", ...options })).token).iss;
}
