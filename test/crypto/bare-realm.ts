import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import type * as Engine from "../../src/crypto/engine.ts";
import type * as Native from "../../src/crypto/native-engine.ts";
import type * as Portable from "../../src/crypto/portable-engine.ts";
import type * as KeyPairs from "../../src/nkeys/key-pair.ts";

/** What the rooms `crypto` and `nkeys` export, loaded anew. */
export type Rooms = typeof Engine & typeof Native & typeof Portable & typeof KeyPairs;

const ENTRY = ["crypto/engine", "crypto/native-engine", "crypto/portable-engine", "nkeys/key-pair"]
  .map((path) => `export * from "./${path}.ts";`)
  .join("\n");

/**
 * Bundles the rooms as for a browser and gives a function that loads them where nothing of Node exists: each call makes
 * a realm of its own with the given globals, so that no test leaves anything behind.
 */
export async function bundleRooms(): Promise<(globals: object) => Rooms> {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: new URL("../../src", import.meta.url).pathname, loader: "ts" },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "rooms",
    platform: "browser",
    target: "es2022",
    logLevel: "warning",
  });
  const script = `${outputFiles[0]?.text}; rooms;`;
  return (globals) => runInContext(script, createContext({ TextEncoder, TextDecoder, ...globals })) as Rooms;
}
