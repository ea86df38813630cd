import {
  apply,
  createAccountClaims,
  createKeyPair,
  createScope,
  currentState,
  type DesiredState,
  decode,
  encode,
  formatPlan,
  isNscError,
  keyPairFromSeed,
  memoryStore,
  Nsc,
  type Operator,
  type Plan,
  type PlanOptions,
  plan,
  signRequest,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { damage, NOW, refused, tree, world } from "../tree-fixtures.ts";
import { countingSigner, recordingStore } from "../wrapped-stores.ts";

const DESIRED: DesiredState = {
  accounts: {
    SHOP: {
      description: "orders and prices",
      limits: { conn: 100, payload: "1MiB" },
      jetstream: { disk: "10GiB" },
      mappings: { "old.>": [{ subject: "new.>" }] },
      roles: { web: { pub: ["orders.{{name()}}.>"], responses: { max: 2, ttl: "5s" } } },
      users: {
        alice: { role: "web", tags: ["Team:A"] },
        worker: { pub: { deny: ["admin.>"] }, expires: "2027-01-31" },
      },
      exports: [
        { subject: "orders.>", type: "stream", private: true },
        { subject: "price.*", type: "service", responseThreshold: "2s" },
      ],
    },
    AUDIT: {
      signingKeys: 1,
      imports: [
        { from: "SHOP", subject: "orders.>", localSubject: "shop.>" },
        { from: "SHOP", subject: "price.eur", type: "service" },
      ],
      users: { reader: {} },
    },
  },
};

/** Applies a description, and says what the plan was. */
async function done(operator: Operator, desired: DesiredState, options: PlanOptions = {}): Promise<Plan> {
  const planned = await plan(operator, desired, options);
  await apply(operator, planned);
  return planned;
}

/** What a plan does: `+ user A/u`. */
function told({ changes }: Plan): string[] {
  return changes.map(({ action, kind, path }) => `${action} ${kind} ${path.slice(1).join("/")}`);
}

describe("a plan", () => {
  test("makes what is described, once", async () => {
    const { operator, nsc } = await tree();
    const planned = await done(operator, DESIRED);
    expect(told(planned)).toEqual([
      "added account AUDIT",
      "added user AUDIT/reader",
      "added account SHOP",
      "added user SHOP/alice",
      "added user SHOP/worker",
    ]);
    expect(planned.activations).toEqual([
      {
        importer: "AUDIT",
        exporter: "SHOP",
        subject: "orders.>",
        type: "stream",
        signer: "(new key of the account SHOP)",
      },
    ]);
    expect(planned.unlisted).toEqual([["accounts", "APP"]]);

    const [shop, audit] = [await operator.account("SHOP"), await operator.account("AUDIT")];
    const { nats } = shop.claims;
    expect(nats.limits).toMatchObject({
      conn: 100,
      payload: 1024 ** 2,
      disk_storage: 10 * 1024 ** 3,
      subs: -1,
      leaf: -1,
    });
    expect(nats.mappings).toEqual({ "old.>": [{ subject: "new.>" }] });
    expect(nats.exports?.[1]).toMatchObject({ subject: "price.*", type: "service", response_threshold: 2_000_000_000 });
    expect(shop.roles[0]).toMatchObject({
      role: "web",
      template: { pub: { allow: ["orders.{{name()}}.>"] }, resp: { max: 2, ttl: 5_000_000_000 }, subs: -1 },
    });
    const [alice, worker] = [await shop.user("alice"), await shop.user("worker")];
    expect(alice.role).toBe("web");
    expect(alice.claims.nats.tags).toEqual(["team:a"]);
    expect(worker.claims.nats.pub).toEqual({ deny: ["admin.>"] });
    expect(worker.claims.exp).toBe(Date.UTC(2027, 0, 31) / 1000);
    expect(audit.claims.nats.imports?.[0]).toMatchObject({ account: shop.publicKey, local_subject: "shop.>" });
    const activation = decode(audit.claims.nats.imports?.[0]?.token ?? "", { kind: "activation" });
    expect(activation).toMatchObject({ sub: audit.publicKey, iss: shop.publicKey });
    expect((await nsc.operator("local")).claims.jti).toBe(operator.claims.jti);

    const again = await plan(operator, DESIRED);
    expect([again.changes, again.activations]).toEqual([[], []]);
  });

  test("signs each entity that changes once, in one commit, and keeps identities", async () => {
    const key = createKeyPair("operator");
    const signer = countingSigner(key);
    const store = recordingStore();
    const operator = await new Nsc({ store }).addOperator("local", { key: signer });
    await done(operator, DESIRED);
    const before = await operator.account("SHOP");
    const [publicKey, alice] = [before.publicKey, (await before.user("alice")).publicKey];
    const roleKey = before.roles[0]?.key;
    expect(signer.count).toBe(3); // the operator, and two accounts
    expect(store.commits.length).toBe(2);

    const { SHOP, AUDIT } = DESIRED.accounts as Required<DesiredState>["accounts"];
    const planned = await done(operator, {
      accounts: {
        SHOP: {
          ...SHOP,
          limits: { conn: 50 },
          description: "",
          roles: { web: { pub: ["orders.>"], description: "browsers" }, app: {} },
          users: { alice: { role: "app" }, worker: { pub: ["x"] } },
        },
        AUDIT: { ...AUDIT },
      },
    });
    expect(told(planned)).toEqual(["changed account SHOP", "changed user SHOP/alice", "changed user SHOP/worker"]);
    expect(signer.count).toBe(4);
    expect(store.commits.length).toBe(3);
    const shop = await operator.account("SHOP");
    expect(shop.publicKey).toBe(publicKey);
    expect(shop.roles.find(({ role }) => role === "web")).toMatchObject({ key: roleKey, description: "browsers" });
    const user = await shop.user("alice");
    expect([user.publicKey, user.role]).toEqual([alice, "app"]);
    expect(user.hasSeed).toBe(true);
    // What is not said stays.
    expect(user.claims.nats.tags).toEqual(["team:a"]);
    expect((await shop.user("worker")).claims.exp).toBe(Date.UTC(2027, 0, 31) / 1000);
    expect(shop.claims.nats.description).toBeUndefined();
    expect(shop.claims.nats.limits.payload).toBe(-1);
    expect(shop.claims.nats.limits.disk_storage).toBe(10 * 1024 ** 3);
  });

  test("says what it would do, for people and as data that JSON keeps", async () => {
    const { operator, account } = await tree();
    await account.addUser("old");
    const planned = await plan(operator, {
      accounts: {
        APP: { limits: { conn: 5 }, exports: [{ subject: "a.>", type: "stream", private: true }], users: { u: {} } },
        B: { roles: { r: {} }, imports: [{ from: "APP", subject: "a.x" }] },
      },
    });
    expect(formatPlan(planned).split("\n")).toEqual([
      '~ account "local/APP"',
      '  + nats.exports["stream a.>"]: {"name":"a.>","subject":"a.>","type":"stream","token_req":true}',
      "  ~ nats.limits.conn: -1 -> 5",
      '+ user "local/APP/u"',
      '+ account "local/B"',
      `  + nats.imports["stream ${account.publicKey} a.x"]: {"name":"a.>","subject":"a.x","account":"${account.publicKey}","type":"stream"}`,
      '  + nats.signing_keys["(new key of the role r)"]: {"kind":"user_scope","key":"(new key of the role r)","role":"r","template":{"pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1},"description":""}',
      '+ activation of the stream "a.x" of "APP", for "B"',
      "? accounts.APP.users.old is not described, and stays",
    ]);
    expect(planned.at).toBe(NOW);
    expect(planned.changes.map(({ publicKey }) => publicKey)).toEqual([account.publicKey, undefined, undefined]);
    expect(planned.changes[1]?.signer).toBe(account.claims.nats.signing_keys?.[0]);
    const kept = JSON.parse(JSON.stringify(planned)) as Plan;
    expect(kept).toEqual(planned);
    await apply(operator, kept);
    expect((await account.user("u")).name).toBe("u");
  });

  test("writes nothing where nothing differs", async () => {
    const { operator, store } = await tree();
    await done(operator, DESIRED);
    const before = await store.dump();
    const calls = store.calls.filter((call) => call === "commit").length;
    await done(operator, DESIRED);
    await done(operator, await currentState(operator), { remove: true });
    await done(operator, {});
    expect(await store.dump()).toEqual(before);
    expect(store.calls.filter((call) => call === "commit").length).toBe(calls);
  });

  test("removes what is not described, when it is told to, where a description has any", async () => {
    const { operator, account } = await tree();
    await done(operator, DESIRED);
    const shop = await operator.account("SHOP");
    const { publicKey } = await shop.user("worker");
    const desired: DesiredState = {
      accounts: {
        SHOP: { users: { alice: {} }, roles: {}, exports: [{ subject: "price.*", type: "service" }] },
        AUDIT: { imports: [{ from: "SHOP", subject: "price.eur", type: "service" }] },
      },
    };
    const kept = await plan(operator, desired);
    expect(told(kept)).toEqual(["changed account SHOP", "changed user SHOP/alice"]);
    expect(kept.unlisted.map((place) => place.join("."))).toEqual([
      "accounts.SHOP.exports.stream orders.>",
      "accounts.SHOP.users.worker",
      "accounts.SHOP.roles.web",
      `accounts.AUDIT.imports.stream orders.> of ${shop.publicKey}`,
      "accounts.APP",
    ]);

    const planned = await done(operator, desired, { remove: true });
    expect(told(planned)).toEqual([
      "changed account AUDIT",
      "changed account SHOP",
      "changed user SHOP/alice",
      "removed user SHOP/worker",
      "removed account APP",
    ]);
    expect(planned.unlisted).toEqual([]);
    expect(planned.changes.at(-1)?.publicKey).toBe(account.publicKey);
    expect(shop.roles).toEqual([]);
    expect(shop.claims.nats.exports?.map(({ subject }) => subject)).toEqual(["price.*"]);
    expect(formatPlan(planned)).toContain(`+ nats.revocations: {"${publicKey}":${NOW}}`);
    // Whoever has the creds of a user that went is not let in any more.
    expect(shop.revocations.map(({ publicKey: key }) => key)).toEqual([publicKey]);
    const audit = await operator.account("AUDIT");
    expect(audit.claims.nats.imports).toHaveLength(1);
    // What the description does not speak of stays.
    expect((await audit.user("reader")).name).toBe("reader");
    expect(shop.claims.nats.limits.conn).toBe(100);
    expect((await plan(operator, desired, { remove: true })).changes).toEqual([]);
  });

  test("does not remove the system account", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local", { systemAccount: true });
    await refused(
      store,
      () => plan(operator, { accounts: {} }, { remove: true }),
      "ERR_SYSTEM_ACCOUNT",
      'the account "SYS" is the system account',
    );
    await done(operator, { operator: { systemAccount: "S2" }, accounts: { S2: {} } }, { remove: true });
    expect(operator.claims.nats.system_account).toBe((await operator.account("S2")).publicKey);
  });

  test("gives what has another name its new one", async () => {
    const { operator, account } = await tree();
    const user = await account.addUser("old");
    const keys = [account.publicKey, user.publicKey];
    const desired: DesiredState = {
      accounts: { SHOP: { renamedFrom: "APP", users: { new: { renamedFrom: "old" } } } },
    };
    const planned = await done(operator, desired, { remove: true });
    expect(planned.changes.map(({ action, from, path }) => [action, from?.join("/"), path.join("/")])).toEqual([
      ["renamed", "local/APP", "local/SHOP"],
      ["renamed", "local/APP/old", "local/SHOP/new"],
    ]);
    expect([account.publicKey, user.publicKey]).toEqual(keys);
    expect([account.name, user.name]).toEqual(["SHOP", "new"]);
    expect(user.hasSeed).toBe(true);
    expect((await plan(operator, desired, { remove: true })).changes).toEqual([]);
    // The name may be another's later.
    await operator.addAccount("APP");
    expect((await plan(operator, desired)).changes).toEqual([]);
  });

  test("takes keys that are held elsewhere", async () => {
    const { operator } = await tree();
    const [account, user] = [createKeyPair("account"), createKeyPair("user")];
    const desired: DesiredState = {
      accounts: { A: { key: account.publicKey, users: {} }, B: { users: { u: { key: user.publicKey } } } },
    };
    const planned = await done(operator, desired);
    expect(planned.changes.map(({ publicKey }) => publicKey)).toEqual([account.publicKey, undefined, user.publicKey]);
    expect((await operator.account("A")).publicKey).toBe(account.publicKey);
    const made = await (await operator.account("B")).user("u");
    expect([made.publicKey, made.hasSeed]).toEqual([user.publicKey, false]);
    expect((await plan(operator, desired)).changes).toEqual([]);
  });

  test("sets and takes back settings of the operator", async () => {
    const { operator, account } = await tree();
    const user = await account.addUser("u");
    const desired: DesiredState = {
      operator: {
        accountServerUrl: "nats://a:4222",
        serviceUrls: ["nats://a:4222", "nats://b:4222"],
        assertServerVersion: "2.10.0",
        tags: ["EU"],
        signingKeys: 2,
        systemAccount: "SYS",
        requireSigningKeys: true,
        expires: "2030-01-01T00:00:00Z",
      },
      accounts: { SYS: {} },
    };
    const planned = await done(operator, desired);
    expect(told(planned)).toEqual(["changed operator ", "added account SYS"]);
    const { nats, exp } = operator.claims;
    expect(nats).toMatchObject({
      account_server_url: "nats://a:4222",
      operator_service_urls: ["nats://a:4222", "nats://b:4222"],
      assert_server_version: "2.10.0",
      tags: ["eu"],
      system_account: (await operator.account("SYS")).publicKey,
      strict_signing_key_usage: true,
    });
    expect([nats.signing_keys?.length, exp]).toEqual([2, 1_893_456_000]);
    expect((await plan(operator, desired)).changes).toEqual([]);
    await done(operator, {
      operator: {
        accountServerUrl: "",
        serviceUrls: [],
        assertServerVersion: "",
        tags: [],
        systemAccount: "",
        requireSigningKeys: false,
        expires: "never",
      },
    });
    const left = Object.keys(operator.claims.nats).sort();
    expect(left).toEqual(["signing_keys", "type", "version"]);
    expect(operator.claims.exp).toBeUndefined();
    expect(user.claims.iss).toBe(account.claims.nats.signing_keys?.[0]);
  });

  test("signs again what an identity signed, where signing keys are demanded", async () => {
    const { nsc } = world();
    const operator = await nsc.addOperator("local", { signingKey: true });
    const account = await operator.addAccount("A", { signer: operator.publicKey });
    const user = await account.addUser("u");
    const desired: DesiredState = {
      operator: { requireSigningKeys: true },
      accounts: { A: { signingKeys: 1, users: { u: {} } } },
    };
    expect(told(await done(operator, desired))).toEqual(["changed operator ", "changed account A", "changed user A/u"]);
    expect(account.claims.iss).toBe(operator.claims.nats.signing_keys?.[0]);
    expect(user.claims.iss).toBe(account.claims.nats.signing_keys?.[0]);
    expect((await plan(operator, desired)).changes).toEqual([]);
  });

  test("moves users between roles, and to rights of their own", async () => {
    const { operator, account } = await tree();
    await account.addRole("a", { pub: ["a"] });
    await account.addRole("b", { pub: ["b"] });
    const own = await account.addUser("own", { pub: ["x"] });
    const user = await account.addUser("u", { role: "a" });
    await done(operator, { accounts: { APP: { users: { own: { role: "a" }, u: { role: "b" } } } } });
    expect([own.role, user.role]).toEqual(["a", "b"]);
    expect(own.claims.nats.pub).toEqual({});
    await done(operator, { accounts: { APP: { users: { own: { sub: ["s"], bearer: true }, u: {} } } } });
    expect([own.role, user.role]).toEqual([undefined, undefined]);
    expect(own.claims.nats).toMatchObject({ sub: { allow: ["s"] }, bearer_token: true, subs: -1, payload: -1 });
    expect(user.claims.nats).toMatchObject({ pub: {}, sub: {}, subs: -1, data: -1, payload: -1 });
  });

  test("knows roles of one name apart by their keys", async () => {
    const { operator, account } = await tree();
    const [one, other] = [createKeyPair("account").publicKey, createKeyPair("account").publicKey];
    await account.edit(({ nats }) => {
      nats.signing_keys?.push(
        createScope(one, { role: "r", template: { pub: { allow: ["one"] } } }),
        createScope(other, { role: "r", template: { pub: { allow: ["other"] } } }),
      );
    });
    const state = await currentState(operator);
    expect(state.accounts?.["APP"]?.roles).toEqual({ [one]: { pub: ["one"] }, [other]: { pub: ["other"] } });
    expect((await plan(operator, state, { remove: true })).changes).toEqual([]);
    await done(operator, { accounts: { APP: { roles: { [one]: { pub: ["1"] } } } } });
    const templates = account.roles.map(({ key, template }) => [key, template.pub?.allow?.join()]);
    expect(new Map(templates as [string, string][])).toEqual(
      new Map([
        [one, "1"],
        [other, "other"],
      ]),
    );
    const fresh = await world().nsc.addOperator("fresh");
    await expect(plan(fresh, state)).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("keeps revocations of exports, and members that it does not know", async () => {
    const { operator, account } = await tree();
    await account.addExport({ subject: "a.>", type: "stream", private: true });
    await account.revokeActivation("a.>", "*");
    await account.editExport("a.>", (entry) => {
      entry.advertise = true;
    });
    const before = account.claims.nats.exports?.[0];
    await done(operator, {
      accounts: { APP: { exports: [{ subject: "a.>", type: "stream", private: true, description: "all of a" }] } },
    });
    expect(account.claims.nats.exports?.[0]).toEqual({ ...before, description: "all of a" });
  });
});

describe("expiry in a description", () => {
  const users = (expires: NonNullable<Parameters<typeof plan>[1]["operator"]>["expires"]): DesiredState => ({
    accounts: { APP: { users: { u: expires === undefined ? {} : { expires } } } },
  });
  const DAY = 86_400;

  test("in some time is renewed only when less than the other is left", async () => {
    const { operator, account, clock } = await tree();
    const desired = users({ in: "90d", renewWithin: "30d" });
    await done(operator, desired);
    const user = await account.user("u");
    expect(user.claims.exp).toBe(NOW + 90 * DAY);
    clock.now += 59 * DAY;
    expect((await plan(operator, desired)).changes).toEqual([]);
    clock.now += DAY;
    const planned = await plan(operator, desired);
    // However late it is applied, it does what it says.
    clock.now += 3600;
    await apply(operator, JSON.parse(JSON.stringify(planned)) as Plan);
    expect(user.claims.exp).toBe(NOW + 150 * DAY);
    // Nobody may go on for longer than is said.
    await user.edit((claims) => {
      claims.exp = clock.now + 400 * DAY;
    });
    await done(operator, desired);
    expect(user.claims.exp).toBe(clock.now + 90 * DAY);
    await done(operator, users("never"));
    expect(user.claims.exp).toBeUndefined();
    expect((await plan(operator, users(undefined))).changes).toEqual([]);
  });

  test("may have passed where it is what there is", async () => {
    const { operator, account, clock } = await tree();
    await account.addUser("u", { expires: "1d" });
    clock.now += 2 * DAY;
    const state = await currentState(operator);
    expect(state.accounts?.["APP"]?.users?.["u"]).toEqual({ expires: "2026-01-02T00:00:00Z" });
    expect((await plan(operator, state)).changes).toEqual([]);
    await expect(plan(operator, users("2026-01-02"))).resolves.toMatchObject({ changes: [] });
  });

  test.each([
    ["30d", "must be a date"],
    ["2026-13-01", "must be a date"],
    ["2025-01-01", "is in the past"],
    [{ in: "1d", renewWithin: "2d" }, "must be shorter"],
    [{ in: "soon", renewWithin: "1d" }, 'in must be a time span such as "30d"'],
    [{ in: "1d" }, "renewWithin must be a time span"],
  ])("%o is refused", async (expires, words) => {
    const { operator, store } = await tree();
    await refused(
      store,
      () => plan(operator, users(expires as string)),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.users.u: ",
      words,
    );
  });
});

describe("private imports", () => {
  const desired: DesiredState = {
    accounts: {
      A: { exports: [{ subject: "a.>", type: "stream", private: true }] },
      B: { imports: [{ from: "A", subject: "a.b" }] },
    },
  };
  const tokenOf = async (operator: Operator) => (await operator.account("B")).claims.nats.imports?.[0]?.token;

  test("are activated again when the activation is none any more", async () => {
    const { operator, clock } = await tree();
    await done(operator, desired);
    const first = await tokenOf(operator);
    clock.now += 10;
    const a = await operator.account("A");
    await a.revokeActivation("a.>", await operator.account("B"));
    clock.now += 10;
    const planned = await done(operator, desired);
    expect(told(planned)).toEqual(["changed account B"]);
    expect(planned.activations).toHaveLength(1);
    const second = await tokenOf(operator);
    expect(second).not.toBe(first);
    expect((await plan(operator, desired)).activations).toEqual([]);
    for await (const { valid } of a.activations()) expect(valid).toBe(true);
  });

  test("of accounts elsewhere keep their activation, or get another", async () => {
    const { operator } = await tree();
    const elsewhere = await (await new Nsc().addOperator("other")).addAccount("X");
    await elsewhere.addExport({ subject: "x.>", type: "stream", private: true });
    const b = await operator.addAccount("B");
    const activation = await elsewhere.issueActivation({ to: b, subject: "x.y" });
    const entry = { from: elsewhere.publicKey, subject: "x.y", type: "stream" } as const;
    await done(operator, { accounts: { B: { imports: [{ ...entry, activation }] } } });
    expect(await tokenOf(operator)).toBe(activation);
    await done(operator, { accounts: { B: { imports: [{ ...entry, localSubject: "here" }] } } });
    expect(await tokenOf(operator)).toBe(activation);
    expect(b.claims.nats.imports?.[0]?.local_subject).toBe("here");
    expect((await currentState(operator)).accounts?.["B"]?.imports?.[0]?.activation).toBe(activation);
    await expect(plan(operator, { accounts: { APP: { imports: [{ ...entry, activation }] } } })).rejects.toThrowCode(
      "ERR_ARGUMENT_INVALID",
    );
  });
});

describe("what a plan was made for", () => {
  test("may have changed, and then nothing is done", async () => {
    const { operator, account, store } = await tree();
    const planned = await plan(operator, { accounts: { APP: { limits: { conn: 5 } }, NEW: {} } });
    await account.edit(({ nats }) => {
      nats.limits.leaf = 7;
    });
    const why = "the tree has changed since the plan was made";
    await refused(store, () => apply(operator, planned), "ERR_PLAN_OUTDATED", why);
    const again = await plan(operator, planned.desired);
    // Changes elsewhere are in nobody's way.
    await operator.addAccount("ELSE");
    await apply(operator, again);
    await refused(store, () => apply(operator, again), "ERR_PLAN_OUTDATED");
  });

  test("has to be the operator that it was made for", async () => {
    const { nsc, operator, store } = await tree();
    const planned = await plan(operator, { accounts: { NEW: {} } });
    const other = await nsc.addOperator("other");
    await refused(store, () => apply(other, planned), "ERR_ARGUMENT_INVALID", planned.operator.publicKey);
    for (const broken of [
      undefined,
      null,
      {},
      { ...planned, at: "now" },
      { ...planned, more: 1 },
      { ...planned, desired: 1 },
    ]) {
      await refused(store, () => apply(operator, broken as unknown as Plan), "ERR_ARGUMENT_INVALID");
    }
    // What was tampered with is not what is planned.
    await refused(store, () => apply(operator, { ...planned, changes: [] }), "ERR_PLAN_OUTDATED");
    await refused(store, () => apply(operator, { ...planned, desired: { accounts: { X: {} } } }), "ERR_PLAN_OUTDATED");
  });

  test("may be in a transaction", async () => {
    const { nsc, operator, store } = await tree();
    const commits = () => store.calls.filter((call) => call === "commit").length;
    const before = commits();
    await nsc.transaction(async (tx) => {
      const local = await tx.operator("local");
      const added = await local.addAccount("ADDED");
      await added.edit(({ nats }) => {
        nats.limits.conn = 1;
      });
      const planned = await plan(local, { accounts: { ADDED: { limits: { conn: 2 } }, NEW: { users: { u: {} } } } });
      expect(told(planned)).toEqual(["changed account ADDED", "added account NEW", "added user NEW/u"]);
      expect(planned.changes[0]?.changes).toEqual([
        { path: ["nats", "limits", "conn"], kind: "changed", before: 1, after: 2 },
      ]);
      // Nothing of a plan stays.
      expect(added.claims.nats.limits.conn).toBe(1);
      await expect(local.account("NEW")).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
      await apply(local, planned);
      expect(added.claims.nats.limits.conn).toBe(2);
      expect((await plan(local, planned.desired)).changes).toEqual([]);
      expect(Object.keys((await currentState(local)).accounts ?? {})).toEqual(["ADDED", "APP", "NEW"]);
    });
    expect(commits()).toBe(before + 1);
    expect((await operator.account("ADDED")).claims.nats.limits.conn).toBe(2);
  });

  test("may have its keys elsewhere", async () => {
    const offline = createKeyPair("operator");
    const store = memoryStore();
    const nsc = new Nsc({ store });
    const keys = [offline.publicKey];
    const first = await nsc.requestSignatures((tx) => tx.addOperator("local", { key: offline.publicKey }), { keys });
    await nsc.applySignatures(first.toCommit, await signRequest(first.toSign, [offline]));
    const operator = await nsc.operator("local");
    await expect(plan(operator, DESIRED)).rejects.toThrowCode("ERR_SIGNER_MISSING");
    const planned = await plan(operator, DESIRED, { keys });
    expect(planned.changes.filter(({ signer }) => signer === offline.publicKey)).toHaveLength(2);
    const request = await nsc.requestSignatures(async (tx) => apply(await tx.operator("local"), planned), { keys });
    await nsc.applySignatures(request.toCommit, await signRequest(request.toSign, [offline]));
    expect((await plan(operator, DESIRED, { keys })).changes).toEqual([]);
  });
});

describe("what is described wrongly is refused, with its place", () => {
  const account = (desired: object): DesiredState => ({ accounts: { APP: desired } });
  const KEY = createKeyPair("account").publicKey;

  test.each<[string, unknown, string, string]>([
    ["no object", 1, "ERR_ARGUMENT_INVALID", "the options must be an object"],
    ["an unknown member", { account: {} }, "ERR_ARGUMENT_INVALID", "there is no option account"],
    ["accounts that are a list", { accounts: [] }, "ERR_ARGUMENT_INVALID", "accounts: accounts must be an object"],
    [
      "an account that is none",
      account(null as never),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP: the options must be an object",
    ],
    ["an unknown setting", account({ limit: {} }), "ERR_ARGUMENT_INVALID", "accounts.APP: there is no option limit"],
    [
      "an unknown limit",
      account({ limits: { connections: 1 } }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.limits: there is no option connections",
    ],
    [
      "a limit that is none",
      account({ limits: { conn: "many" } }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.limits: conn must be",
    ],
    ["a negative limit", account({ limits: { conn: -5 } }), "ERR_ARGUMENT_INVALID", "conn can't be negative"],
    [
      "a JetStream limit of 0",
      account({ jetstream: { disk: 1, streams: 0 } }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.jetstream: streams can't be 0",
    ],
    [
      "an empty list of subjects",
      account({ defaultPermissions: { pub: [] } }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.defaultPermissions: pub has an empty list",
    ],
    [
      "a text that is none",
      account({ description: 5 }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.description: description must be a string",
    ],
    [
      "mappings that are none",
      account({ mappings: 5 }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.mappings: mappings must be an object",
    ],
    [
      "a mapping of more than all",
      account({
        mappings: {
          a: [
            { subject: "b", weight: 60 },
            { subject: "c", weight: 50 },
          ],
        },
      }),
      "ERR_CLAIMS_INVALID",
      "exceeds 100%",
    ],
    ["a trace that is none", account({ trace: { sampling: "all" } }), "ERR_CLAIMS_TYPE", "accounts.APP: "],
    [
      "cluster traffic to nobody",
      account({ clusterTraffic: "mine" }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.clusterTraffic: ",
    ],
    ["tags that are no list", account({ tags: "a" }), "ERR_ARGUMENT_INVALID", "accounts.APP: tags must be a list"],
    [
      "half a signing key",
      account({ signingKeys: 0.5 }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP: signingKeys must be a whole number",
    ],
    [
      "a role that is none",
      account({ roles: { "a b": { pubs: [] } } }),
      "ERR_ARGUMENT_INVALID",
      'accounts.APP.roles["a b"]: there is no option pubs',
    ],
    ["a role without a name", account({ roles: { "": {} } }), "ERR_NAME_INVALID", 'accounts.APP.roles[""]: '],
    ["a role of 0 subscriptions", account({ roles: { r: { subs: 0 } } }), "ERR_LIMITS", "subs of the role"],
    ["a role of a key that is not there", account({ roles: { [KEY]: {} } }), "ERR_ENTITY_NOT_FOUND", KEY],
    [
      "exports that are no list",
      account({ exports: {} }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.exports: exports must be a list",
    ],
    [
      "an export without a type",
      account({ exports: [{ subject: "a" }] }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.exports[0]: the type must be",
    ],
    [
      "an export twice",
      account({
        exports: [
          { subject: "a", type: "stream" },
          { subject: "a", type: "stream" },
        ],
      }),
      "ERR_ENTITY_EXISTS",
      "described twice",
    ],
    [
      "an import of nobody",
      account({ imports: [{ from: "X", subject: "a" }] }),
      "ERR_ENTITY_NOT_FOUND",
      'there is no account "X"',
    ],
    [
      "an import of what is not exported",
      { accounts: { APP: { imports: [{ from: "B", subject: "a" }] }, B: {} } },
      "ERR_ENTITY_NOT_FOUND",
      'the account "B" exports no',
    ],
    [
      "an import of its own",
      account({ imports: [{ from: "APP", subject: "a", type: "stream" }] }),
      "ERR_ARGUMENT_INVALID",
      "can't import from itself",
    ],
    [
      "an import without a type",
      account({ imports: [{ from: KEY, subject: "a" }] }),
      "ERR_ARGUMENT_INVALID",
      "the type must be",
    ],
    ["an import without an account", account({ imports: [{ subject: "a" }] }), "ERR_ARGUMENT_INVALID", "from must be"],
    [
      "an unknown member of an import",
      account({ imports: [{ from: KEY, to: "a" }] }),
      "ERR_ARGUMENT_INVALID",
      "there is no option to",
    ],
    [
      "a user of a role that is not there",
      account({ users: { u: { role: "r" } } }),
      "ERR_SIGNER_UNKNOWN",
      "accounts.APP.users.u: ",
    ],
    [
      "a user with a role and rights",
      account({ users: { u: { role: "r", pub: ["a"] } } }),
      "ERR_USER_SCOPED",
      "pub of its own",
    ],
    [
      "a user with a name that is none",
      account({ users: { "a/b": {} } }),
      "ERR_NAME_INVALID",
      'accounts.APP.users["a/b"]: ',
    ],
    [
      "a user with a key of another kind",
      account({ users: { u: { key: KEY } } }),
      "ERR_KEY_KIND",
      "accounts.APP.users.u: ",
    ],
    ["an account with a name that is none", { accounts: { ".": {} } }, "ERR_NAME_INVALID", 'accounts["."]: '],
    ["an account with a key of another kind", { accounts: { X: { key: "U" } } }, "ERR_KEY_KIND", "accounts.X: "],
    ["an account with another key", account({ key: KEY }), "ERR_ENTITY_EXISTS", "has another key"],
    [
      "a callout of nobody",
      account({ authCallout: { authUsers: ["u"] } }),
      "ERR_ENTITY_NOT_FOUND",
      'accounts.APP.authCallout: there is no user "u"',
    ],
    ["a callout with a key that is none", account({ authCallout: { xkey: "x" } }), "ERR_KEY_KIND", "xkey"],
    [
      "a system account that is not there",
      { operator: { systemAccount: "X" } },
      "ERR_ENTITY_NOT_FOUND",
      'operator: there is no account "X"',
    ],
    [
      "JetStream on the system account",
      { operator: { systemAccount: "S" }, accounts: { S: { jetstream: "unlimited" } } },
      "ERR_SYSTEM_ACCOUNT",
      '"S"',
    ],
    [
      "a server version that is none",
      { operator: { assertServerVersion: "new" } },
      "ERR_CLAIMS_INVALID",
      "assert server version",
    ],
    [
      "bearer where it is disallowed",
      account({ limits: { disallowBearer: true }, users: { u: { bearer: true } } }),
      "ERR_BEARER_DISALLOWED",
      '"u"',
    ],
    [
      "a name that breaks out of its role",
      account({ roles: { r: { pub: ["in.{{name()}}"] } }, users: { ">": { role: "r" } } }),
      "ERR_ROLE_TEMPLATE",
      ">",
    ],
    [
      "a private import whose exporting account has no key that may sign",
      {
        operator: { requireSigningKeys: true },
        accounts: {
          A: { exports: [{ subject: "a", type: "stream", private: true }] },
          B: { imports: [{ from: "A", subject: "a" }] },
        },
      },
      "ERR_SIGNING_KEY_REQUIRED",
      "accounts.B.imports[0]: the operator demands signing keys",
    ],
    [
      "an expiry that is not after the beginning",
      account({ users: { u: { expires: "2027-01-01", notBefore: "2028-01-01" } } }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.users.u: expires is not after notBefore",
    ],
    [
      "a callout with a name that is none",
      account({ authCallout: { authUsers: [5] } }),
      "ERR_ARGUMENT_INVALID",
      "accounts.APP.authCallout: the name or public key of the user must be a string",
    ],
    [
      "a demand for signing keys that is none",
      { operator: { requireSigningKeys: 1 } },
      "ERR_ARGUMENT_INVALID",
      "operator: requireSigningKeys",
    ],
  ])("%s", async (_, desired, code, words) => {
    const { operator, store } = await tree();
    const error = await refused(
      store,
      () => plan(operator, desired as DesiredState),
      code as "ERR_ARGUMENT_INVALID",
      words,
    );
    expect(isNscError(error)).toBe(true);
  });

  test("options, too", async () => {
    const { operator, store } = await tree();
    await refused(store, () => plan(operator, {}, { remove: 1 as never }), "ERR_ARGUMENT_INVALID", "remove");
    await refused(store, () => plan(operator, {}, { prune: true } as never), "ERR_ARGUMENT_INVALID", "prune");
    await refused(store, () => plan(operator, {}, { keys: ["x"] }), "ERR_ARGUMENT_INVALID");
    await refused(store, () => plan({} as Operator, {}), "ERR_ARGUMENT_INVALID");
    await refused(store, () => currentState({} as Operator), "ERR_ARGUMENT_INVALID");
  });

  test("the prototype is a name like any other", async () => {
    const { operator } = await tree();
    const desired = JSON.parse(
      '{"accounts":{"__proto__":{"users":{"__proto__":{},"constructor":{}},"mappings":{"__proto__":[{"subject":"a"}]}}}}',
    ) as DesiredState;
    await done(operator, desired);
    const account = await operator.account("__proto__");
    expect((await account.user("__proto__")).name).toBe("__proto__");
    expect(Object.keys(account.claims.nats.mappings ?? {})).toEqual(["__proto__"]);
    const state = await currentState(operator);
    expect(Object.keys(state.accounts ?? {})).toEqual(["APP", "__proto__"]);
    expect((await plan(operator, state, { remove: true })).changes).toEqual([]);
    expect(({} as Record<string, unknown>)["users"]).toBeUndefined();
  });
});

test("what can't be read is not described, since it would be removed later", async () => {
  const { operator, account, store } = await tree();
  await account.addUser("u");
  await damage(store, ["local", "APP", "u"]);
  const nsc = new Nsc({ store });
  await refused(store, async () => currentState(await nsc.operator("local")), "ERR_STORE_DAMAGED", '"u"');
  // It is in nobody's way.
  await done(operator, { accounts: { APP: { tags: ["a"] }, NEW: {} } });
});

test("imports of the old kind, broken ones, and several of one subject are described as they are", async () => {
  const { operator, account } = await tree();
  const b = await operator.addAccount("B");
  const from = account.publicKey;
  const token = await encode(
    createAccountClaims(b.publicKey, {
      name: "B",
      nats: {
        imports: [
          { subject: "log.*", to: "pre", account: from, type: "stream" },
          { subject: "gone", account: from, type: "stream", local_subject: "a" },
          { subject: "gone", account: from, type: "stream", local_subject: "b" },
          { subject: "here", to: "there", account: from, type: "service" },
        ],
      },
    }),
    keyPairFromSeed((await operatorSeed(operator)) ?? ""),
  );
  await operator.cell.session.context.store.commit({ tokens: [{ path: ["local", "B"], token }] });
  const state = await currentState(operator);
  expect(new Set(state.accounts?.["B"]?.imports)).toEqual(
    new Set([
      { from: "APP", subject: "log.*", type: "stream", localSubject: "pre.log.$1" },
      { from: "APP", subject: "gone", type: "stream", localSubject: "a" },
      { from: "APP", subject: "gone", type: "stream", localSubject: "b" },
      { from: "APP", subject: "there", type: "service", localSubject: "here" },
    ]),
  );
  expect((await plan(operator, state, { remove: true })).changes).toEqual([]);
});

async function operatorSeed(operator: Operator): Promise<string | undefined> {
  return operator.cell.session.context.store.getKey(operator.claims.nats.signing_keys?.[0] ?? "");
}
