import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CommandError } from "../../../src/cli/command-error.ts";
import { formatJson, formatJsonLine, payloadOf } from "../../../src/cli/showing/payload.ts";

const tokenOf = (payload: string) => `e30.${Buffer.from(payload).toString("base64url")}.sig`;

describe("payloadOf", () => {
  test("keeps what nobody knows, and all digits", () => {
    const payload = payloadOf(tokenOf('{"z":1,"nats":{"data":9223372036854775807,"own":[null,1.5]}}'));
    expect(payload).toEqual({ z: 1, nats: { data: 9_223_372_036_854_775_807n, own: [null, 1.5] } });
  });

  test.each([
    ["x", "data is not a jwt"],
    ["a.b.c.d", "data is not a jwt"],
    ["a.!.c", "error decoding base64: illegal base64 data at input byte 0"],
    [tokenOf("[]"), "error parsing json"],
    [tokenOf("{"), "error parsing json"],
    [tokenOf('{"a":1} x'), "error parsing json"],
    [tokenOf('{"a":1e999}'), "error parsing json"],
  ])("%s is no token", (token, message) => {
    expect(() => payloadOf(token)).toThrow(CommandError);
    expect(() => payloadOf(token)).toThrow(message);
  });
});

test("formatJson prints what nsc's describe -J prints", () => {
  const payload = payloadOf(tokenOf('{"b":"<a> & \\\\u003c \\"q\\"","a":{"y":[1,{}],"x":[]},"n":9007199254740993}'));
  expect(formatJson(payload)).toBe(
    [
      "{",
      ' "a": {',
      '  "x": [],',
      '  "y": [',
      "   1,",
      "   {}",
      "  ]",
      " },",
      ' "b": "<a> & \\\\u003c \\"q\\"",',
      ' "n": 9007199254740993',
      "}",
    ].join("\n"),
  );
  expect(formatJson({ a: 1 }, 2)).toBe('{\n  "a": 1\n}');
});

test("what is printed is read as what it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: "grapheme" }), (value, text) => {
      const data = { value: JSON.parse(JSON.stringify(value)) as unknown, text };
      expect(JSON.parse(formatJson(data))).toEqual(data);
      expect(JSON.parse(formatJsonLine(data))).toEqual(data);
      expect(formatJsonLine(data)).not.toMatch(/[<>&\n]/);
    }),
  );
});
