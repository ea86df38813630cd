import { type AccountTemplate, createKeyPair, currentState, decode, Nsc, type Operator, plan } from "nsc.js";
import { describe, expect, test } from "vitest";
import { refused, tree } from "../tree-fixtures.ts";

/** An account with all that a template has, and all that it has not. */
async function full(operator: Operator) {
  const source = await operator.addAccount("SOURCE");
  await source.addExport({ subject: "in.>", type: "stream", private: true });
  const app = await operator.addAccount("FULL", {
    signingKey: true,
    jetstream: { disk: "10GiB", streams: 5 },
    tags: ["eu"],
    expires: "1y",
    defaultPermissions: { pub: { deny: ["x"] } },
    claims: ({ nats }) => {
      nats.limits.conn = 10;
      nats.description = "all of it";
      nats.mappings = { a: [{ subject: "b" }] };
      nats.trace = { dest: "t" };
    },
  });
  const role = await app.addRole("web", { pub: ["orders.{{name()}}"], description: "browsers" });
  const user = await app.addUser("u", { role: "web" });
  await app.edit(({ nats }) => {
    nats.authorization = { auth_users: [user.publicKey] };
  });
  await app.addExport({ subject: "out.>", type: "service", responseThreshold: "5s" });
  await app.addImport({ from: source, subject: "in.eu", localSubject: "here" });
  await app.revoke(createKeyPair("user").publicKey);
  return { source, app, role, user };
}

describe("a template", () => {
  test("is plain data without anything that is the account's own", async () => {
    const { operator } = await tree();
    const { app } = await full(operator);
    const template = await app.template();
    expect(template).toEqual({
      description: "all of it",
      limits: { conn: 10 },
      jetstream: { disk: 10 * 1024 ** 3, streams: 5 },
      defaultPermissions: { pub: { deny: ["x"] } },
      mappings: { a: [{ subject: "b" }] },
      trace: { dest: "t" },
      tags: ["eu"],
      signingKeys: 1,
      roles: { web: { pub: ["orders.{{name()}}"], description: "browsers" } },
      exports: [{ subject: "out.>", type: "service", responseThreshold: "5s" }],
      imports: [{ from: "SOURCE", subject: "in.eu", type: "stream", localSubject: "here", name: "in.>" }],
    });
    expect(JSON.parse(JSON.stringify(template))).toEqual(template);
  });

  test("makes an account of another operator, with keys of its own", async () => {
    const { operator } = await tree();
    const { app, role } = await full(operator);
    const template = JSON.parse(JSON.stringify(await app.template())) as AccountTemplate;
    const stage = await new Nsc().addOperator("stage");
    const source = await stage.addAccount("SOURCE");
    await source.addExport({ subject: "in.>", type: "stream", private: true });
    const copy = await stage.addAccount("FULL", { template });
    expect(await copy.template()).toEqual(template);
    expect(copy.roles[0]?.key).not.toBe(role);
    expect(copy.claims.nats.revocations).toBeUndefined();
    expect(copy.claims.nats.authorization).toEqual({});
    expect(copy.claims.exp).toBeUndefined();
    const activation = decode(copy.claims.nats.imports?.[0]?.token ?? "", { kind: "activation" });
    expect(activation).toMatchObject({ sub: copy.publicKey, iss: source.publicKey });
    // Its keys are here.
    expect((await copy.addUser("u", { role: "web" })).role).toBe("web");
  });

  test("of an account of the same operator is a clone", async () => {
    const { operator, store } = await tree();
    const { app } = await full(operator);
    const commits = store.calls.filter((call) => call === "commit").length;
    const clone = await app.clone("T1", {
      tags: ["paid"],
      claims: ({ nats }) => {
        nats.limits.conn = 3;
      },
    });
    expect(store.calls.filter((call) => call === "commit").length).toBe(commits + 1);
    expect(await clone.template()).toEqual({ ...(await app.template()), tags: ["paid"], limits: { conn: 3 } });
    expect(clone.publicKey).not.toBe(app.publicKey);
    for await (const user of clone.users()) throw new Error(`${user.name} is not the clone's`);
    await refused(store, () => app.clone("T1"), "ERR_ENTITY_EXISTS", '"T1"');
    await refused(store, () => app.clone("a/b"), "ERR_NAME_INVALID");
    await refused(store, () => app.clone("T2", { template: {} } as never), "ERR_ARGUMENT_INVALID");
  });

  test("gives an account that is there what it has, and leaves the rest", async () => {
    const { operator, account, store } = await tree();
    await account.addRole("own", { pub: ["own"] });
    await account.addRole("web", { pub: ["before"] });
    const user = await account.addUser("u", { role: "web" });
    const roleKey = account.roles.find(({ role }) => role === "web")?.key;
    const { app } = await full(operator);
    const before = account.publicKey;
    await account.applyTemplate(await app.template());
    expect(account.publicKey).toBe(before);
    expect(account.roles.map(({ role }) => role).sort()).toEqual(["own", "web"]);
    expect(account.roles.find(({ role }) => role === "web")).toMatchObject({
      key: roleKey,
      template: { pub: { allow: ["orders.{{name()}}"] } },
    });
    expect(user.role).toBe("web");
    expect(account.claims.nats.limits.conn).toBe(10);
    const calls = store.calls.filter((call) => call === "commit").length;
    await account.applyTemplate(await app.template());
    expect(store.calls.filter((call) => call === "commit").length).toBe(calls);
    // What it would change is a plan.
    const planned = await plan(operator, { accounts: { APP: await app.template() } });
    expect(planned.changes).toEqual([]);
  });

  test("is refused with its place, and nothing is left of the account", async () => {
    const { operator, account, store } = await tree();
    const cases: readonly (readonly [unknown, "ERR_ARGUMENT_INVALID" | "ERR_ENTITY_NOT_FOUND", string])[] = [
      [null, "ERR_ARGUMENT_INVALID", "template: the options must be an object"],
      [{ users: {} }, "ERR_ARGUMENT_INVALID", "template: there is no option users"],
      [{ limits: { conn: "x" } }, "ERR_ARGUMENT_INVALID", "template.limits: conn must be"],
      [
        { imports: [{ from: "NOBODY", subject: "a" }] },
        "ERR_ENTITY_NOT_FOUND",
        "template.imports[0]: there is no account",
      ],
    ];
    for (const [template, code, words] of cases) {
      await refused(store, () => operator.addAccount("X", { template: template as AccountTemplate }), code, words);
      await refused(store, () => account.applyTemplate(template as AccountTemplate), code, words);
    }
    await refused(store, () => account.applyTemplate({}, { signers: "x" } as never), "ERR_ARGUMENT_INVALID", "signers");
    await account.delete();
    await refused(store, () => account.template(), "ERR_ENTITY_NOT_FOUND");
  });

  test("may be applied in a transaction, and signed by whom it is said", async () => {
    const { nsc, operator, account } = await tree();
    const second = await operator.addSigningKey();
    await account.applyTemplate({ limits: { conn: 1 } }, { signer: second });
    expect(account.claims.iss).toBe(second);
    await nsc.transaction(async (tx) => {
      const app = await (await tx.operator("local")).account("APP");
      const clone = await app.clone("C", { signer: second });
      await clone.applyTemplate({ roles: { r: {} } });
      expect(await clone.template()).toMatchObject({ limits: { conn: 1 }, roles: { r: {} } });
    });
    expect(Object.keys((await currentState(operator)).accounts ?? {})).toEqual(["APP", "C"]);
  });
});
