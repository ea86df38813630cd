import fc from "fast-check";

const asked = Number(process.env["NSC_FUZZ_RUNS"] ?? 0);

/**
 * How many cases to try: at least so many, and with `NSC_FUZZ_RUNS` that many, of which a property takes its share. So
 * the numbers of properties that share a total add up to it.
 */
export function runs(total: number, share = 1): number {
  return Math.ceil(Math.max(total, asked) * share);
}

/** A random number from 0 up to, but not including, `below`. */
export type Random = (below: number) => number;

/** Numbers that one number decides (mulberry32), so that a failure is known by that number. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[random(values.length)] as T;
}

/** Tries a property that makes its own input from a source of random numbers; far cheaper than arbitraries. */
export function assertForSeeds(numRuns: number, property: (random: Random) => void): void {
  fc.assert(
    fc.property(fc.noShrink(fc.integer()), (seed) => property(randomFrom(seed))),
    { numRuns, endOnFailure: true },
  );
}
