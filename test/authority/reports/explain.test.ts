import {
  createActivationClaims,
  createKeyPair,
  createOperatorClaims,
  createUserClaims,
  type Explanation,
  encode,
  encodeGeneric,
  explain,
  keyPairFromSeed,
  memoryStore,
  Nsc,
  type Operator,
  type OperatorLimits,
  type Store,
  type UserPermissionLimits,
} from "nsc.js";
import { beforeEach, describe, expect, test } from "vitest";

const NOW = new Date("2026-03-01T00:00:00Z");
const SECONDS = NOW.getTime() / 1000;
const HOUR = 3600;

let store: Store;
let operator: Operator;
beforeEach(async () => {
  store = memoryStore();
  operator = await new Nsc({ store, clock: () => NOW }).addOperator("local", { signingKey: true, expires: "1y" });
});

function rulesOf({ checks }: Explanation): string[] {
  return checks.map(({ rule, passed }) => `${rule}${passed ? "" : "!"}`);
}

describe("a user's token", () => {
  test("is followed up to the operator, with the rules that held", async () => {
    const account = await operator.addAccount("APP", { signingKey: true, expires: "60d" });
    const user = await account.addUser("alice", { expires: "30d" });
    const found = await explain(user.token, operator);
    expect(rulesOf(found)).toEqual([
      "TOKEN",
      "CLAIMS",
      "TIME",
      "ACCOUNT",
      "ACCOUNT_TRUST",
      "ISSUER",
      "ACCOUNT_TIME",
      "REVOCATION",
      "LIMITS",
    ]);
    expect(found.accepted).toBe(true);
    expect(found.chain).toEqual([
      {
        kind: "user",
        name: "alice",
        publicKey: user.publicKey,
        issuer: account.claims.nats.signing_keys?.[0],
        signedWith: "signing key",
        expires: SECONDS + 30 * 24 * HOUR,
      },
      {
        kind: "account",
        name: "APP",
        publicKey: account.publicKey,
        issuer: operator.claims.nats.signing_keys?.[0],
        signedWith: "signing key",
        expires: SECONDS + 60 * 24 * HOUR,
      },
      {
        kind: "operator",
        name: "local",
        publicKey: operator.publicKey,
        issuer: operator.publicKey,
        signedWith: "identity",
        expires: SECONDS + 365 * 24 * HOUR,
      },
    ]);
    expect(found.expires).toBe(SECONDS + 30 * 24 * HOUR);
    expect(found.template).toBeUndefined();
    expect(found.revoked).toBeUndefined();
  });

  test("of a role shows the role and its template", async () => {
    const account = await operator.addAccount("APP");
    const template = (limits: UserPermissionLimits): void => {
      limits.subs = 5;
    };
    const key = await account.addRole("web", { pub: ["in.{{name()}}"], template });
    const found = await explain((await account.addUser("bob", { role: "web" })).token, operator);
    expect(found.chain[0]).toMatchObject({ signedWith: "role", role: "web", issuer: key });
    expect(found.template).toMatchObject({ pub: { allow: ["in.{{name()}}"] }, subs: 5, payload: -1 });
    expect(rulesOf(found).slice(-5)).toEqual(["SCOPE", "TEMPLATE", "ACCOUNT_TIME", "REVOCATION", "LIMITS"]);
  });

  test("of a role whose template servers can't expand is refused, and shows the template", async () => {
    const account = await operator.addAccount("APP");
    await account.addRole("web", { pub: { deny: ["teams.{{tag(team)}}"] } });
    const [scope] = (account.claims.nats.signing_keys ?? []).filter((key) => typeof key === "object");
    const signer = await store.getKey(scope?.key ?? "");
    const claims = createUserClaims(createKeyPair("user").publicKey, {
      name: "bob",
      scoped: true,
      nats: { issuer_account: account.publicKey },
    });
    const found = await explain(await encode(claims, keyPairFromSeed(signer ?? "")), operator);
    expect(found.decision).toMatchObject({ rule: "TEMPLATE", passed: false });
    expect(found.decision.message).toMatch(/"web".*"teams\.\{\{tag\(team\)\}\}".*"team"/);
    expect(found.accepted).toBe(false);
    expect(found.template).toMatchObject({ pub: { deny: ["teams.{{tag(team)}}"] } });
  });

  test("is refused for what would cut off its connection, and told whose limit that is", async () => {
    const account = await operator.addAccount("APP");
    const { token } = await account.addUser("alice");
    const leaf = await account.addUser("leaf", {
      claims: ({ nats }) => {
        nats.allowed_connection_types = ["leafnode", "LEAFNODE_WS", "CARRIER_PIGEON"];
      },
    });
    const both = await account.addUser("both", {
      claims: ({ nats }) => {
        nats.allowed_connection_types = ["LEAFNODE", "MQTT"];
      },
    });
    const setLimits = (limits: OperatorLimits) =>
      account.edit(({ nats }) => {
        nats.limits = { ...nats.limits, conn: -1, leaf: -1, subs: -1, ...limits };
      });
    const decisions = async () =>
      Promise.all(
        [token, leaf.token, both.token].map(async (each) => {
          const { decision } = await explain(each, operator);
          expect(decision.rule).toBe("LIMITS");
          return decision.passed ? "accepted" : decision.message;
        }),
      );
    await setLimits({ conn: 0 });
    const noConnections = 'conn of the account "APP" allows no connections';
    expect(await decisions()).toEqual([noConnections, "accepted", noConnections]);
    await setLimits({ leaf: 0 });
    expect(await decisions()).toEqual(["accepted", 'leaf of the account "APP" allows no connections', "accepted"]);
    await setLimits({ subs: 0 });
    expect(new Set(await decisions())).toEqual(new Set(['subs of the account "APP" allows no subscriptions']));
    await setLimits({});
    expect(new Set(await decisions())).toEqual(new Set(["accepted"]));
    const pair = createKeyPair("account");
    await account.addSigningKey({ key: pair });
    const claims = createUserClaims(createKeyPair("user").publicKey, {
      nats: { issuer_account: account.publicKey, subs: 0 },
    });
    const { decision } = await explain(await encode(claims, pair), operator);
    expect(decision).toEqual({ rule: "LIMITS", passed: false, message: "subs of the user allows no subscriptions" });
  });

  test("may have times beyond what a date can be", async () => {
    const pair = createKeyPair("account");
    const account = await operator.addAccount("APP", { key: pair });
    const claims = createUserClaims(createKeyPair("user").publicKey);
    const [never, late] = [
      { ...claims, exp: -1 },
      { ...claims, exp: (2n ** 60n) as never },
    ];
    const found = await explain(await encode(late, pair, { issuedAt: SECONDS }), operator);
    expect([found.accepted, found.chain[0]?.expires]).toEqual([true, 2 ** 60]);
    const unlimited = await explain(await encode(never, pair, { issuedAt: SECONDS }), operator);
    expect([unlimited.accepted, unlimited.chain[0]]).toEqual([true, expect.not.objectContaining({ expires: -1 })]);
    await account.edit(({ nats }) => {
      nats.revocations = { "*": 9e12 };
    });
    expect((await explain(await encode(never, pair), operator)).decision).toMatchObject({
      rule: "REVOCATION",
      passed: false,
    });
  });

  test("is looked at for the time that is asked about", async () => {
    const account = await operator.addAccount("APP", { expires: "2h" });
    const { token } = await account.addUser("alice", { expires: "1h" });
    expect((await explain(token, operator, { now: SECONDS + HOUR })).accepted).toBe(true);
    const expired = await explain(token, operator, { now: SECONDS + HOUR + 1 });
    expect(expired.decision).toEqual({ rule: "TIME", passed: false, message: "claim is expired" });
    const forever = (await account.addUser("bob")).token;
    const later = await explain(forever, operator, { now: SECONDS + 3 * HOUR });
    expect(later.decision).toMatchObject({ rule: "ACCOUNT_TIME", passed: false });
  });

  test("that is revoked shows when, and by which entry", async () => {
    const account = await operator.addAccount("APP");
    const user = await account.addUser("alice");
    const { token } = user;
    await user.delete();
    const found = await explain(token, operator);
    expect(found.decision).toMatchObject({ rule: "REVOCATION", passed: false });
    expect(found.decision.message).toContain(user.publicKey);
    expect(found.decision.message).toContain("2026-03-01T00:00:00.000Z");
    expect(found.revoked).toEqual({ key: user.publicKey, at: SECONDS });
    await account.edit(({ nats }) => {
      nats.revocations = { "*": SECONDS };
    });
    expect((await explain(token, operator)).revoked).toEqual({ key: "*", at: SECONDS });
  });

  test("is judged by what the store has now, not by what the handle saw", async () => {
    const account = await operator.addAccount("APP", { signingKey: true });
    const user = await account.addUser("alice");
    const other = new Nsc({ store });
    expect((await explain(user.token, operator)).accepted).toBe(true);
    const theirs = await (await other.operator("local")).account("APP");
    await theirs.removeSigningKey(user.claims.iss as string, { force: true });
    expect((await explain(user.token, operator)).decision).toMatchObject({ rule: "ISSUER", passed: false });
  });

  test("that names no account says which account it should have named", async () => {
    const account = await operator.addAccount("APP");
    const pair = createKeyPair("account");
    await account.addSigningKey({ key: pair });
    const token = await encode(createUserClaims(createKeyPair("user").publicKey), pair);
    const { decision } = await explain(token, operator);
    expect(decision).toMatchObject({ rule: "ACCOUNT", passed: false });
    expect(decision.message).toMatch(/signing key of the account "APP".*issuer_account/);
  });
});

describe("other tokens", () => {
  test("an account's is followed to the operator", async () => {
    const account = await operator.addAccount("APP");
    const found = await explain(account.token, operator);
    expect(rulesOf(found)).toEqual(["TOKEN", "CLAIMS", "TIME", "ISSUER"]);
    expect(found.chain.map(({ kind, signedWith }) => [kind, signedWith])).toEqual([
      ["account", "signing key"],
      ["operator", "identity"],
    ]);
    const stranger = await new Nsc().addOperator("local");
    const refused = await explain((await stranger.addAccount("APP")).token, operator);
    expect(refused.decision).toMatchObject({ rule: "ISSUER", passed: false });
    expect(refused.chain[0]?.signedWith).toBeUndefined();
  });

  test("an operator's must be its own", async () => {
    expect((await explain(operator.token, operator)).accepted).toBe(true);
    const stranger = await new Nsc().addOperator("local");
    expect((await explain(stranger.token, operator)).decision).toMatchObject({ rule: "ISSUER", passed: false });
    const signing = createKeyPair("operator");
    await operator.addSigningKey({ key: signing });
    const other = await encode(createOperatorClaims(stranger.publicKey), signing);
    expect((await explain(other, operator)).decision.message).toContain(stranger.publicKey);
    expect((await explain(other, operator)).accepted).toBe(false);
    const forger = createKeyPair("operator");
    for (const signing_keys of [[], [forger.publicKey]]) {
      const claims = createOperatorClaims(operator.publicKey, { name: "local", nats: { signing_keys } });
      const forged = await explain(await encode(claims, forger), operator);
      expect(forged.decision).toMatchObject({ rule: "ISSUER", passed: false });
      expect(forged.decision.message).toContain(forger.publicKey);
      expect(forged.chain).toMatchObject([{ kind: "operator", signedWith: undefined }]);
    }
  });

  test("an operator's may be signed with a signing key that the store has, until that is gone", async () => {
    const signing = createKeyPair("operator");
    await operator.addSigningKey({ key: signing });
    // The token need not list the key itself.
    const token = await encode(createOperatorClaims(operator.publicKey, { name: "local" }), signing);
    const found = await explain(token, operator);
    expect(found.accepted).toBe(true);
    expect(found.decision.message).toBe('it is signed with the signing key of the operator "local"');
    expect(found.chain[0]?.signedWith).toBe("signing key");
    await operator.removeSigningKey(signing.publicKey);
    expect((await explain(token, operator)).decision).toMatchObject({ rule: "ISSUER", passed: false });
  });

  test("an activation's is followed to the export, whose revocations count", async () => {
    const identity = createKeyPair("account");
    const importer = createKeyPair("account").publicKey;
    const account = await operator.addAccount("APP", {
      key: identity,
      claims: ({ nats }) => {
        nats.exports = [{ name: "orders", subject: "orders.*", type: "stream", token_req: true }];
      },
    });
    const claims = createActivationClaims(importer, { nats: { subject: "orders.eu", kind: "stream" } });
    const token = await encode(claims, identity, { issuedAt: SECONDS });
    expect((await explain(token, operator)).accepted).toBe(true);
    const service = await encode({ ...claims, nats: { ...claims.nats, kind: "service" } }, identity);
    expect((await explain(service, operator)).decision.message).toMatch(/does not export/);
    await account.edit(({ nats }) => {
      const [exported] = nats.exports ?? [];
      if (exported) exported.revocations = { [importer]: SECONDS };
    });
    expect((await explain(token, operator)).decision).toMatchObject({ rule: "REVOCATION", passed: false });
  });

  test("an activation of the identity is good where signing keys are demanded, unless it names its account", async () => {
    const identity = createKeyPair("account");
    const account = await operator.addAccount("APP", { key: identity, signingKey: true });
    await account.addExport({ subject: "orders.*", type: "stream", private: true });
    await operator.requireSigningKeys({ addSigningKeys: true });
    const claims = createActivationClaims(createKeyPair("account").publicKey, {
      nats: { subject: "orders.eu", kind: "stream" },
    });
    expect((await explain(await encode(claims, identity), operator)).accepted).toBe(true);
    claims.nats.issuer_account = account.publicKey;
    const { decision } = await explain(await encode(claims, identity), operator);
    expect(decision).toMatchObject({ rule: "STRICT", passed: false });
  });

  test("what is no token that lasts is said to be none", async () => {
    const user = createKeyPair("user");
    const generic = await encodeGeneric({ sub: "x", nats: { type: "mine" } }, user);
    for (const token of ["", "a.b.c", generic, operator.token.slice(0, -3), `${operator.token}x`]) {
      const { accepted, decision, chain } = await explain(token, operator);
      expect({ accepted, rule: decision.rule, chain }).toEqual({ accepted: false, rule: "TOKEN", chain: [] });
    }
  });

  test("what can't be explained is refused", async () => {
    const account = await operator.addAccount("APP");
    const calls: Parameters<typeof explain>[] = [
      [undefined as never, operator],
      ...[undefined, null, {}, "local", account, new Nsc()].map((other): [string, never] => [
        operator.token,
        other as never,
      ]),
      [operator.token, operator, null as never],
      [operator.token, operator, { at: SECONDS } as never],
      [operator.token, operator, { now: Number.NaN }],
      [operator.token, operator, { now: null as never }],
    ];
    for (const call of calls) await expect(explain(...call)).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
