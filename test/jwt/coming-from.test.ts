import * as theirs from "@nats-io/jwt";
import { createAccount, createOperator, createUser, fromSeed } from "@nats-io/nkeys";
import {
  type AccountClaims,
  accountIsUnlimited,
  addSigningKeys,
  createAccountClaims,
  createActivationClaims,
  createKeyPair,
  createOperatorClaims,
  createScope,
  createUserClaims,
  decode,
  encode,
  encodeCreds,
  encodeScopedUser,
  formatCreds,
  hasJetStream,
  isOperatorClaims,
  keyPairFromSeed,
  limitsAreEmpty,
  natsIsUnlimited,
  parseCreds,
  toJson,
  validate,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { type FixedKey, keyNamed, utf8 } from "../nkeys/fixtures.ts";
import { claimsText, deepFreeze, HEADER_V1, payloadOf, tokenOf } from "./tokens.ts";
import { ISSUED_AT, WORKED_EXAMPLES } from "./worked-examples.ts";

/**
 * The defects of `@nats-io/jwt` 0.0.11 that `docs/coming-from-nats-io-jwt.md` names: that they are there, and that they are
 * not here. A check of the former that fails after an update of that package means that the document must change.
 */

const operator = keyNamed("operator");
const account = keyNamed("account");
const signingKey = keyNamed("accountSK");
const user = keyNamed("user");
const pairOf = ({ seed }: FixedKey) => keyPairFromSeed(seed);
const theirPairOf = ({ seed }: FixedKey) => fromSeed(utf8(seed));

/** The payload of a token as Go reads it: JSON in UTF-8. */
function readStrictly(token: string): { readonly [name: string]: unknown } {
  const bytes = Buffer.from(token.split(".")[1] ?? "", "base64url");
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as { [name: string]: unknown };
}

function payload(token: string): theirs.ClaimsData<Record<string, unknown>> {
  return JSON.parse(payloadOf(token)) as theirs.ClaimsData<Record<string, unknown>>;
}

describe("names beyond ASCII", () => {
  const encodeTheirs = (name: string) => theirs.encodeUser(name, theirPairOf(user), theirPairOf(account));
  const encodeOurs = (name: string) => encode(createUserClaims(user.publicKey, { name }), pairOf(account));

  test("there: some are refused, others are no UTF-8, and those of others are read wrongly", async () => {
    await expect(encodeTheirs("日本")).rejects.toThrow(/Latin1|InvalidCharacter|Invalid character/);
    await expect(encodeTheirs("\u{1f600}")).rejects.toThrow(/Latin1|InvalidCharacter|Invalid character/);
    const token = await encodeTheirs("Zoë");
    expect(() => readStrictly(token)).toThrow(TypeError);
    expect(theirs.decode(await encodeOurs("Zoë")).name).toBe("ZoÃ«");
  });

  test.each(["日本", "\u{1f600}", "Zoë", "<&>\u2028"])("here: %s is what it is", async (name) => {
    const token = await encodeOurs(name);
    expect(decode(token).name).toBe(name);
    expect(readStrictly(token)["name"]).toBe(name);
  });
});

describe("a user's time zone", () => {
  const times = [{ start: "08:00:00", end: "17:00:00" }];

  test("there: the typed member is one that NATS does not know", async () => {
    const token = await theirs.encodeUser("U", theirPairOf(user), theirPairOf(account), {
      times,
      locale: "Europe/Berlin",
    });
    expect(payload(token).nats).toMatchObject({ times, locale: "Europe/Berlin" });
    expect(payload(token).nats).not.toHaveProperty("times_location");
    // So a server reads the times in its own zone, as we do here: the member is none that has a meaning.
    expect(decode(token, { kind: "user" }).nats.times_location).toBeUndefined();
  });

  test("here: it is there, and looked at", async () => {
    const claims = createUserClaims(user.publicKey, { nats: { times, times_location: "Europe/Berlin" } });
    expect(payload(await encode(claims, pairOf(account))).nats).toMatchObject({
      times,
      times_location: "Europe/Berlin",
    });
    expect(validate(claims)).toEqual([]);
    claims.nats.times_location = "Europe/Berlni";
    expect(validate(claims).map(({ code }) => code)).toEqual(["USER_TIME_ZONE"]);
  });
});

describe("the scope of a signing key", () => {
  test("there: a role without restrictions has the right to reply and no other right to publish", () => {
    const { template } = theirs.newScopedSigner(theirPairOf(signingKey), "web", {});
    // Servers read `resp` as "may only publish replies", whatever its numbers are.
    expect(template).toMatchObject({ resp: { max: 0, ttl: 0 }, pub: { allow: [], deny: [] } });
    expect(template).toHaveProperty("locale");
  });

  test("here: a role without restrictions has none", async () => {
    const claims = createAccountClaims(account.publicKey);
    addSigningKeys(claims.nats, createScope(signingKey.publicKey, { role: "web" }));
    expect(payload(await encode(claims, pairOf(operator))).nats["signing_keys"]).toEqual([
      {
        kind: "user_scope",
        key: signingKey.publicKey,
        role: "web",
        template: { pub: {}, sub: {}, subs: -1, data: -1, payload: -1 },
        description: "",
      },
    ]);
  });

  test("both: a user of a scope has no limits of its own, here without being told", async () => {
    const options = { signer: theirPairOf(signingKey) };
    const user1 = await theirs.encodeUser("U", theirPairOf(user), account.publicKey, {}, options);
    expect(payload(user1).nats).toMatchObject({ subs: -1 });
    const user2 = await theirs.encodeUser(
      "U",
      theirPairOf(user),
      account.publicKey,
      {},
      { ...options, scopedUser: true },
    );
    expect(payload(user2).nats).not.toHaveProperty("subs");
    const ours = await encodeScopedUser(user.publicKey, account.publicKey, pairOf(signingKey), { expires: "1h" });
    expect(payload(ours).nats).toEqual({
      pub: {},
      sub: {},
      issuer_account: account.publicKey,
      type: "user",
      version: 2,
    });
  });
});

describe("what callers hand in", () => {
  test("there: is changed, so that one call leaks into the next", async () => {
    const template: Partial<theirs.Account> = { description: "d" };
    const options = {};
    await theirs.encodeAccount("A", theirPairOf(account), template, options);
    expect(template).toEqual({ description: "d", type: "account", version: 2 });
    expect(options).toEqual({ algorithm: "ed25519-nkey" });
    const scopedUser: Partial<theirs.User> = {};
    await theirs.encodeUser("U", theirPairOf(user), account.publicKey, scopedUser, {
      signer: theirPairOf(signingKey),
      scopedUser: true,
    });
    expect(scopedUser).toMatchObject({ issuer_account: account.publicKey });
  });

  test("here: may be frozen", async () => {
    const template = deepFreeze({
      name: "A",
      nats: { description: "d", exports: [{ subject: "b" }, { subject: "a" }] },
    });
    const claims = deepFreeze(createAccountClaims(account.publicKey, template as { nats: object }));
    const token = await encode(claims, pairOf(operator), deepFreeze({ issuedAt: 1 }));
    expect(claims.nats.exports).toEqual([{ subject: "b" }, { subject: "a" }]);
    expect(payload(token).nats["exports"]).toEqual([{ subject: "a" }, { subject: "b" }]);
    expect(claims).not.toHaveProperty("iss");
    validate(claims);
  });
});

describe("members", () => {
  const misspelt = { pub: { allow: ["a"] }, payloads: 5 };

  test("there: a misspelt one is written; here it is refused", async () => {
    const token = await theirs.encodeUser("U", theirPairOf(user), theirPairOf(account), misspelt as never);
    expect(payload(token).nats).toMatchObject({ payloads: 5 });
    const claims = createUserClaims(user.publicKey, { nats: misspelt });
    await expect(encode(claims, pairOf(account))).rejects.toThrowCode("ERR_CLAIMS_UNKNOWN_FIELD");
    expect(toJson(decode(token))).toContain('"payloads":5');
  });

  test("there: integers beyond 2^53 are rounded; here they are exact", () => {
    const nats = '{"limits":{"disk_storage":9007199254740993},"type":"account","version":2}';
    const common = { iss: operator.publicKey, sub: account.publicKey };
    const token = tokenOf({ key: operator, payload: claimsText(common, nats) });
    expect(theirs.decode<theirs.Account>(token).nats.limits?.disk_storage).toBe(9007199254740992);
    expect(decode(token, { kind: "account" }).nats.limits.disk_storage).toBe(9007199254740993n);
  });

  test("there: an account has no limits that say anything, and so may nothing; here it may all", async () => {
    const token = await theirs.encodeAccount("A", theirPairOf(account));
    expect(payload(token).nats).not.toHaveProperty("limits");
    expect(limitsAreEmpty(decode(token, { kind: "account" }).nats.limits)).toBe(true);
    const { limits } = createAccountClaims(account.publicKey).nats;
    expect([natsIsUnlimited(limits), accountIsUnlimited(limits), hasJetStream(limits)]).toEqual([true, true, false]);
  });
});

describe("creds", () => {
  const credsOf = async () => encodeCreds(createUserClaims(user.publicKey), pairOf(account), pairOf(user));

  test("there: are not read with CRLF; here they are", async () => {
    const text = (await credsOf()).replaceAll("\n", "\r\n");
    await expect(theirs.parseCreds(utf8(text))).rejects.toThrow("bad credentials");
    expect(parseCreds(text)).toMatchObject({ seed: user.seed, claims: { sub: user.publicKey } });
    expect((await theirs.parseCreds(utf8(await credsOf()))).key).toBe(user.seed);
  });

  test("there: hold any token and any seed; here the seed must be the one of the token's subject", async () => {
    const token = await encode(createUserClaims(user.publicKey), pairOf(account));
    const text = new TextDecoder().decode(theirs.fmtCreds("x", theirPairOf(account)));
    expect(text).toContain(account.seed);
    const other = createUser();
    const mixed = theirs.fmtCreds(token, other);
    expect((await theirs.parseCreds(mixed)).uc.sub).not.toBe(other.getPublicKey());
    expect(() => parseCreds(mixed)).toThrowCode("ERR_CREDS_MISMATCH");
    expect(() => formatCreds(token, other)).toThrowCode("ERR_CREDS_MISMATCH");
    expect(() => formatCreds(token, account.seed)).toThrowCode("ERR_CREDS_KIND");
    expect(() => formatCreds("x", user.seed)).toThrowCode("ERR_JWT_FORMAT");
    expect(parseCreds(theirs.fmtCreds(token, theirPairOf(user)))).toMatchObject({ token, seed: user.seed });
  });
});

describe("reading tokens", () => {
  const accountToken = (key: FixedKey) =>
    tokenOf({
      key,
      payload: claimsText({ iss: key.publicKey, sub: account.publicKey }, '{"type":"account","version":2}'),
    });

  test("there: anybody may issue anything; here a user's key may not issue an account", () => {
    expect(theirs.decode(accountToken(user)).iss).toBe(user.publicKey);
    expect(() => decode(accountToken(user))).toThrowCode("ERR_JWT_ISSUER");
    expect(decode(accountToken(operator)).iss).toBe(operator.publicKey);
  });

  test("there: there is no limit of size; here it is 1 MiB, as in Go", () => {
    const common = { iss: operator.publicKey, sub: operator.publicKey, name: "x".repeat(2 ** 20) };
    const token = tokenOf({ key: operator, payload: claimsText(common, '{"type":"operator","version":2}') });
    expect(theirs.decode(token).name).toHaveLength(2 ** 20);
    expect(() => decode(token)).toThrowCode("ERR_JWT_SIZE");
  });

  test("there: version 1 stays what it is; here it becomes version 2", () => {
    // Section 8.5.
    const text = JSON.stringify({
      iss: account.publicKey,
      name: "U",
      sub: user.publicKey,
      tags: ["t"],
      type: "user",
      nats: { pub: { allow: ["a"] }, sub: {}, max: 3, payload: 4, src: " 1.2.3.4/1 , 2.2.2.2/2 " },
    });
    const token = tokenOf({ key: account, payload: text, header: HEADER_V1, scheme: 1 });
    expect(theirs.decode<theirs.User>(token).nats).toEqual({
      pub: { allow: ["a"] },
      sub: {},
      max: 3,
      payload: 4,
      src: " 1.2.3.4/1 , 2.2.2.2/2 ",
    });
    expect(JSON.parse(toJson(decode(token)))).toMatchObject({
      nats: { src: ["1.2.3.4/1", "2.2.2.2/2"], subs: -1, data: -1, payload: 4, tags: ["t"], type: "user", version: 1 },
    });
  });

  test("there: operators count as generic, and nothing is validated; here there is a guard and a function", async () => {
    const token = await encode(createOperatorClaims(operator.publicKey), pairOf(operator));
    expect(theirs.isGeneric(theirs.decode(token))).toBe(true);
    expect(isOperatorClaims(decode(token))).toBe(true);
    const bad = createUserClaims(user.publicKey, { exp: 1, nats: { pub: { allow: ["foo bar baz", ".."] } } });
    const badToken = await encode(bad, pairOf(account));
    expect(theirs.decode(badToken).exp).toBe(1);
    expect(validate(decode(badToken)).map(({ code }) => code)).toEqual([
      "CLAIMS_EXPIRED",
      "PERMISSION_SPACES",
      "SUBJECT_DOT_AT_END",
      "SUBJECT_EMPTY_TOKEN",
    ]);
  });
});

describe("the token", () => {
  const example = WORKED_EXAMPLES.find(({ name }) => name === "user-min");
  if (example === undefined) throw new Error("no such example");

  test("here: is the one that Go makes, jti included", async () => {
    const claims = createUserClaims(user.publicKey, { name: "U" });
    const token = await encode(claims, pairOf(account), { issuedAt: ISSUED_AT });
    expect([payloadOf(token), token.split(".")[2]]).toEqual([example.payload, example.signature]);
  });

  test("there: has another jti and an audience of its own", async () => {
    const token = await theirs.encodeUser("U", theirPairOf(user), theirPairOf(account), { pub: {}, sub: {} });
    const { jti, iat, aud, ...rest } = payload(token);
    const { jti: goJti, iat: _, ...goRest } = JSON.parse(example.payload) as theirs.ClaimsData<unknown>;
    expect(goJti).toMatch(/^[A-Z2-7]{52}$/);
    expect(jti).not.toMatch(/^[A-Z2-7]{52}$/);
    expect(aud).toBe("NATS");
    expect(iat).toBeGreaterThan(ISSUED_AT);
    expect(rest).toEqual(goRest);
  });
});

describe("both at once", () => {
  test("tokens of each are read by the other", async () => {
    const mine = await encode(createOperatorClaims(operator.publicKey, { name: "O" }), pairOf(operator));
    expect(theirs.decode(mine)).toMatchObject({ name: "O", nats: { type: "operator", version: 2 } });
    const their = await theirs.encodeOperator("O", theirPairOf(operator), { tags: ["a"] });
    expect(decode(their, { kind: "operator" })).toMatchObject({ name: "O", aud: "NATS", nats: { tags: ["a"] } });
    const imported = await theirs.encodeActivation("a", account.publicKey, createAccount(), "stream", {
      subject: "a",
      version: 2,
    });
    expect(validate(decode(imported, { kind: "activation" }))).toEqual([]);
  });

  test("pairs of each are taken by the other", async () => {
    const byTheirPair = await encode(createAccountClaims(account.publicKey), theirPairOf(operator));
    expect(decode(byTheirPair).iss).toBe(operator.publicKey);
    const byOurPair = await theirs.encodeAccount("A", account.publicKey, {}, { signer: pairOf(operator) });
    expect(decode(byOurPair, { kind: "account" }) satisfies AccountClaims).toMatchObject({ iss: operator.publicKey });
    const activation = createActivationClaims(createKeyPair("account").publicKey, {
      nats: { subject: "a", kind: "stream" },
    });
    await expect(encode(activation, createOperator())).resolves.toMatch(/^eyJ/);
  });
});
