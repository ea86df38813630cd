import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Nsc } from "nsc.js";
import { type NscDirectory, nscDirectory } from "nsc.js/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readLines } from "../jwt/tokens.ts";
import { type GoldenFile, KeyNames, normalizedTree } from "./parity/normalize.ts";
import { STORIES } from "./parity/stories.ts";

/** What nsc 2.14 left on disk after stories of its own commands. */
interface Golden {
  readonly name: string;
  readonly steps: readonly string[];
  readonly files: Record<string, GoldenFile>;
  readonly dirs: Record<string, string>;
}

const golden = new Map(readLines<Golden>("cli-core.jsonl").map((story) => [story.name, story]));

/** The context and written configurations are the command line's, not the store's. */
function isStored(path: string): boolean {
  return /^\.local(?:\/|$)/.test(path);
}

/** A tree like nsc's has nothing to be found, but for the keys that a story leaves behind or does not have. */
async function expectInOrder(story: string, store: NscDirectory): Promise<void> {
  const codes = new Set<string>();
  for await (const { code } of store.inspect()) codes.add(code);
  const expected = story.startsWith("rotation-")
    ? ["ORPHAN_KEY"]
    : story === "add-user-public-key"
      ? ["MISSING_SEED"]
      : [];
  expect([...codes]).toEqual(expected);
}

/** The context that nsc has at the end of a story is written as nsc writes it. */
async function expectContext(store: NscDirectory, { files }: Golden): Promise<void> {
  const golden = files[".config/nats/nsc/nsc.json"]?.json as Record<string, string>;
  const { operator, account } = golden;
  if (!operator) return;
  await store.setContext({ operator, ...(account && { account }) });
  const text = await readFile(join(store.configDir, "nsc.json"), "utf8");
  const written = { ...golden, store_root: store.storesDir, last_update: expect.any(Number) };
  expect(JSON.parse(text)).toEqual(written);
  expect(Object.keys(JSON.parse(text))).toEqual(["store_root", "operator", "account", "github_updates", "last_update"]);
  expect(await nscDirectory({ env: { HOME: home } }).context()).toEqual({ operator, account: account || undefined });
}

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "nsc-parity-"));
});
afterEach(() => rm(home, { recursive: true }));

test("every story of the corpus is played", () => {
  expect(STORIES.map(({ name }) => name).sort()).toEqual([...golden.keys()].sort());
});

describe("the library leaves the files that nsc leaves", () => {
  test.each(STORIES)("$name", async ({ name, play }) => {
    const expected = golden.get(name) as Golden;
    const start = new Date();
    const store = nscDirectory({ env: { HOME: home } });
    const nsc = new Nsc({ store, clock: () => start, signerPolicy: "identity-first" });
    const names = new KeyNames();
    const look = () => names.look(store.storesDir);
    await play(nsc, look);
    await look();
    const found = await normalizedTree(home, names, { start });
    const stored = <T>(map: Record<string, T>) =>
      Object.fromEntries(Object.entries(map).filter(([path]) => isStored(path)));
    expect(found.files).toEqual(stored(expected.files));
    expect(found.dirs).toEqual(stored(expected.dirs));
    await expectInOrder(name, store);
    await expectContext(store, expected);
  });
});
