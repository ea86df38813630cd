import { NscError } from "../errors.ts";
import type { ConfigMap, ConfigValue } from "./format.ts";

export function refuse(message: string): NscError {
  return new NscError("ERR_CONFIG_VALUE", message);
}

export function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}

/** nats-server passes over much that it does not know, so that a slip would go unnoticed. */
export function assertKnown(options: unknown, known: readonly string[], what: string): asserts options is object {
  if (typeof options !== "object" || options === null) throw refuse(`${what} must be an object`);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw refuse(`${what} has no option ${unknown}`);
}

export function flag(what: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw refuse(`${what} must be true or false`);
}

export function stringList(what: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || !Array.from(value).every((item) => typeof item === "string")) {
    throw refuse(`${what} must be a list of strings`);
  }
  return [...value];
}

/** A path that the server takes as it stands. */
export function filePath(what: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value === "" || value.includes("\0")) {
    throw refuse(`${what} must be the path of a file`);
  }
  return value;
}

export function definedMembers(map: ConfigMap): { readonly [name: string]: ConfigValue } {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined)) as {
    readonly [name: string]: ConfigValue;
  };
}
