import * as nkeys from "@nats-io/nkeys";
import fc from "fast-check";
import {
  type Account,
  createScope,
  encode,
  isNscError,
  type KeyPair,
  keyPairFromPublicKey,
  keyPairFromSeed,
  Nsc,
  type NscErrorCode,
  type SignerInput,
  type SignerPolicy,
  type SigningKey,
  type Store,
  type UserClaims,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import {
  ACCOUNT,
  held,
  key,
  keysIn,
  OPERATOR,
  type Payload,
  PLANTED,
  plant,
  publicKeys,
  read,
  readAt,
  refusal,
  seedText,
  type TreeInit,
  tokensOf,
  USER,
  type WatchedStore,
} from "./signer-fixtures.ts";

const OSK = key("operator", 40);
const OSK2 = key("operator", 80);
const SK = key("account", 40);
const SK2 = key("account", 60);
const SK3 = key("account", 80);
const WEB = key("account", 100);
const JOBS = key("account", 120);
const STRANGER = key("account", 200);

const web = createScope(WEB.publicKey, { role: "web", template: { pub: { allow: ["orders.>"] } } });
const jobs = createScope(JOBS.publicKey, { role: "jobs" });

async function account(store: Store, signerPolicy: SignerPolicy = "signing-key-first"): Promise<Account> {
  return (await new Nsc({ store, signerPolicy }).operator("O")).account("A");
}

/** The account of a tree, and its store. */
async function planted(tree: TreeInit, policy?: SignerPolicy): Promise<{ store: WatchedStore; a: Account }> {
  const store = await plant(tree);
  return { store, a: await account(store, policy) };
}

type Add = (a: Account, signer?: SignerInput) => Promise<Payload>;

/** The ways to have a user signed, each with the token that comes of it. */
const doors: readonly [string, Add][] = [
  ["addUser", addUser],
  ["issueUser", issueUser],
];

async function addUser(a: Account, signer?: SignerInput): Promise<Payload> {
  return read((await a.addUser("fresh", signer === undefined ? {} : { signer })).token);
}

async function issueUser(a: Account, signer?: SignerInput): Promise<Payload> {
  const options = signer === undefined ? {} : { signer };
  return read((await a.issueUser("fresh", { expires: "1h", ...options })).token);
}

describe.each(doors)("who is asked for as signer of %s", (_, add) => {
  const tree: TreeInit = {
    operatorKeys: [OSK],
    accountKeys: [SK.publicKey, SK2.publicKey, web],
    seeds: [ACCOUNT, SK, SK2, WEB],
  };

  test.each<[string, SignerInput, KeyPair]>([
    ["a public key", SK2.publicKey, SK2],
    ["the public key of the identity", ACCOUNT.publicKey, ACCOUNT],
    ["the public key of a role's key", WEB.publicKey, WEB],
    ["a role", "web", WEB],
    ["a key pair of ours", SK2, SK2],
    ["a key pair of @nats-io/nkeys", nkeys.fromSeed(SK2.getSeed()), SK2],
    ["a role's key pair of @nats-io/nkeys", nkeys.fromSeed(WEB.getSeed()), WEB],
    ["a signer that signs at once", { publicKey: SK2.publicKey, sign: (bytes) => SK2.sign(bytes) }, SK2],
    ["a signer that lets wait", held(SK2), SK2],
    ["a signer for the identity", held(ACCOUNT), ACCOUNT],
    ["a signer for a role's key", held(WEB), WEB],
  ])("as %s, signs", async (_name, signer, by) => {
    const { a } = await planted(tree);
    const token = await add(a, signer);
    expect(token.iss).toBe(by.publicKey);
    // A server looks for the account by the issuer unless it is told.
    expect(token.nats.issuer_account).toBe(by === ACCOUNT ? undefined : ACCOUNT.publicKey);
    // One of a role may have no limits of its own, not even -1; any other needs them.
    expect(token.nats["subs"]).toBe(by === WEB ? undefined : -1);
  });

  test("signs without its seed being in the store, and does not get there", async () => {
    for (const signer of [SK2, held(SK2), nkeys.fromSeed(SK2.getSeed()), held(WEB), held(ACCOUNT)]) {
      const { store, a } = await planted({ ...tree, seeds: [] });
      await add(a, signer);
      for (const { publicKey } of [SK2, WEB, ACCOUNT]) expect(await store.getKey(publicKey)).toBeUndefined();
    }
  });

  test("but only known by its public key has to be at hand", async () => {
    const { store, a } = await planted({ ...tree, seeds: [SK] });
    const error = await refusal(store, "ERR_SIGNER_MISSING", () => add(a, SK2.publicKey));
    expect(keysIn(error)).toEqual(publicKeys(SK2, SK));
    const ofRole = await refusal(store, "ERR_SIGNER_MISSING", () => add(a, "web"));
    expect(ofRole.message).toContain(`${WEB.publicKey} (role "web")`);
  });

  test.each<[string, string]>([
    ["a role that there is not", "webb"],
    ["a role in another case", "WEB"],
    ["a public key of somebody else", STRANGER.publicKey],
    ["the public key of the operator", OPERATOR.publicKey],
    ["the name of a user", "u"],
    ["no text", ""],
  ])("as %s is refused, and told what there is", async (_name, signer) => {
    const { store, a } = await planted(tree);
    const error = await refusal(store, "ERR_SIGNER_UNKNOWN", () => add(a, signer));
    expect(keysIn(error)).toEqual(
      [...new Set([...publicKeys(ACCOUNT, SK, SK2, WEB), ...(signer.length === 56 ? [signer] : [])])].sort(),
    );
    expect(error.message).toContain('account "A"');
    expect(error.message).toContain('(role "web")');
  });

  test("as a seed is refused without a word of it", async () => {
    const { store, a } = await planted(tree);
    const error = await refusal(store, "ERR_SIGNER_UNKNOWN", () => add(a, seedText(SK2)));
    expect(error.message).not.toContain(seedText(SK2).slice(0, 20));
  });

  test.each<[string, SignerInput, string]>([
    ["another account's pair", STRANGER, STRANGER.publicKey],
    ["another account's pair of @nats-io/nkeys", nkeys.fromSeed(STRANGER.getSeed()), STRANGER.publicKey],
    ["another account's signer", held(STRANGER), STRANGER.publicKey],
    ["the operator's pair", OPERATOR, OPERATOR.publicKey],
    ["the pair of an operator's signing key", OSK, OSK.publicKey],
    ["a user's pair", USER, USER.publicKey],
    ["a curve key", key("curve", 1), key("curve", 1).publicKey],
  ])("as %s is refused by name", async (_name, signer, publicKey) => {
    const { store, a } = await planted(tree);
    const error = await refusal(store, "ERR_SIGNER_UNTRUSTED", () => add(a, signer));
    expect(keysIn(error)).toEqual([publicKey]);
    expect(error.message).toContain('account "A"');
  });

  test.each<[string, unknown]>([
    ["null", null],
    ["a number", 5],
    ["an empty object", {}],
    ["bytes", SK2.getSeed()],
    ["a public key and nothing that signs", { publicKey: SK2.publicKey }],
    ["a function", (bytes: Uint8Array) => SK2.sign(bytes)],
  ])("as %s is no signer", async (_name, signer) => {
    const { store, a } = await planted(tree);
    await refusal(store, "ERR_SIGNER_INVALID", () => add(a, signer as SignerInput));
  });

  test("as a pair that can't sign is refused, though the store has its seed", async () => {
    const cleared = keyPairFromSeed(SK2.getSeed());
    cleared.clear();
    const { store, a } = await planted(tree);
    await refusal(store, "ERR_NKEY_CLEARED", () => add(a, cleared));
    await refusal(store, "ERR_NKEY_PUBLIC_ONLY", () => add(a, keyPairFromPublicKey(SK2.publicKey)));
    const theirs = await refusal(store, "ERR_SIGNER_FAILED", () => add(a, nkeys.fromPublic(SK2.publicKey)));
    expect(keysIn(theirs)).toEqual([SK2.publicKey]);
  });
});

describe("a role and a signer", () => {
  test("exclude each other", async () => {
    const { store, a } = await planted({ accountKeys: [SK.publicKey, web], seeds: [SK, WEB] });
    await refusal(store, "ERR_ARGUMENT_INVALID", () => a.addUser("x", { role: "web", signer: SK }));
    await refusal(store, "ERR_ARGUMENT_INVALID", () => a.issueUser("x", { role: "web", signer: SK, expires: "1h" }));
  });

  test.each<[string, KeyPair[], NscErrorCode | KeyPair]>([
    ["both keys of the role at hand", [WEB, JOBS, SK], "ERR_SIGNER_AMBIGUOUS"],
    ["one of the role's keys at hand", [JOBS, SK, ACCOUNT], JOBS],
    ["no key of the role at hand", [SK, ACCOUNT], "ERR_SIGNER_MISSING"],
  ])("with two keys of one role: %s", async (_, seeds, expected) => {
    const accountKeys = [web, createScope(JOBS.publicKey, { role: "web" }), SK.publicKey];
    const { store, a } = await planted({ accountKeys, seeds });
    for (const add of [() => a.addUser("x", { role: "web" }), () => a.issueUser("x", { role: "web", expires: "1h" })]) {
      if (typeof expected !== "string") expect(read((await add()).token).iss).toBe(expected.publicKey);
      else {
        const error = await refusal(store, expected, add);
        const others = expected === "ERR_SIGNER_MISSING" ? seeds : [];
        expect(keysIn(error)).toEqual(publicKeys(WEB, JOBS, ...others));
      }
    }
    // One of them by its key is never ambiguous.
    if (expected === "ERR_SIGNER_AMBIGUOUS") {
      expect(read((await a.addUser("y", { signer: WEB.publicKey })).token).iss).toBe(WEB.publicKey);
      const user = await a.user("y");
      await user.edit((claims) => {
        claims.nats.tags = ["edited"];
      });
      expect(read(user.token)).toMatchObject({ iss: WEB.publicKey, nats: { tags: ["edited"] } });
    }
  });
});

describe("an edit", () => {
  const edit = async (a: Account, signer?: SignerInput): Promise<Payload> => {
    const user = await a.user("u");
    await user.edit(
      (claims) => {
        claims.nats.tags = ["edited"];
      },
      signer === undefined ? {} : { signer },
    );
    return read(user.token);
  };
  const keys = [SK.publicKey, SK2.publicKey, web];
  const all = [ACCOUNT, SK, SK2, WEB];

  test.each<[string, KeyPair]>([
    ["a signing key among others", SK2],
    ["the identity, where there are signing keys", ACCOUNT],
    ["a role's key", WEB],
  ])("keeps the issuer: %s", async (_, userBy) => {
    for (const policy of ["signing-key-first", "identity-first"] as const) {
      const { store, a } = await planted({ accountKeys: keys, userBy, userScoped: userBy === WEB, seeds: all }, policy);
      expect(await edit(a)).toMatchObject({ iss: userBy.publicKey, nats: { tags: ["edited"] } });
      expect((await readAt(store, "O", "A", "u")).iss).toBe(userBy.publicKey);
    }
  });

  test("signs with no other key when the issuer's is not at hand, and says which are", async () => {
    const { store, a } = await planted({ accountKeys: keys, userBy: SK2, seeds: [ACCOUNT, WEB] });
    const before = (await a.user("u")).token;
    const error = await refusal(store, "ERR_SIGNER_MISSING", () => edit(a));
    expect(keysIn(error)).toEqual(publicKeys(SK2, ACCOUNT, WEB));
    expect(error.message).toContain('user "u"');
    expect(error.message.indexOf(SK2.publicKey)).toBeLessThan(error.message.indexOf(ACCOUNT.publicKey));
    expect((await a.user("u")).token).toBe(before);
    // Asked for, one of those signs.
    expect((await edit(a, ACCOUNT.publicKey)).iss).toBe(ACCOUNT.publicKey);
  });

  test("asks the policy when the issuer may not issue any more", async () => {
    for (const userBy of [STRANGER, SK3]) {
      const single = await planted({ accountKeys: [SK.publicKey, web], userBy, seeds: [ACCOUNT, SK, SK3, WEB] });
      expect((await edit(single.a)).iss).toBe(SK.publicKey);
      const several = await planted({ accountKeys: keys, userBy, seeds: all });
      expect(keysIn(await refusal(several.store, "ERR_SIGNER_AMBIGUOUS", () => edit(several.a)))).toEqual(
        publicKeys(SK, SK2),
      );
    }
  });

  test("of a user that the identity signed goes to a signing key under a strict operator", async () => {
    const { a } = await planted({
      strict: true,
      operatorKeys: [OSK],
      accountKeys: [SK.publicKey],
      userBy: ACCOUNT,
      seeds: [ACCOUNT, SK],
    });
    expect((await edit(a)).iss).toBe(SK.publicKey);
  });

  test("with a signer changes hands, even if it changes nothing else", async () => {
    const { a } = await planted({ accountKeys: keys, userBy: SK, seeds: all });
    const user = await a.user("u");
    await user.edit(() => undefined);
    expect(read(user.token)).toMatchObject({ iss: SK.publicKey, iat: PLANTED });
    await user.edit(() => undefined, { signer: SK2 });
    expect(read(user.token)).toMatchObject({ iss: SK2.publicKey, nats: { subs: -1 } });
    await user.reissue({ signer: "web" });
    expect(read(user.token).iss).toBe(WEB.publicKey);
    expect(read(user.token).nats["subs"]).toBeUndefined();
    expect(user.role).toBe("web");
    await user.reissue({ signer: ACCOUNT.publicKey });
    expect(read(user.token)).toMatchObject({ iss: ACCOUNT.publicKey, nats: { subs: -1, data: -1, payload: -1 } });
    expect(read(user.token).nats.issuer_account).toBe(ACCOUNT.publicKey);
  });

  test("of an account keeps the operator's key that signed it", async () => {
    for (const accountBy of [OPERATOR, OSK2]) {
      const { a } = await planted({ operatorKeys: [OSK, OSK2], accountBy, seeds: [OPERATOR, OSK, OSK2] });
      await a.edit((claims) => {
        claims.nats.limits.conn = 7;
      });
      expect(read(a.token).iss).toBe(accountBy.publicKey);
      await a.reissue({ signer: OSK.publicKey });
      expect(read(a.token).iss).toBe(OSK.publicKey);
    }
  });
});

describe("signing keys first", () => {
  const add = addUser;

  test("the identity signs where there is no signing key without a scope", async () => {
    expect((await add((await planted({ seeds: [ACCOUNT] })).a)).iss).toBe(ACCOUNT.publicKey);
    const { a } = await planted({ accountKeys: [web], seeds: [ACCOUNT, WEB] });
    expect((await add(a)).iss).toBe(ACCOUNT.publicKey);
  });

  test("the identity does not step in for the signing key", async () => {
    const { store, a } = await planted({ accountKeys: [SK.publicKey, web], seeds: [ACCOUNT, WEB] });
    const error = await refusal(store, "ERR_SIGNER_MISSING", () => add(a));
    expect(keysIn(error)).toEqual(publicKeys(SK, ACCOUNT, WEB));
    expect(error.message).toContain('user "fresh"');
  });

  test("a role's key does not step in for the identity", async () => {
    const { store, a } = await planted({ accountKeys: [web], seeds: [WEB] });
    const error = await refusal(store, "ERR_SIGNER_MISSING", () => add(a));
    expect(keysIn(error)).toEqual(publicKeys(ACCOUNT, WEB));
    expect(error.message).toContain(`${WEB.publicKey} (role "web")`);
  });

  test("of several only those at hand count", async () => {
    const accountKeys = [SK.publicKey, SK2.publicKey, SK3.publicKey, web];
    const none = await planted({ accountKeys, seeds: [WEB] });
    expect(keysIn(await refusal(none.store, "ERR_SIGNER_MISSING", () => add(none.a)))).toEqual(
      publicKeys(SK, SK2, SK3, WEB),
    );
    const one = await planted({ accountKeys, seeds: [ACCOUNT, SK2, WEB] });
    expect((await add(one.a)).iss).toBe(SK2.publicKey);
    const two = await planted({ accountKeys, seeds: [ACCOUNT, SK, SK3, WEB] });
    const error = await refusal(two.store, "ERR_SIGNER_AMBIGUOUS", () => add(two.a));
    expect(keysIn(error)).toEqual(publicKeys(SK, SK3));
    expect(error.message).toContain('account "A"');
    expect(error.message).toContain('user "fresh"');
  });

  test("accounts are signed by the same rules", async () => {
    const add = async (store: WatchedStore, signer?: SignerInput): Promise<string> => {
      const operator = await new Nsc({ store }).operator("O");
      return read((await operator.addAccount("B", signer === undefined ? {} : { signer })).token).iss;
    };
    expect(await add(await plant({ seeds: [OPERATOR] }))).toBe(OPERATOR.publicKey);
    expect(await add(await plant({ operatorKeys: [OSK], seeds: [OPERATOR, OSK] }))).toBe(OSK.publicKey);
    expect(await add(await plant({ operatorKeys: [OSK, OSK2], seeds: [OPERATOR, OSK2] }))).toBe(OSK2.publicKey);
    const both = await plant({ operatorKeys: [OSK, OSK2], seeds: [OPERATOR, OSK, OSK2] });
    const ambiguous = await refusal(both, "ERR_SIGNER_AMBIGUOUS", () => add(both));
    expect(keysIn(ambiguous)).toEqual(publicKeys(OSK, OSK2));
    expect(ambiguous.message).toContain('operator "O"');
    expect(await both.read(["O", "B"])).toBeUndefined();
    expect(await add(both, OPERATOR.publicKey)).toBe(OPERATOR.publicKey);
    const away = await plant({ operatorKeys: [OSK], seeds: [OPERATOR] });
    expect(keysIn(await refusal(away, "ERR_SIGNER_MISSING", () => add(away)))).toEqual(publicKeys(OSK, OPERATOR));
    expect(await add(away, OSK)).toBe(OSK.publicKey);
    const wrong = await plant({ seeds: [OPERATOR, ACCOUNT] });
    expect(keysIn(await refusal(wrong, "ERR_SIGNER_UNTRUSTED", () => add(wrong, ACCOUNT)))).toEqual([
      ACCOUNT.publicKey,
    ]);
  });
});

describe("the identity first, as nsc does", () => {
  const add = addUser;
  const policy = "identity-first";

  test("the first at hand signs: the identity, then the signing keys in the order of the token", async () => {
    const accountKeys = [SK.publicKey, SK2.publicKey, web];
    expect((await add((await planted({ accountKeys, seeds: [ACCOUNT, SK, SK2] }, policy)).a)).iss).toBe(
      ACCOUNT.publicKey,
    );
    const [first] = publicKeys(SK, SK2);
    expect((await add((await planted({ accountKeys, seeds: [SK, SK2] }, policy)).a)).iss).toBe(first);
    expect((await add((await planted({ accountKeys, seeds: [SK2, WEB] }, policy)).a)).iss).toBe(SK2.publicKey);
  });

  test("a role's key does not sign unasked", async () => {
    const { store, a } = await planted({ accountKeys: [SK.publicKey, web], seeds: [WEB] }, policy);
    expect(keysIn(await refusal(store, "ERR_SIGNER_MISSING", () => add(a)))).toEqual(publicKeys(ACCOUNT, SK, WEB));
    expect((await add(a, "web")).iss).toBe(WEB.publicKey);
  });

  test("a role's key that signed is not replaced by another, which would take the role away", async () => {
    const { store, a } = await planted(
      { accountKeys: [SK.publicKey, web], userBy: WEB, userScoped: true, seeds: [ACCOUNT, SK] },
      policy,
    );
    const user = await a.user("u");
    const error = await refusal(store, "ERR_SIGNER_MISSING", () =>
      user.edit((claims) => {
        claims.nats.tags = ["edited"];
      }),
    );
    expect(error.message).toContain(`${WEB.publicKey} (role "web")`);
  });

  test("the identity is left out where signing keys are demanded", async () => {
    const strict = { strict: true, operatorKeys: [OSK] };
    const seeds = [ACCOUNT, SK, WEB];
    const { a } = await planted({ ...strict, accountKeys: [SK.publicKey, web], seeds }, policy);
    expect((await add(a)).iss).toBe(SK.publicKey);
    const roles = await planted({ ...strict, accountKeys: [web, jobs], seeds }, policy);
    const error = await refusal(roles.store, "ERR_SIGNING_KEY_REQUIRED", () => add(roles.a));
    expect(error.message).toContain('(role "web")');
    expect(error.message).toContain('(role "jobs")');
  });
});

describe.each<SignerPolicy>(["signing-key-first", "identity-first"])("a strict operator, %s", (policy) => {
  const strict = { strict: true, operatorKeys: [OSK] };

  test.each<[string, SignerInput]>([
    ["its public key", ACCOUNT.publicKey],
    ["its pair", ACCOUNT],
    ["its pair of @nats-io/nkeys", nkeys.fromSeed(ACCOUNT.getSeed())],
    ["a signer", held(ACCOUNT)],
  ])("an account's identity is refused as signer of users, as %s", async (_, signer) => {
    const { store, a } = await planted({ ...strict, accountKeys: [SK.publicKey], seeds: [ACCOUNT, SK] }, policy);
    for (const [, add] of doors) {
      const error = await refusal(store, "ERR_SIGNER_STRICT", () => add(a, signer));
      expect(error.message).toContain('account "A"');
      expect(error.message).toContain('user "fresh"');
    }
  });

  test("the operator's identity is refused as signer of accounts", async () => {
    const store = await plant({ ...strict, seeds: [OPERATOR, OSK] });
    const operator = await new Nsc({ store, signerPolicy: policy }).operator("O");
    const a = await operator.account("A");
    for (const signer of [OPERATOR.publicKey, OPERATOR, held(OPERATOR)]) {
      for (const run of [() => operator.addAccount("B", { signer }), () => a.reissue({ signer })]) {
        const error = await refusal(store, "ERR_SIGNER_STRICT", run);
        expect(error.message).toContain('operator "O"');
      }
    }
    expect(read((await operator.addAccount("B")).token).iss).toBe(OSK.publicKey);
  });

  test("the operator's identity does not step in for its signing key", async () => {
    const store = await plant({ ...strict, seeds: [OPERATOR] });
    const operator = await new Nsc({ store, signerPolicy: policy }).operator("O");
    const error = await refusal(store, "ERR_SIGNER_MISSING", () => operator.addAccount("B"));
    // The identity would not do, so it is not named.
    expect(keysIn(error)).toEqual([OSK.publicKey]);
  });

  test("an account with scoped keys alone needs a role, and is told which", async () => {
    const seeds = [ACCOUNT, WEB, JOBS];
    for (const [, add] of doors) {
      const { store, a } = await planted({ ...strict, accountKeys: [web, jobs], seeds }, policy);
      const error = await refusal(store, "ERR_SIGNING_KEY_REQUIRED", () => add(a));
      expect(keysIn(error)).toEqual(publicKeys(WEB, JOBS));
      expect(error.message).toContain('(role "web")');
      expect(error.message).toContain('(role "jobs")');
      expect((await add(a, "jobs")).iss).toBe(JOBS.publicKey);
    }
  });

  test("an account without signing keys can't have users, and is told so", async () => {
    const { store, a } = await planted({ ...strict, seeds: [ACCOUNT] }, policy);
    for (const [, add] of doors) {
      const error = await refusal(store, "ERR_SIGNING_KEY_REQUIRED", () => add(a));
      expect(error.message).toContain('account "A"');
      expect(error.message).toContain("add one");
    }
  });
});

describe("operator tokens", () => {
  const edited = (claims: { nats: { tags?: string[] } }) => {
    claims.nats.tags = ["edited"];
  };

  test.each([true, false])("are signed by the identity, strict: %s", async (strict) => {
    for (const signerPolicy of ["signing-key-first", "identity-first"] as const) {
      const store = await plant({ strict, operatorKeys: [OSK, OSK2], seeds: [OPERATOR, OSK, OSK2] });
      const operator = await new Nsc({ store, signerPolicy }).operator("O");
      await operator.edit(edited);
      expect(read(operator.token)).toMatchObject({ iss: OPERATOR.publicKey, nats: { tags: ["edited"] } });
      for (const signer of [OPERATOR.publicKey, OPERATOR, held(OPERATOR)]) {
        await operator.edit(() => undefined, { signer });
        expect(read(operator.token).iss).toBe(OPERATOR.publicKey);
      }
    }
  });

  test.each([true, false])("are signed by a signing key only where it is asked for, strict: %s", async (strict) => {
    const store = await plant({ strict, operatorKeys: [OSK], seeds: [OSK] });
    const operator = await new Nsc({ store }).operator("O");
    for (const signer of [OSK, OSK.publicKey, held(OSK)]) {
      await operator.edit(() => undefined, { signer });
      expect(read(operator.token).iss).toBe(OSK.publicKey);
    }
    const error = await refusal(store, "ERR_SIGNER_UNTRUSTED", () => operator.edit(edited, { signer: OSK2 }));
    expect(keysIn(error)).toEqual([OSK2.publicKey]);
    await refusal(store, "ERR_SIGNER_UNKNOWN", () => operator.edit(edited, { signer: OSK2.publicKey }));
    for (const signerPolicy of ["signing-key-first", "identity-first"] as const) {
      const away = await plant({ strict, operatorKeys: [OSK], seeds: [OSK] });
      const theirs = await new Nsc({ store: away, signerPolicy }).operator("O");
      const missing = await refusal(away, "ERR_SIGNER_MISSING", () => theirs.edit(edited));
      expect(keysIn(missing)).toEqual([OPERATOR.publicKey]);
      expect(missing.message).toContain('operator "O"');
    }
  });

  test("that a signing key has signed, as nsc lets it, are signed by the identity again", async () => {
    const store = await plant({ operatorKeys: [OSK], seeds: [OPERATOR, OSK] });
    const nsc = new Nsc({ store });
    const { claims } = await nsc.operator("O");
    await store.commit({ tokens: [{ path: ["O"], token: await encode(claims, OSK, { issuedAt: PLANTED }) }] });
    const operator = await new Nsc({ store }).operator("O");
    expect(operator.claims.iss).toBe(OSK.publicKey);
    await operator.edit(edited);
    expect(read(operator.token).iss).toBe(OPERATOR.publicKey);
  });
});

describe("in any tree", () => {
  interface Case {
    readonly strict: boolean;
    readonly policy: SignerPolicy;
    /** The account's keys but for its identity, which of them have which role, and which seeds are at hand. */
    readonly keys: readonly { readonly role: string | undefined; readonly atHand: boolean }[];
    readonly identityAtHand: boolean;
    /** Who is asked for: a key by its index (-1 is the identity, -2 a stranger), as text or signer; or a role. */
    readonly requested: { readonly index: number; readonly as: "text" | "signer" } | string | undefined;
    /** Who signed the user that is edited; nothing for a new user. */
    readonly current: number | undefined;
    /** Whether a new user is issued instead of added. */
    readonly issued: boolean;
  }

  const PAIRS = [SK, SK2, SK3, WEB, JOBS];
  const pairAt = (index: number): KeyPair =>
    index === -1 ? ACCOUNT : index === -2 ? STRANGER : (PAIRS[index] as KeyPair);

  const cases: fc.Arbitrary<Case> = fc
    .array(fc.record({ role: fc.option(fc.constantFrom("web", "jobs"), { nil: undefined }), atHand: fc.boolean() }), {
      maxLength: PAIRS.length,
    })
    .chain((keys) => {
      const index = fc.integer({ min: -2, max: keys.length - 1 });
      return fc.record({
        strict: fc.boolean(),
        policy: fc.constantFrom<SignerPolicy>("signing-key-first", "identity-first"),
        keys: fc.constant(keys),
        identityAtHand: fc.boolean(),
        requested: fc.oneof(
          fc.constant(undefined),
          fc.constant(undefined),
          fc.record({ index, as: fc.constantFrom("text" as const, "signer" as const) }),
          fc.constantFrom("web", "jobs", "nobody"),
        ),
        current: fc.option(index, { nil: undefined }),
        issued: fc.boolean(),
      });
    });

  /** What DESIGN.md says of who signs: a key by its index, or why nobody does. */
  function expected({ strict, policy, keys, identityAtHand, requested, current }: Case): number | NscErrorCode {
    const signingKeys = keys.map((_, index) => index);
    const mayIssue = (index: number): boolean => (index === -1 ? !strict : index >= 0);
    const atHand = (index: number): boolean => (index === -1 ? identityAtHand : keys[index]?.atHand === true);
    const oneOf = (wanted: readonly number[]): number | NscErrorCode => {
      const found = wanted.filter(atHand);
      return found.length > 1 ? "ERR_SIGNER_AMBIGUOUS" : (found[0] ?? "ERR_SIGNER_MISSING");
    };
    if (typeof requested === "string") {
      const ofRole = signingKeys.filter((index) => keys[index]?.role === requested);
      return ofRole.length === 0 ? "ERR_SIGNER_UNKNOWN" : oneOf(ofRole);
    }
    if (requested !== undefined) {
      const { index, as } = requested;
      if (index === -1 && strict) return "ERR_SIGNER_STRICT";
      if (as === "text") return mayIssue(index) ? oneOf([index]) : "ERR_SIGNER_UNKNOWN";
      return mayIssue(index) ? index : "ERR_SIGNER_UNTRUSTED";
    }
    const isScoped = (index: number): boolean => keys[index]?.role !== undefined;
    const unscoped = signingKeys.filter((index) => !isScoped(index));
    const isPresent = current !== undefined && mayIssue(current);
    if (isPresent && (policy === "signing-key-first" || isScoped(current))) return oneOf([current]);
    if (policy === "identity-first") {
      // The token has its keys in the order of their text.
      const sorted = unscoped.sort((a, b) => (pairAt(a).publicKey < pairAt(b).publicKey ? -1 : 1));
      const order = [...(isPresent ? [current] : []), ...(strict ? [] : [-1]), ...sorted];
      return order.length === 0 ? "ERR_SIGNING_KEY_REQUIRED" : (order.find(atHand) ?? "ERR_SIGNER_MISSING");
    }
    if (unscoped.length > 0) return oneOf(unscoped);
    return strict ? "ERR_SIGNING_KEY_REQUIRED" : oneOf([-1]);
  }

  /** What a server looks at when a user connects: sections 3.1 and 3.2 of its specification, on plain data. */
  function serverAccepts(user: Payload, account: Payload, operator: Payload): boolean {
    const strict = operator.nats["strict_signing_key_usage"] === true;
    const trusted = [...((operator.nats["signing_keys"] ?? []) as string[]), ...(strict ? [] : [operator.sub])];
    if (!trusted.includes(account.iss)) return false;
    if ((user.nats.issuer_account ?? user.iss) !== account.sub) return false;
    if (user.iss === account.sub) return !strict && user.nats["subs"] === -1;
    const entries = (account.nats["signing_keys"] ?? []) as (string | { readonly key: string })[];
    const entry = entries.find((item) => (typeof item === "string" ? item : item.key) === user.iss);
    if (typeof entry === "string") return user.nats["subs"] === -1;
    const limits = "pub sub resp src times times_location subs data payload bearer_token".split(" ");
    const isBare = limits.every((name) => ["undefined", "{}"].includes(String(JSON.stringify(user.nats[name]))));
    return entry !== undefined && isBare;
  }

  test("the key that signs is the one that was meant, and a server accepts it", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const { strict, policy, keys, identityAtHand, requested, current, issued } = given;
        const accountKeys = keys.map(({ role }, index): SigningKey => {
          const { publicKey } = pairAt(index);
          return role === undefined ? publicKey : createScope(publicKey, { role });
        });
        const store = await plant({
          strict,
          operatorKeys: [OSK],
          accountKeys,
          seeds: [
            ...keys.flatMap(({ atHand }, index) => (atHand ? [pairAt(index)] : [])),
            ...(identityAtHand ? [ACCOUNT] : []),
            STRANGER,
            USER,
          ],
          ...(current !== undefined && {
            userBy: pairAt(current),
            userScoped: current >= 0 && keys[current]?.role !== undefined,
          }),
        });
        const before = await tokensOf(store);
        const a = await account(store, policy);
        const asked =
          typeof requested !== "object"
            ? requested
            : requested.as === "text"
              ? pairAt(requested.index).publicKey
              : held(pairAt(requested.index));
        const user = current === undefined ? undefined : await a.user("u");
        const run = async (): Promise<Payload> => {
          if (user === undefined) return (issued ? issueUser : addUser)(a, asked);
          const tagged = (claims: UserClaims) => {
            claims.nats.tags = ["edited"];
          };
          await user.edit(tagged, asked === undefined ? {} : { signer: asked });
          return readAt(store, "O", "A", "u");
        };
        const outcome = expected(given);
        const result = await run().catch((error: unknown) => (isNscError(error) ? error.code : error));
        const signedBy = (result as Payload).iss ?? result;
        expect(signedBy).toBe(typeof outcome === "number" ? pairAt(outcome).publicKey : outcome);
        if (typeof outcome !== "number" || (issued && user === undefined))
          expect(await tokensOf(store)).toEqual(before);
        if (typeof outcome !== "number") return;
        const signed = result as Payload;
        expect(serverAccepts(signed, await readAt(store, "O", "A"), await readAt(store, "O"))).toBe(true);
      }),
    );
  });

  test("what the rules of the server refuse is told from what they accept", async () => {
    const store = await plant({ operatorKeys: [OSK], accountKeys: [SK.publicKey, web], userBy: SK });
    const [operator, ofAccount, user] = [
      await readAt(store, "O"),
      await readAt(store, "O", "A"),
      await readAt(store, "O", "A", "u"),
    ];
    expect(serverAccepts(user, ofAccount, operator)).toBe(true);
    expect(serverAccepts({ ...user, iss: STRANGER.publicKey }, ofAccount, operator)).toBe(false);
    expect(serverAccepts({ ...user, iss: WEB.publicKey }, ofAccount, operator)).toBe(false);
    expect(serverAccepts({ ...user, nats: {} }, ofAccount, operator)).toBe(false);
    expect(serverAccepts(user, { ...ofAccount, iss: ACCOUNT.publicKey }, operator)).toBe(false);
    const byIdentity = { ...ofAccount, iss: OPERATOR.publicKey };
    expect(serverAccepts(user, byIdentity, operator)).toBe(true);
    const strict = { ...operator, nats: { ...operator.nats, strict_signing_key_usage: true } };
    expect(serverAccepts(user, ofAccount, strict)).toBe(true);
    expect(serverAccepts(user, byIdentity, strict)).toBe(false);
  });
});
