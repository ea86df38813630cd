import { describe, expect, test } from "vitest";
import type { Codec } from "../../src/encoding/json-codec.ts";
import { always, optional, pointer, required, StructCodec } from "../../src/encoding/json-struct.ts";
import { bool, type Int64, int64, list, map, text, uint8, uint64 } from "../../src/encoding/json-types.ts";
import { read, write } from "./codecs.ts";
import { cpuTime } from "./cpu-time.ts";

interface Inner {
  max: Int64;
  s?: string;
}

interface Item {
  name?: string;
  key?: Int64;
  p?: Inner;
}

interface Document {
  u8?: number;
  sub?: string;
  skills?: string[];
  i?: Int64;
  u?: Int64;
  b?: boolean;
  obj: Inner;
  ptr?: Inner;
  items?: (Item | null)[];
  vals?: Item[];
  m?: Record<string, Int64>;
  mm?: Record<string, Inner>;
  ml?: Record<string, Item[]>;
  l: Int64[];
}

const inner = new StructCodec<Inner>({ max: always(int64), s: optional(text) }, { dropUnknown: true });
const item = new StructCodec<Item>(
  { name: optional(text), key: optional(int64), p: optional(pointer(inner)) },
  { dropUnknown: true },
);
/** What Go holds as a list of pointers. */
const itemOrNull: Codec<Item | null> = {
  ...(pointer(item) as Codec<Item | null>),
  write: (value, writer) => (value === null ? "null" : item.write(value, writer)),
};

/**
 * The struct that these expectations were recorded with, by `json.Unmarshal` and `json.Marshal` of Go 1.26: fields with
 * `omitempty` but for `obj`, a struct, and `l`, a list; `u8` is in an embedded struct; `ptr` is `*Inner`, `items` is
 * `[]*Item`, `vals` is `[]Item`, `m` is `map[string]int64`, `mm` is `map[string]Inner`, `ml` is `map[string][]Item`.
 */
const document = new StructCodec<Document>(
  {
    u8: optional(uint8),
    sub: optional(text),
    skills: optional(list(text)),
    i: optional(int64),
    u: optional(uint64),
    b: optional(bool),
    obj: required(inner),
    ptr: optional(pointer(inner)),
    items: optional(list(itemOrNull)),
    vals: optional(list(item)),
    m: optional(map(int64)),
    mm: optional(map(inner)),
    ml: optional(map(list(item))),
    l: always(list(int64)),
  },
  { dropUnknown: true },
);

const DOCUMENTS: readonly (readonly [read: string, written: string])[] = [
  ["{}", '{"obj":{"max":0},"l":null}'],
  ["null", '{"obj":{"max":0},"l":null}'],
  ['{"l":[],"skills":[],"m":{},"ptr":null,"obj":null,"sub":"","b":false,"u8":0}', '{"obj":{"max":0},"l":[]}'],
  [
    '{"b":true,"l":[1],"obj":{"s":"x","max":3},"u8":7,"sub":"s","m":{"b":1,"a":2}}',
    '{"u8":7,"sub":"s","b":true,"obj":{"max":3,"s":"x"},"m":{"a":2,"b":1},"l":[1]}',
  ],
  [
    '{"SUB":"a","\u017fub":"b","s\u212aills":["k"],"\u017f\u212aILL\u017f":["l"],"OBJ":{"MAX":1},"Ptr":{"\u017f":"s"}}',
    '{"sub":"b","skills":["l"],"obj":{"max":1},"ptr":{"max":0,"s":"s"},"l":null}',
  ],
  ['{"Sub":"a","sub":"b","sUB":null}', '{"sub":"b","obj":{"max":0},"l":null}'],
  ['{"obj":{"max":1},"obj":{"s":"x"},"obj":null}', '{"obj":{"max":1,"s":"x"},"l":null}'],
  ['{"ptr":{"max":1},"ptr":{"s":"x"}}', '{"obj":{"max":0},"ptr":{"max":1,"s":"x"},"l":null}'],
  ['{"ptr":{"max":1},"ptr":null,"ptr":{"s":"x"}}', '{"obj":{"max":0},"ptr":{"max":0,"s":"x"},"l":null}'],
  ['{"m":{"a":1,"b":2},"m":{"b":null,"c":3}}', '{"obj":{"max":0},"m":{"a":1,"b":0,"c":3},"l":null}'],
  ['{"m":{"a":1},"m":null,"m":{"b":2}}', '{"obj":{"max":0},"m":{"b":2},"l":null}'],
  ['{"mm":{"a":{"max":1,"s":"x"}},"mm":{"a":{"s":"y"}}}', '{"obj":{"max":0},"mm":{"a":{"max":0,"s":"y"}},"l":null}'],
  [
    '{"mm":{"a":{"max":1},"a":{"s":"y"},"b":null}}',
    '{"obj":{"max":0},"mm":{"a":{"max":0,"s":"y"},"b":{"max":0}},"l":null}',
  ],
  ['{"vals":[{"name":"n"}],"vals":[{"key":1}]}', '{"obj":{"max":0},"vals":[{"name":"n","key":1}],"l":null}'],
  [
    '{"vals":[{"name":"a"},{"name":"b"}],"vals":[{"key":1}]}',
    '{"obj":{"max":0},"vals":[{"name":"a","key":1}],"l":null}',
  ],
  [
    '{"vals":[{"name":"a"},{"name":"b"}],"vals":[],"vals":[{"key":1},{"key":2}]}',
    '{"obj":{"max":0},"vals":[{"key":1},{"key":2}],"l":null}',
  ],
  ['{"vals":[{"name":"a"}],"vals":null,"vals":[{"key":1}]}', '{"obj":{"max":0},"vals":[{"key":1}],"l":null}'],
  [
    '{"vals":[{"name":"a"},{"name":"b"},{"name":"c"}],"vals":[{"key":1}],"vals":[null,{"key":2},{},{"key":4}]}',
    '{"obj":{"max":0},"vals":[{"name":"a","key":1},{"name":"b","key":2},{"name":"c"},{"key":4}],"l":null}',
  ],
  ['{"skills":["a","b"],"skills":["c"],"skills":[null,null,null]}', '{"skills":["c","b",""],"obj":{"max":0},"l":null}'],
  [
    '{"items":[{"name":"n"},null],"items":[{"key":1},{"key":2}]}',
    '{"obj":{"max":0},"items":[{"name":"n","key":1},{"key":2}],"l":null}',
  ],
  ['{"items":[{"name":"n"}],"items":[null],"items":[{"key":1}]}', '{"obj":{"max":0},"items":[{"key":1}],"l":null}'],
  [
    '{"items":[{"p":{"max":1}}],"items":[{"p":{"s":"x"}}]}',
    '{"obj":{"max":0},"items":[{"p":{"max":1,"s":"x"}}],"l":null}',
  ],
  [
    '{"ml":{"a":[{"name":"n"}]},"ml":{"a":[{"key":1}],"b":null}}',
    '{"obj":{"max":0},"ml":{"a":[{"key":1}],"b":null},"l":null}',
  ],
  [
    '{"m":{"__proto__":1,"constructor":2},"__proto__":{"max":1}}',
    '{"obj":{"max":0},"m":{"__proto__":1,"constructor":2},"l":null}',
  ],
  ['{"zzz":[1,{"a":null}],"sub":"x"}', '{"sub":"x","obj":{"max":0},"l":null}'],
  [
    '{"m":{"\\ud83d\\ude00":1,"\\ufffd":2,"a":3,"Z":4,"":5,"10":6,"9":7}}',
    '{"obj":{"max":0},"m":{"":5,"10":6,"9":7,"Z":4,"a":3,"\ufffd":2,"😀":1},"l":null}',
  ],
  [
    '{"i":9223372036854775807,"u":18446744073709551615,"u8":255}',
    '{"u8":255,"i":9223372036854775807,"u":18446744073709551615,"obj":{"max":0},"l":null}',
  ],
  ['{"i":-9223372036854775808}', '{"i":-9223372036854775808,"obj":{"max":0},"l":null}'],
  ['{"i":-0,"l":[-0]}', '{"obj":{"max":0},"l":[0]}'],
];

describe("structs", () => {
  test.each(DOCUMENTS)("are read and written again as in Go: %s", (source, expected) => {
    expect(write(document, read(document, source))).toBe(expected);
  });

  test.each([
    '{"i":9223372036854775808}',
    '{"i":-9223372036854775809}',
    '{"u":18446744073709551616}',
    '{"u":-1}',
    '{"u":-0}',
    '{"u8":256}',
    '{"u8":-0}',
    '{"i":1.0}',
    '{"i":1e3}',
    '{"i":"1"}',
    '{"i":true}',
    '{"i":[]}',
    '{"b":1}',
    '{"sub":1}',
    '{"sub":{}}',
    '{"obj":[]}',
    '{"skills":{}}',
    '{"skills":"a"}',
    '{"skills":[1]}',
    '{"m":[]}',
    '{"m":{"a":"1"}}',
    "[]",
    "1",
    '"x"',
  ])("refuse the types that Go refuses: %s", (source) => {
    expect(() => read(document, source)).toThrowCode("ERR_JSON_TYPE");
  });

  test.each(['{"i":"x",}', '{"i":"x"} x', ""])("name the syntax error before the type error: %s", (source) => {
    expect(() => read(document, source)).toThrowCode("ERR_JSON_SYNTAX");
  });

  test("name the first of several type errors", () => {
    expect(() => read(document, '{"obj":{"max":"x"},"i":true,"zzz":[{"i":1}]}')).toThrow(
      /^obj\.max must be an integer/,
    );
    expect(() => read(document, '{"items":[{},{"p":{"s":1}}],"sub":1}')).toThrow(/^items\[1\]\.p\.s must be a string/);
    expect(() => read(document, '{"ml":{"x y":[{"key":1.5}]},"sub":1}')).toThrow(
      /^ml\["x y"\]\[0\]\.key must be an int/,
    );
  });

  // Every former reading of a key is gone over again if that is copied: minutes, for these.
  test.each([
    ["maps", `{"m":{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":1`).join(",")}}${',"m":{}'.repeat(20_000)}}`],
    ["lists", `{"l":[${"1,".repeat(50_000)}1]${',"l":[1]'.repeat(50_000)}}`],
    ["lists that shrink and grow", `{"l":[${"1,".repeat(5_000)}1]${',"l":[1],"l":[1,2]'.repeat(20_000)}}`],
    ["digits", `{"i":${"9".repeat(200_000)}}`],
  ])("take no time for many repeated keys: %s", (_, source) => {
    const run = () => {
      try {
        read(document, source);
      } catch {
        // What it says is not the point.
      }
    };
    expect(cpuTime(run)).toBeLessThan(3_000);
  });
});
