import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CommandError } from "../../../src/cli/command-error.ts";
import {
  readIdentityKey,
  readKeyArgument,
  readPublicKey,
  readSigningKey,
} from "../../../src/cli/values/key-argument.ts";
import { createKeyPair } from "../../../src/nkeys/key-pair.ts";

const account = createKeyPair("account");
const user = createKeyPair("user");
const seedOf = (pair: typeof account) => new TextDecoder().decode(pair.getSeed());

let folder: string;
const paths = { path: (typed: string) => resolve(folder, typed) };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nsc-key-argument-"));
  await writeFile(join(folder, "seed.nk"), `${seedOf(account)}\n`);
  await writeFile(join(folder, "public"), ` ${account.publicKey} `);
  await writeFile(join(folder, "garbage"), "not a key");
  await writeFile(join(folder, "broken.nk"), `${seedOf(account).slice(0, -1)}`);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function refusal(promise: Promise<unknown>): Promise<CommandError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CommandError);
  return error as CommandError;
}

describe("readKeyArgument", () => {
  test.each([
    ["a seed", () => seedOf(account), true],
    ["a public key", () => account.publicKey, false],
    ["a file with a seed", () => "seed.nk", true],
    ["a file with a public key", () => "public", false],
  ])("%s", async (_, value, hasSeed) => {
    const key = await readKeyArgument(value(), paths);
    expect(key?.publicKey).toBe(account.publicKey);
    expect(key?.pair !== undefined).toBe(hasSeed);
  });

  test.each(["", "nowhere", "garbage/below", "a\u0000b", "x".repeat(5000)])("no key: %j", async (value) => {
    expect(await readKeyArgument(value, paths)).toBeUndefined();
  });

  test.each([
    ["garbage", "illegal base32 data"],
    ["broken.nk", "nkeys: invalid checksum"],
    [".", "EISDIR"],
  ])("a file that holds anything else is an error: %s", async (file, reason) => {
    const { message } = await refusal(readKeyArgument(file, paths));
    expect(message).toContain(reason);
    expect(message).toContain(folder);
    expect(message).not.toContain("not a key");
    expect(message).not.toContain(seedOf(account).slice(0, 20));
  });
});

describe("readIdentityKey", () => {
  test("takes what is of the kind", async () => {
    expect((await readIdentityKey(seedOf(user), "user", paths)).publicKey).toBe(user.publicKey);
  });

  test.each([
    ["account", "nowhere", "a key is required"],
    ["account", user.publicKey, "specified key is not a valid account nkey"],
    ["operator", account.publicKey, "specified key is not a valid operator nkey"],
    ["user", "nowhere", "invalid user key"],
    ["user", account.publicKey, "invalid user key"],
  ] as const)("as the key of an %s: %s", async (kind, value, message) => {
    expect((await refusal(readIdentityKey(value, kind, paths))).message).toBe(message);
  });
});

describe("readSigningKey", () => {
  test("makes a key that is of the kind", async () => {
    for (const [kind, letter] of [
      ["operator", "O"],
      ["account", "A"],
      ["curve", "X"],
    ] as const) {
      const key = await readSigningKey("generate", kind, paths);
      expect(key.isGenerated).toBe(true);
      expect(key.publicKey[0]).toBe(letter);
      expect(key.pair?.publicKey).toBe(key.publicKey);
    }
  });

  test.each([
    ["account", "", "signing key cannot be empty"],
    ["account", "nowhere", "a signing key is required"],
    ["curve", "nowhere", "a curve key is required"],
    ["account", user.publicKey, `invalid account signing key "${user.publicKey}"`],
    ["curve", "seed.nk", 'invalid x25519 curve key "seed.nk"'],
  ] as const)("as a key of an %s: %j", async (kind, value, message) => {
    const error = await refusal(readSigningKey(value, kind, paths));
    expect(error.message).toBe(message);
    expect(error.hint).toContain('"generate"');
  });

  test("never shows a seed, nor one with a mistake", async () => {
    const { message } = await refusal(readSigningKey(seedOf(user), "account", paths));
    expect(message).toBe(`invalid account signing key "${user.publicKey}"`);
    const wrong = seedOf(user).slice(0, -2);
    expect((await refusal(readPublicKey(wrong, "user", paths))).message).not.toContain(wrong.slice(0, 12));
  });
});

test("readPublicKey takes the kind that is asked for only", async () => {
  expect(await readPublicKey(seedOf(user), "user", paths)).toBe(user.publicKey);
  expect((await refusal(readPublicKey(account.publicKey, "user", paths))).message).toBe(
    `"${account.publicKey}" is not a valid user key`,
  );
  expect((await refusal(readPublicKey("bob", "user", paths))).message).toBe('"bob" is not a valid user key');
});
