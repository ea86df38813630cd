/**
 * Gets the runtimes besides Node that the tests of `test/runtime` run on: pinned packages of the npm registry, in a cache
 * of their own, since no user and few contributors need them. What cannot be had is said once, and skipped.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const { platform, arch } = process;
const cache = join(import.meta.dirname, "../node_modules/.cache/runtimes");
const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
const executable = platform === "win32" ? ".exe" : "";

/** The packages are the optional dependencies of the packages `deno` and `bun`, which pick the right one when installed. */
const RUNTIMES = {
  deno: {
    version: "2.9.6",
    id: `@deno/${platform}-${arch}${platform === "linux" ? `-${libc}` : ""}`,
    binary: `deno${executable}`,
  },
  bun: {
    version: "1.4.5",
    id: [
      `@oven/bun-${platform === "win32" ? "windows" : platform}`,
      arch === "arm64" ? "aarch64" : arch,
      ...(platform === "linux" && libc === "musl" ? ["musl"] : []),
    ].join("-"),
    binary: `bin/bun${executable}`,
  },
};

/**
 * @typedef {"deno" | "bun"} RuntimeName
 *
 * @typedef {object} Runtime
 * @property {string} [path] the binary
 * @property {string} [missing] why there is none
 * @property {boolean} [unpublished] whether there is none because the registry has no package for this platform
 */

/**
 * What the last run of this script found.
 *
 * @param {RuntimeName} name
 * @returns {Runtime}
 */
export function findRuntime(name) {
  const { status } = placesOf(name);
  if (!existsSync(status)) return { missing: "not fetched yet, run `node scripts/runtimes.mjs`" };
  return JSON.parse(readFileSync(status, "utf8"));
}

/** @param {RuntimeName} name */
function placesOf(name) {
  const { version, id, binary } = RUNTIMES[name];
  const folder = join(cache, `${name}-${version}`);
  return { folder, path: join(folder, "node_modules", id, binary), status: `${folder}.json` };
}

/**
 * @param {RuntimeName} name
 * @returns {Runtime}
 */
function fetchRuntime(name) {
  const { version, id } = RUNTIMES[name];
  const { folder, path } = placesOf(name);
  if (!existsSync(path)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const { status, stderr, error } = npmInstall(folder, `${id}@${version}`);
    if (status !== 0) {
      const [, code, reason] = /^npm error code (\S+)\n(?:npm error (.*))?/m.exec(stderr) ?? [];
      return {
        missing: `${id}@${version}: ${reason ?? error?.message ?? "npm install failed"}`,
        unpublished: code === "E404" || code === "ETARGET",
      };
    }
  }
  const { status, signal, error } = spawnSync(path, ["--version"], { stdio: "ignore" });
  if (status === 0) return { path };
  return { missing: `${id}@${version} does not run here: ${error?.message ?? signal ?? `exit code ${status}`}` };
}

/**
 * @param {string} folder
 * @param {string} spec
 */
function npmInstall(folder, spec) {
  const options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder];
  // Under `npm test` this is the npm that runs; elsewhere the shell finds it, which Windows needs for npm.cmd.
  const { npm_execpath: npm } = process.env;
  return npm
    ? spawnSync(process.execPath, [npm, "install", ...options, spec], { encoding: "utf8" })
    : spawnSync("npm", ["install", ...options, spec], { encoding: "utf8", shell: platform === "win32" });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of /** @type {const} */ (["deno", "bun"])) {
    const runtime = fetchRuntime(name);
    mkdirSync(cache, { recursive: true });
    writeFileSync(placesOf(name).status, JSON.stringify(runtime));
    if (!runtime.missing) continue;
    const fate = process.env.CI === "true" && !runtime.unpublished ? "FAIL" : "ARE SKIPPED";
    console.error(`RUNTIME TESTS ON ${name.toUpperCase()} ${fate}: ${runtime.missing}`);
  }
}
