import { type Account, memoryStore, Nsc, nkeyServerConfig, type Operator, parseServerConfig } from "nsc.js";
import { beforeEach, describe, expect, test } from "vitest";

let operator: Operator;
let app: Account;
beforeEach(async () => {
  operator = await new Nsc().addOperator("local");
  app = await operator.addAccount("APP");
});

describe("nkeyServerConfig", () => {
  test("has accounts by name, with the nkeys of their users", async () => {
    const other = await operator.addAccount('A b"c');
    const [alice, bob] = [await app.addUser("alice"), await app.addUser("bob")];
    const config = await nkeyServerConfig(operator);
    expect(config).toEqual({
      accounts: { 'A b"c': {}, APP: { users: [{ nkey: alice.publicKey }, { nkey: bob.publicKey }] } },
    });
    expect(Object.keys(config.accounts)).toEqual([other.name, app.name]);
    expect(parseServerConfig(`${config}`)).toEqual(config);
    expect(`${config}`).not.toMatch(/eyJ|\bS[UA][A-Z2-7]{56}/);
  });

  test("has permissions of users, of roles with their variables replaced, and of accounts", async () => {
    await app.edit(({ nats }) => {
      nats.default_permissions = { pub: {}, sub: { deny: ["secret.>"] } };
    });
    await app.addRole("web", { pub: ["in.{{name()}}"], sub: { allow: ["out.> workers"], deny: ["out.x"] } });
    const scoped = await app.addUser("scoped", { role: "web" });
    const bare = await app.addUser("bare");
    await bare.edit(({ nats }) => {
      nats.allowed_connection_types = ["WEBSOCKET"];
    });
    const { users } = (await nkeyServerConfig(operator)).accounts["APP"] as { users: readonly object[] };
    expect(users).toContainEqual({
      nkey: scoped.publicKey,
      permissions: { publish: { allow: ["in.scoped"] }, subscribe: { allow: ["out.> workers"], deny: ["out.x"] } },
    });
    expect(users).toContainEqual({
      nkey: bare.publicKey,
      permissions: { subscribe: { deny: ["secret.>"] } },
      allowed_connection_types: ["WEBSOCKET"],
    });
    const replier = await app.addUser("replier", { pub: { deny: ["a"] }, responses: { max: 3, ttl: "90s" } });
    const again = (await nkeyServerConfig(operator)).accounts["APP"] as { users: readonly object[] };
    expect(again.users).toContainEqual({
      nkey: replier.publicKey,
      permissions: { publish: { deny: ["a"] }, allow_responses: { max: 3, expires: "1m30s" } },
    });
  });

  test("leaves out users that are revoked", async () => {
    const user = await app.addUser("gone");
    await app.revoke(user.publicKey);
    expect((await nkeyServerConfig(operator)).accounts).toEqual({ APP: {} });
  });

  test("leaves out users that were signed by a key of the account which is gone, whose role would be none", async () => {
    const role = await app.addRole("web", { pub: ["in.>"] });
    await app.addUser("scoped", { role: "web" });
    const left = await app.addUser("left");
    await app.removeSigningKey(role, { force: true });
    expect((await nkeyServerConfig(operator)).accounts).toEqual({ APP: { users: [{ nkey: left.publicKey }] } });
  });

  test("leaves out users that an identity signed where signing keys are demanded", async () => {
    const store = memoryStore();
    const strict = await new Nsc({ store }).addOperator("strict");
    const user = await (await strict.addAccount("APP")).addUser("u");
    const { token } = user;
    await strict.requireSigningKeys({ addSigningKeys: true });
    expect((await nkeyServerConfig(strict)).accounts).toEqual({ APP: { users: [{ nkey: user.publicKey }] } });
    await store.commit({ tokens: [{ path: ["strict", "APP", "u"], token }] });
    expect((await nkeyServerConfig(strict)).accounts).toEqual({ APP: {} });
  });

  test("has no import by an activation that servers would not take", async () => {
    const other = await operator.addAccount("OTHER");
    const signingKey = await app.addSigningKey();
    await app.addExport({ subject: "closed", type: "service", private: true });
    await other.addImport({ from: app, subject: "closed", activationSigner: signingKey });
    await nkeyServerConfig(operator);
    await app.removeSigningKey(signingKey, { force: true });
    await expect(nkeyServerConfig(operator)).rejects.toThrowCode("ERR_CONFIG_ACCOUNT");
  });

  test("has exports and imports: private ones for those that have an activation", async () => {
    const other = await operator.addAccount("OTHER");
    await app.addExport({ subject: "open.>", type: "stream" });
    await app.addExport({ subject: "closed.*", type: "service", private: true });
    await app.addExport({ subject: "nobody", type: "stream", private: true });
    await other.addImport({ from: app, subject: "open.a", type: "stream" });
    await other.addImport({ from: app, subject: "closed.b", type: "service", localSubject: "mine" });
    expect((await nkeyServerConfig(operator)).accounts).toEqual({
      APP: { exports: [{ service: "closed.*", accounts: ["OTHER"] }, { stream: "open.>" }] },
      OTHER: {
        imports: [
          { service: { account: "APP", subject: "closed.b" }, to: "mine" },
          { stream: { account: "APP", subject: "open.a" } },
        ],
      },
    });
    await app.edit(({ nats }) => {
      nats.exports = [];
    });
    await expect(nkeyServerConfig(operator)).rejects.toThrowCode("ERR_CONFIG_ACCOUNT");
  });

  test("names the system account, which nsc can't", async () => {
    const system = await new Nsc().addOperator("local", { systemAccount: true });
    const config = await nkeyServerConfig(system);
    expect(config).toEqual({ system_account: "SYS", accounts: { SYS: { users: [{ nkey: expect.any(String) }] } } });
  });

  test("refuses to lose anything, unless it may", async () => {
    const user = await app.addUser("late", { expires: "1h" });
    await user.edit(({ nats }) => {
      nats.src = ["10.0.0.0/8"];
      nats.subs = 5;
    });
    await app.edit(({ nats }) => {
      nats.limits.conn = 3;
    });
    const refused = nkeyServerConfig(operator);
    await expect(refused).rejects.toThrowCode("ERR_CONFIG_VALUE");
    await expect(refused).rejects.toThrow('"APP": limits; "APP/late": expiry, limits, source networks');
    expect(await nkeyServerConfig(operator, { lossy: true })).toEqual({
      accounts: { APP: { users: [{ nkey: user.publicKey }] } },
    });
  });

  test("refuses an operator without accounts, and options that there are not", async () => {
    const empty = await new Nsc().addOperator("empty");
    await expect(nkeyServerConfig(empty)).rejects.toThrowCode("ERR_CONFIG_ACCOUNT");
    await expect(nkeyServerConfig(operator, { loss: true } as never)).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
