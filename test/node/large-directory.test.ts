import fs from "node:fs";
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { Nsc } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { expect, onTestFinished, test } from "vitest";
import { testFolder } from "./folders.ts";
import { largeTreeUser, writeLargeTree } from "./large-tree.ts";

const isLong = process.env["NSC_FUZZ_RUNS"] !== undefined;
const [ACCOUNTS, USERS] = isLong ? [1000, 100] : [100, 100];

/** Counts the files and folders below a folder that are opened or listed; what is done with them is what is always done. */
function countOpened(folder: string): { readonly paths: Set<string> } {
  const paths = new Set<string>();
  const note = (path: unknown): void => {
    if (String(path).startsWith(folder)) paths.add(String(path));
  };
  const originals = { open: fsPromises.open, readdir: fsPromises.readdir, readFileSync: fs.readFileSync };
  const counting = <F extends (...args: never[]) => unknown>(original: F): F =>
    ((...args: Parameters<F>) => {
      note(args[0]);
      return original(...args);
    }) as F;
  fsPromises.open = counting(originals.open);
  fsPromises.readdir = counting(originals.readdir as never) as never;
  fs.readFileSync = counting(originals.readFileSync as never) as never;
  syncBuiltinESMExports();
  onTestFinished(() => {
    Object.assign(fsPromises, { open: originals.open, readdir: originals.readdir });
    Object.assign(fs, { readFileSync: originals.readFileSync });
    syncBuiltinESMExports();
  });
  return { paths };
}

test(`${ACCOUNTS} accounts of ${USERS} users are read as far as they are asked for`, { timeout: 600_000 }, async () => {
  const allDirs = testFolder();
  await writeLargeTree(allDirs, ACCOUNTS, USERS);
  const opened = countOpened(allDirs);
  const store = nscDirectory({ allDirs, env: {} });
  const nsc = new Nsc({ store });

  const account = await (await nsc.operator("O")).account(`a${ACCOUNTS - 1}`);
  const user = await account.user("u7");
  expect(user.publicKey).toBe(largeTreeUser(ACCOUNTS - 1, 7));
  // The descriptor and the three tokens; no folder is listed.
  expect(opened.paths.size).toBe(4);

  // A list that is left early reads no token of the others.
  opened.paths.clear();
  for await (const name of store.list(["O", "a5"])) {
    expect(name).toBe("u0");
    break;
  }
  expect(opened.paths.size).toBeLessThanOrEqual(2);

  // The first look-up by key reads every token once, and the next ones that of what they find.
  opened.paths.clear();
  expect(await store.find(largeTreeUser(3, 4))).toEqual([["O", "a3", "u4"]]);
  expect(opened.paths.size).toBeGreaterThan(ACCOUNTS * USERS);
  opened.paths.clear();
  for (const index of [1, 2, 3]) expect(await store.find(largeTreeUser(index, 9))).toEqual([["O", `a${index}`, "u9"]]);
  // After a second it looks what has changed, by the times of files, and reads the descriptor.
  expect(opened.paths.size).toBeLessThanOrEqual(4);

  // What is found is told as it is found.
  let seen = 0;
  for await (const { code, publicKey } of store.inspect()) {
    expect([code, publicKey]).toEqual(["MISSING_SEED", largeTreeUser(0, seen === 0 ? 0 : 1)]);
    seen += 1;
    if (seen === 2) break;
  }

  // All of it: nobody has the seeds of the users, and there is nothing else. Memory is for keys, and not for findings.
  const codes = new Map<string, number>();
  let most = 0;
  const before = process.memoryUsage().heapUsed;
  for await (const { code } of store.inspect()) {
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if ((codes.get(code) as number) % 5000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before);
  }
  expect([...codes]).toEqual([["MISSING_SEED", ACCOUNTS * USERS]]);
  expect(most).toBeLessThan(400 * 2 ** 20);
});
