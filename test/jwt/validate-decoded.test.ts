import { decode, isNscError, validate } from "nsc.js";
import { expect, test } from "vitest";
import { validateDecoded } from "../../src/jwt/validate.ts";
import { readLines } from "./tokens.ts";

const vectors = [...readLines<{ token?: string }>("decode.jsonl"), ...readLines<{ token?: string }>("claims.jsonl")];

/** The claims of the tokens that can be read. */
const accepted = vectors.flatMap(({ token }) => {
  if (token === undefined) return [];
  try {
    return [decode(token)];
  } catch (error) {
    if (!isNscError(error)) throw error;
    return [];
  }
});

test("claims that were decoded are validated as any others", () => {
  expect(accepted.length).toBeGreaterThan(100);
  const now = 1_700_000_000;
  for (const claims of accepted) {
    expect(validateDecoded(claims, { now })).toEqual(validate(claims, { now }));
  }
});
