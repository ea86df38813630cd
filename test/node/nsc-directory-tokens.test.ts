import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { StoredToken, StorePrefix } from "nsc.js";
import { type NscDirectory, nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { describeOnPosix } from "../support/posix.ts";
import { listOf, pairOf, smallTree, tokenOf } from "./entities.ts";
import { testFolder } from "./folders.ts";
import { writeLargeTree } from "./large-tree.ts";

const MODES = [{ blockingReads: false }, { blockingReads: true }] as const;
const PREFIXES: readonly StorePrefix[] = [[], ["O"], ["O", "A"], ["O", "B"], ["P"], ["O", "gone"], ["gone"], ["../O"]];
const USER = ["O", "A", "u"] as const;
const USER_FILE = "O/accounts/A/users/u.jwt";

/** Two users of an account, and an account without any. */
async function tree({ blockingReads }: { readonly blockingReads: boolean }) {
  const folder = testFolder();
  const small = await smallTree();
  const [pair, other] = [pairOf("user", "w"), pairOf("account", "B")];
  const tokens = [
    ...small.tokens,
    { path: ["O", "A", "w"], token: await tokenOf(["O", "A", "w"], pair, small.account) },
    { path: ["O", "B"], token: await tokenOf(["O", "B"], other, small.operator) },
  ] as const;
  await nscDirectory({ allDirs: folder, env: {} }).commit({ ...small.commit, tokens });
  const store = nscDirectory({ allDirs: folder, env: {}, blockingReads });
  return { ...small, store, at: (path: string) => join(folder, path) };
}

/** What `tokens` stands for. */
async function oneByOne(store: NscDirectory, prefix: StorePrefix): Promise<StoredToken[]> {
  const found: StoredToken[] = [];
  for (const name of await listOf(store.list(prefix))) {
    const path = [...prefix, name] as unknown as StoredToken["path"];
    const token = await store.read(path);
    if (token !== undefined) found.push({ path, token });
  }
  return found;
}

/** All that comes before the error. */
async function untilError(tokens: AsyncIterable<StoredToken>): Promise<{ names: string[]; error: unknown }> {
  const names: string[] = [];
  try {
    for await (const { path } of tokens) names.push(path.join("/"));
  } catch (error) {
    return { names, error };
  }
  return { names, error: undefined };
}

describe.each(MODES)("the tokens below a prefix, with %o", (mode) => {
  test("are what listing and reading one by one gives", async () => {
    const { store, at } = await tree(mode);
    mkdirSync(at("O/accounts/stray/users"), { recursive: true });
    writeFileSync(at("O/accounts/A/users/README"), "x");
    mkdirSync(at("O/accounts/A/users/folder.jwt"));
    rmSync(at("O/accounts/A/users/folder.jwt"), { recursive: true });
    for (const prefix of PREFIXES) expect(await listOf(store.tokens(prefix))).toEqual(await oneByOne(store, prefix));
    expect((await listOf(store.tokens(["O", "A"]))).map(({ path }) => path)).toEqual([USER, ["O", "A", "w"]]);
  });

  test("are read with line ends in them", async () => {
    const { store, at, tokens } = await tree(mode);
    const { token } = tokens[2];
    writeFileSync(at(USER_FILE), `${token.slice(0, 50)}\r\n${token.slice(50)}\n`);
    expect((await listOf(store.tokens(["O", "A"])))[0]).toEqual({ path: USER, token });
  });

  const SIGNED = "A".repeat(86);

  test.each(["", "x", "a.b.c", `AAAA.BBBB.${SIGNED}`, `x.eyJ4IjoxfQ.${SIGNED}`])(
    "come all but a damaged one, which is said in the end: %j",
    async (text) => {
      const { store, at } = await tree(mode);
      writeFileSync(at(USER_FILE), text);
      const { names, error } = await untilError(store.tokens(["O", "A"]));
      expect(names).toEqual(["O/A/w"]);
      expect(error).toMatchObject({ code: "ERR_STORE_DAMAGED", message: expect.stringContaining(at(USER_FILE)) });
    },
  );

  test("come all but several damaged ones, which are said together", async () => {
    const { store, at } = await tree(mode);
    for (const name of ["A", "B"]) writeFileSync(at(`O/accounts/${name}/${name}.jwt`), "x");
    const { names, error } = await untilError(store.tokens(["O"]));
    expect(names).toEqual([]);
    for (const name of ["A/A.jwt", "B/B.jwt"]) expect((error as Error).message).toContain(at(`O/accounts/${name}`));
  });

  test("are none where there is nothing", async () => {
    const store = nscDirectory({ allDirs: join(testFolder(), "none"), env: {}, ...mode });
    expect(await listOf(store.tokens([]))).toEqual([]);
    expect(await listOf(store.tokens(["O"]))).toEqual([]);
    await expect(listOf(store.tokens(["O", "A", "u"] as never))).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describeOnPosix.each(MODES)("what is no plain file, with %o", (mode) => {
  test.each(["O", "O/accounts", "O/accounts/A", "O/accounts/A/users", USER_FILE])("%s is a link", async (path) => {
    const { store, at } = await tree(mode);
    const outside = join(testFolder(), "x");
    cpSync(at(path), outside, { recursive: true });
    rmSync(at(path), { recursive: true });
    symlinkSync(outside, at(path));
    await expect(store.read(USER)).toThrowCode("ERR_STORE_DAMAGED");
    for (const prefix of [[], ["O"], ["O", "A"]] as const) {
      const { names } = await untilError(store.tokens(prefix));
      expect(names).not.toContain("O/A/u");
    }
  });

  test("keeps nobody waiting", async () => {
    const { store, at } = await tree(mode);
    rmSync(at(USER_FILE));
    execFileSync("mkfifo", [at(USER_FILE)]);
    const { names } = await untilError(store.tokens(["O", "A"]));
    expect(names).toEqual(["O/A/w"]);
    await expect(store.read(USER)).toThrowCode("ERR_STORE_DAMAGED");
  });

  test("nor does what is too large", async () => {
    const { store, at } = await tree(mode);
    truncateSync(at(USER_FILE), 5 * 1024 * 1024);
    expect((await untilError(store.tokens(["O", "A"]))).names).toEqual(["O/A/w"]);
    await expect(store.read(USER)).rejects.toThrow("too large");
  });
});

test("many tokens let others work meanwhile, unless they are asked not to", async () => {
  const allDirs = testFolder();
  await writeLargeTree(allDirs, 1, 1000);
  const turnsDuring = async (blockingReads: boolean): Promise<number> => {
    const counted = { turns: 0, isOver: false };
    const counting = (async () => {
      for (; !counted.isOver; counted.turns++) await setImmediate();
    })();
    const tokens = await listOf(nscDirectory({ allDirs, env: {}, blockingReads }).tokens(["O", "a0"]));
    counted.isOver = true;
    expect(tokens).toHaveLength(1000);
    await counting;
    return counted.turns;
  };
  expect(await turnsDuring(false)).toBeGreaterThan(5);
  expect(await turnsDuring(true)).toBeLessThan(5);
});

test("blockingReads is a boolean", () => {
  expect(() => nscDirectory({ blockingReads: "yes" as never, env: {} })).toThrowCode("ERR_ARGUMENT_INVALID");
});
