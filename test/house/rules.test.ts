import { describe, expect, test } from "vitest";
import { brokenImports, importCycles, layerViolations, platformImports, readGraph } from "./graph.ts";
import { mayImport, PORTABLE_PACKAGES, PORTABLE_ROOMS, roomOf } from "./rooms.ts";
import { moduleState } from "./state.ts";

function graphOf(files: Readonly<Record<string, string>>, entry = "./index.js") {
  return readGraph([entry], (path) => files[path]);
}

/** A small house in order, over which each test below puts one violation. */
const SOUND = {
  "./index.js": 'export { decode } from "./jwt/decode.js";',
  "./jwt/decode.js": 'import { b32 } from "../encoding/base32.js"; import { sha512 } from "@noble/hashes/sha2.js";',
  "./encoding/base32.js": 'import { NscError } from "../errors.js";',
  "./errors.js": "export class NscError extends Error {}",
};

describe("the rooms", () => {
  test("are found from a module's path", () => {
    expect(roomOf("./errors.js")).toBe("errors");
    expect(roomOf("./index.d.ts")).toBe("index");
    expect(roomOf("./jwt/index.js")).toBe("jwt");
    expect(roomOf("./errors/deep.js")).toBe("errors");
    expect(roomOf("./helpers.js")).toBeUndefined();
    expect(roomOf("./helpers/x.js")).toBeUndefined();
    expect(roomOf("./../package.json")).toBeUndefined();
  });

  test("may import what is above them, and siblings not each other", () => {
    expect(mayImport("jwt", "nkeys")).toBe(true);
    expect(mayImport("jwt", "jwt")).toBe(true);
    expect(mayImport("nkeys", "jwt")).toBe(false);
    expect(mayImport("node", "nats")).toBe(false);
    expect(mayImport("nats", "node")).toBe(false);
    expect(mayImport("testing", "node")).toBe(true);
    expect(mayImport("index", "node")).toBe(false);
    expect(PORTABLE_ROOMS).toContain("callout");
    expect(PORTABLE_ROOMS).not.toContain("nats");
  });
});

describe("the rules", () => {
  test("find nothing in a house that is in order", () => {
    const graph = graphOf(SOUND);
    expect([...graph.keys()].sort()).toEqual(Object.keys(SOUND).sort());
    expect(layerViolations(graph)).toEqual([]);
    expect(brokenImports(graph)).toEqual([]);
    expect(platformImports(graph, PORTABLE_PACKAGES)).toEqual([]);
    expect(importCycles(graph)).toEqual([]);
  });

  test.each([
    ["a static import", 'import { decode } from "../jwt/decode.js";'],
    ["a bare import", 'import "../jwt/decode.js";'],
    ["a re-export", 'export * from "../jwt/decode.js";'],
    ["a dynamic import", 'export const load = () => import("../jwt/decode.js");'],
    ["a require", 'const { decode } = require("../jwt/decode.js");'],
  ])("find %s that points below", (_, text) => {
    const graph = graphOf({ ...SOUND, "./encoding/base32.js": text });
    expect(layerViolations(graph)).toEqual(["./encoding/base32.js imports ./jwt/decode.js"]);
  });

  test("find a type that points below, in declarations too", () => {
    const files = {
      "./index.d.ts": 'export { x } from "./encoding/x.js";',
      "./encoding/x.d.ts": 'export declare const x: import("../jwt/kinds.js").Kind;',
      "./jwt/kinds.d.ts": "export type Kind = string;",
    };
    expect(layerViolations(graphOf(files, "./index.d.ts"))).toEqual(["./encoding/x.d.ts imports ./jwt/kinds.d.ts"]);
  });

  test("find siblings that import each other", () => {
    const files = { "./node/a.js": 'import "../nats/b.js";', "./nats/b.js": "" };
    expect(layerViolations(graphOf(files, "./node/a.js"))).toEqual(["./node/a.js imports ./nats/b.js"]);
  });

  test("find a module outside of all rooms", () => {
    const graph = graphOf({ ...SOUND, "./errors.js": 'import "./helpers.js";', "./helpers.js": "" });
    expect(layerViolations(graph)).toEqual(["./helpers.js is in no room"]);
  });

  test("find an import of a module that is not there", () => {
    const graph = graphOf({ ...SOUND, "./errors.js": 'import "./gone.js";' });
    expect(brokenImports(graph)).toEqual(["./errors.js imports ./gone.js, which does not exist"]);
  });

  test.each(["node:fs", "fs", "fs/promises", "commander", "@noble/other"])("find the import of %s", (specifier) => {
    const graph = graphOf({ ...SOUND, "./errors.js": `import x from ${JSON.stringify(specifier)};` });
    expect(platformImports(graph, PORTABLE_PACKAGES)).toEqual([`./errors.js imports ${specifier}`]);
  });

  test("find a package that is loaded, unless it may be loaded when it is needed", () => {
    const loading = (text: string) => graphOf({ ...SOUND, "./errors.js": text });
    const graph = loading('export const load = () => import("@nats-io/nats-core");');
    expect(platformImports(graph, PORTABLE_PACKAGES)).toEqual(["./errors.js imports import(@nats-io/nats-core)"]);
    expect(platformImports(graph, PORTABLE_PACKAGES, ["@nats-io/nats-core"])).toEqual([]);
    const atOnce = loading('import { headers } from "@nats-io/nats-core";');
    expect(platformImports(atOnce, PORTABLE_PACKAGES, ["@nats-io/nats-core"])).toHaveLength(1);
    expect(platformImports(loading('import("node:fs");'), PORTABLE_PACKAGES, ["fs", "node:fs"])).toHaveLength(1);
  });

  test("find a cycle", () => {
    const graph = graphOf({ ...SOUND, "./errors.js": 'import "./encoding/base32.js";' });
    expect(importCycles(graph)).toEqual(["./encoding/base32.js -> ./errors.js -> ./encoding/base32.js"]);
  });

  test.each([
    "let count = 0;",
    "var count = 0;",
    "export let count = 0;",
    "const cache = new Map<string, string>();",
    "const cache: string[] = [];",
    "const cache = {} as Record<string, string>;",
    "settings.verbose = true;",
    "count++;",
    "delete settings.verbose;",
  ])("find state in a module: %s", (text) => {
    expect(moduleState("./jwt/x.ts", `// first line\n${text}`)).toEqual([expect.stringContaining("./jwt/x.ts:2 ")]);
  });

  test.each([
    "const TABLE = { a: 1 } as const;",
    "const SPACE = new Set(['a']);",
    "declare let process: undefined;",
    "function f() { let i = 0; i++; return i; }",
    "hashes.sha512 = sha512;",
    "Object.freeze(TABLE);",
  ])("find no state in: %s", (text) => {
    expect(moduleState("./jwt/x.ts", text)).toEqual([]);
  });
});
