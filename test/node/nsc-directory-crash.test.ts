import { createHash } from "node:crypto";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { bundle, type Child, start } from "./children.ts";
import { issueTime, listOf } from "./entities.ts";
import { testFolder } from "./folders.ts";
import { filesOf, stepOf } from "./steps.ts";

/** More of them in a long run. */
const KILLS = process.env["NSC_FUZZ_RUNS"] === undefined ? 100 : 400;

function filesIn(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

/** What is not a commit's that is under way. */
function withoutTemporary(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !/(?:^|\/)\.nscjs-/.test(path)));
}

async function stateOf(folder: string): Promise<number> {
  const token = await nscDirectory({ allDirs: folder, env: {} }).read(["O", "A"]);
  return token === undefined ? 0 : issueTime(token);
}

describe("a process that is killed while it commits", () => {
  test(`leaves one state or the next, ${KILLS} times`, { timeout: 3 * KILLS * 1000 }, async () => {
    const script = await bundle("commit-loop", testFolder());
    const folder = testFolder({ onDisk: true });
    const waiting: Child[] = [start(script), start(script)];
    const seen = { notes: 0, logs: 0 };
    for (let kill = 0; kill < KILLS; kill++) {
      const child = waiting.shift() as Child;
      waiting.push(start(script));
      const before = await stateOf(folder);
      child.process.stdin?.write(`${folder}\n`);
      // Starting is over with the first commit, and a commit takes up to fifty milliseconds.
      if (kill % 4 !== 0) await child.nextLine();
      await setTimeout(Math.random() * 50);
      await child.kill();
      const left = Object.keys(filesIn(folder));
      if (left.includes(".nscjs-prepare")) seen.notes += 1;
      if (left.includes(".nscjs-commit")) seen.logs += 1;

      const acknowledged = Math.max(before, ...child.lines.map(Number));
      const state = await stateOf(folder);
      expect([acknowledged, acknowledged + 1]).toContain(state);
      expect(withoutTemporary(filesIn(folder))).toEqual(await filesOf(state));
      await nscDirectory({ allDirs: folder, env: {} }).commit(await stepOf(state + 1));
      expect(filesIn(folder)).toEqual(await filesOf(state + 1));
    }
    // Else nothing was shown.
    expect(seen.notes).toBeGreaterThan(0);
    expect(seen.logs).toBeGreaterThan(0);
  });
});

describe("a note that was left", () => {
  const place = (path: string) => ({ root: "stores", path });
  const id = "0123456789abcdef";
  const empty = { version: 1, id, keystore: "", folders: [], writes: [], probes: [], deletes: [], emptied: [] };
  const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");
  const digest = digestOf("half");

  test.each([
    ["no JSON", "{"],
    ["no note", "{}"],
    ["a note of another version", JSON.stringify({ ...empty, version: 2 })],
    ["one that removes what is not nsc's", JSON.stringify({ ...empty, deletes: [place("O/notes.txt")] })],
    ["one that leaves the folder", JSON.stringify({ ...empty, deletes: [place("../O/x.jwt")] })],
    [
      "one that replaces what is not nsc's",
      JSON.stringify({ ...empty, writes: [{ ...place("a"), temporary: "b", digest }] }),
    ],
    [
      "one that takes something else for its own",
      JSON.stringify({ ...empty, writes: [{ ...place("O/O.jwt"), temporary: "O/notes.txt", digest }] }),
    ],
    ["one that empties what is above", JSON.stringify({ ...empty, emptied: [place("..")] })],
  ])("is reported if it is %s, and not acted on", async (_, text) => {
    const folder = testFolder();
    const store = nscDirectory({ allDirs: folder, env: {} });
    await store.commit(await stepOf(1));
    writeFileSync(join(folder, "O/notes.txt"), "mine");
    writeFileSync(join(folder, ".nscjs-commit"), text);
    const before = filesIn(folder);
    await expect(store.read(["O"])).toThrowCode("ERR_STORE_DAMAGED");
    await expect(store.commit(await stepOf(2))).toThrowCode("ERR_STORE_DAMAGED");
    await expect(listOf(store.list([]))).toThrowCode("ERR_STORE_DAMAGED");
    expect(filesIn(folder)).toEqual(before);
  });

  test("is finished by who has the same keystore, not by another", async () => {
    const folder = testFolder();
    const dirs = { storesDir: join(folder, "s"), env: {} };
    const [mine, other] = ["k", "other"].map((name) => nscDirectory({ ...dirs, keystoreDir: join(folder, name) }));
    await mine?.commit(await stepOf(1));
    const [, , , user] = (await stepOf(4)).deletes ?? [];
    expect(user).toBeUndefined();
    const creds = { root: "keystore", path: "creds/O/A/u1.creds" };
    writeFileSync(join(folder, "s/.nscjs-commit"), JSON.stringify({ ...empty, keystore: "../k", deletes: [creds] }));
    await expect(other?.read(["O"])).toThrowCode("ERR_STORE_DAMAGED");
    // Whoever made the note has made its mark in the keystore; a folder from anywhere can't have it there.
    await expect(mine?.read(["O"])).toThrowCode("ERR_STORE_DAMAGED");
    writeFileSync(join(folder, "k", `.nscjs-${id}`), "");
    await expect(other?.read(["O"])).toThrowCode("ERR_STORE_DAMAGED");
    expect(filesIn(folder)["k/creds/O/A/u1.creds"]).toBeDefined();
    await mine?.read(["O"]);
    expect(filesIn(folder)["k/creds/O/A/u1.creds"]).toBeUndefined();
    expect(await other?.read(["O"])).toBeDefined();
    expect(Object.keys(filesIn(folder)).filter((name) => name.includes(".nscjs-"))).toEqual([]);
  });

  test("is not finished through a link that leads out of the folder", async () => {
    const [folder, outside] = [testFolder(), testFolder()];
    await nscDirectory({ allDirs: outside, env: {} }).commit(await stepOf(1));
    const store = nscDirectory({ allDirs: folder, env: {} });
    await store.commit(await stepOf(1));
    symlinkSync(join(outside, "O"), join(folder, "X"));
    const note = { ...empty, deletes: [place("X/accounts/A/A.jwt")] };
    writeFileSync(join(folder, ".nscjs-commit"), JSON.stringify(note));
    const before = filesIn(outside);
    await expect(store.read(["O"])).toThrowCode("ERR_STORE_DAMAGED");
    expect(filesIn(outside)).toEqual(before);
  });

  test("is not taken for done as long as a file that it wrote is missing", async () => {
    const folder = testFolder();
    const store = nscDirectory({ allDirs: folder, env: {} });
    await store.commit(await stepOf(1));
    const token = (await store.read(["O"])) as string;
    const temporary = `O/.nscjs-${id}-0`;
    const writes = [{ ...place("O/O.jwt"), temporary, digest: digestOf(`${token}x`) }];
    const deletes = [place("O/accounts/A/users/u1.jwt")];
    writeFileSync(join(folder, ".nscjs-commit"), JSON.stringify({ ...empty, writes, deletes }));
    const before = filesIn(folder);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(store.read(["O"])).toThrowCode("ERR_STORE_DAMAGED");
      expect(filesIn(folder)).toEqual(before);
    }
    // Once it is there again, everything is done.
    writeFileSync(join(folder, temporary), `${token}x`);
    expect(await store.read(["O", "A", "u1"])).toBeUndefined();
    expect(Object.keys(filesIn(folder)).filter((name) => name.includes(".nscjs-"))).toEqual([]);
  });

  test("of what was not decided is undone, also when it is cut off itself", async () => {
    const folder = testFolder();
    const store = nscDirectory({ allDirs: folder, env: {} });
    await store.commit(await stepOf(1));
    writeFileSync(join(folder, ".nscjs-prepare"), '{"version":1,"wri');
    await store.commit(await stepOf(2));
    const temporary = "O/.nscjs-0123456789abcdef-0";
    writeFileSync(join(folder, temporary), "half");
    const write = { ...place("O/O.jwt"), temporary, digest };
    writeFileSync(join(folder, ".nscjs-prepare"), JSON.stringify({ ...empty, writes: [write] }));
    await store.commit(await stepOf(3));
    expect(filesIn(folder)).toEqual(await filesOf(3));
  });
});
