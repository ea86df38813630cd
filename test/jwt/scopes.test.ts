import {
  type AccountClaims,
  type Claims,
  createAccountClaims,
  decode,
  encode,
  keyPairFromSeed,
  type NscError,
  type SigningKey,
  type UserScope,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { ACCOUNT, keyNamed } from "../nkeys/fixtures.ts";
import { claimsText, payloadOf, tokenOf } from "./tokens.ts";

const operator = keyNamed("operator");
const pair = keyPairFromSeed(operator.seed);

function read(signingKeys: string): readonly SigningKey[] | undefined {
  const nats = `{"signing_keys":${signingKeys},"type":"account","version":2}`;
  const payload = claimsText({ iss: operator.publicKey, sub: ACCOUNT.publicKey }, nats);
  return decode(tokenOf({ key: operator, payload }), { kind: "account" }).nats.signing_keys;
}

function readScope(text: string): UserScope {
  const [key] = read(`[${text}]`) ?? [];
  return key as UserScope;
}

async function written(signingKeys: unknown): Promise<string> {
  const claims = createAccountClaims(ACCOUNT.publicKey, { nats: { signing_keys: signingKeys as SigningKey[] } });
  const payload = payloadOf(await encode(claims, pair));
  return /"signing_keys":(\[.*\]),"default_permissions"/.exec(payload)?.[1] ?? "none";
}

async function refusal(signingKeys: unknown): Promise<readonly [string, string]> {
  const error: unknown = await written(signingKeys).catch((reason: unknown) => reason);
  return [(error as NscError).code, (error as NscError).message];
}

const EMPTY = { pub: {}, sub: {}, subs: -1, data: -1, payload: -1 };

function scope(members: Partial<UserScope> | Record<string, unknown> = {}): UserScope {
  return { kind: "user_scope", key: "A", role: "", template: EMPTY, description: "", ...members } as UserScope;
}

describe("signing keys that are read", () => {
  test("are keys and scopes in the order of their bytes; elements of other types are passed over", () => {
    expect(read('["B","A",1,null,true,["x"],{"kind":"user_scope","key":"C"},1.5,[{}]]')).toEqual([
      "A",
      "B",
      scope({ key: "C" }),
    ]);
    expect(read('["\u{1f600}","\ufffd","b","B"]')).toEqual(["B", "b", "\ufffd", "\u{1f600}"]);
    expect(read("[1,null]")).toBeUndefined();
    expect(read("null")).toBeUndefined();
    expect(read("[]")).toBeUndefined();
  });

  test("of one name are the last of them", () => {
    expect(read('["A",{"kind":"user_scope","key":"A","role":"r"}]')).toEqual([scope({ role: "r" })]);
    expect(read('[{"kind":"user_scope","key":"A","role":"r"},"A"]')).toEqual(["A"]);
    expect(read('[{"kind":"user_scope","role":"r"},{"kind":"user_scope"},""]')).toEqual([""]);
  });

  test("have limits of -1 where the template has none, and keep 0 apart from that", () => {
    const text = '[{"kind":"user_scope","key":"A","template":{"subs":0,"data":7,"payload":null}}]';
    expect(read(text)).toEqual([scope({ template: { ...EMPTY, subs: 0, data: 7 } })]);
    expect(read('[{"kind":"user_scope","key":"A","template":null}]')).toEqual([scope()]);
  });

  test("read all numbers as floats, as Go does for want of a type", () => {
    const limits = (text: string) =>
      readScope(`{"kind":"user_scope","key":"A","template":{"data":${text}}}`).template.data;
    expect(limits("9007199254740993")).toBe(9007199254740992n);
    expect(limits("1e3")).toBe(1000);
    expect(limits("5.0")).toBe(5);
    expect(limits("-0")).toBe(0);
    for (const tooLarge of ["9223372036854775807", "1e400", "1.5", "1e21", "-9223372036854775809"]) {
      expect(() => limits(tooLarge), tooLarge).toThrowCode("ERR_JSON_TYPE");
    }
    // The least is exact as a float too, but Go writes it as -9223372036854776000 on the way.
    expect(() => limits("-9223372036854775808")).toThrowCode("ERR_JSON_TYPE");
  });

  test.each([
    ["{}", "unknown signing key scope %!q(<nil>)"],
    ['{"kind":"account_scope"}', "unknown signing key scope %!q(<nil>)"],
    ['{"kind":1,"key":"A"}', "unknown signing key scope %!q(<nil>)"],
    ['{"Kind":"user_scope","key":"A"}', "unknown signing key scope %!q(<nil>)"],
    // By a slip of Go the message quotes another member than the one at fault.
    ['{"kind":"x","type":"that \\"one\\""}', 'unknown signing key scope "that \\"one\\""'],
    // Only the exact name is looked at first, and then any spelling counts.
    ['{"kind":"user_scope","\u212aind":"x"}', 'unknown scope type "x"'],
  ])("%s is no scope", (text, message) => {
    expect(() => read(`["B",${text},"A"]`)).toThrowCode("ERR_CLAIMS_VALUE");
    expect(() => read(`["B",${text},"A"]`)).toThrow(message);
    expect(() => read(`[${text}] ]`)).toThrowCode("ERR_JSON_SYNTAX");
  });

  test("have members of the right type, and say where one has not", () => {
    for (const [member, path] of [
      ['"role":1', "nats.signing_keys[1].role"],
      ['"key":null,"description":[]', "nats.signing_keys[1].description"],
      ['"template":{"pub":{"allow":[1]}}', "nats.signing_keys[1].template.pub.allow[0]"],
    ]) {
      const run = () => read(`["A",{"kind":"user_scope",${member}},{}]`);
      expect(run).toThrowCode("ERR_JSON_TYPE");
      expect(run).toThrow(`${path} `);
    }
  });

  test("in great numbers and many times over take no long time", () => {
    const many = Array.from({ length: 5000 }, (_, index) => `"K${index}"`).join(",");
    const again = Array.from({ length: 5000 }, () => '"signing_keys":["A",{"kind":"user_scope","key":"B"}]').join(",");
    const nats = `{"signing_keys":[${many}],${again},"type":"account","version":2}`;
    const token = tokenOf({ key: operator, payload: claimsText({ iss: operator.publicKey, sub: "x" }, nats) });
    const start = performance.now();
    expect((decode(token) as AccountClaims).nats.signing_keys).toHaveLength(5002);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe("signing keys that are written", () => {
  test("are ordered by the bytes of their keys, scoped ones among the others", async () => {
    const keys = ["\u{1f600}", scope({ key: "b" }), "\ufffd", "C", scope({ key: "B" })];
    const text = JSON.parse(await written(keys)) as (string | { key: string })[];
    expect(text.map((key) => (typeof key === "string" ? key : key.key))).toEqual([
      "B",
      "C",
      "b",
      "\ufffd",
      "\u{1f600}",
    ]);
  });

  test("of one name are the last of them", async () => {
    expect(await written(["A", "A"])).toBe('["A"]');
    expect(await written([scope({ role: "r" }), "A"])).toBe('["A"]');
    expect(await written(["A", scope({ role: "r" }), scope({ role: "s" })])).toContain('"role":"s"');
  });

  test("have all members that Go always writes", async () => {
    expect(await written([{ kind: "user_scope", key: "A" }])).toBe(
      '[{"kind":"user_scope","key":"A","role":"","template":{"pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1},"description":""}]',
    );
  });

  test("leave out limits of 0, which so read as -1", async () => {
    const text = await written([scope({ template: { pub: {}, sub: {}, subs: 0, data: 5, payload: 0n } })]);
    expect(text).toContain('"template":{"pub":{},"sub":{},"data":5}');
    expect(read(text)).toEqual([scope({ template: { ...EMPTY, data: 5 } })]);
  });

  test("may have limits in their templates that are exact here, though Go will round them", async () => {
    const text = await written([scope({ template: { ...EMPTY, data: 9007199254740993n } })]);
    expect(text).toContain('"data":9007199254740993');
  });

  test("keep what a scope has read", async () => {
    const keys =
      '["A",{"kind":"user_scope","key":"B","role":"r","template":{"pub":{"allow":["{{name()}}.\\u003e"]},"sub":{},"resp":{"max":1,"ttl":2},"src":["x"],"times":[{"start":"a"}],"times_location":"L","subs":-1,"data":3,"payload":-1,"bearer_token":true,"proxy_required":true,"allowed_connection_types":["MQTT"]},"description":"d"}]';
    expect(await written(read(keys))).toBe(keys);
  });

  test.each<[unknown, string, string]>([
    [[{}], "ERR_CLAIMS_VALUE", "unknown signing key scope %!q(<nil>)"],
    [[{ key: "A" }], "ERR_CLAIMS_VALUE", "unknown signing key scope %!q(<nil>)"],
    [[{ kind: "x", type: "y" }], "ERR_CLAIMS_VALUE", 'unknown signing key scope "y"'],
    [["A", 1], "ERR_CLAIMS_TYPE", "nats.signing_keys[1] "],
    [[null], "ERR_CLAIMS_TYPE", "nats.signing_keys[0] "],
    [[undefined], "ERR_CLAIMS_TYPE", "nats.signing_keys[0] "],
    [[["A"]], "ERR_CLAIMS_TYPE", "nats.signing_keys[0] "],
    [[Object.assign(new Map(), { kind: "user_scope" })], "ERR_CLAIMS_TYPE", "nats.signing_keys[0] "],
    [[scope({ key: 1 })], "ERR_CLAIMS_TYPE", "nats.signing_keys[0].key "],
    [[scope({ template: [] })], "ERR_CLAIMS_TYPE", "nats.signing_keys[0].template "],
    [[scope({ template: { subs: 1.5 } })], "ERR_CLAIMS_INTEGER", "nats.signing_keys[0].template.subs "],
    [[scope({ type: "x" })], "ERR_CLAIMS_UNKNOWN_FIELD", "nats.signing_keys[0].type "],
    ["A", "ERR_CLAIMS_TYPE", "nats.signing_keys "],
    [{ A: null }, "ERR_CLAIMS_TYPE", "nats.signing_keys "],
    [new Set(["A"]), "ERR_CLAIMS_TYPE", "nats.signing_keys "],
  ])("are refused where they are none (%#)", async (keys, code, message) => {
    // Not through createAccountClaims, which copies plain data.
    const claims = { sub: ACCOUNT.publicKey, nats: { type: "account", signing_keys: keys } } as unknown as Claims;
    const error: unknown = await encode(claims, pair).catch((reason: unknown) => reason);
    expect([(error as NscError).code, (error as NscError).message.slice(0, message.length)]).toEqual([code, message]);
  });

  test("are not given at all when the list is empty", async () => {
    expect(await written([])).toBe("none");
    expect(await refusal([{}])).toEqual(["ERR_CLAIMS_VALUE", "unknown signing key scope %!q(<nil>)"]);
  });
});

describe("null entries of imports and exports, which no known writer makes", () => {
  const readBoth = (): AccountClaims => {
    const nats = '{"imports":[null],"exports":[null],"type":"account","version":2}';
    const payload = claimsText({ iss: operator.publicKey, sub: ACCOUNT.publicKey }, nats);
    return decode(tokenOf({ key: operator, payload }), { kind: "account" });
  };

  test("read as entries without members, and are written as null again", async () => {
    const claims = readBoth();
    expect(claims.nats).toMatchObject({ imports: [{ subject: "", account: "" }], exports: [{ subject: "" }] });
    expect(payloadOf(await encode(claims, pair))).toContain('"imports":[null],"exports":[null]');
  });

  test("are entries like any other once they have a member", async () => {
    const claims = readBoth();
    const [entry] = claims.nats.imports ?? [];
    if (entry !== undefined) entry.account = "A";
    const [offer] = claims.nats.exports ?? [];
    if (offer !== undefined) offer.token_req = true;
    expect(payloadOf(await encode(claims, pair))).toContain(
      '"imports":[{"account":"A"}],"exports":[{"token_req":true}]',
    );
  });

  test("may be given, and sort before all others instead of crashing as in Go", async () => {
    const lists = { imports: [{ subject: "a" }, null, null], exports: [{ subject: "b" }, { subject: "a" }, null] };
    const claims = { sub: ACCOUNT.publicKey, nats: { type: "account", ...lists } } as unknown as Claims;
    expect(payloadOf(await encode(claims, pair))).toContain(
      '"imports":[null,null,{"subject":"a"}],"exports":[null,{"subject":"a"},{"subject":"b"}]',
    );
  });
});
