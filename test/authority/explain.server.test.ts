import { connect, credsAuthenticator } from "@nats-io/transport-node";
import {
  createAccountClaims,
  createKeyPair,
  createUserClaims,
  type ExplainRule,
  encode,
  explain,
  formatCreds,
  formatServerConfig,
  type KeyPair,
  memoryStore,
  Nsc,
  revoke,
  type UserClaimsInit,
} from "nsc.js";
import { startNatsServer } from "nsc.js/testing";
import { expect, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";

const HOUR = 3600;
const now = Math.floor(Date.now() / 1000);

interface Case {
  readonly title: string;
  readonly token: string;
  readonly user: KeyPair;
  /** The rule that decides; none for what is accepted. */
  readonly rule?: ExplainRule;
}

/** A tree with everything that can go wrong in it, put into the store past all guards. */
async function makeCases(isStrict: boolean): Promise<{ nsc: Nsc; cases: readonly Case[]; config: string }> {
  const store = memoryStore();
  const nsc = new Nsc({ store });
  const signing = createKeyPair("operator");
  const identity = createKeyPair("operator");
  const operator = await nsc.addOperator("O", { key: identity, signingKey: signing, systemAccount: true });
  if (isStrict) await operator.requireSigningKeys();
  const cases: Case[] = [];

  const tokens = new Map<string, string>();
  const addAccount = async (
    name: string,
    issuer: KeyPair,
    edit: (claims: ReturnType<typeof createAccountClaims>) => void = () => undefined,
  ) => {
    const [account, plain, scoped] = [createKeyPair("account"), createKeyPair("account"), createKeyPair("account")];
    const template = { pub: { allow: ["a"] }, sub: {} };
    const claims = createAccountClaims(account.publicKey, {
      name,
      nats: {
        signing_keys: [
          plain.publicKey,
          { kind: "user_scope", key: scoped.publicKey, role: "r", template, description: "" },
        ],
      },
    });
    edit(claims);
    const token = await encode(claims, issuer);
    await store.commit({ tokens: [{ path: ["O", name], token }] });
    tokens.set(account.publicKey, token);
    return { account, plain, scoped };
  };
  const addCase = async (
    title: string,
    rule: ExplainRule | undefined,
    issuer: KeyPair,
    account: KeyPair | undefined,
    init: UserClaimsInit & { readonly issuedAt?: number; readonly key?: KeyPair } = {},
  ) => {
    const { issuedAt = now, key: user = createKeyPair("user"), ...rest } = init;
    const nats = { ...rest.nats, ...(account && { issuer_account: account.publicKey }) };
    const token = await encode(createUserClaims(user.publicKey, { name: "u", ...rest, nats }), issuer, { issuedAt });
    cases.push({ title, token, user, ...(rule && { rule }) });
  };

  const good = await addAccount("GOOD", signing);
  await addCase("signed by the identity", isStrict ? "STRICT" : undefined, good.account, undefined);
  await addCase("signed by a signing key", undefined, good.plain, good.account);
  await addCase("of a role", undefined, good.scoped, good.account, { scoped: true });
  await addCase("of a role, with a limit", "SCOPE", good.scoped, good.account, { scoped: true, nats: { subs: -1 } });
  await addCase("of a role, with permissions", "SCOPE", good.scoped, good.account, {
    scoped: true,
    nats: { pub: { allow: ["b"] } },
  });
  await addCase("expired", "TIME", good.plain, good.account, { exp: now - HOUR });
  await addCase("not yet valid", "TIME", good.plain, good.account, { nbf: now + HOUR });
  await addCase("that does not name its account", "ACCOUNT", good.plain, undefined);
  await addCase("signed by a key of nobody", "ISSUER", createKeyPair("account"), good.account);
  await addCase("of an account of nobody", "ACCOUNT", createKeyPair("account"), undefined);
  await addCase("with a broken network", "CLAIMS", good.plain, good.account, { nats: { src: ["nowhere"] } });
  await addCase("with connection types that nobody knows", "CONNECTION_TYPES", good.plain, good.account, {
    nats: { allowed_connection_types: ["CARRIER_PIGEON"] },
  });
  await addCase("with one that servers know", undefined, good.plain, good.account, {
    nats: { allowed_connection_types: ["CARRIER_PIGEON", "standard"] },
  });

  const revoked = createKeyPair("user");
  const revoking = await addAccount("REVOKING", signing, ({ nats }) => {
    revoke(nats, revoked.publicKey, now - 100);
    revoke(nats, "*", now - 200);
  });
  await addCase("revoked", "REVOCATION", revoking.plain, revoking.account, { key: revoked, issuedAt: now - 100 });
  await addCase("revoked before", undefined, revoking.plain, revoking.account, { key: revoked, issuedAt: now - 99 });
  await addCase("revoked with all", "REVOCATION", revoking.plain, revoking.account, { issuedAt: now - 200 });
  await addCase("issued after all were", undefined, revoking.plain, revoking.account, { issuedAt: now - 199 });

  const late = await addAccount("EXPIRED", signing, (claims) => {
    claims.exp = now - HOUR;
  });
  await addCase("of an expired account", "ACCOUNT_TIME", late.plain, late.account);
  const noBearer = await addAccount("NO_BEARER", signing, ({ nats }) => {
    nats.limits.disallow_bearer = true;
  });
  await addCase("that is a bearer token where these are disallowed", "BEARER", noBearer.plain, noBearer.account, {
    nats: { bearer_token: true },
  });
  await addCase("that is none there", undefined, noBearer.plain, noBearer.account);
  const own = await addAccount("IDENTITY", identity);
  await addCase("of an account that the identity signed", isStrict ? "STRICT" : undefined, own.plain, own.account);
  const foreign = await addAccount("FOREIGN", createKeyPair("operator"));
  await addCase("of an account of another operator", "ACCOUNT_TRUST", foreign.plain, foreign.account);

  const system = await operator.systemAccount();
  if (system === undefined) throw new Error("there is no system account");
  tokens.set(system.publicKey, system.token);
  const config = formatServerConfig({
    operator: operator.token,
    system_account: system.publicKey,
    resolver: "MEMORY",
    resolver_preload: Object.fromEntries(tokens),
  });
  return { nsc, cases, config };
}

describeWithServer.each([
  { title: "an operator", isStrict: false },
  { title: "an operator that demands signing keys", isStrict: true },
])("under $title", ({ isStrict }) => {
  test("explain says what the server says", { timeout: 60_000 }, async () => {
    const { nsc, cases, config } = await makeCases(isStrict);
    await using server = await startNatsServer({ config });
    const operator = await nsc.operator("O");
    const found: unknown[] = [];
    for (const { title, token, user } of cases) {
      const { accepted, decision } = await explain(token, operator);
      const authenticator = credsAuthenticator(new TextEncoder().encode(formatCreds(token, user)));
      const outcome = await connect({
        servers: server.url,
        authenticator,
        reconnect: false,
        maxReconnectAttempts: 0,
      }).then(
        async (connection) => {
          await connection.close();
          return "accepted";
        },
        (error: Error) => error.message,
      );
      expect(outcome, title).toMatch(/^accepted$|authorization violation|authentication expired/i);
      found.push({
        title,
        explained: accepted,
        served: outcome === "accepted",
        rule: accepted ? undefined : decision.rule,
      });
    }
    const isFine = (rule: ExplainRule | undefined) => rule === undefined;
    expect(found).toEqual(
      cases.map(({ title, rule }) => ({ title, explained: isFine(rule), served: isFine(rule), rule })),
    );
  });
});
