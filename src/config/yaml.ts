import { refuse } from "./options.ts";

/** A value in YAML. */
export type YamlValue = null | boolean | number | string | readonly YamlValue[] | YamlMap;

/** A map in YAML; members that are `undefined` are left out. */
export interface YamlMap {
  readonly [name: string]: YamlValue | undefined;
}

/**
 * The YAML of maps, one document each: Helm values and manifests, as files for `helm --values` and `kubectl apply -f`. All strings
 * are quoted, with the escapes of JSON, so that no reader of any version of YAML takes one for something else.
 *
 * @param documents - what `helmValues`, `kubernetesSecret` and its sisters give, or any other maps
 * @throws NscError `ERR_CONFIG_VALUE` for what YAML can't hold: numbers that are none, functions, objects that are no plain maps
 *
 * @example
 * ```ts
 * import { formatYaml } from "nsc.js";
 *
 * formatYaml({ config: { resolver: { enabled: true, dir: "/data/resolver" } } });
 * // config:
 * //   resolver:
 * //     enabled: true
 * //     dir: "/data/resolver"
 * ```
 */
export function formatYaml(...documents: readonly YamlMap[]): string {
  return documents
    .map((document, index) => {
      if (!isMap(document)) throw refuse(`document ${index + 1} is no plain map`);
      const text = formatMap(document, 0, "");
      return text === "" ? "{}\n" : text;
    })
    .join("---\n");
}

/** No manifest is nested that deeply; data that contains itself ends here. */
const DEEPEST = 50;

function formatMap(map: YamlMap, depth: number, path: string): string {
  let out = "";
  for (const [name, value] of Object.entries(map)) {
    if (value === undefined) continue;
    out += `${"  ".repeat(depth)}${formatName(name)}:${formatValue(value, depth + 1, path === "" ? name : `${path}.${name}`)}`;
  }
  return out;
}

/** What follows the colon of a name, or the dash of an item, up to the end of its last line. */
function formatValue(value: unknown, depth: number, path: string): string {
  if (depth > DEEPEST) throw refuse(`${path} is nested too deeply`);
  if (Array.isArray(value)) {
    if (value.length === 0) return " []\n";
    const indent = "  ".repeat(depth);
    return `\n${Array.from(value, (item, i) => `${indent}-${formatItem(item, depth + 1, `${path}[${i}]`)}`).join("")}`;
  }
  if (isMap(value)) {
    const text = formatMap(value, depth, path);
    return text === "" ? " {}\n" : `\n${text}`;
  }
  return ` ${formatScalar(value, path)}\n`;
}

/** The first member of a map stands in the line of the dash. */
function formatItem(item: unknown, depth: number, path: string): string {
  const text = formatValue(item, depth, path);
  return isMap(item) && text.startsWith("\n") ? ` ${text.slice(1).trimStart()}` : text;
}

function formatScalar(value: unknown, path: string): string {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value === "boolean" || Number.isFinite(value)) return String(value);
  throw refuse(`${path} ${typeof value === "object" ? "is no plain map" : "is nothing that YAML can hold"}`);
}

/** The members of dates, `Map`s, byte arrays and the like are not what they hold. */
function isMap(value: unknown): value is YamlMap {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** Names that no version of YAML takes for anything else; YAML 1.1 has `y`, `no` and `off`, among others. */
function formatName(name: string): string {
  const isPlain = /^[A-Za-z_$][\w.$-]*$/.test(name) && !/^(?:[yn]|yes|no|on|off|true|false|null)$/i.test(name);
  return isPlain ? name : quote(name);
}

/** What is no text of YAML, or ends a line there, and JSON leaves as it is. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

function quote(text: string): string {
  return JSON.stringify(text.replace(/\p{Cs}/gu, "\ufffd")).replace(
    UNPRINTABLE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
