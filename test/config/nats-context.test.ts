import fc from "fast-check";
import { formatNatsContext, isNscError, type NatsContext, parseNatsContext } from "nsc.js";
import { describe, expect, test } from "vitest";
import { hostileText } from "./arbitraries.ts";

/** What `nats context save local --server nats://localhost:4222` writes: every member of its `settings`, in their order. */
const SAVED = `{
  "description": "",
  "url": "nats://localhost:4222",
  "socks_proxy": "",
  "token": "",
  "user": "",
  "password": "",
  "creds": "",
  "nkey": "",
  "cert": "",
  "key": "",
  "ca": "",
  "nsc": "",
  "jetstream_domain": "",
  "jetstream_api_prefix": "",
  "jetstream_event_prefix": "",
  "inbox_prefix": "",
  "user_jwt": "",
  "user_seed": "",
  "color_scheme": "",
  "tls_first": false,
  "windows_cert_store": "",
  "windows_cert_match_by": "",
  "windows_cert_match": "",
  "windows_ca_certs_match": null
}`;

describe("parseNatsContext", () => {
  test.each<[string, NatsContext]>([
    ["{}", {}],
    [SAVED, { url: "nats://localhost:4222" }],
    [
      '{"nsc":"nsc://O/A/u","url":"nats://h","creds":"/u.creds"}',
      { nsc: "nsc://O/A/u", url: "nats://h", creds: "/u.creds" },
    ],
    [
      '{"url":null,"tls_first":true,"windows_ca_certs_match":["a"]}',
      { tls_first: true, windows_ca_certs_match: ["a"] },
    ],
    ['{"url":"h","new":{"a":[1]},"__proto__":1}', { url: "h", others: JSON.parse('{"new":{"a":[1]},"__proto__":1}') }],
  ])("%s", (text, context) => {
    expect(parseNatsContext(text)).toEqual(context);
  });

  test.each([
    ["", "ERR_JSON_SYNTAX"],
    ['{"url":', "ERR_JSON_SYNTAX"],
    ["[]", "ERR_JSON_TYPE"],
    ["null", "ERR_JSON_TYPE"],
    ['{"url":1}', "ERR_JSON_TYPE"],
    ['{"tls_first":"yes"}', "ERR_JSON_TYPE"],
    ['{"windows_ca_certs_match":"a"}', "ERR_JSON_TYPE"],
    ['{"windows_ca_certs_match":[1]}', "ERR_JSON_TYPE"],
    [undefined, "ERR_ARGUMENT_INVALID"],
  ])("refuses %j", (text, code) => {
    expect(() => parseNatsContext(text as string)).toThrow(expect.objectContaining({ code }));
  });

  test("shows nothing of what it can't read", () => {
    expect(() => parseNatsContext('{"password":"hunter2"')).toThrow(
      expect.toSatisfy((error) => error.message === "the context is no JSON" && !("cause" in error)),
    );
  });
});

describe("formatNatsContext", () => {
  test("writes what the nats command writes", () => {
    expect(formatNatsContext({ url: "nats://localhost:4222" })).toBe(SAVED);
    expect(formatNatsContext(parseNatsContext(SAVED))).toBe(SAVED);
  });

  test("writes what nsc writes", () => {
    const context = {
      nsc: "nsc://O & Co/A/u",
      url: "nats://h",
      creds: "/u.creds",
      token: undefined,
    } as unknown as NatsContext;
    expect(formatNatsContext(context, { compact: true })).toBe(
      '{"nsc":"nsc://O \\u0026 Co/A/u","url":"nats://h","creds":"/u.creds"}',
    );
    expect(formatNatsContext({}, { compact: true })).toBe("{}");
  });

  test("keeps what the nats command does not know", () => {
    const text = '{"url":"h","new":{"a":[1]}}';
    expect(formatNatsContext(parseNatsContext(text), { compact: true })).toBe(text);
    expect(JSON.parse(formatNatsContext(parseNatsContext(text)))).toMatchObject({ url: "h", new: { a: [1] } });
    const exact = '{"url":"h","new":{"a":[9007199254740993,-0.5,null]}}';
    expect(formatNatsContext(parseNatsContext(exact), { compact: true })).toBe(exact);
    const others = { gone: undefined, big: 2n ** 64n } as unknown as NonNullable<NatsContext["others"]>;
    expect(formatNatsContext({ others }, { compact: true })).toBe('{"big":18446744073709551616}');
  });

  test.each([
    [null, /must be an object/],
    [{ URL: "h" }, /has no URL/],
    [{ url: 1 }, /must be of type string/],
    [{ tls_first: "true" }, /must be of type boolean/],
    [{ others: { url: "h" } }, /does not know|do not know/],
    [{ others: 1 }, /others/],
    [{ others: { a: () => 1 } }, /JSON can hold/],
    [{ others: { a: Number.NaN } }, /JSON can hold/],
    [{ creds: "/c", nkey: "/n" }, /not creds and nkey/],
    [{ user: "u", user_jwt: "e" }, /not user and user_jwt/],
    [{ nsc: "nsc://O/A/u", user: "u" }, /not user and nsc/],
    [{ user_seed: "SU" }, /needs user_jwt/],
    [{ windows_cert_store: "user" }, /needs windows_cert_match/],
  ])("refuses %j", (context, message) => {
    const failure = () => formatNatsContext(context as unknown as NatsContext);
    expect(failure).toThrow(message);
    expect(failure).toThrow(expect.toSatisfy((error) => isNscError(error, "ERR_ARGUMENT_INVALID")));
  });

  test("is read as what was written, whatever it holds", () => {
    const text = hostileText.filter((value) => value !== "");
    const context = fc.record(
      { description: text, url: text, creds: text, key: text, inbox_prefix: text, tls_first: fc.constant(true) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(context, fc.boolean(), (given, compact) => {
        expect(parseNatsContext(formatNatsContext(given, { compact }))).toEqual(given);
      }),
    );
  });
});
