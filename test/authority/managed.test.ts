import {
  type AccountClaims,
  createAccountClaims,
  createOperatorClaims,
  createUserClaims,
  encode,
  isRevoked,
  type KeyPair,
  Nsc,
  type NscErrorCode,
  type NscOptions,
  type Operator,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import {
  ACCOUNT,
  held,
  key,
  keysIn,
  OPERATOR,
  PLANTED,
  publicKeys,
  read,
  readAt,
  refusal,
  seedText,
  tokensOf,
  type WatchedStore,
  watchedStore,
} from "./signer-fixtures.ts";

const OSK = key("operator", 40);
const OSK2 = key("operator", 60);
const EVIL = key("operator", 200);
const SK = key("account", 40);

interface OperatorInit {
  readonly strict?: boolean;
  readonly name?: string;
  readonly by?: KeyPair;
  readonly keys?: readonly KeyPair[];
  readonly tags?: string[];
}

/** What the company that runs the servers hands out. */
function theirToken({ strict = false, name = "cloud", by = OPERATOR, keys = [OSK], tags = [] }: OperatorInit = {}) {
  const claims = createOperatorClaims(OPERATOR.publicKey, {
    name,
    nats: {
      signing_keys: keys.map(({ publicKey }) => publicKey),
      ...(strict && { strict_signing_key_usage: true }),
      ...(tags.length > 0 && { tags }),
    },
  });
  return encode(claims, by, { issuedAt: PLANTED });
}

interface Managed {
  readonly store: WatchedStore;
  readonly nsc: Nsc;
  readonly operator: Operator;
}

async function managed(init: OperatorInit = {}, options: NscOptions = {}): Promise<Managed> {
  const store = watchedStore();
  const nsc = new Nsc({ store, ...options });
  return { store, nsc, operator: await nsc.importOperator(await theirToken(init)) };
}

/** The public keys of the accounts that wait for the operator's version. */
async function pendingOf(store: WatchedStore, operator = "cloud"): Promise<string[]> {
  const names = [...(await store.readMeta(operator)).keys()];
  return names.filter((name) => name.startsWith("pending/")).map((name) => name.slice("pending/".length));
}

const limited = (claims: AccountClaims) => {
  claims.nats.limits.conn = 5;
};

const good = await theirToken();
const [header, payload, signature] = good.split(".") as [string, string, string];
const account = await encode(createAccountClaims(ACCOUNT.publicKey, { name: "A" }), OPERATOR);

describe("importOperator", () => {
  test("keeps the token as it is, under the name in it", async () => {
    const token = await theirToken({ tags: ["theirs"] });
    const store = watchedStore();
    const nsc = new Nsc({ store });
    const operator = await nsc.importOperator(token);
    expect([operator.name, operator.publicKey, operator.token]).toEqual(["cloud", OPERATOR.publicKey, token]);
    expect(operator.isManaged).toBe(true);
    expect(await tokensOf(store)).toEqual([{ path: ["cloud"], token }]);
    expect((await store.readMeta("cloud")).has("managed")).toBe(true);
    // Others see it, too.
    expect((await new Nsc({ store }).operator("cloud")).isManaged).toBe(true);
    expect((await new Nsc({ store: watchedStore() }).addOperator("own")).isManaged).toBe(false);
  });

  test("keeps it under another name, without changing it", async () => {
    const token = await theirToken();
    const store = watchedStore();
    const operator = await new Nsc({ store }).importOperator(token, { name: "prod" });
    expect([operator.name, operator.claims.name, operator.token]).toEqual(["prod", "cloud", token]);
    await operator.addAccount("A");
    await operator.rename("live");
    expect([operator.name, operator.token, operator.isManaged]).toEqual(["live", token, true]);
    expect((await store.readMeta("live")).has("managed")).toBe(true);
    const a = await operator.account("A");
    expect(await pendingOf(store, "live")).toEqual([a.publicKey]);
    expect(await store.read(["prod"])).toBeUndefined();
  });

  test.each(["a/b", "..", "", " cloud"])("refuses a name that can't be kept: %j", async (name) => {
    const store = watchedStore();
    const token = await theirToken({ name });
    await refusal(store, "ERR_NAME_INVALID", () => new Nsc({ store }).importOperator(token));
    const sound = await theirToken();
    await refusal(store, "ERR_NAME_INVALID", () => new Nsc({ store }).importOperator(sound, { name }));
    expect((await new Nsc({ store }).importOperator(token, { name: "sound" })).name).toBe("sound");
  });

  test("replaces the token of the same operator only when it is told to", async () => {
    const { store, nsc, operator } = await managed();
    const next = await theirToken({ tags: ["next"] });
    const error = await refusal(store, "ERR_ENTITY_EXISTS", () => nsc.importOperator(next));
    expect(error.message).toContain('operator "cloud"');
    expect(error.message).toContain("replace");
    await refusal(store, "ERR_ENTITY_EXISTS", () => nsc.importOperator(next, { replace: false }));
    const again = await nsc.importOperator(next, { replace: true });
    expect(again.token).toBe(next);
    // The handle that was there shows it, too.
    expect(operator.token).toBe(next);
    expect(await store.read(["cloud"])).toBe(next);
  });

  test("does not replace a token by an older one", async () => {
    const { store, nsc } = await managed();
    const claims = createOperatorClaims(OPERATOR.publicKey, { name: "cloud" });
    const older = await encode(claims, OPERATOR, { issuedAt: PLANTED - 1 });
    const error = await refusal(store, "ERR_ENTITY_EXISTS", () => nsc.importOperator(older, { replace: true }));
    expect(error.message).toContain("newer");
  });

  test("leaves an operator whose keys are here as it is when it replaces its token", async () => {
    const store = watchedStore();
    const nsc = new Nsc({ store, clock: () => new Date((PLANTED - 60) * 1000) });
    const own = await nsc.addOperator("cloud", { key: OPERATOR });
    const next = await theirToken();
    const operator = await nsc.importOperator(next, { replace: true });
    expect([operator.token, operator.isManaged, own.isManaged]).toEqual([next, false, false]);
    expect((await store.readMeta("cloud")).has("managed")).toBe(false);
  });

  test("never replaces another operator", async () => {
    const { store, nsc } = await managed();
    const claims = createOperatorClaims(EVIL.publicKey, { name: "cloud" });
    const token = await encode(claims, EVIL);
    for (const replace of [true, false]) {
      const error = await refusal(store, "ERR_ENTITY_EXISTS", () => nsc.importOperator(token, { replace }));
      expect(error.message).toContain("another");
      expect(error.message).not.toContain("pass replace");
    }
    expect((await nsc.importOperator(token, { name: "other" })).publicKey).toBe(EVIL.publicKey);
  });

  test("keeps accounts and users when it replaces", async () => {
    const { store, nsc, operator } = await managed();
    const a = await operator.addAccount("A");
    await a.addUser("u");
    await nsc.importOperator(await theirToken({ tags: ["next"] }), { replace: true });
    expect((await tokensOf(store)).map(({ path }) => path.join("/"))).toEqual(["cloud", "cloud/A", "cloud/A/u"]);
    expect(await pendingOf(store)).toEqual([a.publicKey]);
  });

  test("takes a token that one of the operator's signing keys has signed, as nsc lets it", async () => {
    const store = watchedStore();
    const token = await theirToken({ by: OSK });
    expect((await new Nsc({ store }).importOperator(token)).token).toBe(token);
  });

  test("does not take a token that somebody else has signed", async () => {
    const store = watchedStore();
    const token = await theirToken({ by: EVIL });
    const error = await refusal(store, "ERR_SIGNER_UNTRUSTED", () => new Nsc({ store }).importOperator(token));
    expect(error.message).toContain("signed by the operator itself");
    expect(await tokensOf(store)).toEqual([]);
  });

  test("does not take a successor from somebody who makes himself a signing key of it", async () => {
    const { store, nsc } = await managed();
    const forged = await theirToken({ by: EVIL, keys: [OSK, EVIL] });
    const error = await refusal(store, "ERR_SIGNER_UNTRUSTED", () => nsc.importOperator(forged, { replace: true }));
    expect(keysIn(error)).toContain(EVIL.publicKey);
    // A signing key that the operator is known to have is another matter.
    const next = await theirToken({ by: OSK, keys: [OSK, OSK2] });
    expect((await nsc.importOperator(next, { replace: true })).token).toBe(next);
  });

  test.each<[string, string, NscErrorCode]>([
    ["nothing", "", "ERR_JWT_FORMAT"],
    ["a text", "hello", "ERR_JWT_FORMAT"],
    ["a seed", seedText(EVIL), "ERR_JWT_FORMAT"],
    ["an account", account, "ERR_JWT_KIND"],
    ["a token without its signature", `${header}.${payload}`, "ERR_JWT_FORMAT"],
    ["another's signature", `${header}.${payload}.${account.split(".")[2]}`, "ERR_JWT_SIGNATURE"],
    [
      "other content",
      `${header}.${Buffer.from(Buffer.from(payload, "base64url").toString().replace("cloud", "clown")).toString("base64url")}.${signature}`,
      "ERR_JWT_SIGNATURE",
    ],
  ])("refuses %s", async (_, token, code) => {
    const store = watchedStore();
    const nsc = new Nsc({ store });
    await refusal(store, code, () => nsc.importOperator(token));
    await refusal(store, code, () =>
      nsc.transaction(async (tx) => {
        await tx.importOperator(token);
      }),
    );
    expect(await tokensOf(store)).toEqual([]);
  });

  test("takes part in a transaction", async () => {
    const store = watchedStore();
    const token = await theirToken();
    const nsc = new Nsc({ store });
    const a = await nsc.transaction(async (tx) => {
      const operator = await tx.importOperator(token);
      expect(operator.isManaged).toBe(true);
      return operator.addAccount("A");
    });
    expect(store.commits.length).toBe(1);
    expect(read(a.token)).toMatchObject({ iss: a.publicKey, sub: a.publicKey });
    expect(await pendingOf(store)).toEqual([a.publicKey]);
  });
});

describe.each([false, true])("under a managed operator whose keys are elsewhere, strict: %s", (strict) => {
  test("an account signs itself and waits for the operator's version", async () => {
    const { store, operator } = await managed({ strict });
    const a = await operator.addAccount("A", { signingKey: true });
    expect(read(a.token)).toMatchObject({ iss: a.publicKey, sub: a.publicKey });
    expect(await pendingOf(store)).toEqual([a.publicKey]);
    const b = await operator.addAccount("B", { key: held(ACCOUNT) });
    expect(read(b.token).iss).toBe(ACCOUNT.publicKey);
    expect((await pendingOf(store)).sort()).toEqual(publicKeys(a, b));
    const before = read(a.token).iat;
    await a.edit(limited);
    expect(read(a.token)).toMatchObject({ iss: a.publicKey, nats: { limits: { conn: 5 } } });
    expect(read(a.token).iat).toBeGreaterThan(before);
    await a.rename("A2");
    expect((await pendingOf(store)).sort()).toEqual(publicKeys(a, b));
  });

  test("users are as those of any account", async () => {
    const { store, operator } = await managed({ strict });
    const a = await operator.addAccount("A", { signingKey: SK });
    await a.addRole("web", { pub: ["orders.>"] });
    const user = await a.addUser("u");
    expect(read(user.token)).toMatchObject({ iss: SK.publicKey, nats: { issuer_account: a.publicKey } });
    expect((await user.creds()).includes(user.token)).toBe(true);
    expect((await a.addUser("w", { role: "web" })).role).toBe("web");
    expect(read((await a.issueUser("x", { expires: "1h" })).token).iss).toBe(SK.publicKey);
    const { iat } = read(user.token);
    await user.delete();
    await a.refresh();
    expect(isRevoked(a.claims.nats, user.publicKey, iat)).toBe(true);
    expect(read(a.token).iss).toBe(a.publicKey);
    expect(await pendingOf(store)).toEqual([a.publicKey]);
    // The account's identity signs users only where the operator does not demand signing keys.
    const byIdentity = () => a.addUser("y", { signer: a.publicKey });
    if (strict) await refusal(store, "ERR_SIGNER_STRICT", byIdentity);
    else expect(read((await byIdentity()).token).iss).toBe(a.publicKey);
  });

  test("no user and no operator signs itself", async () => {
    const { store, operator } = await managed({ strict });
    const a = await operator.addAccount("A", { key: held(ACCOUNT), signingKey: SK.publicKey });
    const ofUser = await refusal(store, "ERR_SIGNER_MISSING", () => a.addUser("u"));
    expect(keysIn(ofUser)).toContain(SK.publicKey);
    const runs: readonly (() => Promise<unknown>)[] = [
      () =>
        operator.edit((claims) => {
          claims.nats.tags = ["mine"];
        }),
      () => operator.addSigningKey(),
    ];
    for (const run of runs) {
      const error = await refusal(store, "ERR_SIGNER_MISSING", run);
      expect(keysIn(error)).toEqual([OPERATOR.publicKey]);
      expect(error.message).toContain('operator "cloud"');
    }
    expect((await readAt(store, "cloud")).nats["tags"]).toBeUndefined();
  });

  test("an account whose own key is elsewhere, too, is refused with the keys that would do", async () => {
    const { store, operator } = await managed({ strict });
    const error = await refusal(store, "ERR_SIGNER_MISSING", () =>
      operator.addAccount("A", { key: ACCOUNT.publicKey }),
    );
    expect(keysIn(error)).toContain(OSK.publicKey);
    expect(await pendingOf(store)).toEqual([]);
  });

  test("who is asked for signs, and nobody else", async () => {
    const { store, operator } = await managed({ strict });
    const missing = await refusal(store, "ERR_SIGNER_MISSING", () =>
      operator.addAccount("A", { signer: OSK.publicKey }),
    );
    expect(keysIn(missing)).toEqual([OSK.publicKey]);
    const foreign = await refusal(store, "ERR_SIGNER_UNTRUSTED", () => operator.addAccount("A", { signer: EVIL }));
    expect(keysIn(foreign)).toEqual([EVIL.publicKey]);
    const a = await operator.addAccount("A", { signer: OSK });
    expect(read(a.token).iss).toBe(OSK.publicKey);
    expect(await pendingOf(store)).toEqual([]);
  });

  test("an account that is asked to signs itself, though a key of the operator is at hand", async () => {
    const { store, operator } = await managed({ strict }, { resolveSigner: keyring(OSK) });
    const a = await operator.addAccount("A", { key: ACCOUNT });
    expect(read(a.token).iss).toBe(OSK.publicKey);
    for (const signer of [ACCOUNT.publicKey, ACCOUNT, held(ACCOUNT)]) {
      await a.reissue({ signer: OSK.publicKey });
      expect(await pendingOf(store)).toEqual([]);
      await a.edit(limited, { signer });
      expect(read(a.token)).toMatchObject({ iss: ACCOUNT.publicKey, nats: { limits: { conn: 5 } } });
      expect(await pendingOf(store)).toEqual([ACCOUNT.publicKey]);
    }
    const other = await operator.addAccount("B");
    await refusal(store, "ERR_SIGNER_UNTRUSTED", () => other.edit(limited, { signer: ACCOUNT }));
    const own = await (await new Nsc({ store: watchedStore() }).addOperator("own")).addAccount("C", { key: ACCOUNT });
    await expect(own.edit(limited, { signer: ACCOUNT })).rejects.toThrowCode("ERR_SIGNER_UNTRUSTED");
  });

  test("an account waits no more once a key of the operator has signed it", async () => {
    for (const sign of ["found", "asked for"] as const) {
      const { store, operator } = await managed({ strict });
      const [a, b] = [await operator.addAccount("A"), await operator.addAccount("B")];
      expect((await pendingOf(store)).sort()).toEqual(publicKeys(a, b));
      const options: NscOptions = sign === "found" ? { resolveSigner: keyring(OSK) } : {};
      const theirs = await (await new Nsc({ store, ...options }).operator("cloud")).account("A");
      await theirs.edit(limited, sign === "found" ? {} : { signer: held(OSK) });
      expect(await readAt(store, "cloud", "A")).toMatchObject({
        iss: OSK.publicKey,
        sub: a.publicKey,
        nats: { limits: { conn: 5 } },
      });
      expect(await pendingOf(store)).toEqual([b.publicKey]);
      // And again from when it is changed without that key.
      await theirs.reissue(sign === "found" ? { signer: OSK.publicKey } : { signer: OSK });
      expect(await pendingOf(store)).toEqual([b.publicKey]);
      await a.edit((claims) => {
        claims.nats.limits.conn = 6;
      });
      expect(read(a.token).iss).toBe(a.publicKey);
      expect((await pendingOf(store)).sort()).toEqual(publicKeys(a, b));
    }
  });

  test("an account that is deleted does not wait any more", async () => {
    const { store, operator } = await managed({ strict });
    const [a, b] = [await operator.addAccount("A"), await operator.addAccount("B")];
    await a.delete();
    expect(await pendingOf(store)).toEqual([b.publicKey]);
  });

  test("what fails leaves nothing waiting", async () => {
    const { store, nsc } = await managed({ strict });
    await expect(
      nsc.transaction(async (tx) => {
        await (await tx.operator("cloud")).addAccount("A");
        throw new RangeError("changed my mind");
      }),
    ).rejects.toThrow(RangeError);
    const resolveSigner = async (publicKey: string) => {
      if (publicKey === OSK.publicKey) throw new Error("no route to the service");
      return undefined;
    };
    // A service that fails is no key that is elsewhere.
    const other = await new Nsc({ store, resolveSigner }).operator("cloud");
    await refusal(store, "ERR_SIGNER_FAILED", () => other.addAccount("A"));
    expect(await pendingOf(store)).toEqual([]);
    expect(await store.read(["cloud", "A"])).toBeUndefined();
  });

  test("several of the operator's keys at hand are a choice to make", async () => {
    const { store, operator } = await managed({ strict, keys: [OSK, OSK2] }, { resolveSigner: keyring(OSK, OSK2) });
    const error = await refusal(store, "ERR_SIGNER_AMBIGUOUS", () => operator.addAccount("A"));
    expect(keysIn(error)).toEqual(publicKeys(OSK, OSK2));
    const one = await managed({ strict, keys: [OSK, OSK2] }, { resolveSigner: keyring(OSK2) });
    expect(read((await one.operator.addAccount("A")).token).iss).toBe(OSK2.publicKey);
    expect(await pendingOf(one.store)).toEqual([]);
  });
});

test("an account does not sign itself instead of a key of the operator that is at hand, but was not asked for", async () => {
  const { store, operator } = await managed({ keys: [OSK, OSK2] }, { resolveSigner: keyring(OSK) });
  const { name } = await operator.addAccount("A");
  const nsc = new Nsc({ store, resolveSigner: keyring(OSK2) });
  const a = await (await nsc.operator("cloud")).account(name);
  const error = await refusal(store, "ERR_SIGNER_MISSING", () => a.edit(limited));
  expect(keysIn(error)).toEqual(publicKeys(OSK, OSK2));
  await a.edit(limited, { signer: OSK2.publicKey });
  expect(read(a.token).iss).toBe(OSK2.publicKey);
});

test("an account of an operator that is not managed never signs itself", async () => {
  const store = watchedStore();
  await store.commit({ tokens: [{ path: ["cloud"], token: await theirToken() }] });
  const operator = await new Nsc({ store }).operator("cloud");
  const error = await refusal(store, "ERR_SIGNER_MISSING", () => operator.addAccount("A"));
  expect(keysIn(error)).toEqual([OSK.publicKey]);
});

test("the operator's version of an account is edited like any other", async () => {
  const { store, operator } = await managed();
  const a = await operator.addAccount("A", { signingKey: SK });
  // What a pull leaves.
  const claims = createAccountClaims(a.publicKey, { name: "A", nats: { signing_keys: [SK.publicKey] } });
  claims.nats.limits.conn = 3;
  await store.commit({ tokens: [{ path: ["cloud", "A"], token: await encode(claims, OSK, { issuedAt: PLANTED }) }] });
  await a.refresh();
  expect(a.claims.iss).toBe(OSK.publicKey);
  const user = await a.addUser("u");
  expect(read(user.token)).toMatchObject({ iss: SK.publicKey, nats: { issuer_account: a.publicKey } });
  await a.edit((edited) => {
    edited.nats.limits.leaf = 4;
  });
  expect(read(a.token)).toMatchObject({ iss: a.publicKey, nats: { limits: { conn: 3, leaf: 4 } } });
  expect(await pendingOf(store)).toEqual([a.publicKey]);
});

test("users that others signed stay as they are", async () => {
  const { store, operator } = await managed();
  const a = await operator.addAccount("A", { signingKey: SK });
  const user = createUserClaims(key("user", 90).publicKey, { name: "theirs" });
  user.nats.issuer_account = a.publicKey;
  const token = await encode(user, SK, { issuedAt: PLANTED });
  await store.commit({ tokens: [{ path: ["cloud", "A", "theirs"], token }] });
  await a.edit(limited);
  expect((await a.user("theirs")).token).toBe(token);
});

function keyring(...pairs: readonly KeyPair[]): NonNullable<NscOptions["resolveSigner"]> {
  return async (wanted) => {
    const pair = pairs.find(({ publicKey }) => publicKey === wanted);
    return pair && held(pair);
  };
}
