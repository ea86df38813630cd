import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WrittenJson } from "../../src/encoding/json-codec.ts";
import { always, optional, optionalOrEmpty, pointer, required, StructCodec } from "../../src/encoding/json-struct.ts";
import { type Int64, int64, list, text } from "../../src/encoding/json-types.ts";
import { anyText } from "./arbitraries.ts";
import { read, write } from "./codecs.ts";
import { cpuTime } from "./cpu-time.ts";

interface Limits {
  subs?: Int64;
  data?: Int64;
}

interface Claims {
  name?: string;
  limits: Limits;
  template?: Limits;
  tags?: string[];
  src?: string[];
  role: string;
}

const limits = new StructCodec<Limits>({ subs: optional(int64), data: optional(int64) });
const template = new StructCodec<Limits>({ subs: optional(int64), data: optional(int64) }, { presets: { subs: -1 } });
const claims = new StructCodec<Claims>({
  name: optional(text),
  limits: required(limits),
  template: optional(pointer(template)),
  tags: optional(list(text)),
  src: optionalOrEmpty(list(text)),
  role: always(text),
});

function readClaims(source: string): Claims & Record<string, unknown> {
  return read(claims, source) as Claims & Record<string, unknown>;
}

describe("members", () => {
  test("are written in the order of the table", () => {
    const value = {
      role: "r",
      src: ["s"],
      tags: ["t"],
      template: { data: 2, subs: 1 },
      limits: { data: 1 },
      name: "n",
    };
    expect(write(claims, value)).toBe(
      '{"name":"n","limits":{"data":1},"template":{"subs":1,"data":2},"tags":["t"],"src":["s"],"role":"r"}',
    );
  });

  test("are left out when they are empty, but for structs and those that are always written", () => {
    expect(write(claims, {})).toBe('{"limits":{},"role":""}');
    expect(write(claims, { name: "", limits: { subs: 0 }, tags: [], src: [], role: "" })).toBe(
      '{"limits":{},"role":""}',
    );
    expect(write(claims, { name: undefined, limits: undefined, tags: null, template: null })).toBe(
      '{"limits":{},"role":""}',
    );
    expect(write(claims, undefined)).toBe('{"limits":{},"role":""}');
  });

  test("are there after reading if they are required, and others only with a value", () => {
    expect(readClaims("{}")).toEqual({ limits: {}, role: "" });
    expect(claims.zero()).toEqual({ limits: {}, role: "" });
    expect(readClaims('{"name":"","tags":[],"template":null,"limits":null,"role":null}')).toEqual({
      limits: {},
      role: "",
    });
    expect(read(claims, "null")).toBeUndefined();
  });

  test("are read in the order of the table", () => {
    expect(Object.keys(readClaims('{"role":"r","x":1,"src":[],"limits":{},"name":"n"}'))).toEqual([
      "name",
      "limits",
      "src",
      "role",
      "x",
    ]);
    expect(claims.names).toEqual(["name", "limits", "template", "tags", "src", "role"]);
  });

  test("keep an empty list apart from an absent one where Go does", () => {
    expect(readClaims('{"src":[],"tags":[]}')).toEqual({ limits: {}, role: "", src: [] });
    expect(readClaims('{"src":null}')).toEqual({ limits: {}, role: "" });
    expect(readClaims('{"src":["a"],"src":[]}')).toEqual({ limits: {}, role: "", src: [] });
  });

  test("have their presets until they are read", () => {
    expect(read(template, "{}")).toEqual({ subs: -1 });
    expect(read(template, '{"subs":null}')).toEqual({ subs: -1 });
    // The zero must be there, or it would mean the preset.
    expect(read(template, '{"subs":0}')).toEqual({ subs: 0 });
    expect(template.zero()).toEqual({ subs: -1 });
    expect(template.from({ data: 1 })).toEqual({ subs: -1, data: 1 });
    expect(readClaims('{"template":{"subs":0},"template":{"data":1}}').template).toEqual({ subs: 0, data: 1 });
    expect(readClaims('{"template":{"subs":0},"template":null,"template":{}}').template).toEqual({ subs: -1 });
  });

  test("are made without those that are empty", () => {
    expect(claims.from({ tags: [], name: "", src: [], limits: {} })).toEqual({ limits: {}, role: "", src: [] });
  });

  test("of one reading are not those of another", () => {
    const first = claims.zero();
    first.limits.subs = 1;
    expect(claims.zero().limits).toEqual({});
    expect(readClaims("{}").limits).toEqual({});
  });

  test("say where a value is wrong", () => {
    expect(() => write(claims, { limits: { subs: 1.5 } })).toThrow("limits.subs is no exact integer");
    expect(() => write(claims, { tags: ["a", 1] })).toThrow("tags[1] must be a string");
    for (const value of [1, "x", [], new Date(0), () => 1]) {
      expect(() => write(claims, value)).toThrowCode("ERR_CLAIMS_TYPE");
      expect(() => write(claims, { limits: value })).toThrow(/^limits must be a plain object/);
    }
  });

  test("may be written already", () => {
    expect(write(claims, new WrittenJson('{"a":1}'))).toBe('{"a":1}');
    expect(write(claims, { limits: new WrittenJson('{"b":2}') })).toBe('{"limits":{"b":2},"role":""}');
  });
});

describe("unknown members", () => {
  test("keep their text and their order, after those that are known", () => {
    const source = '{"z":1.0,"name":"n","10":{"b":1, "a":[1e3]},"9":"\\u0041","":null,"limits":{"y":-0}}';
    expect(write(claims, readClaims(source))).toBe(
      '{"name":"n","limits":{"y":-0},"role":"","z":1.0,"10":{"b":1, "a":[1e3]},"9":"\\u0041","":null}',
    );
  });

  test("show their values, which can't be changed in place", () => {
    const value = readClaims('{"x":{"a":[{"b":1}]},"limits":{"y":2}}');
    expect(value).toEqual({ limits: { y: 2 }, role: "", x: { a: [{ b: 1 }] } });
    expect(() => {
      (value["x"] as { a: { b: number }[] }).a.push({ b: 2 });
    }).toThrow(TypeError);
    expect(Object.isFrozen((value["x"] as { a: object[] }).a[0])).toBe(true);
  });

  test("are refused when they are added, at any depth, unless that is allowed", () => {
    expect(() => write(claims, { x: 1 })).toThrowCode("ERR_CLAIMS_UNKNOWN_FIELD");
    expect(() => write(claims, { limits: { y: 1 } })).toThrow(/^limits\.y is not a member/);
    expect(write(claims, { x: { b: ">", a: 1 }, limits: { y: 1 } }, { allowUnknown: true })).toBe(
      '{"limits":{"y":1},"role":"","x":{"a":1,"b":"\\u003e"}}',
    );
    expect(write(claims, { x: undefined })).toBe('{"limits":{},"role":""}');
  });

  test("are refused in another spelling of a known name, which the message gives", () => {
    expect(() => write(claims, { Name: "n" })).toThrow('the name is written "name"');
    expect(() => write(claims, { ſrc: [] })).toThrow('the name is written "src"');
  });

  test("are refused when they are changed, and gone when they are deleted", () => {
    const changed = readClaims('{"x":1,"y":2}');
    changed["x"] = 3;
    expect(() => write(claims, changed)).toThrow(/^x is not a member/);
    expect(write(claims, changed, { allowUnknown: true })).toBe('{"limits":{},"role":"","x":3,"y":2}');
    delete changed["x"];
    expect(write(claims, changed)).toBe('{"limits":{},"role":"","y":2}');
    changed["y"] = undefined;
    expect(write(claims, changed)).toBe('{"limits":{},"role":""}');
  });

  test("don't come along with a copy, so that nothing is written unseen", () => {
    const copy = { ...readClaims('{"x":1}') };
    expect(() => write(claims, copy)).toThrowCode("ERR_CLAIMS_UNKNOWN_FIELD");
  });

  test("have the last of repeated values, in place of the first, also over repeated structs", () => {
    expect(write(claims, readClaims('{"x":1,"y":2,"x":3}'))).toBe('{"limits":{},"role":"","x":3,"y":2}');
    expect(write(claims, readClaims('{"limits":{"x":1,"y":2},"limits":{"z":3,"x":4}}'))).toBe(
      '{"limits":{"x":4,"y":2,"z":3},"role":""}',
    );
    expect(readClaims('{"limits":{"x":1,"subs":1},"limits":{"data":2,"subs":0}}').limits).toEqual({ x: 1, data: 2 });
  });

  test("touch no prototype, whatever their names are", () => {
    const source = '{"limits":{},"role":"","__proto__":{"polluted":1},"constructor":null,"hasOwnProperty":[]}';
    const value = readClaims(source);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value["polluted"]).toBeUndefined();
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.keys(value)).toEqual(["limits", "role", "__proto__", "constructor", "hasOwnProperty"]);
    expect(write(claims, value)).toBe(source);
    expect(write(claims, readClaims('{"__proto__":1,"__proto__":2}'))).toBe('{"limits":{},"role":"","__proto__":2}');
    expect(() => write(claims, JSON.parse('{"__proto__":{"a":1}}'))).toThrowCode("ERR_CLAIMS_UNKNOWN_FIELD");
  });

  test("are passed over where a table says so", () => {
    const dropping = new StructCodec<Limits>({ subs: optional(int64), data: optional(int64) }, { dropUnknown: true });
    expect(read(dropping, '{"x":{"y":1},"subs":2}')).toEqual({ subs: 2 });
    expect(() => read(dropping, '{"x":[1,}')).toThrowCode("ERR_JSON_SYNTAX");
  });

  test("are refused in numbers that no float holds, as everywhere", () => {
    expect(write(claims, readClaims('{"x":9007199254740993}'))).toBe('{"limits":{},"role":"","x":9007199254740993}');
  });

  test("survive any name and value", () => {
    const known = new Set(claims.names);
    const members = fc.uniqueArray(fc.tuple(anyText, fc.jsonValue()), { selector: ([name]) => name, maxLength: 6 });
    fc.assert(
      fc.property(members, (entries) => {
        const unknown = entries.filter(([name]) => !known.has(name.toLowerCase().replaceAll("ſ", "s")));
        const source = `{${unknown.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)} `).join(",")}}`;
        const value = readClaims(source);
        for (const [name, expected] of unknown) expect(JSON.stringify(value[name])).toBe(JSON.stringify(expected));
        const written = write(claims, value);
        expect(Object.keys(JSON.parse(written)).length).toBe(unknown.length + 2);
        let at = 0;
        for (const [, expected] of unknown) {
          at = written.indexOf(`:${JSON.stringify(expected)}`, at);
          expect(at).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("take no time when there are many", () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `"x${index}":1`);
    const run = () => {
      readClaims(`{${many.join(",")}}`);
      readClaims(`{"limits":{${many.join(",")}}${',"limits":{"x":1}'.repeat(20_000)}}`);
      readClaims(`{"limits":{}${many.map((member) => `,"limits":{${member}}`).join("")}}`);
    };
    expect(cpuTime(run)).toBeLessThan(5_000);
  });
});
