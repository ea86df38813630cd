import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { runSuite } from "./suite.ts";

const lib = await import(new URL("../../dist/index.js", import.meta.url).href);

describe("node", () => {
  for (const { name, run } of runSuite(lib, assert)) test(name, run);
});
