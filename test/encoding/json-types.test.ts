import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Codec } from "../../src/encoding/json-codec.ts";
import { bool, int64, list, map, text, uint8, uint64 } from "../../src/encoding/json-types.ts";
import { read, write } from "./codecs.ts";

const codecs: Record<string, Codec<unknown>> = { text, bool, int64, uint64, uint8, list: list(text), map: map(int64) };
const own: Record<string, string> = {
  text: '"x"',
  bool: "true",
  int64: "1",
  uint64: "1",
  uint8: "1",
  list: "[]",
  map: "{}",
};

describe("integers", () => {
  test.each([
    [int64, "9007199254740991", Number.MAX_SAFE_INTEGER],
    [int64, "9007199254740992", 2n ** 53n],
    [int64, "9007199254740993", 2n ** 53n + 1n],
    [int64, "-9007199254740992", -(2n ** 53n)],
    [int64, "9223372036854775807", 2n ** 63n - 1n],
    [int64, "-9223372036854775808", -(2n ** 63n)],
    [int64, "-1", -1],
    [uint64, "18446744073709551615", 2n ** 64n - 1n],
    [uint64, "0", 0],
    [uint8, "255", 255],
    [uint8, "0", 0],
  ] as const)("%# are read and written exactly: %s", (codec: Codec<unknown>, source, value) => {
    expect(read(codec, source)).toBe(value);
    expect(write(codec, value)).toBe(source);
  });

  test("know no negative zero", () => {
    expect(read(int64, "-0")).toBe(0);
    expect(write(int64, -0)).toBe("0");
  });

  // Specification, 2.8; -0 for unsigned fields is what Go 1.26 refuses.
  test.each([
    [int64, ["9223372036854775808", "-9223372036854775809", "1.0", "1e3", "1E0", "0.5", "1e400", "9".repeat(1000)]],
    [uint64, ["18446744073709551616", "-1", "-0", "1.0", "1e3"]],
    [uint8, ["256", "-1", "-0", "1.0", "1e2"]],
  ] as const)("%# are refused out of range and in other forms", (codec: Codec<unknown>, sources) => {
    for (const source of sources) {
      expect(() => read(codec, source), source).toThrowCode("ERR_JSON_TYPE");
      expect(() => read(list(codec), `[1,${source}]`), source).toThrow(/^\[1\] must be an integer from /);
    }
  });

  test.each(["01", "+1", "0x1", "1.", ".5", "1e", "--1", "1n"])("%s are no JSON", (source) => {
    expect(() => read(int64, source)).toThrowCode("ERR_JSON_SYNTAX");
  });

  test("are read as BigInt reads them", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }), (value) => {
        for (const [codec, fits] of [
          [int64, BigInt.asIntN(64, value) === value],
          [uint64, BigInt.asUintN(64, value) === value],
          [uint8, BigInt.asUintN(8, value) === value],
        ] as const) {
          if (!fits) {
            expect(() => read<unknown>(codec, String(value))).toThrowCode("ERR_JSON_TYPE");
            expect(() => write(codec, value)).toThrowCode("ERR_CLAIMS_INTEGER");
            continue;
          }
          const result = read<number | bigint>(codec, String(value));
          expect(BigInt(result as number | bigint)).toBe(value);
          expect(typeof result).toBe(Number.isSafeInteger(Number(value)) ? "number" : "bigint");
          expect(write(codec, result)).toBe(String(value));
          expect(write(codec, value)).toBe(String(value));
        }
      }),
    );
  });

  test.each([2 ** 53, -(2 ** 53), 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e21])(
    "can't be the number %d",
    (value) => {
      expect(() => write(int64, value)).toThrowCode("ERR_CLAIMS_INTEGER");
    },
  );
});

describe("types", () => {
  const kinds = ['"x"', "true", "1", "[]", "{}"];

  test.each(Object.keys(codecs))("are not coerced: %s", (name) => {
    const codec = codecs[name] as Codec<unknown>;
    for (const source of kinds) {
      if (source === own[name]) expect(() => read(codec, source)).not.toThrow();
      else expect(() => read(codec, source), source).toThrowCode("ERR_JSON_TYPE");
    }
  });

  test.each(Object.keys(codecs))("read null as nothing: %s", (name) => {
    expect(read(codecs[name] as Codec<unknown>, "null")).toBeUndefined();
  });

  test.each(Object.keys(codecs))("refuse values of other types: %s", (name) => {
    const codec = codecs[name] as Codec<unknown>;
    const values: Record<string, unknown> = { text: "x", bool: true, int64: 1, list: ["x"], map: { a: 1 } };
    const fitting = name === "uint64" || name === "uint8" ? "int64" : name;
    for (const [kind, value] of [
      ...Object.entries(values),
      ["function", () => 1],
      ["date", new Date(0)],
      ["symbol", Symbol()],
    ]) {
      if (kind === fitting) expect(() => write(codec, value)).not.toThrow();
      else expect(() => write(codec, value), String(kind)).toThrowCode("ERR_CLAIMS_TYPE");
    }
  });

  test("are empty where Go's omitempty says so", () => {
    for (const [codec, empty, full] of [
      [text, [""], [" ", "0"]],
      [bool, [false], [true]],
      [int64, [0, 0n, -0], [-1, 1n]],
      [list(text), [[]], [[""]]],
      [map(text), [{}], [{ a: "" }]],
    ] as const) {
      for (const value of [undefined, null, ...empty]) expect(codec.isEmpty(value)).toBe(true);
      for (const value of full) expect(codec.isEmpty(value)).toBe(false);
    }
  });
});

describe("lists", () => {
  test("have the zero value for null elements", () => {
    expect(read(list(text), '["a",null]')).toEqual(["a", ""]);
    expect(read(list(int64), "[null]")).toEqual([0]);
    expect(read(list(list(int64)), "[[1],null]")).toEqual([[1], null]);
    expect(write(list(list(int64)), [[1], null])).toBe("[[1],null]");
  });

  test("say which element is wrong", () => {
    expect(() => read(list(list(int64)), '[[],[1,"x"]]')).toThrow("[1][1] must be an integer");
    expect(() => write(list(text), ["a", 1])).toThrow("[1] must be a string");
    expect(() => write(list(text), ["a", undefined])).toThrow("[1] is missing");
    expect(() => write(list(text), { length: 0 })).toThrowCode("ERR_CLAIMS_TYPE");
  });
});

describe("maps", () => {
  test("are written in the order of their keys' bytes", () => {
    const names = fc.uniqueArray(
      fc.oneof(fc.constantFrom("10", "9", "\uffff", "😀", "a", "Z", "", "__proto__"), fc.string()),
    );
    fc.assert(
      fc.property(names, (keys) => {
        const source = `{${keys.map((key, index) => `${JSON.stringify(key)}:${index}`).join(",")}}`;
        const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const members = sorted.map((key) => `${JSON.stringify(key)}:${keys.indexOf(key)}`).join(",");
        const escapes = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };
        const expected = `{${members.replace(/[<>&]/g, (char) => escapes[char as "<"])}}`;
        expect(write(map(int64), read(map(int64), source))).toBe(expected);
      }),
    );
  });

  test("have keys of any name and touch no prototype", () => {
    const value = read(map(int64), '{"__proto__":1,"constructor":2,"toString":3}');
    expect(Object.entries(value as object)).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
      ["toString", 3],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(write(map(int64), value)).toBe('{"__proto__":1,"constructor":2,"toString":3}');
    const nested = read(map(map(int64)), '{"__proto__":{"polluted":1}}');
    expect((nested as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("take their keys literally, and the last value of each", () => {
    expect(read(map(int64), '{"A":1,"a":2,"a":3}')).toEqual({ A: 1, a: 3 });
  });

  test("say which entry is wrong", () => {
    expect(() => read(map(int64), '{"a":1,"b.c":"x"}')).toThrow('["b.c"] must be an integer');
    expect(() => write(map(int64), { a: undefined })).toThrow("a is undefined");
    expect(() => write(map(int64), new Map([["a", 1]]))).toThrowCode("ERR_CLAIMS_TYPE");
  });
});
