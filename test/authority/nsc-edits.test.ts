import { describe, expect, test } from "vitest";
import { readLines } from "../jwt/tokens.ts";
import { ACCOUNTS } from "./nsc-edits/accounts.ts";
import { BEYOND } from "./nsc-edits/beyond.ts";
import { EXCHANGE } from "./nsc-edits/exchange.ts";
import { FLAGS, flagsIn, WITHOUT } from "./nsc-edits/flags.ts";
import { OPERATORS } from "./nsc-edits/operators.ts";
import { claimsOf, normal, type Play, type Stories, stageFor } from "./nsc-edits/stage.ts";
import { USERS } from "./nsc-edits/users.ts";

/**
 * Every edit that nsc 2.14 has, done with the library: the claims that its commands left in a corpus of 122 stories are the
 * expectation, but for times of issue and ids. Commands that only look are left out of the stories.
 */
interface Story {
  readonly name: string;
  readonly steps: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly tokens: Readonly<Record<string, unknown>>;
}

const corpus = readLines<Story>("nsc-edits.jsonl");
/** The stories that are compared file by file: see `test/node/parity.test.ts`. */
const others = readLines<Pick<Story, "steps">>("cli-core.jsonl");
const PLAYS: Stories = { ...OPERATORS, ...ACCOUNTS, ...EXCHANGE, ...USERS };

test("every story of the corpus is played", () => {
  expect(Object.keys(PLAYS).sort()).toEqual(corpus.map(({ name }) => name).sort());
});

test("every flag of nsc's edits is in a story", () => {
  const stories = [...corpus, ...others, ...Object.values(BEYOND)];
  const used = flagsIn(stories.flatMap(({ steps }) => steps));
  const flags = Object.entries(FLAGS).flatMap(([command, names]) =>
    names.split(" ").map((name) => `${command} --${name}`),
  );
  expect(flags.length).toBeGreaterThan(180);
  expect(flags.filter((flag) => !used.has(flag) && !(flag in WITHOUT))).toEqual([]);
});

describe("the library leaves the claims that nsc leaves", () => {
  test.each(corpus)("$name", async ({ name, files, tokens }) => {
    const stage = stageFor(files);
    await (PLAYS[name] as Play)(stage);
    expect(await claimsOf(stage)).toEqual(normal(tokens));
  });

  test.each(Object.entries(BEYOND))("%s", async (_, { play, path, nats }) => {
    const stage = stageFor();
    await play(stage);
    expect(((await claimsOf(stage))[path.join("/")] as { nats: unknown }).nats).toMatchObject(normal(nats) as object);
  });
});
