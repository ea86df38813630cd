/** Runs the suite on the runtime that executes this file, and prints one JSON array of what came out. */
import assert from "node:assert/strict";
import { runSuite } from "./suite.ts";

const lib = await import(new URL("../../dist/index.js", import.meta.url).href);
const results: { readonly name: string; readonly failure?: string }[] = [];
for (const { name, run } of runSuite(lib, assert)) {
  try {
    await run();
    results.push({ name });
  } catch (error) {
    results.push({ name, failure: error instanceof Error ? `${error.stack}` : `${error}` });
  }
}
console.log(JSON.stringify(results));
