import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import {
  createKeyPair,
  encode,
  type KeyPair,
  keyPairFromSeed,
  memoryStore,
  Nsc,
  type Store,
  type UserClaims,
} from "nsc.js";
import { exportKeys, importKeys, nscDirectory, rebuildTree, removeKeys, unreferencedKeys } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { describeOnPosix, isPosix } from "../support/posix.ts";
import { expectNoSeed } from "../support/secrets.ts";
import { listOf, pairOf, seedOf, smallTree } from "./entities.ts";
import { contentsOf, testFolder } from "./folders.ts";

/** Two operators with signing keys, an account with a role and a callout key, and a user without a seed. */
async function tree(store: Store = memoryStore()) {
  const nsc = new Nsc({ store });
  const operator = await nsc.addOperator("O", { signingKey: true });
  const account = await operator.addAccount("A", { signingKey: true });
  const role = await account.addRole("web", { pub: ["x"] });
  const curve = createKeyPair("curve");
  await account.edit(({ nats }) => {
    nats.authorization = { auth_users: [pairOf("user", "auth").publicKey], xkey: curve.publicKey };
  });
  const user = await account.addUser("u");
  const keyless = await account.addUser("k", { key: pairOf("user", "k").publicKey });
  const other = await nsc.addOperator("P");
  await importKeys(store, { seeds: [seedOf(curve)] });
  return { store, operator, account, role, curve, user, keyless, other };
}

describe("exportKeys", () => {
  test("writes every seed, and once more nothing", async () => {
    const { store, operator, other } = await tree();
    const folder = join(testFolder(), "deep/out");
    const files = await exportKeys(store, folder);
    expect(files.map(({ outcome }) => outcome)).toEqual(Array(8).fill("written"));
    expect(files.map(({ publicKey }) => publicKey)).toEqual(await listOf(store.listKeys()));
    const contents = contentsOf(folder);
    for (const { publicKey } of files) {
      expect(contents[`${publicKey}.nk`]).toBe(`${isPosix ? "0600" : "0666"} ${await store.getKey(publicKey)}`);
    }
    expect(files.map(({ publicKey }) => publicKey)).toEqual(
      expect.arrayContaining([operator.publicKey, other.publicKey]),
    );
    expect((await exportKeys(store, folder)).map(({ outcome }) => outcome)).toEqual(Array(8).fill("unchanged"));
    if (isPosix) expect(contentsOf(join(folder, ".."))["out/"]).toBe("0700");
  });

  test("writes those of a kind or an operator alone, with tokens also of those without a seed", async () => {
    const { store, operator, account, user, keyless, other, curve } = await tree();
    const kinds = await exportKeys(store, testFolder(), { kinds: ["user", "curve"], tokens: true });
    expect(kinds.map(({ path }) => path.slice(path.lastIndexOf("/") + 1)).sort()).toEqual(
      [`${user.publicKey}.nk`, `${user.publicKey}.jwt`, `${keyless.publicKey}.jwt`, `${curve.publicKey}.nk`].sort(),
    );
    const folder = testFolder();
    expect(
      (await exportKeys(store, folder, { operator: "P", tokens: true })).map(({ publicKey }) => publicKey),
    ).toEqual([other.publicKey, other.publicKey]);
    expect(readFileSync(join(folder, `${other.publicKey}.jwt`), "utf8")).toBe(other.token);
    const own = await exportKeys(store, testFolder(), { operator: "O" });
    expect(own.map(({ publicKey }) => publicKey)).toEqual(
      expect.arrayContaining([operator.publicKey, account.publicKey, user.publicKey, curve.publicKey]),
    );
    expect(own.filter(({ outcome }) => outcome === "missing")).toMatchObject([{ publicKey: keyless.publicKey }]);
    expect(own).toHaveLength(8);
  });

  test("replaces nothing, and goes on", async () => {
    const { store, user } = await tree();
    const folder = testFolder();
    writeFileSync(join(folder, `${user.publicKey}.nk`), seedOf(pairOf("user", "other")));
    const files = await exportKeys(store, folder);
    expect(files.filter(({ outcome }) => outcome === "refused").map(({ publicKey }) => publicKey)).toEqual([
      user.publicKey,
    ]);
    expect(files).toHaveLength(8);
    expect(readFileSync(join(folder, `${user.publicKey}.nk`), "utf8")).toBe(seedOf(pairOf("user", "other")));
    expectNoSeed(JSON.stringify(files));
  });

  test("shows no file before it is whole, and leaves nothing else", async () => {
    const store = memoryStore();
    const seeds = Array.from({ length: 300 }, (_, index) => seedOf(pairOf("user", `${index}`)));
    await store.commit({ keys: seeds });
    const folder = testFolder();
    const keyFiles = () => readdirSync(folder).filter((name) => name.endsWith(".nk"));
    let isOver = false;
    const exported = exportKeys(store, folder).finally(() => {
      isOver = true;
    });
    const sizes = new Set<number>();
    while (!isOver) {
      for (const name of keyFiles()) sizes.add(statSync(join(folder, name)).size);
      await setImmediate();
    }
    expect((await exported).every(({ outcome }) => outcome === "written")).toBe(true);
    expect(sizes).toEqual(new Set([58]));
    expect(readdirSync(folder)).toEqual(keyFiles());
    expect(keyFiles()).toHaveLength(300);
  });

  test("tells of a damaged key, and takes the others", async () => {
    const allDirs = testFolder();
    const store = nscDirectory({ allDirs, env: {} });
    const { commit, user } = await smallTree();
    await store.commit(commit);
    const { publicKey } = user;
    writeFileSync(join(allDirs, "keys/U", publicKey.slice(1, 3), `${publicKey}.nk`), seedOf(pairOf("user", "x")));
    const files = await exportKeys(store, testFolder());
    expect(files.map(({ outcome }) => outcome).sort()).toEqual(["failed", "written", "written"]);
  });

  test.each([
    [undefined, "/x", {}],
    [memoryStore(), "", {}],
    [memoryStore(), "a\0b", {}],
    [memoryStore(), "/x", null],
    [memoryStore(), "/x", { kinds: "user" }],
    [memoryStore(), "/x", { kinds: ["users"] }],
    [memoryStore(), "/x", { operator: "" }],
    [memoryStore(), "/x", { tokens: 1 }],
    [memoryStore(), "/x", { token: true }],
  ])("refuses %j %j %j", async (store, folder, options) => {
    await expect(exportKeys(store as Store, folder, options as object)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("refuses an operator that there is not, and a folder that is none", async () => {
    const { store } = await tree();
    await expect(exportKeys(store, testFolder(), { operator: "X" })).toThrowCode("ERR_ENTITY_NOT_FOUND");
    const file = join(testFolder(), "file");
    writeFileSync(file, "");
    await expect(exportKeys(store, file)).toThrowCode("ERR_STORE_IO");
  });
});

describe("importKeys", () => {
  test("takes what exportKeys has written, and once more nothing", async () => {
    const { store } = await tree();
    const folder = testFolder();
    await exportKeys(store, folder, { tokens: true });
    const target = nscDirectory({ allDirs: testFolder(), env: {} });
    const entries = await importKeys(target, { folder });
    expect(entries.map(({ outcome }) => outcome)).toEqual(Array(8).fill("added"));
    expect(await listOf(target.listKeys())).toEqual(await listOf(store.listKeys()));
    expect((await importKeys(target, { folder })).map(({ outcome }) => outcome)).toEqual(Array(8).fill("unchanged"));
  });

  test("reports what is none, and looks into folders when asked to", async () => {
    const folder = testFolder();
    const pair = pairOf("account", "A");
    mkdirSync(join(folder, "a/b.nk"), { recursive: true });
    writeFileSync(join(folder, "a/b.nk/any name.nk"), `\n${seedOf(pair)}\r\n`);
    writeFileSync(join(folder, "bad.nk"), "SAAAA");
    writeFileSync(join(folder, "large.nk"), "x".repeat(5_000_000));
    writeFileSync(join(folder, "public.nk"), pair.publicKey);
    writeFileSync(join(folder, "seed.txt"), seedOf(pairOf("account", "B")));
    const store = memoryStore();
    const flat = await importKeys(store, { folder });
    expect(flat.map(({ source, outcome }) => [source.slice(folder.length + 1), outcome])).toEqual([
      ["bad.nk", "refused"],
      ["large.nk", "refused"],
      ["public.nk", "refused"],
    ]);
    expect(JSON.stringify(flat)).not.toContain("SAAAA");
    expect(await listOf(store.listKeys())).toEqual([]);
    const all = await importKeys(store, { folder, recursive: true, seeds: [seedOf(pair), seedOf(pair), "x"] });
    expect(all.map(({ outcome }) => outcome).sort()).toEqual(
      ["added", "refused", "refused", "refused", "refused", "unchanged", "unchanged"].sort(),
    );
    expect(all.at(-1)).toEqual({
      source: "seeds[2]",
      publicKey: undefined,
      outcome: "refused",
      message: "seeds[2] holds no seed",
    });
    expect(await store.getKey(pair.publicKey)).toBe(seedOf(pair));
  });

  test("says so where a folder is too deep to be looked at", async () => {
    const folder = testFolder();
    mkdirSync(join(folder, "d/".repeat(34)), { recursive: true });
    await expect(importKeys(memoryStore(), { folder, recursive: true })).toThrowCode("ERR_STORE_IO");
    expect(await importKeys(memoryStore(), { folder })).toEqual([]);
  });

  test("leaves alone what has the place of a key, and adds the others", async () => {
    const allDirs = testFolder();
    const store = nscDirectory({ allDirs, env: {} });
    const [pair, other] = [pairOf("user", "u"), pairOf("user", "v")];
    await store.commit({ keys: [seedOf(pair)] });
    const file = join(allDirs, "keys/U", pair.publicKey.slice(1, 3), `${pair.publicKey}.nk`);
    writeFileSync(file, seedOf(pairOf("user", "x")));
    const entries = await importKeys(store, { seeds: [seedOf(pair), seedOf(other)] });
    expect(entries.map(({ outcome }) => outcome)).toEqual(["refused", "added"]);
    expect(readFileSync(file, "utf8")).toBe(seedOf(pairOf("user", "x")));
    expect(await store.getKey(other.publicKey)).toBe(seedOf(other));
  });

  test.each([
    {},
    null,
    { folder: "" },
    { folder: 1 },
    { seeds: "SA" },
    { seeds: [1] },
    { seeds: [], recursive: "yes" },
    { folder: "/", recurse: true },
  ])("refuses %j", async (source) => {
    await expect(importKeys(memoryStore(), source as object)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("refuses a folder that there is not, or that is a file", async () => {
    const folder = testFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(importKeys(memoryStore(), { folder: join(folder, "none") })).toThrowCode("ERR_STORE_IO");
    await expect(importKeys(memoryStore(), { folder: join(folder, "file") })).toThrowCode("ERR_STORE_IO");
    await expect(importKeys({} as Store, { seeds: [] })).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("takes any text for a seed or refuses it, and never shows it", async () => {
    const seed = seedOf(pairOf("user", "u"));
    const near = fc.nat({ max: seed.length - 1 }).map((at) => `${seed.slice(0, at)}A${seed.slice(at + 1)}`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.string(), near, fc.constant(seed))), async (seeds) => {
        const store = memoryStore();
        const entries = await importKeys(store, { seeds });
        expect(entries).toHaveLength(seeds.length);
        for (const [index, { outcome, message }] of entries.entries()) {
          expect(outcome === "refused").toBe(seeds[index]?.trim() !== seed);
          if (outcome === "refused") expect(message).toBe(`seeds[${index}] holds no seed`);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describeOnPosix("importKeys and links", () => {
  test("follows none", async () => {
    const [folder, outside] = [testFolder(), testFolder()];
    writeFileSync(join(outside, "x.nk"), seedOf(pairOf("user", "u")));
    symlinkSync(join(outside, "x.nk"), join(folder, "x.nk"));
    symlinkSync(outside, join(folder, "y"));
    expect(await importKeys(memoryStore(), { folder, recursive: true })).toEqual([]);
    chmodSync(outside, 0o700);
  });
});

describe.each([
  ["memory", () => memoryStore()],
  ["nsc's folders", () => nscDirectory({ allDirs: testFolder(), env: {} })],
])("removeKeys and unreferencedKeys, %s", (_, make) => {
  test("go by all that tokens name", async () => {
    const { store, operator, account, user, curve } = await tree(make());
    expect(await listOf(unreferencedKeys(store))).toEqual([]);
    const named = await listOf(store.listKeys());
    for (const key of named) await expect(removeKeys(store, [key])).toThrowCode("ERR_KEY_IN_USE");
    const stray = [pairOf("account", "stray"), pairOf("user", "stray"), createKeyPair("cluster")] as const;
    await importKeys(store, { seeds: stray.map(seedOf) });
    const found = await listOf(unreferencedKeys(store));
    expect(found).toEqual(stray.map(({ publicKey }) => publicKey).sort());
    await expect(removeKeys(store, [...found, user.publicKey])).toThrowCode("ERR_KEY_IN_USE");
    expect(await listOf(unreferencedKeys(store))).toEqual(found);
    expect(await removeKeys(store, [...found, found[0] as string, pairOf("user", "none").publicKey])).toEqual(found);
    expect(await listOf(store.listKeys())).toEqual(named);
    const forced = [operator.publicKey, account.publicKey, curve.publicKey].sort();
    expect([...(await removeKeys(store, forced, { force: true }))].sort()).toEqual(forced);
    expect((await listOf(store.listKeys())).length).toBe(named.length - 3);
  });

  test("refuse what are no keys", async () => {
    const store = make();
    for (const keys of ["U", ["U"], [seedOf(pairOf("user", "u"))], [1]]) {
      await expect(removeKeys(store, keys as string[])).toThrowCode("ERR_ARGUMENT_INVALID");
    }
    await expect(removeKeys(store, [], { force: 1 } as object)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(removeKeys(null as unknown as Store, [])).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(listOf(unreferencedKeys({} as Store))).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(await removeKeys(store, [])).toEqual([]);
  });
});

test("where a token can't be read nobody knows which keys it names", async () => {
  const allDirs = testFolder();
  const store = nscDirectory({ allDirs, env: {} });
  const { commit } = await smallTree();
  const stray = pairOf("account", "stray");
  await store.commit({ ...commit, keys: [...(commit.keys ?? []), seedOf(stray)] });
  writeFileSync(join(allDirs, "O/accounts/A/A.jwt"), "x");
  await expect(listOf(unreferencedKeys(store))).toThrowCode("ERR_STORE_DAMAGED");
  await expect(removeKeys(store, [stray.publicKey])).toThrowCode("ERR_STORE_DAMAGED");
  expect(await removeKeys(store, [stray.publicKey], { force: true })).toEqual([stray.publicKey]);
});

test("the key of a user whose token can't be read goes only by force", async () => {
  const allDirs = testFolder();
  const store = nscDirectory({ allDirs, env: {} });
  const { commit, user } = await smallTree();
  const stray = pairOf("account", "stray");
  await store.commit({ ...commit, keys: [...(commit.keys ?? []), seedOf(stray)] });
  writeFileSync(join(allDirs, "O/accounts/A/users/u.jwt"), "x");
  await expect(removeKeys(store, [user.publicKey])).toThrowCode("ERR_STORE_DAMAGED");
  expect(await store.getKey(user.publicKey)).toBe(seedOf(user));
  // No user has the key of an account.
  expect(await removeKeys(store, [stray.publicKey])).toEqual([stray.publicKey]);
  expect(await removeKeys(store, [user.publicKey], { force: true })).toEqual([user.publicKey]);
});

describe("where the token of an account is lost", () => {
  async function lost() {
    const allDirs = testFolder();
    const store = nscDirectory({ allDirs, env: {} });
    const { account, user } = await tree(store);
    const stray = createKeyPair("user");
    await importKeys(store, { seeds: [seedOf(stray)] });
    const file = join(allDirs, "O/accounts/A/A.jwt");
    const token = readFileSync(file, "utf8");
    rmSync(file);
    return { allDirs, store, account, user, stray, token };
  }

  test("what is below it is told of, and of no key it is said that nobody needs it", async () => {
    const { allDirs, store, user, stray, token } = await lost();
    const stranded = await listOf(store.stranded());
    expect(stranded.map(({ path }) => path)).toEqual([
      ["O", "A", "k"],
      ["O", "A", "u"],
    ]);
    await expect(listOf(unreferencedKeys(store))).toThrowCode("ERR_STORE_DAMAGED");
    await expect(removeKeys(store, [stray.publicKey])).toThrowCode("ERR_STORE_DAMAGED");
    expect(await store.getKey(user.publicKey)).toBeDefined();
    writeFileSync(join(allDirs, "O/accounts/A/A.jwt"), token);
    expect(await listOf(store.stranded())).toEqual([]);
    expect(await listOf(unreferencedKeys(store))).toEqual([stray.publicKey]);
  });

  test("an older user of the sources replaces none that is below it", async () => {
    const { store, user, token } = await lost();
    const older = await encode(user.claims as UserClaims, await pairIn(store, user.claims.iss ?? ""), {
      issuedAt: (user.claims.iat ?? 0) - 60,
    });
    await rebuildTree(store, { tokens: [token, older] });
    expect(await store.read(["O", "A", "u"])).toBe(user.token);
    expect(await listOf(store.stranded())).toEqual([]);
  });
});

async function pairIn(store: Store, publicKey: string): Promise<KeyPair> {
  return keyPairFromSeed((await store.getKey(publicKey)) ?? "");
}
