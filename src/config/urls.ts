import { type GoUrl, parseGoUrl } from "../encoding/go-url.ts";
import { refuse } from "./options.ts";

/** A URL with a host, as Go reads it. The message does not show it, since it may hold a password. */
export function checkUrl(what: string, value: unknown, schemes: readonly string[]): GoUrl {
  const url = typeof value === "string" ? parseGoUrl(value) : undefined;
  if (url === undefined || "error" in url || url.hostname === "" || !schemes.includes(url.scheme)) {
    throw refuse(`${what} must be a URL with a host and one of the schemes ${schemes.join(", ")}`);
  }
  return url;
}
