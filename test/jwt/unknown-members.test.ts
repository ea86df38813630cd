import {
  type AccountClaims,
  type Claims,
  decode,
  type EncodeOptions,
  encode,
  keyPairFromSeed,
  type NscError,
  toJson,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { ACCOUNT, keyNamed } from "../nkeys/fixtures.ts";
import { claimsText, payloadOf, tokenOf } from "./tokens.ts";

const operator = keyNamed("operator");
const pair = keyPairFromSeed(operator.seed);
const COMMON = { iss: operator.publicKey, sub: ACCOUNT.publicKey };

interface Odd {
  [name: string]: unknown;
}

/** Claims from a token of a later version: with these members at the top level and in `nats`. */
function read(top: string, nats = ""): AccountClaims & Odd {
  const inner = claimsText(COMMON, `{"type":"account","version":2${nats && `,${nats}`}}`);
  const payload = top === "" ? inner : `{${top},${inner.slice(1)}`;
  return decode(tokenOf({ key: operator, payload }), { kind: "account" }) as AccountClaims & Odd;
}

async function written(claims: unknown, options: EncodeOptions = {}): Promise<string> {
  return payloadOf(await encode(claims as Claims, pair, { issuedAt: 1, ...options }));
}

async function refusal(claims: unknown): Promise<string> {
  const error: unknown = await written(claims).catch((reason: unknown) => reason);
  expect((error as NscError).code).toBe("ERR_CLAIMS_UNKNOWN_FIELD");
  return (error as NscError).message;
}

describe("unknown members of a token", () => {
  test("are shown with their values, and written as they stood there after the known ones", async () => {
    const claims = read(
      '"later":{"b": 1.0,"a":9007199254740993}',
      '"zeta":[ 1e2 ],"more":"\\u0041","limits":{"cpu": 1.50}',
    );
    expect(claims).toMatchObject({
      later: { b: 1, a: 9007199254740992 },
      nats: { zeta: [100], more: "A", limits: { cpu: 1.5 } },
    });
    const text = await written(claims);
    expect(text).toContain('"version":2,"zeta":[ 1e2 ],"more":"\\u0041"},"later":{"b": 1.0,"a":9007199254740993}}');
    expect(text).toContain('"limits":{"cpu":1.50}');
    expect(toJson(claims)).toContain('"later":{"b": 1.0,"a":9007199254740993}');
  });

  test("are in every struct there is", async () => {
    const members = [
      '"exports":[{"subject":"a","x1":1,"service_latency":{"sampling":5,"results":"r","x2":2}}]',
      '"imports":[{"subject":"a","x3":3}]',
      '"limits":{"x4":4,"tiered_limits":{"R1":{"x5":5}}}',
      '"signing_keys":[{"kind":"user_scope","key":"A","x6":6,"template":{"x7":7,"pub":{"x8":8},"times":[{"x9":9}]}}]',
      '"default_permissions":{"x10":10,"sub":{"x11":11},"resp":{"max":1,"ttl":1,"x12":12}}',
      '"mappings":{"m":[{"subject":"n","x13":13}]}',
      '"authorization":{"x14":14}',
      '"trace":{"dest":"t","x15":15}',
      '"x16":16',
    ];
    const text = await written(read('"x17":17', members.join(",")));
    for (let i = 1; i <= 17; i++) expect(text).toContain(`"x${i}":${i}`);
  });

  test("survive an edit of other members", async () => {
    const claims = read('"later":1.0', '"more":{"k": 2.0},"exports":[{"subject":"a","extra":3.0}]');
    claims.name = "new";
    claims.nats.limits.conn = 7;
    claims.nats.exports?.push({ subject: "0" });
    const text = await written(claims);
    expect(text).toContain('"name":"new"');
    expect(text).toContain('"limits":{"conn":7}');
    expect(text).toContain('"exports":[{"subject":"0"},{"subject":"a","extra":3.0}]');
    expect(text).toMatch(/"version":2,"more":\{"k": 2\.0\}\},"later":1\.0\}$/);
  });

  test("can be deleted, or set to undefined", async () => {
    const claims = read('"a":1,"b":2,"c":3', '"d":4');
    delete claims["a"];
    claims["c"] = undefined;
    delete (claims.nats as unknown as Odd)["d"];
    const text = await written(claims);
    expect(text).toMatch(/"version":2\},"b":2\}$/);
  });

  test("that are changed are refused, unless that is allowed", async () => {
    const claims = read('"a":1,"b":[1.0]', '"c":"x"');
    claims["a"] = 2;
    expect(await refusal(claims)).toMatch(/^a is not a member/);
    expect(await written(claims, { allowUnknown: true })).toMatch(/"version":2,"c":"x"\},"a":2,"b":\[1\.0\]\}$/);
    claims["a"] = 1;
    expect(await written(claims)).toMatch(/"a":1,"b":\[1\.0\]\}$/);
    (claims.nats as unknown as Odd)["c"] = "y";
    expect(await refusal(claims)).toMatch(/^nats\.c is not a member/);
  });

  test("can't be changed inside, since that would go unseen", () => {
    const claims = read('"a":{"b":[{"c":1}]}');
    const { b } = claims["a"] as { b: { c: number }[] };
    expect(() => {
      (b[0] as { c: number }).c = 2;
    }).toThrow(TypeError);
    expect(() => b.push({ c: 2 })).toThrow(TypeError);
  });

  test("of a copy are refused, and not lost", async () => {
    const claims = read('"a":1', '"b":2');
    expect(await refusal({ ...claims })).toMatch(/^a is not a member/);
    expect(await refusal({ ...claims, a: undefined, nats: { ...claims.nats } })).toMatch(/^nats\.b is not a member/);
    expect(await refusal(structuredClone(claims))).toMatch(/ is not a member/);
    expect(await refusal(JSON.parse(toJson(claims)))).toMatch(/ is not a member/);
    // What is not copied itself is not affected.
    expect(await written({ ...claims, a: undefined })).toMatch(/"version":2,"b":2\}\}$/);
    expect(await written({ ...claims }, { allowUnknown: true })).toMatch(/"version":2,"b":2\},"a":1\}$/);
  });

  test("keep their order, names that look like numbers among them", async () => {
    const claims = read('"b":1,"10":2,"a":3,"9":4', '"z":5,"0":6');
    expect(await written(claims)).toMatch(/"version":2,"z":5,"0":6\},"b":1,"10":2,"a":3,"9":4\}$/);
    delete claims["a"];
    claims["new"] = 7;
    claims["1"] = 8;
    expect(await written(claims, { allowUnknown: true })).toMatch(/\},"b":1,"10":2,"9":4,"1":8,"new":7\}$/);
  });

  test("of which one is repeated have the last value", async () => {
    expect(await written(read('"a":1.0,"b":2,"a":3.0'))).toMatch(/\},"a":3\.0,"b":2\}$/);
    const payload = `{"nats":{"a":1,"b":2},"nats":{"b":3.0,"type":"account","version":2},"iss":"${operator.publicKey}","sub":"${ACCOUNT.publicKey}"}`;
    expect(await written(decode(tokenOf({ key: operator, payload })))).toMatch(/"version":2,"a":1,"b":3\.0\}\}$/);
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "valueOf", "then", "length", ""])(
    "may be called %j",
    async (name) => {
      const member = `${JSON.stringify(name)}:{"x":1.0}`;
      const claims = read(member, member);
      for (const holder of [claims, claims.nats]) {
        expect(Object.getPrototypeOf(holder)).toBe(Object.prototype);
        expect(Object.getOwnPropertyDescriptor(holder, name)?.value).toEqual({ x: 1 });
      }
      expect((await written(claims)).endsWith(`"version":2,${member}},${member}}`)).toBe(true);
      Reflect.deleteProperty(claims, name);
      expect((await written(claims)).endsWith(`"version":2,${member}}}`)).toBe(true);
      expect(({} as Odd)["x"]).toBeUndefined();
    },
  );

  test("whose names are as long as a token allows don't fill the message", async () => {
    for (const name of ["a name ".repeat(1000), "n".repeat(5000)]) {
      expect((await refusal({ ...read(`"${name}":1`) })).length).toBeLessThan(300);
    }
  });

  test("are many without taking long", async () => {
    const members = Array.from({ length: 20_000 }, (_, index) => `"m${index}":0`).join(",");
    const start = performance.now();
    const claims = read(members, members);
    expect((await written(claims)).length).toBeGreaterThan(400_000);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe("members that are added by hand", () => {
  const claims = (nats: object, top: object = {}): unknown => ({
    sub: ACCOUNT.publicKey,
    ...top,
    nats: { type: "account", ...nats },
  });

  test.each<[object, object, string]>([
    [{ limit: {} }, {}, "nats.limit is not a member"],
    [{ limits: { con: 1 } }, {}, "nats.limits.con is not a member"],
    [{ exports: [{ subject: "a" }, { subject: "b", typ: "stream" }] }, {}, "nats.exports[1].typ is not a member"],
    [{ mappings: { "a.>": [{ subject: "b", wieght: 1 }] } }, {}, 'nats.mappings["a.>"][0].wieght is not a member'],
    [{}, { expires: 1 }, "expires is not a member"],
    [{}, { __proto__: null, "a b": 1 }, '["a b"] is not a member'],
    [
      { signing_keys: [{ kind: "user_scope", key: "A", roles: "r" }] },
      {},
      "nats.signing_keys[0].roles is not a member",
    ],
  ])("are refused with their path", async (nats, top, message) => {
    expect((await refusal(claims(nats, top))).startsWith(message)).toBe(true);
  });

  test("are refused with a hint where only the case is wrong", async () => {
    expect(await refusal(claims({ Limits: {} }))).toBe(
      'nats.Limits is not a member that NATS claims have here; the name is written "limits"; pass allowUnknown to write it all the same',
    );
    expect(await refusal(claims({}, { Name: "x" }))).toContain('the name is written "name"');
    expect(await refusal(claims({ exports: [{ \u017fubject: "x" }] }))).toContain('the name is written "subject"');
    expect(await refusal(claims({ limit: {} }))).not.toContain("the name is written");
  });

  test("that are undefined are no members", async () => {
    expect(await written(claims({ limit: undefined }, { expires: undefined }))).not.toMatch(/limit"|expires/);
  });

  test("are written after the known ones in the order of the object, if that is allowed", async () => {
    const data = { z: 1, y: [1.5, "<"], x: { b: null, a: 9007199254740993n }, limits: { extra: true, conn: 1 } };
    const text = await written(claims(data, { later: "t" }), { allowUnknown: true });
    expect(text).toContain('"limits":{"conn":1,"extra":true}');
    expect(text).toMatch(
      /"version":2,"z":1,"y":\[1\.5,"\\u003c"\],"x":\{"a":9007199254740993,"b":null\}\},"later":"t"\}$/,
    );
    expect(decode(await encode(claims(data) as Claims, pair, { allowUnknown: true }))).toMatchObject({
      nats: { z: 1 },
    });
  });

  test.each<[string, unknown, string]>([
    ["infinity", Number.POSITIVE_INFINITY, "ERR_CLAIMS_VALUE"],
    ["a symbol", Symbol("x"), "ERR_CLAIMS_TYPE"],
    ["a function", () => 1, "ERR_CLAIMS_TYPE"],
    ["a date", new Date(0), "ERR_CLAIMS_TYPE"],
    ["an instance", new (class Later {})(), "ERR_CLAIMS_TYPE"],
    ["itself", cycle(), "ERR_JSON_DEPTH"],
  ])("can't be %s even then", async (_, value, code) => {
    const error: unknown = await written(claims({ x: value }), { allowUnknown: true }).catch(
      (reason: unknown) => reason,
    );
    expect((error as NscError).code).toBe(code);
    expect((error as NscError).message).toMatch(/^nats\.x /);
  });
});

function cycle(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}
