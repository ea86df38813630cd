import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { NscError } from "../errors.ts";
import { assertFolder } from "./assert-arguments.ts";
import { contextOfCwd } from "./cwd-context.ts";
import { ioError, saysMissing } from "./io-error.ts";
import { NSC_JSON, parseNscJson } from "./nsc-json.ts";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What decides where nsc keeps its files. */
export interface RootOptions {
  readonly allDirs?: string | undefined;
  readonly configDir?: string | undefined;
  readonly storesDir?: string | undefined;
  readonly keystoreDir?: string | undefined;
  readonly cwd?: string | undefined;
  readonly env: Environment;
}

/** Where nsc keeps its files; absolute paths. */
export interface Roots {
  readonly configDir: string;
  readonly storesDir: string;
  readonly keystoreDir: string;
}

/** Where nsc keeps its files, and what else decides about its context. */
export interface ResolvedRoots extends Roots {
  /** The working directory, if it has a say. */
  readonly cwd: string | undefined;
  /** Whether it alone has one, and `nsc.json` has none. */
  readonly isCwdOnly: boolean;
}

/** nsc's rules: what was asked for, its variables, `nsc.json`, the folders of XDG, and those of old versions. */
export function resolveRoots(options: RootOptions): ResolvedRoots {
  const { env } = options;
  const given = (name: "allDirs" | "configDir" | "storesDir" | "keystoreDir" | "cwd"): string | undefined => {
    const value = options[name];
    if (value === undefined) return undefined;
    assertFolder(value, name);
    return resolve(expandHome(value, env));
  };
  const variable = (name: string): string | undefined => {
    const value = env[name];
    return value ? resolve(expandHome(value, env)) : undefined;
  };
  const all = given("allDirs");
  const configDir = all ?? given("configDir") ?? variable("NSC_HOME") ?? defaultConfigDir(env);
  const keystoreDir = all ?? given("keystoreDir") ?? variable("NKEYS_PATH") ?? defaultDataDir(env, "keys", [".nkeys"]);
  const isCwdOnly = env["NSC_CWD_ONLY"] !== undefined;
  const cwd = given("cwd") ?? (isCwdOnly ? process.cwd() : undefined);
  const storesDir =
    all ??
    given("storesDir") ??
    (cwd === undefined ? undefined : contextOfCwd(cwd)?.storesDir) ??
    (isCwdOnly ? cwd : storeRootOf(configDir)) ??
    defaultStoresDir(env);
  return { configDir, storesDir, keystoreDir, cwd, isCwdOnly };
}

/** Where the stores are when nothing else is said. */
export function defaultStoresDir(env: Environment): string {
  return defaultDataDir(env, "stores", [".nsc", "nats"]);
}

/** The folder of configurations of all programs, on every system. */
export function configBase(env: Environment): string {
  return resolve(env["XDG_CONFIG_HOME"] || join(homeOf(env), ".config"));
}

function defaultConfigDir(env: Environment): string {
  const current = join(configBase(env), "nats", "nsc");
  if (existsSync(join(current, NSC_JSON))) return current;
  const old = resolve(homeOf(env), ".nsc");
  return existsSync(join(old, NSC_JSON)) ? old : current;
}

function defaultDataDir(env: Environment, name: string, oldName: readonly string[]): string {
  const current = resolve(env["XDG_DATA_HOME"] || join(homeOf(env), ".local", "share"), "nats", "nsc", name);
  if (existsSync(current)) return current;
  const old = resolve(homeOf(env), ...oldName);
  return existsSync(old) ? old : current;
}

/** The stores that nsc worked with last. */
function storeRootOf(configDir: string): string | undefined {
  const file = join(configDir, NSC_JSON);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if (saysMissing(cause)) return undefined;
    throw ioError(`reading ${file}`, cause);
  }
  const { store_root: root } = parseNscJson(text, file);
  return root ? resolve(root) : undefined;
}

/** Go: `homedir.Expand` of `mitchellh/go-homedir`. */
export function expandHome(path: string, env: Environment): string {
  if (!path.startsWith("~")) return path;
  if (path.length > 1 && path[1] !== "/" && path[1] !== "\\") {
    throw new NscError("ERR_ARGUMENT_INVALID", `${JSON.stringify(path)}: only ~ stands for a home folder, not ~user`);
  }
  return join(homeOf(env), path.slice(1));
}

function homeOf(env: Environment): string {
  if (env["HOME"]) return env["HOME"];
  if (process.platform === "win32") {
    if (env["USERPROFILE"]) return env["USERPROFILE"];
    if (env["HOMEDRIVE"] && env["HOMEPATH"]) return env["HOMEDRIVE"] + env["HOMEPATH"];
  }
  try {
    return userInfo().homedir;
  } catch (cause) {
    throw ioError("looking for the home folder", cause);
  }
}
