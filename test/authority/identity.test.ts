import { inspect } from "node:util";
import {
  type Account,
  createKeyPair,
  createUserClaims,
  encode,
  memoryStore,
  Nsc,
  type Operator,
  type Store,
} from "nsc.js";
import { beforeEach, describe, expect, test } from "vitest";

let store: Store;
let nsc: Nsc;
let operator: Operator;
let account: Account;
beforeEach(async () => {
  store = memoryStore();
  nsc = new Nsc({ store });
  operator = await nsc.addOperator("O");
  account = await operator.addAccount("A");
});

async function collect(items: AsyncIterable<{ readonly name: string }>): Promise<{ names: string[]; error: unknown }> {
  const names: string[] = [];
  try {
    for await (const { name } of items) names.push(name);
    return { names, error: undefined };
  } catch (error) {
    return { names, error };
  }
}

function retag({ nats }: { nats: { tags?: string[] } }): void {
  nats.tags = ["changed"];
}

describe("a handle is of an entity and not of a name", () => {
  test("it does not change what has its name later", async () => {
    const old = await account.addUser("u");
    const before = old.token;
    await old.delete();
    const next = await account.addUser("u");
    const token = await store.read(["O", "A", "u"]);
    for (const attempt of [
      () => old.edit(retag),
      () => old.rename("v"),
      () => old.reissue(),
      () => old.delete(),
      () => old.refresh(),
    ]) {
      await expect(attempt()).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
    }
    expect(await store.read(["O", "A", "u"])).toBe(token);
    expect([old.token, next.token]).toEqual([before, token]);
  });

  test("neither does what stands below it", async () => {
    await account.delete();
    await operator.addAccount("A");
    await expect(account.addUser("u")).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
    await expect(account.addRole("r")).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
    expect(await store.read(["O", "A", "u"])).toBeUndefined();
  });

  test("in a transaction, too", async () => {
    await account.addUser("u");
    await nsc.transaction(async (tx) => {
      const pending = await (await tx.operator("O")).account("A");
      const old = await pending.user("u");
      await old.delete();
      const next = await pending.addUser("u");
      await expect(old.edit(() => undefined)).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
      await next.edit(({ nats }) => {
        nats.tags = ["x"];
      });
    });
    expect((await account.user("u")).claims.nats.tags).toEqual(["x"]);
  });
});

describe("what others changed", () => {
  test("appears with an edit that changes nothing", async () => {
    const theirs = await (await new Nsc({ store }).operator("O")).account("A");
    await theirs.edit(({ nats }) => {
      nats.limits.conn = 7;
    });
    expect(account.claims.nats.limits.conn).toBe(-1);
    await account.edit(() => undefined);
    expect(account.claims.nats.limits.conn).toBe(7);
  });
});

describe("an entity that can't be read", () => {
  test("is reported after the others of a list", async () => {
    for (const name of ["a", "b", "c", "d"]) await account.addUser(name);
    const user = createKeyPair("user").publicKey;
    const broken = (await encode(createUserClaims(user), createKeyPair("account"))).slice(0, -20);
    await store.commit({ tokens: [{ path: ["O", "A", "b"], token: broken }] });
    const one = await collect(account.users());
    expect(one.names).toEqual(["a", "c", "d"]);
    expect(one.error).toMatchObject({ code: "ERR_STORE_DAMAGED", message: expect.stringContaining('user "b"') });
    await store.commit({ tokens: [{ path: ["O", "A", "d"], token: broken }] });
    const two = await collect(account.users());
    expect(two.names).toEqual(["a", "c"]);
    expect(String(two.error)).toMatch(/user "b".*user "d"/);
  });
});

describe("an issued user", () => {
  test("does not show its token where it is printed", async () => {
    const issued = await account.issueUser("u", { expires: "1h" });
    const signature = issued.token.slice(-40);
    for (const text of [inspect(issued, { depth: 9 }), JSON.stringify(issued), JSON.stringify({ ...issued })]) {
      expect(text).toContain(issued.publicKey);
      expect(text).not.toContain(signature);
    }
  });

  test("can't be issued by an account that waits for its commit", async () => {
    const added = await nsc.transaction(async (tx) => {
      const pending = await (await tx.operator("O")).addAccount("B");
      await expect(pending.issueUser("u", { expires: "1h" })).rejects.toThrowCode("ERR_TRANSACTION");
      return pending;
    });
    expect((await added.issueUser("u", { expires: "1h" })).name).toBe("u");
  });
});
