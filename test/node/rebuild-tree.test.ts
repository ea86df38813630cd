import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import {
  createAccountClaims,
  createActivationClaims,
  createOperatorClaims,
  createUserClaims,
  encode,
  formatCreds,
  type KeyPair,
  memoryStore,
  Nsc,
  type Store,
} from "nsc.js";
import { exportKeys, nscDirectory, type RebuildSources, rebuildTree } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { isPosix } from "../support/posix.ts";
import { listOf, pairOf, seedOf, smallTree, tokenOf } from "./entities.ts";
import { contentsOf, testFolder } from "./folders.ts";

const [operator, account, user] = [pairOf("operator", "O"), pairOf("account", "A"), pairOf("user", "u")] as const;

async function read(store: Store, ...path: string[]): Promise<string | undefined> {
  return await store.read(path as never);
}

/** `{ code: source }` of what was left out, or noted. */
function codesOf({ problems }: Awaited<ReturnType<typeof rebuildTree>>): string[] {
  return problems.map(({ code, source }) => `${code} ${source.slice(source.lastIndexOf("/") + 1)}`);
}

function fileFolder(files: Readonly<Record<string, string>>): string {
  const folder = testFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

test("leaves creds files in folders alone when told, but not creds as such", async () => {
  const operator = await new Nsc().addOperator("local");
  const account = await operator.addAccount("A");
  const creds = await (await account.addUser("u")).creds();
  const folder = testFolder();
  writeFileSync(join(folder, "u.creds"), creds);
  const sources = { folders: [folder], tokens: [operator.token, account.token] };
  const without = await rebuildTree(memoryStore(), sources, { folderCreds: false });
  expect(without.written).toEqual([["local"], ["local", "A"]]);
  const whole = await rebuildTree(memoryStore(), { ...sources, creds: [creds] }, { folderCreds: false });
  expect(whole.written).toContainEqual(["local", "A", "u"]);
  expect((await rebuildTree(memoryStore(), sources)).written).toContainEqual(["local", "A", "u"]);
});

test("writes no creds file of a user that is imported, or committed, without", async () => {
  const allDirs = testFolder();
  const store = nscDirectory({ allDirs, env: {} });
  const account = await (await new Nsc({ store }).addOperator("local")).addAccount("A");
  const issued = await account.issueUser("u", { expires: "1h" });
  const user = await account.importUser(issued.creds(), { creds: false });
  expect(user.hasSeed).toBe(true);
  expect(await store.credsFile(["local", "A", "u"])).toBeUndefined();
  await store.commit({ tokens: [{ path: ["local", "A", "u"], token: issued.token, withoutCreds: true }] });
  expect(await store.credsFile(["local", "A", "u"])).toBeUndefined();
  await user.edit((claims) => {
    claims.nats.tags = ["x"];
  });
  expect(await store.credsFile(["local", "A", "u"])).toBeDefined();
});

describe("a tree comes back", () => {
  test.each([
    ["in memory", () => memoryStore()],
    ["in nsc's folders", () => nscDirectory({ allDirs: testFolder(), env: {} })],
  ])("from a resolver's folder, creds and an operator's token, %s", async (_, make) => {
    const { tokens } = await smallTree();
    const [operatorToken, accountToken, userToken] = tokens.map(({ token }) => token) as [string, string, string];
    const resolver = fileFolder({
      [`${account.publicKey}.jwt`]: accountToken,
      [`${pairOf("account", "gone").publicKey}.jwt.deleted`]: "whatever",
      "not-mine.txt": "x",
    });
    const store = make();
    const report = await rebuildTree(store, {
      folders: [resolver],
      tokens: [operatorToken],
      creds: [formatCreds(userToken, seedOf(user))],
    });
    expect(report).toEqual({
      written: [["O"], ["O", "A"], ["O", "A", "u"]],
      unchanged: [],
      keys: [user.publicKey],
      problems: [],
      missingOperators: [],
      missingAccounts: [],
      missingSeeds: [
        { publicKey: operator.publicKey, path: ["O"] },
        { publicKey: account.publicKey, path: ["O", "A"] },
      ],
    });
    expect(await read(store, "O", "A", "u")).toBe(userToken);
    // Nobody has the operator's seed here, so that it is managed elsewhere.
    expect([...(await store.readMeta("O"))]).toEqual([["managed", "true"]]);
    const again = await rebuildTree(store, { folders: [resolver], tokens: [operatorToken], seeds: [seedOf(operator)] });
    expect(again).toMatchObject({
      written: [],
      unchanged: [["O"], ["O", "A"]],
      keys: [operator.publicKey],
      problems: [],
    });
  });

  test("from what exportKeys has written, into the same files", async () => {
    const source = testFolder();
    const store = nscDirectory({ allDirs: source, env: {} });
    const nsc = new Nsc({ store });
    for (const name of ["O", "P"]) {
      const made = await nsc.addOperator(name, { signingKey: true, systemAccount: true });
      const app = await made.addAccount("APP", { signingKey: true });
      await app.addRole("web", { pub: ["x"] });
      await app.addUser("a");
      await app.addUser("b", { role: "web" });
    }
    const exported = testFolder();
    await exportKeys(store, exported, { tokens: true });
    const target = testFolder();
    const report = await rebuildTree(nscDirectory({ allDirs: target, env: {} }), { folders: [exported] });
    expect(report.problems).toEqual([]);
    expect(report.missingSeeds).toEqual([]);
    expect(contentsOf(target)).toEqual(contentsOf(source));
    // So does nsc's own folder, keys and creds included.
    const copy = testFolder();
    await rebuildTree(nscDirectory({ allDirs: copy, env: {} }), { folders: [source] });
    expect(contentsOf(copy)).toEqual(contentsOf(source));
  });

  test("where something in the store is damaged", async () => {
    const allDirs = testFolder();
    const store = nscDirectory({ allDirs, env: {} });
    const { commit, tokens } = await smallTree();
    await store.commit(commit);
    const before = contentsOf(allDirs);
    writeFileSync(join(allDirs, "O/accounts/A/A.jwt"), "damaged");
    writeFileSync(join(allDirs, "O/accounts/A/users/u.jwt"), `${tokens[2].token.slice(0, -4)}AAAA`);
    const report = await rebuildTree(store, { tokens: tokens.map(({ token }) => token) });
    expect(report.written).toEqual([
      ["O", "A"],
      ["O", "A", "u"],
    ]);
    expect(codesOf(report)).toEqual(['UNREADABLE  "A"', 'UNREADABLE  "u"']);
    expect(contentsOf(allDirs)).toEqual(before);
  });

  test("around a user who is sound below the only account, which is damaged", async () => {
    const allDirs = testFolder();
    const store = nscDirectory({ allDirs, env: {} });
    const { commit, tokens } = await smallTree();
    await store.commit(commit);
    writeFileSync(join(allDirs, "O/accounts/A/A.jwt"), "damaged");
    const sources = { tokens: tokens.map(({ token }) => token) };
    const report = await rebuildTree(store, sources, { distinctNames: true });
    expect(report.written).toEqual([["O", "A"]]);
    expect(report.unchanged).toEqual([["O"], ["O", "A", "u"]]);
    expect(codesOf(report)).toEqual(['UNREADABLE  "A"']);
    expect(await listOf(store.list(["O", "A"]))).toEqual(["u"]);
  });
});

describe("of several tokens of one subject", () => {
  const at = (issuedAt: number, name = "O", pair = operator) => tokenOf([name], pair, pair, issuedAt);

  test("the newest is taken, wherever it is", async () => {
    const [older, middle, newest] = await Promise.all([at(1), at(2), at(3)]);
    const store = memoryStore();
    const report = await rebuildTree(store, { tokens: [middle, newest, older] });
    expect(codesOf(report)).toEqual(["OLDER tokens[0]", "OLDER tokens[2]"]);
    expect(await read(store, "O")).toBe(newest);
    const again = await rebuildTree(store, { tokens: [middle] });
    expect(codesOf(again)).toEqual(["OLDER tokens[0]"]);
    expect(again).toMatchObject({ written: [], unchanged: [] });
    const last = await at(4);
    expect((await rebuildTree(store, { tokens: [last] })).written).toEqual([["O"]]);
    expect(await read(store, "O")).toBe(last);
  });

  test("of the same second the first is taken, or that of the store, and it is said", async () => {
    const [first, second] = await Promise.all([at(5, "O"), at(5, "Q")]);
    const store = memoryStore();
    expect(codesOf(await rebuildTree(store, { tokens: [first, second, first] }))).toEqual(["SAME_TIME tokens[1]"]);
    expect(codesOf(await rebuildTree(store, { tokens: [second] }))).toEqual(["SAME_TIME tokens[0]"]);
    expect(await read(store, "O")).toBe(first);
  });

  test("a newer one that nobody trusts does not count", async () => {
    const { tokens } = await smallTree();
    const self = await tokenOf(["O", "A"], account, account, 1_900_000_000);
    const store = memoryStore();
    const report = await rebuildTree(store, { tokens: [self, ...tokens.map(({ token }) => token)] });
    expect(codesOf(report)).toEqual(["NO_OPERATOR tokens[0]"]);
    expect(await read(store, "O", "A")).toBe(tokens[1].token);
    expect(report.missingOperators).toEqual([]);
  });
});

describe("who belongs to whom", () => {
  test("signing keys sign as the identities do, and those that were removed don't", async () => {
    const [opKey, accKey, oldKey] = [pairOf("operator", "sk"), pairOf("account", "sk"), pairOf("account", "old")];
    const sign = (claims: Parameters<typeof encode>[0], pair: KeyPair) => encode(claims, pair, { issuedAt: 1 });
    const userClaims = (name: string) =>
      createUserClaims(pairOf("user", name).publicKey, { name, nats: { issuer_account: account.publicKey } });
    const tokens = await Promise.all([
      sign(
        createOperatorClaims(operator.publicKey, { name: "O", nats: { signing_keys: [opKey.publicKey] } }),
        operator,
      ),
      sign(createAccountClaims(account.publicKey, { name: "A", nats: { signing_keys: [accKey.publicKey] } }), opKey),
      sign(userClaims("u"), accKey),
      sign(userClaims("v"), oldKey),
      sign(createUserClaims(pairOf("user", "w").publicKey, { name: "w" }), oldKey),
      sign(createAccountClaims(pairOf("account", "B").publicKey, { name: "B" }), pairOf("operator", "other")),
      sign(createActivationClaims(account.publicKey, { name: "x", nats: { subject: "a", kind: "stream" } }), account),
      encode(createOperatorClaims(pairOf("operator", "Q").publicKey, { name: "Q" }), operator),
    ]);
    const report = await rebuildTree(memoryStore(), { tokens });
    expect(report.written).toEqual([["O"], ["O", "A"], ["O", "A", "u"]]);
    expect(codesOf(report)).toEqual([
      "WRONG_KIND tokens[6]",
      "WRONG_ISSUER tokens[7]",
      "NO_OPERATOR tokens[5]",
      "WRONG_ISSUER tokens[3]",
      "NO_ACCOUNT tokens[4]",
    ]);
    expect(report.missingOperators).toEqual([pairOf("operator", "other").publicKey]);
    expect(report.missingAccounts).toEqual([oldKey.publicKey]);
    expect(report.missingSeeds.map(({ publicKey }) => publicKey)).toEqual([
      operator.publicKey,
      opKey.publicKey,
      account.publicKey,
      accKey.publicKey,
      user.publicKey,
    ]);
  });

  test("the store's own operators and accounts are known, too", async () => {
    const store = memoryStore();
    const { tokens, commit } = await smallTree();
    await store.commit({ ...commit, tokens: tokens.slice(0, 2) });
    const report = await rebuildTree(store, { tokens: [tokens[2].token] });
    expect(report).toMatchObject({ written: [["O", "A", "u"]], problems: [], missingSeeds: [] });
    const moved = await tokenOf(["O", "A", "u"], user, pairOf("account", "B"), 1_800_000_000);
    const other = await tokenOf(["O", "B"], pairOf("account", "B"), operator);
    expect(codesOf(await rebuildTree(store, { tokens: [moved, other] }))).toEqual(["WRONG_PLACE tokens[0]"]);
    expect(await read(store, "O", "A", "u")).toBe(tokens[2].token);
  });

  test("operators are managed elsewhere if nobody has their seeds, or as it is said", async () => {
    const token = await tokenOf(["O"], operator, operator);
    const managed = async (sources: RebuildSources, options = {}) => {
      const store = memoryStore();
      await rebuildTree(store, { tokens: [token], ...sources }, options);
      return (await store.readMeta("O")).get("managed");
    };
    expect(await managed({})).toBe("true");
    expect(await managed({ seeds: [seedOf(operator)] })).toBeUndefined();
    expect(await managed({}, { managed: false })).toBeUndefined();
    expect(await managed({ seeds: [seedOf(operator)] }, { managed: true })).toBe("true");
  });
});

test("an operator that claims a key of another one does not get its accounts", async () => {
  const store = memoryStore();
  const { tokens } = await smallTree();
  const thief = pairOf("operator", "thief");
  const claims = createOperatorClaims(thief.publicKey, { name: "T", nats: { signing_keys: [operator.publicKey] } });
  const stolen = await encode(claims, thief, { issuedAt: 1_900_000_000 });
  await rebuildTree(store, { tokens: [stolen, ...tokens.map(({ token }) => token)] });
  expect(await listOf(store.list(["T"]))).toEqual([]);
  expect(await listOf(store.list(["O"]))).toEqual(["A"]);
});

describe("names", () => {
  const named = (name: string | undefined, key: string, at: number) =>
    encode(createAccountClaims(pairOf("account", key).publicKey, name === undefined ? {} : { name }), operator, {
      issuedAt: at,
    });

  test("that are taken or can't be kept are reported, and on demand others are given", async () => {
    const tokens = await Promise.all([
      tokenOf(["O"], operator, operator),
      named("APP", "1", 1),
      named("app", "2", 2),
      named("../../x", "3", 3),
      named("", "4", 4),
      named("nul", "5", 5),
      named("日本", "6", 6),
    ]);
    const keys = ["1", "2", "3", "4", "5", "6"].map((key) => pairOf("account", key).publicKey);
    for (const make of [() => memoryStore(), () => nscDirectory({ allDirs: testFolder(), env: {} })]) {
      const store = make();
      const report = await rebuildTree(store, { tokens });
      // Who is newer has the name.
      expect(await listOf(store.list(["O"]))).toEqual([keys[3], "app", "日本"].sort());
      expect(codesOf(report).sort()).toEqual(["NAME tokens[3]", "NAME tokens[5]", "NAME_TAKEN tokens[1]"]);
      const distinct = await rebuildTree(store, { tokens }, { distinctNames: true });
      expect(distinct.written.map((path) => path[1]).sort()).toEqual(
        [`APP-${keys[0]?.slice(0, 8)}`, `x-${keys[2]?.slice(0, 8)}`, `nul-${keys[4]?.slice(0, 8)}`].sort(),
      );
      expect((await rebuildTree(store, { tokens }, { distinctNames: true })).unchanged).toHaveLength(7);
    }
  });

  test("that the store refuses hinder one operator alone", async () => {
    const [keys, other] = [pairOf("operator", "k"), pairOf("operator", "o")];
    const tokens = [await tokenOf(["keys"], keys, keys), await tokenOf(["other"], other, other)];
    const store = nscDirectory({ allDirs: testFolder(), env: {} });
    const report = await rebuildTree(store, { tokens, seeds: [seedOf(keys)] });
    expect(report.written).toEqual([["other"]]);
    expect(codesOf(report)).toEqual(["REFUSED keys"]);
    // A seed is kept all the same.
    expect(report.keys).toEqual([keys.publicKey]);
  });
});

describe("what is damaged", () => {
  test("is reported and passed over, and not shown", async () => {
    const { tokens } = await smallTree();
    const token = tokens[0].token;
    const folder = fileFolder({
      "a.jwt": `-----BEGIN NATS OPERATOR JWT-----\r\n${token}\r\n------END NATS OPERATOR JWT------\r\n`,
      "b.jwt": "x",
      "c/d/e.nk": seedOf(operator).slice(0, -1),
      "f.creds": "nothing",
      "g.creds": formatCreds(tokens[2].token, seedOf(user)).replace(seedOf(user), seedOf(account)),
      "h.jwt": "x".repeat(5_000_000),
      "i.jwt": `${token.slice(0, -4)}AAAA`,
    });
    if (isPosix) symlinkSync(join(folder, "b.jwt"), join(folder, "j.jwt"));
    const store = memoryStore();
    const report = await rebuildTree(store, {
      folders: [folder],
      tokens: [tokens[1].token],
      creds: [""],
      seeds: ["S"],
    });
    expect(codesOf(report)).toEqual([
      "BAD_TOKEN b.jwt",
      "BAD_SEED e.nk",
      "BAD_CREDS f.creds",
      "BAD_CREDS g.creds",
      "UNREADABLE h.jwt",
      "BAD_TOKEN i.jwt",
      "BAD_CREDS creds[0]",
      "BAD_SEED seeds[0]",
    ]);
    // The token of creds whose seed is another's is there all the same.
    expect(report.written).toEqual([["O"], ["O", "A"], ["O", "A", "u"]]);
    expect(JSON.stringify(report)).not.toContain(seedOf(operator).slice(0, 30));
  });

  test("is not what a newer version has written", async () => {
    const allDirs = testFolder();
    const store = nscDirectory({ allDirs, env: {} });
    const { commit, tokens } = await smallTree();
    await store.commit(commit);
    const [header, payload] = tokens[1].token.split(".") as [string, string];
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    claims.nats.version = 3;
    const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
    const signature = operator.sign(new TextEncoder().encode(signed));
    const newer = `${signed}.${Buffer.from(signature).toString("base64url")}`;
    writeFileSync(join(allDirs, "O/accounts/A/A.jwt"), newer);
    const report = await rebuildTree(store, { tokens: [tokens[1].token] });
    expect(report.written).toEqual([]);
    expect(codesOf(report)).toEqual(['UNREADABLE  "A"', "NAME_TAKEN tokens[0]"]);
    expect(await read(store, "O", "A")).toBe(newer);
  });

  test("in the same way is reported for each file", async () => {
    const folder = fileFolder({ "a.jwt": "", "b.jwt": "", "c.jwt": "x", "d.jwt": "x" });
    const report = await rebuildTree(memoryStore(), { folders: [folder] });
    expect(codesOf(report)).toEqual(["a", "b", "c", "d"].map((name) => `BAD_TOKEN ${name}.jwt`));
  });

  test("in the store is not replaced where it may be the only copy", async () => {
    const allDirs = testFolder();
    const store = nscDirectory({ allDirs, env: {} });
    const { commit, tokens } = await smallTree();
    await store.commit(commit);
    const file = join(allDirs, "keys/U", user.publicKey.slice(1, 3), `${user.publicKey}.nk`);
    writeFileSync(file, seedOf(pairOf("user", "x")));
    const report = await rebuildTree(store, { tokens: tokens.map(({ token }) => token), seeds: [seedOf(user)] });
    expect(codesOf(report)).toEqual(["REFUSED seeds"]);
    expect(report.missingSeeds.map(({ publicKey }) => publicKey)).toEqual([user.publicKey]);
    expect(readFileSync(file, "utf8")).toBe(seedOf(pairOf("user", "x")));
  });

  test("whatever it is, and in whatever order all comes, the tree is the same", async () => {
    const { tokens } = await smallTree();
    const good = tokens.map(({ token }) => token);
    const bad = fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom(...good), fc.nat(), fc.string({ maxLength: 2 })).map(([token, at, text]) => {
        const from = at % token.length;
        return token.slice(0, from) + text + token.slice(from + 2);
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(good, { minLength: 3 }),
        fc.array(bad, { maxLength: 4 }),
        async (right, wrong) => {
          const store = memoryStore();
          const sources = { tokens: [...wrong, ...right], creds: wrong, seeds: wrong };
          const report = await rebuildTree(store, sources, { distinctNames: true });
          for (const [index, { path }] of tokens.entries()) expect(await store.read(path)).toBe(good[index]);
          expect(report.written).toHaveLength(3);
          expect(report.keys).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("what is refused", () => {
  test.each([
    [null, {}],
    [{ folders: "x" }, {}],
    [{ folders: [""] }, {}],
    [{ tokens: [1] }, {}],
    [{ jwts: [] }, {}],
    [{}, { distinctNames: 1 }],
    [{}, { managed: "no" }],
    [{}, { force: true }],
  ])("%j %j", async (sources, options) => {
    await expect(rebuildTree(memoryStore(), sources as object, options as object)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("no store, and a folder that there is not", async () => {
    await expect(rebuildTree({} as Store, {})).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(rebuildTree(memoryStore(), { folders: [join(testFolder(), "none")] })).toThrowCode("ERR_STORE_IO");
    expect((await rebuildTree(memoryStore(), {})).written).toEqual([]);
  });

  test("nothing is passed over in silence when the store fails", async () => {
    const store = memoryStore();
    const failing: Store = Object.assign(Object.create(store), {
      commit: () => Promise.reject(new Error("no")),
      list: store.list.bind(store),
      getKey: store.getKey.bind(store),
    });
    const token = await tokenOf(["O"], operator, operator);
    await expect(rebuildTree(failing, { tokens: [token] })).rejects.toThrow("no");
  });
});
