import {
  type AdvanceRotationOptions,
  createActivationClaims,
  createKeyPair,
  type Distribute,
  type Distribution,
  encode,
  keyPairFromSeed,
  type NscErrorCode,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { done, issuerOf, keyed, keysOf } from "./rotation-fixtures.ts";
import { keptKey, refused, wire } from "./tree-fixtures.ts";

const APP = ["local", "APP"] as const;

/** A rotation at a stage. */
async function rotating(stage: "prepared" | "distributed" | "cut-over") {
  const made = await keyed();
  const rotation = await made.account.rotateSigningKey({ from: made.old });
  if (stage !== "prepared") await rotation.advance({ distribute: done });
  if (stage === "cut-over") await rotation.advance();
  expect(rotation.stage).toBe(stage);
  return { ...made, rotation };
}

describe("advance", () => {
  test("hands over the account as it is, with the new key in its token", async () => {
    const { account, operator, old, rotation } = await rotating("prepared");
    const given: Distribution[] = [];
    await rotation.advance({ distribute: async (what) => void given.push(what) });
    expect(given).toHaveLength(1);
    expect(given[0]?.operator.publicKey).toBe(operator.publicKey);
    expect(given[0]?.trustedKeys).toEqual([]);
    expect(given[0]?.accounts.map(({ token }) => token)).toEqual([account.token]);
    expect(keysOf(account)).toEqual([old, rotation.to].sort());
  });

  test("needs no distribution to cut over, and does not ask for one", async () => {
    const { rotation } = await rotating("distributed");
    const distribute = () => Promise.reject(new Error("it was asked for"));
    expect((await rotation.advance({ distribute })).stage).toBe("cut-over");
  });

  const incomplete = new Error("one server did not answer");
  test.each<[string, Distribute]>([
    ["rejects", () => Promise.reject(incomplete)],
    [
      "throws",
      () => {
        throw incomplete;
      },
    ],
    [
      "is not complete",
      async () => ({
        assertComplete: () => {
          throw incomplete;
        },
      }),
    ],
    ["is found to be incomplete after a while", async () => ({ assertComplete: () => Promise.reject(incomplete) })],
  ])("stays where it was when the distribution %s", async (_, distribute) => {
    const { account, old, rotation, store } = await rotating("prepared");
    const before = await store.dump();
    await expect(rotation.advance({ distribute })).rejects.toBe(incomplete);
    expect(await store.dump()).toEqual(before);
    expect([rotation.stage, await issuerOf(account)]).toEqual(["prepared", old]);
    expect((await rotation.advance({ distribute: done })).stage).toBe("distributed");
  });

  test.each<[string, Distribute]>([
    ["nothing", async () => undefined],
    ["what is complete", async () => ({ assertComplete: () => undefined })],
    ["a report with a method", async () => new Report()],
  ])("goes on when the distribution gives %s", async (_, distribute) => {
    const { rotation } = await rotating("prepared");
    expect((await rotation.advance({ distribute })).stage).toBe("distributed");
  });

  test.each<[string, object]>([
    ["no distribution", {}],
    ["one that is no function", { distribute: true }],
  ])("refuses %s", async (_, options) => {
    const { rotation, store } = await rotating("prepared");
    const advance = () => rotation.advance(options as AdvanceRotationOptions);
    await refused(store, advance, "ERR_ARGUMENT_INVALID", "distribute", "nsc.js/nats");
    await refused(store, () => rotation.advance({ force: true } as never), "ERR_ARGUMENT_INVALID", "force");
    expect(rotation.stage).toBe("prepared");
  });

  test("goes no further than the cut-over", async () => {
    const { rotation, store } = await rotating("cut-over");
    await refused(store, () => rotation.advance({ distribute: done }), "ERR_ROTATION_STAGE", "cut-over");
    await rotation.retire();
    await refused(store, () => rotation.advance({ distribute: done }), "ERR_ENTITY_NOT_FOUND", rotation.from);
    expect((await rotation.plan()).stage).toBe("retired");
  });

  test("finds out that somebody removed the new key, before and while it is distributed", async () => {
    const { account, rotation, store } = await rotating("prepared");
    // As nsc does, which knows nothing of rotations.
    const remove = async () => {
      const claims = structuredClone(await wire(store, APP));
      claims.nats.signing_keys = claims.nats.signing_keys?.filter((key) => key !== rotation.to) ?? [];
      const seed = (await store.getKey(claims.iss ?? "")) ?? "";
      const token = await encode(claims, keyPairFromSeed(seed), { issuedAt: (claims.iat ?? 0) + 1 });
      await store.commit({ tokens: [{ path: APP, token }] });
    };
    const meta = await store.readMeta("local");
    await expect(rotation.advance({ distribute: remove })).toThrowCode("ERR_ROTATION_STAGE");
    expect(await store.readMeta("local")).toEqual(meta);
    let calls = 0;
    const count: Distribute = async () => {
      calls += 1;
    };
    await refused(store, () => rotation.advance({ distribute: count }), "ERR_ROTATION_STAGE", rotation.to, "cancel");
    expect([calls, rotation.stage]).toEqual([0, "prepared"]);
    await rotation.cancel();
    expect([await account.rotations(), (await store.readMeta("local")).size]).toEqual([[], 0]);
  });
});

class Report {
  readonly #isComplete = true;

  assertComplete(): void {
    if (!this.#isComplete) throw new Error("incomplete");
  }
}

describe("retire", () => {
  test.each<["prepared" | "distributed"]>([["prepared"], ["distributed"]])(
    "leaves out no stage, not even by force: %s",
    async (stage) => {
      const { rotation, store } = await rotating(stage);
      for (const options of [{}, { force: true }, { distribute: done }]) {
        await refused(store, () => rotation.retire(options), "ERR_ROTATION_STAGE", stage, "cut-over");
      }
      expect(rotation.stage).toBe(stage);
    },
  );

  test("refuses as long as a stored user needs the old key", async () => {
    const { account, old, user, rotation, store } = await rotating("cut-over");
    await user.reissue({ signer: old });
    await account.addUser("late", { signer: old });
    await refused(store, () => rotation.retire(), "ERR_SIGNING_KEY_IN_USE", old, 'user "u"', 'user "late"', "force");
    expect(rotation.stage).toBe("cut-over");
    await user.reissue();
    await (await account.user("late")).delete();
    await rotation.retire();
    expect(keysOf(account)).toEqual([rotation.to]);
  });

  test("goes on by force, and tells who was left behind", async () => {
    const { account, old, user, rotation } = await rotating("cut-over");
    await user.reissue({ signer: old });
    const plan = await rotation.retire({ force: true });
    expect([plan.stage, plan.signedByFrom.map(({ name }) => name)]).toEqual(["retired", ["u"]]);
    expect(keysOf(account)).toEqual([rotation.to]);
  });

  test("refuses as long as an account imports with an activation of the old key", async () => {
    const { operator, account, old, rotation, store } = await rotating("cut-over");
    const other = await operator.addAccount("OTHER");
    const activationBy = async (publicKey: string): Promise<string> => {
      const claims = createActivationClaims(other.publicKey, {
        nats: { subject: "a.>", kind: "stream", issuer_account: account.publicKey },
      });
      return encode(claims, keyPairFromSeed((await store.getKey(publicKey)) ?? ""));
    };
    const importWith = async (token: string) => {
      await other.edit(({ nats }) => {
        nats.imports = [
          { name: "a", subject: "a.>", account: account.publicKey, type: "stream", token },
          { name: "b", subject: "b.>", account: account.publicKey, type: "stream" },
        ];
      });
    };
    await importWith(await activationBy(old));
    const [activation, ...more] = (await rotation.plan()).activations;
    expect([activation?.account.name, activation?.subject, more]).toEqual(["OTHER", "a.>", []]);
    await refused(store, () => rotation.retire(), "ERR_SIGNING_KEY_IN_USE", '"a.>"', 'account "OTHER"', old);
    await importWith(await activationBy(rotation.to));
    expect((await rotation.plan()).activations).toEqual([]);
    await rotation.retire();
    expect(keysOf(account)).toEqual([rotation.to]);
  });

  test("goes by force over activations, too", async () => {
    const { operator, account, old, rotation, store } = await rotating("cut-over");
    const other = await operator.addAccount("OTHER");
    const claims = createActivationClaims(other.publicKey, {
      nats: { subject: "a", kind: "service", issuer_account: account.publicKey },
    });
    const token = await encode(claims, keyPairFromSeed((await store.getKey(old)) ?? ""));
    await other.edit(({ nats }) => {
      nats.imports = [{ name: "a", subject: "a", account: account.publicKey, type: "service", token }];
    });
    const { activations } = await rotation.retire({ force: true });
    expect(activations.map(({ subject }) => subject)).toEqual(["a"]);
  });

  test("goes on where others removed the old key already", async () => {
    const { account, old, rotation, store } = await rotating("cut-over");
    const claims = structuredClone(await wire(store, APP));
    claims.nats.signing_keys = [rotation.to];
    const seed = (await store.getKey(claims.iss ?? "")) ?? "";
    const token = await encode(claims, keyPairFromSeed(seed), { issuedAt: (claims.iat ?? 0) + 1 });
    await store.commit({ tokens: [{ path: APP, token }] });
    await rotation.retire({ deleteKey: true });
    expect([account.token, rotation.stage, await keptKey(store, old)]).toEqual([token, "retired", undefined]);
  });

  test("refuses what it does not know", async () => {
    const { rotation, store } = await rotating("cut-over");
    await refused(store, () => rotation.retire({ froce: true } as never), "ERR_ARGUMENT_INVALID", "froce");
    await rotation.retire();
    await refused(store, () => rotation.retire(), "ERR_ENTITY_NOT_FOUND", rotation.from, rotation.to);
  });
});

describe("cancel", () => {
  test.each<["prepared" | "distributed"]>([["prepared"], ["distributed"]])(
    "leaves all as it was before: %s",
    async (stage) => {
      const { account, old, rotation, store } = await rotating(stage);
      await rotation.cancel();
      expect([keysOf(account), await account.rotations(), await issuerOf(account)]).toEqual([[old], [], old]);
      expect(await store.readMeta("local")).toEqual(new Map());
      expect(await keptKey(store, rotation.to)).toBe(rotation.to);
      // It shows what was, and nothing can be done with it any more.
      expect(rotation.stage).toBe(stage);
      for (const run of [() => rotation.plan(), () => rotation.cancel(), () => rotation.retire()]) {
        await refused(store, run, "ERR_ENTITY_NOT_FOUND", rotation.to);
      }
      await expect(rotation.advance({ distribute: done })).toThrowCode("ERR_ENTITY_NOT_FOUND");
      const again = await account.rotateSigningKey({ from: old, to: rotation.to });
      expect(again.stage).toBe("prepared");
    },
  );

  test("removes the seed of the new key when it is told to", async () => {
    const { old, rotation, store } = await rotating("prepared");
    await rotation.cancel({ deleteKey: true });
    expect([await keptKey(store, rotation.to), await keptKey(store, old)]).toEqual([undefined, old]);
  });

  test("refuses as long as the new key is needed", async () => {
    const { account, old, rotation, store } = await rotating("distributed");
    const user = await account.addUser("v");
    await refused(store, () => rotation.cancel(), "ERR_SIGNING_KEY_IN_USE", rotation.to, 'user "v"');
    await user.reissue({ signer: old });
    await rotation.cancel();
    expect(keysOf(account)).toEqual([old]);
  });

  test("comes too late after the cut-over", async () => {
    const { rotation, store } = await rotating("cut-over");
    await refused(store, () => rotation.cancel(), "ERR_ROTATION_STAGE", "retire");
    await refused(store, () => rotation.cancel({ force: true } as never), "ERR_ARGUMENT_INVALID", "force");
  });
});

describe("what is done by hand meanwhile", () => {
  test.each(["prepared", "distributed", "cut-over"] as const)("removes neither of the keys: %s", async (stage) => {
    const { account, old, rotation, store } = await rotating(stage);
    const code: NscErrorCode = "ERR_ROTATION_STAGE";
    const hint = stage === "cut-over" ? "retire" : "cancel";
    // One that signed what is stored is refused anyway.
    const [unused] = stage === "cut-over" ? [old] : [rotation.to];
    await refused(store, () => account.removeSigningKey(unused), code, old, rotation.to, hint, "force");
    const edit = account.edit.bind(account, ({ nats }) => {
      nats.signing_keys = nats.signing_keys?.filter((key) => key !== unused) ?? [];
    });
    await refused(store, edit, code, old, rotation.to, hint);
    expect(rotation.stage).toBe(stage);
  });

  test("removes one by force, which ends the rotation", async () => {
    const { account, old, rotation, store } = await rotating("distributed");
    const web = await account.addRole("web");
    const other = await account.rotateSigningKey({ from: "web" });
    await account.removeSigningKey(rotation.to, { force: true });
    expect(keysOf(account)).toEqual([old, web, other.to].sort());
    expect((await account.rotations()).map(({ from }) => from)).toEqual([web]);
    await refused(store, () => rotation.plan(), "ERR_ENTITY_NOT_FOUND");
    expect(await issuerOf(account)).toBe(old);
    await account.removeSigningKey(web, { force: true });
    expect((await store.readMeta("local")).size).toBe(0);
    expect(other.stage).toBe("retired");
  });

  test("is pointed to rotateSigningKey where a key is in use", async () => {
    const { account, old, store } = await keyed();
    await refused(store, () => account.removeSigningKey(old), "ERR_SIGNING_KEY_IN_USE", "rotateSigningKey", "force");
  });

  test("removes other keys", async () => {
    const { account, old, rotation } = await rotating("distributed");
    const other = await account.addSigningKey({ key: createKeyPair("account") });
    await account.removeSigningKey(other);
    expect(keysOf(account)).toEqual([old, rotation.to].sort());
  });

  test("has signing keys demanded", async () => {
    const { operator, account, rotation } = await rotating("distributed");
    const user = await account.addUser("identity", { signer: account.publicKey });
    const { reissued } = await operator.requireSigningKeys({ addSigningKeys: true });
    expect(reissued).toContainEqual(["local", "APP", "identity"]);
    expect(user.claims.iss).toBe(rotation.to);
    await rotation.advance();
    await rotation.retire();
    expect(await issuerOf(account)).toBe(rotation.to);
  });
});
