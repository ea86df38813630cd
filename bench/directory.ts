import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, Nsc } from "nsc.js";
import { exportKeys, exportTree, importTree, nscDirectory, rebuildTree } from "nsc.js/node";
import { largeTreeUser, writeLargeTree } from "../test/node/large-tree.ts";

const ACCOUNTS = 1000;
const USERS = 100;

/** What is done once: what it took, in milliseconds. */
async function once<T>(name: string, act: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const value = await act();
  console.log(`  ${name.padEnd(60)}${(performance.now() - begin).toFixed(1).padStart(9)} ms`);
  return value;
}

/** What nsc's folders cost with very many users in them, and what is done with whole trees. */
export async function benchDirectory(): Promise<void> {
  const title = `${ACCOUNTS.toLocaleString("en")} accounts and ${(ACCOUNTS * USERS).toLocaleString("en")} users`;
  console.log(`\nnsc's folders with ${title}`);
  const folder = await mkdtemp(join(tmpdir(), "nsc-bench-"));
  try {
    const allDirs = join(folder, "all");
    await once("writing them as files", () => writeLargeTree(allDirs, ACCOUNTS, USERS));
    const open = () => nscDirectory({ allDirs, env: {} });
    await once("opening, and reading one user by name", async () => {
      const operator = await new Nsc({ store: open() }).operator("O");
      return await (await operator.account("a500")).user("u50");
    });
    const store = open();
    await once("finding a user by its public key, the first time", () => store.find(largeTreeUser(500, 50)));
    await once("finding another one", () => store.find(largeTreeUser(500, 51)));
    const heap = process.memoryUsage().heapUsed;
    const findings = await once("inspecting everything, signatures included", async () => {
      let count = 0;
      for await (const _ of store.inspect()) count += 1;
      return count;
    });
    const grown = (process.memoryUsage().heapUsed - heap) / 2 ** 20;
    console.log(`  ${findings.toLocaleString("en")} findings, and the heap is ${grown.toFixed(0)} MiB larger`);
    await benchTrees(join(folder, "small"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function benchTrees(folder: string): Promise<void> {
  console.log("\na whole tree, of 100 accounts and 10,000 users");
  const allDirs = join(folder, "all");
  await writeLargeTree(allDirs, 100, 100);
  const store = nscDirectory({ allDirs, env: {} });
  const file = await once("exportTree, for a passphrase", () =>
    exportTree(store, { passphrase: "four words or more" }),
  );
  console.log(`  ${(file.length / 1e6).toFixed(1)} MB`);
  await once("importTree, into memory", () => importTree(memoryStore(), file, { passphrase: "four words or more" }));
  const keys = join(folder, "keys");
  await once("exportKeys, with tokens", () => exportKeys(store, keys, { tokens: true }));
  await once("rebuildTree from these, into memory", () => rebuildTree(memoryStore(), { folders: [keys] }));
}
