import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testWithServer } from "../support/nats-server.ts";

/**
 * Runs every example of the docstrings and of the documents. Where a line ends with a comment that is a literal, the value
 * of its expression must be that literal; a text in it that ends with … is the beginning of the value.
 */

const root = join(import.meta.dirname, "../..");
const scratch = join(root, "test/examples/.scratch");

interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

async function examplesOf(file: string): Promise<Example[]> {
  const text = await readFile(file, "utf8");
  return [...text.matchAll(/^(?<indent>[ \t]*(?:\* )?)```ts\n(?<code>[\s\S]*?)^[ \t]*(?:\* )?```$/gm)].map((match) => ({
    file: relative(root, file),
    line: text.slice(0, match.index).split("\n").length,
    code: (match.groups?.["code"] ?? "").replace(/^[ \t]*\* ?/gm, ""),
  }));
}

const LITERAL =
  /^(?<indent>\s*)(?!const |let |import |export |for |if )(?<expression>\S.*); \/\/ (?<literal>"(?:[^"\\]|\\.)*"|-?\d+|true|false)(?: .*)?$/;

/** Turns lines such as `pair.kind; // "user"` into checks. */
function withChecks(code: string): string {
  return code
    .split("\n")
    .map((line) => {
      const { indent, expression, literal } = LITERAL.exec(line)?.groups ?? {};
      if (expression === undefined) return line;
      const value = /^console\.log\((.*)\)$/.exec(expression)?.[1] ?? expression;
      return `${indent}globalThis.checkDocumented(${value}, ${literal});`;
    })
    .join("\n");
}

function checkDocumented(value: unknown, literal: unknown): void {
  if (typeof literal !== "string" || !literal.endsWith("…")) expect(value).toBe(literal);
  else expect(String(value).slice(0, literal.length - 1)).toBe(literal.slice(0, -1));
}

async function filesOf(folder: string, ending: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
}

const files = ["README.md", ...(await filesOf("docs", ".md")), ...(await filesOf("src", ".ts"))];
const examples = (await Promise.all(files.map((file) => examplesOf(join(root, file))))).flat();

beforeAll(async () => {
  Object.assign(globalThis, { checkDocumented });
  await mkdir(scratch, { recursive: true });
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

test("there are examples to run", () => {
  expect(examples.length).toBeGreaterThan(30);
});

describe.each(examples)("$file:$line", ({ file, line, code }) => {
  const testIt = code.includes("nsc.js/testing") ? testWithServer : test;
  testIt("runs and gives what it says", async () => {
    const path = join(scratch, `${file.replaceAll(/\W/g, "-")}-${line}.ts`);
    await writeFile(path, withChecks(code));
    await import(path);
  });
});
