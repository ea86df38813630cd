/** Says what the library weighs in a browser's bundle: minified, and as it travels (brotli). */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const entry = "./dist/index.js";

/** What is imported, and the most that it may weigh in kB of brotli: a guard against accidents, not a target. */
const BUNDLES = [
  { names: "decode", limit: 50 },
  { names: "encode", limit: 60 },
  { names: "*", limit: 150 },
];

if (!existsSync(join(root, entry))) {
  console.error(`there is no ${entry}: run \`npm run build\` first`);
  process.exit(1);
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const row = (...cells) => console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(10) : cell.padStart(10))).join(""));

const exported = Object.keys(await import(join(root, entry)));
row("import", "minified", "brotli", "limit");
for (const { names, limit } of BUNDLES) {
  if (names !== "*" && !exported.includes(names)) {
    row(names, "not exported yet");
    continue;
  }
  const statement = names === "*" ? `export * from "${entry}";` : `export { ${names} } from "${entry}";`;
  const { outputFiles } = await build({
    stdin: { contents: statement, resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  const code = outputFiles[0].contents;
  const brotli = brotliCompressSync(code).length;
  row(names, kilobytes(code.length), kilobytes(brotli), `${limit} kB`);
  if (brotli > limit * 1000) {
    console.error(`${names} weighs more than its limit`);
    process.exitCode = 1;
  }
}
