import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Decrypter, Encrypter, generateIdentity, identityToRecipient } from "age-encryption";
import fc from "fast-check";
import { isNscError, memoryStore, Nsc, type Store } from "nsc.js";
import { exportTree, importTree, nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { bundle, start } from "./children.ts";
import { listOf, pairOf, seedOf, smallTree, tokenOf } from "./entities.ts";
import { contentsOf, testFolder } from "./folders.ts";

/** Trying costs next to nothing, which is what a test wants and nobody else. */
const LOCK = { passphrase: "correct horse battery staple", workFactor: 10 } as const;
const KEY = { passphrase: LOCK.passphrase } as const;

async function smallStore(): Promise<Store> {
  const store = memoryStore();
  await store.commit((await smallTree()).commit);
  return store;
}

/** A file of other content than `exportTree` writes. */
async function sealed(content: unknown): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(10);
  encrypter.setPassphrase(LOCK.passphrase);
  return await encrypter.encrypt(typeof content === "string" ? content : JSON.stringify(content));
}

async function opened(file: Uint8Array): Promise<Record<string, unknown>> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(LOCK.passphrase);
  return JSON.parse(await decrypter.decrypt(file, "text"));
}

describe("a tree in a file", () => {
  test("comes back into memory and into folders, with the same files", async () => {
    const source = testFolder();
    const store = nscDirectory({ allDirs: source, env: {} });
    const nsc = new Nsc({ store });
    const operator = await nsc.addOperator("O", { signingKey: true, systemAccount: true });
    const app = await operator.addAccount("APP", { signingKey: true });
    await app.addRole("web", { pub: ["x"] });
    await app.addUser("a", { role: "web" });
    await app.addUser("-rf > 日本 'x'");
    await app.rotateSigningKey({ from: "web" });
    const other = await nsc.addOperator("P");
    await store.commit({ meta: [{ operator: "P", name: "managed", value: "true" }] });
    await other.addAccount("A");

    const first = await exportTree(store, LOCK);
    const memory = memoryStore();
    const report = await importTree(memory, first, KEY);
    expect(report.written).toHaveLength(8);
    expect(report.keys).toEqual(await listOf(store.listKeys()));
    const target = testFolder();
    await importTree(nscDirectory({ allDirs: target, env: {} }), await exportTree(memory, LOCK), KEY);
    expect(contentsOf(target)).toEqual(contentsOf(source));
    const again = await importTree(memory, first, KEY);
    expect(again).toEqual({ written: [], unchanged: report.written, keys: [] });
  });

  test("of many users is all of them", async () => {
    const store = memoryStore();
    const { tokens, account } = await smallTree();
    const names = Array.from({ length: 150 }, (_, index) => `u${index}`);
    const users = names.map(async (name) => {
      const path = ["O", "A", name] as const;
      return { path, token: await tokenOf(path, pairOf("user", name), account) };
    });
    await store.commit({ tokens: [...tokens.slice(0, 2), ...(await Promise.all(users))] });
    const copy = memoryStore();
    expect((await importTree(copy, await exportTree(store, LOCK), KEY)).written).toHaveLength(152);
    expect(await listOf(copy.list(["O", "A"]))).toEqual([...names].sort());
  });

  test("of an empty store is one, too", async () => {
    const file = await exportTree(memoryStore(), LOCK);
    expect(await importTree(memoryStore(), file, KEY)).toEqual({ written: [], unchanged: [], keys: [] });
  });

  test("is what age opens, for a passphrase, for recipients, and as text", async () => {
    const store = await smallStore();
    const file = await exportTree(store, LOCK);
    expect(new TextDecoder().decode(file.subarray(0, 22))).toBe("age-encryption.org/v1\n");
    expect(await opened(file)).toMatchObject({
      format: "nsc.js tree",
      version: 1,
      operators: [{ name: "O", accounts: [{ name: "A", users: [{ name: "u" }] }] }],
    });
    const identities = [await generateIdentity(), await generateIdentity()];
    const recipients = await Promise.all(identities.map((identity) => identityToRecipient(identity)));
    const shared = await exportTree(store, { recipients, armor: true });
    expect(new TextDecoder().decode(shared)).toMatch(
      /^-----BEGIN AGE ENCRYPTED FILE-----\n[\w+/=\n]+-----END AGE ENCRYPTED FILE-----\n$/,
    );
    for (const identity of identities) {
      const copy = memoryStore();
      const mine = [await generateIdentity(), identity];
      expect((await importTree(copy, shared, { identities: mine })).written).toHaveLength(3);
      expect(await copy.read(["O", "A", "u"])).toBe(await store.read(["O", "A", "u"]));
    }
    const wrong = importTree(memoryStore(), shared, { identities: [await generateIdentity()] });
    await expect(wrong).toThrowCode("ERR_ARCHIVE_KEY");
    await expect(importTree(memoryStore(), shared, KEY)).toThrowCode("ERR_ARCHIVE_KEY");
  });

  test("holds nothing in the clear", async () => {
    const store = await smallStore();
    const { tokens, user } = await smallTree();
    for (const armor of [true, false]) {
      const text = Buffer.from(await exportTree(store, { ...LOCK, armor })).toString("latin1");
      for (const secret of [seedOf(user), tokens[2].token, user.publicKey, "nsc.js"])
        expect(text).not.toContain(secret);
    }
  });

  test("is not made of what is damaged", async () => {
    const store = memoryStore();
    const { tokens } = await smallTree();
    const token = `${tokens[0].token.slice(0, -4)}AAAA`;
    await store.commit({ tokens: [{ path: ["O"], token }] });
    await expect(exportTree(store, LOCK)).toThrowCode("ERR_STORE_DAMAGED");
  });
});

describe("what is there already", () => {
  test("and different is an error, or replaced on demand; the rest stays", async () => {
    const file = await exportTree(await smallStore(), LOCK);
    const { operator, account, tokens } = await smallTree();
    const store = await smallStore();
    const newer = await tokenOf(["O", "A"], account, operator, 1_900_000_000);
    const other = await tokenOf(["O", "B"], pairOf("account", "B"), operator);
    await store.commit({
      tokens: [
        { path: ["O", "A"], token: newer },
        { path: ["O", "B"], token: other },
      ],
    });
    await expect(importTree(store, file, KEY)).toThrowCode("ERR_ENTITY_EXISTS");
    expect(await store.read(["O", "A"])).toBe(newer);
    const report = await importTree(store, file, { ...KEY, overwrite: true });
    expect(report.written).toEqual([["O", "A"]]);
    expect(await store.read(["O", "A"])).toBe(tokens[1].token);
    expect(await store.read(["O", "B"])).toBe(other);
  });

  test("under another name is an error", async () => {
    const file = await exportTree(await smallStore(), LOCK);
    const { operator, account } = await smallTree();
    const store = memoryStore();
    await store.commit({
      tokens: [
        { path: ["O"], token: await tokenOf(["O"], operator, operator) },
        { path: ["O", "renamed"], token: await tokenOf(["O", "renamed"], account, operator) },
      ],
    });
    const refused = importTree(store, file, { ...KEY, overwrite: true });
    await expect(refused).toThrowCode("ERR_ENTITY_EXISTS");
    // What was asked for already is no advice.
    await expect(refused).rejects.not.toThrow(/overwrite/);
    expect(await listOf(store.list(["O"]))).toEqual(["renamed"]);
  });

  test("and damaged is replaced on demand", async () => {
    const allDirs = testFolder();
    const store = nscDirectory({ allDirs, env: {} });
    const { commit, tokens } = await smallTree();
    await store.commit(commit);
    const before = contentsOf(allDirs);
    const file = await exportTree(store, LOCK);
    for (const path of ["A.jwt", "users/u.jwt"]) writeFileSync(join(allDirs, "O/accounts/A", path), "cut off");
    await expect(importTree(store, file, KEY)).toThrowCode("ERR_STORE_DAMAGED");
    const { written, unchanged } = await importTree(store, file, { ...KEY, overwrite: true });
    expect(written).toEqual(tokens.slice(1).map(({ path }) => path));
    expect(unchanged).toEqual([["O"]]);
    expect(contentsOf(allDirs)).toEqual(before);
  });

  test("beside the tokens likewise", async () => {
    const source = await smallStore();
    await source.commit({ meta: [{ operator: "O", name: "note", value: "theirs" }] });
    const file = await exportTree(source, LOCK);
    const store = await smallStore();
    await store.commit({
      meta: [
        { operator: "O", name: "note", value: "ours" },
        { operator: "O", name: "own", value: "1" },
      ],
    });
    await expect(importTree(store, file, KEY)).toThrowCode("ERR_ENTITY_EXISTS");
    await importTree(store, file, { ...KEY, overwrite: true });
    expect([...(await store.readMeta("O"))].sort()).toEqual([
      ["note", "theirs"],
      ["own", "1"],
    ]);
  });

  test("makes no operator managed that is there and is not", async () => {
    const source = await smallStore();
    await source.commit({ meta: [{ operator: "O", name: "managed", value: "true" }] });
    const file = await exportTree(source, LOCK);
    const store = await smallStore();
    await expect(importTree(store, file, KEY)).toThrowCode("ERR_ENTITY_EXISTS");
    expect([...(await store.readMeta("O"))]).toEqual([]);
    await importTree(store, file, { ...KEY, overwrite: true });
    expect([...(await store.readMeta("O"))]).toEqual([["managed", "true"]]);
  });
});

describe("what is no such file", () => {
  const wrong: readonly [string, (good: Record<string, unknown>) => unknown][] = [
    ["text", () => "hello"],
    ["a list", () => []],
    ["null", () => null],
    ["another format", (good) => ({ ...good, format: "x" })],
    ["a later version", (good) => ({ ...good, version: 2 })],
    ["no version", (good) => ({ ...good, version: "one" })],
    ["no operators", (good) => ({ ...good, operators: {} })],
    ["an operator that is none", (good) => ({ ...good, operators: [1] })],
    ["a name that is none", (good) => ({ ...good, operators: [{ ...first(good), name: "" }] })],
    ["half of a character", (good) => ({ ...good, operators: [{ ...first(good), name: "\ud800" }] })],
    ["a token that is none", (good) => ({ ...good, operators: [{ ...first(good), token: "x" }] })],
    ["no token", (good) => ({ ...good, operators: [{ ...first(good), token: 1 }] })],
    ["a token of another kind", (good) => ({ ...good, operators: [{ ...first(good), accounts: [first(good)] }] })],
    ["no accounts", (good) => ({ ...good, operators: [{ ...first(good), accounts: 1 }] })],
    ["one name twice", (good) => ({ ...good, operators: [first(good), first(good)] })],
    ["meta that is none", (good) => ({ ...good, operators: [{ ...first(good), meta: { a: 1 } }] })],
    ["seeds that are none", (good) => ({ ...good, seeds: ["SUAB"] })],
    ["no seeds", (good) => ({ ...good, seeds: undefined })],
  ];
  const first = (good: Record<string, unknown>) => (good["operators"] as Record<string, unknown>[])[0];

  test.each(wrong)("%s", async (_, change) => {
    const good = await opened(await exportTree(await smallStore(), LOCK));
    const store = memoryStore();
    await expect(importTree(store, await sealed(change(good)), KEY)).toThrowCode("ERR_ARCHIVE_FORMAT");
    expect(await listOf(store.list([]))).toEqual([]);
    expect((await importTree(store, await sealed(good), KEY)).written).toHaveLength(3);
  });

  test("any byte that was changed, and any part", async () => {
    const file = await exportTree(await smallStore(), LOCK);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: file.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, by, cut) => {
          const changed = cut ? file.slice(0, at) : file.map((byte, index) => (index === at ? byte ^ by : byte));
          const error: unknown = await importTree(memoryStore(), changed, KEY).catch((thrown: unknown) => thrown);
          expect(isNscError(error, "ERR_ARCHIVE_FORMAT") || isNscError(error, "ERR_ARCHIVE_KEY")).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (bytes) => {
        await expect(importTree(memoryStore(), bytes, KEY)).toThrowCode("ERR_ARCHIVE_FORMAT");
      }),
      { numRuns: 100 },
    );
  });
});

describe("what is refused", () => {
  test("a wrong passphrase", async () => {
    const file = await exportTree(await smallStore(), LOCK);
    await expect(importTree(memoryStore(), file, { passphrase: "guess" })).toThrowCode("ERR_ARCHIVE_KEY");
  });

  test.each([
    null,
    {},
    { passphrase: "" },
    { passphrase: 1 },
    { passphrase: "p", recipients: ["age1"] },
    { recipients: [] },
    { recipients: "age1" },
    { recipients: ["age1wrong"] },
    { recipients: [1] },
    { passphrase: "p", workFactor: 9 },
    { passphrase: "p", workFactor: 21 },
    { passphrase: "p", workFactor: 10.5 },
    { passphrase: "p", armor: "yes" },
    { passphrase: "p", armour: true },
  ])("exporting with %j", async (options) => {
    await expect(exportTree(memoryStore(), options as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test.each([null, {}, { identities: [] }, { identities: [1] }, { passphrase: "p", overwrite: 1 }, { password: "p" }])(
    "importing with %j",
    async (options) => {
      await expect(importTree(memoryStore(), new Uint8Array(), options as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    },
  );

  test("an identity that is none, without showing it; no bytes; no store", async () => {
    const identity = `${(await generateIdentity()).slice(0, -1)}B`;
    const error: unknown = await importTree(memoryStore(), new Uint8Array(), { identities: [identity] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(isNscError(error, "ERR_ARGUMENT_INVALID")).toBe(true);
    expect(`${(error as Error).stack}${String((error as Error).cause)}`).not.toContain(identity.slice(20));
    await expect(importTree(memoryStore(), "x" as never, KEY)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(exportTree({} as Store, LOCK)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(importTree({} as Store, new Uint8Array(), KEY)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("without the package, which is said with what would do", async () => {
    const child = start(await bundle("archive-without-age", testFolder(), ["age-encryption"]));
    expect(await child.ended).toBe(0);
    expect(child.lines).toHaveLength(2);
    for (const line of child.lines) {
      expect(JSON.parse(line)).toMatchObject({
        code: "ERR_DEPENDENCY_MISSING",
        message: expect.stringContaining("npm install age-encryption"),
      });
    }
  });
});
