/** Builds `dist/` from `src/`: the library with tsc, one file for one file, and the command as a bundle. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { bundleCommand } from "./bundle-command.mjs";
import { specifiersOf } from "./specifiers.mjs";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const tsc = fileURLToPath(import.meta.resolve("typescript/bin/tsc"));
const { status } = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.json")], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
  if (!name.endsWith(".d.ts")) continue;
  const file = join(dist, name);
  const text = readFileSync(file, "utf8");
  const rewritten = withScriptSpecifiers(text);
  if (rewritten !== text) writeFileSync(file, rewritten);
}
await bundleCommand(root);

/**
 * tsc rewrites the `.ts` specifiers of the JavaScript it emits, but not those of the declarations. Both endings have the
 * same length, so the declaration maps stay exact.
 *
 * @param {string} text
 */
function withScriptSpecifiers(text) {
  let result = text;
  for (const specifier of specifiersOf(ts.createSourceFile("module.d.ts", text, ts.ScriptTarget.Latest))) {
    if (!/^\.{1,2}\/.*(?<!\.d)\.ts$/.test(specifier.text)) continue;
    const ending = specifier.end - '.ts"'.length;
    result = `${result.slice(0, ending)}.js${result.slice(ending + ".ts".length)}`;
  }
  return result;
}
