import {
  type Account,
  createKeyPair,
  createScope,
  explain,
  type NscErrorCode,
  type RotateSigningKeyOptions,
  SigningKeyRotation,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { payloadOf, tokenOf } from "../jwt/tokens.ts";
import { keyNamed } from "../nkeys/fixtures.ts";
import { done, issuerOf, keyed, keysOf } from "./rotation-fixtures.ts";
import { keptKey, only, refused, tokenAt, tree, wire, world, writesNothing } from "./tree-fixtures.ts";

const APP = ["local", "APP"] as const;
const U = [...APP, "u"] as const;

describe("a rotation of an account's signing key", () => {
  test("goes from stage to stage, and what is signed is valid all the time", async () => {
    const { operator, account, old, user, store } = await keyed();
    const { token } = user;
    const valid = async (): Promise<boolean> => (await explain(user.token, operator)).accepted;

    const rotation = await account.rotateSigningKey({ from: old });
    expect(rotation).toBeInstanceOf(SigningKeyRotation);
    expect([rotation.from, rotation.stage, rotation.role]).toEqual([old, "prepared", undefined]);
    expect(keysOf(account).sort()).toEqual([old, rotation.to].sort());
    expect(await keptKey(store, rotation.to)).toBe(rotation.to);
    expect([await issuerOf(account), await valid()]).toEqual([old, true]);
    expect((await account.addUser("before")).claims.iss).toBe(old);
    await user.edit(({ nats }) => {
      nats.tags = ["edited"];
    });
    expect(user.claims.iss).toBe(old);

    const distributed = await rotation.advance({ distribute: done });
    expect([rotation.stage, distributed.stage, distributed.next]).toEqual(["distributed", "distributed", "cut-over"]);
    expect([await issuerOf(account), await valid()]).toEqual([rotation.to, true]);
    expect((await account.addUser("between")).claims.iss).toBe(rotation.to);
    expect((await wire(store, U)).iss).toBe(old);
    await user.edit(({ nats }) => {
      nats.tags = ["again"];
    });
    expect(user.claims.iss).toBe(rotation.to);

    const over = await rotation.advance();
    expect([rotation.stage, over.next]).toEqual(["cut-over", "retired"]);
    expect(over.signedByTo.map(({ name }) => name)).toEqual(["before", "between", "u"]);
    expect(over.signedByFrom).toEqual([]);
    for (const name of ["before", "between", "u"]) {
      expect((await wire(store, [...APP, name] as const)).iss).toBe(rotation.to);
    }
    expect(keysOf(account)).toContain(old);
    expect([await issuerOf(account), await valid()]).toEqual([rotation.to, true]);

    const retired = await rotation.retire();
    expect([rotation.stage, retired.stage, retired.next]).toEqual(["retired", "retired", undefined]);
    expect(keysOf(account)).toEqual([rotation.to]);
    expect(await store.readMeta("local")).toEqual(new Map());
    expect(await keptKey(store, old)).toBe(old);
    expect([await issuerOf(account), await valid()]).toEqual([rotation.to, true]);
    expect((await explain(token, operator)).accepted).toBe(false);
  });

  test("signs users again without changing anything else", async () => {
    const { account, old, store } = await keyed();
    await account.addUser("full", { pub: ["a.>"], sub: ["b"], tags: ["t"], bearer: true, expires: "30d" });
    const before = await wire(store, [...APP, "full"] as const);
    const rotation = await account.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    await rotation.advance();
    const { jti, iat, iss, ...rest } = await wire(store, [...APP, "full"] as const);
    expect({ ...before, jti, iat, iss }).toEqual({ ...rest, jti, iat, iss });
    expect([iss, iat]).toEqual([rotation.to, (before.iat ?? 0) + 1]);
  });

  test("leaves what other keys signed alone, and makes one commit of each step", async () => {
    const { account, old, store } = await keyed();
    const [byIdentity, byOther] = [
      await account.addUser("identity", { signer: account.publicKey }),
      await account.addUser("role", { role: await roleOf(account, "web") }),
    ];
    const tokens = [byIdentity.token, byOther.token];
    const commits = () => store.calls.filter((call) => call === "commit").length;
    const start = commits();
    const rotation = await account.rotateSigningKey({ from: old });
    expect(commits()).toBe(start + 1);
    await rotation.advance({ distribute: done });
    expect(commits()).toBe(start + 2);
    await rotation.advance();
    expect(commits()).toBe(start + 3);
    await rotation.retire();
    expect(commits()).toBe(start + 4);
    await writesNothing(store, () => rotation.plan());
    expect([(await account.user("identity")).token, (await account.user("role")).token]).toEqual(tokens);
  });

  test("makes creds to be handed out, and says which others have to make", async () => {
    const { account, old } = await keyed();
    const elsewhere = createKeyPair("user").publicKey;
    await account.addUser("elsewhere", { key: elsewhere });
    const rotation = await account.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    const { signedByTo, withoutSeed } = await rotation.advance();
    expect(withoutSeed.map(({ publicKey }) => publicKey)).toEqual([elsewhere]);
    const withSeed = only(signedByTo.filter(({ hasSeed }) => hasSeed));
    expect(await withSeed.creds()).toContain(withSeed.token);
    expect(withSeed.claims.iss).toBe(rotation.to);
  });

  test("tells in its plan what comes next", async () => {
    const { account, old, user } = await keyed();
    const rotation = await account.rotateSigningKey({ from: old });
    const names = (users: readonly { readonly name: string }[]) => users.map(({ name }) => name);
    const prepared = await rotation.plan();
    expect(prepared).toMatchObject({ stage: "prepared", next: "distributed", activations: [], damaged: [] });
    expect([names(prepared.signedByFrom), names(prepared.signedByTo)]).toEqual([["u"], []]);
    expect(prepared.advice).toContain('account "APP"');
    expect(prepared.advice).toContain(rotation.to);
    await rotation.advance({ distribute: done });
    await account.addUser("v");
    const distributed = await rotation.plan();
    expect([names(distributed.signedByFrom), names(distributed.signedByTo)]).toEqual([["u"], ["v"]]);
    await rotation.advance();
    expect((await rotation.plan()).advice).toContain("new creds");
    await user.reissue({ signer: old });
    const again = await rotation.plan();
    expect([names(again.signedByFrom), names(again.signedByTo)]).toEqual([["u"], ["v"]]);
    expect(again.advice).not.toContain("new creds");
  });

  test("takes a key that is there already", async () => {
    const { account, old, store } = await keyed();
    const next = createKeyPair("account");
    const rotation = await account.rotateSigningKey({ from: old, to: next });
    expect(rotation.to).toBe(next.publicKey);
    expect(await keptKey(store, next.publicKey)).toBe(next.publicKey);
  });

  test("removes the seed of the old key when it is told to", async () => {
    const { account, old, store } = await keyed();
    const rotation = await account.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    await rotation.advance();
    await rotation.retire({ deleteKey: true });
    expect([await keptKey(store, old), await keptKey(store, rotation.to)]).toEqual([undefined, rotation.to]);
  });

  test("may be one of several", async () => {
    const { account, old } = await keyed();
    const web = await account.addRole("web");
    const rotations = [await account.rotateSigningKey({ from: old }), await account.rotateSigningKey({ from: "web" })];
    for (const rotation of rotations) await rotation.advance({ distribute: done });
    expect(await issuerOf(account)).toBe(rotations[0]?.to);
    expect(await issuerOf(account, { role: "web" })).toBe(rotations[1]?.to);
    await rotations[0]?.advance();
    await rotations[0]?.retire();
    expect(rotations.map(({ stage }) => stage)).toEqual(["retired", "distributed"]);
    expect((await account.rotations()).map(({ from, to }) => [from, to])).toEqual([[web, rotations[1]?.to]]);
    await rotations[1]?.advance();
    await rotations[1]?.retire();
    expect(await account.rotations()).toEqual([]);
    expect(keysOf(account).sort()).toEqual(rotations.map(({ to }) => to).sort());
  });

  test("can be followed by the next one", async () => {
    const { account, old } = await keyed();
    let from = old;
    for (let round = 0; round < 3; round++) {
      const rotation = await account.rotateSigningKey({ from });
      await rotation.advance({ distribute: done });
      await rotation.advance();
      await rotation.retire({ deleteKey: true });
      from = rotation.to;
    }
    expect([keysOf(account), (await account.user("u")).claims.iss]).toEqual([[from], from]);
  });
});

async function roleOf(account: Account, role: string): Promise<string> {
  await account.addRole(role, { pub: ["in.{{name()}}"] });
  return role;
}

describe("a rotation of a role's key", () => {
  test("keeps the scope, and the role works at every stage", async () => {
    const { operator, account, store } = await tree();
    const old = await account.addRole("web", {
      pub: ["in.{{name()}}"],
      sub: { deny: ["secret.>"] },
      responses: true,
      description: "browsers",
      template: (template) => {
        template.subs = 10;
      },
    });
    const user = await account.addUser("u", { role: "web" });
    const rotation = await account.rotateSigningKey({ from: "web" });
    expect([rotation.from, rotation.role]).toEqual([old, "web"]);
    const scopes = (await wire(store, APP)).nats.signing_keys?.filter((key) => typeof key === "object") ?? [];
    const [before, after] = [old, rotation.to].map((key) => scopes.find((scope) => scope.key === key));
    expect(after).toEqual({ ...before, key: rotation.to });
    expect(after?.template).toMatchObject({ sub: { deny: ["secret.>"] }, resp: { max: 1 }, subs: 10 });

    const next = async () => [await issuerOf(account, { role: "web" }), (await explain(user.token, operator)).accepted];
    expect(await next()).toEqual([old, true]);
    await rotation.advance({ distribute: done });
    expect(await next()).toEqual([rotation.to, true]);
    expect((await account.addUser("between", { role: "web" })).claims.iss).toBe(rotation.to);
    await rotation.advance();
    expect([user.claims.iss, user.role]).toEqual([rotation.to, "web"]);
    expect(await next()).toEqual([rotation.to, true]);
    await rotation.retire();
    expect(account.roles.map(({ role, key }) => [role, key])).toEqual([["web", rotation.to]]);
    expect(await next()).toEqual([rotation.to, true]);
    expect(rotation.role).toBe("web");
  });

  test("follows changes of the role", async () => {
    const { account } = await tree();
    await account.addRole("web");
    const rotation = await account.rotateSigningKey({ from: "web" });
    await account.editRole("web", (scope) => {
      scope.role = "browsers";
      scope.template.subs = 5;
    });
    expect(rotation.role).toBe("browsers");
    expect(account.roles.map(({ role, template }) => [role, template.subs])).toEqual([
      ["browsers", 5],
      ["browsers", 5],
    ]);
    await rotation.advance({ distribute: done });
    expect(await issuerOf(account, { role: "browsers" })).toBe(rotation.to);
  });

  test("keeps members of the scope that this version does not know", async () => {
    const { nsc, store } = world();
    const key = keyNamed("operator");
    const account = await (await nsc.addOperator("local", { key: key.seed })).addAccount("APP");
    const old = await account.addRole("web");
    // What a later version would have written.
    const payload = payloadOf(await tokenAt(store, APP)).replace('"template":{', '"template":{"fences":["high"],');
    await store.commit({ tokens: [{ path: APP, token: tokenOf({ key, payload }) }] });
    await account.refresh();
    const rotation = await account.rotateSigningKey({ from: "web" });
    const keys = (await wire(store, APP)).nats.signing_keys as unknown as { key: string; template: object }[];
    expect(keys.find(({ key }) => key === rotation.to)?.template).toMatchObject({ fences: ["high"] });
    expect(keys.find(({ key }) => key === old)?.template).toMatchObject({ fences: ["high"] });
  });
});

describe("who signs while a rotation is under way", () => {
  test.each(["prepared", "distributed", "cut-over"])("is who was asked for: %s", async (stage) => {
    const { account, old, user } = await keyed();
    const rotation = await account.rotateSigningKey({ from: old });
    if (stage !== "prepared") await rotation.advance({ distribute: done });
    if (stage === "cut-over") await rotation.advance();
    for (const signer of [rotation.to, old]) {
      expect(await issuerOf(account, { signer })).toBe(signer);
      await user.reissue({ signer });
      expect(user.claims.iss).toBe(signer);
    }
  });

  test("goes on to be the new key where it was asked for early", async () => {
    const { account, old, user } = await keyed();
    const rotation = await account.rotateSigningKey({ from: old });
    await user.reissue({ signer: rotation.to });
    await user.reissue();
    expect(user.claims.iss).toBe(rotation.to);
  });

  test("is chosen alike by nsc's policy", async () => {
    const { operator, account, old, user } = await keyed({ signerPolicy: "identity-first" });
    await operator.requireSigningKeys();
    const rotation = await account.rotateSigningKey({ from: old });
    expect([await issuerOf(account), (await account.addUser("v")).claims.iss]).toEqual([old, old]);
    await rotation.advance({ distribute: done });
    await user.reissue();
    expect([await issuerOf(account), user.claims.iss]).toEqual([rotation.to, rotation.to]);
  });

  test("is never a third key, nor the old one in the place of the new", async () => {
    const { account, old, store } = await keyed();
    const away = createKeyPair("account");
    const rotation = await account.rotateSigningKey({ from: old, to: away.publicKey });
    expect(await issuerOf(account)).toBe(old);
    await rotation.advance({ distribute: done });
    await refused(store, () => issuerOf(account), "ERR_SIGNER_MISSING", away.publicKey, old);
    await refused(store, () => account.addUser("v"), "ERR_SIGNER_MISSING", away.publicKey);
    await refused(store, () => rotation.advance(), "ERR_SIGNER_MISSING", away.publicKey);
    expect(rotation.stage).toBe("distributed");
    // Whoever brings the key goes on.
    await account.rotateSigningKey({
      from: old,
      to: { publicKey: away.publicKey, sign: async (bytes) => away.sign(bytes) },
    });
    await rotation.advance();
    expect([rotation.stage, await issuerOf(account)]).toEqual(["cut-over", away.publicKey]);
    expect(await store.getKey(away.publicKey)).toBeUndefined();
  });

  test("is chosen for a role that signer asks for by its name", async () => {
    const { account } = await tree();
    const old = await account.addRole("web");
    const rotation = await account.rotateSigningKey({ from: "web" });
    expect(await issuerOf(account, { signer: "web" })).toBe(old);
    await rotation.advance({ distribute: done });
    expect((await account.addUser("u", { signer: "web" })).claims.iss).toBe(rotation.to);
  });

  test("is not the identity when somebody makes the new key one for something else", async () => {
    const { account, old } = await keyed();
    const rotation = await account.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    await account.edit(({ nats }) => {
      const scope = createScope(rotation.to, { role: "web" });
      nats.signing_keys = [old, scope];
    });
    expect(await issuerOf(account)).toBe(old);
  });

  test("stays ambiguous where other keys make it so", async () => {
    const { account, old, store } = await keyed();
    const other = await account.addSigningKey();
    const rotation = await account.rotateSigningKey({ from: old });
    const before = await refused(store, () => issuerOf(account), "ERR_SIGNER_AMBIGUOUS", old, other);
    expect(before.message).not.toContain(rotation.to);
    await rotation.advance({ distribute: done });
    const after = await refused(store, () => issuerOf(account), "ERR_SIGNER_AMBIGUOUS", rotation.to, other);
    expect(after.message).not.toContain(old);
  });

  test("is found with a remote signer alone", async () => {
    const [old, next] = [createKeyPair("account"), createKeyPair("account")];
    const { account, store } = await tree({
      resolveSigner: async (publicKey) => {
        const pair = [old, next].find((each) => each.publicKey === publicKey);
        return pair && { publicKey, sign: async (bytes) => pair.sign(bytes) };
      },
    });
    await account.addSigningKey({ key: old.publicKey });
    await account.removeSigningKey(only(keysOf(account).filter((key) => key !== old.publicKey)));
    const user = await account.addUser("u");
    const rotation = await account.rotateSigningKey({ from: old.publicKey, to: next.publicKey });
    await rotation.advance({ distribute: done });
    await rotation.advance();
    await rotation.retire({ deleteKey: true });
    expect([user.claims.iss, await issuerOf(account)]).toEqual([next.publicKey, next.publicKey]);
    expect([await store.getKey(old.publicKey), await store.getKey(next.publicKey)]).toEqual([undefined, undefined]);
  });
});

describe("rotateSigningKey", () => {
  test("goes on with the rotation that is under way", async () => {
    const { account, old, store } = await keyed();
    const rotation = await account.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    await writesNothing(store, async () => {
      const again = await account.rotateSigningKey({ from: old });
      expect([again.from, again.to, again.stage]).toEqual([old, rotation.to, "distributed"]);
      expect((await account.rotateSigningKey({ from: old, to: rotation.to })).to).toBe(rotation.to);
    });
    const other = createKeyPair("account").publicKey;
    await refused(
      store,
      () => account.rotateSigningKey({ from: old, to: other }),
      "ERR_ROTATION_STAGE",
      rotation.to,
      other,
    );
    await refused(store, () => account.rotateSigningKey({ from: rotation.to }), "ERR_ROTATION_STAGE", rotation.to, old);
  });

  test("goes on with that of a role by the role's name, too", async () => {
    const { account } = await tree();
    await account.addRole("web");
    const rotation = await account.rotateSigningKey({ from: "web" });
    for (let stage = 0; stage < 3; stage++) {
      expect((await account.rotateSigningKey({ from: "web" })).to).toBe(rotation.to);
      if (stage < 2) await rotation.advance({ distribute: done });
    }
    await rotation.retire();
    expect((await account.rotateSigningKey({ from: "web" })).from).toBe(rotation.to);
  });

  test.each<[string, (made: { readonly account: Account; readonly old: string }) => object, NscErrorCode, string]>([
    ["a key of nobody", () => ({ from: createKeyPair("account").publicKey }), "ERR_ENTITY_NOT_FOUND", "no signing key"],
    ["a role that there is not", () => ({ from: "web" }), "ERR_ENTITY_NOT_FOUND", '"web"'],
    ["the identity", ({ account }) => ({ from: account.publicKey }), "ERR_ENTITY_NOT_FOUND", "identity"],
    ["no key", () => ({}), "ERR_ARGUMENT_INVALID", "from"],
    ["the same key again", ({ old }) => ({ from: old, to: old }), "ERR_ENTITY_EXISTS", "already"],
    [
      "the identity as the new key",
      ({ account, old }) => ({ from: old, to: account.publicKey }),
      "ERR_ENTITY_EXISTS",
      "already",
    ],
    ["a new key of another kind", ({ old }) => ({ from: old, to: createKeyPair("user") }), "ERR_KEY_KIND", "account"],
    ["a misspelt option", ({ old }) => ({ from: old, key: "x" }), "ERR_ARGUMENT_INVALID", "key"],
  ])("refuses %s", async (_, options, code, word) => {
    const { account, old, store } = await keyed();
    await refused(
      store,
      () => account.rotateSigningKey(options({ account, old }) as RotateSigningKeyOptions),
      code,
      word,
    );
    expect(await account.rotations()).toEqual([]);
  });

  test("has one of several keys of a role said", async () => {
    const { account, store } = await tree();
    const first = await account.addRole("web");
    const second = createKeyPair("account").publicKey;
    await account.edit(({ nats }) => {
      const [scope] = nats.signing_keys?.filter((key) => typeof key === "object") ?? [];
      if (scope !== undefined) nats.signing_keys?.push({ ...scope, key: second });
    });
    await refused(store, () => account.rotateSigningKey({ from: "web" }), "ERR_SIGNER_AMBIGUOUS", first, second);
    expect((await account.rotateSigningKey({ from: second })).role).toBe("web");
  });

  test("refuses a new key that takes part in another rotation", async () => {
    const { account, old, store } = await keyed();
    const other = await account.addSigningKey();
    const rotation = await account.rotateSigningKey({ from: old });
    for (const to of [rotation.to, old]) {
      await refused(store, () => account.rotateSigningKey({ from: other, to }), "ERR_ENTITY_EXISTS", to);
    }
  });
});
