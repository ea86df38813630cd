import { LOAD_NOW } from "./lazy-modules.mjs";

/**
 * Turns a chunk that esbuild wrote as an ES module into a CommonJS one, which Node loads in a fraction of the time: it has
 * no loader of ES modules to start for it. Nothing is exported here that is assigned again later, and no chunk imports one
 * that imports it.
 *
 * @param {string} text
 */
export function toCommonJs(text) {
  const [, shebang = "", module = ""] = /^(#!.*\n)?([\s\S]*)$/.exec(text) ?? [];
  /** @type {Set<string>} */
  const head = new Set();
  const body = module
    .replace(IMPORT, (_, bound, path) => {
      head.add(bound === undefined ? `require(${path});` : `const ${bindings(bound, `require(${path})`)};`);
      return "";
    })
    .replace(/\bexport\s*\{([^{}]*)\};/g, (_, names) => `module.exports={${pairs(names, "export")}};`)
    .replace(/\bimport\(("[^"]+")\)/g, (_, path) => `Promise.resolve().then(()=>require(${path}))`)
    .replaceAll(`${LOAD_NOW}(`, "require(");
  return `${shebang}"use strict";${[...head].join("")}${body}`;
}

const IMPORT = /(?<=^|[;}\n])import(?:\s*((?:[\w$*,\s]|\{[^{}"']*\})*?)\s*\bfrom\s*|\s*)("[^"\n]+");/g;

/**
 * @param {string} bound - what stands between `import` and `from`
 * @param {string} required
 */
function bindings(bound, required) {
  const [, whole, , names] = /^(?:\*\s*as\s+)?([\w$]+)?(,)?(?:\{([^{}]*)\})?$/.exec(bound) ?? [];
  if (whole === undefined && names === undefined) throw new Error(`can't read the import of ${bound}`);
  const parts = [];
  if (whole !== undefined) parts.push(`${whole}=${required}`);
  if (names !== undefined) parts.push(`{${pairs(names, "import")}}=${required}`);
  return parts.join(",");
}

/**
 * @param {string} names
 * @param {"import" | "export"} kind
 */
function pairs(names, kind) {
  return names.split(",").map((each) => {
    const [name = "", other = name] = each.split(/\s+as\s+/);
    if (name === other) return name;
    return kind === "import" ? `${name}:${other}` : `${other}:${name}`;
  });
}
