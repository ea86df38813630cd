import { type Claims, decode, encode, keyPairFromSeed, toJson } from "nsc.js";
import { describe, expect, test } from "vitest";
import { engines } from "../crypto/engines.ts";
import { parseExact, payloadOf, readLines } from "./tokens.ts";

/** Tokens of Go with integers that no JavaScript number holds: `shared/README.md`. Seeds in it are made for tests. */
interface Vector {
  readonly kind: "account" | "user";
  readonly seed: string;
  readonly iat: number;
  readonly claimsJson: string;
  readonly token: string;
}

const vectors = readLines<Vector>("int64.jsonl");

/** The claims of the vector, with bigints where they must be, or wherever an integer stands. */
function claimsOf({ kind, claimsJson }: Vector, integers: "where needed" | "everywhere"): Claims {
  const claims = parseExact(claimsJson) as { nats: object };
  const given = { ...claims, nats: { ...claims.nats, type: kind } };
  return (integers === "everywhere" ? toBigints(given) : given) as Claims;
}

function toBigints(value: unknown): unknown {
  if (typeof value === "number") return BigInt(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(toBigints);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toBigints(member)]));
}

test("the vectors are all there, and each holds an integer beyond 2^53", () => {
  expect(vectors).toHaveLength(25);
  for (const { token } of vectors) {
    const integers = payloadOf(token).match(/(?<=:)-?\d+/g) ?? [];
    expect(integers.filter((digits) => !Number.isSafeInteger(Number(digits)))).not.toEqual([]);
  }
});

describe.each(engines)("on the $name engine", ({ engine }) => {
  test("decoding and encoding again gives the same token", async () => {
    for (const { line, token, seed, iat } of vectors) {
      const claims = decode(token, { engine });
      const again = await encode(claims, keyPairFromSeed(seed, { engine }), { issuedAt: iat, engine });
      expect(payloadOf(again), `line ${line}`).toBe(payloadOf(token));
      expect(again, `line ${line}`).toBe(token);
      expect(toJson(claims), `line ${line}`).toBe(payloadOf(token));
    }
  });

  test.each(["where needed", "everywhere"] as const)("claims with bigints %s give the token", async (integers) => {
    for (const vector of vectors) {
      const pair = keyPairFromSeed(vector.seed, { engine });
      const token = await encode(claimsOf(vector, integers), pair, { issuedAt: vector.iat, engine });
      expect(payloadOf(token), `line ${vector.line}`).toBe(payloadOf(vector.token));
      expect(token, `line ${vector.line}`).toBe(vector.token);
    }
  });
});

test("integers are numbers as long as those are exact, and bigints beyond", () => {
  const types = new Set<string>();
  for (const { token } of vectors) {
    const { limits, subs } = decode(token).nats as { limits?: Record<string, unknown>; subs?: unknown };
    for (const value of [subs, ...Object.values(limits ?? {})]) {
      types.add(typeof value);
      if (typeof value === "number") expect(Number.isSafeInteger(value)).toBe(true);
      if (typeof value === "bigint") expect(Number.isSafeInteger(Number(value))).toBe(false);
    }
  }
  expect(types).toContain("bigint");
});
