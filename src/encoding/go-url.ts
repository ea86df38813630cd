import { decodeUtf8, encodeUtf8, utf8Length } from "./bytes.ts";
import { parseIpAddress } from "./cidr.ts";
import { quoteGo } from "./go-text.ts";

/** What Go finds in a URL, as far as the rules for claims look at it. */
export interface GoUrl {
  /** In lower case; empty if there is none. */
  readonly scheme: string;
  /** Whether the authority holds an `@`, also if nothing stands before it. */
  readonly hasUserInfo: boolean;
  /** With the port and, around an IPv6 address, the brackets. */
  readonly host: string;
  /** The host without port and brackets. */
  readonly hostname: string;
  readonly path: string;
  /** What follows the scheme if that is not a slash; host and path are empty then. */
  readonly opaque: string;
}

/** Why a text is no URL: Go's full text. */
export interface GoUrlError {
  readonly error: string;
}

/** Ends parsing; never leaves this module. */
class Refusal {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Go: `url.Parse` of net/url, as of Go 1.26. The WHATWG class `URL` has other rules on nearly every point. */
export function parseGoUrl(text: string): GoUrl | GoUrlError {
  const hash = text.indexOf("#");
  const before = hash < 0 ? text : text.slice(0, hash);
  // Reasons found in the fragment show the whole text, others what stands before it.
  let shown = before;
  try {
    const url = parseWithoutFragment(before);
    shown = text;
    if (hash >= 0) decodePercent(text.slice(hash + 1), "path");
    return url;
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return { error: `parse ${quoteGo(shown)}: ${thrown.reason}` };
  }
}

function parseWithoutFragment(text: string): GoUrl {
  if (/[\x00-\x1f\x7f]/.test(text)) throw new Refusal("net/url: invalid control character in URL");
  const url = { scheme: "", hasUserInfo: false, host: "", hostname: "", path: "", opaque: "" };
  if (text === "*") return { ...url, path: "*" };
  if (text.startsWith(":")) throw new Refusal("missing protocol scheme");
  const prefix = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(text)?.[0] ?? "";
  url.scheme = prefix.slice(0, -1).toLowerCase();
  const rest = cut(text.slice(prefix.length), "?")[0];
  if (!rest.startsWith("/")) {
    if (url.scheme !== "") return { ...url, opaque: rest };
    if (cut(rest, "/")[0].includes(":")) throw new Refusal("first path segment in URL cannot contain colon");
  }
  const hasAuthority = rest.startsWith("//") && (url.scheme !== "" || !rest.startsWith("///"));
  if (!hasAuthority) return { ...url, path: decodePercent(rest, "path") };
  const [authority, path] = cut(rest.slice(2), "/");
  const at = authority.lastIndexOf("@");
  url.host = parseHost(url.scheme, authority.slice(at + 1));
  url.hostname = url.host.replace(/:[0-9]*$/, "").replace(/^\[(.*)\]$/s, "$1");
  if (at >= 0) {
    checkUserInfo(authority.slice(0, at));
    url.hasUserInfo = true;
  }
  return { ...url, path: decodePercent(path, "path") };
}

/** What stands before the first separator, and the rest from the separator on. */
function cut(text: string, separator: string): [before: string, rest: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at)];
}

function parseHost(scheme: string, text: string): string {
  const bracket = text.lastIndexOf("[");
  if (bracket > 0) throw new Refusal("invalid IP-literal");
  if (bracket === 0) return parseIpLiteral(text);
  // Lists such as `nats://a:1,b:2` are no URLs by any standard, but Go has always let them pass.
  const strict = scheme === "http" || scheme === "https";
  const colon = strict ? text.indexOf(":") : text.lastIndexOf(":");
  if (colon >= 0) checkPort(text.slice(colon));
  return decodePercent(text, "host");
}

function parseIpLiteral(text: string): string {
  const end = text.lastIndexOf("]");
  if (end < 0) throw new Refusal("missing ']' in host");
  const port = text.slice(end + 1);
  checkPort(port);
  const inside = text.slice(1, end);
  // RFC 6874: the percent sign before the zone is itself escaped.
  const [hostPart, zonePart] = cut(inside, "%25");
  const address = decodePercent(hostPart, "host") + decodePercent(zonePart, "zone");
  const parsed = parseIpAddress(address);
  if (parsed.error !== undefined) throw new Refusal(`invalid host: ${parsed.error}`);
  if (parsed.version === 4) throw new Refusal("invalid IP-literal");
  return `[${address}]${port}`;
}

function checkPort(text: string): void {
  if (!/^(?::[0-9]*)?$/.test(text)) throw new Refusal(`invalid port ${quoteGo(text)} after host`);
}

function checkUserInfo(text: string): void {
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(text)) throw new Refusal("net/url: invalid userinfo");
  // Go decodes the name and the password apart, so an escape can't span the colon between them.
  const [name, password] = cut(text, ":");
  decodePercent(name, "path");
  decodePercent(password.slice(1), "path");
}

/** ASCII characters that a host can't hold; others that Go refuses can't get here. */
const NOT_IN_HOST = /[ %/\\^`{|}?#@\x00-\x1f\x7f]/;

function decodePercent(text: string, mode: "path" | "host" | "zone"): string {
  const out = new Uint8Array(utf8Length(text));
  let length = 0;
  for (const { 0: piece, index } of text.matchAll(/%(?:[0-9a-fA-F]{2})?|[^%]+/g)) {
    if (!piece.startsWith("%")) {
      const illegal = mode === "path" ? null : NOT_IN_HOST.exec(piece);
      if (illegal !== null) throw new Refusal(`invalid character ${quoteGo(illegal[0])} in host name`);
      const bytes = encodeUtf8(piece);
      out.set(bytes, length);
      length += bytes.length;
      continue;
    }
    if (piece === "%") throw new Refusal(`invalid URL escape ${quoteThreeBytes(text.slice(index, index + 4))}`);
    const byte = Number.parseInt(piece.slice(1), 16);
    if (!isLegalEscape(byte, mode)) throw new Refusal(`invalid URL escape ${quoteGo(piece)}`);
    out[length++] = byte;
  }
  return decodeUtf8(out.subarray(0, length));
}

function isLegalEscape(byte: number, mode: "path" | "host" | "zone"): boolean {
  if (mode === "path" || byte === 0x25) return true;
  if (mode === "host") return byte >= 0x80;
  return byte === 0x20 || (byte < 0x80 && !NOT_IN_HOST.test(String.fromCharCode(byte)));
}

/** Go cuts a broken escape after three bytes, which may be in the middle of a character. */
function quoteThreeBytes(text: string): string {
  let whole = "";
  let bytes: readonly number[] = [];
  for (const char of text) {
    bytes = [...encodeUtf8(char)];
    if (encodeUtf8(whole).length + bytes.length > 3) break;
    whole += char;
    bytes = [];
  }
  const torn = bytes.slice(0, 3 - encodeUtf8(whole).length).map((byte) => `\\x${byte.toString(16)}`);
  return `${quoteGo(whole).slice(0, -1)}${torn.join("")}"`;
}
