import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isNscError, memoryStore, Nsc, type SigningKeyRotation } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { testFolder } from "../node/folders.ts";
import { done, issuerOf, keyed, keysOf, STORES } from "./rotation-fixtures.ts";
import { NOW, only, refused, tree, wire, writesNothing } from "./tree-fixtures.ts";
import { claimsAt, hookedStore } from "./wrapped-stores.ts";

describe.each(STORES)("in a store %s", (_, makeStore) => {
  test("a process goes on where another one stopped, at every stage", async () => {
    const open = makeStore();
    const start = async () => {
      const operator = await new Nsc({ store: open() }).operator("local");
      return { operator, account: await operator.account("APP") };
    };
    const first = await (await new Nsc({ store: open() }).addOperator("local")).addAccount("APP");
    const old = await first.addRole("web", { pub: ["a"] });
    await first.addUser("u", { role: "web" });
    const { to } = await first.rotateSigningKey({ from: "web" });

    const prepared = await start();
    expect(await issuerOf(prepared.account, { role: "web" })).toBe(old);
    await only(await prepared.account.rotations()).advance({ distribute: done });

    const distributed = await start();
    expect(await issuerOf(distributed.account, { role: "web" })).toBe(to);
    expect((await distributed.account.addUser("v", { role: "web" })).claims.iss).toBe(to);
    const resumed = await distributed.account.rotateSigningKey({ from: old });
    expect([resumed.to, resumed.stage, resumed.role]).toEqual([to, "distributed", "web"]);
    await resumed.advance();

    const over = await start();
    const rotation = only(await over.account.rotations());
    const plan = await rotation.plan();
    expect([plan.stage, plan.signedByTo.map(({ name, claims }) => [name, claims.iss])]).toEqual([
      "cut-over",
      [
        ["u", to],
        ["v", to],
      ],
    ]);
    await rotation.retire({ deleteKey: true });

    const after = await start();
    expect([await after.account.rotations(), keysOf(after.account)]).toEqual([[], [to]]);
    expect([await open().getKey(old), (await open().readMeta("local")).size]).toEqual([undefined, 0]);
  });

  test("so does one that rotates an operator's key", async () => {
    const open = makeStore();
    const rotation = async () => only(await (await new Nsc({ store: open() }).operator("local")).rotations());
    const operator = await new Nsc({ store: open() }).addOperator("local", { signingKey: true });
    await operator.addAccount("APP");
    const { from, to } = await operator.rotateSigningKey({ from: only(keysOf(operator)) });
    await (await rotation()).advance({ distribute: done });
    await (await rotation()).advance();
    await (await rotation()).retire({ distribute: done });
    expect((await claimsAt(open(), "local")).nats.signing_keys).toEqual([to]);
    expect((await claimsAt(open(), "local", "APP")).iss).toBe(to);
    expect(from).not.toBe(to);
  });

  test("damage of what is kept is told, and in nobody else's way", async () => {
    const open = makeStore();
    const operator = await new Nsc({ store: open() }).addOperator("local");
    const [account, other] = [await operator.addAccount("APP"), await operator.addAccount("OTHER")];
    const { from } = await account.rotateSigningKey({ from: await account.addSigningKey() });
    const name = `rotation/${account.publicKey}`;
    const good = (await open().readMeta("local")).get(name) ?? "";
    const texts = [
      "",
      "{",
      "null",
      "{}",
      "[1]",
      '[{"from":"x"}]',
      good.replace("prepared", "begun"),
      good.replace("A", "U"),
    ];
    for (const text of texts) {
      await open().commit({ meta: [{ operator: "local", name, value: text }] });
      const again = await new Nsc({ store: open() }).operator("local");
      const damaged = await again.account("APP");
      for (const run of [
        () => damaged.rotations(),
        () => damaged.rotateSigningKey({ from }),
        () => damaged.issueUser("x", { expires: "1h" }),
        () => damaged.addUser("x"),
      ]) {
        const error: unknown = await run().catch((thrown: unknown) => thrown);
        expect(isNscError(error, "ERR_STORE_DAMAGED"), text).toBe(true);
        expect(String(error)).toContain('account "APP"');
      }
      await damaged.edit(({ nats }) => {
        nats.tags = [`t${text.length}`];
      });
      await (await again.account("OTHER")).addUser(`u${texts.indexOf(text)}`);
    }
    expect((await open().readMeta("local")).get(name)).toBe(texts.at(-1));
    await account.delete();
    expect((await open().readMeta("local")).size).toBe(0);
    expect(other.name).toBe("OTHER");
  });
});

describe("what is kept of a rotation", () => {
  test("moves along when account and operator get other names", async () => {
    const { nsc, operator, account, old, store } = await keyed();
    const ofOperator = await operator.rotateSigningKey({ from: only(keysOf(operator)) });
    const rotation = await account.rotateSigningKey({ from: old });
    await account.rename("APP2");
    await rotation.advance({ distribute: done });
    await operator.rename("global");
    expect([rotation.stage, ofOperator.stage]).toEqual(["distributed", "prepared"]);
    expect((await store.readMeta("local")).size).toBe(0);
    expect([...(await store.readMeta("global")).keys()].sort()).toEqual(
      [`rotation/${account.publicKey}`, `rotation/${operator.publicKey}`].sort(),
    );
    const again = await (await nsc.operator("global")).account("APP2");
    expect(await issuerOf(again)).toBe(rotation.to);
    await rotation.advance();
    await rotation.retire();
    await ofOperator.advance({ distribute: done });
    await ofOperator.advance();
    await ofOperator.retire({ distribute: done });
    expect((await store.readMeta("global")).size).toBe(0);
    expect([keysOf(again), keysOf(operator)]).toEqual([[rotation.to], [ofOperator.to]]);
  });

  test("goes with the account", async () => {
    const { account, old, store } = await keyed();
    const rotation = await account.rotateSigningKey({ from: old });
    await account.delete({ deleteKeys: true });
    expect((await store.readMeta("local")).size).toBe(0);
    expect([await store.getKey(old), await store.getKey(rotation.to)]).toEqual([undefined, undefined]);
    await refused(store, () => rotation.plan(), "ERR_ENTITY_NOT_FOUND");
    await refused(store, () => rotation.advance({ distribute: done }), "ERR_ENTITY_NOT_FOUND");
    await refused(store, () => account.rotations(), "ERR_ENTITY_NOT_FOUND");
  });

  test("holds no secrets", async () => {
    const { account, old, store } = await keyed();
    const { to } = await account.rotateSigningKey({ from: old });
    expect(JSON.parse((await store.readMeta("local")).get(`rotation/${account.publicKey}`) ?? "")).toEqual([
      { from: old, to, stage: "prepared" },
    ]);
  });

  test("is in a file that people can read", async () => {
    const allDirs = testFolder();
    const account = await (
      await new Nsc({ store: nscDirectory({ allDirs, env: {} }) }).addOperator("local")
    ).addAccount("APP");
    const { from, to } = await account.rotateSigningKey({ from: await account.addSigningKey() });
    const file = join(allDirs, "local", ".nscjs.json");
    const text = await readFile(file, "utf8");
    expect([text.includes(from), text.includes(to), text.includes("prepared")]).toEqual([true, true, true]);
    await writeFile(file, "damaged");
    await expect(new Nsc({ store: nscDirectory({ allDirs, env: {} }) }).operator("local")).toThrowCode(
      "ERR_STORE_DAMAGED",
    );
  });
});

describe("handles", () => {
  test("of one Nsc see each step at once, without reading", async () => {
    const { nsc, account, old, store } = await keyed();
    const handle = await (await nsc.operator("local")).account("APP");
    const rotation = await account.rotateSigningKey({ from: old });
    const same = only(await handle.rotations());
    await rotation.advance({ distribute: done });
    await issuerOf(handle);
    const calls = store.calls.length;
    expect([same.stage, await issuerOf(handle)]).toEqual(["distributed", rotation.to]);
    expect(store.calls.slice(calls)).toEqual([]);
    await rotation.advance();
    expect(same.stage).toBe("cut-over");
    await rotation.retire();
    expect(same.stage).toBe("retired");
  });

  test("of another Nsc see them when they look, or change something", async () => {
    const { account, old, store } = await keyed();
    const others = () => new Nsc({ store, clock: () => new Date(NOW * 1000) });
    const [looking, changing] = [
      await (await others().operator("local")).account("APP"),
      await (await others().operator("local")).account("APP"),
    ];
    const rotation = await account.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    expect([await issuerOf(looking), await issuerOf(changing)]).toEqual([old, old]);
    await looking.refresh();
    expect((await changing.addUser("v")).claims.iss).toBe(rotation.to);
    expect([await issuerOf(looking), await issuerOf(changing)]).toEqual([rotation.to, rotation.to]);
  });

  test("of another Nsc see where a rotation is that they begin again", async () => {
    const { account, old, store } = await keyed();
    const other = await (await new Nsc({ store }).operator("local")).account("APP");
    const rotation = await account.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    const again = await other.rotateSigningKey({ from: old });
    expect([again.to, again.stage, await issuerOf(other)]).toEqual([rotation.to, "distributed", rotation.to]);
  });

  test("read what is kept beside an operator once for it and its account", async () => {
    const { nsc, store } = await keyed();
    const operator = await nsc.operator("local");
    const count = async (run: () => Promise<unknown>): Promise<number> => {
      const before = store.calls.length;
      await run();
      return store.calls.slice(before).filter((call) => call === "readMeta").length;
    };
    const account = await operator.account("APP");
    expect(await count(() => operator.account("APP"))).toBe(1);
    expect(await count(() => account.user("u"))).toBe(1);
    expect(await count(() => account.refresh())).toBe(1);
    expect(await count(() => account.addUser("v"))).toBe(1);
  });

  test("don't go back to what was read before a step", async () => {
    const inner = memoryStore();
    let pause: Promise<void> | undefined;
    const store = hookedStore(inner, { after: async (method) => (method === "readMeta" ? pause : undefined) });
    const account = await (await new Nsc({ store }).addOperator("local")).addAccount("APP");
    const rotation = await account.rotateSigningKey({ from: await account.addSigningKey() });
    let resume = (): void => undefined;
    pause = new Promise((resolve) => {
      resume = resolve;
    });
    const refreshed = account.refresh();
    await new Promise((resolve) => setTimeout(resolve, 5));
    pause = undefined;
    await rotation.advance({ distribute: done });
    resume();
    await refreshed;
    expect([rotation.stage, await issuerOf(account)]).toEqual(["distributed", rotation.to]);
  });
});

describe("several processes", () => {
  async function two() {
    const made = await keyed();
    await made.account.rotateSigningKey({ from: made.old });
    const open = async (): Promise<SigningKeyRotation> => {
      const nsc = new Nsc({ store: made.store, clock: () => new Date(NOW * 1000) });
      return only(await (await (await nsc.operator("local")).account("APP")).rotations());
    };
    return { ...made, first: await open(), second: await open() };
  }

  test("make no step twice", async () => {
    const { first, second, store } = await two();
    await first.advance({ distribute: done });
    await refused(store, () => second.advance({ distribute: done }), "ERR_ROTATION_STAGE", "distributed");
    expect((await second.plan()).stage).toBe("distributed");
    await first.advance();
    await refused(store, () => second.advance(), "ERR_ROTATION_STAGE", "cut-over");
    await first.retire();
    await refused(store, () => second.retire(), "ERR_ENTITY_NOT_FOUND", second.to);
    expect(second.stage).toBe("retired");
  });

  test("make it once even if they do it at the same time", async () => {
    const { first, second, store } = await two();
    const results = await Promise.allSettled([first, second].map((each) => each.advance({ distribute: done })));
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const { reason } = results.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(isNscError(reason, "ERR_ROTATION_STAGE")).toBe(true);
    expect([...(await store.readMeta("local")).values()].join()).toContain('"distributed"');
  });

  test("begin one rotation of a key, not two", async () => {
    const { account, old, store } = await keyed();
    const nsc = new Nsc({ store, clock: () => new Date(NOW * 1000) });
    const other = await (await nsc.operator("local")).account("APP");
    const rotations = await Promise.all([account, other].map((each) => each.rotateSigningKey({ from: old })));
    expect(rotations[0]?.to).toBe(rotations[1]?.to);
    expect((await wire(store, ["local", "APP"])).nats.signing_keys).toHaveLength(2);
  });

  test("sign nobody with a key that another one just retired", async () => {
    const { account, old, store, nsc } = await keyed();
    const rotation = await account.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    await rotation.advance();
    const late = nsc.transaction(async (tx) => {
      const app = await (await tx.operator("local")).account("APP");
      await app.addUser("late", { signer: old });
      await rotation.retire();
    });
    await expect(late).toThrowCode("ERR_STORE_CONFLICT");
    expect(await store.read(["local", "APP", "late"])).toBeUndefined();
  });

  test("a transaction that chose by the stage before fails", async () => {
    const { account, old, store, nsc } = await keyed();
    const rotation = await account.rotateSigningKey({ from: old });
    const late = nsc.transaction(async (tx) => {
      await (await (await tx.operator("local")).account("APP")).addUser("late");
      await rotation.advance({ distribute: done });
    });
    await expect(late).toThrowCode("ERR_STORE_CONFLICT");
    expect(await store.read(["local", "APP", "late"])).toBeUndefined();
  });
});

describe("in a transaction", () => {
  test("rotations begin, are cut over and retired together, or not at all", async () => {
    const { nsc, operator, store } = await tree();
    const names = ["A", "B"];
    for (const name of names) {
      const account = await operator.addAccount(name, { signingKey: true });
      await account.addUser("u");
    }
    const inEach = (work: (account: Awaited<ReturnType<typeof operator.account>>) => Promise<unknown>) =>
      nsc.transaction(async (tx) => {
        const local = await tx.operator("local");
        for (const name of names) await work(await local.account(name));
      });
    const commits = () => store.calls.filter((call) => call === "commit").length;
    const before = commits();
    const made: SigningKeyRotation[] = [];
    await inEach(async (account) => {
      const rotation = await account.rotateSigningKey({ from: only(keysOf(account)) });
      expect([rotation.stage, (await rotation.plan()).signedByFrom.length]).toEqual(["prepared", 1]);
      await account.addUser("v");
      await expect(rotation.advance({ distribute: done })).toThrowCode("ERR_TRANSACTION");
      made.push(rotation);
    });
    expect(commits()).toBe(before + 1);
    // After the commit they are of the Nsc.
    for (const rotation of made) await rotation.advance({ distribute: done });

    const undone = inEach(async (account) => {
      await only(await account.rotations()).advance();
      if (account.name === "B") throw new RangeError("changed my mind");
    });
    await expect(undone).rejects.toThrow(RangeError);
    expect(made.map(({ stage }) => stage)).toEqual(["distributed", "distributed"]);

    await inEach(async (account) => {
      const rotation = only(await account.rotations());
      const plan = await rotation.advance();
      expect([rotation.stage, plan.stage]).toEqual(["cut-over", "cut-over"]);
      expect(plan.signedByTo.map(({ name }) => name)).toEqual(["u", "v"]);
    });
    expect(made.map(({ stage }) => stage)).toEqual(["cut-over", "cut-over"]);
    await inEach(async (account) => {
      expect((await only(await account.rotations()).retire()).stage).toBe("retired");
    });
    expect(commits()).toBe(before + 5);
    expect(made.map(({ stage }) => stage)).toEqual(["retired", "retired"]);
    for (const [index, name] of names.entries()) {
      const { to } = made[index] as SigningKeyRotation;
      expect((await wire(store, ["local", name])).nats.signing_keys).toEqual([to]);
      expect((await claimsAt(store, "local", name, "u")).iss).toBe(to);
    }
  });

  test("a rotation can be cut over and retired at once", async () => {
    const { nsc, account, old, user } = await keyed();
    const rotation = await account.rotateSigningKey({ from: old });
    await rotation.advance({ distribute: done });
    await nsc.transaction(async (tx) => {
      const inside = only(await (await (await tx.operator("local")).account("APP")).rotations());
      await inside.advance();
      await inside.retire();
    });
    expect([rotation.stage, user.claims.iss, keysOf(account)]).toEqual(["retired", rotation.to, [rotation.to]]);
  });

  test("what only looked shows nothing that is older than what is shown", async () => {
    const { nsc, account, old } = await keyed();
    const rotation = await account.rotateSigningKey({ from: old });
    await nsc.transaction(async (tx) => {
      await (await tx.operator("local")).account("APP");
      await rotation.advance({ distribute: done });
    });
    expect([rotation.stage, await issuerOf(account)]).toEqual(["distributed", rotation.to]);
  });

  test("an operator's key is not retired, since servers could not have what is not committed", async () => {
    const { nsc, operator, store } = await tree();
    const rotation = await operator.rotateSigningKey({ from: only(keysOf(operator)) });
    await rotation.advance({ distribute: done });
    await rotation.advance();
    await nsc.transaction(async (tx) => {
      const inside = only(await (await tx.operator("local")).rotations());
      await refused(store, () => inside.retire({ distribute: done }), "ERR_TRANSACTION", "commit");
    });
    expect(rotation.stage).toBe("cut-over");
  });

  test("one that is begun and cancelled leaves nothing", async () => {
    const { nsc, account, old, store } = await keyed();
    await nsc.transaction(async (tx) => {
      const app = await (await tx.operator("local")).account("APP");
      const rotation = await app.rotateSigningKey({ from: old });
      await rotation.cancel({ deleteKey: true });
      expect(await app.rotations()).toEqual([]);
    });
    await account.refresh();
    expect([keysOf(account), (await store.readMeta("local")).size]).toEqual([[old], 0]);
  });
});

test("what can't be read is passed over at the cut-over, and told of", async () => {
  const { nsc, account, old, store } = await keyed();
  const path = ["local", "APP", "broken"] as const;
  const { token } = await account.addUser("broken");
  await store.commit({ tokens: [{ path, token: `${token.slice(0, -8)}AAAAAAAA` }] });
  const rotation = await account.rotateSigningKey({ from: old });
  expect((await rotation.plan()).damaged).toEqual([path]);
  await rotation.advance({ distribute: done });
  const plan = await rotation.advance();
  expect([plan.damaged, plan.signedByTo.map(({ name }) => name)]).toEqual([[path], ["u"]]);
  await rotation.retire();
  expect((await (await nsc.operator("local")).account("APP")).claims.nats.signing_keys).toEqual([rotation.to]);
});

test("looking changes nothing", async () => {
  const { account, old, store } = await keyed();
  const rotation = await account.rotateSigningKey({ from: old });
  await writesNothing(store, async () => {
    await rotation.plan();
    await account.rotations();
  });
});
