import { createHash } from "node:crypto";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createAccountClaims,
  createOperatorClaims,
  createUserClaims,
  encode,
  type KeyPair,
  keyPairFromRawSeed,
} from "nsc.js";

function pairOf(kind: "operator" | "account" | "user", name: string): KeyPair {
  return keyPairFromRawSeed(kind, createHash("sha256").update(name).digest());
}

/** The public key of a user of {@link writeLargeTree}. */
export function largeTreeUser(account: number, user: number): string {
  return pairOf("user", `${account}/${user}`).publicKey;
}

/**
 * Writes the folders of nsc with one operator `O`, accounts `a0`, `a1`, … and users `u0`, `u1`, … of each, as files and
 * not by a commit, which for so many would take minutes. Every token is of its own key and rightly signed; seeds are
 * written for the operator and the accounts.
 */
export async function writeLargeTree(folder: string, accounts: number, users: number): Promise<void> {
  // What was changed just now may be changing, and is read again each time.
  const age = (path: string): void => utimesSync(join(folder, path), 1e9, 1e9);
  const write = (path: string, text: string): void => {
    writeFileSync(join(folder, path), text, { mode: 0o600 });
    age(path);
  };
  const make = (path: string): string => mkdirSync(join(folder, path), { recursive: true, mode: 0o700 }) ?? "";
  const writeKey = ({ publicKey, getSeed }: Pick<KeyPair, "publicKey" | "getSeed">): void => {
    const shard = `keys/${publicKey[0]}/${publicKey.slice(1, 3)}`;
    make(shard);
    write(`${shard}/${publicKey}.nk`, new TextDecoder().decode(getSeed()));
  };
  const operator = pairOf("operator", "O");
  make("O/accounts");
  write("O/.nsc", '{"managed":false,"name":"O","kind":"operator","version":"1"}');
  write("O/O.jwt", await encode(createOperatorClaims(operator.publicKey, { name: "O" }), operator, { issuedAt: 1 }));
  writeKey({ publicKey: operator.publicKey, getSeed: () => operator.getSeed() });
  for (let a = 0; a < accounts; a++) {
    const account = pairOf("account", String(a));
    const path = `O/accounts/a${a}`;
    make(`${path}/users`);
    write(
      `${path}/a${a}.jwt`,
      await encode(createAccountClaims(account.publicKey, { name: `a${a}` }), operator, { issuedAt: 1 }),
    );
    writeKey({ publicKey: account.publicKey, getSeed: () => account.getSeed() });
    for (let u = 0; u < users; u++) {
      const claims = createUserClaims(largeTreeUser(a, u), { name: `u${u}` });
      write(`${path}/users/u${u}.jwt`, await encode(claims, account, { issuedAt: 1 }));
    }
    for (const below of [`${path}/users`, path]) age(below);
  }
  for (const path of ["O/accounts", "O", ""]) age(path);
}
