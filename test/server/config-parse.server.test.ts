import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type ConfigValue, isNscError, parseServerConfig } from "nsc.js";
import { startNatsServer } from "nsc.js/testing";
import { afterAll, expect, test } from "vitest";
import { quoteGo } from "../../src/encoding/go-text.ts";
import { configChecker } from "../support/check-config.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { isOlderThan, monitor } from "./servers.ts";

/** Each of them is a run of `nats-server -t`, some 20 ms. */
const RUNS = Number(process.env["NSC_FUZZ_RUNS"] ?? 200);
const checker = configChecker();
afterAll(() => checker.close());

const VARIABLES = { NUMBER: "2k", TEXT: "'a b'", LIST: "[x, $NUMBER]", SELF: "$SELF", BROKEN: "[" };
const FILES: Readonly<Record<string, string>> = {
  "a.conf": "x: in a\n",
  "sub/b.conf": "include ../a.conf; y: $x\n",
  "broken.conf": "x: [",
};
mkdirSync(join(checker.dir, "sub"));
for (const [path, text] of Object.entries(FILES)) writeFileSync(join(checker.dir, path), text.replace("in a", "in_a"));
const options = {
  variables: VARIABLES,
  include: (path: string): string => {
    const text = FILES[path];
    if (text === undefined) throw new Error("there is no such file");
    return text.replace("in a", "in_a");
  },
};

/** What the server says where it can't read the text; what else it says is about options that there are not. */
const UNREADABLE =
  /Parse error on line|variable reference for|config is invalid|out of the range|expected (?:integer|float|Zulu)|error parsing include file/;

/** Where we refuse what the server takes, losing something: see `parseServerConfig`. */
const LOSSES = /no closing quote|expected a value|can't have this suffix/;

function reading(text: string): { readonly map?: Readonly<Record<string, unknown>>; readonly refusal?: string } {
  try {
    return { map: parseServerConfig(text, options) };
  } catch (error) {
    if (!isNscError(error, "ERR_CONFIG_SYNTAX") && !isNscError(error, "ERR_CONFIG_VALUE")) throw error;
    return { refusal: error.message };
  }
}

/** The names at the top that the server doesn't know, which are all but those of variables that are used. */
function unknownNames(output: string | undefined): string[] {
  return [...(output ?? "").matchAll(/unknown field "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] as string);
}

async function compare(text: string): Promise<void> {
  const output = await checker.check(text, VARIABLES);
  const { map, refusal } = reading(text);
  const isReadable = output === undefined || !UNREADABLE.test(output);
  if (map !== undefined) {
    expect({ text, isReadable, output }).toMatchObject({ isReadable: true });
    const names = Object.keys(map).map((name) => quoteGo(name).slice(1, -1));
    expect(names).toEqual(expect.arrayContaining(unknownNames(output)));
  } else if (isReadable) {
    expect({ text, refusal, output }).toMatchObject({ refusal: expect.stringMatching(LOSSES) });
  }
}

/** Mostly what is right, so that the server can read about half of the texts. */
const mostly = (right: readonly string[], other: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: other });

const anyWord = fc.constantFrom(
  "a",
  "b.c",
  "x",
  "/",
  "1",
  "42",
  "-7",
  "1.5",
  "2k",
  "3kib",
  "1.2.3.4",
  "5x",
  "on",
  "no",
  "$x",
  "$NUMBER",
  "$TEXT",
  "$LIST",
  "$SELF",
  "$BROKEN",
  "$2a$11$x",
  "'a b'",
  '"a\\tb\\x41"',
  '"\\q"',
  "''",
  "2026-01-31T00:00:00Z",
  "2026-13-01T00:00:00Z",
  "a'",
  "\\x41",
  "\u0663",
  "\u00e9",
  "(\nl\n)\n",
  "(x)",
  "http://h:1/p#q",
  "1]",
  "99999999999999999999",
  "-",
  ".5",
  "#",
  "1e",
  "2b",
);
const space = fc.constantFrom("", " ", "\t", "\n", " \n ", "\r\n", "\u00a0", " # c\n", " // c\n");
const anySeparator = fc.constantFrom(": ", " = ", " ", ":", "=", "\n", " : : ", "");
const anyEnd = fc.constantFrom("\n", ", ", "; ", ",", "\n\n", " # c\n", "", " / ", "}", "\0");
const word = mostly(
  ["a", "b.c", "42", "-7", "1.5", "2k ", "3kib ", "1.2.3.4", "on", "'a b'", '"a\\tb\\x41"', "$TEXT", "(\nl\n)\n"],
  anyWord,
);
const separator = mostly([": ", " = ", " "], anySeparator);
const end = mostly(["\n", ", ", " # c\n"], anyEnd);
const { value, member } = fc.letrec<{ value: string; member: string; map: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    word,
    fc
      .array(fc.tuple(space, tie("value"), space, fc.constantFrom(",", "\n", ", ", " ")), { maxLength: 3 })
      .map((items) => `[${items.map((item) => item.join("")).join("")}]`),
    tie("map"),
  ),
  map: fc.tuple(fc.array(tie("member"), { maxLength: 3 }), space).map(([list, last]) => `{${list.join("")}${last}}`),
  member: fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(space, fc.constantFrom("a", "b", "x", "'k 1'", '"k\\"', "k{", "/k", "}"), separator, tie("value"), end)
        .map((parts) => parts.join("")),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "include a.conf\n",
        "include 'sub/b.conf';",
        "INCLUDE none.conf\n",
        "include broken.conf\n",
        "include [x]\n",
        "include: x\n",
      ),
    },
  ),
}));
const document = fc.tuple(fc.array(member, { maxLength: 5 }), fc.boolean()).map(([members, isBraced]) => {
  return isBraced ? `{${members.join("")}}` : members.join("");
});
const soup = fc
  .array(
    fc.constantFrom(
      "a",
      "b",
      "1",
      "k",
      "x",
      "-",
      ".",
      "$",
      ":",
      "=",
      "{",
      "}",
      "[",
      "]",
      "(",
      ")",
      ",",
      ";",
      "#",
      "/",
      '"',
      "'",
      "\\",
      "\n",
      "\r",
      "\t",
      " ",
      "\0",
      "\u0085",
    ),
    { maxLength: 25 },
  )
  .map((list) => list.join(""));

describeWithServer("parseServerConfig and nats-server", () => {
  // Those before pass over some errors at the end of the text.
  test.skipIf(isOlderThan("2.10.0"))(
    "take and refuse the same texts",
    async () => {
      const anyText = fc.oneof({ weight: 3, arbitrary: document }, { weight: 1, arbitrary: soup });
      await fc.assert(fc.asyncProperty(anyText, compare), { numRuns: RUNS });
    },
    RUNS * 500 + 30_000,
  );

  test.skipIf(isOlderThan("2.10.0"))(
    "read the same values",
    async () => {
      // Of keys that are none the server says what they are, and of values that are no text which type they have.
      const items = fc.array(fc.tuple(space, value, fc.constantFrom(",", "\n", " , ")).map((parts) => parts.join("")));
      await fc.assert(
        fc.asyncProperty(items, async (list) => {
          const text = `x: a$b\ntrusted: [${list.join("")}\n]`;
          const output = (await checker.check(text, VARIABLES)) ?? "";
          const { map } = reading(text);
          if (map === undefined || UNREADABLE.test(output)) return compare(text);
          const said = [...output.matchAll(/trust key ("(?:[^"\\]|\\.)*") required|unsupported type in array (.*)/g)];
          const values = map["trusted"] as readonly ConfigValue[];
          expect(new Set(said.map(([, key, type]) => key ?? type))).toEqual(new Set(values.map(seenByServer)));
        }),
        { numRuns: RUNS },
      );
    },
    RUNS * 500 + 30_000,
  );

  test("read the same sizes", async () => {
    const text = `
      max_connections: 2k, max_subscriptions: 3KiB; max_payload = 1mb
      max_control_line 4kb\nmax_pending: 64Mi
      write_deadline: "7s", lame_duck_duration = '1m'
    `;
    await using server = await startNatsServer({ config: text, args: ["-m", "-1"] });
    const { max_connections, max_payload, max_control_line, max_pending } = parseServerConfig(text);
    expect(await monitor(server, "/varz")).toMatchObject({
      max_connections,
      max_payload,
      max_control_line,
      max_pending,
    });
  });
});

/** How the server shows a value among trusted keys. */
function seenByServer(value: ConfigValue): string {
  switch (typeof value) {
    case "string":
      // A date is one to the server.
      return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) ? "time.Time" : quoteGo(value);
    case "boolean":
      return "bool";
    case "object":
      return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
    default:
      return Number.isInteger(value) || typeof value === "bigint" ? "int64" : "float64";
  }
}
