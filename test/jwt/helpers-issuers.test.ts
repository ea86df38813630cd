import { createHash } from "node:crypto";
import {
  type AccountClaims,
  type ActivationClaims,
  activationHashId,
  type Claims,
  createNativeEngine,
  createPortableEngine,
  decode,
  didSign,
  type GenericClaims,
  isSelfSigned,
  type OperatorClaims,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { deepFreeze, HEADER } from "./tokens.ts";
import { account, activation, operator, PUBLIC_KEYS, request, response, user } from "./validate-cases.ts";
import { WORKED_EXAMPLES } from "./worked-examples.ts";

const { operator2, exporter, signingKey } = PUBLIC_KEYS;
const OPERATOR = PUBLIC_KEYS.operator;
const ACCOUNT = PUBLIC_KEYS.account;
const SCOPE = { kind: "user_scope", key: signingKey, role: "r", template: {}, description: "" };

describe("didSign of an operator", () => {
  const lax = deepFreeze(operator({ signing_keys: [operator2] })) as OperatorClaims;
  const strict = deepFreeze(operator({ signing_keys: [operator2], strict_signing_key_usage: true })) as OperatorClaims;

  test.each<[string, Claims | GenericClaims, boolean, boolean]>([
    ["an account by the operator's key", account({}, { iss: OPERATOR }), true, false],
    ["an account by a signing key", account({}, { iss: operator2 }), true, true],
    ["an account by itself", account({}, { iss: ACCOUNT }), false, false],
    ["an account by nobody", account({}), false, false],
    ["the operator by itself", operator({}, { iss: OPERATOR }), true, true],
    ["the operator by a signing key", operator({}, { iss: operator2 }), true, true],
    ["an activation by the operator's key", activation({}, { iss: OPERATOR }), true, false],
    ["generic claims", { sub: "x", iss: OPERATOR }, true, false],
    ["a key in another case", account({}, { iss: OPERATOR.toLowerCase() }), false, false],
  ])("%s", (_, claims, whenLax, whenStrict) => {
    expect([didSign(lax, deepFreeze(claims)), didSign(strict, deepFreeze(claims))]).toEqual([whenLax, whenStrict]);
  });

  test("without signing keys", () => {
    expect(didSign(operator({}) as OperatorClaims, account({}, { iss: operator2 }))).toBe(false);
    expect(didSign(operator({ signing_keys: [] }) as OperatorClaims, account({}))).toBe(false);
  });
});

describe("didSign of an account", () => {
  const plain = deepFreeze(account({ signing_keys: [signingKey] })) as AccountClaims;
  const scoped = deepFreeze(account({ signing_keys: [SCOPE] })) as AccountClaims;
  const own = { issuer_account: ACCOUNT };

  test.each<[string, Claims | GenericClaims, boolean]>([
    ["a user by the account's key", user({}, { iss: ACCOUNT }), true],
    ["a user by the account's key, whatever it names", user({ issuer_account: exporter }, { iss: ACCOUNT }), true],
    ["a user by a signing key that names the account", user(own, { iss: signingKey }), true],
    ["a user by a signing key that names none", user({}, { iss: signingKey }), false],
    ["a user by a signing key that names another", user({ issuer_account: exporter }, { iss: signingKey }), false],
    ["a user by a stranger that names the account", user(own, { iss: exporter }), false],
    ["a user by nobody", user(own), false],
    ["an activation by a signing key", activation(own, { iss: signingKey }), true],
    ["an activation by a signing key that names none", activation({}, { iss: signingKey }), false],
    ["an activation by the account's key", activation({}, { iss: ACCOUNT }), true],
    ["itself", account({}, { iss: ACCOUNT }), true],
    ["an account by a signing key", account(own, { iss: signingKey }), false],
    ["a response by a signing key", response(own, { iss: signingKey }), false],
    ["a request by a signing key", request(own, { iss: signingKey }), false],
    ["generic claims by a signing key", { sub: "x", iss: signingKey, nats: { type: "mine", ...own } }, false],
    ["generic claims by the account's key", { sub: "x", iss: ACCOUNT }, true],
  ])("%s", (_, claims, did) => {
    for (const issuer of [plain, scoped]) expect(didSign(issuer, deepFreeze(claims))).toBe(did);
  });

  test("without signing keys", () => {
    expect(didSign(account({}) as AccountClaims, user(own, { iss: signingKey }))).toBe(false);
  });
});

test("isSelfSigned compares issuer and subject", () => {
  expect(isSelfSigned({ iss: "A", sub: "A" })).toBe(true);
  expect(isSelfSigned({ iss: "A", sub: "a" })).toBe(false);
  expect(isSelfSigned({ sub: "A" })).toBe(false);
  expect(isSelfSigned(deepFreeze(user({}, { iss: ACCOUNT })))).toBe(false);
  expect(isSelfSigned(deepFreeze(operator({}, { iss: OPERATOR })))).toBe(true);
});

describe("activationHashId", () => {
  /** Base32 of the standard alphabet with padding, bit by bit. */
  function base32(bytes: Uint8Array): string {
    const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
    const letters = (bits.match(/.{1,5}/g) ?? []).map(
      (group) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(group.padEnd(5, "0"), 2)],
    );
    return letters.join("").padEnd(Math.ceil(bytes.length / 5) * 8, "=");
  }

  const idOf = (subject: string, iss = ACCOUNT, sub: string = exporter): string =>
    activationHashId(deepFreeze({ iss, sub, nats: { type: "activation", subject } }) as ActivationClaims);

  test("of the worked example is what Go gives: section 8.4", () => {
    const example = WORKED_EXAMPLES.find(({ name }) => name === "activation");
    if (example === undefined) throw new Error("no such example");
    const chunks = [HEADER, example.payload].map((text) => Buffer.from(text).toString("base64url"));
    const claims = decode(`${chunks.join(".")}.${example.signature}`, { kind: "activation" });
    expect(claims.iss).toBe(keyNamed("accountSK").publicKey);
    for (const engine of [undefined, createNativeEngine(), createPortableEngine()]) {
      expect(activationHashId(claims, { ...(engine && { engine }) })).toBe(
        "TG6U5TUITTGMZ4ZA7XAE7D6CG7JZE7C4WWZFOST3FEWN3CDWZU3Q====",
      );
    }
  });

  // Section 5.10; and what stands for no token is no wildcard.
  test.each([
    ["foo", "foo"],
    ["foo.*.bar", "foo"],
    ["bam.boom.blat.*", "bam.boom.blat"],
    ["*.blam", "_"],
    [">", "_"],
    ["*", "_"],
    ["a.>", "a"],
    ["a.>.b", "a"],
    ["a.b*.>c", "a.b*.>c"],
    [".*", ""],
    ["a..b", "a..b"],
    ["é.日", "é.日"],
  ])("of %s is a hash over %j", (subject, cleaned) => {
    const text = `${ACCOUNT}.${exporter}.${cleaned}`;
    expect(idOf(subject)).toBe(base32(createHash("sha256").update(text).digest()));
    expect(idOf(subject)).toMatch(/^[A-Z2-7]{52}====$/);
  });

  test("depends on who issued it, and for whom", () => {
    const ids = [idOf("a"), idOf("a", signingKey), idOf("a", ACCOUNT, signingKey), idOf("b")];
    expect(new Set(ids).size).toBe(4);
  });

  test.each<[string, () => string]>([
    ["an issuer", () => idOf("a", "")],
    ["a subject", () => idOf("a", ACCOUNT, "")],
    ["an imported subject", () => idOf("")],
    ["an issuer at all", () => activationHashId(activation({}) as ActivationClaims)],
  ])("needs %s", (_, run) => {
    expect(run).toThrowCode("ERR_CLAIMS_VALUE");
    expect(run).toThrow("not enough data in the activaion claims to create a hash");
  });
});
