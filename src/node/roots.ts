import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { NscError } from "../errors.ts";
import { damaged, ioError, saysMissing } from "./io-error.ts";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What decides where nsc keeps its files. */
export interface RootOptions {
  readonly allDirs?: string | undefined;
  readonly configDir?: string | undefined;
  readonly storesDir?: string | undefined;
  readonly keystoreDir?: string | undefined;
  readonly env: Environment;
}

/** Where nsc keeps its files; absolute paths. */
export interface Roots {
  readonly configDir: string;
  readonly storesDir: string;
  readonly keystoreDir: string;
}

/** nsc's rules: what was asked for, its variables, `nsc.json`, the folders of XDG, and those of old versions. */
export function resolveRoots(options: RootOptions): Roots {
  const { env } = options;
  const given = (name: "allDirs" | "configDir" | "storesDir" | "keystoreDir"): string | undefined => {
    const value = options[name];
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value === "" || value.includes("\0")) {
      throw new NscError("ERR_ARGUMENT_INVALID", `${name} must be the path of a folder`);
    }
    return resolve(expandHome(value, env));
  };
  const variable = (name: string): string | undefined => {
    const value = env[name];
    return value ? resolve(expandHome(value, env)) : undefined;
  };
  const all = given("allDirs");
  const configDir = all ?? given("configDir") ?? variable("NSC_HOME") ?? defaultConfigDir(env);
  const keystoreDir = all ?? given("keystoreDir") ?? variable("NKEYS_PATH") ?? defaultDataDir(env, "keys", [".nkeys"]);
  const storesDir =
    all ?? given("storesDir") ?? storeRootOf(configDir, env) ?? defaultDataDir(env, "stores", [".nsc", "nats"]);
  return { configDir, storesDir, keystoreDir };
}

function defaultConfigDir(env: Environment): string {
  const current = resolve(env["XDG_CONFIG_HOME"] || join(homeOf(env), ".config"), "nats", "nsc");
  if (existsSync(join(current, "nsc.json"))) return current;
  const old = resolve(homeOf(env), ".nsc");
  return existsSync(join(old, "nsc.json")) ? old : current;
}

function defaultDataDir(env: Environment, name: string, oldName: readonly string[]): string {
  const current = resolve(env["XDG_DATA_HOME"] || join(homeOf(env), ".local", "share"), "nats", "nsc", name);
  if (existsSync(current)) return current;
  const old = resolve(homeOf(env), ...oldName);
  return existsSync(old) ? old : current;
}

/** The stores that nsc worked with last. */
function storeRootOf(configDir: string, env: Environment): string | undefined {
  if (env["NSC_CWD_ONLY"] !== undefined) return undefined;
  const file = join(configDir, "nsc.json");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if (saysMissing(cause)) return undefined;
    throw ioError(`reading ${file}`, cause);
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw damaged(file, "is no JSON; mend or remove it, or say storesDir");
  }
  const root = (config as { readonly store_root?: unknown } | null)?.store_root;
  if (typeof config !== "object" || Array.isArray(config) || (root != null && typeof root !== "string")) {
    throw damaged(file, "is no configuration of nsc; mend or remove it, or say storesDir");
  }
  return root ? resolve(root) : undefined;
}

/** Go: `homedir.Expand` of `mitchellh/go-homedir`. */
function expandHome(path: string, env: Environment): string {
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
