import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyPair, Store } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { expect, test } from "vitest";
import { pairOf, seedOf, tokenOf } from "./entities.ts";
import { testFolder } from "./folders.ts";

/** What would lose a key or a change that somebody else made. */

async function tree(folder: string): Promise<{ store: Store; account: KeyPair; user: KeyPair }> {
  const store = nscDirectory({ allDirs: folder, env: {} });
  const [operator, account, user] = [pairOf("operator", "O"), pairOf("account", "A"), pairOf("user", "u")];
  await store.commit({
    tokens: [
      { path: ["O"], token: await tokenOf(["O"], operator, operator) },
      { path: ["O", "A"], token: await tokenOf(["O", "A"], account, operator) },
      { path: ["O", "A", "u"], token: await tokenOf(["O", "A", "u"], user, account) },
    ],
    keys: [seedOf(user)],
  });
  return { store, account, user };
}

test("creds with the only copy of a seed are not replaced", async () => {
  const folder = testFolder();
  const { store, account, user } = await tree(folder);
  const file = join(folder, "creds/O/A/u.creds");
  const before = readFileSync(file, "utf8");
  await store.commit({ deletes: [{ path: ["O", "A", "u"], keepCreds: true }], deletedKeys: [user.publicKey] });
  const next = pairOf("user", "next");
  const commit = {
    tokens: [{ path: ["O", "A", "u"] as const, token: await tokenOf(["O", "A", "u"], next, account) }],
    keys: [seedOf(next)],
  };
  await expect(store.commit(commit)).toThrowCode("ERR_STORE_DAMAGED");
  expect(readFileSync(file, "utf8")).toBe(before);
  renameSync(file, join(folder, "kept.txt"));
  await store.commit(commit);
  expect(readFileSync(file, "utf8")).toContain(seedOf(next));
});

test("creds of an operator whose folder was renamed are not shared with a new one of its name", async () => {
  const folder = testFolder();
  const { store } = await tree(folder);
  renameSync(join(folder, "O"), join(folder, "P"));
  const other = pairOf("operator", "other");
  const tokens = [{ path: ["O"] as const, token: await tokenOf(["O"], other, other) }];
  await expect(store.commit({ tokens })).toThrowCode("ERR_STORE_NAME");
});

test("what nsc changes while a commit is made ready is a conflict", async () => {
  const folder = testFolder();
  const { store, account } = await tree(folder);
  const file = join(folder, "O/accounts/A/A.jwt");
  const operator = pairOf("operator", "O");
  const theirs = await tokenOf(["O", "A"], account, operator, 1_700_000_001);
  const ours = await tokenOf(["O", "A"], account, operator, 1_700_000_002);
  const users = await Promise.all(
    Array.from({ length: 300 }, async (_, index) => {
      const path = ["O", "A", `v${index}`] as const;
      return { path, token: await tokenOf(path, pairOf("user", `v${index}`), account) };
    }),
  );
  const current = (await store.read(["O", "A"])) as string;
  const making = store.commit({
    tokens: [...users, { path: ["O", "A"], token: ours }],
    expected: { tokens: [{ path: ["O", "A"], token: current }] },
  });
  // As soon as the first file is made beside its place, what was expected has been looked at.
  await expect.poll(() => isPreparing(folder), { interval: 1 }).toBe(true);
  writeFileSync(file, theirs);
  await expect(making).toThrowCode("ERR_STORE_CONFLICT");
  expect(readFileSync(file, "utf8")).toBe(theirs);
  expect(await store.read(["O", "A", "v0"])).toBeUndefined();
});

function isPreparing(folder: string): boolean {
  try {
    return readFileSync(join(folder, ".nscjs-prepare"), "utf8") !== "";
  } catch {
    return false;
  }
}

test("a folder that can't be removed is no reason to stop", async () => {
  const folder = testFolder();
  const { store } = await tree(folder);
  mkdirSync(join(folder, "O/accounts/A/users/notes"));
  await store.commit({ deletes: [{ path: ["O", "A", "u"] }, { path: ["O", "A"] }] });
  expect(await store.read(["O", "A"])).toBeUndefined();
  expect(await store.read(["O"])).toBeDefined();
});

test("a token that is cut off in its signature is no token", async () => {
  const folder = testFolder();
  const { store } = await tree(folder);
  const file = join(folder, "O/accounts/A/users/u.jwt");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.slice(0, -10));
  await expect(store.read(["O", "A", "u"])).toThrowCode("ERR_STORE_DAMAGED");
  // As nsc does, which is half way through writing.
  const reading = store.read(["O", "A", "u"]);
  writeFileSync(file, text);
  expect(await reading).toBe(text);
});
