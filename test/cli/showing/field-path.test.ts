import fc from "fast-check";
import { expect, test } from "vitest";
import { CommandError } from "../../../src/cli/command-error.ts";
import { readField } from "../../../src/cli/showing/field-path.ts";
import { formatJsonLine } from "../../../src/cli/showing/payload.ts";

const data = {
  name: "APP",
  nats: {
    limits: { conn: -1, big: 9_007_199_254_740_993n },
    tags: ["a", "<b>"],
    keys: [{ role: "r" }],
    grid: [[1, 2]],
  },
};

test.each([
  ["name", '"APP"'],
  ["nats.limits.conn", "-1"],
  ["nats.limits.big", "9007199254740993"],
  ["nats.tags", '["a","\\u003cb\\u003e"]'],
  ["nats.tags[1]", '"\\u003cb\\u003e"'],
  ["nats.tags.0", '"a"'],
  ["nats.keys[0].role", '"r"'],
  ["nats.grid[0][1]", "2"],
  ["nats.limits", '{"big":9007199254740993,"conn":-1}'],
  ["nats.nothing", "null"],
  ["toString", "null"],
  ["nats.__proto__", "null"],
  ["", "null"],
])("the field %j is %s", (path, json) => {
  expect(formatJsonLine(readField(data, path))).toBe(json);
});

test.each([
  ["name.x", 'unable to extract "x" in "name.x" from APP'],
  ["nats.nothing.x", 'unable to extract "x" in "nats.nothing.x" from <nil>'],
  ["nats.limits.conn.x", 'unable to extract "x" in "nats.limits.conn.x" from -1'],
  ["nats.tags[0", 'bad path - unterminated index expression: "tags[0" in "nats.tags[0"'],
  ["nats.tags]0[", 'bad path - unterminated index expression: "tags]0[" in "nats.tags]0["'],
  ["nats.tags[0]x", 'bad path - "x" after an index in "nats.tags[0]x"'],
  ["nats.tags[x]", 'error parsing index: "x" in "nats.tags[x]"'],
  ["nats.tags.first", 'error parsing index: "first" in "nats.tags.first"'],
  ["nats.tags[]", 'error parsing index: "" in "nats.tags[]"'],
  ["nats.tags[2]", 'index is out of bounds: 2 in "nats.tags[2]"'],
  ["nats.tags[3]", 'index is out of bounds: 3 in "nats.tags[3]"'],
  ["nats.tags[-1]", 'index is out of bounds: -1 in "nats.tags[-1]"'],
])("the path %j is refused: %s", (path, message) => {
  expect(() => readField(data, path)).toThrow(CommandError);
  expect(() => readField(data, path)).toThrow(message);
});

test("whatever the path is, there is a value or an error for people", () => {
  const paths = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^(nats|tags|name|keys|[.[\]0-9-]){1,8}$/));
  fc.assert(
    fc.property(paths, (path) => {
      try {
        expect(readField(data, path)).toBeDefined();
      } catch (error) {
        expect(error).toBeInstanceOf(CommandError);
      }
    }),
  );
});
