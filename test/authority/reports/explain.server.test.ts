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
  type OperatorLimits,
  revoke,
  type UserClaimsInit,
  type UserNats,
  type UserPermissionLimits,
} from "nsc.js";
import { startNatsServer } from "nsc.js/testing";
import { expect, test } from "vitest";
import { isSince } from "../../server/servers.ts";
import { describeWithServer } from "../../support/nats-server.ts";

const HOUR = 3600;
const now = Math.floor(Date.now() / 1000);

interface Case {
  readonly title: string;
  readonly token: string;
  readonly user: KeyPair;
  /** The rule that decides; none for what is accepted. */
  readonly rule?: ExplainRule;
}

interface Keys {
  readonly account: KeyPair;
  readonly plain: KeyPair;
  readonly scoped: KeyPair;
}

/** What servers can and can't make of the variables of a role: server.md, section 3.3. All allow the subject `a`. */
async function addTemplates(
  addAccount: (template: UserPermissionLimits) => Promise<Keys>,
  addCase: (title: string, rule: ExplainRule | undefined, keys: Keys, init: UserClaimsInit) => Promise<void>,
): Promise<void> {
  const denies = (...deny: string[]) => addAccount({ pub: { deny }, sub: { deny } });
  const allows = (...allow: string[]) => addAccount({ pub: { allow: ["a", ...allow] }, sub: {} });
  const tagged = (...tags: string[]): UserClaimsInit => ({ nats: { tags } });

  const team = await denies("x.{{tag(team)}}");
  await addCase("without the tag that its role denies", "TEMPLATE", team, {});
  await addCase("with another tag than its role denies", "TEMPLATE", team, tagged("teams:blue", "team"));
  await addCase("with the tag that its role denies", undefined, team, tagged("team:blue", "team:red"));
  await addCase("with one of the denied tags no subject", "TEMPLATE", team, tagged("team:blue", "team:r d"));
  await addCase("without the tag that its role allows", undefined, await allows("x.{{tag(team)}}"), {});
  const inDenial = await denies("b", "x.{{ NAME() }}.y");
  await addCase("with a name that can be denied", undefined, inDenial, { name: "alice" });
  await addCase("with a space in a denied name", "TEMPLATE", inDenial, { name: "alice b" });
  await addCase("with no name where it is denied", "TEMPLATE", inDenial, { name: "" });
  await addCase("with a wildcard in the middle of a denied subject", "TEMPLATE", inDenial, { name: ">" });
  await addCase("with another wildcard there", undefined, inDenial, { name: "*" });
  const inAllowed = await allows("x.{{name()}}");
  await addCase("with a space in an allowed name", undefined, inAllowed, { name: "alice b" });
  for (const operation of ["username()", "nmae()", "name", "{name()"]) {
    await addCase(`with {{${operation}}} allowed`, "TEMPLATE", await allows(`x.{{${operation}}}`), {});
  }
  await addCase("with {{username()}} denied", "TEMPLATE", await denies("x.{{username()}}"), {});
  await addCase("with braces that are no variable", undefined, await denies("x.{{}}", "{name()}", "{{name()}"), {});
  await addCase("with a denied Tag()", "TEMPLATE", await denies("x.{{Tag(team)}}"), tagged("team:blue"));
  await addCase("with what Tag() looks for", undefined, await denies("x.{{Tag(team)}}"), tagged("tag(team:blue"));
  await addCase("with a key in capitals", undefined, await denies("x.{{tag(TEAM)}}"), tagged("team:blue"));
  await addCase("with keys in denied subjects", undefined, await denies("{{subject()}}.{{Account-Subject()}}"), {});
  await addCase("with the account's name denied", undefined, await denies("x-{{account-name()}}-y"), {});
  await addCase("with a tag of the account denied", "TEMPLATE", await denies("{{account-tag(env)}}"), tagged("env:b"));
  const queue: UserPermissionLimits = { pub: {}, sub: { deny: ["x.{{name()}}", "b queue"] } };
  await addCase("with a queue group beside a denied variable", "TEMPLATE", await addAccount(queue), {});
  const plainQueue: UserPermissionLimits = { pub: { deny: ["x.{{name()}}"] }, sub: { deny: ["b queue"] } };
  await addCase("with one in another list", undefined, await addAccount(plainQueue), {});
  const many = (key: string, count: number) => Array.from({ length: count }, (_, index) => `${key}:${index}`);
  const product = await allows("{{tag(p)}}.{{tag(q)}}");
  await addCase(
    "with 4095 expansions beside a subject",
    undefined,
    product,
    tagged(...many("p", 65), ...many("q", 63)),
  );
  await addCase("with 4096 of them", "TEMPLATE", product, tagged(...many("p", 64), ...many("q", 64)));
  const twice = await allows("{{tag(p)}}.{{tag(p)}}.{{ tag(p) }}");
  await addCase("with one variable three times", undefined, twice, tagged(...many("p", 15)));
  await addCase("with one variable too often", "TEMPLATE", twice, tagged(...many("p", 16)));
}

/** What servers refuse at once, and what they cut off: server.md, section 3.4. */
async function addLimits(
  addAccount: (limits: OperatorLimits | undefined) => Promise<Keys>,
  addCase: (
    title: string,
    rule: ExplainRule | undefined,
    keys: Keys,
    nats: Partial<UserNats>,
    by?: "scoped",
  ) => Promise<void>,
): Promise<void> {
  await addCase("of an account without limits", "LIMITS", await addAccount(undefined), {});
  for (const [limit, rule] of [
    [0, "LIMITS"],
    [-2, "LIMITS"],
    [1, undefined],
  ] as const) {
    await addCase(`of an account with ${limit} connections`, rule, await addAccount({ conn: limit }), {});
    const few = await addAccount({ subs: limit });
    await addCase(`of an account with ${limit} subscriptions`, rule, few, {});
    await addCase(`of a role there, with ${limit}`, rule, few, {}, "scoped");
    await addCase(`with ${limit} subscriptions`, rule, await addAccount({}), { subs: limit });
  }
  await addCase("with neither payload nor data of its own", undefined, await addAccount({}), { payload: 0, data: 0 });
  await addCase("where no leaf nodes may be", undefined, await addAccount({ leaf: 0 }), {});
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
    template: UserPermissionLimits = { pub: { allow: ["a"] }, sub: {} },
  ) => {
    const [account, plain, scoped] = [createKeyPair("account"), createKeyPair("account"), createKeyPair("account")];
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
  // Older servers read templates otherwise, and 2.14 has the limit of expansions.
  if (isSince("2.14.0")) {
    await addTemplates(
      (template) => addAccount(`TEMPLATE_${tokens.size}`, signing, undefined, template),
      (title, rule, { scoped, account }, init) => addCase(title, rule, scoped, account, { scoped: true, ...init }),
    );
  }
  await addLimits(
    (limits) =>
      addAccount(`LIMITS_${tokens.size}`, signing, ({ nats }) => {
        nats.limits = limits === undefined ? {} : { ...nats.limits, ...limits };
      }),
    (title, rule, { plain, scoped, account }, nats, by) =>
      addCase(title, rule, by ? scoped : plain, account, by ? { scoped: true } : { nats }),
  );
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

/** What becomes of a user that connects, subscribes and publishes: its message comes back, or its connection ends. */
async function serve(servers: string, { token, user }: Case): Promise<string> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(formatCreds(token, user)));
  const options = { servers, authenticator, reconnect: false, maxReconnectAttempts: 0, timeout: 5000 };
  const connection = await connect(options).catch((error: Error) => error);
  if (connection instanceof Error) return `refused: ${connection.message}`;
  const errors: string[] = [];
  const listening = (async () => {
    for await (const status of connection.status()) if (status.type === "error") errors.push(status.error.message);
  })();
  const closed = connection.closed().then(() => "cut off");
  const echoed = new Promise<string>((resolve) => {
    connection.subscribe("a", { callback: (error) => resolve(error === null ? "accepted" : `no: ${error.message}`) });
    connection.publish("a");
  });
  // What can't subscribe any more was closed.
  const outcome = await Promise.race([echoed.catch(() => closed), closed]);
  await connection.close();
  await listening;
  return outcome === "cut off" ? `${outcome}: ${errors.join()}` : outcome;
}

/** What may become of a user, so that a server that is gone or a slip of this test refuses nobody. */
const SETTLED = /^(?:accepted|refused: .*(?:authorization violation|authentication expired).*)$/i;
/** The socket may be closed before the error is read, so that there is another one, or none. */
const LIMITED =
  /^(?:cut off: $|(?:refused|cut off): .*(?:maximum (?:account active connections|subscriptions) exceeded|ECONNRESET|EPIPE|timeout))/i;

describeWithServer.each([
  { title: "an operator", isStrict: false },
  { title: "an operator that demands signing keys", isStrict: true },
])("under $title", ({ isStrict }) => {
  test("explain says what the server says", { timeout: 60_000 }, async () => {
    const { nsc, cases, config } = await makeCases(isStrict);
    await using server = await startNatsServer({ config });
    const operator = await nsc.operator("O");
    const found: unknown[] = [];
    for (const each of cases) {
      const { title, rule } = each;
      const { accepted, decision } = await explain(each.token, operator);
      const outcome = await serve(server.url, each);
      expect(outcome, title).toMatch(rule === "LIMITS" ? LIMITED : SETTLED);
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
