import { chmodSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { keyPairFromRawSeed, Nsc } from "nsc.js";
import { type NscFinding, nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { describeOnPosix, isPosix } from "../support/posix.ts";
import { pairOf, seedOf, smallTree, tokenOf } from "./entities.ts";
import { asNobody, contentsOf, NOBODY, testFolder } from "./folders.ts";

async function tree() {
  const folder = testFolder();
  const small = await smallTree();
  const store = nscDirectory({ allDirs: folder, env: {} });
  await store.commit(small.commit);
  const keyFile = (publicKey: string) => `keys/${publicKey[0]}/${publicKey.slice(1, 3)}/${publicKey}.nk`;
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, path), text, { mode: 0o600 });
  };
  const found = async () =>
    (await findingsOf(store.inspect())).map(({ code, path }) => [code, path.slice(folder.length + 1)]);
  return { ...small, folder, store, keyFile, write, found, at: (path: string) => join(folder, path) };
}

async function findingsOf(findings: AsyncIterable<NscFinding>): Promise<NscFinding[]> {
  const all: NscFinding[] = [];
  for await (const finding of findings) all.push(finding);
  return all;
}

const USER = "O/accounts/A/users/u.jwt";
const CREDS = "creds/O/A/u.creds";

describe("nothing is found", () => {
  test("in a tree in order, in an empty folder, and where there is none", async () => {
    const { found, folder } = await tree();
    expect(await found()).toEqual([]);
    const empty = testFolder();
    expect(await findingsOf(nscDirectory({ allDirs: empty, env: {} }).inspect())).toEqual([]);
    expect(await findingsOf(nscDirectory({ allDirs: join(folder, "none"), env: {} }).inspect())).toEqual([]);
  });

  test("in folders as nsc has them, with roles, signing keys, a managed operator and a context", async () => {
    const home = testFolder();
    const store = nscDirectory({ env: { HOME: home } });
    const operator = await new Nsc({ store }).addOperator("O", { signingKey: true, systemAccount: true });
    const account = await operator.addAccount("A", { signingKey: true });
    await account.addRole("web", { pub: ["x"] });
    await account.addUser("u", { role: "web" });
    await store.setContext({ operator: "O" });
    mkdirSync(join(store.storesDir, "M/accounts"), { recursive: true, mode: 0o700 });
    const descriptor = '{"managed":true,"name":"M","kind":"operator","version":"1"}';
    writeFileSync(join(store.storesDir, "M/.nsc"), descriptor, { mode: 0o600 });
    expect(await findingsOf(store.inspect())).toEqual([]);
  });

  test("in one root that is below another", async () => {
    const home = testFolder();
    const store = nscDirectory({ storesDir: home, keystoreDir: join(home, "k"), configDir: join(home, "c"), env: {} });
    await store.commit((await smallTree()).commit);
    await store.setContext({ operator: "O" });
    expect(await findingsOf(store.inspect())).toEqual([]);
    const other = nscDirectory({ storesDir: join(home, "s"), keystoreDir: join(home, "k"), configDir: home, env: {} });
    await other.commit((await smallTree()).commit);
    const turned = nscDirectory({ storesDir: join(home, "s"), keystoreDir: home, configDir: home, env: {} });
    const codes = (await findingsOf(turned.inspect())).map(
      ({ code, path }) => `${code} ${path.slice(home.length + 1, home.length + 3)}`,
    );
    // The seeds are elsewhere, and those that are here are where old versions of nsc had them.
    expect(new Set(codes)).toEqual(new Set(["MISSING_SEED ke", "OLD_LAYOUT k/", "FOREIGN_FILE O", "FOREIGN_FILE c"]));
  });
});

describe("tokens", () => {
  test.each(["", "x", "a.b.c"])("one that is none: %j", async (text) => {
    const { found, write, user, keyFile } = await tree();
    write(USER, text);
    expect(await found()).toEqual([
      ["BAD_TOKEN", USER],
      ["STALE_CREDS", CREDS],
      ["ORPHAN_KEY", keyFile(user.publicKey)],
    ]);
  });

  test("one whose signature is wrong, of another kind, and of an operator", async () => {
    const { found, write, tokens } = await tree();
    const [operator, account, user] = tokens.map(({ token }) => token) as [string, string, string];
    write(USER, `${user.slice(0, -4)}AAAA`);
    expect((await found())[0]).toEqual(["BAD_TOKEN", USER]);
    write(USER, account);
    expect((await found())[0]).toEqual(["BAD_TOKEN", USER]);
    write(USER, user);
    write("O/O.jwt", `${operator}x`);
    expect((await found()).map(([code]) => code)).toEqual(["BAD_TOKEN", "ORPHAN_KEY"]);
  });

  test("those that are missing, misnamed, twice, and signed by others", async () => {
    const { found, write, at, user, account, operator } = await tree();
    const stranger = pairOf("account", "stranger");
    write("O/accounts/A/users/v.jwt", await tokenOf(["O", "A", "w"], user, stranger));
    write("O/accounts/B/B.jwt", await tokenOf(["O", "B"], pairOf("account", "B"), pairOf("operator", "other")));
    mkdirSync(at("O/accounts/C"), { mode: 0o700 });
    expect(await found()).toEqual([
      ["WRONG_PLACE", "O/accounts/A/users/v.jwt"],
      ["SUBJECT_TWICE", "O/accounts/A/users/v.jwt"],
      ["WRONG_ISSUER", "O/accounts/A/users/v.jwt"],
      ["MISSING_SEED", `keys/A/${pairOf("account", "B").publicKey.slice(1, 3)}/${pairOf("account", "B").publicKey}.nk`],
      ["WRONG_ISSUER", "O/accounts/B/B.jwt"],
      ["MISSING_TOKEN", "O/accounts/C/C.jwt"],
    ]);
    rmSync(at("O/accounts"), { recursive: true });
    rmSync(at("O/O.jwt"));
    const keys = [account, operator, user].map(({ publicKey }) => publicKey).sort();
    expect(await findingsOf(nscDirectory({ allDirs: at(""), env: {} }).inspect())).toMatchObject([
      { code: "MISSING_TOKEN", path: at("O/O.jwt") },
      { code: "ORPHAN_CREDS", path: at(CREDS) },
      ...keys.map((publicKey) => ({ code: "ORPHAN_KEY", publicKey })),
    ]);
  });

  test("an account that signs itself is fine where the operator is managed elsewhere", async () => {
    const { found, write, account, at } = await tree();
    write("O/accounts/A/A.jwt", await tokenOf(["O", "A"], account, account));
    expect((await found()).map(([code]) => code)).toEqual(["WRONG_ISSUER"]);
    write("O/.nsc", readFileSync(at("O/.nsc"), "utf8").replace("false", "true"));
    expect(await found()).toEqual([]);
  });
});

describe("keys and creds", () => {
  test("seeds that are missing, public, others', misfiled and nobody's", async () => {
    const { found, write, at, user, account, operator, keyFile } = await tree();
    rmSync(at(keyFile(user.publicKey)));
    write(keyFile(account.publicKey), `${account.publicKey}\n`);
    write(keyFile(operator.publicKey), seedOf(pairOf("operator", "other")));
    const [nobody, misfiled] = [pairOf("user", "nobody"), keyPairFromRawSeed("server", new Uint8Array(32))] as const;
    write(keyFile(nobody.publicKey), seedOf(nobody));
    write(`keys/N/AA/${misfiled.publicKey}.nk`, seedOf(misfiled));
    write("keys/U/AA/note.nk", "");
    expect((await found()).sort()).toEqual(
      [
        ["BAD_SEED", keyFile(operator.publicKey)],
        ["BAD_SEED", "keys/U/AA/note.nk"],
        ["MISSING_SEED", keyFile(account.publicKey)],
        ["MISSING_SEED", keyFile(user.publicKey)],
        ["ORPHAN_KEY", keyFile(nobody.publicKey)],
        ["ORPHAN_KEY", `keys/N/AA/${misfiled.publicKey}.nk`],
        ["WRONG_PLACE", `keys/N/AA/${misfiled.publicKey}.nk`],
      ].sort(),
    );
  });

  test("creds of nobody, old ones, and what is none", async () => {
    const { found, write, at, user, account } = await tree();
    cpSync(at(CREDS), at("creds/O/A/v.creds"));
    cpSync(at("creds/O"), at("creds/Q"), { recursive: true });
    write(USER, await tokenOf(["O", "A", "u"], user, account, 1_700_000_001));
    write("creds/O/A/w.creds", seedOf(user));
    chmodSync(at("creds/O/A/v.creds"), 0o600);
    expect(await found()).toEqual([
      ["STALE_CREDS", CREDS],
      ["ORPHAN_CREDS", "creds/O/A/v.creds"],
      ["BAD_CREDS", "creds/O/A/w.creds"],
      ["ORPHAN_CREDS", "creds/Q/A/u.creds"],
      ["ORPHAN_CREDS", "creds/Q/A/v.creds"],
    ]);
  });

  test("the layout of old versions, beside what is not nsc's", async () => {
    const home = testFolder();
    const store = nscDirectory({ storesDir: join(home, "s"), keystoreDir: join(home, "k"), configDir: home, env: {} });
    await store.commit((await smallTree()).commit);
    const put = (path: string) => {
      mkdirSync(join(home, "k", path, ".."), { recursive: true });
      writeFileSync(join(home, "k", path), "");
    };
    for (const path of ["A/AB/x.nk", "O/accounts/A/users/u.creds", "top.nk", "notes/a/b.txt", "notes/c", "README"])
      put(path);
    const found = await findingsOf(store.inspect());
    expect(found.map(({ code, path }) => [code, path.slice(home.length + 3)])).toEqual([
      ["OLD_LAYOUT", "A/AB/x.nk"],
      ["OLD_LAYOUT", "O/accounts/A/users/u.creds"],
      ["FOREIGN_FILE", "README"],
      ["FOREIGN_FILE", "notes"],
      ["OLD_LAYOUT", "top.nk"],
    ]);
  });
});

describe("files and folders", () => {
  test("what is not nsc's, temporary, unfinished, or damaged beside the tokens", async () => {
    const { found, write, at } = await tree();
    write("README", "");
    write("O/.nscjs-0123456789abcdef-0", "");
    write("O/accounts/x", "");
    write("O/accounts/A/notes.txt", "");
    write("O/accounts/A/users/.DS_Store", "");
    write("O/.nscjs.json", "[");
    write(".nscjs-commit", "{");
    write("nsc.json", "{");
    mkdirSync(at("foreign"));
    const before = contentsOf(at(""));
    expect((await found()).sort()).toEqual([
      ["BAD_CONTEXT", "nsc.json"],
      ["BAD_META", "O/.nscjs.json"],
      ["FOREIGN_FILE", "O/accounts/A/notes.txt"],
      ["FOREIGN_FILE", "O/accounts/A/users/.DS_Store"],
      ["FOREIGN_FILE", "O/accounts/x"],
      ["FOREIGN_FILE", "README"],
      ["FOREIGN_FILE", "foreign"],
      ["TEMPORARY_FILE", "O/.nscjs-0123456789abcdef-0"],
      ["UNFINISHED_COMMIT", ".nscjs-commit"],
    ]);
    expect(contentsOf(at(""))).toEqual(before);
    rmSync(at(".nscjs-commit"));
    write(".nscjs-0123456789abcdef", "");
    expect((await found()).filter(([, path]) => path === ".nscjs-0123456789abcdef")).toEqual([
      ["TEMPORARY_FILE", ".nscjs-0123456789abcdef"],
    ]);
  });

  test("a descriptor that is none, and one of a folder that was renamed", async () => {
    const { found, write, at } = await tree();
    write("O/.nsc", "{");
    expect(await found()).toEqual([["BAD_DESCRIPTOR", "O/.nsc"]]);
    write("O/.nsc", '{"managed":false,"name":"O","kind":"operator","version":"1"}');
    renameSync(at("O"), at("P"));
    expect(await found()).toEqual([["WRONG_PLACE", "P"]]);
  });

  test("names that differ only in case, and those that not every system keeps", async () => {
    const { found, write, account } = await tree();
    for (const name of ["U", "nul", "a."]) {
      try {
        write(`O/accounts/A/users/${name}.jwt`, await tokenOf(["O", "A", name], pairOf("user", name), account));
      } catch {
        return;
      }
    }
    const names = (await found()).filter(([code]) => code?.startsWith("NAME"));
    expect(names).toEqual([
      ["NAME", "O/accounts/A/users/a..jwt"],
      ["NAME", "O/accounts/A/users/nul.jwt"],
      ["NAME_TWIN", USER],
    ]);
  });
});

describeOnPosix("modes and links", () => {
  test("what others may read, but for the roots themselves", async () => {
    const { found, at, user, keyFile } = await tree();
    chmodSync(at(""), 0o755);
    for (const path of [USER, "O/.nsc", "O/O.jwt", CREDS, keyFile(user.publicKey)]) chmodSync(at(path), 0o644);
    for (const path of ["O", "O/accounts/A/users", "keys", "creds/O"]) chmodSync(at(path), 0o755);
    const wrong = await found();
    expect(new Set(wrong.map(([code]) => code))).toEqual(new Set(["WRONG_MODE"]));
    expect(wrong.map(([, path]) => path).sort()).toEqual(
      ["O", "O/.nsc", "O/O.jwt", "O/accounts/A/users", USER, "creds/O", CREDS, "keys", keyFile(user.publicKey)].sort(),
    );
  });

  test("links, also to where there is nothing, and what is no file", async () => {
    const { found, at, user, keyFile } = await tree();
    const outside = testFolder();
    symlinkSync(outside, at("linked"));
    for (const path of [USER, keyFile(user.publicKey), CREDS]) {
      rmSync(at(path));
      symlinkSync(join(outside, "nowhere"), at(path));
    }
    mkdirSync(at("O/accounts/A/users/folder.jwt"));
    const codes = await found();
    expect(codes.filter(([code]) => code === "LINK").map(([, path]) => path)).toEqual([
      USER,
      "linked",
      CREDS,
      keyFile(user.publicKey),
    ]);
    expect(codes).toContainEqual(["FOREIGN_FILE", "O/accounts/A/users/folder.jwt"]);
  });

  test("a link to nsc.json is followed, as for the context; none to an account is", async () => {
    const { found, at, store, write } = await tree();
    const outside = testFolder();
    write("nsc.json", "x");
    renameSync(at("nsc.json"), join(outside, "dotfile"));
    symlinkSync(join(outside, "dotfile"), at("nsc.json"));
    expect(await found()).toEqual([["BAD_CONTEXT", "nsc.json"]]);
    writeFileSync(join(outside, "dotfile"), "{}");
    expect(await found()).toEqual([]);
    expect(await store.context()).toEqual({ operator: "O", account: "A" });

    renameSync(at("O/accounts/A"), join(outside, "A"));
    symlinkSync(join(outside, "A"), at("O/accounts/A"));
    const codes = await found();
    expect(codes[0]).toEqual(["LINK", "O/accounts/A"]);
    // The store has no such user either.
    expect(codes).toContainEqual(["ORPHAN_CREDS", CREDS]);
  });

  test("what can't be read inside is found, and the root alone is an error", async () => {
    const { folder, at } = await tree();
    const { chownSync } = await import("node:fs");
    for (const path of Object.keys(contentsOf(folder)))
      if (process.getuid?.() === 0) chownSync(at(path), NOBODY, NOBODY);
    if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
    chmodSync(at("O/accounts/A/users"), 0);
    chmodSync(at("creds/O"), 0);
    const inspected = await asNobody(() => findingsOf(nscDirectory({ allDirs: folder, env: {} }).inspect()));
    expect(inspected.filter(({ code }) => code === "UNREADABLE").map(({ path }) => path)).toEqual([
      at("O/accounts/A/users"),
      at("creds/O"),
    ]);
    chmodSync(folder, 0);
    const refused = asNobody(() => findingsOf(nscDirectory({ allDirs: folder, env: {} }).inspect()));
    await expect(refused).toThrowCode("ERR_STORE_IO");
    chmodSync(folder, 0o700);
    for (const path of ["O/accounts/A/users", "creds/O"]) chmodSync(at(path), 0o700);
  });
});

test("what is read while it is written is looked at again", async () => {
  const { found, write, tokens } = await tree();
  write(USER, tokens[2].token.slice(0, 100));
  setTimeout(() => write(USER, tokens[2].token), 5);
  expect(await found()).toEqual([]);
});

test("and as closely as the others", async () => {
  const { found, write, user } = await tree();
  const wrong = await tokenOf(["O", "A", "u"], user, pairOf("account", "other"));
  write(USER, wrong.slice(0, 100));
  setTimeout(() => write(USER, wrong), 5);
  expect(await found()).toEqual([
    ["WRONG_ISSUER", USER],
    ["STALE_CREDS", CREDS],
  ]);
});

test("no finding holds a secret, whatever is in the files and their names", async () => {
  const { write, store, user, tokens, keyFile } = await tree();
  const secret = seedOf(user);
  write(`keys/U/AA/${secret}.nk`, secret);
  write(`O/accounts/A/users/${secret}.jwt`, secret);
  const texts = [secret, `${tokens[2].token} ${secret}`, `{"name":"${secret}"}`, `{"managed":"${secret}"`];
  for (const text of texts) {
    for (const path of [
      USER,
      "O/.nsc",
      "O/.nscjs.json",
      "nsc.json",
      CREDS,
      keyFile(pairOf("user", "other").publicKey),
    ]) {
      write(path, text);
    }
    const found = JSON.stringify(await findingsOf(store.inspect()));
    expect(found).not.toContain(secret);
    expect(found).not.toContain(tokens[2].token.slice(0, 60));
  }
});

test("any files anywhere are looked at without an error, and stay", async () => {
  const { write, folder, store } = await tree();
  const texts = ["", "x", '{"name":"O"}', seedOf(pairOf("user", "u")), (await smallTree()).tokens[1].token];
  const segment = fc.constantFrom(
    "O",
    "accounts",
    "A",
    "users",
    "u.jwt",
    "keys",
    "U",
    "AB",
    "x.nk",
    "creds",
    ".nsc",
    "é",
    " ",
  );
  const files = fc.array(fc.tuple(fc.array(segment, { minLength: 1, maxLength: 6 }), fc.constantFrom(...texts)), {
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(files, async (all) => {
      for (const [path, text] of all) {
        try {
          write(path.join("/"), text);
        } catch {
          // A folder is a file, or the other way round.
        }
      }
      const before = contentsOf(folder);
      for await (const { code, path, message } of store.inspect()) {
        expect(code).toMatch(/^[A-Z_]+$/);
        expect(path.startsWith(folder)).toBe(true);
        expect(message).not.toBe("");
      }
      expect(contentsOf(folder)).toEqual(before);
    }),
    { numRuns: 40 },
  );
  expect(isPosix || process.platform === "win32").toBe(true);
});
