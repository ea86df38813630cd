import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NscDirectory, nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { describeOnPosix, isPosix } from "../support/posix.ts";
import { listOf, pairOf, type SmallTree, seedOf, smallTree, tokenOf } from "./entities.ts";
import { contentsOf, testFolder } from "./folders.ts";

interface Fixture extends SmallTree {
  readonly folder: string;
  readonly store: NscDirectory;
  readonly token: string;
  readonly keyFile: string;
  at(path: string): string;
}

const USER = ["O", "A", "u"] as const;
const USER_FILE = "O/accounts/A/users/u.jwt";

async function tree(): Promise<Fixture> {
  const folder = testFolder();
  const small = await smallTree();
  await nscDirectory({ allDirs: folder, env: {} }).commit(small.commit);
  const { publicKey } = small.user;
  return {
    ...small,
    folder,
    store: nscDirectory({ allDirs: folder, env: {} }),
    token: small.tokens[2].token,
    keyFile: join(folder, "keys", "U", publicKey.slice(1, 3), `${publicKey}.nk`),
    at: (path) => join(folder, path),
  };
}

/** The rest is there, whatever happened to the user or its key. */
async function expectOthers({ store, tokens, account }: Fixture): Promise<void> {
  expect(await store.read(["O", "A"])).toBe(tokens[1].token);
  expect(await store.getKey(account.publicKey)).toBe(seedOf(account));
  expect(await store.find(account.publicKey)).toEqual([["O", "A"]]);
  expect(await listOf(store.list(["O"]))).toEqual(["A"]);
}

describe("what nsc tolerates is read", () => {
  test("a token with line ends in it", async () => {
    const { store, at, token, user } = await tree();
    writeFileSync(at(USER_FILE), `${token.slice(0, 50)}\r\n${token.slice(50)}\n`);
    expect(await store.read(USER)).toBe(token);
    expect(await store.find(user.publicKey)).toEqual([USER]);
    await store.commit({ expected: { tokens: [{ path: USER, token }] } });
  });

  test("a seed with a line end, and a file of a public key", async () => {
    const { store, keyFile, user } = await tree();
    writeFileSync(keyFile, `${seedOf(user)}\r\n`);
    expect(await store.getKey(user.publicKey)).toBe(seedOf(user));
    writeFileSync(keyFile, `${user.publicKey}\n`);
    expect(await store.getKey(user.publicKey)).toBeUndefined();
    await store.commit({ keys: [seedOf(user)] });
    expect(await store.getKey(user.publicKey)).toBe(seedOf(user));
  });

  test("modes that are too wide, which the next write mends", async () => {
    const { store, folder, at, token, user, account } = await tree();
    chmodSync(at(USER_FILE), 0o666);
    expect(await store.read(USER)).toBe(token);
    const next = await tokenOf(USER, user, account, 1_700_000_001);
    await store.commit({ tokens: [{ path: USER, token: next }] });
    expect(contentsOf(folder)[USER_FILE]).toBe(`0600 ${next}`);
  });

  test("an operator that has no token yet, since it is managed elsewhere", async () => {
    const { store, at } = await tree();
    mkdirSync(at("M"));
    writeFileSync(at("M/.nsc"), '{"managed":true,"name":"M","kind":"operator","version":"1"}');
    expect(await store.read(["M"])).toBeUndefined();
    expect(await listOf(store.list([]))).toEqual(["O"]);
    expect([...(await store.readMeta("M"))]).toEqual([["managed", "true"]]);
    const pair = pairOf("operator", "M");
    await store.commit({ tokens: [{ path: ["M"], token: await tokenOf(["M"], pair, pair) }] });
    expect([...(await store.readMeta("M"))]).toEqual([["managed", "true"]]);
    expect(await listOf(store.list([]))).toEqual(["M", "O"]);
  });

  test("a folder that was renamed, whose descriptor names the files", async () => {
    const { folder, at, tokens, user, account } = await tree();
    renameSync(at("O"), at("P"));
    const store = nscDirectory({ allDirs: folder, env: {} });
    expect(await listOf(store.list([]))).toEqual(["P"]);
    expect(await store.read(["P"])).toBe(tokens[0].token);
    const token = await tokenOf(["P", "A", "u"], user, account, 1_700_000_001);
    await store.commit({ tokens: [{ path: ["P", "A", "u"], token }] });
    // So does nsc: the name of creds is the descriptor's.
    expect(contentsOf(folder)["creds/O/A/u.creds"]).toContain(token);
    expect(contentsOf(folder)["creds/P/"]).toBeUndefined();
  });

  test("members of a descriptor that we don't know are kept", async () => {
    const { store, folder, at } = await tree();
    writeFileSync(at("O/.nsc"), '{"managed":false,"name":"O","kind":"operator","version":"2","more":[1]}');
    await store.commit({ meta: [{ operator: "O", name: "managed", value: "true" }] });
    const text = '0600 {"managed":true,"name":"O","kind":"operator","version":"2","more":[1]}';
    expect(contentsOf(folder)["O/.nsc"]).toBe(text);
  });
});

describe("what is not nsc's is passed over", () => {
  test("in every folder", async () => {
    const { store, folder, at, user } = await tree();
    for (const path of ["", "O/", "O/accounts/", "O/accounts/A/", "O/accounts/A/users/"]) {
      for (const name of ["README", ".DS_Store", ".jwt", "x.jwt~"]) writeFileSync(at(`${path}${name}`), "x");
      mkdirSync(at(`${path}folder.jwt`));
    }
    writeFileSync(at("O/accounts/stray.jwt"), "x");
    mkdirSync(at("O/accounts/empty/users"), { recursive: true });
    writeFileSync(at("O/accounts/empty/users/v.jwt"), await tokenOf(["O", "empty", "v"], user, pairOf("account", "A")));
    const before = contentsOf(folder);
    expect(await listOf(store.list([]))).toEqual(["O"]);
    expect(await listOf(store.list(["O"]))).toEqual(["A"]);
    expect(await listOf(store.list(["O", "A"]))).toEqual(["u"]);
    // An account without its token does not exist for nsc, nor do its users.
    expect(await listOf(store.list(["O", "empty"]))).toEqual([]);
    expect(await store.read(["O", "empty", "v"])).toBeUndefined();
    expect(await store.find(user.publicKey)).toEqual([USER]);
    expect(contentsOf(folder)).toEqual(before);
  });

  test("names that are no UTF-8, where the file system has them", async () => {
    const { store, at } = await tree();
    const name = Buffer.concat([Buffer.from(at("O/accounts/A/users/")), Buffer.from([0xff]), Buffer.from(".jwt")]);
    try {
      writeFileSync(name, "x");
    } catch {
      return;
    }
    expect(await listOf(store.list(["O", "A"]))).toEqual(["u"]);
  });
});

describe("what is damaged is reported, and nothing else is affected", () => {
  test.each(["", "x", "a.b.c", "eyJ0eXAi", "-----BEGIN NATS USER JWT-----\n"])("a token: %j", async (text) => {
    const fixture = await tree();
    const { store, at, user, token } = fixture;
    writeFileSync(at(USER_FILE), text);
    await expect(store.read(USER)).toThrowCode("ERR_STORE_DAMAGED");
    await expect(store.read(USER)).rejects.toThrow(at(USER_FILE));
    expect(await listOf(store.list(["O", "A"]))).toEqual(["u"]);
    expect(await store.find(user.publicKey)).toEqual([]);
    await expectOthers(fixture);
    await store.commit({ tokens: [{ path: USER, token }] });
    expect(await store.read(USER)).toBe(token);
    writeFileSync(at(USER_FILE), text);
    await store.commit({ deletes: [{ path: USER }] });
    expect(await store.read(USER)).toBeUndefined();
  });

  test("a key", async () => {
    const fixture = await tree();
    const { store, folder, keyFile, user, account, token } = fixture;
    const other = seedOf(pairOf("user", "other"));
    for (const text of ["", "SUAB", other, seedOf(account), `${seedOf(user)} x`]) {
      writeFileSync(keyFile, text);
      const failure = await store.getKey(user.publicKey).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "ERR_STORE_DAMAGED", message: expect.stringContaining(keyFile) });
      expect(String((failure as Error).stack)).not.toContain(text === "" ? other : text);
      // It may be the only copy of what it is.
      await expect(store.commit({ keys: [seedOf(user)] })).toThrowCode("ERR_STORE_DAMAGED");
      await expect(store.commit({ deletedKeys: [user.publicKey] })).toThrowCode("ERR_STORE_DAMAGED");
      await expectOthers(fixture);
    }
    const before = contentsOf(folder);
    await store.commit({ tokens: [{ path: USER, token }] });
    expect(contentsOf(folder)).toEqual(before);
  });

  test.each(["", "{", "[]", "null", '{"name":""}', '{"name":"../x"}', '{"name":"O","managed":"yes"}'])(
    "a descriptor: %j",
    async (text) => {
      const fixture = await tree();
      const { store, at, tokens, token } = fixture;
      writeFileSync(at("O/.nsc"), text);
      await expect(store.readMeta("O")).toThrowCode("ERR_STORE_DAMAGED");
      const change = store.commit({ meta: [{ operator: "O", name: "managed", value: "true" }] });
      await expect(change).toThrowCode("ERR_STORE_DAMAGED");
      expect(await store.read(["O"])).toBe(tokens[0].token);
      expect(await store.read(USER)).toBe(token);
      await expectOthers(fixture);
    },
  );

  test.each(["", "{", "[1]", '{"m":1}'])("what is kept beside the tokens: %j", async (text) => {
    const fixture = await tree();
    const { store, at, folder } = fixture;
    writeFileSync(at("O/.nscjs.json"), text);
    await expect(store.readMeta("O")).toThrowCode("ERR_STORE_DAMAGED");
    await expect(store.commit({ meta: [{ operator: "O", name: "m", value: "1" }] })).toThrowCode("ERR_STORE_DAMAGED");
    expect(contentsOf(folder)["O/.nscjs.json"]).toBe(`${contentsOf(folder)["O/.nscjs.json"]?.slice(0, 5)}${text}`);
    await expectOthers(fixture);
  });

  test("a file that is none", async () => {
    const fixture = await tree();
    const { store, at, token, folder } = fixture;
    rmSync(at(USER_FILE));
    mkdirSync(at(USER_FILE));
    const before = contentsOf(folder);
    await expect(store.read(USER)).toThrowCode("ERR_STORE_DAMAGED");
    await expect(store.commit({ tokens: [{ path: USER, token }] })).toThrowCode("ERR_STORE_DAMAGED");
    await expect(store.commit({ deletes: [{ path: USER }] })).toThrowCode("ERR_STORE_DAMAGED");
    expect(contentsOf(folder)).toEqual(before);
    await expectOthers(fixture);
    rmSync(at(USER_FILE), { recursive: true });
    if (isPosix) {
      // Whoever opens a pipe to read waits for someone who writes.
      execFileSync("mkfifo", [at(USER_FILE)]);
      await expect(store.read(USER)).toThrowCode("ERR_STORE_DAMAGED");
    }
  });
});

describeOnPosix("links below the folders are not followed", () => {
  test.each(["O", "O/accounts", "O/accounts/A", "O/accounts/A/users", USER_FILE])("%s", async (path) => {
    const { store, at, token, user, account } = await tree();
    const outside = testFolder();
    cpSync(at(path), join(outside, "x"), { recursive: true });
    rmSync(at(path), { recursive: true });
    symlinkSync(join(outside, "x"), at(path));
    const before = contentsOf(outside);
    await expect(store.read(USER)).toThrowCode("ERR_STORE_DAMAGED");
    const written = store.commit({ tokens: [{ path: USER, token: await tokenOf(USER, user, account, 1) }] });
    await expect(written).toThrowCode("ERR_STORE_DAMAGED");
    await expect(store.commit({ deletes: [{ path: USER }] })).toThrowCode("ERR_STORE_DAMAGED");
    expect(await store.find(user.publicKey)).toEqual([]);
    expect(contentsOf(outside)).toEqual(before);
    expect(token).toBeDefined();
  });

  test("nor in the keystore", async () => {
    const { store, at, keyFile, user } = await tree();
    const outside = testFolder();
    cpSync(at("keys"), join(outside, "keys"), { recursive: true });
    rmSync(at("keys"), { recursive: true });
    symlinkSync(join(outside, "keys"), at("keys"));
    await expect(store.getKey(user.publicKey)).toThrowCode("ERR_STORE_DAMAGED");
    await expect(store.commit({ keys: [seedOf(pairOf("user", "v"))] })).toThrowCode("ERR_STORE_DAMAGED");
    await expect(store.commit({ deletedKeys: [user.publicKey] })).toThrowCode("ERR_STORE_DAMAGED");
    rmSync(at("keys"));
    mkdirSync(join(keyFile, ".."), { recursive: true });
    symlinkSync(join(outside, "nowhere"), keyFile);
    expect(await store.getKey(user.publicKey)).toBeUndefined();
    await expect(store.commit({ keys: [seedOf(user)] })).toThrowCode("ERR_STORE_DAMAGED");
  });

  test("but the folders themselves may be reached through some, also other ones later", async () => {
    const { folder, token, user } = await tree();
    const home = testFolder();
    const copy = testFolder();
    cpSync(folder, copy, { recursive: true });
    symlinkSync(folder, join(home, "nsc"));
    const store = nscDirectory({ allDirs: join(home, "nsc"), env: {} });
    expect(await store.read(USER)).toBe(token);
    rmSync(join(home, "nsc"));
    symlinkSync(copy, join(home, "nsc"));
    expect(await store.read(USER)).toBe(token);
    await store.commit({ deletes: [{ path: USER }], deletedKeys: [user.publicKey] });
    expect(contentsOf(copy)[USER_FILE]).toBeUndefined();
    expect(contentsOf(folder)[USER_FILE]).toBeDefined();
  });
});

describe("what others change is seen", () => {
  test("by find, whether files were added, replaced, written into or removed", async () => {
    const { store, at, user, account, operator, tokens } = await tree();
    expect(await store.find(user.publicKey)).toEqual([USER]);
    const late = pairOf("user", "late");
    const token = await tokenOf(["O", "A", "late"], late, account);
    expect(await store.find(late.publicKey)).toEqual([]);
    writeFileSync(at("O/accounts/A/users/late.jwt"), token);
    expect(await store.find(late.publicKey)).toEqual([["O", "A", "late"]]);
    writeFileSync(at("O/accounts/A/users/late.jwt"), tokens[2].token);
    expect(await store.find(late.publicKey)).toEqual([]);
    rmSync(at(USER_FILE));
    expect(await store.find(user.publicKey)).toEqual([["O", "A", "late"]]);
    renameSync(at("O/accounts/A"), at("O/accounts/B"));
    expect(await store.find(account.publicKey)).toEqual([]);
    renameSync(at("O/accounts/B/A.jwt"), at("O/accounts/B/B.jwt"));
    expect(await store.find(account.publicKey)).toEqual([["O", "B"]]);
    expect(await store.find(user.publicKey)).toEqual([["O", "B", "late"]]);
    expect(await store.find(operator.publicKey)).toEqual([["O"]]);
    rmSync(at("O/.nsc"));
    expect(await store.find(operator.publicKey)).toEqual([]);
  });

  test("by find, also in old folders", async () => {
    const { store, at, account, user } = await tree();
    const hourAgo = new Date(Date.now() - 3_600_000);
    for (const path of ["", "O", "O/accounts", "O/accounts/A", "O/accounts/A/users", USER_FILE, "O/accounts/A/A.jwt"]) {
      utimesSync(at(path), hourAgo, hourAgo);
    }
    expect(await store.find(user.publicKey)).toEqual([USER]);
    const late = pairOf("user", "late");
    expect(await store.find(late.publicKey)).toEqual([]);
    writeFileSync(at("O/accounts/A/users/late.jwt"), await tokenOf(["O", "A", "late"], late, account));
    expect(await store.find(late.publicKey)).toEqual([["O", "A", "late"]]);
  });

  test("by a commit that expects something else", async () => {
    const { store, at, token, user, account } = await tree();
    const next = await tokenOf(USER, user, account, 1_700_000_001);
    writeFileSync(at(USER_FILE), next);
    const commit = store.commit({ tokens: [{ path: USER, token }], expected: { tokens: [{ path: USER, token }] } });
    await expect(commit).toThrowCode("ERR_STORE_CONFLICT");
    expect(await store.read(USER)).toBe(next);
  });
});

test("reading one user reads no other file", async () => {
  const { store, at, token } = await tree();
  for (const path of ["O/O.jwt", "O/accounts/A/A.jwt", "O/.nsc"]) writeFileSync(at(path), "damaged");
  writeFileSync(at("O/accounts/A/users/v.jwt"), "damaged");
  expect(await store.read(USER)).toBe(token);
});
