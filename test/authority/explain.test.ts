import {
  createActivationClaims,
  createKeyPair,
  createOperatorClaims,
  createUserClaims,
  type Explanation,
  encode,
  encodeGeneric,
  explain,
  memoryStore,
  Nsc,
  type Operator,
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
    expect(rulesOf(found)).toContain("SCOPE");
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
    const forged = await encode(createOperatorClaims(operator.publicKey), createKeyPair("operator"));
    expect((await explain(forged, operator)).decision).toMatchObject({ rule: "ISSUER", passed: false });
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

  test("what is no token that lasts is said to be none", async () => {
    const user = createKeyPair("user");
    const generic = await encodeGeneric({ sub: "x", nats: { type: "mine" } }, user);
    for (const token of ["", "a.b.c", generic, operator.token.slice(0, -3), `${operator.token}x`]) {
      const { accepted, decision, chain } = await explain(token, operator);
      expect({ accepted, rule: decision.rule, chain }).toEqual({ accepted: false, rule: "TOKEN", chain: [] });
    }
  });

  test("what can't be explained is refused", async () => {
    await expect(explain(undefined as never, operator)).rejects.toMatchObject({ code: "ERR_ARGUMENT_INVALID" });
    await expect(explain(operator.token, operator, { now: Number.NaN })).rejects.toMatchObject({
      code: "ERR_ARGUMENT_INVALID",
    });
  });
});
