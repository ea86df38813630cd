import { build } from "esbuild";

/**
 * Merges chunks that are always loaded together into one file: opening and linking a file takes longer than reading it.
 *
 * @param {Map<string, string>} files - the text of chunks by name; changed in place
 * @param {string} merged - the name of the file that they become
 * @param {readonly string[]} chunks - their names
 * @param {readonly string[]} loaded - those that are loaded by `import()`, whose exports keep their names
 */
export async function mergeChunks(files, merged, chunks, loaded) {
  const renamed = chunks.filter((chunk) => !loaded.includes(chunk));
  for (const [file, text] of files) {
    const lost = renamed.find((chunk) => text.includes(`import("./${chunk}")`));
    if (lost !== undefined) throw new Error(`${file} loads ${lost}, whose names would be others in ${merged}`);
  }
  const lines = chunks.flatMap((chunk) => {
    const names = exportsOf(files.get(chunk) ?? "");
    const renamed = names.map((name) => `${name} as ${nameIn(chunk, name)}`);
    const own = loaded.includes(chunk) ? names : [];
    return [`import "./${chunk}";`, `export { ${[...renamed, ...own]} } from "./${chunk}";`];
  });
  const { outputFiles } = await build({
    stdin: { contents: lines.join("\n"), sourcefile: merged },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
    plugins: [
      {
        name: "chunks",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\.\// }, ({ path }) => {
            const chunk = path.slice("./".length);
            return chunks.includes(chunk) ? { path: chunk, namespace: "chunk" } : { path, external: true };
          });
          onLoad({ filter: /.*/, namespace: "chunk" }, ({ path }) => ({ contents: files.get(path), loader: "js" }));
        },
      },
    ],
  });
  for (const chunk of chunks) files.delete(chunk);
  files.set(merged, outputFiles[0]?.text ?? "");
  for (const [file, text] of files) files.set(file, redirected(text, merged, chunks));
}

/**
 * @param {string} text
 * @param {string} merged
 * @param {readonly string[]} chunks
 */
function redirected(text, merged, chunks) {
  return text
    .replace(/\bimport\{([^{}]*)\}from"\.\/([^"]+)"/g, (statement, names, chunk) => {
      if (!chunks.includes(chunk)) return statement;
      const renamed = names.split(",").map((/** @type {string} */ each) => {
        const [name = "", local = name] = each.split(" as ");
        return `${nameIn(chunk, name)} as ${local}`;
      });
      return `import{${renamed}}from"./${merged}"`;
    })
    .replace(/\bimport(\(?)"\.\/([^"]+)"/g, (statement, open, chunk) =>
      chunks.includes(chunk) ? `import${open}"./${merged}"` : statement,
    );
}

/** @param {string} text */
function exportsOf(text) {
  return [...text.matchAll(/\bexport\{([^{}]*)\};/g)].flatMap(([, names = ""]) =>
    names.split(",").map((each) => each.split(" as ").at(-1) ?? each),
  );
}

/**
 * @param {string} chunk
 * @param {string} name
 */
function nameIn(chunk, name) {
  return `${chunk.replace(/\.js$/, "").replaceAll("-", "_")}_${name}`;
}
