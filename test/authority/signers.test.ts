import { setTimeout as sleep } from "node:timers/promises";
import * as nkeys from "@nats-io/nkeys";
import { type KeyPair, Nsc, type NscErrorCode, type NscOptions, type Signer } from "nsc.js";
import { describe, expect, test } from "vitest";
import {
  ACCOUNT,
  copyWith,
  held,
  key,
  keysIn,
  OPERATOR,
  plant,
  publicKeys,
  read,
  readAt,
  refusal,
  tokensOf,
  USER,
  type WatchedStore,
  watchedStore,
} from "./signer-fixtures.ts";

const OSK = key("operator", 40);
const STRANGER = key("operator", 120);
const SK = key("account", 40);
const WEB = key("account", 100);
const OTHER = key("account", 200);
const THIRD = key("account", 220);

type Resolve = NonNullable<NscOptions["resolveSigner"]>;

/** A key management service: slow, with these keys, and it counts. */
function service(...pairs: readonly KeyPair[]) {
  const stats = { asked: [] as string[], signed: 0, inFlight: 0, mostInFlight: 0 };
  const signerOf = (pair: KeyPair): Signer => ({
    publicKey: pair.publicKey,
    sign: async (bytes) => {
      stats.signed += 1;
      stats.inFlight += 1;
      stats.mostInFlight = Math.max(stats.mostInFlight, stats.inFlight);
      await sleep(5);
      stats.inFlight -= 1;
      return pair.sign(bytes);
    },
  });
  const resolveSigner: Resolve = async (publicKey) => {
    stats.asked.push(publicKey);
    await sleep(1);
    const pair = pairs.find((candidate) => candidate.publicKey === publicKey);
    return pair && signerOf(pair);
  };
  return { stats, signerOf, resolveSigner };
}

describe("a remote signer", () => {
  test("signs everything of a transaction side by side, and one commit follows", async () => {
    const { stats, resolveSigner } = service(OPERATOR, OSK);
    const store = await plant({ operatorKeys: [OSK] });
    const nsc = new Nsc({ store, resolveSigner });
    await nsc.transaction(async (tx) => {
      const operator = await tx.operator("O");
      for (const name of ["B", "C", "D", "E"]) await operator.addAccount(name);
      await (await operator.account("A")).edit((claims) => {
        claims.nats.limits.conn = 5;
      });
      await operator.edit((claims) => {
        claims.nats.tags = ["edited"];
      });
      expect(stats.signed).toBe(0);
    });
    expect(stats).toMatchObject({ signed: 6, mostInFlight: 6, inFlight: 0 });
    expect(store.commits.length).toBe(2);
    const signed = await Promise.all((await tokensOf(store)).map(async ({ path }) => readAt(store, ...path)));
    expect(signed.map(({ name, iss }) => [name, iss])).toEqual([
      ["O", OPERATOR.publicKey],
      ...["A", "B", "C", "D", "E"].map((name) => [name, OSK.publicKey]),
    ]);
  });

  test("signs once per entity, however often it was edited", async () => {
    const { stats, resolveSigner } = service(OPERATOR);
    const store = await plant({});
    await new Nsc({ store, resolveSigner }).transaction(async (tx) => {
      const a = await (await tx.operator("O")).account("A");
      for (const conn of [1, 2, 3]) {
        await a.edit((claims) => {
          claims.nats.limits.conn = conn;
        });
      }
    });
    expect(stats.signed).toBe(1);
    expect(await readAt(store, "O", "A")).toMatchObject({ nats: { limits: { conn: 3 } } });
  });

  test("is not asked to sign when nothing changed, or when something else is wrong", async () => {
    const { stats, resolveSigner } = service(OPERATOR);
    const store = await plant({ seeds: [ACCOUNT] });
    const nsc = new Nsc({ store, resolveSigner });
    const a = await (await nsc.operator("O")).account("A");
    await a.edit(() => undefined);
    await refusal(store, "ERR_CLAIMS_INVALID", () =>
      a.edit((claims) => {
        claims.nats.exports = [{ name: "x", subject: "a b", type: "stream" }];
      }),
    );
    await expect(
      nsc.transaction(async (tx) => {
        await (await tx.operator("O")).addAccount("B");
        throw new RangeError("changed my mind");
      }),
    ).rejects.toThrow(RangeError);
    expect(stats.signed).toBe(0);
  });

  test("issues users one beside the other", async () => {
    const { stats, resolveSigner } = service(SK);
    const store = await plant({ accountKeys: [SK.publicKey] });
    const a = await (await new Nsc({ store, resolveSigner }).operator("O")).account("A");
    const issued = await Promise.all(Array.from({ length: 8 }, (_, n) => a.issueUser(`u${n}`, { expires: "1h" })));
    expect(stats).toMatchObject({ signed: 8, mostInFlight: 8 });
    expect(issued.map(({ token }) => read(token).name)).toEqual(["u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7"]);
  });
});

describe("a signer that fails", () => {
  const failures: readonly [string, (pair: KeyPair) => Signer["sign"]][] = [
    ["throws", () => () => throwing("the service is down")],
    ["rejects after a while", () => () => sleep(2).then(() => throwing("the service is down"))],
    ["returns nothing", () => () => undefined as unknown as Uint8Array],
    ["returns garbage", () => async () => new Uint8Array(64).fill(7)],
    ["returns too little", () => () => new Uint8Array(32)],
    ["returns a text", () => async () => "signature" as unknown as Uint8Array],
    ["returns another's signature", () => (bytes) => THIRD.sign(bytes)],
    ["signs something else", (pair) => async (bytes) => pair.sign(bytes.subarray(1))],
  ];

  describe.each(failures)("it %s", (name, failing) => {
    const broken = (pair: KeyPair): Signer => ({ publicKey: pair.publicKey, sign: failing(pair) });

    async function failed(store: WatchedStore, pair: KeyPair, run: () => Promise<unknown>): Promise<void> {
      const before = await tokensOf(store);
      const error = await refusal(store, "ERR_SIGNER_FAILED", run);
      expect(keysIn(error)).toEqual([pair.publicKey]);
      if (/throws|rejects/.test(name)) {
        expect(error.cause).toMatchObject({ message: "the service is down" });
        expect(error.message).not.toContain("the service is down");
      }
      expect(await tokensOf(store)).toEqual(before);
    }

    test("found by resolveSigner", async () => {
      const store = await plant({ seeds: [ACCOUNT] });
      const nsc = new Nsc({
        store,
        resolveSigner: (wanted) => (wanted === OPERATOR.publicKey ? broken(OPERATOR) : undefined),
      });
      const operator = await nsc.operator("O");
      const a = await operator.account("A");
      const { token } = a;
      await failed(store, OPERATOR, () =>
        a.edit((claims) => {
          claims.nats.limits.conn = 5;
        }),
      );
      expect(a.token).toBe(token);
      expect(a.claims.nats.limits.conn).toBe(-1);
      await failed(store, OPERATOR, () => operator.addAccount("B", { signingKey: true }));
      // What it does not sign goes on.
      expect(read((await a.addUser("x")).token).iss).toBe(ACCOUNT.publicKey);
    });

    test("given as the key of an entity", async () => {
      const store = await plant({ seeds: [OPERATOR] });
      const nsc = new Nsc({ store });
      await failed(store, STRANGER, () => nsc.addOperator("P", { key: broken(STRANGER) }));
      const operator = await nsc.operator("O");
      // The operator signs the account, so that its own key is not needed yet.
      const b = await operator.addAccount("B", { key: broken(OTHER) });
      await failed(store, OTHER, () => b.addUser("x"));
      await failed(store, OTHER, () => b.issueUser("x", { expires: "1h" }));
    });

    test("given as a signing key", async () => {
      const store = await plant({ seeds: [OPERATOR, ACCOUNT] });
      const operator = await new Nsc({ store }).operator("O");
      await operator.addSigningKey({ key: broken(OSK) });
      await failed(store, OSK, () => operator.addAccount("B"));
      const a = await operator.account("A");
      await a.addSigningKey({ key: broken(SK) });
      await failed(store, SK, () => a.addUser("x"));
    });

    test("given as signer", async () => {
      const store = await plant({ accountKeys: [SK.publicKey], userBy: SK, seeds: [OPERATOR, SK] });
      const operator = await new Nsc({ store }).operator("O");
      const a = await operator.account("A");
      const user = await a.user("u");
      const signer = broken(SK);
      await failed(store, SK, () => a.addUser("x", { signer }));
      await failed(store, SK, () => a.issueUser("x", { signer, expires: "1h" }));
      await failed(store, SK, () => user.reissue({ signer }));
      await failed(store, OPERATOR, () => a.reissue({ signer: broken(OPERATOR) }));
      // It is not kept in mind: without it, the key of the store signs.
      await user.reissue();
      expect(read(user.token).iss).toBe(SK.publicKey);
    });

    test("takes the whole transaction with it", async () => {
      const store = await plant({ accountKeys: [SK.publicKey], seeds: [OPERATOR, SK] });
      const nsc = new Nsc({ store });
      await failed(store, SK, () =>
        nsc.transaction(async (tx) => {
          const operator = await tx.operator("O");
          await operator.addAccount("B", { signingKey: true });
          const a = await operator.account("A");
          await a.addUser("good");
          await a.addUser("bad", { signer: broken(SK) });
        }),
      );
    });
  });
});

function throwing(message: string): never {
  throw new Error(message);
}

describe("resolveSigner", () => {
  const edit = async (nsc: Nsc) => {
    const a = await (await nsc.operator("O")).account("A");
    await a.edit((claims) => {
      claims.nats.tags = [...(claims.nats.tags ?? []), `edit-${claims.nats.tags?.length ?? 0}`];
    });
    return read(a.token);
  };

  test("is asked before the store", async () => {
    const { stats, resolveSigner } = service(OPERATOR);
    const store = await plant({ seeds: [OPERATOR] });
    await edit(new Nsc({ store, resolveSigner }));
    expect(stats).toMatchObject({ asked: [OPERATOR.publicKey], signed: 1 });
  });

  test("is asked once for a key that it has", async () => {
    const { stats, resolveSigner } = service(OPERATOR, SK);
    const store = await plant({ accountKeys: [SK.publicKey] });
    const nsc = new Nsc({ store, resolveSigner });
    const a = await (await nsc.operator("O")).account("A");
    for (let n = 0; n < 3; n++) {
      await edit(nsc);
      await a.addUser(`u${n}`);
      await a.issueUser("x", { expires: "1h" });
    }
    expect(stats.asked.sort()).toEqual(publicKeys(OPERATOR, SK));
    expect(stats.signed).toBe(9);
    // What it gave is its own to an Nsc.
    await edit(new Nsc({ store, resolveSigner }));
    expect(stats.asked.length).toBe(3);
  });

  test("is asked once even by those who come before it has answered", async () => {
    const { stats, resolveSigner } = service(SK);
    const store = await plant({ accountKeys: [SK.publicKey] });
    const a = await (await new Nsc({ store, resolveSigner }).operator("O")).account("A");
    await Promise.all(Array.from({ length: 20 }, (_, n) => a.issueUser(`u${n}`, { expires: "1h" })));
    expect(stats).toMatchObject({ asked: [SK.publicKey], signed: 20 });
  });

  test("that failed once is asked again", async () => {
    const store = await plant({ accountKeys: [SK.publicKey] });
    let isDown = true;
    const resolveSigner = async () => (isDown ? throwing("no route to the service") : held(SK));
    const a = await (await new Nsc({ store, resolveSigner }).operator("O")).account("A");
    await refusal(store, "ERR_SIGNER_FAILED", () => a.issueUser("x", { expires: "1h" }));
    isDown = false;
    expect(read((await a.issueUser("x", { expires: "1h" })).token).iss).toBe(SK.publicKey);
  });

  test("is asked again for a key that it did not have", async () => {
    const store = await plant({});
    const found: KeyPair[] = [];
    const nsc = new Nsc({ store, resolveSigner: (wanted) => found.find(({ publicKey }) => publicKey === wanted) });
    const error = await refusal(store, "ERR_SIGNER_MISSING", () => edit(nsc));
    expect(keysIn(error)).toEqual([OPERATOR.publicKey]);
    found.push(OPERATOR);
    expect((await edit(nsc)).iss).toBe(OPERATOR.publicKey);
  });

  test.each<[string, Resolve]>([
    ["undefined", () => undefined],
    ["a promise of undefined", async () => undefined],
    ["null", () => null as unknown as undefined],
  ])("that gives %s leaves it to the store", async (_, resolveSigner) => {
    const withSeed = await plant({ seeds: [OPERATOR] });
    expect((await edit(new Nsc({ store: withSeed, resolveSigner }))).iss).toBe(OPERATOR.publicKey);
    const without = await plant({});
    const error = await refusal(without, "ERR_SIGNER_MISSING", () => edit(new Nsc({ store: without, resolveSigner })));
    expect(keysIn(error)).toEqual([OPERATOR.publicKey]);
    expect(error.message).toContain('account "A"');
  });

  test.each<[string, Resolve]>([
    ["a key pair of ours", () => OPERATOR],
    ["a key pair of @nats-io/nkeys", () => nkeys.fromSeed(OPERATOR.getSeed())],
    ["a promise of a signer", async () => held(OPERATOR)],
  ])("may give %s", async (_, resolveSigner) => {
    const store = await plant({});
    expect((await edit(new Nsc({ store, resolveSigner }))).iss).toBe(OPERATOR.publicKey);
    expect(await store.getKey(OPERATOR.publicKey)).toBeUndefined();
  });

  test.each<[string, Resolve, NscErrorCode, string[]]>([
    ["a key that was not asked for", () => OSK, "ERR_SIGNER_FAILED", publicKeys(OPERATOR, OSK)],
    ["another's signer", async () => held(OTHER), "ERR_SIGNER_FAILED", publicKeys(OPERATOR, OTHER)],
    ["no signer", () => ({ publicKey: OPERATOR.publicKey }) as Signer, "ERR_SIGNER_INVALID", []],
    ["a seed", () => OPERATOR.getSeed() as unknown as Signer, "ERR_SIGNER_INVALID", []],
  ])("that gives %s is refused, even if the store has the seed", async (_, resolveSigner, code, named) => {
    const store = await plant({ operatorKeys: [OSK], accountBy: OPERATOR, seeds: [OPERATOR, OSK] });
    const error = await refusal(store, code, () => edit(new Nsc({ store, resolveSigner })));
    expect(keysIn(error)).toEqual(named);
  });

  test.each<[string, Resolve]>([
    ["throws", () => throwing("no route to the service")],
    ["rejects", async () => throwing("no route to the service")],
  ])("that %s has failed, and the store does not step in", async (_, resolveSigner) => {
    const store = await plant({ seeds: [OPERATOR] });
    const nsc = new Nsc({ store, resolveSigner });
    const error = await refusal(store, "ERR_SIGNER_FAILED", () => edit(nsc));
    expect(keysIn(error)).toEqual([OPERATOR.publicKey]);
    expect(error.cause).toMatchObject({ message: "no route to the service" });
  });

  test("decides with the store which of several keys are at hand", async () => {
    const second = key("account", 60);
    const store = await plant({ accountKeys: [SK.publicKey, second.publicKey], seeds: [second] });
    const add = async (resolveSigner?: Resolve) => {
      const a = await (await new Nsc({ store, ...(resolveSigner && { resolveSigner }) }).operator("O")).account("A");
      return read((await a.issueUser("x", { expires: "1h" })).token).iss;
    };
    expect(await add()).toBe(second.publicKey);
    const { resolveSigner } = service(SK);
    const error = await refusal(store, "ERR_SIGNER_AMBIGUOUS", () => add(resolveSigner));
    expect(keysIn(error)).toEqual(publicKeys(SK, second));
  });

  test("is not asked for what was given with the entity", async () => {
    const { stats, signerOf, resolveSigner } = service();
    const store = watchedStore();
    const operator = await new Nsc({ store, resolveSigner }).addOperator("O", { key: signerOf(OPERATOR) });
    await operator.addAccount("B");
    expect(stats).toMatchObject({ asked: [], signed: 2 });
  });
});

describe("keys that are given as signers", () => {
  test("sign for this Nsc, and the store never gets their seeds", async () => {
    const { stats, signerOf } = service();
    const store = watchedStore();
    const nsc = new Nsc({ store });
    const operator = await nsc.addOperator("O", { key: signerOf(OPERATOR), signingKey: signerOf(OSK) });
    const a = await operator.addAccount("A", { key: signerOf(ACCOUNT), signingKey: signerOf(SK) });
    await a.addRole("web", { pub: ["orders.>"], key: signerOf(WEB) });
    const user = await a.addUser("u", { key: signerOf(USER) });
    const ofRole = await a.addUser("w", { role: "web" });
    expect([operator, a, user, ofRole].map(({ token }) => read(token).iss)).toEqual([
      OPERATOR.publicKey,
      OSK.publicKey,
      SK.publicKey,
      WEB.publicKey,
    ]);
    // The operator, the account twice, two users.
    expect(stats.signed).toBe(5);
    for (const { publicKey } of [OPERATOR, OSK, ACCOUNT, SK, WEB, USER]) {
      expect(await store.getKey(publicKey)).toBeUndefined();
    }
    expect(user.hasSeed).toBe(false);
    const creds = await refusal(store, "ERR_CREDS_KEY_MISSING", () => user.creds());
    expect(keysIn(creds)).toEqual([USER.publicKey]);
  });

  test("are unknown to another Nsc of the same store", async () => {
    const store = watchedStore();
    const operator = await new Nsc({ store }).addOperator("O", { key: held(OPERATOR) });
    await operator.addAccount("A", { key: held(ACCOUNT) });
    const other = await new Nsc({ store }).operator("O");
    const ofOperator = await refusal(store, "ERR_SIGNER_MISSING", () => other.addAccount("B"));
    expect(keysIn(ofOperator)).toEqual([OPERATOR.publicKey]);
    const a = await other.account("A");
    const ofAccount = await refusal(store, "ERR_SIGNER_MISSING", () => a.addUser("x"));
    expect(keysIn(ofAccount)).toEqual([ACCOUNT.publicKey]);
  });

  test("of a change that was not made are forgotten with it", async () => {
    const store = await plant({ accountKeys: [SK.publicKey], seeds: [OPERATOR] });
    const nsc = new Nsc({ store });
    const a = await (await nsc.operator("O")).account("A");
    await expect(
      nsc.transaction(async (tx) => {
        await (await tx.operator("O")).addAccount("B", { key: held(SK) });
        throw new RangeError("changed my mind");
      }),
    ).rejects.toThrow(RangeError);
    await refusal(store, "ERR_SIGNER_MISSING", () => a.addUser("x"));
  });
});

describe("a process with a part of the keys", () => {
  async function tree() {
    const store = watchedStore();
    const nsc = new Nsc({ store });
    const operator = await nsc.addOperator("O", { key: OPERATOR, signingKey: OSK });
    const a = await operator.addAccount("A", { key: ACCOUNT, signingKey: SK });
    await a.addRole("web", { pub: ["orders.>"], key: WEB });
    await a.addUser("u", { key: USER });
    await a.addUser("w", { role: "web" });
    return store;
  }

  test("those of an account: users are its own, the account is the operator's", async () => {
    const store = await copyWith(await tree(), ACCOUNT, SK, WEB);
    const operator = await new Nsc({ store }).operator("O");
    const a = await operator.account("A");

    const added = await a.addUser("x");
    expect(read(added.token)).toMatchObject({ iss: SK.publicKey, nats: { issuer_account: ACCOUNT.publicKey } });
    expect((await added.creds()).includes(added.token)).toBe(true);
    expect(read((await a.issueUser("y", { role: "web", expires: "1h" })).token).iss).toBe(WEB.publicKey);
    const user = await a.user("u");
    await user.edit((claims) => {
      claims.nats.pub = { allow: ["mine"] };
    });
    expect(read(user.token)).toMatchObject({ iss: SK.publicKey, nats: { pub: { allow: ["mine"] } } });
    await user.rename("renamed");
    await user.reissue({ signer: ACCOUNT.publicKey });
    expect((await readAt(store, "O", "A", "renamed")).iss).toBe(ACCOUNT.publicKey);

    const edits: readonly (() => Promise<unknown>)[] = [
      () =>
        a.edit((claims) => {
          claims.nats.limits.conn = 5;
        }),
      () => a.reissue(),
      () => a.rename("B"),
      () => a.addSigningKey(),
      () => a.addRole("jobs"),
      () =>
        a.editRole("web", (scope) => {
          scope.template.subs = 5;
        }),
      () => operator.addAccount("B"),
      // Deleting revokes, for which the account is signed.
      () => user.delete(),
    ];
    for (const run of edits) {
      const error = await refusal(store, "ERR_SIGNER_MISSING", run);
      expect(keysIn(error)).toEqual([OSK.publicKey]);
    }
    const ofOperator = await refusal(store, "ERR_SIGNER_MISSING", () =>
      operator.edit((claims) => {
        claims.nats.tags = ["x"];
      }),
    );
    expect(keysIn(ofOperator)).toEqual([OPERATOR.publicKey]);
    await user.delete({ revoke: false });
    expect(await store.read(["O", "A", "renamed"])).toBeUndefined();
    expect((await a.user("w")).role).toBe("web");
  });

  test("that of a role: its users and nobody else", async () => {
    const store = await copyWith(await tree(), WEB);
    const a = await (await new Nsc({ store }).operator("O")).account("A");
    expect(read((await a.issueUser("x", { role: "web", expires: "1h" })).token)).toMatchObject({
      iss: WEB.publicKey,
      nats: { issuer_account: ACCOUNT.publicKey },
    });
    expect((await a.addUser("y", { role: "web" })).role).toBe("web");
    const ofRole = await a.user("w");
    await ofRole.edit((claims) => {
      claims.nats.tags = ["edited"];
    });
    expect(read(ofRole.token)).toMatchObject({ iss: WEB.publicKey, nats: { tags: ["edited"] } });

    const user = await a.user("u");
    const runs: readonly (() => Promise<unknown>)[] = [
      () => a.issueUser("z", { expires: "1h" }),
      () => a.addUser("z"),
      () =>
        user.edit((claims) => {
          claims.nats.tags = ["edited"];
        }),
      () => ofRole.reissue({ signer: SK.publicKey }),
    ];
    for (const run of runs) {
      const error = await refusal(store, "ERR_SIGNER_MISSING", run);
      expect(keysIn(error)).toEqual(publicKeys(SK, WEB));
      expect(error.message.indexOf(SK.publicKey)).toBeLessThan(error.message.indexOf(WEB.publicKey));
      expect(error.message).toContain('(role "web")');
    }
  });

  test("no key at all: everything can be read", async () => {
    const store = await copyWith(await tree());
    const operator = await new Nsc({ store }).operator("O");
    const names: string[] = [];
    for await (const account of operator.accounts()) {
      for await (const user of account.users()) names.push(`${account.name}/${user.name} ${user.hasSeed}`);
    }
    expect(names).toEqual(["A/u false", "A/w false"]);
  });
});
