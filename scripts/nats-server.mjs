/**
 * Finds or fetches a nats-server for the tests and keeps it in `node_modules/.cache/nats-server/<version>/`.
 *
 *     node scripts/nats-server.mjs                    say which server the tests will use (runs as `pretest`)
 *     node scripts/nats-server.mjs --print            print only its path
 *     node scripts/nats-server.mjs --suite bookworm   an older one, from that suite of the system's package archive
 *
 * The order: `$NATS_SERVER`, the cache, `PATH`, on Debian and Ubuntu the newest packaged one, the project's release.
 * The system stays as it is: packages are unpacked, never installed.
 */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, realpathSync } from "node:fs";
import {
  access,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const run = promisify(execFile);

const BINARY = process.platform === "win32" ? "nats-server.exe" : "nats-server";
const CACHE = join(dirname(dirname(fileURLToPath(import.meta.url))), "node_modules", ".cache", "nats-server");

/** Tests speak of what servers do since this one; an older one is used only when it is asked for by name. */
const MIN_VERSION = "2.10.0";

/** By the archive's `Origin`: where its newest packages are, and which components hold them. */
const ARCHIVES = {
  Debian: { newest: "forky", components: "main" },
  Ubuntu: { newest: "devel", components: "universe" },
};

const RELEASE = "2.15.1";
const RELEASES = "https://github.com/nats-io/nats-server/releases/download";
const RELEASE_SYSTEMS = { darwin: "darwin", linux: "linux", win32: "windows" };
const RELEASE_MACHINES = { arm: "arm7", arm64: "arm64", ia32: "386", x64: "amd64" };

const COMMAND_TIMEOUT = 180_000;
const DOWNLOAD_TIMEOUT = 120_000;
const STALE_AFTER = 60 * 60 * 1000;

/**
 * @typedef {object} NatsServer
 * @property {string} path of the binary, absolute
 * @property {string} version such as "2.15.1"
 * @property {string} source where it was found, for people
 */

/**
 * A nats-server that runs on this machine: found, or fetched into the cache.
 *
 * @param {{ suite?: string | undefined }} [options] `suite`: only the server of that suite of the package archive
 * @returns {Promise<NatsServer>}
 */
export async function obtainNatsServer({ suite } = {}) {
  if (suite !== undefined) {
    const cached = (await cachedServers()).find(({ origins }) => origins.includes(`suite-${suite}`));
    return cached ?? (await fromPackages(suite));
  }
  if (process.env.NATS_SERVER) {
    // A server that was named is used or complained about, never replaced by another one.
    const path = resolve(process.env.NATS_SERVER);
    return { path, version: await versionOf(path), source: "$NATS_SERVER" };
  }
  const cached = (await cachedServers()).filter(({ version }) => compareVersions(version, MIN_VERSION) >= 0);
  const newest = cached.find(({ origins }) => origins.length === 0 || origins.includes("newest"));
  if (newest !== undefined) return newest;

  const reasons = [];
  for (const source of [fromPath, fromPackages, fromRelease]) {
    try {
      return await source();
    } catch (error) {
      reasons.push(describeError(error));
    }
  }
  // What a run for an older suite has left there is better than nothing.
  if (cached[0] !== undefined) return cached[0];
  throw new Error(reasons.join("; "));
}

/** The servers of the cache that run, highest version first. `origins` are the marker files beside the binary. */
async function cachedServers() {
  const servers = [];
  for (const name of await readdir(CACHE).catch(() => [])) {
    if (!/^\d/.test(name)) continue;
    const path = join(CACHE, name, BINARY);
    try {
      const version = await versionOf(path);
      const origins = (await readdir(dirname(path))).filter((file) => file !== BINARY);
      servers.push({ path, version, origins, source: "cache" });
    } catch {
      // Made for another machine, or damaged; fetching replaces it.
    }
  }
  return servers.sort((a, b) => compareVersions(b.version, a.version));
}

async function fromPath() {
  let found = "no nats-server in PATH";
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    if (folder === "") continue;
    const path = resolve(folder, BINARY);
    const version = await versionOf(path).catch(() => undefined);
    if (version === undefined) continue;
    if (compareVersions(version, MIN_VERSION) >= 0) return { path, version, source: "PATH" };
    found = `the nats-server in PATH is ${version}, older than ${MIN_VERSION}`;
  }
  throw new Error(found);
}

/** From the package archive that this system uses; apt checks the signatures against the keys it holds for it. */
async function fromPackages(suite) {
  if (process.platform !== "linux") throw new Error("no Debian or Ubuntu packages for this system");
  return await inTemporaryFolder(async (folder) => {
    const config = join(folder, "apt.conf");
    for (const name of ["lists/partial", "cache/archives/partial"])
      await mkdir(join(folder, name), { recursive: true });
    await writeFile(config, aptConfig(folder));

    const archives = await packageArchives(folder);
    if (archives.length === 0) throw new Error("apt knows no archive of Debian or Ubuntu");
    const reasons = [];
    for (const { address, origin } of archives) {
      const { newest, components } = ARCHIVES[origin];
      const wanted = suite ?? newest;
      const key = await archiveKey(address);
      const options = key === undefined ? "" : ` [signed-by=${key}]`;
      await writeFile(join(folder, "sources.list"), `deb${options} ${address} ${wanted} ${components}\n`);
      try {
        await command("apt-get", ["-c", config, "-q", "update"], folder);
        await command("apt-get", ["-c", config, "-q", "download", "nats-server"], folder);
        const file = (await readdir(folder)).find((name) => name.endsWith(".deb"));
        if (file === undefined) throw new Error("apt-get download left no package");
        await command("dpkg-deb", ["-x", file, "unpacked"], folder);
        const binary = await firstFile(join(folder, "unpacked", "usr"), ["sbin/nats-server", "bin/nats-server"]);
        const origins = wanted === newest ? [`suite-${wanted}`, "newest"] : [`suite-${wanted}`];
        return await keep(binary, origins, `package of ${origin} ${wanted}`);
      } catch (error) {
        reasons.push(`${origin} ${wanted}: ${describeError(error)}`);
      }
    }
    throw new Error(reasons.join("; "));
  });
}

/** apt on folders of its own: no state of the system is read that could choose another package, none is written. */
function aptConfig(folder) {
  return [
    `Dir::Etc::sourcelist "${folder}/sources.list";`,
    `Dir::Etc::sourceparts "-";`,
    `Dir::Etc::preferences "${folder}/none";`,
    `Dir::Etc::preferencesparts "-";`,
    `Dir::State::lists "${folder}/lists";`,
    `Dir::Cache "${folder}/cache";`,
    `APT::Default-Release "";`,
    `APT::Update::Error-Mode "any";`,
    `APT::Sandbox::User "root";`,
    `Acquire::Languages "none";`,
    `Acquire::Retries "2";`,
    `Acquire::http::Timeout "20";`,
    `Acquire::https::Timeout "20";`,
    // Hooks of the system, such as the cleaning of its own download folder.
    "#clear APT::Update::Pre-Invoke;",
    "#clear APT::Update::Post-Invoke;",
    "#clear APT::Update::Post-Invoke-Success;",
    "",
  ].join("\n");
}

/** The archives of the distribution itself that this system is set up to use. */
async function packageArchives(folder) {
  const format = "$(ORIGIN) $(CODENAME) $(REPO_URI)";
  const targets = await command("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], folder);
  const archives = new Map();
  for (const line of targets.split("\n")) {
    const [origin, codename, address] = line.split(" ");
    // The security archive has none of the newer suites.
    if (address === undefined || !Object.hasOwn(ARCHIVES, origin) || codename.endsWith("-security")) continue;
    archives.set(address, { address, origin });
  }
  if (archives.size > 0) return [...archives.values()];

  // apt-get names its index targets only once it has fetched them, which a fresh container has not; what it would
  // fetch it tells at any time. There the origin is not known, so that each archive is asked for both suites.
  const lists = `Dir::State::lists=${join(folder, "lists")}`;
  const plan = await command("apt-get", ["-o", lists, "--print-uris", "update"], folder);
  for (const [, address, codename] of plan.matchAll(/^'(\S+?)dists\/([^/\s]+)\/InRelease'/gm)) {
    if (codename.includes("-")) continue;
    for (const origin of Object.keys(ARCHIVES)) archives.set(`${origin} ${address}`, { address, origin });
  }
  return [...archives.values()];
}

/** The keyring that this system's sources name for the archive; without one, apt trusts its own. */
async function archiveKey(address) {
  const quoted = await command("apt-config", [
    "shell",
    "list",
    "Dir::Etc::sourcelist/f",
    "parts",
    "Dir::Etc::sourceparts/d",
  ]);
  const folders = Object.fromEntries([...quoted.matchAll(/^(\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]));
  const parts = folders.parts === undefined ? [] : await readdir(folders.parts).catch(() => []);
  const files = [folders.list, ...parts.map((name) => join(folders.parts, name))];
  const site = address.replace(/\/+$/, "");
  for (const file of files) {
    if (file === undefined || !/\.(?:list|sources)$/.test(file)) continue;
    const text = await readFile(file, "utf8").catch(() => "");
    for (const entry of text.split(file.endsWith(".list") ? /\n/ : /\n\s*\n/)) {
      if (!entry.includes(site)) continue;
      // A key may also stand in the file itself; then, as without any, apt's own keys decide.
      const key = /signed-by\s*[:=]\s*([^\s\],]+)/i.exec(entry)?.[1];
      if (key !== undefined && isAbsolute(key)) return key;
    }
  }
  return undefined;
}

/**
 * From the project's releases. What is checked: the connection (TLS) and the archive against the SHA256SUMS file of the
 * same release. That finds damage on the way; it does not find a release that was tampered with, since no checksum is
 * pinned here.
 */
async function fromRelease() {
  const system = RELEASE_SYSTEMS[process.platform];
  const machine = RELEASE_MACHINES[process.arch];
  if (system === undefined || machine === undefined) {
    throw new Error(`no release for ${process.platform} ${process.arch}`);
  }
  const name = `nats-server-v${RELEASE}-${system}-${machine}`;
  const archive = `${name}.${system === "windows" ? "zip" : "tar.gz"}`;
  return await inTemporaryFolder(async (folder) => {
    const file = join(folder, archive);
    await download(`${RELEASES}/v${RELEASE}/SHA256SUMS`, join(folder, "SHA256SUMS"));
    await download(`${RELEASES}/v${RELEASE}/${archive}`, file);
    const sums = await readFile(join(folder, "SHA256SUMS"), "utf8");
    const expected = sums.split("\n").map((line) => line.trim().split(/\s+\*?/));
    const actual = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
    if (!expected.some(([sum, of]) => sum === actual && of === archive)) {
      throw new Error(`the checksum of ${archive} is not the one that the release states`);
    }
    await command("tar", ["-xf", archive], folder);
    return await keep(join(folder, name, BINARY), ["newest"], `release ${RELEASE}`);
  });
}

async function download(address, file) {
  const response = await fetch(address, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT) }).catch((error) => {
    throw new Error(`${address} cannot be fetched`, { cause: error.cause ?? error });
  });
  if (!response.ok || response.body === null) throw new Error(`${address} answered ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
}

/**
 * Moves a binary that runs here into the cache. A folder of the cache appears whole or not at all, so that two of these
 * scripts, or a script and a test run, can work at once.
 */
async function keep(binary, origins, source) {
  await chmod(binary, 0o755);
  const version = await versionOf(binary);
  const target = join(CACHE, version);
  const staged = join(dirname(binary), `staged-${version}`);
  await mkdir(staged);
  await copyFile(binary, join(staged, BINARY));
  for (const origin of origins) await writeFile(join(staged, origin), "");
  const path = join(target, BINARY);
  try {
    await rename(staged, target);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "EPERM"].includes(error.code)) throw error;
    // Another run was first, the same version came from elsewhere, or the binary there is damaged.
    const kept = await versionOf(path).catch(() => undefined);
    if (kept !== version) await rename(join(staged, BINARY), path);
    for (const origin of origins) await writeFile(join(target, origin), "");
  }
  return { path, version, source };
}

/** Runs `work` in a folder beside the cache's own, so that what it makes can be renamed into the cache. */
async function inTemporaryFolder(work) {
  await mkdir(CACHE, { recursive: true });
  for (const name of await readdir(CACHE)) {
    if (!name.startsWith(".tmp-")) continue;
    const age = Date.now() - ((await stat(join(CACHE, name)).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > STALE_AFTER) await rm(join(CACHE, name), { recursive: true, force: true });
  }
  const folder = await mkdtemp(join(CACHE, ".tmp-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function command(file, args, cwd) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
  try {
    return (await run(file, args, { cwd, env, timeout: COMMAND_TIMEOUT, maxBuffer: 16 * 1024 * 1024 })).stdout;
  } catch (error) {
    if (error.code === "ENOENT") throw new Error(`no ${file} here`, { cause: error });
    const lines = (error.stderr ?? "").split("\n").filter((line) => /^\s*[EW]:|error/i.test(line));
    throw new Error(`${file} failed: ${lines[0]?.trim() ?? error.message}`, { cause: error });
  }
}

async function versionOf(path) {
  let output;
  try {
    output = (await run(path, ["--version"], { timeout: 20_000 })).stdout;
  } catch (error) {
    throw new Error(`${path} does not run (${error.code ?? error.message})`, { cause: error });
  }
  const version = /^nats-server: v(\d+\.\d+\.\d+\S*)/m.exec(output)?.[1];
  if (version === undefined) throw new Error(`${path} is no nats-server`);
  return version;
}

async function firstFile(folder, names) {
  for (const name of names) {
    const path = join(folder, name);
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  throw new Error("the package has no nats-server in it");
}

/** Numbers by their parts; a pre-release ("2.16.0-RC.1") comes before its release. */
function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => {
    const [release, preview] = version.split(/-(.*)/s);
    return [...release.split(".").map(Number), preview ? 0 : 1];
  });
  for (let i = 0; i < 4; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One line, with the code that fetch hides in the cause. */
function describeError(error) {
  const hidden = error.cause?.code;
  const text =
    typeof hidden === "string" && !error.message.includes(hidden) ? `${error.message} (${hidden})` : error.message;
  return text.replace(/\s+/g, " ").trim();
}

async function main() {
  let options;
  try {
    options = parseArgs({ options: { suite: { type: "string" }, print: { type: "boolean", default: false } } }).values;
    if (options.suite !== undefined && !/^[a-z][a-z0-9-]*$/.test(options.suite)) {
      throw new Error(`no suite has the name ${options.suite}`);
    }
  } catch (error) {
    console.error(`nats-server.mjs: ${error.message}; usage: nats-server.mjs [--suite NAME] [--print]`);
    process.exitCode = 2;
    return;
  }
  try {
    const { path, version, source } = await obtainNatsServer(options);
    const near = relative(process.cwd(), path);
    console.log(options.print ? path : `nats-server ${version}: ${near.startsWith("..") ? path : near} (${source})`);
  } catch (error) {
    const mandatory = process.env.CI === "true" || options.print;
    const effect = mandatory ? "" : ", so the tests that need one are SKIPPED";
    console.error(`!!! NO NATS-SERVER${effect}: ${describeError(error)}`);
    // Who reads the path from --print must not go on with an empty one.
    if (mandatory) process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
