import { credsAuthenticator } from "@nats-io/nats-core";
import * as nkeys from "@nats-io/nkeys";
import {
  createKeyPair,
  createUserClaims,
  decode,
  encodeCreds,
  formatCreds,
  keyPairFromPublicKey,
  type NscError,
  parseCreds,
  parseDecoratedSeed,
  parseDecoratedToken,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { engines } from "../crypto/engines.ts";
import { ACCOUNT, CURVE, KEYS, keyNamed, USER, USER_PRIVATE, utf8 } from "../nkeys/fixtures.ts";
import { CREDS, TOKENS, USER_TOKEN } from "./fixtures.ts";

const SEED_PART = CREDS.slice(CREDS.indexOf("*****"));
const TOKEN_PART = CREDS.slice(0, CREDS.indexOf("*****"));

function refusal(run: () => unknown): readonly [string, string] {
  try {
    run();
  } catch (error) {
    return [(error as NscError).code, (error as NscError).message];
  }
  throw new Error("it was not refused");
}

describe.each(engines)("parseCreds on the $name engine", ({ engine }) => {
  const expected = { token: USER_TOKEN, seed: USER.seed, claims: decode(USER_TOKEN) };

  test.each<[string, string | Uint8Array]>([
    ["creds", CREDS],
    ["their bytes", utf8(CREDS)],
    ["a Buffer", Buffer.from(CREDS)],
    ["creds with CRLF", CREDS.replaceAll("\n", "\r\n")],
    ["creds with both", CREDS.replaceAll(/\n(?=[e*])/g, "\r\n")],
    ["creds without the last line end", CREDS.trimEnd()],
    ["creds that end with the seed's last line", CREDS.slice(0, CREDS.indexOf("SEED------") + 10)],
    ["creds with text before, between and after", `hello\n${TOKEN_PART}\nmore\n${SEED_PART}\nthe end`],
    [
      "creds without the warning",
      `${TOKEN_PART}-----BEGIN USER NKEY SEED-----\n${USER.seed}\n------END USER NKEY SEED------`,
    ],
    ["creds with white space before the lines of dashes that begin", CREDS.replaceAll("-----BEGIN", " \t\f-----BEGIN")],
    ["creds with other words in the lines of dashes", CREDS.replaceAll(/(?:BEGIN|END)[^-\n]*/g, "x")],
    ["creds with the fewest dashes", CREDS.replaceAll(/-{5,}/g, "---")],
    ["a third item", `${CREDS}\n---x---\nother\n---x---\n`],
    ["a seed on a line of its own", `${TOKEN_PART}\n${USER.seed}\n`],
  ])("reads %s", (_, text) => {
    expect(parseCreds(text, { engine })).toEqual(expected);
  });

  test("checks the signature of the token", () => {
    const forged = CREDS.replace(USER_TOKEN, `${USER_TOKEN.slice(0, -4)}AAAA`);
    expect(() => parseCreds(forged, { engine })).toThrowCode("ERR_JWT_SIGNATURE");
  });
});

describe("parseCreds refuses", () => {
  test.each<[string, string, string]>([
    ["nothing", "", "ERR_CREDS_FORMAT"],
    ["text without items", "hello\nworld\n", "ERR_CREDS_FORMAT"],
    ["a bare token", USER_TOKEN, "ERR_CREDS_FORMAT"],
    ["a token without a seed", TOKEN_PART, "ERR_CREDS_FORMAT"],
    ["the token twice", TOKEN_PART + TOKEN_PART, "ERR_CREDS_FORMAT"],
    ["a token that is damaged in its form", CREDS.replace(USER_TOKEN, USER_TOKEN.replace(".", "")), "ERR_JWT_FORMAT"],
    ["the seed before the token", `${SEED_PART}\n${TOKEN_PART}`, "ERR_CREDS_FORMAT"],
    ["the seed in the token's place", CREDS.replace(USER_TOKEN, USER.seed), "ERR_CREDS_FORMAT"],
    ["a seed without a token", SEED_PART, "ERR_CREDS_FORMAT"],
    [
      "items that are swapped",
      CREDS.replace(USER_TOKEN, "_").replace(USER.seed, USER_TOKEN).replace("_", USER.seed),
      "ERR_CREDS_FORMAT",
    ],
    ["a damaged seed", CREDS.replace("GAY", "GAX"), "ERR_NKEY_CHECKSUM"],
    ["a seed in lower case", CREDS.replace(USER.seed, USER.seed.toLowerCase()), "ERR_CREDS_FORMAT"],
    ["a public key in the seed's place", CREDS.replace(USER.seed, USER.publicKey), "ERR_CREDS_FORMAT"],
    ["a private key in the seed's place", CREDS.replace(USER.seed, USER_PRIVATE), "ERR_CREDS_FORMAT"],
    ["the seed of an account", CREDS.replace(USER.seed, ACCOUNT.seed), "ERR_CREDS_KIND"],
    ["the seed of a curve key", CREDS.replace(USER.seed, CURVE.seed), "ERR_CREDS_FORMAT"],
    [
      "another user's seed",
      CREDS.replace(USER.seed, Buffer.from(nkeys.createUser().getSeed()).toString()),
      "ERR_CREDS_MISMATCH",
    ],
    [
      "an indented seed, which is no item, and whose line Go takes untrimmed",
      CREDS.replace(USER.seed, ` ${USER.seed}`),
      "ERR_CREDS_FORMAT",
    ],
    ["an indented token", CREDS.replace(USER_TOKEN, ` ${USER_TOKEN}`), "ERR_CREDS_FORMAT"],
    ["lines of dashes that end in a blank", CREDS.replaceAll("-----\n", "----- \n"), "ERR_CREDS_FORMAT"],
    ["too few dashes", CREDS.replaceAll(/-{5,}/g, "--"), "ERR_CREDS_FORMAT"],
    ["CR alone at the ends of lines", CREDS.replaceAll("\n", "\r"), "ERR_CREDS_FORMAT"],
  ])("%s", (_, text, code) => {
    expect(refusal(() => parseCreds(text))[0]).toBe(code);
  });

  test.each(TOKENS.filter(({ kind }) => kind !== "USER"))("a token of kind $kind", ({ kind, token }) => {
    const seeds = { OPERATOR: keyNamed("operator").seed, ACCOUNT: ACCOUNT.seed };
    for (const seed of [USER.seed, ...Object.values(seeds)]) {
      const text = CREDS.replace(USER_TOKEN, token).replace(USER.seed, seed);
      expect(refusal(() => parseCreds(text))).toEqual([
        "ERR_CREDS_KIND",
        `"${kind.toLowerCase()}" cannot be serialized as a user config`,
      ]);
    }
  });

  test.each([undefined, null, 5, {}, [CREDS]])("%s, which is no text", (text) => {
    for (const parse of [parseCreds, parseDecoratedSeed, parseDecoratedToken]) {
      expect(() => parse(text as unknown as string)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
  });
});

describe("parseDecoratedToken", () => {
  test("takes the first item, whatever it is", () => {
    expect(parseDecoratedToken(CREDS)).toBe(USER_TOKEN);
    expect(parseDecoratedToken(utf8(CREDS.replaceAll("\n", "\r\n")))).toBe(USER_TOKEN);
    expect(parseDecoratedToken(SEED_PART)).toBe(USER.seed);
    for (const { kind, token } of TOKENS) {
      expect(parseDecoratedToken(`-----BEGIN NATS ${kind} JWT-----\n${token}\n------END NATS ${kind} JWT------`)).toBe(
        token,
      );
    }
  });

  test("gives the text unchanged where there is none", () => {
    for (const text of [USER_TOKEN, `  ${USER_TOKEN}\r\n`, "", "\n", "-----\nx\n-----\n"]) {
      expect(parseDecoratedToken(text)).toBe(text);
      expect(parseDecoratedToken(utf8(text))).toBe(text);
    }
  });
});

describe("parseDecoratedSeed", () => {
  test.each(["operator", "account", "user"])("finds the seed of an %s, as an item or on a line", (name) => {
    const { seed } = keyNamed(name);
    for (const text of [
      seed,
      `${seed}\n`,
      `x\r\n${seed}\r\ny`,
      CREDS.replace(USER.seed, seed),
      SEED_PART.replace(USER.seed, seed),
    ]) {
      expect(parseDecoratedSeed(text)).toBe(seed);
      expect(parseDecoratedSeed(utf8(text))).toBe(seed);
    }
  });

  test("takes the second item even if a line before looks like a seed", () => {
    expect(parseDecoratedSeed(`${ACCOUNT.seed}\n${CREDS}`)).toBe(USER.seed);
    // Of one item alone the lines are looked at, and its own is one of them.
    expect(parseDecoratedSeed(`${ACCOUNT.seed}\n${SEED_PART}`)).toBe(ACCOUNT.seed);
  });

  test.each([
    ["", "no nkey seed found"],
    ["hello", "no nkey seed found"],
    [TOKEN_PART, "no nkey seed found"],
    [USER.publicKey, "no nkey seed found"],
    [CURVE.seed, "no nkey seed found"],
    [keyNamed("server").seed, "no nkey seed found"],
    [` ${USER.seed}`, "doesn't contain a seed nkey"],
    [`\u0085${USER.seed}`, "doesn't contain a seed nkey"],
    [TOKEN_PART + TOKEN_PART, "doesn't contain a seed nkey"],
  ])("refuses %j in Go's words", (text, message) => {
    expect(refusal(() => parseDecoratedSeed(text))).toEqual(["ERR_CREDS_FORMAT", message]);
  });

  test("takes any line that begins like a seed, as Go does", () => {
    expect(() => parseDecoratedSeed(`SUMMARY\n${USER.seed}`)).toThrowCode("ERR_NKEY_CHECKSUM");
    expect(() => parseDecoratedSeed(`SOme text\n${USER.seed}`)).toThrowCode("ERR_NKEY_CHARACTER");
    expect(() => parseDecoratedSeed("SU")).toThrowCode("ERR_NKEY_LENGTH");
    // A byte order mark is no white space to Go.
    expect(refusal(() => parseDecoratedSeed(`\ufeff${USER.seed}`))[1]).toBe("no nkey seed found");
  });

  test("gives the seed without line ends, so that its pair is the same everywhere", () => {
    expect(parseDecoratedSeed(`${USER.seed}\r`)).toBe(USER.seed);
    expect(parseDecoratedSeed(`${USER.seed.slice(0, 20)}\r${USER.seed.slice(20)}\r\n`)).toBe(USER.seed);
  });
});

describe("nats.js", () => {
  const nonce = "PXoWU7zWAMt75FY";

  test.each([
    ["formatCreds", async () => formatCreds(USER_TOKEN, USER.seed), USER.publicKey],
    [
      "encodeCreds",
      async () => encodeCreds(createUserClaims(USER.publicKey), createKeyPair("account"), fromSeed()),
      USER.publicKey,
    ],
  ])("authenticates with what %s gives", async (_, make, publicKey) => {
    const text = await make();
    const auth = credsAuthenticator(utf8(text))(nonce) as { jwt: string; nkey: string; sig: string };
    expect(auth.jwt).toBe(parseCreds(text).token);
    expect(auth.nkey).toBe(publicKey);
    const signature = Buffer.from(auth.sig, "base64url");
    expect(keyPairFromPublicKey(publicKey).verify(utf8(nonce), signature)).toBe(true);
    expect(nkeys.fromPublic(publicKey).verify(utf8(nonce), signature)).toBe(true);
    expect(nkeys.fromPublic(publicKey).verify(utf8(`${nonce}x`), signature)).toBe(false);
  });

  test("refuses what we refuse as no creds", () => {
    for (const text of ["", TOKEN_PART, USER_TOKEN]) {
      expect(() => credsAuthenticator(utf8(text))(nonce)).toThrow();
      expect(() => parseCreds(text)).toThrowCode("ERR_CREDS_FORMAT");
    }
  });
});

test("the keys of these tests are of all kinds", () => {
  expect(new Set(KEYS.map(({ kind }) => kind)).size).toBe(6);
});

function fromSeed(): ReturnType<typeof createKeyPair> {
  return nkeys.fromSeed(utf8(USER.seed)) as ReturnType<typeof createKeyPair>;
}
