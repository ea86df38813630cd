import * as nkeys from "@nats-io/nkeys";
import {
  createUserClaims,
  decorateSeed,
  decorateToken,
  encode,
  encodeCreds,
  formatCreds,
  type KeyPair,
  keyPairFromPublicKey,
  keyPairFromSeed,
  type NscError,
  parseCreds,
  parseDecoratedSeed,
  type UserClaims,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { engines } from "../crypto/engines.ts";
import { deepFreeze } from "../jwt/tokens.ts";
import { ACCOUNT, CURVE, KEYS, keyNamed, USER, utf8 } from "../nkeys/fixtures.ts";
import { CREDS, GENERIC_TOKEN, TOKENS, USER_TOKEN } from "./fixtures.ts";

function refusal(run: () => unknown): readonly [string, string] {
  try {
    run();
  } catch (error) {
    return [(error as NscError).code, (error as NscError).message];
  }
  throw new Error("it was not refused");
}

describe.each(engines)("formatCreds on the $name engine", ({ engine }) => {
  test.each<[string, string | Uint8Array | nkeys.KeyPair]>([
    ["a text", USER.seed],
    ["bytes", utf8(USER.seed)],
    ["a Buffer", Buffer.from(USER.seed)],
    ["a text with a line end", `${USER.seed}\n`],
    ["a text between line ends", `\r\n${USER.seed}\r\n`],
    ["a text that is broken into lines", `${USER.seed.slice(0, 20)}\r\n${USER.seed.slice(20)}`],
    ["a key pair of ours", keyPairFromSeed(USER.seed)],
    ["a key pair of @nats-io/nkeys", nkeys.fromSeed(utf8(USER.seed))],
  ])("gives the text of section 6.3 for a seed as %s", (_, seed) => {
    expect(formatCreds(USER_TOKEN, seed, { engine })).toBe(CREDS);
  });

  test("checks the signature of the token", () => {
    expect(() => formatCreds(`${USER_TOKEN.slice(0, -4)}AAAA`, USER.seed, { engine })).toThrowCode("ERR_JWT_SIGNATURE");
  });
});

describe("formatCreds refuses", () => {
  test.each(TOKENS.filter(({ kind }) => kind !== "USER"))("a token of kind $kind, in Go's words", ({ kind, token }) => {
    expect(refusal(() => formatCreds(token, USER.seed))).toEqual([
      "ERR_CREDS_KIND",
      `"${kind.toLowerCase()}" cannot be serialized as a user config`,
    ]);
  });

  test.each(["", "x", "a.b.c", GENERIC_TOKEN, `${USER_TOKEN} `, CREDS])("what is no token", (token) => {
    expect(refusal(() => formatCreds(token, USER.seed))[0]).toMatch(/^ERR_(?:JWT|JSON)_/);
  });

  test.each(KEYS.filter(({ kind }) => kind !== "user"))("the seed of $name, in Go's words", ({ seed }) => {
    expect(refusal(() => formatCreds(USER_TOKEN, seed))).toEqual(["ERR_CREDS_KIND", "nkey seed is not an user seed"]);
  });

  test("another user's seed, in Go's words", () => {
    const other = nkeys.createUser();
    for (const seed of [other, other.getSeed(), Buffer.from(other.getSeed()).toString()]) {
      expect(refusal(() => formatCreds(USER_TOKEN, seed))).toEqual([
        "ERR_CREDS_MISMATCH",
        "nkey seed does not match the jwt subject",
      ]);
    }
  });

  test.each<[string, string, string]>([
    ["a public key", USER.publicKey, "ERR_CREDS_KIND"],
    ["nothing", "", "ERR_CREDS_KIND"],
    ["a damaged one", USER.seed.replace("GAY", "GAX"), "ERR_NKEY_CHECKSUM"],
    ["a short one", "SU", "ERR_NKEY_LENGTH"],
    ["one in lower case", USER.seed.toLowerCase(), "ERR_CREDS_KIND"],
    ["one between spaces, which Go trims for a look and then not", ` ${USER.seed} `, "ERR_NKEY_CHARACTER"],
    ["one after text", `seed: ${USER.seed}`, "ERR_CREDS_KIND"],
  ])("a seed that is %s", (_, seed, code) => {
    expect(refusal(() => formatCreds(USER_TOKEN, seed))[0]).toBe(code);
  });

  test.each([undefined, null, 5, {}, [], { getSeed: "x" }, new Uint16Array(4)])("%s as a seed", (seed) => {
    expect(() => formatCreds(USER_TOKEN, seed as string)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("key pairs that have no seed", () => {
    expect(() => formatCreds(USER_TOKEN, keyPairFromPublicKey(USER.publicKey))).toThrowCode("ERR_NKEY_PUBLIC_ONLY");
    const cleared = keyPairFromSeed(USER.seed);
    cleared.clear();
    expect(() => formatCreds(USER_TOKEN, cleared)).toThrowCode("ERR_NKEY_CLEARED");
    // Those of other libraries have errors of their own, which are the cause.
    const theirs = nkeys.fromSeed(utf8(USER.seed));
    theirs.clear();
    for (const pair of [theirs, nkeys.fromPublic(USER.publicKey)]) {
      expect(() => formatCreds(USER_TOKEN, pair)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
    for (const seed of [undefined, 5, [1]]) {
      const holder = { getPublicKey: () => USER.publicKey, getSeed: () => seed as unknown as Uint8Array };
      expect(() => formatCreds(USER_TOKEN, holder)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
  });

  test("the token before the seed", () => {
    expect(() => formatCreds("x", "x")).toThrowCode("ERR_JWT_FORMAT");
    expect(() => formatCreds(undefined as unknown as string, "x")).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("encodeCreds", () => {
  const account = keyPairFromSeed(ACCOUNT.seed);
  const user = keyPairFromSeed(USER.seed);
  const claims = createUserClaims(USER.publicKey, { name: "U" });
  const options = { issuedAt: 1700000000 };

  test("gives the text of section 6.3 for the claims of section 8.4", async () => {
    expect(await encodeCreds(deepFreeze(claims), account, user, options)).toBe(CREDS);
  });

  test.each(engines)("gives what formatCreds gives for what encode gives: $name", async ({ engine }) => {
    const scoped = createUserClaims(USER.publicKey, { scoped: true, nats: { issuer_account: ACCOUNT.publicKey } });
    const signers = [
      account,
      nkeys.fromSeed(utf8(ACCOUNT.seed)),
      { publicKey: ACCOUNT.publicKey, sign: async (bytes: Uint8Array) => account.sign(bytes) },
    ];
    for (const signer of signers) {
      const token = await encode(scoped, signer, { ...options, engine });
      expect(await encodeCreds(scoped, signer, user, { ...options, engine })).toBe(
        formatCreds(token, USER.seed, { engine }),
      );
    }
  });

  test("takes the key pair of @nats-io/nkeys as the user's, though its type does not say so", async () => {
    const theirs = nkeys.fromSeed(utf8(USER.seed)) as KeyPair;
    expect(await encodeCreds(claims, account, theirs, options)).toBe(CREDS);
  });

  test("leaves the user's key pair as it is", async () => {
    const pair = keyPairFromSeed(USER.seed);
    await encodeCreds(claims, account, pair);
    expect(Buffer.from(pair.getSeed()).toString()).toBe(USER.seed);
  });

  test("refuses a pair that is not the subject's", async () => {
    const other = nkeys.createUser() as KeyPair;
    await expect(encodeCreds(claims, account, other)).toThrowCode("ERR_CREDS_MISMATCH");
    await expect(encodeCreds(claims, account, account)).toThrowCode("ERR_CREDS_MISMATCH");
    await expect(encodeCreds({ ...claims, sub: ACCOUNT.publicKey }, account, account)).toThrowCode(
      "ERR_CLAIMS_SUBJECT",
    );
    await expect(encodeCreds(claims, account, keyPairFromPublicKey(USER.publicKey))).toThrowCode(
      "ERR_NKEY_PUBLIC_ONLY",
    );
  });

  test.each([undefined, null, USER.seed, utf8(USER.seed), {}, { getSeed: () => utf8(USER.seed) }])(
    "refuses what is no key pair (%#)",
    async (pair) => {
      await expect(encodeCreds(claims, account, pair as unknown as KeyPair)).toThrowCode("ERR_ARGUMENT_INVALID");
    },
  );

  test.each([undefined, null, {}, { nats: { type: "account" } }, "x"])(
    "refuses what are no user's claims (%#)",
    async (other) => {
      await expect(encodeCreds(other as unknown as UserClaims, account, user)).toThrowCode("ERR_CREDS_KIND");
    },
  );

  test("refuses what encode refuses", async () => {
    await expect(encodeCreds(claims, keyPairFromSeed(keyNamed("operator").seed), user)).toThrowCode("ERR_SIGNER_KIND");
    await expect(encodeCreds({ ...claims, exp: 1.5 }, account, user)).toThrowCode("ERR_CLAIMS_INTEGER");
  });
});

describe("decorateToken", () => {
  test.each(TOKENS)("writes the lines of section 6.1 around a token of kind $kind", ({ kind, token }) => {
    expect(decorateToken(token)).toBe(
      `-----BEGIN NATS ${kind} JWT-----\n${token}\n------END NATS ${kind} JWT------\n\n`,
    );
  });

  test("drops line ends of the token, with which nobody could read the text", () => {
    const [{ token }] = TOKENS;
    const halved = `${token.slice(0, -10)}\r\n${token.slice(-10)}\n`;
    expect(decorateToken(halved)).toBe(decorateToken(token));
    expect(parseCreds(formatCreds(`${USER_TOKEN}\n`, USER.seed)).token).toBe(USER_TOKEN);
  });

  test("refuses what decode refuses", () => {
    expect(() => decorateToken(GENERIC_TOKEN)).toThrowCode("ERR_JWT_SIGNATURE");
    expect(() => decorateToken("x")).toThrowCode("ERR_JWT_FORMAT");
    expect(() => decorateToken(5 as unknown as string)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("decorateSeed", () => {
  test.each([
    ["OPERATOR", keyNamed("operator").seed],
    ["ACCOUNT", ACCOUNT.seed],
    ["USER", USER.seed],
  ])("writes the text of section 6.2 around the seed of an %s", (role, seed) => {
    const text = CREDS.slice(CREDS.indexOf("*****")).replaceAll("USER", role).replace(USER.seed, seed);
    expect(text).toContain(`-----BEGIN ${role} NKEY SEED-----\n${seed}\n------END ${role} NKEY SEED------\n\n*****`);
    for (const form of [seed, utf8(seed), `${seed}\n`, ` \t\u0085\u2003${seed}\u00a0\r\n`])
      expect(decorateSeed(form)).toBe(text);
    expect(parseDecoratedSeed(text)).toBe(seed);
  });

  test("looks at the first two characters and no further, as Go does", () => {
    expect(decorateSeed("SUxx")).toContain("\nSUxx\n------END USER NKEY SEED------");
    expect(decorateSeed("SO")).toContain("OPERATOR");
  });

  test.each([
    ["", "seed is too short"],
    [" ", "seed is too short"],
    ["S ", "seed is too short"],
    ["su", "seed is not an operator, account or user seed"],
    ["x\ufeffSU", "seed is not an operator, account or user seed"],
    [CURVE.seed, "seed is not an operator, account or user seed"],
    [keyNamed("server").seed, "seed is not an operator, account or user seed"],
    [keyNamed("cluster").seed, "seed is not an operator, account or user seed"],
    [USER.publicKey, "seed is not an operator, account or user seed"],
  ])("refuses %j in Go's words", (seed, message) => {
    expect(refusal(() => decorateSeed(seed))).toEqual(["ERR_CREDS_KIND", message]);
  });

  test.each([undefined, null, 5, {}, ["SU"]])("refuses %s", (seed) => {
    expect(() => decorateSeed(seed as unknown as string)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
