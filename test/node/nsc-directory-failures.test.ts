import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NscDirectory, nscDirectory } from "nsc.js/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeOnPosix } from "../support/posix.ts";
import { lacks } from "../support/skips.ts";
import { pairOf, type SmallTree, seedOf, smallTree, tokenOf } from "./entities.ts";
import { asNobody, contentsOf, NOBODY, testFolder } from "./folders.ts";

interface Fixture extends SmallTree {
  readonly folder: string;
  readonly store: NscDirectory;
  at(path: string): string;
}

async function tree(folder: string = testFolder()): Promise<Fixture> {
  const small = await smallTree();
  await nscDirectory({ allDirs: folder, env: {} }).commit(small.commit);
  return { ...small, folder, store: nscDirectory({ allDirs: folder, env: {} }), at: (path) => join(folder, path) };
}

function giveToNobody(folder: string): void {
  if (process.getuid?.() !== 0) return;
  chownSync(folder, NOBODY, NOBODY);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    chownSync(join(entry.parentPath, entry.name), NOBODY, NOBODY);
  }
}

/** A change of everything: a new account with a user and keys, changed tokens, deletions, something beside them. */
async function largeCommit({ operator, account, user }: SmallTree) {
  const [b, v] = [pairOf("account", "B"), pairOf("user", "v")];
  return {
    tokens: [
      { path: ["O"], token: await tokenOf(["O"], operator, operator, 1_700_000_001) },
      { path: ["O", "A"], token: await tokenOf(["O", "A"], account, operator, 1_700_000_001) },
      { path: ["O", "B"], token: await tokenOf(["O", "B"], b, operator) },
      { path: ["O", "B", "v"], token: await tokenOf(["O", "B", "v"], v, b) },
    ],
    keys: [seedOf(b), seedOf(v)],
    deletes: [{ path: ["O", "A", "u"] }],
    deletedKeys: [user.publicKey],
    meta: [{ operator: "O", name: "m", value: "1" }],
  } as const;
}

describeOnPosix("a commit that can't be made changes nothing", () => {
  test.each(["", "O", "O/accounts", "O/accounts/A", "O/accounts/A/users", "keys/A", "keys/U", "creds/O", "creds/O/A"])(
    "where the folder %j is read-only",
    async (path) => {
      const fixture = await tree();
      const { folder, store, at } = fixture;
      giveToNobody(folder);
      chmodSync(at(path), 0o500);
      onTestFinished(() => chmodSync(at(path), 0o700));
      const before = contentsOf(folder);
      const commit = await largeCommit(fixture);
      const failure = await asNobody(() => store.commit(commit).catch((error: unknown) => error));
      expect(failure).toMatchObject({ code: "ERR_STORE_IO", cause: { code: "EACCES" } });
      expect(contentsOf(folder)).toEqual(before);
      chmodSync(at(path), 0o700);
      await store.commit(commit);
      expect(await store.read(["O", "B", "v"])).toBe(commit.tokens[3].token);
    },
  );

  test.each([
    ["O/accounts/B", "ENOTDIR"],
    ["O/accounts/B/users", "ENOTDIR"],
    [`keys/A/${pairOf("account", "B").publicKey.slice(1, 3)}`, "ENOTDIR"],
    ["creds/O/B", "ENOTDIR"],
  ])("where the file %s is in the way of a folder", async (path, code) => {
    const fixture = await tree();
    const { folder, store, at } = fixture;
    mkdirSync(join(at(path), ".."), { recursive: true });
    writeFileSync(at(path), "mine");
    const before = contentsOf(folder);
    const failure = await store.commit(await largeCommit(fixture)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "ERR_STORE_IO", cause: { code } });
    expect(contentsOf(folder)).toEqual(before);
  });

  test("where the stores can't be made", async () => {
    const folder = testFolder();
    writeFileSync(join(folder, "file"), "");
    const { commit } = await smallTree();
    const store = nscDirectory({ storesDir: join(folder, "file/stores"), keystoreDir: folder, env: {} });
    await expect(store.commit(commit)).toThrowCode("ERR_STORE_IO");
    expect(await store.read(["O"])).toBeUndefined();
  });

  test("and who may only read does not read what is half there", async () => {
    const { folder, at, tokens } = await tree();
    const creds = { root: "keystore", path: "creds/O/A/u.creds" };
    const log = { version: 1, keystore: "", folders: [], writes: [], probes: [], deletes: [creds], emptied: [] };
    writeFileSync(at(".nscjs-commit"), JSON.stringify(log));
    giveToNobody(folder);
    chmodSync(folder, 0o500);
    onTestFinished(() => chmodSync(folder, 0o700));
    const store = nscDirectory({ allDirs: folder, env: {}, lockTimeout: "100ms" });
    const failure = await asNobody(() => store.read(["O"]).catch((error: unknown) => error));
    expect(failure).toMatchObject({ code: "ERR_STORE_IO", cause: { code: "EACCES" } });
    const patient = nscDirectory({ allDirs: folder, env: {} });
    const reading = asNobody(() => patient.read(["O"]));
    chmodSync(folder, 0o700);
    rmSync(at(".nscjs-commit"));
    expect(await reading).toBe(tokens[0].token);
  });

  test("where a file can't be read", async () => {
    const { folder, store, at } = await tree();
    giveToNobody(folder);
    chmodSync(at("O/accounts/A/A.jwt"), 0);
    await asNobody(async () => {
      await expect(store.read(["O", "A"])).toThrowCode("ERR_STORE_IO");
      expect(await store.find(pairOf("account", "A").publicKey)).toEqual([]);
      expect(await store.read(["O"])).toBeDefined();
    });
  });
});

describe("a full disk", () => {
  /** A file system of so many kilobytes, if this process may mount one. */
  function smallDisk(kilobytes: number): string | undefined {
    const folder = testFolder();
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k,mode=0700`, "none", folder], { stdio: "ignore" });
    } catch {
      return undefined;
    }
    onTestFinished(() => void execFileSync("umount", ["-l", folder]));
    return folder;
  }

  test("leaves everything as it was, at whichever file it is full", async ({ skip }) => {
    const folder = smallDisk(128);
    lacks(folder !== undefined, "root, who may mount");
    if (folder === undefined) return skip("mounting needs root");
    const fixture = await tree(folder);
    const { store, at } = fixture;
    const commit = await largeCommit(fixture);
    const before = contentsOf(folder);
    const filler = at("filler");
    let failures = 0;
    // From full to enough, a page at a time: each time another file is the first without space.
    for (let free = 0; ; free++) {
      rmSync(filler, { force: true });
      fill(filler, free);
      const full = { ...before, ...contentsOf(folder) };
      const failure = await store.commit(commit).catch((error: unknown) => error);
      if (failure === undefined) break;
      failures += 1;
      expect(failure).toMatchObject({ code: "ERR_STORE_IO", cause: { code: "ENOSPC" } });
      expect(contentsOf(folder)).toEqual(full);
    }
    expect(failures).toBeGreaterThan(3);
    expect(await store.read(["O", "B", "v"])).toBe(commit.tokens[3].token);
  });

  /** Fills the disk but for some pages. */
  function fill(file: string, free: number): void {
    let pages = 0;
    const page = Buffer.alloc(4096);
    try {
      for (; ; pages++) writeFileSync(file, page, { flag: "a" });
    } catch {
      writeFileSync(file, Buffer.alloc(0));
      for (let written = 0; written < pages - free; written++) writeFileSync(file, page, { flag: "a" });
    }
  }
});
