import { join } from "node:path";
import { type NscDirectoryOptions, nscDirectory } from "nsc.js/node";
import { storeContract } from "nsc.js/testing";
import { describe, test } from "vitest";
import { testFolder } from "./folders.ts";

/** Ten thousand files on a busy machine. */
const TIMEOUT_MS = 120_000;

describe.each<[string, (folder: string) => NscDirectoryOptions]>([
  ["one folder for all", (folder) => ({ allDirs: folder, env: {} })],
  [
    "a folder for each",
    (folder) => ({ storesDir: join(folder, "s"), keystoreDir: join(folder, "k/k"), configDir: folder, env: {} }),
  ],
  ["with reads that block", (folder) => ({ allDirs: folder, env: {}, blockingReads: true })],
])("nsc's folders as a store, %s", (_, optionsFor) => {
  const open = async () => {
    const options = optionsFor(testFolder());
    return { store: nscDirectory(options), other: nscDirectory(options) };
  };
  for (const { name, run } of storeContract(open)) test(name, { timeout: TIMEOUT_MS }, run);
});
