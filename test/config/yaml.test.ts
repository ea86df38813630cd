import fc from "fast-check";
import { formatYaml, isNscError, type YamlMap, type YamlValue } from "nsc.js";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { hostileText } from "./arbitraries.ts";

test("formatYaml writes blocks with quoted strings", () => {
  const document = {
    empty: {},
    none: [],
    off: false,
    yes: null,
    "1": "0123",
    nested: { a: "x: y # z", gone: undefined, list: ["no", 1, { first: 1, second: { a: [[]] } }, ["a"], {}] },
  };
  expect(formatYaml(document)).toBe(
    [
      '"1": "0123"',
      "empty: {}",
      "none: []",
      '"off": false',
      '"yes": null',
      "nested:",
      '  a: "x: y # z"',
      "  list:",
      '    - "no"',
      "    - 1",
      "    - first: 1",
      "      second:",
      "        a:",
      "          - []",
      "    -",
      '      - "a"',
      "    - {}",
      "",
    ].join("\n"),
  );
});

test("formatYaml writes a document for each map", () => {
  expect(formatYaml({ a: 1 }, {}, { b: 2 })).toBe("a: 1\n---\n{}\n---\nb: 2\n");
  expect(formatYaml()).toBe("");
});

test("formatYaml refuses what YAML can't hold", () => {
  const self: { self?: unknown } = {};
  self.self = self;
  for (const document of [
    null,
    [],
    "text",
    { a: Number.NaN },
    { a: Number.POSITIVE_INFINITY },
    { a: 1n },
    { a: [() => 1] },
    { a: new Date() },
    { a: new Map() },
    { a: [undefined] },
    self,
  ]) {
    expect(() => formatYaml(document as unknown as YamlMap)).toThrow(
      expect.toSatisfy((error) => isNscError(error, "ERR_CONFIG_VALUE")),
    );
  }
});

const { value } = fc.letrec<{ value: YamlValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    hostileText,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number || 0),
    fc.constantFrom(null, true, false),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(hostileText, tie("value"), { maxKeys: 3 }),
  ),
}));

test.each(["1.1", "1.2"] as const)("what formatYaml writes is read as what it was by YAML %s", (version) => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(hostileText, value, { maxKeys: 4 }), { minLength: 1, maxLength: 3 }), (maps) => {
      const text = formatYaml(...(maps as YamlMap[]));
      expect(text).toMatch(/^[\t\n\x20-\x7e\xa0-\ud7ff\ud800-\udfff\ue000-\ufffd]*$/);
      // A key of the one that merges maps would be one in YAML 1.1, were it not quoted.
      const documents = parseAllDocuments(text, { version, uniqueKeys: true });
      expect(documents.map((document) => document.toJS())).toEqual(maps);
    }),
  );
});

test("a name that YAML 1.1 has a meaning for is a name", () => {
  const map = Object.fromEntries(
    ["y", "N", "Yes", "off", "null", "~", "<<", "1e3", "0x1", "-", "", "?"].map((name) => [name, 1]),
  );
  expect(parse(formatYaml(map), { version: "1.1" })).toEqual(map);
});
