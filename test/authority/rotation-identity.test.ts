import { createKeyPair, type Distribution, explain, Nsc, type Operator } from "nsc.js";
import { describe, expect, test } from "vitest";
import { done, keysOf, STORES } from "./rotation-fixtures.ts";
import { held } from "./signer-fixtures.ts";
import { collect, keptKey, only, refused, wire, world } from "./tree-fixtures.ts";

/** An operator whose identity signed one account, and a user of it. */
async function plain() {
  const made = world();
  const operator = await made.nsc.addOperator("local", { systemAccount: true });
  const account = await operator.addAccount("APP");
  return { ...made, operator, account, old: operator.publicKey, user: await account.addUser("u") };
}

async function issuers(operator: Operator): Promise<ReadonlySet<string | undefined>> {
  return new Set((await collect(operator.accounts())).map(({ claims }) => claims.iss));
}

describe("a rotation of an operator's identity", () => {
  test("goes from stage to stage, and accounts stay valid by the old token and the new one", async () => {
    const { operator, account, user, old, store } = await plain();
    const given: Distribution[] = [];
    const distribute = async (what: Distribution) => void given.push(what);
    const valid = async (): Promise<boolean> => (await explain(user.token, operator)).accepted;

    const rotation = await operator.rotateIdentity();
    expect([rotation.stage, rotation.isIdentity, rotation.from]).toEqual(["prepared", true, old]);
    expect([operator.publicKey, operator.claims.iss, keysOf(operator)]).toEqual([rotation.to, rotation.to, [old]]);
    // Servers that were not restarted trust the old identity alone.
    expect((await operator.addAccount("BEFORE")).claims.iss).toBe(old);
    await account.edit(({ nats }) => {
      nats.limits.conn = 5;
    });
    expect(await issuers(operator)).toEqual(new Set([old]));
    expect((await rotation.plan()).advice).toMatch(/configuration.*restart/);
    expect(await valid()).toBe(true);

    await rotation.advance({ distribute });
    expect(given.map(({ accounts, trustedKeys }) => [accounts, trustedKeys])).toEqual([[[], [rotation.to]]]);
    expect((await operator.addAccount("BETWEEN")).claims.iss).toBe(rotation.to);

    const { signedByTo, signedByFrom } = await rotation.advance();
    expect([signedByTo.map(({ name }) => name), signedByFrom]).toEqual([["APP", "BEFORE", "BETWEEN", "SYS"], []]);
    expect(await valid()).toBe(true);

    await rotation.retire({ distribute, deleteKey: true });
    expect([given[1]?.trustedKeys, given[1]?.accounts.length]).toEqual([[rotation.to], 4]);
    expect([keysOf(operator), rotation.stage, await operator.rotations()]).toEqual([[], "retired", []]);
    expect([await keptKey(store, old), await keptKey(store, rotation.to)]).toEqual([undefined, rotation.to]);
    expect(await wire(store, ["local"])).toMatchObject({ iss: rotation.to, sub: rotation.to });
    expect([await valid(), (await rotation.plan()).stage]).toEqual([true, "retired"]);
    expect((await operator.addAccount("AFTER")).claims.iss).toBe(rotation.to);
  });

  test("has signing keys sign as before, at every stage", async () => {
    const { nsc } = world();
    const operator = await nsc.addOperator("local", { signingKey: true });
    const key = only(keysOf(operator));
    await operator.addAccount("A");
    const rotation = await operator.rotateIdentity();
    await operator.addAccount("B");
    await rotation.advance({ distribute: done });
    await operator.addAccount("C");
    const plan = await rotation.advance();
    expect([plan.signedByFrom, plan.signedByTo]).toEqual([[], []]);
    await rotation.retire({ distribute: done });
    expect([await issuers(operator), keysOf(operator)]).toEqual([new Set([key]), [key]]);
  });

  test("has the identity sign first where the policy is nsc's", async () => {
    const { nsc } = world({ signerPolicy: "identity-first" });
    const operator = await nsc.addOperator("local", { signingKey: true });
    const rotation = await operator.rotateIdentity();
    expect((await operator.addAccount("A")).claims.iss).toBe(rotation.from);
    await rotation.advance({ distribute: done });
    expect((await operator.addAccount("B")).claims.iss).toBe(rotation.to);
  });

  test("where signing keys are demanded has the old identity trusted by nobody", async () => {
    const { operator, account, old, user } = await plain();
    await operator.requireSigningKeys({ addSigningKeys: true });
    await user.reissue();
    const keys = keysOf(operator);
    const { token } = account;
    const given: Distribution[] = [];
    const distribute = async (what: Distribution) => void given.push(what);
    const rotation = await operator.rotateIdentity();
    expect([keysOf(operator), operator.publicKey]).toEqual([keys, rotation.to]);
    expect((await rotation.plan()).advice).toContain("need not wait");
    await rotation.advance({ distribute });
    await rotation.advance();
    expect((await rotation.plan()).advice).toContain("retire");
    await rotation.retire({ distribute });
    expect(given.map(({ trustedKeys, accounts }) => [trustedKeys, accounts])).toEqual([
      [[], []],
      [[], []],
    ]);
    expect([rotation.stage, account.token, keysOf(operator)]).toEqual(["retired", token, keys]);
    expect([(await explain(user.token, operator)).accepted, operator.publicKey === old]).toEqual([true, false]);
  });

  test("is cancelled by the old identity, which is the operator's again", async () => {
    const { nsc, operator, account, old, store } = await plain();
    const other = await nsc.operator("local");
    const { token } = account;
    const rotation = await operator.rotateIdentity();
    await account.reissue({ signer: rotation.to });
    await refused(store, () => rotation.cancel(), "ERR_SIGNING_KEY_IN_USE", 'account "APP"', old);
    await account.reissue({ signer: old });
    await rotation.cancel({ deleteKey: true });
    expect([operator.publicKey, other.publicKey, operator.claims.iss, keysOf(operator)]).toEqual([old, old, old, []]);
    expect([await operator.rotations(), rotation.stage]).toEqual([[], "prepared"]);
    expect([await keptKey(store, old), await keptKey(store, rotation.to)]).toEqual([old, undefined]);
    expect(account.token).not.toBe(token);
    await refused(store, () => rotation.plan(), "ERR_ENTITY_NOT_FOUND");
    await store.commit({ deletedKeys: [old] });
    const lost = await (await new Nsc({ store }).operator("local")).rotateIdentity();
    await refused(store, () => lost.cancel(), "ERR_SIGNER_MISSING", old);
  });

  test("can do without the old key, and says what waits for servers then", async () => {
    const { old, store } = await plain();
    await store.commit({ deletedKeys: [old] });
    const operator = await new Nsc({ store }).operator("local");
    const account = await operator.account("APP");
    const key = held(createKeyPair("operator"));
    const rotation = await operator.rotateIdentity({ to: key });
    expect((await rotation.plan()).advice).toMatch(/not at hand.*restart/);
    await refused(store, () => account.reissue(), "ERR_SIGNER_MISSING", old, key.publicKey);
    await rotation.advance({ distribute: done });
    expect((await rotation.plan()).advice).not.toContain("not at hand");
    await rotation.advance();
    await rotation.retire({ distribute: done });
    expect([await issuers(operator), await store.getKey(rotation.to)]).toEqual([new Set([key.publicKey]), undefined]);
  });

  test("can begin and be cut over in transactions", async () => {
    const { nsc, operator, old } = await plain();
    const begun = await nsc.transaction(async (tx) => {
      const pending = await tx.operator("local");
      const rotation = await pending.rotateIdentity();
      await expect(rotation.advance({ distribute: done })).rejects.toThrowCode("ERR_TRANSACTION");
      expect([pending.publicKey, rotation.stage]).toEqual([rotation.to, "prepared"]);
      return rotation;
    });
    await begun.advance({ distribute: done });
    await nsc.transaction(async (tx) => {
      const rotation = only(await (await tx.operator("local")).rotations());
      const { signedByTo } = await rotation.advance();
      expect(signedByTo.map(({ name }) => name)).toEqual(["APP", "SYS"]);
    });
    expect([begun.stage, begun.from, await issuers(operator)]).toEqual(["cut-over", old, new Set([begun.to])]);
  });

  test("goes on beside one of a signing key", async () => {
    const { nsc } = world();
    const operator = await nsc.addOperator("local", { signingKey: true });
    await operator.addAccount("A", { signer: operator.publicKey });
    const ofKey = await operator.rotateSigningKey({ from: only(keysOf(operator)) });
    const ofIdentity = await operator.rotateIdentity();
    expect((await operator.rotations()).map(({ isIdentity }) => isIdentity)).toEqual([false, true]);
    expect(ofKey.stage).toBe("prepared");
    for (const rotation of [ofKey, ofIdentity]) {
      await rotation.advance({ distribute: done });
      await rotation.advance();
    }
    await ofIdentity.retire({ distribute: done });
    expect(await issuers(operator)).toEqual(new Set([ofIdentity.to]));
    await ofKey.retire({ distribute: done });
    expect(keysOf(operator)).toEqual([ofKey.to]);
  });

  test("goes on where it is, and is not mixed up with anything else", async () => {
    const { operator, account, old, store } = await plain();
    const key = createKeyPair("operator");
    const rotation = await operator.rotateIdentity({ to: key });
    expect((await operator.rotateIdentity()).to).toBe(rotation.to);
    expect((await operator.rotateIdentity({ to: key })).to).toBe(rotation.to);
    expect((await operator.rotateSigningKey({ from: old })).isIdentity).toBe(true);
    const to = createKeyPair("operator");
    await refused(store, () => operator.rotateIdentity({ to }), "ERR_ROTATION_STAGE", to.publicKey, "cancel");
    await refused(store, () => operator.rotateSigningKey({ from: rotation.to }), "ERR_ROTATION_STAGE");
    await refused(store, () => operator.reissue({ key: true }), "ERR_ROTATION_STAGE", "retire or cancel");
    await refused(store, () => operator.removeSigningKey(old), "ERR_ROTATION_STAGE", "retire or cancel");
    const strict = () => operator.requireSigningKeys({ addSigningKeys: true });
    await refused(store, strict, "ERR_ROTATION_STAGE", "identity");
    await operator.reissue();
    await refused(store, () => rotation.retire({ distribute: done }), "ERR_ROTATION_STAGE", "prepared");
    await rotation.advance({ distribute: done });
    await rotation.advance();
    await account.reissue({ signer: old });
    await refused(store, () => rotation.retire({ distribute: done }), "ERR_SIGNING_KEY_IN_USE", 'account "APP"');
    await refused(store, () => rotation.cancel(), "ERR_ROTATION_STAGE", "cut over");
    await operator.removeSigningKey(old, { force: true });
    expect(await operator.rotations()).toEqual([]);
  });

  test("refuses keys that won't do", async () => {
    const { operator, account, old, store } = await plain();
    const wrong = (options: object) => () => operator.rotateIdentity(options);
    await refused(store, wrong({ to: old }), "ERR_ENTITY_EXISTS", "identity");
    await refused(store, wrong({ to: account.publicKey }), "ERR_KEY_KIND");
    await refused(store, wrong({ to: createKeyPair("operator").publicKey }), "ERR_SIGNER_MISSING");
    await refused(store, wrong({ from: old }), "ERR_ARGUMENT_INVALID", "from");
    await refused(store, () => operator.rotateSigningKey({ from: old }), "ERR_ENTITY_NOT_FOUND", "rotateIdentity");
  });
});

describe.each(STORES)("with a store %s", (_, storesOf) => {
  test("each step can be another process's", async () => {
    const open = storesOf();
    const first = await new Nsc({ store: open() }).addOperator("local");
    await first.addAccount("APP");
    const { to, from } = await first.rotateIdentity();
    const next = async () => only(await (await new Nsc({ store: open() }).operator("local")).rotations());
    for (const stage of ["prepared", "distributed", "cut-over"]) {
      const rotation = await next();
      expect([rotation.stage, rotation.from, rotation.to, rotation.isIdentity]).toEqual([stage, from, to, true]);
      if (stage !== "cut-over") await rotation.advance({ distribute: done });
      else await rotation.retire({ distribute: done, deleteKey: true });
    }
    const last = await new Nsc({ store: open() }).operator("local");
    expect([last.publicKey, keysOf(last), await last.rotations(), await issuers(last)]).toEqual([
      to,
      [],
      [],
      new Set([to]),
    ]);
    await first.refresh();
    expect([first.publicKey, first.token]).toEqual([to, last.token]);
  });
});
