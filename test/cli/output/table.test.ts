import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Table, type TableStyle } from "../../../src/cli/output/table.ts";
import { countColumns } from "../../../src/cli/text/break-lines.ts";

const people = (head: { title?: string; headers?: string[] }) =>
  new Table(head).row("hey", "you").row("derek too", "3.15");

// The layouts that the tests of xlab/tablewriter pin.
describe("without a width", () => {
  test("title, headers and rows", () => {
    expect(people({ title: "Example", headers: ["Name", "Value"] }).format()).toBe(
      [
        "+-------------------+",
        "|      Example      |",
        "+-----------+-------+",
        "| Name      | Value |",
        "+-----------+-------+",
        "| hey       | you   |",
        "| derek too | 3.15  |",
        "+-----------+-------+",
        "",
      ].join("\n"),
    );
  });

  test("a title that is wider makes the last column wider", () => {
    expect(people({ title: "Example My Foo Bar'd Test", headers: ["Name", "Value"] }).format()).toBe(
      [
        "+---------------------------+",
        "| Example My Foo Bar'd Test |",
        "+-----------+---------------+",
        "| Name      | Value         |",
        "+-----------+---------------+",
        "| hey       | you           |",
        "| derek too | 3.15          |",
        "+-----------+---------------+",
        "",
      ].join("\n"),
    );
  });

  test("the blank that is too much is behind the title", () => {
    const table = new Table({ title: "Example... to Fix My Test" });
    expect(table.row("hey foo bar baz", "you should sell cod!").format().split("\n")[1]).toBe(
      "|       Example... to Fix My Test        |",
    );
  });

  test("no headers, rules, values below each other and rows that end early", () => {
    const table = new Table({ title: "T" }).row("Name", "x", "y").rule().list("Tags", ["a", "bc"]).list("None", []);
    expect(table.row("end").format()).toBe(
      [
        "+----------------+",
        "|       T        |",
        "+------+----+---+",
        "| Name | x  | y |",
        "+------+----+---+",
        "| Tags | a  |",
        "|      | bc |",
        "| end  |",
        "+------+----+---+",
        "",
      ]
        .join("\n")
        .replace("+----------------+", "+---------------+")
        .replace("|       T        |", "|       T       |"),
    );
  });

  test("code points count as one column each, as in nsc", () => {
    expect(new Table({ title: "← 5 →" }).row("a", "b").format()).toBe(
      "+-------+\n| ← 5 → |\n+---+---+\n| a | b |\n+---+---+\n",
    );
  });

  test("headers alone, a title alone and nothing at all are no error", () => {
    expect(new Table({ headers: ["A"] }).format()).toBe("+---+\n| A |\n+---+\n");
    expect(new Table({ title: "A" }).format()).toBe("+---+\n| A |\n+---+\n");
    expect(new Table().format()).toBe("+--+\n");
  });

  test("cells stay on their line and command no terminal", () => {
    const text = new Table().row("a\nb\u001b[2J\u202e").format();
    expect(text.split("\n")).toHaveLength(4);
    expect(text).toContain("| a\\nb\\x1b[2J\\u202e |");
  });

  test("bold is there for whoever sees it, and takes no room", () => {
    const table = new Table().row({ text: "A", isBold: true }).row("BB");
    expect(table.format()).toBe("+----+\n| A  |\n| BB |\n+----+\n");
    expect(table.format({ color: true })).toBe("+----+\n| \u001b[1mA\u001b[22m  |\n| BB |\n+----+\n");
  });
});

describe("with a width", () => {
  const key = "A".repeat(56);

  test("a table that fits is as it is without one", () => {
    const table = people({ title: "Example", headers: ["Name", "Value"] });
    expect(table.format({ width: 21 })).toBe(table.format());
    expect(table.format({ width: 20 })).not.toBe(table.format());
  });

  test("the widest columns get narrower first, and their texts go on in the next line", () => {
    const table = new Table({ headers: ["Name", "Public Key"] }).row("bob", key).row("a b", "some words that are many");
    expect(table.format({ width: 40 })).toBe(
      [
        "+------+-------------------------------+",
        "| Name | Public Key                    |",
        "+------+-------------------------------+",
        `| bob  | ${"A".repeat(29)} |`,
        `|      | ${"A".repeat(27)}   |`,
        "| a b  | some words that are many      |",
        "+------+-------------------------------+",
        "",
      ].join("\n"),
    );
  });

  test("wide characters take two columns there", () => {
    expect(new Table().row("日本", "x").row("abcd", "y").format({ width: 80 })).toBe(
      "+------+---+\n| 日本 | x |\n| abcd | y |\n+------+---+\n",
    );
  });

  test("a terminal that is too narrow for anything still gets a table", () => {
    expect(new Table({ title: "Keys" }).row(key, key).format({ width: 1 }).split("\n").length).toBeGreaterThan(8);
  });
});

const cellText = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.stringMatching(/^[a-z ]{0,60}$/));
const tables = fc.record({
  title: fc.option(cellText, { nil: undefined }),
  columns: fc.integer({ min: 1, max: 4 }),
  rows: fc.array(fc.array(cellText, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
});

function formatted(
  { title, columns, rows }: { title: string | undefined; columns: number; rows: string[][] },
  style: TableStyle,
): string {
  const table = new Table(title === undefined ? {} : { title });
  for (const row of rows) table.row(...row.slice(0, columns));
  return table.format(style);
}

test("all lines of a table are equally long, whatever is in it", () => {
  fc.assert(
    fc.property(tables, (data) => {
      const lines = formatted(data, {}).trimEnd().split("\n");
      expect(new Set(lines.map((line) => [...line].length)).size).toBe(1);
    }),
  );
});

test("a table fits the terminal unless its columns would be too narrow, and loses nothing but blanks", () => {
  fc.assert(
    fc.property(tables, fc.integer({ min: 60, max: 200 }), (data, width) => {
      const text = formatted(data, { width });
      const lines = text.trimEnd().split("\n");
      expect(new Set(lines.map(countColumns)).size).toBe(1);
      expect(countColumns(lines[0] as string)).toBeLessThanOrEqual(width);
      const letters = (value: string) => [...value.replace(/[^a-z]/g, "")].sort().join("");
      expect(letters(text)).toBe(letters(formatted(data, {})));
    }),
  );
});
