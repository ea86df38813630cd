import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatCreds, type StorePath } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { listOf, pairOf, seedOf, smallTree, tokenOf } from "./entities.ts";
import { contentsOf, testFolder } from "./folders.ts";

const GIT_IGNORE = "# ignore all nk files \n**/*.nk\n\n# ignore all creds files\n**/*.creds\n";

function keyFile(publicKey: string): string {
  return `keys/${publicKey[0]}/${publicKey.slice(1, 3)}/${publicKey}.nk`;
}

describe("a commit leaves exactly the files that nsc leaves", () => {
  test("for an operator, an account, a user and their keys", async () => {
    const folder = testFolder();
    const { tokens, commit, operator, account, user } = await smallTree();
    const [storesDir, keystoreDir] = [join(folder, "stores"), join(folder, "keys")];
    await nscDirectory({ storesDir, keystoreDir, env: {} }).commit(commit);
    const [o, a, u] = tokens.map(({ token }) => token) as [string, string, string];
    expect(contentsOf(storesDir)).toEqual({
      "O/": "0700",
      "O/.nsc": '0600 {"managed":false,"name":"O","kind":"operator","version":"1"}',
      "O/O.jwt": `0600 ${o}`,
      "O/accounts/": "0700",
      "O/accounts/A/": "0700",
      "O/accounts/A/A.jwt": `0600 ${a}`,
      "O/accounts/A/users/": "0700",
      "O/accounts/A/users/u.jwt": `0600 ${u}`,
    });
    const keys = [operator, account, user].flatMap((pair) => {
      const file = keyFile(pair.publicKey);
      const [, kind, shard] = file.split("/") as [string, string, string];
      return [
        [`keys/${kind}/`, "0700"],
        [`keys/${kind}/${shard}/`, "0700"],
        [file, `0600 ${seedOf(pair)}`],
      ] as const;
    });
    expect(contentsOf(keystoreDir)).toEqual({
      ".gitignore": `0600 ${GIT_IGNORE}`,
      "keys/": "0700",
      ...Object.fromEntries(keys),
      "creds/": "0700",
      "creds/O/": "0700",
      "creds/O/A/": "0700",
      "creds/O/A/u.creds": `0600 ${formatCreds(u, seedOf(user))}`,
    });
  });

  test("for an operator alone", async () => {
    const folder = testFolder();
    const { tokens } = await smallTree();
    await nscDirectory({ allDirs: folder, env: {} }).commit({ tokens: [tokens[0]] });
    expect(Object.keys(contentsOf(folder))).toEqual(["O/", "O/.nsc", "O/O.jwt", "O/accounts/"]);
  });

  test("with Go's escapes in the descriptor, and what is managed in it", async () => {
    const folder = testFolder();
    const store = nscDirectory({ allDirs: folder, env: {} });
    const pair = pairOf("operator", "x");
    const name = "a&b>c";
    await store.commit({
      tokens: [{ path: [name], token: await tokenOf([name], pair, pair) }],
      meta: [{ operator: name, name: "managed", value: "true" }],
    });
    expect(contentsOf(folder)[`${name}/.nsc`]).toBe(
      '0600 {"managed":true,"name":"a\\u0026b\\u003ec","kind":"operator","version":"1"}',
    );
    await store.commit({ meta: [{ operator: name, name: "managed", value: undefined }] });
    expect(contentsOf(folder)[`${name}/.nsc`]).toContain('"managed":false');
    const no = store.commit({ meta: [{ operator: name, name: "managed", value: "no" }] });
    await expect(no).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("without .gitignore where nsc would leave it out, or where it is", async () => {
    const { commit } = await smallTree();
    const [without, own] = [testFolder(), testFolder()];
    await nscDirectory({ allDirs: without, env: { NSC_NO_GIT_IGNORE: "" } }).commit(commit);
    expect(existsSync(join(without, ".gitignore"))).toBe(false);
    writeFileSync(join(own, ".gitignore"), "mine");
    await nscDirectory({ allDirs: own, env: {} }).commit(commit);
    expect(contentsOf(own)[".gitignore"]).toMatch(/mine$/);
  });

  test("and nothing at all when it changes nothing or is refused", async () => {
    const folder = testFolder();
    const storesDir = join(folder, "deep/stores");
    const store = nscDirectory({ storesDir, keystoreDir: join(folder, "keys"), env: {} });
    const { tokens } = await smallTree();
    await store.commit({});
    await store.commit({ deletes: [{ path: ["O", "A"] }], deletedKeys: [pairOf("user", "u").publicKey] });
    await expect(store.commit({ tokens: [tokens[1]] })).toThrowCode("ERR_STORE_PARENT");
    expect(contentsOf(folder)).toEqual({});
  });
});

describe("what goes", () => {
  async function tree() {
    const folder = testFolder();
    const store = nscDirectory({ allDirs: folder, env: {} });
    const small = await smallTree();
    await store.commit(small.commit);
    return { folder, store, ...small };
  }

  test("is a user with its creds, and its key with the folder that it was in", async () => {
    const { folder, store, user } = await tree();
    await store.commit({ deletes: [{ path: ["O", "A", "u"] }], deletedKeys: [user.publicKey] });
    const left = Object.keys(contentsOf(folder));
    expect(left.filter((path) => /u\.(?:jwt|creds)$|\/U\/./.test(path))).toEqual([]);
    expect(left).toEqual(expect.arrayContaining(["O/accounts/A/users/", "creds/O/A/", "keys/U/"]));
  });

  test("is not the creds file that is to be kept", async () => {
    const { folder, store } = await tree();
    const before = contentsOf(folder)["creds/O/A/u.creds"];
    await store.commit({ deletes: [{ path: ["O", "A", "u"], keepCreds: true }, { path: ["O", "A"] }] });
    expect(contentsOf(folder)["creds/O/A/u.creds"]).toBe(before);
    expect(existsSync(join(folder, "O/accounts/A"))).toBe(false);
  });

  test("are all folders of an account and an operator, but none with a file of someone else", async () => {
    const { folder, store } = await tree();
    const deletes = [["O"], ["O", "A"], ["O", "A", "u"]].map((path) => ({ path: path as unknown as StorePath }));
    writeFileSync(join(folder, "O/accounts/A/notes.txt"), "mine");
    writeFileSync(join(folder, "creds/O/old.creds"), "mine");
    await store.commit({ deletes });
    const left = Object.keys(contentsOf(folder)).filter((path) => !path.startsWith("keys/"));
    const foreign = ["O/", "O/accounts/", "O/accounts/A/", "O/accounts/A/notes.txt"];
    expect(left).toEqual([".gitignore", ...foreign, "creds/", "creds/O/", "creds/O/old.creds"]);
    const { commit } = await smallTree();
    await store.commit(commit);
    expect(await store.read(["O", "A"])).toBeDefined();
  });

  test("is the file of what is kept beside the tokens when nothing is left in it", async () => {
    const { folder, store } = await tree();
    const file = "O/.nscjs.json";
    await store.commit({ meta: [{ operator: "O", name: "pending/A", value: "1" }] });
    expect(contentsOf(folder)[file]).toBe('0600 {"pending/A":"1"}\n');
    await store.commit({ meta: [{ operator: "O", name: "pending/A", value: undefined }] });
    expect(contentsOf(folder)[file]).toBeUndefined();
  });
});

describe("creds", () => {
  test("are written again with the token, also for a seed that was there before", async () => {
    const folder = testFolder();
    const store = nscDirectory({ allDirs: folder, env: {} });
    const { tokens, user, account, commit } = await smallTree();
    await store.commit({ ...commit, tokens: tokens.slice(0, 2) });
    expect(existsSync(join(folder, "creds/O"))).toBe(false);
    const token = await tokenOf(["O", "A", "u"], user, account, 1_700_000_001);
    await store.commit({ tokens: [{ path: ["O", "A", "u"], token }] });
    expect(contentsOf(folder)["creds/O/A/u.creds"]).toBe(`0600 ${formatCreds(token, seedOf(user))}`);
  });

  test("are not written without a seed, nor for one that goes", async () => {
    const folder = testFolder();
    const store = nscDirectory({ allDirs: folder, env: {} });
    const { tokens, user, commit } = await smallTree();
    await store.commit({ tokens });
    expect(existsSync(join(folder, "creds"))).toBe(false);
    await store.commit({ keys: commit.keys ?? [] });
    await store.commit({ tokens: [tokens[2]], deletedKeys: [user.publicKey] });
    expect(existsSync(join(folder, "creds/O"))).toBe(false);
  });

  test("move along with a user whose seed is only in them", async () => {
    const folder = testFolder();
    const store = nscDirectory({ allDirs: folder, env: {} });
    const { user, account, commit } = await smallTree();
    await store.commit(commit);
    const before = contentsOf(folder)["creds/O/A/u.creds"];
    await store.commit({ deletedKeys: [user.publicKey] });
    const token = await tokenOf(["O", "A", "v"], user, account);
    await store.commit({ tokens: [{ path: ["O", "A", "v"], token }], deletes: [{ path: ["O", "A", "u"] }] });
    expect(contentsOf(folder)["creds/O/A/v.creds"]).toBe(before);
    expect(contentsOf(folder)["creds/O/A/u.creds"]).toBeUndefined();
  });
});

describe("names", () => {
  test.each(["a*", ">", "a b", "~", ".a", "$HOME", "日本語", "accounts", "a:b", "users", "__proto__"])(
    "that nsc accepts are accepted: %j",
    async (name) => {
      const store = nscDirectory({ allDirs: testFolder(), env: {} });
      const { operator, account, user } = await smallTree();
      const tokens = [
        { path: [name] as const, token: await tokenOf([name], operator, operator) },
        { path: [name, name] as const, token: await tokenOf([name, name], account, operator) },
        { path: [name, name, name] as const, token: await tokenOf([name, name, name], user, account) },
      ];
      await store.commit({ tokens });
      for (const { path, token } of tokens) expect(await store.read(path)).toBe(token);
    },
  );

  test.each([
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    "a\0",
    "a\n",
    " a",
    "a ",
    "a.",
    "CON",
    "nul.txt",
    "COM1.x",
    "x".repeat(241),
  ])("that some system can't keep are refused at every level: %j", async (name) => {
    const folder = testFolder();
    const store = nscDirectory({ allDirs: folder, env: {} });
    const { operator, account, user, commit } = await smallTree();
    await store.commit(commit);
    const before = contentsOf(folder);
    for (const [path, pair, issuer] of [
      [[name], operator, operator],
      [["O", name], account, operator],
      [["O", "A", name], user, account],
    ] as const) {
      const token = await tokenOf(path, pair, issuer);
      await expect(store.commit({ tokens: [{ path, token }] })).toThrowCode("ERR_STORE_NAME");
      expect(await store.read(path)).toBeUndefined();
    }
    expect(contentsOf(folder)).toEqual(before);
  });

  test("of folders that are there for something else are refused to operators", async () => {
    const folder = testFolder();
    const { operator, commit } = await smallTree();
    await nscDirectory({ allDirs: folder, env: {} }).commit(commit);
    const refuse = async (store: ReturnType<typeof nscDirectory>, name: string) => {
      const token = await tokenOf([name], operator, operator);
      await expect(store.commit({ tokens: [{ path: [name], token }] })).toThrowCode("ERR_STORE_NAME");
    };
    for (const name of ["keys", "CREDS", "nsc.json", ".gitignore", ".nscjs-lock", "o"]) {
      await refuse(nscDirectory({ allDirs: folder, env: {} }), name);
    }
    const inside = nscDirectory({ storesDir: folder, keystoreDir: join(folder, "secret/keys"), env: {} });
    await refuse(inside, "secret");
  });

  test("that are odd and on disk already stay readable, and can be written and deleted", async () => {
    const folder = testFolder();
    const store = nscDirectory({ allDirs: folder, env: {} });
    const { user, account, commit } = await smallTree();
    await store.commit(commit);
    const odd = ["a.", "CON"];
    for (const name of odd) {
      const path = ["O", "A", name] as const;
      const token = await tokenOf(path, user, account);
      writeFileSync(join(folder, `O/accounts/A/users/${name}.jwt`), token);
      expect(await store.read(path)).toBe(token);
      await store.commit({ tokens: [{ path, token: await tokenOf(path, user, account, 1_700_000_001) }] });
      await store.commit({ deletes: [{ path }] });
      expect(await store.read(path)).toBeUndefined();
    }
    // nsc takes a folder's name as it is, but trims that of the file in it.
    mkdirSync(join(folder, "O/accounts/ B "));
    const token = await tokenOf(["O", " B "], pairOf("account", "B"), pairOf("operator", "O"));
    writeFileSync(join(folder, "O/accounts/ B /B.jwt"), token);
    expect(await store.read(["O", " B "])).toBe(token);
    expect(await listOf(store.list(["O"]))).toEqual([" B ", "A"]);
  });

  test("may change in case when the old one goes, where the file system tells them apart", async () => {
    const folder = testFolder();
    const store = nscDirectory({ allDirs: folder, env: {} });
    const { user, account, commit } = await smallTree();
    await store.commit(commit);
    writeFileSync(join(folder, "probe"), "");
    const tellsApart = !existsSync(join(folder, "PROBE"));
    const token = await tokenOf(["O", "A", "U"], user, account);
    const rename = store.commit({ tokens: [{ path: ["O", "A", "U"], token }], deletes: [{ path: ["O", "A", "u"] }] });
    if (!tellsApart) await expect(rename).toThrowCode("ERR_STORE_NAME");
    else {
      await rename;
      expect(await listOf(store.list(["O", "A"]))).toEqual(["U"]);
    }
  });
});
