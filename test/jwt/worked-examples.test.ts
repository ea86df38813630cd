import { createHash } from "node:crypto";
import {
  type Claims,
  createAccountClaims,
  decode,
  decodeGeneric,
  encode,
  encodeGeneric,
  type GenericClaims,
  keyPairFromSeed,
  toJson,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { engines } from "../crypto/engines.ts";
import { keyNamed } from "../nkeys/fixtures.ts";
import { deepFreeze, HEADER, parseExact, payloadOf } from "./tokens.ts";
import { ISSUED_AT, WORKED_EXAMPLES } from "./worked-examples.ts";

/** claims.md, section 8.4: the token of an example, put together from what the section gives. */
function tokenOf({ payload, signature }: { readonly payload: string; readonly signature: string }): string {
  const chunks = [HEADER, payload].map((text) => Buffer.from(text).toString("base64url"));
  return [...chunks, signature].join(".");
}

/** The claims of an example without what `encode` sets; imports and exports in the opposite order, as they were given. */
function claimsOf(payload: string): Claims {
  const { iss: _, iat: __, jti: ___, ...claims } = parseExact(payload) as Claims;
  if (claims.nats === undefined) return claims as Claims;
  const { version: ____, ...nats } = claims.nats as Claims["nats"] & { imports?: unknown[]; exports?: unknown[] };
  nats.imports?.reverse();
  nats.exports?.reverse();
  return { ...claims, nats } as Claims;
}

describe.each(engines)("on the $name engine", ({ engine }) => {
  test.each(WORKED_EXAMPLES)("$name encodes to Go's token", async ({ name, signedBy, payload, signature }) => {
    const pair = keyPairFromSeed(keyNamed(signedBy).seed, { engine });
    const options = { issuedAt: ISSUED_AT, engine };
    const claims = deepFreeze(claimsOf(payload));
    const token = name.startsWith("generic")
      ? await encodeGeneric(claims as unknown as GenericClaims, pair, options)
      : await encode(claims, pair, options);
    expect(payloadOf(token)).toBe(payload);
    expect(token).toBe(tokenOf({ payload, signature }));
  });

  test.each(WORKED_EXAMPLES)("$name decodes to what Go wrote", (example) => {
    const token = tokenOf(example);
    const isGeneric = example.name.startsWith("generic");
    const claims = isGeneric ? decodeGeneric(token, { engine }) : decode(token, { engine });
    expect(toJson(claims)).toBe(example.payload);
    // Every token can be read as free data: section 1.10.
    expect(decodeGeneric(token, { engine }).sub).toBe(claims.sub);
  });
});

/** RFC 4648, bit by bit. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
}

describe("the id of a token", () => {
  test("is the hash of section 8.3", async () => {
    const [operator, account] = [keyNamed("operator"), keyNamed("account")];
    const claims: Claims = createAccountClaims(account.publicKey, { name: "A" });
    const token = await encode(claims, keyPairFromSeed(operator.seed), { issuedAt: ISSUED_AT });
    const hashed = `{"iat":1700000000,"iss":"${operator.publicKey}","name":"A","sub":"${account.publicKey}"}`;
    expect(hashed).toHaveLength(159);
    const id = "2U6Y3EIVNB3ULLC6IK4UIISNFJFGCGTX57VKDEZ3RQ6H4NUE3YMA";
    expect(decode(token).jti).toBe(id);
    const oracle = createHash("sha512-256").update(hashed).digest();
    expect(base32(oracle)).toBe(id);
  });

  test("depends on the common claims alone, so two tokens of one second may share it", async () => {
    const key = keyPairFromSeed(keyNamed("account").seed);
    const sub = keyNamed("user").publicKey;
    const idOf = async (claims: object, issuedAt = ISSUED_AT): Promise<string | undefined> =>
      decode(await encode(claims as Claims, key, { issuedAt })).jti;
    const id = await idOf({ sub, name: "u", nats: { type: "user" } });
    expect(id).toMatch(/^[A-Z2-7]{52}$/);
    expect(await idOf({ sub, name: "u", jti: "other", nats: { type: "user", payload: 3, tags: ["t"] } })).toBe(id);
    expect(await idOf({ sub, name: "v", nats: { type: "user" } })).not.toBe(id);
    expect(await idOf({ sub, name: "u", aud: "a", nats: { type: "user" } })).not.toBe(id);
    expect(await idOf({ sub, name: "u", nats: { type: "user" } }, ISSUED_AT + 1)).not.toBe(id);
  });
});

/** claims.md, section 8.6: the names of n exports of subjects a, b, c, a, … after Go's sort. */
const SORTED: readonly (readonly [number, string])[] = [
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
];

describe.each(["exports", "imports"] as const)("%s", (member) => {
  test.each(SORTED)("%i of them are in the order of Go's unstable sort", async (count, names) => {
    const entries = Array.from({ length: count }, (_, index) => ({
      name: `${index}`,
      subject: "abc".charAt(index % 3),
    }));
    const { publicKey, seed } = keyNamed("account");
    const claims = deepFreeze({ sub: publicKey, nats: { type: "account", [member]: entries } });
    const token = await encode(claims as unknown as Claims, keyPairFromSeed(seed));
    const nats = (JSON.parse(payloadOf(token)) as { nats: Record<string, { name: string }[]> }).nats;
    expect(nats[member]?.map(({ name }) => name).join(" ")).toBe(names);
  });

  test("are ordered by the bytes of their subjects, and not by UTF-16 units", async () => {
    const { publicKey, seed } = keyNamed("account");
    // U+FFFD is EF BF BD, U+1F600 is F0 9F 98 80 and in UTF-16 D83D DE00.
    const entries = ["\u{1f600}", "\ufffd", "z", "\u00e9", "Z"].map((subject) => ({ subject }));
    const claims = { sub: publicKey, nats: { type: "account", [member]: entries } };
    const token = await encode(claims as unknown as Claims, keyPairFromSeed(seed));
    const nats = (JSON.parse(payloadOf(token)) as { nats: Record<string, { subject: string }[]> }).nats;
    expect(nats[member]?.map(({ subject }) => subject)).toEqual(["Z", "z", "\u00e9", "\ufffd", "\u{1f600}"]);
  });
});
