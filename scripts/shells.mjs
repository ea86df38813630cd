/**
 * Gets the shells that completion is tested in and this machine does not have: on Debian and Ubuntu from the packages of the
 * system, unpacked into `node_modules/.cache/shells` and never installed. What cannot be had is said once, and skipped.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const cache = join(import.meta.dirname, "../node_modules/.cache/shells");
const DOWNLOAD_TIMEOUT = 120_000;

/** The packages of each, and its binary in them. */
const SHELLS = {
  zsh: { packages: ["zsh", "zsh-common"], binary: "bin/zsh" },
  fish: { packages: ["fish", "fish-common", "libpcre2-32-0"], binary: "usr/bin/fish" },
};

/**
 * @typedef {keyof typeof SHELLS} ShellName
 *
 * @typedef {object} Shell
 * @property {string} path the binary
 * @property {string} [folder] where its packages are unpacked, if it is not a shell of the system
 */

/**
 * A shell that is there: one of the system, or what the last run of this script unpacked.
 *
 * @param {ShellName} name
 * @returns {Shell | undefined}
 */
export function findShell(name) {
  for (const place of (process.env.PATH ?? "").split(delimiter)) {
    if (place !== "" && existsSync(join(place, name))) return { path: join(place, name) };
  }
  const folder = join(cache, name);
  const path = join(folder, SHELLS[name].binary);
  return existsSync(path) ? { path, folder } : undefined;
}

/**
 * @param {ShellName} name
 * @returns {string | undefined} what went wrong
 */
function fetchShell(name) {
  if (process.platform !== "linux") return "there are no packages for this system";
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, ".tmp-"));
  try {
    const lists = join(folder, "lists");
    const options = ["-q", "-o", `Dir::Cache=${folder}/cache`, "-o", "APT::Sandbox::User=root"];
    for (const place of ["lists/partial", "cache/archives/partial"])
      mkdirSync(join(folder, place), { recursive: true });
    const download = ["download", ...SHELLS[name].packages];
    let failure = apt(folder, [...options, ...download]);
    if (failure !== undefined) {
      // The system has never asked what packages there are.
      const own = [...options, "-o", `Dir::State::lists=${lists}`];
      failure = apt(folder, [...own, "update"]) ?? apt(folder, [...own, ...download]);
    }
    if (failure !== undefined) return failure;
    const unpacked = join(folder, "unpacked");
    for (const file of readdirSync(folder).filter((entry) => entry.endsWith(".deb"))) {
      const { status } = spawnSync("dpkg-deb", ["-x", join(folder, file), unpacked], { stdio: "ignore" });
      if (status !== 0) return `dpkg-deb can't unpack ${file}`;
    }
    writeFileSync(join(unpacked, "packages"), SHELLS[name].packages.join("\n"));
    rmSync(join(cache, name), { recursive: true, force: true });
    renameSync(unpacked, join(cache, name));
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} cwd
 * @param {readonly string[]} args
 */
function apt(cwd, args) {
  const { status, stderr, error } = spawnSync("apt-get", args, { cwd, encoding: "utf8", timeout: DOWNLOAD_TIMEOUT });
  if (status === 0) return undefined;
  return error?.message ?? stderr.split("\n").find((line) => line.startsWith("E:")) ?? `apt-get ended with ${status}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of /** @type {const} */ (["zsh", "fish"])) {
    const missing = findShell(name) === undefined ? fetchShell(name) : undefined;
    if (missing !== undefined) console.error(`COMPLETION TESTS IN ${name.toUpperCase()} ARE SKIPPED: ${missing}`);
  }
}
