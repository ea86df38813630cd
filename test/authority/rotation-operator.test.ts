import { createKeyPair, type Distribution, explain, Nsc, type Operator } from "nsc.js";
import { describe, expect, test } from "vitest";
import { done, keysOf } from "./rotation-fixtures.ts";
import { collect, keptKey, only, refused, tree, wire, world } from "./tree-fixtures.ts";

async function keyed() {
  const made = await tree();
  const old = only(made.operator.claims.nats.signing_keys);
  await made.operator.requireSigningKeys();
  const other = await made.operator.addAccount("OTHER");
  return { ...made, old, other, user: await made.account.addUser("u") };
}

async function issuers(operator: Operator): Promise<Record<string, string | undefined>> {
  const accounts = await collect(operator.accounts());
  return Object.fromEntries(accounts.map(({ name, claims }) => [name, claims.iss]));
}

describe("a rotation of an operator's signing key", () => {
  test("goes from stage to stage, and accounts stay valid", async () => {
    const { operator, account, user, old, store } = await keyed();
    const given: Distribution[] = [];
    const distribute = async (what: Distribution) => void given.push(what);
    const valid = async (): Promise<boolean> => (await explain(user.token, operator)).accepted;

    const rotation = await operator.rotateSigningKey({ from: old });
    expect([rotation.stage, rotation.role]).toEqual(["prepared", undefined]);
    expect(keysOf(operator)).toEqual([old, rotation.to].sort());
    expect((await wire(store, ["local"])).iss).toBe(operator.publicKey);
    expect((await operator.addAccount("BEFORE")).claims.iss).toBe(old);
    expect((await rotation.plan()).advice).toMatch(/configuration.*restart/);
    expect(await valid()).toBe(true);

    await rotation.advance({ distribute });
    expect(given.map(({ accounts, trustedKeys }) => [accounts, trustedKeys])).toEqual([[[], [rotation.to]]]);
    expect(given[0]?.operator.token).toBe(operator.token);
    expect((await operator.addAccount("BETWEEN")).claims.iss).toBe(rotation.to);
    await account.edit(({ nats }) => {
      nats.limits.conn = 5;
    });
    expect(account.claims.iss).toBe(rotation.to);
    expect(await issuers(operator)).toEqual({ APP: rotation.to, BEFORE: old, BETWEEN: rotation.to, OTHER: old });

    const plan = await rotation.advance();
    expect(plan.signedByTo.map(({ name }) => name)).toEqual(["APP", "BEFORE", "BETWEEN", "OTHER"]);
    expect([plan.signedByFrom, plan.withoutSeed, plan.activations]).toEqual([[], [], []]);
    expect(new Set(Object.values(await issuers(operator)))).toEqual(new Set([rotation.to]));
    expect([given.length, await valid()]).toEqual([1, true]);

    await rotation.retire({ distribute, deleteKey: true });
    expect(given[1]?.trustedKeys).toEqual([rotation.to]);
    const tokens = (await collect(operator.accounts())).map(({ token }) => token);
    expect(given[1]?.accounts.map(({ token }) => token)).toEqual(tokens);
    expect([keysOf(operator), rotation.stage]).toEqual([[rotation.to], "retired"]);
    expect([await keptKey(store, old), await keptKey(store, rotation.to)]).toEqual([undefined, rotation.to]);
    expect(await store.readMeta("local")).toEqual(new Map());
    expect(await valid()).toBe(true);
    expect((await operator.addAccount("AFTER")).claims.iss).toBe(rotation.to);
  });

  test("troubles no servers before it is cut over", async () => {
    const { operator, old, store } = await keyed();
    const rotation = await operator.rotateSigningKey({ from: old });
    const distribute = () => Promise.reject(new Error("it was asked for"));
    await refused(store, () => rotation.retire({ distribute, force: true }), "ERR_ROTATION_STAGE", "prepared");
    await rotation.advance({ distribute: done });
    await refused(store, () => rotation.retire({ distribute, force: true }), "ERR_ROTATION_STAGE", "distributed");
  });

  test("retires the key only once servers have the accounts", async () => {
    const { operator, old, store } = await keyed();
    const rotation = await operator.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    await rotation.advance();
    for (const options of [{}, { force: true }]) {
      await refused(store, () => rotation.retire(options), "ERR_ARGUMENT_INVALID", "distribute", "accounts");
    }
    const offline = new Error("offline");
    const before = await store.dump();
    await expect(rotation.retire({ distribute: () => Promise.reject(offline) })).rejects.toBe(offline);
    expect([await store.dump(), rotation.stage]).toEqual([before, "cut-over"]);
    await rotation.retire({ distribute: done });
    expect(keysOf(operator)).toEqual([rotation.to]);
  });

  test("refuses to retire a key that accounts are signed by, and troubles no servers for that", async () => {
    const { operator, account, old, store } = await keyed();
    const rotation = await operator.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    await rotation.advance();
    await account.reissue({ signer: old });
    let calls = 0;
    const distribute = async () => {
      calls += 1;
    };
    await refused(store, () => rotation.retire({ distribute }), "ERR_SIGNING_KEY_IN_USE", 'account "APP"', old);
    expect(calls).toBe(0);
    const { signedByFrom } = await rotation.retire({ distribute, force: true });
    expect([calls, signedByFrom.map(({ name }) => name)]).toEqual([1, ["APP"]]);
  });

  test("is cancelled unless an account needs the new key", async () => {
    const { operator, account, old, store } = await keyed();
    const rotation = await operator.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    await account.reissue();
    await refused(store, () => rotation.cancel(), "ERR_SIGNING_KEY_IN_USE", 'account "APP"');
    await account.reissue({ signer: old });
    await rotation.cancel();
    expect([keysOf(operator), await operator.rotations()]).toEqual([[old], []]);
  });

  test("has keys of operators alone, and no roles", async () => {
    const { operator, old, store } = await keyed();
    await refused(store, () => operator.rotateSigningKey({ from: "web" }), "ERR_ENTITY_NOT_FOUND", '"web"');
    await refused(store, () => operator.rotateSigningKey({ from: operator.publicKey }), "ERR_ENTITY_NOT_FOUND");
    const to = createKeyPair("account");
    await refused(store, () => operator.rotateSigningKey({ from: old, to }), "ERR_KEY_KIND", "operator");
  });

  test("is not for removing a key by hand", async () => {
    const { operator, old, store } = await keyed();
    const rotation = await operator.rotateSigningKey({ from: old });
    await refused(store, () => operator.removeSigningKey(rotation.to), "ERR_ROTATION_STAGE", "cancel");
    await operator.removeSigningKey(rotation.to, { force: true });
    expect(await operator.rotations()).toEqual([]);
  });

  test("leaves those of its accounts alone", async () => {
    const { operator, account, old } = await keyed();
    const ofAccount = await account.rotateSigningKey({ from: only(keysOf(account)) });
    const rotation = await operator.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    await rotation.advance();
    expect((await account.rotations()).map(({ to, stage }) => [to, stage])).toEqual([[ofAccount.to, "prepared"]]);
    await ofAccount.advance({ distribute: done });
    await rotation.retire({ distribute: done });
    await ofAccount.advance();
    await ofAccount.retire();
    expect([keysOf(operator), keysOf(account)]).toEqual([[rotation.to], [ofAccount.to]]);
  });
});

describe("under a managed operator", () => {
  test("accounts rotate their keys by themselves", async () => {
    const theirs = await world().nsc.addOperator("cloud", { signingKey: true });
    const { store, nsc } = world();
    const operator = await nsc.importOperator(theirs.token);
    const account = await operator.addAccount("APP");
    const old = await account.addSigningKey();
    const user = await account.addUser("u");
    const rotation = await account.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    await rotation.advance();
    await rotation.retire();
    expect([user.claims.iss, keysOf(account), account.claims.iss]).toEqual([
      rotation.to,
      [rotation.to],
      account.publicKey,
    ]);
    expect([...(await store.readMeta("cloud")).keys()].sort()).toEqual(["managed", `pending/${account.publicKey}`]);
  });

  test("the operator's keys are not ours to rotate", async () => {
    const theirs = await world().nsc.addOperator("cloud", { signingKey: true });
    const { store, nsc } = world();
    const operator = await nsc.importOperator(theirs.token);
    const from = only(keysOf(operator));
    await refused(store, () => operator.rotateSigningKey({ from }), "ERR_SIGNER_MISSING", operator.publicKey);
    expect(await operator.rotations()).toEqual([]);
  });

  test("a key service signs for all of it", async () => {
    const [identity, first, second] = [1, 2, 3].map(() => createKeyPair("operator"));
    const resolveSigner = async (publicKey: string) => {
      const pair = [identity, first, second].find((each) => each?.publicKey === publicKey);
      return pair && { publicKey, sign: async (bytes: Uint8Array) => pair.sign(bytes) };
    };
    const { store, nsc } = world({ resolveSigner });
    const keys = [identity, first, second].map((pair) => pair?.publicKey ?? "") as [string, string, string];
    const operator = await nsc.addOperator("local", { key: keys[0], signingKey: keys[1] });
    const account = await operator.addAccount("APP");
    const rotation = await operator.rotateSigningKey({ from: keys[1], to: keys[2] });
    await rotation.advance({ distribute: done });
    // Where the service can't be reached, nothing moves.
    const elsewhere = only(await (await new Nsc({ store }).operator("local")).rotations());
    await refused(store, () => elsewhere.advance(), "ERR_SIGNER_MISSING", keys[2]);
    expect(elsewhere.stage).toBe("distributed");
    await rotation.advance();
    await rotation.retire({ distribute: done });
    expect([account.claims.iss, keysOf(operator)]).toEqual([keys[2], [keys[2]]]);
    for (const key of keys) expect(await store.getKey(key)).toBeUndefined();
  });
});
