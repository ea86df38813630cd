import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { specifiersOf } from "../../scripts/specifiers.mjs";
import { entries, manifest, ROOT } from "../support/manifest.ts";
import { brokenImports, type Graph, importCycles, layerViolations, platformImports, readGraph } from "./graph.ts";
import { mayImport, PORTABLE_PACKAGES, PORTABLE_ROOMS, ROOMS, roomOf } from "./rooms.ts";
import { moduleState } from "./state.ts";

const sources = filesBelow("src").filter((path) => path.endsWith(".ts"));

/** Paths below a folder of the repository, in the form of the graph: `./jwt/decode.ts`. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(ROOT, folder).length))
    .map((path) => `.${path.replaceAll("\\", "/")}`);
}

function read(folder: string, path: string): string | undefined {
  const file = join(ROOT, folder, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** What is reached from a file that `package.json` names. */
function builtGraph(...targets: readonly string[]): Graph {
  return readGraph(
    targets.map((target) => target.replace("./dist/", "./")),
    (path) => read("dist", path),
  );
}

describe("package.json", () => {
  const targets = Object.values(manifest.exports).flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target),
  );

  test.each(targets)("exports %s, which exists", (target) => {
    expect(existsSync(join(ROOT, target)), "run `npm run build` first").toBe(true);
  });

  test("declares every package that the portable rooms may import", () => {
    expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining([...PORTABLE_PACKAGES]));
  });
});

describe.each(entries)("$specifier, as built", ({ script, types }) => {
  test.each([script, types])("keeps the layer rule in %s", (target) => {
    const graph = builtGraph(target);
    expect(graph.size).toBeGreaterThan(0);
    expect(brokenImports(graph)).toEqual([]);
    expect(layerViolations(graph)).toEqual([]);
  });

  test("has no import cycle", () => {
    expect(importCycles(builtGraph(script))).toEqual([]);
  });
});

describe.each(entries.filter(({ nodeOnly }) => !nodeOnly))("$specifier, as built for every runtime", (entry) => {
  test.each([entry.script, entry.types])("reaches nothing of Node and no further package from %s", (target) => {
    // Types of a client that a caller has anyway; of what is run, optional ones are loaded when they are needed.
    const peers = Object.keys(manifest.peerDependencies ?? {});
    const optional = peers.filter((name) => manifest.peerDependenciesMeta?.[name]?.optional);
    const types = target.endsWith(".d.ts") ? peers : [];
    expect(platformImports(builtGraph(target), [...PORTABLE_PACKAGES, ...types], optional)).toEqual([]);
  });
});

describe("every source file", () => {
  const graph = readGraph(sources, (path) => read("src", path));

  test("keeps the layer rule", () => {
    expect(brokenImports(graph)).toEqual([]);
    expect(layerViolations(graph)).toEqual([]);
  });

  test("in a portable room reaches nothing of Node and no further package", () => {
    const portable = new Map([...graph].filter(([path]) => PORTABLE_ROOMS.some((room) => room === roomOf(path))));
    expect(platformImports(portable, PORTABLE_PACKAGES)).toEqual([]);
  });

  test("keeps no state in the module", () => {
    expect(sources.flatMap((path) => moduleState(path, read("src", path) ?? ""))).toEqual([]);
  });

  test("but those of crypto leaves the runtime's built-in modules alone", () => {
    const reaching = sources.filter((path) => {
      const room = roomOf(path);
      return room !== "crypto" && PORTABLE_ROOMS.some((each) => each === room) && names(path).has("getBuiltinModule");
    });
    expect(reaching).toEqual([]);
  });
});

describe("the built declarations", () => {
  test("name scripts, not sources", () => {
    const naming = filesBelow("dist")
      .filter((path) => path.endsWith(".d.ts"))
      .flatMap((path) => specifiersOf(parse(path, read("dist", path) ?? "")).map(({ text }) => `${path}: ${text}`))
      .filter((found) => /(?<!\.d)\.ts$/.test(found));
    expect(naming).toEqual([]);
  });
});

describe("biome.json", () => {
  const { overrides } = JSON.parse(readFileSync(join(ROOT, "biome.json"), "utf8")) as { overrides: Override[] };

  test.each(ROOMS)("restricts the imports of %s as the layer rule says", (room) => {
    const files = ["errors", "index"].includes(room) ? `src/${room}.ts` : `src/${room}/**`;
    const rules = overrides
      .filter(({ includes }) => includes.includes(files))
      .flatMap(({ linter }) => linter?.rules.style?.noRestrictedImports ?? []);
    const groups = rules.flatMap(({ options }) => options.patterns.flatMap(({ group }) => group));
    const restricted = groups.flatMap((group) => /^\*\*\/\{?(.*?)\}?\/\*\*$/.exec(group)?.[1]?.split(",") ?? []);
    // `errors.ts` and `index.ts` are files; the graph above holds who imports them.
    const forbidden = ROOMS.filter((each) => !mayImport(room, each) && each !== "errors" && each !== "index");
    expect(restricted).toEqual(forbidden);
    expect(groups).toEqual(expect.arrayContaining(["nsc.js", "nsc.js/**"]));
  });

  test("keeps Node out of the portable rooms", () => {
    const rooms = overrides
      .filter(({ linter }) => linter?.rules.correctness?.noNodejsModules === "error")
      .flatMap(({ includes }) => includes.map((files) => files.replace(/^src\/|(?:\/\*\*|\.ts)$/g, "")));
    expect(rooms).toEqual(PORTABLE_ROOMS);
  });
});

test("tsconfig.portable.json covers the portable rooms", () => {
  const path = join(ROOT, "tsconfig.portable.json");
  const { config } = ts.readConfigFile(path, ts.sys.readFile) as { config: { include: string[] } };
  const rooms = config.include
    .filter((files) => files.startsWith("src/"))
    .map((files) => files.replace(/^src\/|\.ts$/g, ""));
  expect(rooms).toEqual(PORTABLE_ROOMS);
});

interface Override {
  readonly includes: readonly string[];
  readonly linter?: {
    readonly rules: {
      readonly correctness?: { readonly noNodejsModules?: string };
      readonly style?: {
        readonly noRestrictedImports?: {
          readonly options: { readonly patterns: readonly { readonly group: readonly string[] }[] };
        };
      };
    };
  };
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
}

/** Every identifier and every string in a source file. */
function names(path: string): Set<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) found.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(parse(path, read("src", path) ?? ""));
  return found;
}
