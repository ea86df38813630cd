import { parseGoDuration } from "../encoding/duration.ts";
import type { ConfigMap } from "./format.ts";
import { assertKnown, definedMembers, flag, refuse } from "./options.ts";
import type { TlsFiles } from "./tls-files.ts";
import { checkUrl } from "./urls.ts";

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

/**
 * An account server that is asked over HTTP, as nsc's `nats-account-server` is: `GET {url}/{public key of the account}`. It has
 * to answer `GET {url}/` with 200 when a server starts. Nothing can be preloaded.
 */
export interface UrlResolver {
  readonly type: "url";
  /**
   * Where the accounts are, such as `"https://accounts.example/jwt/v1/accounts"`. Without query and fragment, since the key is put
   * at its end; and without the letters `mem`, by which nats-server takes it for the memory resolver.
   */
  readonly url: string;
  /** For `https`: whom the server trusts and with what it shows who it is; the system's authorities by default. */
  readonly tls?: TlsFiles;
}

/** How a server gets at account tokens. */
export type Resolver = MemoryResolver | FullResolver | CacheResolver | UrlResolver;

/** The options that each type has: nats-server passes over what it does not know, so that a slip would go unnoticed. */
const OPTIONS: { readonly [Type in Resolver["type"]]: readonly string[] } = {
  memory: ["type"],
  full: ["type", "dir", "allowDelete", "hardDelete", "interval", "limit", "timeout"],
  cache: ["type", "dir", "ttl", "limit", "timeout"],
  url: ["type", "url", "tls"],
};

/** The value of `resolver` in a configuration. */
export function resolverConfig(resolver: Resolver): string | ConfigMap {
  const given: Partial<Resolver> | null | undefined = resolver;
  if (typeof given !== "object" || given === null || !Object.hasOwn(OPTIONS, given.type ?? "")) {
    throw refuse("the resolver's type must be memory, full, cache or url");
  }
  assertKnown(resolver, OPTIONS[resolver.type], `a resolver of type ${resolver.type}`);
  if (resolver.type === "memory") return "MEMORY";
  if (resolver.type === "url") return `URL(${accountServerUrl(resolver.url)})`;
  const dir: unknown = resolver.dir;
  if (typeof dir !== "string" || dir === "") throw refuse("the resolver needs a folder: dir");
  if (dir.includes("\0")) throw refuse("the resolver's dir holds a NUL, which no path can");
  const limit: unknown = resolver.limit;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && (limit as number) >= 0)) {
    throw refuse("the resolver's limit must be an integer that is not negative");
  }
  const timeout = duration("timeout", resolver.timeout);
  if (resolver.type === "cache") {
    const ttl = duration("ttl", resolver.ttl, true);
    return definedMembers({ type: "cache", dir, ttl, limit: resolver.limit, timeout });
  }
  const allowDelete = flag("the resolver's allowDelete", resolver.allowDelete);
  const hardDelete = flag("the resolver's hardDelete", resolver.hardDelete);
  if (hardDelete === true && allowDelete !== true) throw refuse("the resolver's hardDelete needs allowDelete");
  return definedMembers({
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

/** What nats-server finds between the parentheses of `URL(…)`: neither white space nor quotes. */
function accountServerUrl(url: unknown): string {
  const what = "the resolver's url";
  const { path } = checkUrl(what, url, ["http", "https"]);
  if (/[\s"?#]/.test(url as string)) {
    throw refuse(`${what} can't have white space, quotes, a query or a fragment: the account's key is put at its end`);
  }
  if (/mem/i.test(url as string)) {
    const how = /mem/i.test(path) ? ": in its path, write %6d for an m" : "";
    throw refuse(`${what} holds "mem", by which nats-server takes it for the memory resolver${how}`);
  }
  return url as string;
}

function duration(name: string, value: unknown, mayBeZero = false): string | undefined {
  if (value === undefined) return undefined;
  const nanoseconds = typeof value === "string" ? parseGoDuration(value) : undefined;
  if (nanoseconds !== undefined && (nanoseconds > 0n || (mayBeZero && nanoseconds === 0n))) return value as string;
  throw refuse(`the resolver's ${name} must be a positive duration as Go writes it, such as "2m" or "1.9s"`);
}
