import { basename, dirname, join } from "node:path";
import { build } from "esbuild";

/**
 * Modules of functions that most commands don't call, or call late: a chunk of their own, loaded with the first call. In
 * the sources they are imported as all others.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const GROUPS = {
  "portable-engine": ["src/crypto/portable-engine.ts"],
  validate: [
    "src/jwt/validate-account.ts",
    "src/jwt/validate-activation.ts",
    "src/jwt/validate-authorization.ts",
    "src/jwt/validate-operator.ts",
    "src/jwt/validate-user.ts",
  ],
  "version-1": ["src/jwt/version-1.ts"],
  authority: ["src/cli/tree/open-nsc.ts"],
  "account-server": ["src/cli/managed/account-server.ts"],
  imports: ["src/authority/import-entities.ts"],
  plan: ["src/authority/plan/account-template.ts"],
  requests: [
    "src/authority/join-signatures.ts",
    "src/authority/kept-request.ts",
    "src/authority/request-file.ts",
    "src/authority/sign-request.ts",
  ],
  rotations: [
    "src/authority/rotation-plan.ts",
    "src/authority/rotation-verbs.ts",
    "src/authority/user-key-rotation-verbs.ts",
  ],
  inspect: ["src/node/inspect.ts"],
  commit: ["src/node/plan-commit.ts"],
};

/** A package of functions in one object, likewise. It is needed where keys seal and open, and without `node:crypto`. */
const PACKAGE = "tweetnacl";

/**
 * Modules that most commands need, though the frame of the command does not.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const COMMON = {
  reading: [
    "src/authority/options.ts",
    "src/cli/output/print-table.ts",
    "src/cli/tree/stored-claims.ts",
    "src/creds/decorated.ts",
    "src/encoding/dates.ts",
    "src/jwt/activation-hash.ts",
    "src/jwt/decode.ts",
    "src/jwt/did-sign.ts",
    "src/jwt/scopes.ts",
    "src/jwt/validate.ts",
  ],
  // What server configurations and reports need of the library.
  activations: ["src/authority/known-activations.ts", "src/authority/templates.ts"],
};

const NAMES = [...Object.keys(COMMON), ...Object.keys(GROUPS), PACKAGE];

/** The chunks that become one with what they need, in the order in which what several of them need is given to the first. */
export const mergedChunks = [...Object.keys(COMMON), "validate", "version-1", "portable-engine", "authority"].map(
  (name) => `${name}.js`,
);

/** What stands for loading a chunk at once, until the bundle is made of CommonJS modules. */
export const LOAD_NOW = "loadChunkNow";

/** Entry points for esbuild. */
export const groupEntryPoints = NAMES.map((name) => ({
  in: `lazy-group:${name}`,
  out: name,
}));

/**
 * Has imports of those modules give functions that load them.
 *
 * @param {string} root
 * @returns {import("esbuild").Plugin}
 */
export function lazyModules(root) {
  const groupOf = new Map(
    Object.entries(GROUPS).flatMap(([name, modules]) => modules.map((module) => [join(root, module), name])),
  );
  return {
    name: "lazy modules",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^lazy-group:/ }, ({ path }) => ({
        path: path.split(":")[1] ?? "",
        namespace: "lazy-group",
      }));
      onLoad({ filter: /.*/, namespace: "lazy-group" }, ({ path: name }) => {
        if (name === PACKAGE) return { contents: `export { default } from "${PACKAGE}";`, resolveDir: root };
        const lines = (COMMON[name] ?? GROUPS[name] ?? []).map(
          (module) => `export * from ${JSON.stringify(join(root, module))};`,
        );
        return { contents: lines.join("\n"), resolveDir: root };
      });
      onResolve({ filter: new RegExp(`^${PACKAGE}$`) }, ({ path, namespace }) =>
        namespace === "file" ? { path, namespace: "lazy-package" } : undefined,
      );
      onLoad({ filter: /.*/, namespace: "lazy-package" }, ({ path }) => ({
        contents: `export default new Proxy({}, { get: (_, name) => ${LOAD_NOW}("./${path}.js").default[name] });`,
      }));
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, namespace }) => {
        const module = join(resolveDir, path);
        return namespace === "file" && groupOf.has(module) ? { path: module, namespace: "lazy" } : undefined;
      });
      onLoad({ filter: /.*/, namespace: "lazy" }, async ({ path: module }) => {
        const functions = (await functionsOf(module)).map(
          (name) =>
            `export function ${name}(...args) { return ${LOAD_NOW}("./${groupOf.get(module)}.js").${name}(...args); }`,
        );
        return { contents: functions.join("\n"), resolveDir: dirname(module) };
      });
    },
  };
}

/**
 * The names that a module exports, all of them functions.
 *
 * @param {string} module
 */
async function functionsOf(module) {
  const { metafile, outputFiles } = await build({
    entryPoints: [module],
    write: false,
    format: "esm",
    metafile: true,
    logLevel: "warning",
  });
  const names = Object.values(metafile.outputs).flatMap((output) => output.exports);
  const text = outputFiles[0]?.text ?? "";
  for (const name of names) {
    if (!new RegExp(`^(?:async )?function\\*? ${name}\\(`, "m").test(text)) {
      throw new Error(`${basename(module)} exports ${name}, which is no function: it can't be loaded late`);
    }
  }
  return names;
}
