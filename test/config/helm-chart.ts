/**
 * What the official Helm chart makes of its values, as far as `nats.conf` is concerned: `files/config/config.yaml`,
 * `nats.loadMergePatch`, `nats.formatConfig` and `toPrettyRawJson` of nats-io/k8s, chart 2.14.2. It knows nothing of how we write.
 */

import type { HelmValues } from "nsc.js";
import { parse } from "yaml";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
interface JsonMap {
  [name: string]: Json;
}

/** The text of `nats.conf` for values that are read from their YAML. */
export function renderNatsConf(yaml: string): string {
  const values = parse(yaml) as HelmValues;
  const { resolver, merge } = values.config as unknown as {
    readonly resolver?: { readonly enabled: boolean; readonly dir: string; readonly merge: JsonMap };
    readonly merge: JsonMap;
  };
  const base: JsonMap = {
    server_name: "<< $SERVER_NAME >>",
    lame_duck_grace_period: "10s",
    lame_duck_duration: "30s",
    pid_file: "/var/run/nats/nats.pid",
    port: 4222,
    http_port: 8222,
  };
  if (resolver?.enabled) {
    // The template has no quotes around it: `dir: {{ .dir }}`.
    base["resolver"] = mergeOverwrite(parse(`dir: ${resolver.dir}`) as JsonMap, resolver.merge);
  }
  return formatConfig(mergeOverwrite(base, merge));
}

function mergeOverwrite(base: JsonMap, over: JsonMap): JsonMap {
  const out = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const before = out[name];
    out[name] = isMap(before) && isMap(value) ? mergeOverwrite(before, value) : value;
  }
  return out;
}

function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Template `nats.formatConfig`: with Go's regular expressions, in which a point is no line end and `\s` is ASCII. */
function formatConfig(config: JsonMap): string {
  return rawJson(goJson(config))
    .replace(/".*\$include": "(.*)",?/g, "include $1;")
    .replace(/"<<[\t\n\f\r ]+(.*?)[\t\n\f\r ]+>>"/g, "$1");
}

/** Template `toPrettyRawJsonStr`. */
function rawJson(text: string): string {
  let out = text;
  for (const [code, char] of [
    ["26", "&"],
    ["3c", "<"],
    ["3e", ">"],
  ] as const) {
    out = out.replace(new RegExp(`([^\\\\](?:\\\\\\\\)*)\\\\u00${code}`, "g"), (_, before: string) => before + char);
  }
  return /[^\\](?:\\\\)*\\u00(?:26|3c|3e)/.test(out) ? rawJson(out) : out;
}

/** Go: `json.MarshalIndent` of a map, whose names come out sorted. */
function goJson(value: Json): string {
  const sorted = JSON.stringify(sortNames(value), null, 2);
  return sorted.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function sortNames(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortNames);
  if (!isMap(value)) return value;
  const names = Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return Object.fromEntries(names.map((name) => [name, sortNames(value[name] as Json)]));
}
