import type { ConfigMap, ConfigValue } from "./format.ts";
import { refuse } from "./options.ts";

/** The value of an option under any of its names, in any case. The server would take either of two. */
export function memberOf(map: ConfigMap, ...names: readonly string[]): ConfigValue | undefined {
  const present = Object.keys(map).filter((name) => names.includes(name.toLowerCase()) && map[name] !== undefined);
  if (present.length > 1) throw refuse(`the configuration has one option twice: ${present.join(" and ")}`);
  return present.length === 0 ? undefined : map[present[0] as string];
}

export function isConfigMap(value: unknown): value is ConfigMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The maps of an option of which the server makes one or a list. */
export function mapMember(map: ConfigMap, ...names: readonly string[]): ConfigMap {
  const value = memberOf(map, ...names);
  if (value === undefined) return {};
  if (!isConfigMap(value)) throw refuse(`the option ${names[0]} must be a map`);
  return value;
}

export function stringMember(map: ConfigMap, ...names: readonly string[]): string | undefined {
  const value = memberOf(map, ...names);
  if (value === undefined || typeof value === "string") return value;
  throw refuse(`the option ${names[0]} must be a string; put it in quotes`);
}

/** A string, or a list of them. */
export function stringsMember(map: ConfigMap, ...names: readonly string[]): readonly string[] | undefined {
  const value = memberOf(map, ...names);
  if (value === undefined) return undefined;
  const list = Array.isArray(value) ? (value as readonly ConfigValue[]) : [value];
  if (list.every((item) => typeof item === "string")) return list;
  throw refuse(`the option ${names[0]} must be a string or a list of strings; put them in quotes`);
}
