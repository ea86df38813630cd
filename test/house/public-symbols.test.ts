import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { entries, ROOT } from "../support/manifest.ts";

/** One public symbol is code, a docstring, a test and a type test. The first is there; these look for the other three. */

const program = ts.createProgram(
  entries.map(({ types }) => join(ROOT, types)),
  { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, noEmit: true },
);
const checker = program.getTypeChecker();

const HOUSE_KEEPING = /^(?:house|package|runtime|support)[\\/]/;
const testFiles = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" }).filter(
  (name) => !HOUSE_KEEPING.test(name),
);

function wordsOf(ending: string): Set<string> {
  const texts = testFiles
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(ROOT, "test", name), "utf8"));
  return new Set(texts.join("\n").match(/[A-Za-z_$][\w$]*/g));
}

const tested = wordsOf(".test.ts");
const typeTested = wordsOf(".test-d.ts");

describe.each(entries)("the symbols of $specifier", ({ types }) => {
  const file = program.getSourceFile(join(ROOT, types));
  const module = file && checker.getSymbolAtLocation(file);
  const symbols = (module ? checker.getExportsOfModule(module) : []).map((symbol) => ({
    name: symbol.name,
    symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  }));
  const without = (has: (name: string, symbol: ts.Symbol) => boolean): string[] =>
    symbols.filter(({ name, symbol }) => !has(name, symbol)).map(({ name }) => name);

  test("are there", () => {
    expect(symbols).not.toEqual([]);
  });

  test("have a docstring", () => {
    expect(without((_, symbol) => symbol.getDocumentationComment(checker).length > 0)).toEqual([]);
  });

  test("occur in a test, if they are values", () => {
    expect(without((name, symbol) => !(symbol.flags & ts.SymbolFlags.Value) || tested.has(name))).toEqual([]);
  });

  test("occur in a type test", () => {
    expect(without((name) => typeTested.has(name))).toEqual([]);
  });
});
