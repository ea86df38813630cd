import {
  type AccountClaims,
  accountIsUnlimited,
  activationHashId,
  addSigningKeys,
  addTags,
  areClaimsRevoked,
  assertValid,
  ClaimsError,
  clearRevocation,
  compactRevocations,
  createAccountClaims,
  createActivationClaims,
  createKeyPair,
  createOperatorClaims,
  createScope,
  createUserClaims,
  decode,
  didSign,
  encode,
  encodeScopedUser,
  findSigningKey,
  hasEmptyPermissions,
  hasJetStream,
  hasTag,
  isRevoked,
  isSelfSigned,
  isUnlimited,
  jetStreamIsUnlimited,
  limitsAreEmpty,
  natsIsUnlimited,
  removeSigningKeys,
  removeTags,
  revoke,
  type Signer,
  scopeViolation,
  systemAccountExports,
  type UserClaims,
  validate,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";

const account = createKeyPair("account");
const signingKey = createKeyPair("account");
const user = createKeyPair("user");

describe("revocations (claims.md 5.2)", () => {
  test("count a token that was issued in the very second, and none that was issued after it", () => {
    const holder: { revocations?: Record<string, number> } = {};
    revoke(holder, user.publicKey, new Date(1_700_000_000_999));
    expect(holder.revocations).toEqual({ [user.publicKey]: 1_700_000_000 });
    expect(isRevoked(holder, user.publicKey, 1_700_000_000)).toBe(true);
    expect(isRevoked(holder, user.publicKey, 1_700_000_001)).toBe(false);
    expect(isRevoked(holder, account.publicKey, 1)).toBe(false);
  });

  // CVE-2020-26892: the clock was looked at in place of the time of issue.
  test("depend on the time of issue and not on the clock", () => {
    const holder = { revocations: { "*": 2_000_000_000 } };
    expect(isRevoked(holder, user.publicKey, 2_000_000_001)).toBe(false);
    expect(isRevoked(holder, user.publicKey, 1_999_999_999)).toBe(true);
  });

  test("keep the later of two times, and can be taken back", () => {
    const holder: { revocations?: Record<string, number> } = {};
    revoke(holder, "*", 20);
    revoke(holder, "*", 10);
    expect(holder.revocations).toEqual({ "*": 20 });
    clearRevocation(holder, "*");
    clearRevocation(holder, "toString");
    clearRevocation({}, "*");
    expect(holder.revocations).toEqual({});
  });

  test("take names that objects inherit for nothing", () => {
    expect(isRevoked({ revocations: {} }, "constructor", 0)).toBe(false);
    const holder: { revocations?: Record<string, number> } = {};
    revoke(holder, "__proto__", 5);
    expect(Object.keys(holder.revocations ?? {})).toEqual(["__proto__"]);
    expect(isRevoked(holder, "__proto__", 5)).toBe(true);
  });

  test("refuse what is no time and no key", () => {
    expect(() => revoke({}, user.publicKey, 1.5)).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => revoke({}, user.publicKey, new Date(Number.NaN))).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => revoke({}, "", 1)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("count claims without subject or time of issue", () => {
    expect(areClaimsRevoked({}, { sub: user.publicKey })).toBe(true);
    expect(areClaimsRevoked({}, { sub: "", iat: 1 })).toBe(true);
    expect(areClaimsRevoked({}, { sub: user.publicKey, iat: 1 })).toBe(false);
  });

  test("are compacted by the entry for all", () => {
    const holder = { revocations: { "*": 10, UA: 10, UB: 11, UC: 9 } };
    expect(compactRevocations(holder)).toEqual([
      { publicKey: "UA", at: 10 },
      { publicKey: "UC", at: 9 },
    ]);
    expect(holder.revocations).toEqual({ "*": 10, UB: 11 });
    expect(compactRevocations({ revocations: { UA: 1 } })).toEqual([]);
    expect(compactRevocations({})).toEqual([]);
  });
});

describe("didSign (claims.md 5.1)", () => {
  const operator = createKeyPair("operator");
  const operatorSigningKey = createKeyPair("operator");
  const keys = { signing_keys: [operatorSigningKey.publicKey] };

  async function accountBy(issuer: Signer): Promise<AccountClaims> {
    return decode(await encode(createAccountClaims(account.publicKey), issuer), { kind: "account" });
  }

  async function userBy(issuer: Signer, nats: object): Promise<UserClaims> {
    return decode(await encode(createUserClaims(user.publicKey, { nats }), issuer), { kind: "user" });
  }

  test("knows an operator's own key and its signing keys", async () => {
    const claims = createOperatorClaims(operator.publicKey, { nats: keys });
    expect(didSign(claims, await accountBy(operator))).toBe(true);
    expect(didSign(claims, await accountBy(operatorSigningKey))).toBe(true);
    expect(didSign(claims, await accountBy(createKeyPair("operator")))).toBe(false);
  });

  test("takes a strict operator's own key for its own token only", async () => {
    const claims = createOperatorClaims(operator.publicKey, { nats: { ...keys, strict_signing_key_usage: true } });
    expect(didSign(claims, await accountBy(operator))).toBe(false);
    expect(didSign(claims, await accountBy(operatorSigningKey))).toBe(true);
    const own = decode(await encode(claims, operator), { kind: "operator" });
    expect(didSign(claims, own)).toBe(true);
    expect(isSelfSigned(own)).toBe(true);
  });

  test("asks users of a signing key for the account", async () => {
    const scope = createScope(signingKey.publicKey, { role: "web" });
    const claims = createAccountClaims(account.publicKey, { nats: { signing_keys: [scope] } });
    expect(didSign(claims, await userBy(account, {}))).toBe(true);
    expect(didSign(claims, await userBy(signingKey, { issuer_account: account.publicKey }))).toBe(true);
    expect(didSign(claims, await userBy(signingKey, {}))).toBe(false);
    expect(didSign(claims, await userBy(signingKey, { issuer_account: signingKey.publicKey }))).toBe(false);
    expect(isSelfSigned(await userBy(account, {}))).toBe(false);
  });
});

describe("activationHashId (claims.md 5.10)", () => {
  test("is the one that Go gives for the worked example", () => {
    const issuer = keyNamed("accountSK").publicKey;
    const claims = createActivationClaims(keyNamed("account").publicKey, {
      nats: { subject: "foo.*", kind: "stream" },
    });
    expect(activationHashId({ ...claims, iss: issuer })).toBe(
      "TG6U5TUITTGMZ4ZA7XAE7D6CG7JZE7C4WWZFOST3FEWN3CDWZU3Q====",
    );
  });

  test("looks at the subject up to its first wildcard", () => {
    const idOf = (subject: string) =>
      activationHashId({
        ...createActivationClaims(account.publicKey, { nats: { subject } }),
        iss: account.publicKey,
      });
    expect(idOf("foo.*.bar")).toBe(idOf("foo"));
    expect(idOf("bam.boom.blat.*")).toBe(idOf("bam.boom.blat.>"));
    expect(idOf("*.blam")).toBe(idOf(">"));
    expect(idOf("*.blam")).toBe(idOf("_"));
    expect(idOf("foo")).not.toBe(idOf("foo.bar"));
  });

  test("needs issuer, subject and imported subject", () => {
    const claims = createActivationClaims(account.publicKey, { nats: { subject: "a" } });
    expect(() => activationHashId(claims)).toThrowCode("ERR_CLAIMS_VALUE");
    expect(() => activationHashId({ ...claims, iss: "A", sub: "" })).toThrowCode("ERR_CLAIMS_VALUE");
    expect(() => activationHashId({ ...claims, iss: "A", nats: { ...claims.nats, subject: "" } })).toThrowCode(
      "ERR_CLAIMS_VALUE",
    );
  });
});

describe("tags (claims.md 5.4)", () => {
  test("are trimmed and in lower case, each once, and never empty", () => {
    const holder: { tags?: string[] } = { tags: ["Stored"] };
    addTags(holder, " One ", "one", "", "\u0085", "\u0130");
    expect(holder.tags).toEqual(["Stored", "one", "i"]);
    addTags(holder, "ONE");
    expect(holder.tags).toEqual(["Stored", "one", "i"]);
  });

  test("that are stored in upper case are never found", () => {
    const holder = { tags: ["Stored", "one"] };
    expect(hasTag(holder, "Stored")).toBe(false);
    expect(hasTag(holder, " ONE")).toBe(true);
    removeTags(holder, "Stored", "One", "absent");
    expect(holder.tags).toEqual(["Stored"]);
    removeTags({}, "a");
    expect(hasTag({}, "a")).toBe(false);
  });
});

describe("signing keys and scopes (claims.md 5.5, 5.6)", () => {
  test("are found, replaced and removed by key", () => {
    const { nats } = createAccountClaims(account.publicKey);
    const scope = createScope(signingKey.publicKey, { role: "web" });
    addSigningKeys(nats, signingKey.publicKey, "AOTHER");
    addSigningKeys(nats, scope);
    expect(nats.signing_keys).toEqual(["AOTHER", scope]);
    expect(findSigningKey(nats, signingKey.publicKey)).toBe(scope);
    expect(findSigningKey(nats, "AOTHER")).toBe("AOTHER");
    expect(findSigningKey(nats, "none")).toBeUndefined();
    removeSigningKeys(nats, signingKey.publicKey);
    expect(nats.signing_keys).toEqual(["AOTHER"]);
    removeSigningKeys({}, "A");
  });

  test("begin without limits, and copy their template", () => {
    const template = { pub: { allow: ["a"] }, subs: 5 };
    const scope = createScope(signingKey.publicKey, { template });
    template.pub.allow.push("b");
    expect(scope).toEqual({
      kind: "user_scope",
      key: signingKey.publicKey,
      role: "",
      template: { pub: { allow: ["a"] }, sub: {}, subs: 5, data: -1, payload: -1 },
      description: "",
    });
    expect(() => createScope(user.publicKey)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test.each([
    [{ pub: { allow: [] } }, false],
    [{ sub: { deny: ["a"] } }, false],
    [{ src: [] }, false],
    [{ subs: -1 }, false],
    [{ bearer_token: true }, false],
    [{ resp: { max: 0, ttl: 0 } }, false],
    [{ subs: 0, bearer_token: false, times_location: "" }, true],
    [{ issuer_account: account.publicKey, tags: ["a"] }, true],
  ] as const)("a user with %j is empty: %s", (nats, isEmpty) => {
    expect(hasEmptyPermissions(createUserClaims(user.publicKey, { scoped: true, nats }).nats)).toBe(isEmpty);
  });

  test("say what a user of them must not be, in Go's words", () => {
    const scope = createScope(signingKey.publicKey);
    const claims = { ...createUserClaims(user.publicKey, { scoped: true }), iss: scope.key };
    expect(scopeViolation(scope, claims)).toBeUndefined();
    expect(scopeViolation(scope, createAccountClaims(account.publicKey))).toBe(
      "not an user claim - scoped signing key requires user claim",
    );
    expect(scopeViolation(scope, { ...claims, iss: account.publicKey })).toBe("issuer not the scoped signer");
    expect(scopeViolation(scope, { ...createUserClaims(user.publicKey), iss: scope.key })).toBe(
      "scoped users require no permissions or limits set",
    );
  });
});

describe("limits (claims.md 5.8)", () => {
  const all = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

  test("are unlimited only if all of them are", () => {
    const { limits } = createAccountClaims(account.publicKey).nats;
    expect(natsIsUnlimited(limits)).toBe(true);
    expect(natsIsUnlimited({ ...limits, data: 0 })).toBe(false);
    expect(natsIsUnlimited({ subs: -1n, data: -1n, payload: -1n })).toBe(true);
    expect(accountIsUnlimited(limits)).toBe(true);
    expect(accountIsUnlimited({ ...limits, wildcards: false })).toBe(false);
    expect(accountIsUnlimited({ ...limits, disallow_bearer: true })).toBe(false);
    expect(jetStreamIsUnlimited({ ...all, max_ack_pending: -1 })).toBe(true);
    expect(jetStreamIsUnlimited({ ...all, max_ack_pending: 1 })).toBe(false);
    expect(jetStreamIsUnlimited({ ...all, max_bytes_required: true })).toBe(false);
    expect(jetStreamIsUnlimited({ ...all, streams: 0 })).toBe(false);
    expect(isUnlimited({ ...limits, ...all })).toBe(true);
    expect(isUnlimited(limits)).toBe(false);
    expect(isUnlimited({ ...limits, ...all, tiered_limits: { R1: all } })).toBe(false);
  });

  test("switch JetStream on by a storage, in a tier if there are tiers", () => {
    expect(hasJetStream({ disk_storage: 1 })).toBe(true);
    expect(hasJetStream({ streams: -1 })).toBe(false);
    expect(hasJetStream({ tiered_limits: { R1: {}, R3: { mem_storage: 1 } } })).toBe(true);
    expect(hasJetStream({ mem_storage: 1, tiered_limits: { R1: {} } })).toBe(false);
  });

  test("are empty when nothing is set", () => {
    expect(limitsAreEmpty({ conn: 0, wildcards: false, tiered_limits: {} })).toBe(true);
    expect(limitsAreEmpty({ wildcards: true })).toBe(false);
    expect(limitsAreEmpty({ tiered_limits: { R1: {} } })).toBe(false);
  });
});

describe("encodeScopedUser (claims.md 5.7)", () => {
  const issuedAt = 1_700_000_000;

  test("is the same token as the claims made by hand", async () => {
    const options = { expires: "1h", name: "alice", tags: ["Team:A"], issuedAt };
    const token = await encodeScopedUser(user.publicKey, account.publicKey, signingKey, options);
    const claims = createUserClaims(user.publicKey, {
      scoped: true,
      name: "alice",
      exp: issuedAt + 3600,
      nats: { issuer_account: account.publicKey, tags: ["Team:A"] },
    });
    expect(token).toBe(await encode(claims, signingKey, { issuedAt }));
  });

  test.each([
    ["never", undefined],
    [new Date(1_800_000_000_500), 1_800_000_000],
    ["1d", issuedAt + 86_400],
  ] as const)("that expires %s has the expiry %s and its key as name", async (expires, exp) => {
    const token = await encodeScopedUser(user.publicKey, account.publicKey, signingKey, { expires, issuedAt });
    expect(decode(token)).toMatchObject({ name: user.publicKey, ...(exp && { exp }) });
    expect(decode(token).exp).toBe(exp);
  });

  test("refuses other keys and expiries, in Go's words where it has some", async () => {
    const options = { expires: "1h" };
    await expect(encodeScopedUser(user.publicKey, user.publicKey, signingKey, options)).rejects.toMatchObject({
      code: "ERR_ARGUMENT_INVALID",
      message: "issueUserJWT requires an account key for the accountId parameter, but got user",
    });
    await expect(encodeScopedUser("x", account.publicKey, signingKey, options)).rejects.toMatchObject({
      code: "ERR_ARGUMENT_INVALID",
      message: "issueUserJWT requires an account key for the publicUserKey parameter, but got unknown",
    });
    for (const expires of ["soon", "", "-1h", new Date(Number.NaN), 5 as never, undefined as never]) {
      await expect(encodeScopedUser(user.publicKey, account.publicKey, signingKey, { expires })).rejects.toThrowCode(
        "ERR_ARGUMENT_INVALID",
      );
    }
  });
});

describe("assertValid", () => {
  const exports = [
    { subject: "a..b", type: "stream" as const },
    { subject: "", type: "stream" as const },
  ];

  test("throws one error that carries all issues and is named after the first that blocks", () => {
    const claims = createAccountClaims(account.publicKey, { nats: { exports } });
    try {
      assertValid(claims);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ClaimsError);
      const { code, message, issues } = error as ClaimsError;
      expect(code).toBe("ERR_CLAIMS_INVALID");
      expect(message).toContain('subject "a..b" cannot contain consecutive `.` (and 1 more)');
      expect(issues).toEqual(validate(claims));
    }
  });

  test("lets warnings pass, and times if it is told to", () => {
    const signed = { ...createAccountClaims(account.publicKey), iss: account.publicKey };
    expect(validate(signed).map(({ level }) => level)).toEqual(["warning"]);
    expect(() => assertValid(signed)).not.toThrow();
    const expired = createUserClaims(user.publicKey, { exp: 100 });
    expect(() => assertValid(expired, { now: 100 })).not.toThrow();
    expect(() => assertValid(expired, { now: 101 })).toThrowCode("ERR_CLAIMS_INVALID");
    expect(() => assertValid(expired, { now: new Date(101_000) })).toThrowCode("ERR_CLAIMS_INVALID");
    expect(() => assertValid(expired, { now: 101, ignoreTimes: true })).not.toThrow();
    expect(() => validate(expired, { now: Number.NaN })).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

test("the exports of a system account are valid and fresh each time", () => {
  const claims = createAccountClaims(account.publicKey, { nats: { exports: systemAccountExports() } });
  expect(validate(claims)).toEqual([]);
  systemAccountExports().pop();
  expect(systemAccountExports()).toHaveLength(2);
});
