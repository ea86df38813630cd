import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { compareVersions, isVersion, parseVersionOutput } from "../encoding/server-version.ts";
import { NscError } from "../errors.ts";

/** Options of {@link findNatsServer}. */
export interface FindNatsServerOptions {
  /** The binary to take. Relative paths start at the working directory. No other place is looked at. */
  readonly path?: string;
  /**
   * The oldest version that will do, such as "2.11.0". Default: "2.10.0" for a server that is looked for; none for one
   * that was named, by `path` or by `$NATS_SERVER`.
   */
  readonly minVersion?: string;
}

/** A nats-server that runs on this machine. */
export interface FoundNatsServer {
  /** The absolute path of the binary. */
  readonly path: string;
  /** Its version, such as "2.15.1". */
  readonly version: string;
}

/** Older servers lack what tests rely on: replies of several servers to one request, reload over NATS, and more. */
const MIN_VERSION = "2.10.0";
/** A cold disk or a busy machine can make the first run of a binary slow; a hanging program must still end. */
const VERSION_TIMEOUT_MS = 20_000;
const BINARY = process.platform === "win32" ? "nats-server.exe" : "nats-server";
const REMEDY = "set NATS_SERVER to the path of one or install one (https://github.com/nats-io/nats-server/releases)";

const run = promisify(execFile);

/**
 * Finds the nats-server to test with. Places, in this order: `options.path`; `$NATS_SERVER`;
 * `node_modules/.cache/nats-server/<version>/nats-server` in the working directory or a folder above it, highest version
 * first; `PATH`. A server that was named (the first two) is taken or complained about, never replaced by another one.
 * Each candidate is run once with `--version`.
 *
 * @param options - a binary to take, the oldest version that will do
 * @returns the absolute path and the version
 * @throws NscError `ERR_SERVER_NOT_FOUND` if there is none that runs and is new enough; the message says what was
 * looked at and what would do. `ERR_ARGUMENT_INVALID` if `minVersion` is no version.
 *
 * @example
 * ```ts
 * import { findNatsServer } from "nsc.js/testing";
 *
 * const { path, version } = await findNatsServer();
 * console.log(`${path} is version ${version}`);
 * ```
 */
export async function findNatsServer(options: FindNatsServerOptions = {}): Promise<FoundNatsServer> {
  const { minVersion } = options;
  if (minVersion !== undefined && !isVersion(minVersion)) {
    throw new NscError("ERR_ARGUMENT_INVALID", `minVersion must be a version such as "2.11.0", not "${minVersion}"`);
  }
  if (options.path !== undefined) return await namedServer(options.path, "options.path", minVersion);
  const fromEnvironment = process.env["NATS_SERVER"];
  if (fromEnvironment) return await namedServer(fromEnvironment, "NATS_SERVER", minVersion);

  const oldest = minVersion ?? MIN_VERSION;
  const rejected: string[] = [];
  for await (const path of candidates()) {
    const version = await versionOf(path);
    if (version === undefined) continue;
    if (compareVersions(version, oldest) >= 0) return { path, version };
    rejected.push(`${path} is ${version}`);
  }
  const found = rejected.length === 0 ? "" : ` (${rejected.join(", ")})`;
  throw new NscError(
    "ERR_SERVER_NOT_FOUND",
    `no nats-server ${oldest} or newer in node_modules/.cache/nats-server or in PATH${found}: ${REMEDY}`,
  );
}

async function namedServer(name: string, from: string, minVersion: string | undefined): Promise<FoundNatsServer> {
  const path = resolve(name);
  const version = await versionOf(path);
  if (version === undefined) {
    throw new NscError("ERR_SERVER_NOT_FOUND", `${from} names ${path}, which is no nats-server that runs: ${REMEDY}`);
  }
  if (minVersion !== undefined && compareVersions(version, minVersion) < 0) {
    throw new NscError(
      "ERR_SERVER_NOT_FOUND",
      `${from} names ${path}, which is ${version}; ${minVersion} or newer is needed: ${REMEDY}`,
    );
  }
  return { path, version };
}

async function* candidates(): AsyncGenerator<string, undefined> {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const cache = join(folder, "node_modules", ".cache", "nats-server");
    const versions = await readdir(cache).catch((): string[] => []);
    for (const version of versions.filter(isVersion).sort((a, b) => compareVersions(b, a))) {
      yield join(cache, version, BINARY);
    }
    if (folder === dirname(folder)) break;
  }
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    if (folder !== "") yield resolve(folder, BINARY);
  }
}

/** Undefined for what is not there, does not run here, or is another program. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    return parseVersionOutput((await run(path, ["--version"], { timeout: VERSION_TIMEOUT_MS })).stdout);
  } catch {
    return undefined;
  }
}
