import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JsonValue, readAny, writeAny } from "../../src/encoding/json-any.ts";
import { JsonWriter } from "../../src/encoding/json-codec.ts";
import { JsonReader } from "../../src/encoding/json-reader.ts";

function read(text: string): JsonValue {
  const reader = new JsonReader(text);
  const value = readAny(reader);
  reader.end();
  return value;
}

function write(value: unknown): string {
  return writeAny(value, new JsonWriter(false));
}

/** JSON as Go writes it, by way of JSON.stringify. */
function inGo(value: unknown): string {
  if (typeof value !== "object" || value === null) {
    if (Object.is(value, -0)) return "-0";
    const escapes = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029" };
    return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => escapes[char as "<"]);
  }
  if (Array.isArray(value)) return `[${value.map(inGo).join(",")}]`;
  const members = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${members.map(([name, item]) => `${inGo(name)}:${inGo(item)}`).join(",")}}`;
}

const text = fc
  .array(fc.constantFrom("a", "Z", "1", "10", "<", ">", "&", "\u2028", "é", "\uffff", "😀", '"', "\n"), {
    maxLength: 3,
  })
  .map((parts) => parts.join(""));
const key = fc.oneof({ weight: 5, arbitrary: text }, fc.constantFrom("__proto__", "constructor", "toString", "length"));
const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { depthSize: "small" },
    fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie("data"), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie("data")), { maxLength: 4 }).map((members) => Object.fromEntries(members)),
  ),
}));

describe("free data", () => {
  test("is written as Go writes it", () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(write(value)).toBe(inGo(value));
      }),
    );
  });

  test("is read back as it was", () => {
    fc.assert(
      fc.property(data, (value) => {
        deepStrictEqual(read(write(value)), value);
      }),
    );
  });

  test("has its members in the order of their names' bytes", () => {
    expect(write({ "😀": 1, "\uffff": 2, b: 3, "10": 4, Z: 5, "9": 6, "": 7 })).toBe(
      '{"":7,"10":4,"9":6,"Z":5,"b":3,"\uffff":2,"😀":1}',
    );
  });

  test("holds doubles exactly", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(write(value)).toBe(Object.is(value, -0) ? "-0" : JSON.stringify(value));
        expect(read(write(value))).toBe(value);
      }),
    );
  });

  // Specification, 2.3.
  test.each([
    [1.5, "1.5"],
    [1e21, "1e+21"],
    [1e-7, "1e-7"],
    [123456789012345680000, "123456789012345680000"],
    [-0, "-0"],
    [2, "2"],
    [5e-324, "5e-324"],
    [Number.MAX_VALUE, "1.7976931348623157e+308"],
    [9007199254740993n, "9007199254740993"],
    [-(2n ** 63n), "-9223372036854775808"],
  ])("writes %d as %s", (value, expected) => {
    expect(write(value)).toBe(expected);
  });

  // Numbers are 64-bit floats when Go reads them.
  test.each([
    ["9007199254740993", 2 ** 53],
    ["9223372036854775807", 2 ** 63],
    ["1.0", 1],
    ["1e3", 1000],
    ["-0", -0],
    ["1e-400", 0],
  ])("reads %s as Go does", (source, expected) => {
    expect(read(source)).toBe(expected);
  });

  test.each(["1E400", "-1e309", `[1,{"a":${"9".repeat(400)}}]`])("refuses %s, which no float holds", (source) => {
    expect(() => read(source)).toThrowCode("ERR_JSON_TYPE");
    expect(() => read(`${source}x`)).toThrowCode("ERR_JSON_SYNTAX");
  });

  test("takes the last of repeated keys, in place of the first", () => {
    expect(read('{"a":{"b":1},"c":2,"a":{"d":3}}')).toEqual({ a: { d: 3 }, c: 2 });
  });

  test("has members called __proto__ like any other", () => {
    const value = read('{"__proto__":{"polluted":true},"a":{"__proto__":null}}') as Record<string, object>;
    expect(Object.keys(value)).toEqual(["__proto__", "a"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(value["a"])).toBe(Object.prototype);
    expect("polluted" in value).toBe(false);
    expect(write(value)).toBe('{"__proto__":{"polluted":true},"a":{"__proto__":null}}');
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("can't hold %d", (value) => {
    expect(() => write({ a: [value] })).toThrowCode("ERR_CLAIMS_VALUE");
  });

  test.each([
    ["undefined", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a date", new Date(0)],
    ["a map", new Map()],
    ["bytes", new Uint8Array(1)],
    ["an instance", new (class Own {})()],
    ["an object with a prototype of its own", Object.create({ inherited: 1 })],
  ])("can't hold %s", (_, value) => {
    expect(() => write(value)).toThrowCode("ERR_CLAIMS_TYPE");
    expect(() => write({ a: [value] })).toThrowCode("ERR_CLAIMS_TYPE");
  });

  test("can't hold a list with a hole", () => {
    expect(() => write(new Array(2))).toThrowCode("ERR_CLAIMS_TYPE");
  });

  test("may have objects without a prototype", () => {
    expect(write(Object.assign(Object.create(null), { b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
  });

  test("ends where it contains itself", () => {
    const loop: unknown[] = [];
    loop.push(loop);
    const ring: Record<string, unknown> = {};
    ring["a"] = { b: ring };
    expect(() => write(loop)).toThrowCode("ERR_JSON_DEPTH");
    expect(() => write(ring)).toThrowCode("ERR_JSON_DEPTH");
  });

  test("may be as deep as what is read", () => {
    const deep = "[".repeat(10_000) + "]".repeat(10_000);
    expect(write(read(deep))).toBe(deep);
    expect(() => write([read(deep)])).toThrowCode("ERR_JSON_DEPTH");
  });
});
