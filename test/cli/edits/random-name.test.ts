import { expect, test } from "vitest";
import { randomName } from "../../../src/cli/edits/random-name.ts";

test("is an adjective and a surname, another one each time", () => {
  const names = new Set(Array.from({ length: 200 }, () => randomName()));
  expect(names.size).toBeGreaterThan(100);
  for (const name of names) expect(name).toMatch(/^[a-z]+_[a-z]+$/);
});

test("has about sixty words of either kind, none of them twice", () => {
  for (const part of [0, 1]) {
    const words = new Set<string>();
    let limit = 0;
    for (let i = 0; i === 0 || i < limit; i++) {
      const name = randomName({
        random: (below) => {
          limit = Math.max(limit, below);
          return Math.min(i, below - 1);
        },
      });
      words.add(name.split("_")[part] as string);
    }
    expect(words.size).toBeGreaterThanOrEqual(58);
  }
});

test("is none that is taken", () => {
  const taken = new Set(["airy_amundsen", "airy_amundsen2"]);
  expect(randomName({ random: () => 0, isTaken: (name) => taken.has(name) })).toBe("airy_amundsen3");
  expect(taken.has(randomName({ isTaken: (name) => taken.has(name) }))).toBe(false);
});
