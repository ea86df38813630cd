import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isNscError } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { FolderLock } from "../../src/node/folder-lock.ts";
import { bundle, start } from "./children.ts";
import { issueTime, smallTree } from "./entities.ts";
import { testFolder } from "./folders.ts";

const HANG_MS = 120_000;

describe("the lock", () => {
  test("lets one at a time in, in one process and in several", { timeout: HANG_MS }, async () => {
    const folder = testFolder();
    const [lock, file] = [join(folder, "lock"), join(folder, "count")];
    writeFileSync(file, "0");
    const script = await bundle("lock-holder", testFolder());
    const children = [1, 2, 3].map(() => start(script, lock, file, "60"));
    const own = Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 15; i++) {
        const release = await new FolderLock(lock, HANG_MS).acquire();
        const count = Number(readFileSync(file, "utf8"));
        await new Promise((resolve) => setImmediate(resolve));
        writeFileSync(file, String(count + 1));
        await release();
      }
    });
    await Promise.all(own);
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    expect(readFileSync(file, "utf8")).toBe("240");
    expect(existsSync(lock)).toBe(false);
  });

  test("of a process that was killed stops nobody", { timeout: HANG_MS }, async () => {
    const folder = testFolder();
    const lock = join(folder, ".nscjs-lock");
    const holder = start(await bundle("lock-holder", testFolder()), lock);
    await holder.nextLine();
    await holder.kill();
    expect(readdirSync(lock)).toHaveLength(1);
    const { commit } = await smallTree();
    await nscDirectory({ allDirs: folder, env: {} }).commit(commit);
    expect(existsSync(lock)).toBe(false);
  });

  test("of a process that lives, or only sleeps, is respected", { timeout: HANG_MS }, async () => {
    const folder = testFolder();
    const lock = join(folder, ".nscjs-lock");
    const holder = start(await bundle("lock-holder", testFolder()), lock);
    await holder.nextLine();
    const { commit } = await smallTree();
    const store = nscDirectory({ allDirs: folder, env: {}, lockTimeout: "100ms" });
    for (const signal of ["SIGCONT", "SIGSTOP"] as const) {
      await holder.kill(signal);
      const failure = await store.commit(commit).catch((error: unknown) => error);
      expect(isNscError(failure, "ERR_STORE_LOCKED")).toBe(true);
      const [file] = readdirSync(lock) as [string];
      expect((failure as Error).message).toContain(`process ${holder.pid} on `);
      expect((failure as Error).message).toContain(join(lock, file));
      expect(readdirSync(lock)).toEqual([file]);
    }
    // Nobody waits who only reads.
    expect(await store.read(["O"])).toBeUndefined();
    await holder.kill();
    await store.commit(commit);
  });

  test.each([
    // Of other machines, other runs of this one without its identity, and other containers nothing is known.
    ["another machine", "5-1.1.aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb.1.elsewhere.0123456789abcdef"],
    ["a process that is choosing", "choosing-1.1.aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb.1.elsewhere.0123456789abcdef"],
    ["another version of this library", "1-something else"],
  ])("of %s is waited for, and never taken away", async (_, name) => {
    const lock = join(testFolder(), "lock");
    mkdirSync(lock);
    writeFileSync(join(lock, name), "");
    await expect(new FolderLock(lock, 50).acquire()).toThrowCode("ERR_STORE_LOCKED");
    expect(readdirSync(lock)).toEqual([name]);
  });

  test("stands beside files of others", async () => {
    const lock = join(testFolder(), "lock");
    mkdirSync(lock);
    writeFileSync(join(lock, ".DS_Store"), "");
    const release = await new FolderLock(lock, 50).acquire();
    await release();
    expect(readdirSync(lock)).toEqual([".DS_Store"]);
  });

  test("of a process whose number another one has now is free", async () => {
    const folder = testFolder();
    const lock = join(folder, "lock");
    const release = await new FolderLock(lock, 50).acquire();
    const [own] = readdirSync(lock) as [string];
    await release();
    const [ticket, start, ...rest] = own.split(".") as [string, string, ...string[]];
    // Only Linux says when a process started.
    if (start === "0") return;
    mkdirSync(lock);
    writeFileSync(join(lock, [ticket, String(Number(start) - 1), ...rest].join(".")), "");
    await (await new FolderLock(lock, 5000).acquire())();
    expect(existsSync(lock)).toBe(false);
  });
});

test("processes that commit on what they have read lose nothing", { timeout: HANG_MS }, async () => {
  const folder = testFolder();
  const { commit, tokens } = await smallTree();
  const store = nscDirectory({ allDirs: folder, env: {} });
  await store.commit(commit);
  const script = await bundle("counter", testFolder());
  const children = [1, 2].map(() => start(script, folder, "50"));
  expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0]);
  const token = (await store.read(["O", "A"])) as string;
  expect(issueTime(token) - issueTime(tokens[1].token)).toBe(100);
  expect(readdirSync(folder).filter((name) => name.startsWith(".nscjs"))).toEqual([]);
});
