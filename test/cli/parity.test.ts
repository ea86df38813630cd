import { describe, expect, test } from "vitest";
import { differences, stories } from "./support/parity.ts";

describe("our command leaves on disk what nsc 2.14 leaves", () => {
  test.each(stories.filter(({ scenario }) => scenario.server === undefined))("$name", async (story) => {
    expect(await differences(story)).toEqual([]);
  });

  test("in more than two hundred stories", () => {
    expect(stories.length).toBe(263);
  });
});
