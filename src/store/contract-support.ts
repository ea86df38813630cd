/** What the checks of stores are made of: trees of tokens, and comparisons. */

import { isNscError, NscError, type NscErrorCode } from "../errors.ts";
import { createAccountClaims, createOperatorClaims, createUserClaims } from "../jwt/create-claims.ts";
import { encode } from "../jwt/encode.ts";
import { createKeyPair, type KeyPair } from "../nkeys/key-pair.ts";
import type { Store, StoredToken, StorePath, StorePrefix } from "./store.ts";

/** An empty store to check. */
export interface StoreFixture {
  readonly store: Store;
  /** The same data as another process has it; for a store that lives in one process it may be the same object. */
  readonly other: Store;
  /** Called when the check is over. */
  close?(): Promise<void> | void;
}

/** Everything of a store under one operator, for comparison. */
export async function contentsOf(store: Store, tree: Tree): Promise<unknown> {
  const tokens: unknown[] = [];
  for (const operator of await names(store, [])) {
    tokens.push([operator, await store.read([operator]), [...(await store.readMeta(operator))]]);
    for (const account of await names(store, [operator])) {
      tokens.push([operator, account, await store.read([operator, account])]);
      for (const user of await names(store, [operator, account])) {
        tokens.push([operator, account, user, await store.read([operator, account, user])]);
      }
    }
  }
  const found = tree.pairs.map(({ publicKey }) => Promise.all([store.getKey(publicKey), store.find(publicKey)]));
  return [tokens, await Promise.all(found), await keysOf(store)];
}

export async function keysOf(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const publicKey of store.listKeys()) keys.push(publicKey);
  return keys;
}

export function padded(index: number, width: number): string {
  return String(index).padStart(width, "0");
}

export interface Tree {
  readonly operator: KeyPair;
  readonly pairs: readonly KeyPair[];
  readonly seeds: readonly string[];
  /** From the operator down. */
  readonly tokens: readonly StoredToken[];
  account(name: string): KeyPair;
  user(account: string, name: string): KeyPair;
}

/** The tokens and keys of an operator `O` with these accounts and users. */
export async function makeTree(accounts: Readonly<Record<string, readonly string[]>>): Promise<Tree> {
  const pairs = new Map<string, KeyPair>();
  const tokens: StoredToken[] = [];
  const make = async (path: StorePath, kind: "operator" | "account" | "user", issuer?: KeyPair): Promise<KeyPair> => {
    const pair = createKeyPair(kind);
    pairs.set(JSON.stringify(path), pair);
    tokens.push({ path, token: await tokenFor(pair, path, issuer ?? pair) });
    return pair;
  };
  const operator = await make(["O"], "operator");
  for (const [name, users] of Object.entries(accounts)) {
    const account = await make(["O", name], "account", operator);
    for (const user of users) await make(["O", name, user], "user", account);
  }
  const all = [...pairs.values()];
  return {
    operator,
    pairs: all,
    seeds: all.map(seedOf),
    tokens,
    account: (name) => pairs.get(JSON.stringify(["O", name])) as KeyPair,
    user: (account, name) => pairs.get(JSON.stringify(["O", account, name])) as KeyPair,
  };
}

export function tokenFor(pair: KeyPair, path: StorePath, issuer: KeyPair, issuedAt?: number): Promise<string> {
  const create = [createOperatorClaims, createAccountClaims, createUserClaims][
    path.length - 1
  ] as typeof createUserClaims;
  return encode(
    create(pair.publicKey, { name: path.at(-1) as string }),
    issuer,
    issuedAt === undefined ? {} : { issuedAt },
  );
}

export function seedOf(pair: KeyPair): string {
  return String.fromCharCode(...pair.getSeed());
}

export async function names(store: Store, prefix: StorePrefix): Promise<string[]> {
  const out: string[] = [];
  for await (const name of store.list(prefix)) out.push(name);
  return out;
}

export function describe(path: StorePath): string {
  const text = JSON.stringify(path);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

export function same(actual: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  throw failed(
    `${what}: ${JSON.stringify(expected) ?? "nothing"} was expected, not ${JSON.stringify(actual) ?? "nothing"}`,
  );
}

/** The code with which a promise was rejected, if it is one of those; nothing if it was not. */
export async function refusal(
  attempt: Promise<unknown>,
  codes: readonly NscErrorCode[],
): Promise<NscErrorCode | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (isNscError(error) && codes.includes(error.code)) return error.code;
    throw error;
  }
}

export async function refused(attempt: Promise<unknown>, code: NscErrorCode): Promise<void> {
  if ((await refusal(attempt, [code])) === undefined) throw failed(`${code} was expected, and nothing was refused`);
}

export function failed(message: string): NscError {
  return new NscError("ERR_STORE_CONTRACT", message);
}
