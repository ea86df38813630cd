import { parseGoDuration } from "../encoding/duration.ts";
import { NscError } from "../errors.ts";
import type { ConfigMap } from "./format.ts";

/** All accounts are in the configuration itself; changing one needs a reload. */
export interface MemoryResolver {
  readonly type: "memory";
}

/** The NATS resolver that keeps all accounts on disk; they are pushed to it, and it shares them with its cluster. */
export interface FullResolver {
  readonly type: "full";
  /** Folder of the tokens, one for each server. A relative path starts at the server process's working directory. */
  readonly dir: string;
  /** Whether accounts may be deleted; false by default. */
  readonly allowDelete?: boolean;
  /** Whether deleted tokens are removed instead of renamed; needs `allowDelete` and nats-server 2.9.16. */
  readonly hardDelete?: boolean;
  /** How often servers compare what they hold, as a Go duration such as `"2m"`; the server's default is `"1m"`. */
  readonly interval?: string;
  /** The number of accounts it takes; 0, the server's default, is any number. */
  readonly limit?: number;
  /** How long a look-up at other servers may take, as a Go duration; the server's default is `"1.9s"`. */
  readonly timeout?: string;
}

/** The NATS resolver that keeps some accounts and looks the others up at the servers with a full one. */
export interface CacheResolver {
  readonly type: "cache";
  /** Folder of the tokens, one for each server. A relative path starts at the server process's working directory. */
  readonly dir: string;
  /** How long a token is kept, as a Go duration; by default until it expires. */
  readonly ttl?: string;
  /** The number of accounts it keeps; 0 is the server's default, 1000. */
  readonly limit?: number;
  /** How long a look-up at other servers may take, as a Go duration; the server's default is `"1.9s"`. */
  readonly timeout?: string;
}

/** How a server gets at account tokens. */
export type Resolver = MemoryResolver | FullResolver | CacheResolver;

/** The options that each type has: nats-server passes over what it does not know, so that a slip would go unnoticed. */
const OPTIONS: { readonly [Type in Resolver["type"]]: readonly string[] } = {
  memory: ["type"],
  full: ["type", "dir", "allowDelete", "hardDelete", "interval", "limit", "timeout"],
  cache: ["type", "dir", "ttl", "limit", "timeout"],
};

/** The value of `resolver` in a configuration. */
export function resolverConfig(resolver: Resolver): string | ConfigMap {
  const given: Partial<Resolver> | null | undefined = resolver;
  if (typeof given !== "object" || given === null || !Object.hasOwn(OPTIONS, given.type ?? "")) {
    throw refuse("the resolver's type must be memory, full or cache");
  }
  for (const name of Object.keys(resolver)) {
    if (!OPTIONS[resolver.type].includes(name))
      throw refuse(`a resolver of type ${resolver.type} has no option ${name}`);
  }
  if (resolver.type === "memory") return "MEMORY";
  const dir: unknown = resolver.dir;
  if (typeof dir !== "string" || dir === "") throw refuse("the resolver needs a folder: dir");
  if (dir.includes("\0")) throw refuse("the resolver's dir holds a NUL, which no path can");
  const limit: unknown = resolver.limit;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && (limit as number) >= 0)) {
    throw refuse("the resolver's limit must be an integer that is not negative");
  }
  const timeout = duration("timeout", resolver.timeout);
  if (resolver.type === "cache") {
    return members({ type: "cache", dir, ttl: duration("ttl", resolver.ttl, true), limit: resolver.limit, timeout });
  }
  const allowDelete = flag("allowDelete", resolver.allowDelete);
  const hardDelete = flag("hardDelete", resolver.hardDelete);
  if (hardDelete === true && allowDelete !== true) throw refuse("the resolver's hardDelete needs allowDelete");
  return members({
    type: "full",
    dir,
    allow_delete: allowDelete ?? false,
    // Without allow_delete the server refuses it even where it is false.
    hard_delete: hardDelete || undefined,
    interval: duration("interval", resolver.interval),
    limit: resolver.limit,
    timeout,
  });
}

function members(map: ConfigMap): ConfigMap {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));
}

function duration(name: string, value: unknown, mayBeZero = false): string | undefined {
  if (value === undefined) return undefined;
  const nanoseconds = typeof value === "string" ? parseGoDuration(value) : undefined;
  if (nanoseconds !== undefined && (nanoseconds > 0n || (mayBeZero && nanoseconds === 0n))) return value as string;
  throw refuse(`the resolver's ${name} must be a positive duration as Go writes it, such as "2m" or "1.9s"`);
}

function flag(name: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw refuse(`the resolver's ${name} must be true or false`);
}

function refuse(message: string): NscError {
  return new NscError("ERR_CONFIG_VALUE", message);
}
