import { parseGoDuration } from "../encoding/duration.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ConfigMap } from "./format.ts";
import { isConfigMap, memberOf } from "./members.ts";
import { definedMembers, refuse } from "./options.ts";
import { type Resolver, resolverConfig } from "./resolver.ts";
import { checkUrl } from "./urls.ts";

/** The resolver of a configuration. Where none is named, the server asks the account server of a single operator. */
export function readResolver(config: ConfigMap, operators: readonly OperatorClaims[]): Resolver | undefined {
  const value = memberOf(config, "resolver", "account_resolver", "accounts_resolver");
  if (value === undefined) {
    const [operator] = operators;
    if (operator === undefined || operators.length > 1) return undefined;
    return urlResolver(`${operator.nats.account_server_url ?? ""}/accounts`);
  }
  if (typeof value === "string") return readText(value);
  if (isConfigMap(value)) return readMap(value);
  throw refuse("the resolver must be MEMORY, URL(…) or a map");
}

function readText(text: string): Resolver {
  if (/mem/i.test(text)) return { type: "memory" };
  const url = /url(?:\([\t\n\f\r ]*"?([^\t\n\f\r "]*)"?[\t\n\f\r ]*\))?/i.exec(text);
  if (url !== null) return urlResolver(url[1] ?? "");
  throw refuse("the resolver must be MEMORY, URL(…) or a map");
}

/** Of one that it can't fetch from, the server says so at its start. */
function urlResolver(url: string): Resolver {
  checkUrl("the account server of the resolver", url, ["http", "https"]);
  return { type: "url", url };
}

/** Unlike elsewhere, the server minds the case of these names, and passes over what it does not know. */
function readMap(map: ConfigMap): Resolver {
  const type = member(map, "type", "string")?.toLowerCase();
  if (type === "mem" || type === "memory") return { type: "memory" };
  if (type !== "full" && type !== "cache") throw refuse("the resolver's type must be full, cache or memory");
  const allowDelete = member(map, "allow_delete", "boolean");
  const hardDelete = member(map, "hard_delete", "boolean");
  const [interval, ttl] = [duration(map, "interval"), duration(map, "ttl")];
  const given: Readonly<Record<string, unknown>> =
    type === "full" ? { ttl } : { interval, allow_delete: allowDelete || undefined, hard_delete: hardDelete };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) throw refuse(`a resolver of type ${type} can't have ${name}`);
  }
  if (hardDelete !== undefined && allowDelete !== true) throw refuse("the resolver's hard_delete needs allow_delete");
  const limit = member(map, "limit", "number") ?? 0;
  const resolver = definedMembers({
    type,
    dir: member(map, "dir", "string"),
    ...(type === "full" && { allowDelete, hardDelete }),
    // What is not positive is the default.
    ...(type === "full" ? { interval } : { ttl }),
    limit: limit > 0 ? limit : undefined,
    timeout: member(map, "timeout", "string"),
  }) as unknown as Resolver;
  resolverConfig(resolver);
  return resolver;
}

interface Types {
  readonly string: string;
  readonly boolean: boolean;
  readonly number: number;
}

function member<Type extends keyof Types>(map: ConfigMap, name: string, type: Type): Types[Type] | undefined {
  const value = map[name];
  if (value === undefined) return undefined;
  if (typeof value === type && (type !== "number" || Number.isInteger(value))) return value as Types[Type];
  const hint = type === "string" ? "; put it in quotes" : "";
  throw refuse(`the resolver's ${name} must be ${type === "number" ? "an integer" : `a ${type}`}${hint}`);
}

/** Zero is as if it were not there. */
function duration(map: ConfigMap, name: string): string | undefined {
  const text = member(map, name, "string");
  if (text === undefined) return undefined;
  const nanoseconds = parseGoDuration(text);
  if (nanoseconds === undefined) throw refuse(`the resolver's ${name} must be a duration such as "2m"`);
  return nanoseconds === 0n || (name === "interval" && nanoseconds < 0n) ? undefined : text;
}
