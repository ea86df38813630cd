import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GoUrl, type GoUrlError, parseGoUrl } from "../../src/encoding/go-url.ts";
import { anyUnits } from "./arbitraries.ts";
import { cpuTime } from "./cpu-time.ts";

/** What Go 1.26 finds: scheme, whether there is user info, host, host name, path and opaque part. */
const ACCEPTED: readonly (readonly [text: string, parts: string])[] = [
  ["nats://h", "nats|false|h|h||"],
  ["NATS://H", "nats|false|H|H||"],
  ["a+b-c.d://h", "a+b-c.d|false|h|h||"],
  ["nats://u@h", "nats|true|h|h||"],
  ["nats://@h", "nats|true|h|h||"],
  ["nats://u:p@h", "nats|true|h|h||"],
  ["nats://u@v@h", "nats|true|h|h||"],
  ["nats://u%40:%3a@h", "nats|true|h|h||"],
  ["nats://h/", "nats|false|h|h|/|"],
  ["nats://h/a/b", "nats|false|h|h|/a/b|"],
  ["nats://h/%20", "nats|false|h|h|/ |"],
  ["nats://h/ ", "nats|false|h|h|/ |"],
  ["nats://h?%zz", "nats|false|h|h||"],
  ["nats://h?a?b", "nats|false|h|h||"],
  ["nats://h?", "nats|false|h|h||"],
  ["nats://h#f", "nats|false|h|h||"],
  ["nats://h#\u0001", "nats|false|h|h||"],
  ["nats://h:80:90", "nats|false|h:80:90|h:80||"],
  ["nats://a:1,b:2", "nats|false|a:1,b:2|a:1,b||"],
  ["nats://h:", "nats|false|h:|h||"],
  ["nats://h:/p", "nats|false|h:|h|/p|"],
  ["nats://:80", "nats|false|:80|||"],
  ["nats://h:65536", "nats|false|h:65536|h||"],
  ["nats://%c3%a9", "nats|false|é|é||"],
  ["nats://é", "nats|false|é|é||"],
  ["nats://%25", "nats|false|%|%||"],
  ['nats://a"<b>', 'nats|false|a"<b>|a"<b>||'],
  ["nats://a]", "nats|false|a]|a]||"],
  ["nats://[::1]", "nats|false|[::1]|::1||"],
  ["nats://[::1]:", "nats|false|[::1]:|::1||"],
  ["nats://[fe80::1%25en0]:4222", "nats|false|[fe80::1%en0]:4222|fe80::1%en0||"],
  ["nats://[fe80::1%25%41b%20c]", "nats|false|[fe80::1%Ab c]|fe80::1%Ab c||"],
  ["nats://[::ffff:1.2.3.4]", "nats|false|[::ffff:1.2.3.4]|::ffff:1.2.3.4||"],
  ["nats://%F0%9F%98%80", "nats|false|😀|😀||"],
  ["nats:///p", "nats|false|||/p|"],
  ["nats:/p", "nats|false|||/p|"],
  ["nats:h?", "nats|false||||h"],
  ["nats:*", "nats|false||||*"],
  ["h:4222", "h|false||||4222"],
  ["mailto:x", "mailto|false||||x"],
  ["a:b/c", "a|false||||b/c"],
  ["/bad", "|false|||/bad|"],
  ["foo", "|false|||foo|"],
  ["a/b:c", "|false|||a/b:c|"],
  ["//host/p", "|false|host|host|/p|"],
  ["//u@host", "|true|host|host||"],
  ["///p", "|false|||///p|"],
  ["http://", "http|false||||"],
  ["http:///p", "http|false|||/p|"],
  ["http://:80", "http|false|:80|||"],
  ["http://h:80/x:y", "http|false|h:80|h|/x:y|"],
  ["*", "|false|||*|"],
  ["", "|false||||"],
  ["?", "|false||||"],
  ["#", "|false||||"],
  ["**", "|false|||**|"],
];

/** Texts that Go 1.26 refuses, with its reason. */
const REFUSED: readonly (readonly [text: string, reason: string])[] = [
  ["1http://h", "first path segment in URL cannot contain colon"],
  ["na_ts://h", "first path segment in URL cannot contain colon"],
  [" nats://h", "first path segment in URL cannot contain colon"],
  ["é:x", "first path segment in URL cannot contain colon"],
  ["a b:c", "first path segment in URL cannot contain colon"],
  [":x", "missing protocol scheme"],
  ["http://[::1", "missing ']' in host"],
  ["nats://a[b]", "invalid IP-literal"],
  ["nats://[::1][", "invalid IP-literal"],
  ["http://[::1]x", 'invalid port "x" after host'],
  ["nats://[::1]:x", 'invalid port ":x" after host'],
  ["nats://[1.2.3.4]", "invalid IP-literal"],
  ["nats://[fe80::1%25]", 'invalid host: ParseAddr("fe80::1%"): zone must be a non-empty string'],
  ["nats://[fe80::1%25%2F]", 'invalid URL escape "%2F"'],
  ["nats://[fe80::1%25%C3]", 'invalid URL escape "%C3"'],
  ["nats://[fe80::1%25a b]", 'invalid character " " in host name'],
  ["nats://[::1%]", 'invalid URL escape "%"'],
  ["nats://[12345::]", 'invalid host: ParseAddr("12345::"): each group must have 4 or less digits (at "12345::")'],
  ["nats://[1:2]", 'invalid host: ParseAddr("1:2"): address string too short'],
  ["nats://[1::2::3]", 'invalid host: ParseAddr("1::2::3"): multiple :: in address (at ":3")'],
  [
    "nats://[1:2:3:4:5:6:7:8:9]",
    'invalid host: ParseAddr("1:2:3:4:5:6:7:8:9"): trailing garbage after address (at "9")',
  ],
  [
    "nats://[1::2:3:4:5:6:7:8]",
    'invalid host: ParseAddr("1::2:3:4:5:6:7:8"): the :: must expand to at least one field of zeros',
  ],
  [
    "nats://[1:2:3:4::5:6:7:8]",
    'invalid host: ParseAddr("1:2:3:4::5:6:7:8"): the :: must expand to at least one field of zeros',
  ],
  ["nats://[:1]", 'invalid host: ParseAddr(":1"): each colon-separated field must have at least one digit (at ":1")'],
  ["nats://[1:]", 'invalid host: ParseAddr("1:"): colon must be followed by more characters (at ":")'],
  ["nats://[1:g]", 'invalid host: ParseAddr("1:g"): each colon-separated field must have at least one digit (at "g")'],
  ["nats://[1::1.2.3]", 'invalid host: ParseAddr("1::1.2.3"): IPv4 address too short'],
  ["nats://[1::1.2.3.4.5]", 'invalid host: ParseAddr("1::1.2.3.4.5"): IPv4 address too long'],
  ["nats://[1::1.2.3.256]", 'invalid host: ParseAddr("1::1.2.3.256"): IPv4 field has value >255'],
  ["nats://[1::01.2.3.4]", 'invalid host: ParseAddr("1::01.2.3.4"): IPv4 field has octet with leading zero'],
  ["nats://[1::1..3.4]", 'invalid host: ParseAddr("1::1..3.4"): IPv4 field must have at least one digit (at ".3.4")'],
  ["nats://[1::1.2.x.4]", 'invalid host: ParseAddr("1::1.2.x.4"): unexpected character (at "x.4")'],
  [
    "nats://[1:1.2.3.4]",
    'invalid host: ParseAddr("1:1.2.3.4"): embedded IPv4 address must replace the final 2 fields of the address (at "1.2.3.4")',
  ],
  [
    "nats://[1:2:3:4:5:6::7:1.2.3.4]",
    'invalid host: ParseAddr("1:2:3:4:5:6::7:1.2.3.4"): too many hex fields to fit an embedded IPv4 at the end of the address (at "1.2.3.4")',
  ],
  ["nats://[]", 'invalid host: ParseAddr(""): unable to parse IP'],
  ["nats://[h]", 'invalid host: ParseAddr("h"): unable to parse IP'],
  ["nats://[%31]", 'invalid URL escape "%31"'],
  ["http://h:x", 'invalid port ":x" after host'],
  ["http://h:80x", 'invalid port ":80x" after host'],
  ["http://a:1:2", 'invalid port ":1:2" after host'],
  ["HTTPS://a:1:2", 'invalid port ":1:2" after host'],
  ["nats://a:1:b", 'invalid port ":b" after host'],
  ["nats://%41", 'invalid URL escape "%41"'],
  ["nats://%2", 'invalid URL escape "%2"'],
  ["nats://h%", 'invalid URL escape "%"'],
  ["nats://%zz", 'invalid URL escape "%zz"'],
  ["nats://%日", 'invalid URL escape "%\\xe6\\x97"'],
  ["nats://%a日", 'invalid URL escape "%a\\xe6"'],
  ["nats://%😀", 'invalid URL escape "%\\xf0\\x9f"'],
  ["nats://h h", 'invalid character " " in host name'],
  ["nats://a|b", 'invalid character "|" in host name'],
  ["nats://a{b", 'invalid character "{" in host name'],
  ["nats://a^b", 'invalid character "^" in host name'],
  ["nats://h`", 'invalid character "`" in host name'],
  ["nats://u p@h", "net/url: invalid userinfo"],
  ["nats://u[@h", "net/url: invalid userinfo"],
  ["nats://é@h", "net/url: invalid userinfo"],
  ["nats://u%zz@h", 'invalid URL escape "%zz"'],
  ["nats://u%4:1@h", 'invalid URL escape "%4"'],
  ["nats://u%@h%", 'invalid URL escape "%"'],
  ["nats://h/%2", 'invalid URL escape "%2"'],
  ["nats://h#%zz", 'invalid URL escape "%zz"'],
  ["foo%zz", 'invalid URL escape "%zz"'],
];

/** Texts that Go 1.26 refuses and shows in part or escaped. */
const SHOWN_OTHERWISE: readonly (readonly [text: string, error: string])[] = [
  ["nats://h\u0001#x", 'parse "nats://h\\x01": net/url: invalid control character in URL'],
  ["nats://h\u007f", 'parse "nats://h\\x7f": net/url: invalid control character in URL'],
  ["nats://h\\x", 'parse "nats://h\\\\x": invalid character "\\\\" in host name'],
  ["nats://h/%2#f", 'parse "nats://h/%2": invalid URL escape "%2"'],
  ["nats://h/%#%zz", 'parse "nats://h/%": invalid URL escape "%"'],
];

function inOneLine(result: GoUrl | GoUrlError): string {
  if ("error" in result) return result.error;
  const { scheme, hasUserInfo, host, hostname, path, opaque } = result;
  return [scheme, hasUserInfo, host, hostname, path, opaque].join("|");
}

describe("parseGoUrl", () => {
  test.each(ACCEPTED)("finds in %j what Go finds: %s", (text, parts) => {
    expect(inOneLine(parseGoUrl(text))).toBe(parts);
  });

  test.each(REFUSED)("refuses %j: %s", (text, reason) => {
    expect(parseGoUrl(text)).toEqual({ error: `parse "${text}": ${reason}` });
  });

  test.each(SHOWN_OTHERWISE)("refuses %j with %j", (text, error) => {
    expect(parseGoUrl(text)).toEqual({ error });
  });

  test("shows broken bytes in an address as the characters that stand for them", () => {
    const { error } = parseGoUrl("nats://[::%ff]") as GoUrlError;
    expect(error).toMatch(/^parse "nats:\/\/\[::%ff\]": invalid host: ParseAddr\("::\ufffd"\): /);
  });

  test("takes a port, a path and user info from what is put together of them", () => {
    const name = fc.stringMatching(/^[a-z0-9.-]{1,10}$/);
    const port = fc.option(fc.nat(99999), { nil: undefined });
    const user = fc.option(fc.stringMatching(/^[a-z:%]{0,3}$/).map(encodeURIComponent), { nil: undefined });
    const path = fc.oneof(
      fc.constant(""),
      anyUnits.map((text) => `/${Buffer.from(text).toString()}`),
    );
    fc.assert(
      fc.property(fc.constantFrom("nats", "TLS", "http"), user, name, port, path, (scheme, user, host, port, path) => {
        const authority = `${user === undefined ? "" : `${user}@`}${host}${port === undefined ? "" : `:${port}`}`;
        expect(parseGoUrl(`${scheme}://${authority}${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}`)).toEqual({
          scheme: scheme.toLowerCase(),
          hasUserInfo: user !== undefined,
          host: port === undefined ? host : `${host}:${port}`,
          hostname: host,
          path,
          opaque: "",
        });
      }),
    );
  });

  test("never throws, and every refusal names the text", () => {
    const piece = fc.constantFrom(
      "nats",
      ":",
      "/",
      "//",
      "@",
      "[",
      "]",
      "%",
      "%25",
      "::1",
      "#",
      "?",
      "h",
      "\u0001",
      "é",
    );
    const texts = fc.oneof(
      anyUnits,
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseGoUrl(text);
        if ("error" in result) expect(result.error).toMatch(/^parse ".*": \S/);
      }),
    );
  });

  test("takes no time for a long text", () => {
    const run = () => {
      for (const start of ["nats://h/", "nats://h:1:", "nats://[", "//@", "nats://%c3"]) {
        for (const more of [":1", "%ff", "[", "é"]) parseGoUrl(start + more.repeat(30_000));
      }
    };
    expect(cpuTime(run)).toBeLessThan(4_000);
  });
});
