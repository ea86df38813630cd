import { NscError } from "../errors.ts";

/** A value in a configuration of nats-server. */
export type ConfigValue = string | number | bigint | boolean | readonly ConfigValue[] | ConfigMap;

/** A map in a configuration of nats-server; members that are `undefined` are left out. */
export interface ConfigMap {
  readonly [name: string]: ConfigValue | undefined;
}

/**
 * The text of a configuration of nats-server. Strings are always quoted, so no value can be taken for a number, a
 * variable or more configuration.
 *
 * @param config - the configuration as data: what `serverConfigFromTokens` gives, or a larger map around it
 * @throws NscError `ERR_CONFIG_VALUE` for what the format can't hold: `null`, fractions that need an exponent, integers
 * beyond 64 bits, objects that are no plain maps, names with control characters or with both kinds of quotes
 *
 * @example
 * ```ts
 * import { formatServerConfig } from "nsc.js";
 *
 * formatServerConfig({ port: 4222, server_name: "n1", jetstream: { store_dir: "/data" } });
 * // port: 4222
 * // server_name: "n1"
 * // jetstream: {
 * //   store_dir: "/data"
 * // }
 * ```
 */
export function formatServerConfig(config: ConfigMap): string {
  if (!isMap(config)) throw new NscError("ERR_ARGUMENT_INVALID", "a configuration must be a map");
  return formatMembers(config);
}

/** The members of a map, a line each, with comments above those whose path has one. */
export function formatMembers(map: ConfigMap, comments: Comments = new Map(), depth = 0, path = ""): string {
  let out = "";
  for (const name of Object.keys(map)) {
    const value = map[name];
    if (value === undefined) continue;
    const at = path === "" ? name : `${path}.${name}`;
    const indent = "  ".repeat(depth);
    const comment = comments.get(at);
    if (comment !== undefined) out += `${indent}# ${oneLine(comment)}\n`;
    out += `${indent}${formatName(name)}: ${formatValue(value, comments, depth, at)}\n`;
  }
  return out;
}

/** Comments by the path of the member that they stand above. */
type Comments = ReadonlyMap<string, string>;

/** A line end in a comment would end the comment, and what follows would be configuration. */
function oneLine(comment: string): string {
  return comment.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, " ");
}

/** No configuration is nested that deeply; data that contains itself ends here. */
const DEEPEST = 50;

function formatValue(value: unknown, comments: Comments, depth: number, path: string): string {
  if (depth > DEEPEST) throw refused(path, "is nested too deeply");
  switch (typeof value) {
    case "string":
      return quoteConfig(value);
    case "boolean":
      return String(value);
    case "bigint":
      if (value !== BigInt.asIntN(64, value)) throw refused(path, "is an integer beyond 64 bits");
      return String(value);
    case "number":
      return formatNumber(value, path);
    case "object":
      return formatCollection(value, comments, depth, path);
    default:
      throw refused(path, `can't be of type ${typeof value}`);
  }
}

function formatCollection(value: object | null, comments: Comments, depth: number, path: string): string {
  if (value === null) throw refused(path, "can't be null");
  const indent = "  ".repeat(depth);
  if (Array.isArray(value)) {
    // Unlike map, this does not pass over holes.
    const items = Array.from(
      value,
      (item, index) => `${indent}  ${formatValue(item, comments, depth + 1, `${path}[${index}]`)}\n`,
    );
    return items.length === 0 ? "[]" : `[\n${items.join("")}${indent}]`;
  }
  if (!isMap(value)) throw refused(path, "is no plain map");
  const members = formatMembers(value, comments, depth + 1, path);
  return members === "" ? "{}" : `{\n${members}${indent}}`;
}

/** The members of dates, `Map`s, byte arrays and the like are not what they hold. */
function isMap(value: unknown): value is ConfigMap {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** The format knows digits with a point, and no exponents. */
function formatNumber(value: number, path: string): string {
  const text = String(value);
  if (!/^-?\d+(?:\.\d+)?$/.test(text) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    throw refused(path, "is a number that can't be written exactly; use a bigint or a string");
  }
  return text;
}

/** Names that may stand without quotes. */
const BARE_NAME = /^[A-Za-z_][\w-]*$/;

/** Quoted names know no escapes, so what their quotes can't hold can't be written. */
function formatName(name: string): string {
  // Followed by white space it would be read as the keyword.
  if (BARE_NAME.test(name) && name.toLowerCase() !== "include") return name;
  const isControl = [...name].some((char) => char < " " || char === "\x7f");
  if (name !== "" && !isControl) {
    if (!name.includes('"')) return `"${name}"`;
    if (!name.includes("'")) return `'${name}'`;
  }
  throw new NscError(
    "ERR_CONFIG_VALUE",
    "a name in the configuration is empty, or holds control characters or both kinds of quotes, which the format can't",
  );
}

/** The escapes that nats-server knows in double quotes are `\\ \" \t \n \r \xHH`. */
function quoteConfig(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (char === '"' || char === "\\") out += `\\${char}`;
    else if (char === "\n") out += "\\n";
    else if (char === "\r") out += "\\r";
    else if (char === "\t") out += "\\t";
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code >= 0xd800 && code < 0xe000) out += "\ufffd";
    else out += char;
  }
  return `${out}"`;
}

function refused(path: string, what: string): NscError {
  return new NscError("ERR_CONFIG_VALUE", `${path} ${what}`);
}
