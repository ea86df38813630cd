/** Says what the library weighs in a browser's bundle, minified and as it travels (brotli), and what the command weighs. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
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

/** What each start of the command reads, and all that it has. */
const COMMAND = [
  { names: "nsc", files: /^bin\.js$/, limit: 3 },
  { names: "nsc, all", files: /\.js$/, limit: 500 },
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
  weigh(names, outputFiles[0].contents, limit);
}

const commandFolder = join(root, "dist/cli");
for (const { names, files, limit } of COMMAND) {
  const found = readdirSync(commandFolder).filter((file) => files.test(file));
  weigh(names, Buffer.concat(found.map((file) => readFileSync(join(commandFolder, file)))), limit);
}

function weigh(names, code, limit) {
  const brotli = brotliCompressSync(code).length;
  row(names, kilobytes(code.length), kilobytes(brotli), `${limit} kB`);
  if (brotli > limit * 1000) {
    console.error(`${names} weighs more than its limit`);
    process.exitCode = 1;
  }
}
