/** Trees made without `Nsc`, and what is common to the tests of who signs. */

import { inspect } from "node:util";
import {
  createAccountClaims,
  createOperatorClaims,
  createUserClaims,
  encode,
  type KeyKind,
  type KeyPair,
  keyPairFromRawSeed,
  memoryStore,
  type NscError,
  type NscErrorCode,
  type Signer,
  type SigningKey,
  type Store,
  type StoreCommit,
  type StoredToken,
  type StorePath,
} from "nsc.js";
import { expect } from "vitest";
import { nodeVerify } from "../crypto/engines.ts";

/** When planted tokens were issued. */
export const PLANTED = 1_700_000_000;

/** A key that is the same in each run. */
export function key(kind: KeyKind, start: number): KeyPair {
  return keyPairFromRawSeed(
    kind,
    Uint8Array.from({ length: 32 }, (_, index) => start + index),
  );
}

export function seedText(pair: { getSeed(): Uint8Array }): string {
  return Buffer.from(pair.getSeed()).toString("latin1");
}

/** A key that something else holds. */
export function held(pair: KeyPair): Signer {
  return { publicKey: pair.publicKey, sign: async (bytes) => pair.sign(bytes) };
}

/** A store that tells what was committed to it. */
export interface WatchedStore extends Store {
  readonly commits: readonly StoreCommit[];
}

export function watchedStore(): WatchedStore {
  const inner = memoryStore();
  const commits: StoreCommit[] = [];
  return {
    commits,
    read: (path) => inner.read(path),
    list: (prefix) => inner.list(prefix),
    find: (publicKey) => inner.find(publicKey),
    getKey: (publicKey) => inner.getKey(publicKey),
    listKeys: () => inner.listKeys(),
    readMeta: (operator) => inner.readMeta(operator),
    commit: async (commit) => {
      await inner.commit(commit);
      commits.push(commit);
    },
  };
}

/** The error that something is refused with, which has to have this code, to name no secret and to leave the store alone. */
export async function refusal(store: WatchedStore, code: NscErrorCode, run: () => Promise<unknown>): Promise<NscError> {
  const before = store.commits.length;
  const error: NscError = await run().then(
    () => {
      throw new Error(`it was not refused with ${code}`);
    },
    (reason) => reason,
  );
  await expect(Promise.reject(error)).toThrowCode(code);
  expect(inspect(error, { depth: 10 })).not.toMatch(/\bS[OAUNCX][A-Z2-7]{51,}|\beyJ/);
  expect(store.commits.length).toBe(before);
  return error;
}

/** Which keys a message names. */
export function keysIn({ message }: Error): string[] {
  return [...new Set(message.match(/\b[OAUX][A-Z2-7]{55}\b/g) ?? [])].sort();
}

export function publicKeys(...pairs: readonly { readonly publicKey: string }[]): string[] {
  return pairs.map(({ publicKey }) => publicKey).sort();
}

/** What is in a token, read and verified without this library. */
export function read(token: string): Payload {
  const [header, payload, signature] = token.split(".") as [string, string, string];
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Payload;
  const signed = new TextEncoder().encode(`${header}.${payload}`);
  const isSigned = nodeVerify(rawKey(claims.iss), signed, Buffer.from(signature, "base64url"));
  expect(isSigned, `${claims.iss} signed`).toBe(true);
  return claims;
}

/** The 32 bytes of a public key: base32 without prefix and checksum, bit by bit. */
function rawKey(publicKey: string): Uint8Array {
  const bits = [...publicKey].map((char) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(char).toString(2).padStart(5, "0"),
  );
  const bytes = bits.join("").match(/.{8}/g) ?? [];
  return Uint8Array.from(bytes.map((byte) => Number.parseInt(byte, 2))).slice(1, 33);
}

export interface Payload {
  readonly iss: string;
  readonly sub: string;
  readonly iat: number;
  readonly name: string;
  readonly nats: Readonly<Record<string, unknown>> & { readonly issuer_account?: string };
}

export async function readAt(store: Store, ...path: string[]): Promise<Payload> {
  const token = await store.read(path as unknown as StorePath);
  if (token === undefined) throw new Error(`there is nothing at ${path}`);
  return read(token);
}

/** All tokens of a store. */
export async function tokensOf(store: Store): Promise<StoredToken[]> {
  const found: StoredToken[] = [];
  const walk = async (path: readonly string[]): Promise<void> => {
    const token = path.length > 0 ? await store.read(path as unknown as StorePath) : undefined;
    if (token !== undefined) found.push({ path: path as unknown as StorePath, token });
    if (path.length < 3) for await (const name of store.list(path as [])) await walk([...path, name]);
  };
  await walk([]);
  return found;
}

/** Another store with all tokens and what is beside them, but only these seeds. */
export async function copyWith(store: Store, ...seeds: readonly KeyPair[]): Promise<WatchedStore> {
  const copy = watchedStore();
  const tokens = await tokensOf(store);
  const meta = await Promise.all(
    tokens
      .filter(({ path }) => path.length === 1)
      .map(async ({ path: [operator] }) =>
        [...(await store.readMeta(operator))].map(([name, value]) => ({ operator, name, value })),
      ),
  );
  await copy.commit({ tokens, meta: meta.flat(), keys: seeds.map(seedText) });
  return copy;
}

export const OPERATOR: KeyPair = key("operator", 1);
export const ACCOUNT: KeyPair = key("account", 1);
export const USER: KeyPair = key("user", 1);

/** A tree of an operator `O`, an account `A` and, where somebody signs it, a user `u`. */
export interface TreeInit {
  readonly strict?: boolean;
  readonly operatorKeys?: readonly KeyPair[];
  /** Who signs the account; the operator's first signing key, or else its identity, by default. */
  readonly accountBy?: KeyPair;
  readonly accountKeys?: readonly SigningKey[];
  readonly revocations?: Record<string, number>;
  readonly userBy?: KeyPair;
  readonly userScoped?: boolean;
  /** Whose seeds are at hand. */
  readonly seeds?: readonly KeyPair[];
  /** When the tokens were issued. */
  readonly issuedAt?: number;
}

/** Makes a tree as others would have left it. */
export async function plant(tree: TreeInit, store: WatchedStore = watchedStore()): Promise<WatchedStore> {
  const { strict = false, operatorKeys = [], accountKeys = [], revocations, seeds = [], issuedAt = PLANTED } = tree;
  const operator = createOperatorClaims(OPERATOR.publicKey, {
    name: "O",
    nats: {
      ...(strict && { strict_signing_key_usage: true }),
      signing_keys: operatorKeys.map(({ publicKey }) => publicKey),
    },
  });
  const account = createAccountClaims(ACCOUNT.publicKey, {
    name: "A",
    nats: { signing_keys: [...accountKeys], ...(revocations && { revocations }) },
  });
  const tokens: StoredToken[] = [
    { path: ["O"], token: await encode(operator, OPERATOR, { issuedAt }) },
    { path: ["O", "A"], token: await encode(account, tree.accountBy ?? operatorKeys[0] ?? OPERATOR, { issuedAt }) },
  ];
  if (tree.userBy !== undefined) {
    const user = createUserClaims(USER.publicKey, { name: "u", scoped: tree.userScoped === true });
    if (tree.userBy !== ACCOUNT) user.nats.issuer_account = ACCOUNT.publicKey;
    tokens.push({ path: ["O", "A", "u"], token: await encode(user, tree.userBy, { issuedAt }) });
  }
  await store.commit({ tokens, keys: seeds.map(seedText) });
  return store;
}
