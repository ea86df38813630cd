import { createKeyPair, explain, lint, Nsc, type Operator } from "nsc.js";
import { describe, expect, test } from "vitest";
import { keysOf, STORES } from "./rotation-fixtures.ts";
import { held } from "./signer-fixtures.ts";
import { collect, keptKey, only, refused, tokenAt, wire, wireOf, world } from "./tree-fixtures.ts";

/** An operator whose identity signed one account, and whose signing key signed another. */
async function mixed() {
  const made = world();
  const operator = await made.nsc.addOperator("local", { signingKey: true });
  const byIdentity = await operator.addAccount("A", { signer: operator.publicKey });
  const byKey = await operator.addAccount("B");
  return { ...made, operator, byIdentity, byKey, old: operator.publicKey, user: await byIdentity.addUser("u") };
}

async function issuers(operator: Operator): Promise<(string | undefined)[]> {
  return (await collect(operator.accounts())).map(({ claims }) => claims.iss);
}

describe.each(STORES)("another identity of an operator %s", (_, storesOf) => {
  test("signs it and what the old one signed, in one commit", async () => {
    const open = storesOf();
    const operator = await new Nsc({ store: open() }).addOperator("local", { signingKey: true, systemAccount: true });
    const account = await operator.addAccount("APP", { signer: operator.publicKey });
    const user = await account.addUser("u");
    const old = operator.publicKey;
    const key = createKeyPair("operator");
    const { from, to, reissued } = await operator.reissue({ key });
    expect([from, to, reissued]).toEqual([old, key.publicKey, [["local", "APP"]]]);
    const store = open();
    expect(wireOf<object>(await tokenAt(store, ["local"]))).toMatchObject({ iss: to, sub: to });
    expect(await wire(store, ["local", "APP"])).toMatchObject({ iss: to, sub: account.publicKey });
    expect((await wire(store, ["local", "SYS"])).iss).toBe(only(keysOf(operator)));
    expect([await store.find(to), await store.find(old)]).toEqual([[["local"]], []]);
    expect([await keptKey(store, to), await keptKey(store, old)]).toEqual([to, old]);
    const again = await new Nsc({ store }).operator("local");
    expect([again.publicKey, (await explain(user.token, again)).accepted]).toEqual([to, true]);
    const codes = (await lint(again)).filter(({ level }) => level === "error");
    expect(codes).toEqual([]);
  });

  test("is the same operator for whoever has a handle of it elsewhere", async () => {
    const open = storesOf();
    const operator = await new Nsc({ store: open() }).addOperator("local");
    const elsewhere = await new Nsc({ store: open() }).operator("local");
    const unread = await new Nsc({ store: open() }).operator("local");
    for (let count = 0; count < 2; count++) await operator.reissue({ key: true, deleteKey: true });
    expect(elsewhere.publicKey).not.toBe(operator.publicKey);
    await elsewhere.refresh();
    expect([elsewhere.publicKey, elsewhere.token]).toEqual([operator.publicKey, operator.token]);
    expect((await unread.addAccount("APP")).claims.iss).toBe(operator.publicKey);
    await unread.edit(({ nats }) => {
      nats.tags = ["x"];
    });
    await operator.refresh();
    expect([operator.claims.nats.tags, unread.publicKey]).toEqual([["x"], operator.publicKey]);
  });
});

describe("an operator that is issued again", () => {
  test("is signed by the same identity, and nothing else changes", async () => {
    const { operator, store, old, clock } = await mixed();
    const accounts = await issuers(operator);
    clock.now += 10;
    const before = operator.token;
    expect(await operator.reissue()).toEqual({ from: old, to: old, reissued: [] });
    expect(operator.token).not.toBe(before);
    expect((await wire(store, ["local"])).iat).toBe(clock.now);
    expect(await issuers(operator)).toEqual(accounts);
    expect(await store.readMeta("local")).toEqual(new Map());
  });

  test("with another identity leaves what signing keys signed, and all handles usable", async () => {
    const { nsc, operator, byIdentity, byKey, old, user } = await mixed();
    const other = await nsc.operator("local");
    const { to } = await operator.reissue({ key: true });
    expect([byIdentity.claims.iss, byKey.claims.iss]).toEqual([to, only(keysOf(operator))]);
    expect([operator.publicKey, other.publicKey, operator.claims.iss]).toEqual([to, to, to]);
    expect((await explain(user.token, other)).accepted).toBe(true);
    await other.edit(({ nats }) => {
      nats.tags = ["x"];
    });
    expect(operator.claims.nats.tags).toEqual(["x"]);
    expect((await operator.addAccount("C")).claims.iss).toBe(only(keysOf(operator)));
    expect(to).not.toBe(old);
  });

  test("can keep the old identity as a signing key, by which accounts stay as they are", async () => {
    const { operator, byIdentity, old, store, user } = await mixed();
    const token = byIdentity.token;
    const { to, reissued } = await operator.reissue({ key: true, keepAsSigningKey: true });
    expect([reissued, byIdentity.token]).toEqual([[], token]);
    expect([keysOf(operator).includes(old), keysOf(operator).length]).toEqual([true, 2]);
    expect((await explain(user.token, operator)).accepted).toBe(true);
    expect([await keptKey(store, old), operator.publicKey]).toEqual([old, to]);
  });

  test("where signing keys are demanded has them sign", async () => {
    const { operator, byIdentity } = await mixed();
    await operator.requireSigningKeys({ addSigningKeys: true });
    await operator.reissue({ key: true });
    expect(byIdentity.claims.iss).toBe(only(keysOf(operator)));
    expect(operator.claims.iss).toBe(operator.publicKey);
  });

  test("needs neither the old key nor the new one in the store", async () => {
    const { store, operator, byIdentity, old } = await mixed();
    const lost = await (await new Nsc({ store }).operator("local")).reissue({ key: held(createKeyPair("operator")) });
    await operator.refresh();
    expect([operator.publicKey, byIdentity.name]).toEqual([lost.to, "A"]);
    expect(await store.getKey(lost.to)).toBeUndefined();
    await store.commit({ deletedKeys: [old] });
    const pair = createKeyPair("operator");
    const nsc = new Nsc({ store, resolveSigner: (key) => (key === pair.publicKey ? held(pair) : undefined) });
    const again = await nsc.operator("local");
    await again.reissue({ key: pair.publicKey });
    expect(again.claims.iss).toBe(pair.publicKey);
    expect((await again.account("A")).claims.iss).toBe(pair.publicKey);
    const none = createKeyPair("operator").publicKey;
    await refused(store, () => again.reissue({ key: none }), "ERR_SIGNER_MISSING", none);
  });

  test("is changed with others in a transaction, also twice", async () => {
    const { nsc, operator, byIdentity, store } = await mixed();
    const made = await nsc.transaction(async (tx) => {
      const pending = await tx.operator("local");
      const account = await pending.addAccount("C", { signer: pending.publicKey });
      const first = await pending.reissue({ key: true });
      expect((await pending.account("A")).claims.iss).toBe(first.to);
      expect(pending.publicKey).toBe(first.to);
      await pending.reissue({ key: true });
      await pending.edit(({ nats }) => {
        nats.tags = ["x"];
      });
      return { pending, account, first };
    });
    expect(made.pending.publicKey).not.toBe(made.first.to);
    expect([operator.publicKey, operator.claims.nats.tags]).toEqual([made.pending.publicKey, ["x"]]);
    expect([byIdentity.claims.iss, made.account.claims.iss]).toEqual([operator.publicKey, operator.publicKey]);
    expect(operator.token).toBe(await store.read(["local"]));
  });

  test("loses nothing when a transaction goes on after a refusal", async () => {
    const { nsc, operator, store, old } = await mixed();
    await nsc.transaction(async (tx) => {
      const pending = await tx.operator("local");
      const key = createKeyPair("account");
      await expect(pending.reissue({ key })).rejects.toThrowCode("ERR_KEY_KIND");
      expect(pending.publicKey).toBe(old);
      await pending.addAccount("C");
    });
    expect([operator.publicKey, (await store.readMeta("local")).size]).toEqual([old, 0]);
  });

  test("brings rotations of its signing keys along", async () => {
    const { operator } = await mixed();
    const rotation = await operator.rotateSigningKey({ from: only(keysOf(operator)) });
    await operator.reissue({ key: true });
    expect((await operator.rotations()).map(({ to }) => to)).toEqual([rotation.to]);
    await rotation.advance({ distribute: async () => undefined });
    await rotation.advance();
    await rotation.retire({ distribute: async () => undefined });
    expect(keysOf(operator)).toEqual([rotation.to]);
  });

  test("can go back to a key that it had", async () => {
    const { operator, old } = await mixed();
    const { to } = await operator.reissue({ key: true });
    await operator.reissue({ key: old });
    expect(operator.publicKey).toBe(old);
    await operator.reissue({ key: to });
    expect(operator.publicKey).toBe(to);
  });

  test("refuses what makes no sense", async () => {
    const { nsc, operator, store, byIdentity, old } = await mixed();
    const other = await nsc.addOperator("other");
    const wrong = (options: object) => () => operator.reissue(options);
    await refused(store, wrong({ key: old }), "ERR_ENTITY_EXISTS", "the identity");
    await refused(store, wrong({ key: only(keysOf(operator)) }), "ERR_ENTITY_EXISTS", "signing key");
    await refused(store, wrong({ key: other.publicKey }), "ERR_ENTITY_EXISTS", '"other"');
    await refused(store, wrong({ key: byIdentity.publicKey }), "ERR_KEY_KIND");
    await refused(store, wrong({ keepAsSigningKey: true }), "ERR_ARGUMENT_INVALID");
    await refused(store, wrong({ deleteKey: true }), "ERR_ARGUMENT_INVALID");
    await refused(store, wrong({ key: true, keepAsSigningKey: true, deleteKey: true }), "ERR_ARGUMENT_INVALID");
    await refused(store, wrong({ kee: true }), "ERR_ARGUMENT_INVALID", "kee");
    const theirs = await world().nsc.addOperator("cloud");
    const managed = await nsc.importOperator(theirs.token);
    await refused(store, () => managed.reissue({ key: true }), "ERR_SIGNER_MISSING", "managed");
    await refused(store, () => managed.rotateIdentity(), "ERR_SIGNER_MISSING", "managed");
    await refused(store, () => managed.reissue(), "ERR_SIGNER_MISSING", theirs.publicKey);
  });
});
