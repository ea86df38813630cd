import { type ConfigMap, formatServerConfig } from "../config/format.ts";

/** A nats-server configuration: its text (not a path), or data such as `serverConfigFromTokens` gives. */
export type ServerConfigSource = string | ConfigMap;

/** The text of a configuration. This is the one place where the fixtures meet the `config` room. */
export function serverConfigText(config: ServerConfigSource): string {
  if (typeof config === "string") return config;
  // What has a text of its own has comments in it, too.
  const hasText = typeof config === "object" && config !== null && config.toString !== Object.prototype.toString;
  return hasText ? String(config) : formatServerConfig(config);
}
