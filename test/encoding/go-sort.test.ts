import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sortLikeGo } from "../../src/encoding/go-sort.ts";

/** The former places of the items, in their new order. */
function placesAfterSorting(keys: readonly number[]): number[] {
  const items = keys.map((key, place) => ({ key, place }));
  sortLikeGo(items, (a, b) => a.key < b.key);
  return items.map(({ place }) => place);
}

function numbers(text: string): number[] {
  return text.split(" ").map(Number);
}

function times(length: number, key: (index: number) => number): number[] {
  return Array.from({ length }, (_, index) => key(index));
}

/** Six hundred lists of keys: shuffled, falling, rising and nearly so, with few keys and with many. */
function corpus(): number[][] {
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  return Array.from({ length: 600 }, (_, round) => {
    const length = 13 + random(round % 3 === 0 ? 300 : 80);
    const kinds = [2, 3, 8, length][random(4)] as number;
    const keys = times(length, () => random(kinds));
    const shape = random(4);
    if (shape > 0) keys.sort((a, b) => (shape === 1 ? b - a : a - b));
    if (shape === 3) for (let moved = random(6); moved >= 0; moved--) keys[random(length)] = random(kinds);
    return keys;
  });
}

describe("sortLikeGo", () => {
  // Specification, 8.6.
  test.each([
    [12, "0 3 6 9 1 4 7 10 2 5 8 11"],
    [13, "6 3 0 9 12 1 4 7 10 2 5 8 11"],
    [20, "9 18 15 3 12 0 6 10 7 4 13 16 1 19 8 5 11 14 2 17"],
    [
      50,
      "18 48 45 3 42 39 6 36 33 9 30 27 12 0 24 15 21 25 4 19 49 16 22 1 46 13 43 40 28 37 10 31 7 34 17 26 32 29 38 5 35 11 8 41 44 2 14 47 23 20",
    ],
    [
      60,
      "21 57 54 3 51 48 6 45 42 9 39 36 12 33 0 15 30 27 18 24 31 10 22 58 19 25 1 55 28 52 16 4 49 13 34 46 7 37 43 40 50 41 8 38 44 11 35 47 32 5 29 14 20 53 2 17 56 26 23 59",
    ],
  ])("orders %d subjects that are a, b or c as the specification says", (length, expected) => {
    expect(placesAfterSorting(times(length, (index) => index % 3)).join(" ")).toBe(expected);
  });

  // SHA-256, cut to 16 digits, of the order in which `sort.Sort` of Go 1.26 leaves them.
  test.each([
    ["many keys", times(1000, (index) => (index * 7919) % 1009), "c121a7fe3cea09ce"],
    ["squares", times(1000, (index) => (index * index) % 17), "b03e3e08af3ff4d7"],
    ["falling", times(600, (index) => -index), "f7d6afbb959fedc8"],
    ["falling by threes", times(600, (index) => Math.floor(-index / 3)), "bb8785c15f4e1a2e"],
    ["rising and falling", times(500, (index) => (index < 250 ? index : 500 - index)), "e79548dea1d839e2"],
    ["five keys", times(64, (index) => (index * 37) % 5), "576d8b08d16a6f42"],
    ["one out of place", times(100, (index) => (index === 90 ? 5 : index)), "e9edc38607575556"],
    ["three keys", times(2000, (index) => (index * 7919) % 3), "93e93d3600c5f400"],
  ])("orders as Go does: %s", (_, keys, expected) => {
    const order = placesAfterSorting(keys).join(" ");
    expect(createHash("sha256").update(order).digest("hex").slice(0, 16)).toBe(expected);
  });

  test("orders six hundred lists as Go 1.26 does", () => {
    const orders = corpus().map((keys) => placesAfterSorting(keys).join(" "));
    expect(createHash("sha256").update(orders.join("\n")).digest("hex")).toBe(
      "893b6a79d3bfba89788305a5b565c7bf5da2f5c1221eb07329c3e2d3f293a1c5",
    );
  });

  test("orders as Go does where both give up on quicksort and take to the heap", () => {
    // Made by an adversary that answers comparisons so that pivots are bad, then with keys in pairs.
    const keys = numbers(
      "3 3 4 4 5 5 6 6 7 7 8 8 9 9 10 10 11 11 12 12 13 13 14 14 0 0 15 15 16 16 17 17 18 18 19 19 20 20 21 21 22 22 23 23 24 24 25 25 26 1 1 26 30 43 33 43 44 28 45 48 41 45 44 48 27 32 27 29 47 28 31 37 32 33 2 2 46 29 42 30 49 31 49 34 46 47 41 40 39 40 39 38 42 38 36 37 36 35 35 34",
    );
    expect(placesAfterSorting(keys)).toEqual(
      numbers(
        "24 25 49 50 74 75 0 1 2 3 4 5 7 6 8 9 10 11 13 12 14 15 16 17 18 19 20 21 22 23 26 27 28 29 30 31 32 33 34 35 37 36 39 38 40 41 42 43 44 45 46 47 48 51 64 66 69 57 67 77 79 52 70 81 72 65 73 54 99 83 98 97 96 94 95 71 91 93 88 90 87 89 86 60 92 78 53 55 62 56 58 61 84 76 68 85 59 63 80 82",
      ),
    );
  });

  test("is stable up to twelve items", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 12 }), (keys) => {
        const stable = [...keys.entries()].sort(([, a], [, b]) => a - b).map(([place]) => place);
        expect(placesAfterSorting(keys)).toEqual(stable);
      }),
    );
  });

  test("orders any keys, and keeps every item", () => {
    const keys = fc.oneof(
      fc.array(fc.nat(3), { maxLength: 400 }),
      fc.array(fc.nat(), { maxLength: 400 }),
      fc.tuple(fc.nat(600), fc.array(fc.nat(600))).map(([length, moved]) => {
        const nearlySorted = times(length, (index) => index);
        for (const place of moved.slice(0, 4)) if (place < length) nearlySorted[place] = length - place;
        return nearlySorted;
      }),
    );
    fc.assert(
      fc.property(keys, (values) => {
        const places = placesAfterSorting(values);
        expect(places.map((place) => values[place])).toEqual(values.toSorted((a, b) => a - b));
        expect(new Set(places).size).toBe(values.length);
      }),
    );
  });
});
