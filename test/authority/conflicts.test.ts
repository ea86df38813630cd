import fc from "fast-check";
import { isNscError, memoryStore, Nsc, NscError, type Store } from "nsc.js";
import { describe, expect, test } from "vitest";
import { runs } from "../property/runs.ts";
import { claimsAt, entriesOf, hookedStore, imageOf, namesOf, pathsOf } from "./wrapped-stores.ts";

async function makeTree(store: Store = memoryStore()) {
  const nsc = new Nsc({ store });
  const operator = await nsc.addOperator("O", { signingKey: true });
  const account = await operator.addAccount("A");
  await operator.addAccount("B");
  return { store, nsc, operator, account };
}

async function accountOf(store: Store, name = "A") {
  return (await new Nsc({ store }).operator("O")).account(name);
}

/** A store that does something once, right before the first commit that comes after it was armed. */
function interferingStore(inner: Store = memoryStore()) {
  let interfere: (() => Promise<unknown>) | undefined;
  const store = hookedStore(inner, {
    async before(method) {
      if (method !== "commit" || interfere === undefined) return;
      const run = interfere;
      interfere = undefined;
      await run();
    },
  });
  return {
    store,
    inner,
    beforeNextCommit(run: () => Promise<unknown>): void {
      interfere = run;
    },
  };
}

describe("nothing is lost", () => {
  test("when two Nsc edit one account at the same time", async () => {
    const { store } = await makeTree();
    const [first, second] = [await accountOf(store), await accountOf(store)];
    await Promise.all([
      first.edit(({ nats }) => {
        nats.limits.conn = 1;
      }),
      second.edit(({ nats }) => {
        nats.limits.leaf = 2;
      }),
    ]);
    const { limits } = (await claimsAt(store, "O", "A")).nats;
    expect([limits.conn, limits.leaf]).toEqual([1, 2]);
    await Promise.all([first.refresh(), second.refresh()]);
    expect(first.token).toBe(second.token);
  });

  test("when others edit it right before the commit, and the edit is then given what they left", async () => {
    const { store, inner, beforeNextCommit } = interferingStore();
    const { account } = await makeTree(store);
    const other = await accountOf(inner);
    beforeNextCommit(() =>
      other.edit(({ nats }) => {
        nats.limits.conn = 10;
      }),
    );
    const seen: unknown[] = [];
    await account.edit(({ nats }) => {
      seen.push(nats.limits.conn);
      nats.limits.conn = Number(nats.limits.conn) + 1;
    });
    expect(seen).toEqual([-1, 10]);
    expect((await claimsAt(inner, "O", "A")).nats.limits.conn).toBe(11);
    expect(account.claims.nats.limits.conn).toBe(11);
  });

  test("when a hundred edits, roles and users are made at once through one Nsc", async () => {
    const { store, account } = await makeTree();
    const count = 100;
    const numbers = Array.from({ length: count }, (_, index) => index);
    await Promise.all(
      numbers.flatMap((number): Promise<unknown>[] => [
        account.edit(({ nats }) => {
          nats.tags = [...(nats.tags ?? []), `t${number}`];
        }),
        account.addUser(`u${number}`),
        ...(number % 10 === 0 ? [account.addRole(`r${number}`)] : []),
      ]),
    );
    const { nats } = await claimsAt(store, "O", "A");
    expect(new Set(nats.tags)).toEqual(new Set(numbers.map((number) => `t${number}`)));
    expect(nats.signing_keys).toHaveLength(10);
    expect((await namesOf(account.users())).sort()).toEqual(numbers.map((number) => `u${number}`).sort());
    expect(account.token).toBe(await store.read(["O", "A"]));
  });

  test("when ten Nsc count up in one account", async () => {
    const { store } = await makeTree();
    const accounts = await Promise.all(Array.from({ length: 10 }, () => accountOf(store)));
    await accounts[0]?.edit(({ nats }) => {
      nats.limits.conn = 0;
    });
    await Promise.all(
      accounts.map((account) =>
        account.edit(({ nats }) => {
          nats.limits.conn = Number(nats.limits.conn ?? 0) + 1;
        }),
      ),
    );
    expect((await claimsAt(store, "O", "A")).nats.limits.conn).toBe(10);
  });

  test("when users are deleted at once, every one of them is revoked", async () => {
    const { store, account } = await makeTree();
    const users = await Promise.all(Array.from({ length: 20 }, (_, index) => account.addUser(`u${index}`)));
    const [first, second] = [await accountOf(store), await accountOf(store)];
    await Promise.all(users.map(async ({ name }, index) => (await (index % 2 ? first : second).user(name)).delete()));
    const { revocations } = (await claimsAt(store, "O", "A")).nats;
    expect(new Set(Object.keys(revocations ?? {}))).toEqual(new Set(users.map(({ publicKey }) => publicKey)));
    expect(await pathsOf(store)).toEqual(["O", "O/A", "O/B"]);
  });

  test("of two that add a user of one name, one is told", async () => {
    const { store } = await makeTree();
    const accounts = [await accountOf(store), await accountOf(store)];
    const results = await Promise.allSettled(accounts.map((account) => account.addUser("u")));
    const added = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    expect(refused.map((error) => isNscError(error, "ERR_ENTITY_EXISTS"))).toEqual([true]);
    expect(added.map(({ token }) => token)).toEqual([await store.read(["O", "A", "u"])]);
  });
});

describe("a transaction in conflict", () => {
  test("is tried again as often as it was told", async () => {
    const { store, inner, beforeNextCommit } = interferingStore();
    const { nsc } = await makeTree(store);
    const other = await accountOf(inner);
    let calls = 0;
    const work = async (tx: Nsc): Promise<number> => {
      calls += 1;
      const a = await (await tx.operator("O")).account("A");
      await a.edit(({ nats }) => {
        nats.limits.conn = Number(nats.limits.leaf) + 1;
      });
      const interfere = calls;
      if (calls < 3) {
        beforeNextCommit(() =>
          other.edit(({ nats }) => {
            nats.limits.leaf = interfere * 10;
          }),
        );
      }
      return calls;
    };
    await expect(nsc.transaction(work, { attempts: 2 })).toThrowCode("ERR_STORE_CONFLICT");
    calls = 0;
    expect(await nsc.transaction(work, { attempts: 3 })).toBe(3);
    const { limits } = (await (await nsc.operator("O")).account("A")).claims.nats;
    expect(limits).toMatchObject({ leaf: 20, conn: 21 });
  });

  test("is not tried again for anything else", async () => {
    const { nsc } = await makeTree(memoryStore());
    let calls = 0;
    const failing = nsc.transaction(
      async () => {
        calls += 1;
        throw new RangeError("no");
      },
      { attempts: 5 },
    );
    await expect(failing).rejects.toThrow(RangeError);
    expect(calls).toBe(1);
  });

  test.each([0, -1, 1.5, "3", Number.POSITIVE_INFINITY])("can't be tried %j times", async (attempts) => {
    const { nsc } = await makeTree(memoryStore());
    const failing = nsc.transaction(async () => 1, { attempts: attempts as number });
    await expect(failing).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("is refused, changes nothing, and works when it is called again", async () => {
    const { store, inner, beforeNextCommit } = interferingStore();
    const { nsc } = await makeTree(store);
    const other = await accountOf(inner);
    let calls = 0;
    const work = async (tx: Nsc): Promise<string> => {
      calls += 1;
      const operator = await tx.operator("O");
      const a = await operator.account("A");
      await a.edit(({ nats }) => {
        nats.limits.conn = 1;
      });
      await a.addUser("u");
      await operator.addAccount("C");
      return "done";
    };
    let image = "";
    beforeNextCommit(async () => {
      await other.edit(({ nats }) => {
        nats.limits.leaf = 2;
      });
      image = await imageOf(inner);
    });
    await expect(nsc.transaction(work)).toThrowCode("ERR_STORE_CONFLICT");
    expect(calls).toBe(1);
    expect(await imageOf(inner)).toBe(image);
    expect(await nsc.transaction(work)).toBe("done");
    const { limits } = (await claimsAt(inner, "O", "A")).nats;
    expect([limits.conn, limits.leaf]).toEqual([1, 2]);
    expect(await pathsOf(inner)).toEqual(["O", "O/A", "O/A/u", "O/B", "O/C"]);
  });

  test("notices what it only read: a token, a list, that something was not there", async () => {
    const { store, inner, beforeNextCommit } = interferingStore();
    const { nsc } = await makeTree(store);
    const other = await accountOf(inner);
    const cases: readonly (readonly [(tx: Nsc) => Promise<unknown>, () => Promise<unknown>])[] = [
      [
        async (tx) => (await (await tx.operator("O")).account("A")).claims,
        () =>
          other.edit(({ nats }) => {
            nats.limits.leaf = 3;
          }),
      ],
      [async (tx) => namesOf((await (await tx.operator("O")).account("A")).users()), () => other.addUser("v")],
      [
        async (tx) => {
          const a = await (await tx.operator("O")).account("A");
          await expect(a.user("w")).toThrowCode("ERR_ENTITY_NOT_FOUND");
        },
        () => other.addUser("w"),
      ],
    ];
    for (const [look, interfere] of cases) {
      beforeNextCommit(interfere);
      const work = async (tx: Nsc) => {
        await look(tx);
        await (await (await tx.operator("O")).account("B")).addRole("r");
      };
      await expect(nsc.transaction(work), String(look)).toThrowCode("ERR_STORE_CONFLICT");
      expect((await claimsAt(inner, "O", "B")).nats.signing_keys ?? []).toEqual([]);
    }
  });

  test("is none where others changed what it did not look at", async () => {
    const { store, inner, beforeNextCommit } = interferingStore();
    const { nsc } = await makeTree(store);
    const other = await accountOf(inner, "B");
    beforeNextCommit(() => other.addUser("elsewhere"));
    await nsc.transaction(async (tx) => (await (await tx.operator("O")).account("A")).addUser("u"));
    expect(await pathsOf(inner)).toEqual(["O", "O/A", "O/A/u", "O/B", "O/B/elsewhere"]);
  });
});

describe("a conflict that does not end", () => {
  const CONFLICT = new NscError("ERR_STORE_CONFLICT", "somebody is always faster");

  test("is told after some attempts", async () => {
    const inner = memoryStore();
    const { account: other } = await makeTree(inner);
    let commits = 0;
    const store = hookedStore(inner, {
      async before(method) {
        if (method !== "commit") return;
        commits += 1;
        if (commits > 1000) throw new Error("it goes on for ever");
        await other.edit(({ nats }) => {
          nats.limits.leaf = commits;
        });
      },
    });
    const account = await accountOf(store);
    let calls = 0;
    const edit = account.edit(({ nats }) => {
      calls += 1;
      nats.limits.conn = 1;
    });
    await expect(edit).toThrowCode("ERR_STORE_CONFLICT");
    expect(calls).toBe(commits);
    expect(calls).toBeGreaterThan(1);
    expect((await claimsAt(inner, "O", "A")).nats.limits.conn).toBe(-1);
  });

  test("does not hold up what waits behind it", async () => {
    const inner = memoryStore();
    await makeTree(inner);
    let isOver = false;
    const store = hookedStore(inner, {
      before(method) {
        if (method === "commit" && !isOver) throw CONFLICT;
      },
    });
    const account = await accountOf(store);
    const first = account
      .edit(({ nats }) => {
        nats.limits.conn = 1;
      })
      .catch((error: unknown) => {
        isOver = true;
        return error;
      });
    const second = account.edit(({ nats }) => {
      nats.limits.leaf = 2;
    });
    expect(await first).toBe(CONFLICT);
    await second;
    const { limits } = (await claimsAt(inner, "O", "A")).nats;
    expect([limits.conn, limits.leaf]).toEqual([-1, 2]);
  });
});

/** Whoever is stored is signed by a key that is there. */
async function expectTrust(store: Store): Promise<void> {
  for (const { path } of await entriesOf(store)) {
    if (path.length === 1) continue;
    const { iss } = path.length === 2 ? await claimsAt(store, ...path) : await claimsAt(store, ...path);
    const above = path.length === 2 ? await claimsAt(store, path[0]) : await claimsAt(store, path[0], path[1]);
    const keys = (above.nats.signing_keys ?? []).map((key) => (typeof key === "string" ? key : key.key));
    expect([above.sub, ...keys], path.join("/")).toContain(iss);
  }
}

describe("what is decided on something that others change meanwhile", () => {
  test("a signing key that goes while a user is signed by it, whoever is first", async () => {
    const { store, inner, beforeNextCommit } = interferingStore();
    const { account } = await makeTree(store);
    const other = await accountOf(inner);

    const goes = await account.addSigningKey();
    beforeNextCommit(() => other.removeSigningKey(goes));
    const user = await account.addUser("u");
    expect(user.claims.iss).toBe(account.publicKey);
    await expectTrust(inner);

    const stays = await account.addSigningKey();
    beforeNextCommit(() => other.addUser("v", { signer: stays }));
    await expect(account.removeSigningKey(stays)).toThrowCode("ERR_SIGNING_KEY_IN_USE");
    expect((await claimsAt(inner, "O", "A", "v")).iss).toBe(stays);
    await expectTrust(inner);
  });

  test("a role that goes while a user gets it", async () => {
    const { store, inner, beforeNextCommit } = interferingStore();
    const { account } = await makeTree(store);
    const key = await account.addRole("r");
    const other = await accountOf(inner);
    beforeNextCommit(() => other.removeSigningKey(key));
    await expect(account.addUser("u", { role: "r" })).toThrowCode("ERR_SIGNER_UNKNOWN");
    expect(await pathsOf(inner)).toEqual(["O", "O/A", "O/B"]);
  });

  test("an account that is deleted or renamed while a user is added", async () => {
    const { store, inner, beforeNextCommit } = interferingStore();
    const { account } = await makeTree(store);
    const other = await accountOf(inner);
    beforeNextCommit(() => other.rename("Z"));
    await expect(account.addUser("u")).toThrowCode("ERR_ENTITY_NOT_FOUND");
    expect(await pathsOf(inner)).toEqual(["O", "O/B", "O/Z"]);

    const again = await accountOf(store, "Z");
    beforeNextCommit(() => other.delete());
    await expect(again.addUser("u")).toThrowCode("ERR_ENTITY_NOT_FOUND");
    expect(await pathsOf(inner)).toEqual(["O", "O/B"]);
  });

  test("a user that is added while its account is renamed or deleted", async () => {
    const { store, inner, beforeNextCommit } = interferingStore();
    const { account } = await makeTree(store);
    const other = await accountOf(inner);
    beforeNextCommit(() => other.addUser("u"));
    await account.rename("Z");
    expect(await pathsOf(inner)).toEqual(["O", "O/B", "O/Z", "O/Z/u"]);

    const late = await accountOf(inner, "Z");
    beforeNextCommit(() => late.addUser("v"));
    await account.delete();
    expect(await pathsOf(inner)).toEqual(["O", "O/B"]);
  });

  test("an operator that demands signing keys while an identity signs", async () => {
    const { store, inner, beforeNextCommit } = interferingStore();
    const { account } = await makeTree(store);
    const other = await new Nsc({ store: inner }).operator("O");
    beforeNextCommit(() => other.requireSigningKeys({ addSigningKeys: true }));
    await expect(account.addUser("u")).toThrowCode("ERR_SIGNING_KEY_REQUIRED");
    expect(await pathsOf(inner)).toEqual(["O", "O/A", "O/B"]);
    // The other way round.
    const lax = interferingStore();
    const tree = await makeTree(lax.store);
    await tree.account.addSigningKey();
    const late = await accountOf(lax.inner);
    lax.beforeNextCommit(() => late.addUser("u", { signer: late.publicKey }));
    await tree.operator.requireSigningKeys();
    expect((await claimsAt(lax.inner, "O", "A", "u")).iss).not.toBe(late.publicKey);
  });
});

test("whatever the order of reads and commits, nobody is left with an issuer that is gone", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const inner = memoryStore();
      const { account } = await makeTree(inner);
      const key = await account.addSigningKey();
      await account.addUser("old", { signer: account.publicKey });
      let isRunning = true;
      const slow = hookedStore(inner, {
        async before(method) {
          if (isRunning) await scheduler.schedule(Promise.resolve(), method);
        },
      });
      const [first, second, third] = await Promise.all(
        [1, 2, 3].map(async () => {
          // Handles are got at once; what is then done with them is interleaved.
          isRunning = false;
          return accountOf(slow);
        }),
      );
      isRunning = true;
      const done = Promise.allSettled([
        first?.removeSigningKey(key),
        second?.addUser("new"),
        third?.user("old").then((user) => user.reissue({ signer: key })),
        second?.rename("Z"),
        third?.edit(({ nats }) => {
          nats.limits.conn = 1;
        }),
      ]);
      await scheduler.waitFor(done);
      isRunning = false;
      for (const result of await done) {
        if (result.status === "rejected" && !isNscError(result.reason)) throw result.reason;
      }
      await expectTrust(inner);
      const paths = await pathsOf(inner);
      expect(paths.filter((path) => /^O\/[AZ]$/.test(path))).toHaveLength(1);
      for (const { path, token } of await entriesOf(inner)) {
        expect(await inner.read(path)).toBe(token);
        const claims = path.length === 3 ? await claimsAt(inner, ...path) : undefined;
        if (claims !== undefined) expect(claims.name).toBe(path[2]);
      }
    }),
    { numRuns: runs(25) },
  );
});
