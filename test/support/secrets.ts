import { expect } from "vitest";

/** Of a token its beginning; of a seed all but a few of its 58 characters, since the 52 of a `jti` may begin as one does. */
const SECRET = /eyJ[\w-]{20,}|\bS[OAUNCX][A-Z2-7]{51,}/;

/** Fails if a text, or what is in some data, looks like a token or a seed. */
export function expectNoSecret(value: unknown): void {
  expect(typeof value === "string" ? value : JSON.stringify(value)).not.toMatch(SECRET);
}

/** Fails if there is what looks like a seed; tokens may be there. */
export function expectNoSeed(text: string): void {
  expect(text).not.toMatch(/\bS[OAUNCX][A-Z2-7]{51,}/);
}
