import { type Account, memoryStore, Nsc, type Operator, type Store, type User } from "nsc.js";
import { describe, expect, test } from "vitest";
import { claimsAt, collect, hookedStore } from "./wrapped-stores.ts";

interface Tree {
  readonly store: Store;
  readonly nsc: Nsc;
  readonly operator: Operator;
  readonly account: Account;
  readonly user: User;
}

async function makeTree(store: Store = memoryStore()): Promise<Tree> {
  const nsc = new Nsc({ store });
  const operator = await nsc.addOperator("O", { signingKey: true });
  const account = await operator.addAccount("A", { signingKey: true });
  return { store, nsc, operator, account, user: await account.addUser("u") };
}

/** The handles of the same three entities, got another way. */
async function again(nsc: Nsc): Promise<readonly [Operator, Account, User]> {
  const operator = await nsc.operator("O");
  const account = await operator.account("A");
  return [operator, account, await account.user("u")];
}

describe("all handles of an entity in one Nsc", () => {
  test("show a change that was made through any of them", async () => {
    const { store, nsc, operator, account, user } = await makeTree();
    const [operator2, account2, user2] = await again(nsc);
    const [listed] = await collect(account.users());
    await operator2.edit(({ nats }) => {
      nats.account_server_url = "nats://localhost:4222";
    });
    await account2.edit(({ nats }) => {
      nats.limits.conn = 3;
    });
    await user.edit(({ nats }) => {
      nats.subs = 4;
    });
    expect(operator.claims.nats.account_server_url).toBe("nats://localhost:4222");
    expect(account.claims.nats.limits.conn).toBe(3);
    for (const handle of [user, user2, listed]) {
      expect(handle?.claims.nats.subs).toBe(4);
      expect(handle?.token).toBe(await store.read(["O", "A", "u"]));
    }
    expect(account.token).toBe(await store.read(["O", "A"]));
    expect(operator.token).toBe(await store.read(["O"]));
  });

  test("show what a verb of another entity changed", async () => {
    const { store, nsc, operator, account, user } = await makeTree();
    const [operator2, account2, user2] = await again(nsc);
    const other = await account2.addUser("v", { signer: account.publicKey });
    await user.delete();
    expect(account.claims.nats.revocations).toHaveProperty(user.publicKey);
    await operator2.requireSigningKeys();
    expect(operator.claims.nats.strict_signing_key_usage).toBe(true);
    expect(other.claims.iss).toBe(account.claims.nats.signing_keys?.[0]);
    expect(other.token).toBe(await store.read(["O", "A", "v"]));
    await expect(user2.refresh()).toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("issue users by what they show", async () => {
    const { nsc, account } = await makeTree();
    const [, account2] = await again(nsc);
    await account2.addRole("web", { pub: ["a"] });
    const issued = await account.issueUser("x", { role: "web", expires: "1h" });
    expect(issued.publicKey).toMatch(/^U/);
    await account2.edit(({ nats }) => {
      nats.limits.disallow_bearer = true;
    });
    await expect(account.issueUser("x", { bearer: true, expires: "1h" })).toThrowCode("ERR_BEARER_DISALLOWED");
  });

  test("know the operator's demand for signing keys and the role, whatever handle was first", async () => {
    const { store, account } = await makeTree();
    await account.addRole("r", { pub: ["a"] });
    await account
      .edit(({ nats }) => {
        nats.signing_keys = (nats.signing_keys ?? []).filter((key) => typeof key === "object");
      })
      .catch(() => undefined);
    await account.addUser("byIdentity", { signer: account.publicKey });
    const nsc = new Nsc({ store });
    const operator = await nsc.operator("O");
    await operator.requireSigningKeys();
    const account2 = await operator.account("A");
    const user = await account2.user("byIdentity");
    await user.reissue({ signer: "r" });
    expect(user.role).toBe("r");
    const signer = account2.publicKey;
    await expect(account2.issueUser("x", { expires: "1h", signer })).toThrowCode("ERR_SIGNER_STRICT");
  });

  test("don't show an older token because it was read before a commit and shown after it", async () => {
    const inner = memoryStore();
    const { user: first } = await makeTree(inner);
    let release = (): void => undefined;
    let isHeld = false;
    const store = hookedStore(inner, {
      async after(method, key) {
        if (method !== "getKey" || key !== first.publicKey || isHeld) return;
        isHeld = true;
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      },
    });
    const nsc = new Nsc({ store });
    const operator = await nsc.operator("O");
    const account = await operator.account("A");
    // The token was read, and what else is shown with it takes its time.
    const slow = account.user("u");
    while (!isHeld) await new Promise((resolve) => setTimeout(resolve, 1));
    const quick = await account.user("u");
    await quick.edit(({ nats }) => {
      nats.subs = 5;
    });
    release();
    const late = await slow;
    for (const handle of [quick, late]) {
      expect(handle.claims.nats.subs).toBe(5);
      expect(handle.token).toBe(await inner.read(["O", "A", "u"]));
    }
  });

  test("show the last of two commits, though the first is told of late", async () => {
    const inner = memoryStore();
    const { user } = await makeTree(inner);
    let commits = 0;
    let isLate = false;
    const store = hookedStore(inner, {
      before(method) {
        if (method === "commit") commits += 1;
      },
      async after(method, key) {
        // What is looked up first after the first commit takes long.
        if (method !== "getKey" || key !== user.publicKey || commits !== 1 || isLate) return;
        isLate = true;
        await new Promise((resolve) => setTimeout(resolve, 100));
      },
    });
    const nsc = new Nsc({ store });
    const operator = await nsc.operator("O");
    const account = await operator.account("A");
    const handle = await account.user("u");
    const first = handle.edit(({ nats }) => {
      nats.subs = 1;
    });
    while ((await claimsAt(inner, "O", "A", "u")).nats.subs !== 1) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    // Another way to the same user, which does not wait for the edit.
    await nsc.transaction(async (tx) => {
      const same = await (await (await tx.operator("O")).account("A")).user("u");
      await same.edit(({ nats }) => {
        nats.subs = 2;
      });
    });
    await first;
    expect(handle.claims.nats.subs).toBe(2);
    expect(handle.token).toBe(await inner.read(["O", "A", "u"]));
  });
});

describe("handles of another Nsc over the same store", () => {
  test("show a change after refresh, and not before", async () => {
    const { store, operator, account, user } = await makeTree();
    const handles = await again(new Nsc({ store }));
    await operator.edit(({ nats }) => {
      nats.tags = ["o"];
    });
    await account.edit(({ nats }) => {
      nats.tags = ["a"];
    });
    await user.edit(({ nats }) => {
      nats.tags = ["u"];
    });
    expect(handles.map(({ claims }) => claims.nats.tags)).toEqual([undefined, undefined, undefined]);
    for (const handle of handles) await handle.refresh();
    expect(handles.map(({ claims }) => claims.nats.tags)).toEqual([["o"], ["a"], ["u"]]);
  });

  test("begin an edit with what is there now, and show all of it afterwards", async () => {
    const { store, account } = await makeTree();
    const [, other] = await again(new Nsc({ store }));
    await account.edit(({ nats }) => {
      nats.limits.conn = 3;
    });
    const seen: unknown[] = [];
    await other.edit(({ nats }) => {
      seen.push(nats.limits.conn);
      nats.limits.leaf = 4;
    });
    expect(seen).toEqual([3]);
    expect([other.claims.nats.limits.conn, other.claims.nats.limits.leaf]).toEqual([3, 4]);
  });

  test("edits go by parents as they are now", async () => {
    const { store, operator, account } = await makeTree();
    const [, other] = await again(new Nsc({ store }));
    await operator.requireSigningKeys();
    await expect(other.addUser("v", { signer: account.publicKey })).toThrowCode("ERR_SIGNER_STRICT");
    await account.edit(({ nats }) => {
      nats.limits.disallow_bearer = true;
    });
    await expect(other.addUser("v", { bearer: true })).toThrowCode("ERR_BEARER_DISALLOWED");
  });

  test("of what was deleted or renamed are refused everything but what they saw last", async () => {
    const { store, account, user } = await makeTree();
    const [, account2, user2] = await again(new Nsc({ store }));
    await user.rename("v");
    await expect(user2.refresh()).toThrowCode("ERR_ENTITY_NOT_FOUND");
    await account.delete();
    await expect(account2.refresh()).toThrowCode("ERR_ENTITY_NOT_FOUND");
    await expect(account2.addUser("w")).toThrowCode("ERR_ENTITY_NOT_FOUND");
    await expect(account2.addRole("r")).toThrowCode("ERR_ENTITY_NOT_FOUND");
    expect([account2.name, user2.name]).toEqual(["A", "u"]);
  });
});

describe("claims of a handle", () => {
  test("are frozen all the way down, after any way of getting them", async () => {
    const { store, nsc, account, user } = await makeTree();
    await account.addRole("r", { pub: { allow: ["a"], deny: ["b"] }, responses: true });
    await account.edit(({ nats }) => {
      nats.exports = [{ subject: "x", type: "stream" }] as never;
      nats.mappings = { a: [{ subject: "b", weight: 50 }] };
    });
    await user.edit(({ nats }) => {
      nats.pub = { allow: ["a"] };
      nats.times = [{ start: "01:00:00", end: "02:00:00" }];
    });
    const pending: unknown[] = [];
    await nsc.transaction(async (tx) => {
      const a = await (await tx.operator("O")).account("A");
      pending.push(a.claims);
      await a.edit(({ nats }) => {
        nats.tags = ["t"];
      });
      pending.push(a.claims);
    });
    const others = await again(new Nsc({ store }));
    const all = [...(await again(nsc)), ...others].map(({ claims }): unknown => claims);
    let objects = 0;
    const check = (value: unknown, where: string): void => {
      if (typeof value !== "object" || value === null) return;
      objects += 1;
      expect(Object.isFrozen(value), where).toBe(true);
      for (const [name, member] of Object.entries(value)) check(member, `${where}.${name}`);
    };
    for (const [index, claims] of [...all, ...pending, account.roles[0]].entries()) check(claims, String(index));
    expect(objects).toBeGreaterThan(50);
    expect(() => {
      (account.claims.nats.limits as { conn?: number }).conn = 1;
    }).toThrow(TypeError);
  });

  test("are not what an edit is given, and keeping that changes nothing", async () => {
    const { store, account } = await makeTree();
    const kept: { nats: { limits: { conn?: number | bigint } } }[] = [];
    await account.edit((claims) => {
      claims.nats.limits.conn = 1;
      kept.push(claims);
    });
    for (const claims of kept) claims.nats.limits.conn = 2;
    expect(account.claims.nats.limits.conn).toBe(1);
    await account.edit(({ nats }) => {
      nats.limits.leaf = 5;
    });
    expect((await claimsAt(store, "O", "A")).nats.limits.conn).toBe(1);
  });

  test("are not those that a pending transaction goes on changing", async () => {
    const { nsc } = await makeTree();
    await nsc.transaction(async (tx) => {
      const account = await (await tx.operator("O")).account("A");
      await account.addRole("r", { pub: ["a"] });
      const { claims } = account;
      await account.editRole("r", ({ template }) => {
        template.pub = { allow: ["b"] };
      });
      const role = claims.nats.signing_keys?.find((key) => typeof key === "object");
      expect(role).toMatchObject({ role: "r", template: { pub: { allow: ["a"] } } });
      expect(account.roles[0]?.template.pub).toEqual({ allow: ["b"] });
    });
  });
});

describe("an entity that was deleted", () => {
  test("is not found by any verb of any of its handles", async () => {
    const { nsc, account, user } = await makeTree();
    const [, account2, user2] = await again(nsc);
    await user.delete();
    for (const handle of [user, user2]) {
      const verbs = [
        () => handle.edit(() => undefined),
        () => handle.rename("w"),
        () => handle.reissue(),
        () => handle.delete(),
        () => handle.refresh(),
      ];
      for (const verb of verbs) await expect(verb(), String(verb)).toThrowCode("ERR_ENTITY_NOT_FOUND");
    }
    await account.delete();
    for (const handle of [account, account2]) {
      const verbs = [
        () => handle.edit(() => undefined),
        () => handle.rename("w"),
        () => handle.reissue(),
        () => handle.delete(),
        () => handle.refresh(),
        () => handle.addUser("w"),
        () => handle.addRole("w"),
        () => handle.editRole("w", () => undefined),
        () => handle.addSigningKey(),
        () => handle.removeSigningKey(account.publicKey),
        () => handle.user("u"),
      ];
      for (const verb of verbs) await expect(verb(), String(verb)).toThrowCode("ERR_ENTITY_NOT_FOUND");
      expect(await collect(handle.users())).toEqual([]);
    }
  });
});

describe("a rename", () => {
  test("shows in all handles of the entity and of what stands below it", async () => {
    const { store, nsc, operator, account, user } = await makeTree();
    const handles = [...(await again(nsc)), operator, account, user];
    await account.rename("B");
    await user.rename("v");
    await operator.rename("P");
    expect(handles.map(({ name }) => name)).toEqual(["P", "B", "v", "P", "B", "v"]);
    for (const handle of handles) await handle.refresh();
    expect(user.token).toBe(await store.read(["P", "B", "v"]));
    expect([operator.claims.name, account.claims.name, user.claims.name]).toEqual(["P", "B", "v"]);
    for (const handle of handles.slice(0, 3)) {
      await handle.edit(({ nats }: { nats: { tags?: string[] } }) => {
        nats.tags = ["still"];
      });
    }
    expect((await claimsAt(store, "P", "B", "v")).nats.tags).toEqual(["still"]);
    expect((await claimsAt(store, "P", "B")).nats.tags).toEqual(["still"]);
    expect(await user.creds()).toContain(user.token);
  });

  test("made while verbs of the same handles wait, does not mislead them", async () => {
    const { store, operator, account, user } = await makeTree();
    const [, added, , fresh] = await Promise.all([
      account.rename("B"),
      account.addUser("w"),
      operator.rename("P"),
      operator.addAccount("N"),
      user.rename("v"),
      account.edit(({ nats }) => {
        nats.limits.conn = 6;
      }),
    ]);
    expect([operator.name, account.name, user.name, added.name, fresh.name]).toEqual(["P", "B", "v", "w", "N"]);
    expect(added.token).toBe(await store.read(["P", "B", "w"]));
    expect(fresh.token).toBe(await store.read(["P", "N"]));
    expect(user.token).toBe(await store.read(["P", "B", "v"]));
    expect((await claimsAt(store, "P", "B")).nats.limits.conn).toBe(6);
  });

  test("inside of a transaction, likewise", async () => {
    const { store, nsc } = await makeTree();
    const [account, added] = await nsc.transaction(async (tx) => {
      const a = await (await tx.operator("O")).account("A");
      const [, user] = await Promise.all([a.rename("B"), a.addUser("w")]);
      return [a, user] as const;
    });
    expect([account.name, added.name]).toEqual(["B", "w"]);
    expect(added.token).toBe(await store.read(["O", "B", "w"]));
  });
});

test("handles that nobody keeps don't get in the way of those that are kept", async () => {
  const { nsc, account } = await makeTree();
  for (let round = 0; round < 200; round++) await (await (await nsc.operator("O")).account("A")).user("u");
  // There is no gc() to call; what it would have done must not matter.
  const [, account2] = await again(nsc);
  await account.edit(({ nats }) => {
    nats.limits.conn = 8;
  });
  expect(account2.claims.nats.limits.conn).toBe(8);
});
