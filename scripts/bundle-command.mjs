/** Bundles the `nsc` command with all that it needs, so that it starts fast and needs nothing else installed. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { groupEntryPoints, lazyModules, mergedChunks } from "./lazy-modules.mjs";
import { mergeChunks } from "./merge-chunks.mjs";
import { toCommonJs } from "./to-commonjs.mjs";

const OUTPUT = "dist/cli";

/**
 * Packages that come without a text, and another one of the same author under the same licence.
 *
 * @type {Readonly<Record<string, string>>}
 */
const SAME_LICENCE = { "node_modules/to-data-view": "node_modules/base32-encode" };

/**
 * Writes `dist/cli/bin.js`, the chunks that it loads when they are needed, and the licences of the packages in them.
 *
 * @param {string} root - the folder of `package.json`
 */
export async function bundleCommand(root) {
  const { metafile, outputFiles } = await build({
    write: false,
    absWorkingDir: root,
    entryPoints: [
      { in: "src/cli/bin.ts", out: "bin" },
      { in: "src/node/signature-worker.ts", out: "signature-worker" },
      ...groupEntryPoints,
    ],
    outdir: OUTPUT,
    chunkNames: "chunk-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // Names stay, for whoever has to read a stack trace.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    // Where `node_modules` is a link, its packages still have their names below it.
    preserveSymlinks: true,
    define: { "import.meta.dirname": "__dirname" },
    metafile: true,
    logLevel: "warning",
    plugins: [lazyModules(root), builtins, loadedPackages],
  });
  const files = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  // What starts by itself does so without what others need.
  const merged = new Set([...loadedWith(files, "bin.js"), ...loadedWith(files, "signature-worker.js")]);
  for (const [name, entry] of [
    ["main.js", entryOf(metafile, "src/cli/main.ts")],
    ["run-command.js", entryOf(metafile, "src/cli/run-command.ts")],
    ...mergedChunks.map((chunk) => [chunk, chunk]),
  ]) {
    const chunks = loadedWith(files, entry).filter((chunk) => !merged.has(chunk));
    await mergeChunks(files, name, chunks, [entry]);
    merged.add(name);
  }
  for (const file of files.keys()) assertNoCycle(files, file, []);
  const folder = join(root, OUTPUT);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of files)
    writeFileSync(join(folder, file), toCommonJs(text), { mode: file === "bin.js" ? 0o755 : 0o644 });
  writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }\n');
  writeFileSync(join(folder, "LICENSES.txt"), licences(root, bundledPackages(metafile)));
}

/**
 * The chunk that a module is the entry of.
 *
 * @param {import("esbuild").Metafile} metafile
 * @param {string} module
 */
function entryOf(metafile, module) {
  const found = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === module)?.[0];
  if (found === undefined) throw new Error(`${module} is not loaded by import()`);
  return basename(found);
}

/**
 * A chunk and those that it imports at once.
 *
 * @param {ReadonlyMap<string, string>} files
 * @param {string} entry
 */
function loadedWith(files, entry) {
  const found = new Set([entry]);
  for (const file of found) for (const imported of importsOf(files, file)) found.add(imported);
  return [...found];
}

/**
 * The chunks that a chunk imports at once.
 *
 * @param {ReadonlyMap<string, string>} files
 * @param {string} file
 */
function importsOf(files, file) {
  const matches = (files.get(file) ?? "").matchAll(/\b(?:from|import)"\.\/([^"]+)"/g);
  return new Set([...matches].map(([, imported = ""]) => imported));
}

/**
 * Refuses chunks that import each other: CommonJS would give one of them nothing.
 *
 * @param {ReadonlyMap<string, string>} files
 * @param {string} file
 * @param {readonly string[]} importers
 */
function assertNoCycle(files, file, importers) {
  if (importers.includes(file)) throw new Error(`${[...importers, file].join(" imports ")}`);
  for (const imported of importsOf(files, file)) assertNoCycle(files, imported, [...importers, file]);
}

/** In an ES module there is no `require` for the built-in modules that CommonJS packages ask for. */
const builtins = {
  name: "builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[\w:/]+$/ }, ({ kind, path }) => {
      if (kind !== "require-call" || !isBuiltin(path)) return undefined;
      return { path: path.replace(/^(?:node:)?/, "node:"), namespace: "builtin" };
    });
    // An ES module that exports one would be an object where some modules, such as "events", are a class.
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => {
      return { contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`, loader: "js" };
    });
  },
};

/** A chunk made of a CommonJS package has only a default export, where Node finds all names. */
const loadedPackages = {
  name: "loaded packages",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^./]/ }, ({ kind, path, resolveDir }) => {
      if (kind !== "dynamic-import" || isBuiltin(path)) return undefined;
      return { path, namespace: "loaded", pluginData: resolveDir };
    });
    onLoad({ filter: /.*/, namespace: "loaded" }, async ({ path, pluginData: resolveDir }) => {
      const names = Object.keys(await import(path)).filter((name) => /^(?!default$)[\w$]+$/.test(name));
      return { contents: `export { ${names} } from ${JSON.stringify(path)};`, resolveDir, loader: "js" };
    });
  },
};

/**
 * The folders of the packages that a bundle holds something of, from the root on.
 *
 * @param {import("esbuild").Metafile} metafile
 */
function bundledPackages(metafile) {
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = inputs.map((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/**
 * The names of packages, and once for all that have it the text that they come with.
 *
 * @param {string} root
 * @param {readonly string[]} packages
 */
function licences(root, packages) {
  /** @type {Map<string, string[]>} */
  const byText = new Map();
  for (const folder of packages) {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const text = licenceOf(join(root, SAME_LICENCE[folder] ?? folder));
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const head = "The nsc command of this package holds code of the packages that are named here with their licences.";
  const parts = [...byText].map(([text, names]) => `${[...new Set(names)].join("\n")}\n\n${text}`);
  return `${[head, ...parts].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** @param {string} folder */
function licenceOf(folder) {
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|copying|notice)(?:\.|$)/i.test(file));
  if (files.length === 0) throw new Error(`${folder} comes without the text of its licence`);
  const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8"));
  return texts.map((text) => text.replaceAll("\r", "").trim()).join("\n\n");
}
