import { isBuiltin } from "node:module";
import { posix } from "node:path";
import ts from "typescript";
import { specifiersOf } from "../../scripts/specifiers.mjs";
import { mayImport, roomOf } from "./rooms.ts";

/**
 * Modules by their path below the root (`./store/memory.js`), each with what it imports: such paths, or the bare
 * specifiers of packages; one that is loaded when it is needed stands in `import()`.
 */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** The text of a module, or `undefined` if there is none at this path. */
export type ReadModule = (path: string) => string | undefined;

/** Walks the imports from `entries` on. Between declaration files, `./x.js` stands for `./x.d.ts`. */
export function readGraph(entries: readonly string[], read: ReadModule): Graph {
  const graph = new Map<string, readonly string[]>();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (graph.has(path)) continue;
    const text = read(path);
    if (text === undefined) continue;
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
    const imports = specifiersOf(source).map((specifier) => {
      const target = resolve(source.fileName, specifier.text);
      return isLocal(target) || !isLoaded(source, specifier) ? target : `import(${target})`;
    });
    graph.set(path, imports);
    open.push(...imports.filter(isLocal));
  }
  return graph;
}

function resolve(from: string, specifier: string): string {
  if (!/^\.{1,2}(?:\/|$)/.test(specifier)) return specifier;
  const path = posix.join(posix.dirname(from), specifier);
  return `./${from.endsWith(".d.ts") ? path.replace(/\.js$/, ".d.ts") : path}`;
}

/** Whether it is imported when it is needed. A type can't be loaded. */
function isLoaded(source: ts.SourceFile, specifier: ts.StringLiteralLike): boolean {
  if (source.isDeclarationFile) return false;
  return /\bimport\s*\(\s*$/.test(source.text.slice(0, specifier.getStart(source)));
}

function isLocal(target: string): boolean {
  return target.startsWith("./");
}

function edges(graph: Graph): { readonly from: string; readonly to: string }[] {
  return [...graph].flatMap(([from, imports]) => imports.map((to) => ({ from, to })));
}

/** Imports that point below: to a room that the importing room must not know. */
export function layerViolations(graph: Graph): string[] {
  const found = new Set<string>();
  for (const path of graph.keys()) {
    if (roomOf(path) === undefined) found.add(`${path} is in no room`);
  }
  for (const { from, to } of edges(graph)) {
    const importing = roomOf(from);
    const imported = isLocal(to) ? roomOf(to) : undefined;
    if (importing && imported && !mayImport(importing, imported)) found.add(`${from} imports ${to}`);
  }
  return [...found];
}

/** Local imports of modules that do not exist. */
export function brokenImports(graph: Graph): string[] {
  return edges(graph)
    .filter(({ to }) => isLocal(to) && !graph.has(to))
    .map(({ from, to }) => `${from} imports ${to}, which does not exist`);
}

/** Imports of Node's own modules, and of packages other than the ones allowed, at once or when they are needed. */
export function platformImports(
  graph: Graph,
  allowed: readonly string[],
  whenNeeded: readonly string[] = [],
): string[] {
  return edges(graph)
    .filter(({ to }) => {
      const loaded = /^import\((.*)\)$/.exec(to)?.[1];
      const specifier = loaded ?? to;
      if (isLocal(specifier)) return false;
      const packages = loaded === undefined ? allowed : [...allowed, ...whenNeeded];
      return isBuiltin(specifier) || !packages.includes(packageOf(specifier));
    })
    .map(({ from, to }) => `${from} imports ${to}`);
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Each import cycle once, as the path around it. */
export function importCycles(graph: Graph): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(" -> "));
    if (start >= 0 || done.has(path)) return;
    for (const to of graph.get(path) ?? []) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}
