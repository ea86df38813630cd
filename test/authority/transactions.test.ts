import {
  createKeyPair,
  createOperatorClaims,
  decode,
  encode,
  memoryStore,
  Nsc,
  type Operator,
  type Store,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import {
  claimsAt,
  collect,
  countingSigner,
  DISK_FULL,
  imageOf,
  namesOf,
  pathsOf,
  type RecordingStore,
  recordingStore,
} from "./wrapped-stores.ts";

interface Tree {
  readonly store: RecordingStore;
  readonly nsc: Nsc;
  readonly operator: Operator;
}

/** An operator O, accounts A with users u and v, and B; everything signed by identities. */
async function makeTree(): Promise<Tree> {
  const store = recordingStore();
  const nsc = new Nsc({ store });
  const operator = await nsc.addOperator("O");
  const a = await operator.addAccount("A");
  await a.addUser("u");
  await a.addUser("v");
  await operator.addAccount("B");
  store.commits.length = 0;
  return { store, nsc, operator };
}

async function accountIn(nsc: Nsc, name: string) {
  return (await nsc.operator("O")).account(name);
}

describe("a transaction", () => {
  test("makes all its changes in one commit", async () => {
    const { store, nsc } = await makeTree();
    const result = await nsc.transaction(async (tx) => {
      const operator = await tx.operator("O");
      const a = await operator.account("A");
      await a.edit(({ nats }) => {
        nats.limits.conn = 5;
      });
      await (await a.user("u")).edit(({ nats }) => {
        nats.subs = 7;
      });
      await (await a.user("v")).delete({ revoke: false });
      const c = await operator.addAccount("C");
      await c.addUser("w");
      await tx.addOperator("P");
      return "done";
    });
    expect(result).toBe("done");
    expect(store.commits).toHaveLength(1);
    expect(await pathsOf(store)).toEqual(["O", "O/A", "O/A/u", "O/B", "O/C", "O/C/w", "P"]);
    expect((await claimsAt(store, "O", "A")).nats.limits.conn).toBe(5);
    expect((await claimsAt(store, "O", "A", "u")).nats.subs).toBe(7);
  });

  test("commits nothing when nothing changed", async () => {
    const { store, nsc } = await makeTree();
    await nsc.transaction(async (tx) => {
      const a = await accountIn(tx, "A");
      await a.edit(() => undefined);
      await namesOf(a.users());
    });
    expect(store.commits).toEqual([]);
  });

  test("signs each entity that changed once, however often it changed, and no other", async () => {
    const key = countingSigner(createKeyPair("operator"));
    const nsc = new Nsc();
    const operator = await nsc.addOperator("O", { key });
    await operator.addAccount("A");
    const other = await operator.addAccount("B");
    const untouched = other.token;
    key.count = 0;
    await nsc.transaction(async (tx) => {
      const a = await accountIn(tx, "A");
      for (let conn = 1; conn <= 1000; conn++) {
        await a.edit(({ nats }) => {
          nats.limits.conn = conn;
        });
      }
      await a.addRole("r");
      await a.rename("Z");
      expect(key.count).toBe(0);
    });
    expect(key.count).toBe(1);
    expect((await accountIn(nsc, "Z")).claims.nats.limits.conn).toBe(1000);
    await other.refresh();
    expect(other.token).toBe(untouched);
  });

  test("takes verbs that run at the same time", async () => {
    const { store, nsc } = await makeTree();
    const names = Array.from({ length: 100 }, (_, index) => `user-${index}`);
    await nsc.transaction(async (tx) => {
      const b = await accountIn(tx, "B");
      const users = await Promise.all(names.map((name) => b.addUser(name)));
      expect(users.map(({ name }) => name)).toEqual(names);
      await Promise.all(
        names.map((name) =>
          b.edit(({ nats }) => {
            nats.tags = [...(nats.tags ?? []), name];
          }),
        ),
      );
    });
    expect(store.commits).toHaveLength(1);
    expect(await namesOf((await accountIn(nsc, "B")).users())).toEqual([...names].sort());
    expect((await claimsAt(store, "O", "B")).nats.tags).toEqual(names);
  });

  test("waits for verbs that its work started and did not wait for", async () => {
    const { store, nsc } = await makeTree();
    let added: Promise<unknown> | undefined;
    await nsc.transaction(async (tx) => {
      added = (await accountIn(tx, "B")).addUser("late");
    });
    await added;
    expect(await pathsOf(store)).toContain("O/B/late");
  });

  test("can't be made inside of another one", async () => {
    const { store, nsc } = await makeTree();
    await nsc.transaction(async (tx) => {
      await expect(tx.transaction(async () => undefined)).toThrowCode("ERR_TRANSACTION");
    });
    expect(store.commits).toEqual([]);
  });
});

describe("nothing is changed", () => {
  const change = async (tx: Nsc): Promise<void> => {
    const a = await accountIn(tx, "A");
    await a.rename("Z");
    await (await a.user("u")).delete({ deleteKeys: true });
    await a.addUser("w");
    await tx.addOperator("P", { signingKey: true, systemAccount: true });
  };

  test("when the work throws", async () => {
    const { store, nsc } = await makeTree();
    const before = await imageOf(store);
    const failure = new Error("no");
    const work = async (tx: Nsc) => {
      await change(tx);
      throw failure;
    };
    await expect(nsc.transaction(work)).rejects.toBe(failure);
    expect(store.commits).toEqual([]);
    expect(await imageOf(store)).toBe(before);
  });

  test("when the store refuses", async () => {
    const { store, nsc, operator } = await makeTree();
    const a = await operator.account("A");
    const user = await a.user("u");
    const [before, token] = [await imageOf(store), a.token];
    store.refusal = DISK_FULL;
    await expect(nsc.transaction(change)).rejects.toBe(DISK_FULL);
    store.refusal = undefined;
    expect(store.commits).toHaveLength(1);
    expect(await imageOf(store)).toBe(before);
    expect([a.name, a.token, user.name]).toEqual(["A", token, "u"]);
    expect(await user.creds()).toContain(user.token);
    await nsc.transaction(change);
    expect(a.name).toBe("Z");
  });

  test("when a signer fails, though others have signed", async () => {
    const [good, bad] = [countingSigner(createKeyPair("operator")), countingSigner(createKeyPair("operator"))];
    const store = recordingStore();
    const nsc = new Nsc({ store });
    await nsc.addOperator("good", { key: good });
    await nsc.addOperator("bad", { key: bad });
    const before = await imageOf(store);
    store.commits.length = 0;
    good.count = 0;
    bad.failure = new Error("the key service is down");
    const work = async (tx: Nsc) => {
      for (const name of ["good", "bad"]) await (await tx.operator(name)).addAccount("A");
    };
    await expect(nsc.transaction(work)).toThrowCode("ERR_SIGNER_FAILED");
    expect(good.count).toBe(1);
    expect(store.commits).toEqual([]);
    expect(await imageOf(store)).toBe(before);
  });

  test("when one of its changes can't be signed", async () => {
    const { store, nsc } = await makeTree();
    const work = async (tx: Nsc) => {
      const a = await accountIn(tx, "A");
      await a.addUser("fine");
      await a.addUser("odd", { role: "no such role" });
    };
    await expect(nsc.transaction(work)).toThrowCode("ERR_SIGNER_UNKNOWN");
    expect(store.commits).toEqual([]);
  });
});

describe("a verb that fails inside and is caught leaves no trace", () => {
  /** Each fails after it may have begun to change something. */
  const verbs: readonly (readonly [string, (tx: Nsc) => Promise<unknown>])[] = [
    [
      "an edit that throws halfway",
      async (tx) =>
        (await accountIn(tx, "A")).edit(({ nats }) => {
          nats.limits.conn = 1;
          throw new Error("halfway");
        }),
    ],
    [
      "an edit of what is managed",
      async (tx) =>
        (await accountIn(tx, "A")).edit((claims) => {
          claims.nats.limits.conn = 1;
          claims.name = "other";
        }),
    ],
    [
      "an edit that leaves what can't be encoded",
      async (tx) =>
        (await accountIn(tx, "A")).edit(({ nats }) => {
          nats.limits.conn = 1;
          nats.limits.subs = 1.5;
        }),
    ],
    [
      "an edit of a role that throws halfway",
      async (tx) =>
        (await accountIn(tx, "A")).editRole("r", ({ template }) => {
          template.pub = { allow: [">"] };
          throw new Error("halfway");
        }),
    ],
    [
      "an edit of a role's key",
      async (tx) =>
        (await accountIn(tx, "A")).editRole("r", (scope) => {
          scope.template.pub = { allow: [">"] };
          scope.key = createKeyPair("account").publicKey;
        }),
    ],
    ["an edit of a role that is not there", async (tx) => (await accountIn(tx, "A")).editRole("none", () => undefined)],
    [
      "a role whose template can't be made",
      async (tx) =>
        (await accountIn(tx, "A")).addRole("s", {
          template: () => {
            throw new Error("halfway");
          },
        }),
    ],
    ["a user that is there", async (tx) => (await accountIn(tx, "A")).addUser("u")],
    [
      "a user whose claims are refused",
      async (tx) =>
        (await accountIn(tx, "A")).addUser("w", {
          claims: (claims) => {
            claims.iat = 1;
          },
        }),
    ],
    ["an account that is there", async (tx) => (await tx.operator("O")).addAccount("A", { signingKey: true })],
    ["an operator whose system account has no name", async (tx) => tx.addOperator("P", { systemAccount: "a/b" })],
    ["a rename to what is there", async (tx) => (await accountIn(tx, "A")).rename("B")],
    ["a rename of a user to what is there", async (tx) => (await (await accountIn(tx, "A")).user("u")).rename("v")],
    ["a key that is there", async (tx) => addTwice(tx)],
    [
      "the removal of a key that is not there",
      async (tx) =>
        (await accountIn(tx, "A")).removeSigningKey(createKeyPair("account").publicKey, { deleteKey: true }),
    ],
  ];

  async function addTwice(tx: Nsc): Promise<void> {
    const a = await accountIn(tx, "A");
    await a.addSigningKey({ key: a.publicKey });
  }

  test.each(verbs)("%s", async (_, verb) => {
    const { store, nsc, operator } = await makeTree();
    await (await operator.account("A")).addRole("r", { pub: ["a"] });
    const before = await imageOf(store);
    store.commits.length = 0;
    await nsc.transaction(async (tx) => {
      await expect(verb(tx)).rejects.toThrow();
    });
    expect(store.commits).toEqual([]);

    // With something else that is committed, too.
    await nsc.transaction(async (tx) => {
      await (await accountIn(tx, "B")).addUser("other");
      await expect(verb(tx)).rejects.toThrow();
    });
    expect(store.commits).toHaveLength(1);
    expect(store.commits[0]?.tokens?.map(({ path }) => path)).toEqual([["O", "B", "other"]]);
    expect(store.commits[0]?.keys).toHaveLength(1);
    await (await (await accountIn(nsc, "B")).user("other")).delete({ revoke: false });
    expect(await imageOf(store)).toBe(before);
  });

  test("a rename that finds something damaged", async () => {
    const { store, nsc } = await makeTree();
    const damaged = "a.eyJzdWIiOiJ4In0.c";
    await store.commit({ tokens: [{ path: ["O", "A", "v"], token: damaged }] });
    const before = await imageOf(store);
    store.commits.length = 0;
    await nsc.transaction(async (tx) => {
      await expect((await accountIn(tx, "A")).rename("Z")).toThrowCode("ERR_STORE_DAMAGED");
      await expect((await tx.operator("O")).rename("Z")).toThrowCode("ERR_STORE_DAMAGED");
    });
    expect(store.commits).toEqual([]);
    expect(await imageOf(store)).toBe(before);
  });

  test("what was changed before it stays changed", async () => {
    const { store, nsc } = await makeTree();
    await nsc.transaction(async (tx) => {
      const a = await accountIn(tx, "A");
      await a.edit(({ nats }) => {
        nats.limits.conn = 3;
      });
      const failing = a.edit(({ nats }) => {
        nats.limits.conn = 4;
        throw new Error("halfway");
      });
      await expect(failing).rejects.toThrow("halfway");
      expect(a.claims.nats.limits.conn).toBe(3);
    });
    expect((await claimsAt(store, "O", "A")).nats.limits.conn).toBe(3);
  });
});

describe("handles of a transaction", () => {
  test("show pending changes, and have no token before the commit", async () => {
    const { nsc } = await makeTree();
    const added = await nsc.transaction(async (tx) => {
      const a = await accountIn(tx, "A");
      const stored = a.token;
      await a.edit(({ nats }) => {
        nats.limits.conn = 9;
      });
      expect(a.claims.nats.limits.conn).toBe(9);
      expect(() => a.token).toThrowCode("ERR_TRANSACTION");
      const again = await accountIn(tx, "A");
      expect(again.claims.nats.limits.conn).toBe(9);
      expect(decode(stored, { kind: "account" }).nats.limits.conn).toBe(-1);

      const user = await a.addUser("w");
      expect(user.claims.name).toBe("w");
      expect(user.hasSeed).toBe(true);
      expect(() => user.token).toThrowCode("ERR_TRANSACTION");
      expect(() => user.warnings).toThrowCode("ERR_TRANSACTION");
      await expect(user.creds()).toThrowCode("ERR_TRANSACTION");
      expect((await a.user("u")).token).toMatch(/^eyJ/);
      return user;
    });
    expect(added.token).toMatch(/^eyJ/);
  });

  test("list what is pending and not what is deleted", async () => {
    const { store, nsc } = await makeTree();
    await nsc.transaction(async (tx) => {
      await tx.addOperator("P");
      expect(await namesOf(tx.operators())).toEqual(["O", "P"]);
      const operator = await tx.operator("O");
      const added = await operator.addAccount("C");
      await (await operator.account("B")).delete();
      expect(await namesOf(operator.accounts())).toEqual(["A", "C"]);
      expect((await operator.findAccount(added.publicKey))?.name).toBe("C");
      const a = await operator.account("A");
      await a.addUser("t");
      await (await a.user("u")).delete();
      await (await a.user("v")).rename("z");
      expect(await namesOf(a.users())).toEqual(["t", "z"]);
      await expect(a.user("u")).toThrowCode("ERR_ENTITY_NOT_FOUND");
      await expect(a.user("v")).toThrowCode("ERR_ENTITY_NOT_FOUND");
      // Nothing of it is outside yet.
      expect(await namesOf(nsc.operators())).toEqual(["O"]);
      expect(await namesOf((await accountIn(nsc, "A")).users())).toEqual(["u", "v"]);
    });
    expect(await pathsOf(store)).toEqual(["O", "O/A", "O/A/t", "O/A/z", "O/C", "P"]);
  });

  test("are handles of the Nsc after the commit", async () => {
    const { store, nsc } = await makeTree();
    const [operator, account, user] = await nsc.transaction(async (tx) => {
      const o = await tx.addOperator("P");
      const a = await o.addAccount("A", { signingKey: true });
      return [o, a, await a.addUser("x")] as const;
    });
    expect(user.token).toBe(await store.read(["P", "A", "x"]));
    expect(await user.creds()).toContain(user.token);
    await account.edit(({ nats }) => {
      nats.limits.conn = 2;
    });
    expect(account.token).toBe(await store.read(["P", "A"]));
    await operator.rename("Q");
    expect([operator.name, account.name, user.name]).toEqual(["Q", "A", "x"]);
    expect(account.token).toBe(await store.read(["Q", "A"]));
    expect((await account.issueUser("y", { expires: "1h" })).publicKey).toMatch(/^U/);
    const other = await (await (await nsc.operator("Q")).account("A")).user("x");
    await other.rename("z");
    expect(user.name).toBe("z");
    expect(user.token).toBe(await store.read(["Q", "A", "z"]));
  });

  test("that were only read become handles of the Nsc, too", async () => {
    const { nsc } = await makeTree();
    const read = await nsc.transaction((tx) => accountIn(tx, "A"));
    const other = await accountIn(nsc, "A");
    await other.addRole("r");
    expect(read.token).toBe(other.token);
  });

  test.each(["the work", "the commit"])("are of no use after %s failed", async (what) => {
    const { store, nsc } = await makeTree();
    const kept: { tx?: Nsc; account?: Awaited<ReturnType<typeof accountIn>> } = {};
    store.refusal = what === "the commit" ? DISK_FULL : undefined;
    const work = async (tx: Nsc) => {
      kept.tx = tx;
      kept.account = await accountIn(tx, "A");
      await kept.account.addUser("w");
      if (what === "the work") throw DISK_FULL;
    };
    await expect(nsc.transaction(work)).rejects.toBe(DISK_FULL);
    store.refusal = undefined;
    const { tx, account } = kept as Required<typeof kept>;
    await expect(account.addUser("x")).toThrowCode("ERR_TRANSACTION");
    await expect(account.edit(() => undefined)).toThrowCode("ERR_TRANSACTION");
    await expect(account.refresh()).toThrowCode("ERR_TRANSACTION");
    await expect(account.user("u")).toThrowCode("ERR_TRANSACTION");
    await expect(collect(account.users())).toThrowCode("ERR_TRANSACTION");
    await expect(tx.operator("O")).toThrowCode("ERR_TRANSACTION");
    expect(await pathsOf(store)).toEqual(["O", "O/A", "O/A/u", "O/A/v", "O/B"]);
  });

  test("tx itself is of no use after the commit", async () => {
    const { nsc } = await makeTree();
    const tx = await nsc.transaction(async (inner) => inner);
    await expect(tx.addOperator("P")).toThrowCode("ERR_TRANSACTION");
    await expect(collect(tx.operators())).toThrowCode("ERR_TRANSACTION");
  });
});

describe("handles that are not of the transaction", () => {
  test("commit on their own, whether the transaction is made or not", async () => {
    const { store, nsc, operator } = await makeTree();
    const outside = await operator.account("B");
    const failure = new Error("no");
    const work = async (tx: Nsc) => {
      await (await accountIn(tx, "A")).addUser("inside");
      await outside.addUser("outside");
      throw failure;
    };
    await expect(nsc.transaction(work)).rejects.toBe(failure);
    expect(await pathsOf(store)).toEqual(["O", "O/A", "O/A/u", "O/A/v", "O/B", "O/B/outside"]);
  });

  test("are in conflict with it where both change the same", async () => {
    const { store, nsc, operator } = await makeTree();
    const outside = await operator.account("A");
    const work = async (tx: Nsc) => {
      const inside = await accountIn(tx, "A");
      await inside.edit(({ nats }) => {
        nats.limits.conn = 1;
      });
      await outside.edit(({ nats }) => {
        nats.limits.leaf = 2;
      });
    };
    await expect(nsc.transaction(work)).toThrowCode("ERR_STORE_CONFLICT");
    const { limits } = (await claimsAt(store, "O", "A")).nats;
    expect([limits.conn, limits.leaf]).toEqual([-1, 2]);
  });

  test("show what the transaction changed once it is committed, and not before", async () => {
    const { nsc, operator } = await makeTree();
    const outside = await operator.account("A");
    const before = outside.token;
    await nsc.transaction(async (tx) => {
      await (await accountIn(tx, "A")).edit(({ nats }) => {
        nats.limits.conn = 1;
      });
      expect(outside.token).toBe(before);
    });
    expect(outside.claims.nats.limits.conn).toBe(1);
  });
});

describe("what becomes of entities that change more than once", () => {
  test("created and deleted: nothing is left of it", async () => {
    const { store, nsc } = await makeTree();
    const before = await pathsOf(store);
    await nsc.transaction(async (tx) => {
      const operator = await tx.operator("O");
      const c = await operator.addAccount("C");
      const w = await c.addUser("w");
      await c.delete();
      await expect(w.edit(() => undefined)).toThrowCode("ERR_ENTITY_NOT_FOUND");
      await expect(c.addUser("x")).toThrowCode("ERR_ENTITY_NOT_FOUND");
    });
    expect(await pathsOf(store)).toEqual(before);
  });

  test("deleted and created: a new entity with a key of its own, and users of the old one are gone", async () => {
    const { store, nsc } = await makeTree();
    const before = await claimsAt(store, "O", "A");
    const fresh = await nsc.transaction(async (tx) => {
      const operator = await tx.operator("O");
      await (await operator.account("A")).delete();
      const account = await operator.addAccount("A");
      expect(await namesOf(account.users())).toEqual([]);
      await account.addUser("v");
      return account;
    });
    expect(fresh.publicKey).not.toBe(before.sub);
    expect((await claimsAt(store, "O", "A")).sub).toBe(fresh.publicKey);
    expect((await claimsAt(store, "O", "A", "v")).iss).toBe(fresh.publicKey);
    expect(await pathsOf(store)).toEqual(["O", "O/A", "O/A/v", "O/B"]);
    expect(await store.find(before.sub)).toEqual([]);
  });

  test("renamed and edited, in either order", async () => {
    const { store, nsc } = await makeTree();
    const key = (await accountIn(nsc, "A")).publicKey;
    await nsc.transaction(async (tx) => {
      const a = await accountIn(tx, "A");
      await a.edit(({ nats }) => {
        nats.limits.conn = 1;
      });
      await a.rename("Z");
      expect(a.name).toBe("Z");
      await a.edit(({ nats }) => {
        nats.limits.leaf = 2;
      });
      expect(a.claims.name).toBe("Z");
    });
    const claims = await claimsAt(store, "O", "Z");
    expect([claims.sub, claims.name, claims.nats.limits.conn, claims.nats.limits.leaf]).toEqual([key, "Z", 1, 2]);
    expect(await pathsOf(store)).toEqual(["O", "O/B", "O/Z", "O/Z/u", "O/Z/v"]);
  });

  test("renamed twice, and back again", async () => {
    const { store, nsc, operator } = await makeTree();
    const outside = await operator.account("A");
    const user = await outside.user("u");
    const tokens = [outside.token, user.token];
    await nsc.transaction(async (tx) => {
      const a = await accountIn(tx, "A");
      await a.rename("Y");
      await a.rename("Z");
    });
    expect(outside.name).toBe("Z");
    expect((await claimsAt(store, "O", "Z")).name).toBe("Z");
    expect(await pathsOf(store)).toEqual(["O", "O/B", "O/Z", "O/Z/u", "O/Z/v"]);
    // Users name their account by its key, so a rename is no reason to sign them again.
    expect(user.token).toBe(tokens[1]);
    await nsc.transaction(async (tx) => {
      const z = await accountIn(tx, "Z");
      await z.rename("A");
      await z.rename("Z");
    });
    expect([outside.name, outside.token]).toEqual(["Z", await store.read(["O", "Z"])]);
  });

  test("renamed, and another created under the old name: every handle shows its own", async () => {
    const { store, nsc, operator } = await makeTree();
    const outside = await operator.account("A");
    const outsideUser = await outside.user("u");
    const { publicKey } = outside;
    const [renamed, created, createdUser] = await nsc.transaction(async (tx) => {
      const o = await tx.operator("O");
      const a = await o.account("A");
      await a.rename("Z");
      const fresh = await o.addAccount("A");
      return [a, fresh, await fresh.addUser("u")] as const;
    });
    expect([outside.name, renamed.name, created.name]).toEqual(["Z", "Z", "A"]);
    expect([outside.publicKey, renamed.publicKey]).toEqual([publicKey, publicKey]);
    expect(created.publicKey).not.toBe(publicKey);
    expect(created.token).toBe(await store.read(["O", "A"]));
    expect(createdUser.token).toBe(await store.read(["O", "A", "u"]));
    expect(outsideUser.token).toBe(await store.read(["O", "Z", "u"]));
    await created.edit(({ nats }) => {
      nats.limits.conn = 1;
    });
    expect((await claimsAt(store, "O", "A")).nats.limits.conn).toBe(1);
    expect((await claimsAt(store, "O", "Z")).nats.limits.conn).toBe(-1);
  });

  test("moved along: B to C, then A to B", async () => {
    const { store, nsc, operator } = await makeTree();
    const [a, b] = [await operator.account("A"), await operator.account("B")];
    const keys = [a.publicKey, b.publicKey];
    await nsc.transaction(async (tx) => {
      await (await accountIn(tx, "B")).rename("C");
      await (await accountIn(tx, "A")).rename("B");
    });
    expect([a.name, b.name]).toEqual(["B", "C"]);
    expect([a.publicKey, b.publicKey]).toEqual(keys);
    expect(await pathsOf(store)).toEqual(["O", "O/B", "O/B/u", "O/B/v", "O/C"]);
    expect([(await claimsAt(store, "O", "B")).sub, (await claimsAt(store, "O", "C")).sub]).toEqual(keys);
    expect((await claimsAt(store, "O", "B", "u")).iss).toBe(keys[0]);
  });

  test("swapped by way of a third name", async () => {
    const { store, nsc, operator } = await makeTree();
    const account = await operator.account("A");
    const [u, v] = [await account.user("u"), await account.user("v")];
    const keys = [u.publicKey, v.publicKey];
    await nsc.transaction(async (tx) => {
      const a = await accountIn(tx, "A");
      const [first, second] = [await a.user("u"), await a.user("v")];
      await first.rename("x");
      await second.rename("u");
      await first.rename("v");
    });
    expect([u.name, v.name]).toEqual(["v", "u"]);
    expect([u.publicKey, v.publicKey]).toEqual(keys);
    expect((await claimsAt(store, "O", "A", "v")).sub).toBe(keys[0]);
    expect((await claimsAt(store, "O", "A", "u")).sub).toBe(keys[1]);
    expect(await pathsOf(store)).toEqual(["O", "O/A", "O/A/u", "O/A/v", "O/B"]);
  });

  test("an account that is renamed with users that are new, changed and deleted", async () => {
    const { store, nsc } = await makeTree();
    await nsc.transaction(async (tx) => {
      const a = await accountIn(tx, "A");
      await a.addUser("w");
      await (await a.user("u")).edit(({ nats }) => {
        nats.subs = 3;
      });
      await (await a.user("v")).delete({ revoke: false });
      await a.rename("Z");
      await a.addUser("v");
    });
    expect(await pathsOf(store)).toEqual(["O", "O/B", "O/Z", "O/Z/u", "O/Z/v", "O/Z/w"]);
    expect((await claimsAt(store, "O", "Z", "u")).nats.subs).toBe(3);
  });

  test("a key that signs is removed and what it signed is signed by another, together", async () => {
    const { store, nsc, operator } = await makeTree();
    const account = await operator.account("B");
    const key = await account.addSigningKey();
    await account.addUser("w");
    expect((await claimsAt(store, "O", "B", "w")).iss).toBe(key);
    await expect(account.removeSigningKey(key)).toThrowCode("ERR_SIGNING_KEY_IN_USE");
    const next = await nsc.transaction(async (tx) => {
      const b = await accountIn(tx, "B");
      const added = await b.addSigningKey();
      await b.removeSigningKey(key);
      await (await b.user("w")).reissue();
      return added;
    });
    expect((await claimsAt(store, "O", "B")).nats.signing_keys).toEqual([next]);
    expect((await claimsAt(store, "O", "B", "w")).iss).toBe(next);
  });

  test("a key changes between scoped and not only together with the users that it signed", async () => {
    const { store, operator } = await makeTree();
    const account = await operator.account("B");
    const key = await account.addRole("r");
    const plain = await account.addSigningKey();
    await account.addUser("scoped", { role: "r" });
    await account.addUser("plain", { signer: plain });
    const [scope] = account.roles;
    const edit = account.edit(({ nats }) => {
      nats.signing_keys = [key, plain];
    });
    await expect(edit).toThrowCode("ERR_SIGNING_KEY_IN_USE");
    const scoping = account.edit(({ nats }) => {
      nats.signing_keys = [
        ...(nats.signing_keys ?? []).filter((held) => held !== plain),
        structuredClone({ ...scope, key: plain, role: "s" }) as never,
      ];
    });
    await expect(scoping).toThrowCode("ERR_SIGNING_KEY_IN_USE");
    expect((await claimsAt(store, "O", "B", "scoped")).nats.subs ?? 0).toBe(0);
    expect((await claimsAt(store, "O", "B", "plain")).nats.subs).toBe(-1);
  });
});

describe("what an operator keeps beside its tokens", () => {
  async function managed(store: Store, name: string) {
    const key = createKeyPair("operator");
    const nsc = new Nsc({ store });
    await nsc.importOperator(await encode(createOperatorClaims(key.publicKey, { name }), key));
    return nsc;
  }

  test("comes along when it is renamed, once or twice", async () => {
    const nsc = await managed(memoryStore(), "O");
    await (await nsc.operator("O")).rename("P");
    expect((await nsc.operator("P")).isManaged).toBe(true);
    await nsc.transaction(async (tx) => {
      const operator = await tx.operator("P");
      await operator.rename("Q");
      expect(operator.isManaged).toBe(true);
      await operator.rename("R");
    });
    expect((await nsc.operator("R")).isManaged).toBe(true);
    expect(await namesOf(nsc.operators())).toEqual(["R"]);
  });

  test("does not pass to another one under the old name", async () => {
    const store = memoryStore();
    const nsc = await managed(store, "O");
    const outside = await nsc.operator("O");
    const created = await nsc.transaction(async (tx) => {
      await (await tx.operator("O")).rename("P");
      return tx.addOperator("O");
    });
    expect([outside.name, outside.isManaged]).toEqual(["P", true]);
    expect([created.name, created.isManaged]).toEqual(["O", false]);
    const others = new Nsc({ store });
    expect((await others.operator("O")).isManaged).toBe(false);
    expect((await others.operator("P")).isManaged).toBe(true);
  });
});
