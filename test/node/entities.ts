import { createHash } from "node:crypto";
import {
  createAccountClaims,
  createOperatorClaims,
  createUserClaims,
  decode,
  encode,
  type KeyPair,
  keyPairFromRawSeed,
  type StoreCommit,
  type StoredToken,
  type StorePath,
} from "../../src/index.ts";

/** A key pair that every process gets from the same name. */
export function pairOf(kind: "operator" | "account" | "user", name: string): KeyPair {
  return keyPairFromRawSeed(kind, createHash("sha256").update(name).digest());
}

export function seedOf(pair: KeyPair): string {
  return new TextDecoder().decode(pair.getSeed());
}

/** A token that every process gets from the same path and time. */
export function tokenOf(path: StorePath, pair: KeyPair, issuer: KeyPair, issuedAt = 1_700_000_000): Promise<string> {
  const create = [createOperatorClaims, createAccountClaims, createUserClaims][
    path.length - 1
  ] as typeof createUserClaims;
  return encode(create(pair.publicKey, { name: path.at(-1) as string }), issuer, { issuedAt });
}

export interface SmallTree {
  readonly operator: KeyPair;
  readonly account: KeyPair;
  readonly user: KeyPair;
  readonly tokens: readonly [StoredToken, StoredToken, StoredToken];
  readonly commit: StoreCommit;
}

/** The operator `O` with the account `A` and its user `u`, and their keys. */
export async function smallTree(): Promise<SmallTree> {
  const [operator, account, user] = [pairOf("operator", "O"), pairOf("account", "A"), pairOf("user", "u")];
  const tokens: [StoredToken, StoredToken, StoredToken] = [
    { path: ["O"], token: await tokenOf(["O"], operator, operator) },
    { path: ["O", "A"], token: await tokenOf(["O", "A"], account, operator) },
    { path: ["O", "A", "u"], token: await tokenOf(["O", "A", "u"], user, account) },
  ];
  return { operator, account, user, tokens, commit: { tokens, keys: [operator, account, user].map(seedOf) } };
}

export async function listOf<T>(names: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const name of names) out.push(name);
  return out;
}

export function issueTime(token: string): number {
  return decode(token).iat ?? 0;
}
