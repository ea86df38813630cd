import {
  createPortableEngine,
  decode,
  decodeGeneric,
  encodeGeneric,
  type GenericClaims,
  keyPairFromSeed,
  type NscErrorCode,
  toJson,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed, USER } from "../nkeys/fixtures.ts";
import { payloadOf, tokenOf } from "./tokens.ts";

const pair = keyPairFromSeed(USER.seed);

async function written(claims: unknown): Promise<string> {
  return payloadOf(await encodeGeneric(claims as GenericClaims, pair, { issuedAt: 1 }));
}

async function code(claims: unknown): Promise<NscErrorCode> {
  const error: unknown = await written(claims).catch((reason: unknown) => reason);
  return (error as { code: NscErrorCode }).code;
}

function read(payload: string): GenericClaims {
  return decodeGeneric(tokenOf({ key: USER, payload }));
}

describe("generic claims that are written", () => {
  test("hold free data, with the version set in it; the input is not changed", async () => {
    const nats = Object.freeze({ z: 1, a: "<", type: "mine" });
    expect(await written({ sub: "x", nats })).toMatch(
      /"sub":"x","nats":\{"a":"\\u003c","type":"mine","version":2,"z":1\}\}$/,
    );
    expect(nats).not.toHaveProperty("version");
    expect(await written({ sub: "x", nats: { version: 7 } })).toMatch(/"nats":\{"version":2\}\}$/);
    expect(await written({ sub: "x", nats: {} })).toMatch(/"nats":\{"version":2\}\}$/);
  });

  test.each([undefined, null])("hold nothing where nats is %s", async (nats) => {
    expect(await written({ sub: "x", nats })).toMatch(/"sub":"x"\}$/);
  });

  test("order the members of all objects by their bytes", async () => {
    const data = { b: { "\u{1f600}": 1, "\ufffd": 2, "10": 3, "9": 4 }, a: [{ y: 1, x: 2 }] };
    expect(await written({ sub: "x", nats: data })).toContain(
      '"nats":{"a":[{"x":2,"y":1}],"b":{"10":3,"9":4,"\ufffd":2,"\u{1f600}":1},"version":2}',
    );
  });

  test.each([
    [1.5, "1.5"],
    [1e21, "1e+21"],
    [1e-7, "1e-7"],
    [123456789012345680000, "123456789012345680000"],
    [-0, "-0"],
    [0, "0"],
    [2 ** 53 + 2, "9007199254740994"],
    [18446744073709551615n, "18446744073709551615"],
    [-(10n ** 30n), "-1000000000000000000000000000000"],
    [true, "true"],
    [null, "null"],
    ["\u2028\u0000", '"\\u2028\\u0000"'],
    [[], "[]"],
    [{}, "{}"],
  ])("hold %s as Go writes it", async (value, text) => {
    expect(await written({ sub: "x", nats: { v: value } })).toContain(`{"v":${text},"version":2}`);
  });

  test.each<[string, unknown, NscErrorCode]>([
    ["infinity", { v: Number.POSITIVE_INFINITY }, "ERR_CLAIMS_VALUE"],
    ["minus infinity", { v: [Number.NEGATIVE_INFINITY] }, "ERR_CLAIMS_VALUE"],
    ["what is not a number", { v: { w: Number.NaN } }, "ERR_CLAIMS_VALUE"],
    ["a symbol", { v: Symbol("v") }, "ERR_CLAIMS_TYPE"],
    ["a function", { v: () => 1 }, "ERR_CLAIMS_TYPE"],
    ["a date", { v: new Date(0) }, "ERR_CLAIMS_TYPE"],
    ["a hole", { v: new Array(1) }, "ERR_CLAIMS_TYPE"],
    ["a map", new Map([["a", 1]]), "ERR_CLAIMS_TYPE"],
    ["a list as the data", ["a"], "ERR_CLAIMS_TYPE"],
    ["an instance as the data", new (class Data {})(), "ERR_CLAIMS_TYPE"],
    ["a text as the data", "a", "ERR_CLAIMS_TYPE"],
    ["a function as the data", () => 1, "ERR_CLAIMS_TYPE"],
    ["data that contains itself", cycle(), "ERR_JSON_DEPTH"],
  ])("can't hold %s", async (_, nats, expected) => {
    expect(await code({ sub: "x", nats })).toBe(expected);
  });

  test("need a subject, which may be any text", async () => {
    for (const sub of ["", undefined, null, 1]) expect(await code({ sub })).toBe("ERR_CLAIMS_SUBJECT");
    for (const claims of [undefined, null, "x", 5]) expect(await code(claims)).toBe("ERR_CLAIMS_SUBJECT");
  });

  test("have no members besides the common ones unless that is allowed", async () => {
    expect(await code({ sub: "x", type: "mine" })).toBe("ERR_CLAIMS_UNKNOWN_FIELD");
    const token = await encodeGeneric({ sub: "x", more: 1 } as GenericClaims, pair, { allowUnknown: true });
    expect(payloadOf(token)).toMatch(/"sub":"x","more":1\}$/);
  });
});

describe("generic claims that are read", () => {
  test("hold floats, lists and objects", async () => {
    const nats = { a: [1.5, "<>&\u2028\u0001", null, true, 1e21, { b: 1, a: -0 }], "\ufffd": 2, "\u{1f600}": 1 };
    const token = await encodeGeneric({ sub: "x", name: "n", nats }, pair);
    const claims = decodeGeneric(token);
    expect(claims).toMatchObject({ sub: "x", name: "n", iss: USER.publicKey });
    expect(claims.nats).toEqual({ ...nats, version: 2 });
    expect(Object.is((claims.nats as { a: { a: number }[] }).a[5]?.a, -0)).toBe(true);
    expect(decodeGeneric(token, { engine: createPortableEngine() })).toEqual(claims);
  });

  test("round integers, and refuse numbers that no float holds", () => {
    const nats = (text: string) => read(`{"iss":"${USER.publicKey}","sub":"x","nats":${text}}`).nats;
    expect(nats('{"a":9007199254740993,"b":1e308,"c":1e-400}')).toEqual({ a: 9007199254740992, b: 1e308, c: 0 });
    for (const text of ['{"a":1e400}', '{"a":[-1E999]}', `{"a":${"9".repeat(400)}}`])
      expect(() => nats(text)).toThrowCode("ERR_JSON_TYPE");
    expect(nats("null")).toBeUndefined();
    expect(nats("{}")).toBeUndefined();
    for (const text of ["[]", '"x"', "1"]) expect(() => nats(text)).toThrowCode("ERR_JSON_TYPE");
  });

  test("merge repeated objects at the top, and take the last of other members", () => {
    const payload = `{"nats":{"a":{"x":1},"b":1},"iss":"${USER.publicKey}","sub":"x","nats":{"a":{"y":2},"a":{"z":3}},"NATS":{"__proto__":4}}`;
    const { nats } = read(payload);
    expect(Object.entries(nats ?? {})).toEqual([
      ["a", { z: 3 }],
      ["b", 1],
      ["__proto__", 4],
    ]);
    expect(Object.getPrototypeOf(nats)).toBe(Object.prototype);
    expect(read(payload.replace('"NATS":{"__proto__":4}', '"nats":null')).nats).toBeUndefined();
  });

  test("merge as many as there are without taking long", () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `"m${index}":0`).join(",");
    const again = Array.from({ length: 20_000 }, () => '"nats":{"x":0}').join(",");
    const start = performance.now();
    expect(
      Object.keys(read(`{"nats":{${many}},${again},"iss":"${USER.publicKey}","sub":"x"}`).nats ?? {}),
    ).toHaveLength(20_001);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("have members of the right type at the top", () => {
    for (const member of ['"tags":[1]', '"type":1', '"version":"2"', '"version":1.0', '"sub":1', '"exp":"1"']) {
      expect(() => read(`{"iss":"${USER.publicKey}",${member}}`), member).toThrowCode("ERR_JSON_TYPE");
    }
    expect(read(`{"iss":"${USER.publicKey}","sub":"x","version":9,"other":{}}`)).toEqual({
      iss: USER.publicKey,
      sub: "x",
    });
    for (const payload of ["null", "{}"]) expect(() => read(payload)).toThrowCode("ERR_JWT_SIGNATURE");
  });

  test("are fresh, and can be written again", async () => {
    const token = await encodeGeneric({ sub: "x", nats: { list: [1] } }, pair, { issuedAt: 5 });
    const claims = decodeGeneric(token);
    expect(await encodeGeneric(claims, pair, { issuedAt: 5 })).toBe(token);
    (claims.nats as { list: number[] }).list.push(2);
    expect(decodeGeneric(token).nats).toEqual({ list: [1], version: 2 });
  });
});

describe("decode", () => {
  test("can't read what encodeGeneric wrote, as in Go", async () => {
    for (const nats of [{ type: "mine" }, {}, undefined]) {
      const token = await encodeGeneric({ sub: "x", ...(nats && { nats }) }, pair);
      expect(() => decode(token)).toThrowCode("ERR_JWT_SIGNATURE");
      expect(() => decode(token)).toThrow("claim failed V1 signature verification");
      expect(decodeGeneric(token).sub).toBe("x");
    }
  });

  test("reads a known kind that encodeGeneric wrote, so it has to be the issuer's to write", async () => {
    const claims = { sub: USER.publicKey, nats: { type: "user", pub: { allow: ["a"] } } };
    const account = keyPairFromSeed(keyNamed("account").seed);
    expect(decode(await encodeGeneric(claims, account), { kind: "user" }).nats.pub).toEqual({ allow: ["a"] });
    expect(await encodeGeneric(claims, pair).then(decodeGeneric)).toMatchObject({ iss: USER.publicKey });
    const self = await encodeGeneric(claims, pair);
    expect(() => decode(self)).toThrowCode("ERR_JWT_ISSUER");
  });
});

describe("toJson", () => {
  test("of generic claims has Go's order and numbers", () => {
    expect(toJson({ sub: "x", name: "n", nats: { b: -0, a: 1n } })).toBe(
      '{"name":"n","sub":"x","nats":{"a":1,"b":-0}}',
    );
    expect(toJson({ sub: "x", nats: {} })).toBe('{"sub":"x"}');
    expect(() => toJson({ sub: "x", nats: new Map([["a", 1]]) } as never)).toThrowCode("ERR_CLAIMS_TYPE");
  });
});

function cycle(): object {
  const data: Record<string, unknown> = {};
  data["again"] = data;
  return data;
}
