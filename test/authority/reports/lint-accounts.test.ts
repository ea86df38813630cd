import { type AccountClaims, createKeyPair, type LintFinding, lint, type Operator } from "nsc.js";
import { describe, expect, test } from "vitest";
import { tokenAt, world } from "../tree-fixtures.ts";
import { codes, forge, pairOf, plant, sound, the } from "./lint-fixtures.ts";

type Nats = AccountClaims["nats"];

/** Accounts A, B, … that export everything as streams and services, and import what the names say. */
async function market(imports: { readonly [importer: string]: readonly (readonly [from: string, entry: object])[] }) {
  const { nsc } = world();
  const operator = await nsc.addOperator("local", { systemAccount: true });
  const names = new Set(Object.entries(imports).flatMap(([name, list]) => [name, ...list.map(([from]) => from)]));
  for (const name of [...names].sort()) {
    const account = await operator.addAccount(name);
    for (const type of ["stream", "service"] as const) await account.addExport({ subject: ">", type });
  }
  const keys = new Map<string, string>();
  for (const name of names) keys.set(name, (await operator.account(name)).publicKey);
  for (const [name, list] of Object.entries(imports)) {
    const account = await operator.account(name);
    await account.edit(({ nats }) => {
      nats.imports = list.map(([from, entry]) => ({ account: keys.get(from), ...entry })) as Nats["imports"] & object;
    });
  }
  return operator;
}

const stream = (subject: string, more: object = {}) => ({ type: "stream", subject, ...more });
const service = (subject: string, more: object = {}) => ({ type: "service", subject, ...more });

async function found(operator: Operator): Promise<readonly Pick<LintFinding, "code" | "level" | "message">[]> {
  return (await lint(operator)).map(({ code, level, message }) => ({ code, level, message }));
}

describe("circles", () => {
  test.each(["stream", "service"])("of %ss are found in all who are in them", async (type) => {
    const to = (from: string) => [[from, { type, subject: "q" }]] as const;
    expect(await codes(await market({ A: to("B"), B: to("C"), C: to("A"), D: to("A") }))).toEqual([
      "IMPORT_CYCLE A",
      "IMPORT_CYCLE B",
      "IMPORT_CYCLE C",
      "IMPORT_CYCLE D",
    ]);
    expect(await codes(await market({ A: to("B"), B: to("C"), D: to("A") }))).toEqual([]);
  });

  test("need only one subject in common", async () => {
    expect(await codes(await market({ A: [["B", stream("*.b")]], B: [["A", stream("a.*")]] }))).toEqual([
      "IMPORT_CYCLE A",
      "IMPORT_CYCLE B",
    ]);
    expect(await codes(await market({ A: [["B", stream("b.*")]], B: [["A", stream("a.*")]] }))).toEqual([]);
  });

  test("are what servers take for them: two ways to one account, and the local subjects of services", async () => {
    const diamond = await market({
      A: [["B", service("q.>")]],
      B: [
        ["C", service("q.1")],
        ["D", service("q.2")],
      ],
      C: [["E", service("q.1")]],
      D: [["E", service("q.2")]],
      E: [["F", service("q.>")]],
    });
    expect(await codes(diamond)).toEqual(["IMPORT_CYCLE A"]);
    const renamed = await market({
      A: [["B", service("b", { local_subject: "a" })]],
      B: [["A", service("a", { local_subject: "z" })]],
    });
    expect(await codes(renamed)).toContain("IMPORT_CYCLE A");
    const apart = await market({
      A: [["B", stream("s.>", { local_subject: "from.s.>" })]],
      B: [["C", stream("s.>", { local_subject: "of.s.>" })]],
      C: [["A", stream("t.>")]],
    });
    expect(await codes(apart)).toEqual([]);
  });

  test("are not made of what is not exported", async () => {
    const operator = await market({ A: [["B", stream("q")]], B: [["A", stream("q")]] });
    await (await operator.account("A")).edit(({ nats }) => {
      nats.exports = [];
    });
    expect(await codes(operator)).toEqual(["IMPORT_UNMATCHED B"]);
  });
});

describe("two imports", () => {
  test("of a stream are one to servers", async () => {
    const operator = await market({
      A: [
        ["B", stream("s.>", { local_subject: "one.>" })],
        ["B", stream("s.>", { local_subject: "two.>" })],
        ["C", stream("s.>", { local_subject: "three.>" })],
      ],
    });
    expect(await found(operator)).toMatchObject([{ code: "IMPORT_TWICE", level: "error" }]);
    const each = await market({
      A: [
        ["B", service("s")],
        ["B", stream("s")],
      ],
    });
    expect(await found(each)).toEqual([]);
  });

  test("bring messages twice, or streams together, or two services that answer", async () => {
    const twice = await market({
      A: [
        ["B", stream("s.>")],
        ["B", stream("s.x")],
      ],
    });
    expect(await found(twice)).toMatchObject([
      { code: "IMPORT_OVERLAP", level: "warning", message: expect.stringContaining("messages come twice") },
    ]);
    const crossed = await market({
      A: [
        ["B", stream("s.*")],
        ["B", stream("*.x")],
      ],
    });
    expect(await found(crossed)).toMatchObject([{ code: "IMPORT_OVERLAP", level: "warning" }]);
    const together = await market({
      A: [
        ["B", stream("s.>")],
        ["C", stream("s.>")],
      ],
    });
    expect(await found(together)).toMatchObject([{ code: "IMPORT_OVERLAP", level: "info" }]);
    const answers = await market({
      A: [
        ["B", service("q.>")],
        ["C", service("q.x")],
      ],
    });
    expect(await found(answers)).toMatchObject([
      { code: "IMPORT_OVERLAP", level: "warning", message: expect.stringContaining("both answer") },
    ]);
    const apart = await market({
      A: [
        ["B", service("q.>")],
        ["C", service("q.>", { local_subject: "r.>" })],
      ],
    });
    expect(await found(apart)).toEqual([]);
  });

  test("are told of once for each that comes later", async () => {
    const many = Array.from({ length: 30 }, (_, index) => ["B", stream(`s.${index}`, { local_subject: "s" })] as const);
    expect((await lint(await market({ A: many }))).length).toBe(29);
  });
});

test("a prefix with wildcards is none", async () => {
  const operator = await market({ A: [["B", stream("s.>", { to: "p.*" })]] });
  expect(await the(operator, "IMPORT_PREFIX")).toMatchObject({ level: "error", path: ["nats", "imports", 0, "to"] });
  // `to` is deprecated, of which the claims tell.
  expect(await codes(await market({ A: [["B", stream("s.>", { to: "p" })]] }))).toEqual(["CLAIMS A"]);
});

describe("auth callout", () => {
  test("needs users of its account, and accounts to place others in", async () => {
    const { operator } = await sound();
    const [shop, audit] = [await operator.account("SHOP"), await operator.account("AUDIT")];
    const [alice, bob] = [await shop.user("alice"), await shop.user("bob")];
    const callout = (authorization: Nats["authorization"]) =>
      shop.edit(({ nats }) => {
        nats.authorization = authorization;
      });
    await callout({ auth_users: [bob.publicKey], allowed_accounts: [audit.publicKey] });
    expect(await codes(operator)).toEqual([]);
    await callout({ auth_users: [bob.publicKey], allowed_accounts: ["*"] });
    expect(await codes(operator)).toEqual([]);
    const other = await audit.addUser("other");
    const stranger = createKeyPair("user").publicKey;
    await callout({
      auth_users: [other.publicKey, alice.publicKey, stranger],
      allowed_accounts: [createKeyPair("account").publicKey],
    });
    expect(await lint(operator)).toMatchObject([
      { code: "CALLOUT_USER", level: "error", path: ["nats", "authorization", "auth_users", 0] },
      { code: "CALLOUT_USER", level: "warning", path: ["nats", "authorization", "auth_users", 2] },
      { code: "CALLOUT_ACCOUNT", level: "warning", path: ["nats", "authorization", "allowed_accounts", 0] },
    ]);
  });

  test("has users with two keys while these are rotated", async () => {
    const { operator } = await sound();
    const shop = await operator.account("SHOP");
    const bob = await shop.user("bob");
    await shop.setAuthCallout({ users: [bob] });
    const rotation = await bob.rotateKeyInStages();
    expect([rotation.stage, ...(await codes(operator))]).toEqual(["prepared"]);
    await rotation.advance({ distribute: async () => undefined });
    expect([rotation.stage, ...(await codes(operator))]).toEqual(["cut-over"]);
    await rotation.retire({ deleteKey: true });
    expect(await codes(operator)).toEqual([]);
  });

  test("stands in the way of those who push when it is of the system account", async () => {
    const { operator } = await sound();
    const system = await operator.account("SYS");
    const sys = await system.user("sys");
    await system.edit(({ nats }) => {
      nats.authorization = { auth_users: [sys.publicKey] };
    });
    expect(await codes(operator)).toEqual(["CALLOUT_SYSTEM SYS"]);
  });
});

test("mappings that servers leave out have a destination that is wrong", async () => {
  const made = await sound();
  const operator = await plant(made, "AUDIT", ({ nats }) => {
    nats.mappings = {
      "a.*": [{ subject: "b.$1" }],
      "b.*": [
        { subject: "c.$1", weight: 10 },
        { subject: "c.$2", weight: 10 },
      ],
      c: null,
    };
  });
  expect(await lint(operator)).toMatchObject([
    { code: "MAPPING_INVALID", level: "error", path: ["nats", "mappings", "b.*", 1] },
  ]);
  await plant(made, "AUDIT", ({ nats }) => {
    nats.mappings = {
      "b.*": [
        { subject: "c.$1", weight: 10 },
        { subject: "c.$1", weight: 20 },
      ],
    };
  });
  expect((await the(operator, "MAPPING_INVALID")).message).toContain("twice");
});

describe("limits", () => {
  test("beside tiers are not taken", async () => {
    const made = await sound();
    const operator = await plant(made, "AUDIT", ({ nats }) => {
      Object.assign(nats.limits, { disk_storage: 100, streams: 5, tiered_limits: { R1: { disk_storage: 1000 } } });
    });
    const { message } = await the(operator, "JETSTREAM_TIERS");
    expect(message).toContain("disk_storage, streams");
    await (await operator.account("AUDIT")).edit((claims) => {
      claims.nats.description = "edited";
    });
    expect(await codes(operator)).toEqual([]);
  });

  test("of 0 say what they are for", async () => {
    const made = await sound();
    const operator = await plant(made, "AUDIT", ({ nats }) => {
      Object.assign(nats.limits, { subs: 0, payload: 0, leaf: 0, data: 0 });
    });
    const messages = async () => (await lint(operator)).map(({ code, message }) => `${code}: ${message}`);
    expect(await messages()).toEqual([
      "LIMIT_ZERO: subs is 0, by which servers cut connections off",
      "LIMIT_ZERO: payload is 0, by which only empty messages can be sent",
    ]);
    await plant(made, "AUDIT", ({ nats }) => {
      Object.assign(nats.limits, { subs: -1, payload: -2, conn: -2 });
    });
    expect(await messages()).toEqual([
      "LIMIT_ZERO: conn is -2, by which nobody can connect but as a leaf node",
      "LIMIT_ZERO: payload is -2, by which nothing can be sent",
    ]);
    await plant(made, "AUDIT", ({ nats }) => {
      Object.assign(nats.limits, { payload: -1, conn: -1 });
    });
    const audit = await operator.account("AUDIT");
    const leafOnly = (types: string[]) => ({
      claims: ({ nats }: { nats: { allowed_connection_types?: string[] } }) => {
        nats.allowed_connection_types = types;
      },
    });
    await audit.addUser("any", leafOnly(["LEAFNODE", "STANDARD"]));
    expect(await messages()).toEqual([]);
    await audit.addUser("leaf", leafOnly(["LEAFNODE", "leafnode_ws", "PIGEON"]));
    expect(await messages()).toEqual(["LIMIT_ZERO: it allows leaf nodes only, and leaf of its account is 0"]);
  });

  test("of a role that stand in its token as 0 lock its users out", async () => {
    const made = await sound();
    const { operator, store } = made;
    const path = ["local", "SHOP"] as const;
    const signer = await pairOf(made, operator.claims.nats.signing_keys?.[0] ?? "");
    const at = ["nats", "signing_keys", expect.any(Number), "template"];
    const token = await forge<AccountClaims>(await tokenAt(store, path), signer, ({ nats }) => {
      for (const key of nats.signing_keys ?? []) {
        if (typeof key === "object") Object.assign(key.template, { subs: 0, data: 0, payload: 0 });
      }
    });
    await store.commit({ tokens: [{ path, token }] });
    expect(await lint(operator)).toMatchObject([
      { code: "LIMIT_ZERO", level: "error", path: [...at, "subs"] },
      { code: "LIMIT_ZERO", level: "error", path: [...at, "payload"] },
    ]);
  });
});
