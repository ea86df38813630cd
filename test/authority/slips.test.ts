import {
  type Account,
  createKeyPair,
  createScope,
  encode,
  memoryStore,
  Nsc,
  type NscErrorCode,
  type Operator,
  type Store,
} from "nsc.js";
import { beforeEach, describe, expect, test } from "vitest";
import { claimsAt, hookedStore, imageOf } from "./wrapped-stores.ts";

/** Slips of callers that would give somebody more than was meant, or take away more than was said. */

let store: Store;
let nsc: Nsc;
let operator: Operator;
let account: Account;
beforeEach(async () => {
  store = memoryStore();
  nsc = new Nsc({ store });
  operator = await nsc.addOperator("O");
  account = await operator.addAccount("A", { signingKey: true });
});

async function refused(code: NscErrorCode, attempt: () => Promise<unknown>): Promise<void> {
  const before = await imageOf(store);
  await expect(attempt()).rejects.toThrowCode(code);
  expect(await imageOf(store)).toBe(before);
}

describe("an expiry", () => {
  test.each([new Date(0), new Date(500), new Date(-1), new Date(Date.now() - 5000), "0s"])(
    "%o is refused wherever something is made",
    async (expires) => {
      await refused("ERR_ARGUMENT_INVALID", () => account.addUser("u", { expires }));
      await refused("ERR_ARGUMENT_INVALID", () => account.issueUser("u", { expires }));
      await refused("ERR_ARGUMENT_INVALID", () => operator.addAccount("B", { expires }));
      await refused("ERR_ARGUMENT_INVALID", () => nsc.addOperator("P", { expires }));
    },
  );

  test("comes after the time from which a token is valid", async () => {
    const notBefore = new Date(Date.now() + 3_600_000);
    await refused("ERR_ARGUMENT_INVALID", () => account.addUser("u", { notBefore, expires: "1h" }));
    await refused("ERR_ARGUMENT_INVALID", () => account.addUser("u", { notBefore: new Date(0) }));
    await account.addUser("u", { notBefore, expires: "2h" });
  });
});

describe("an empty list of subjects", () => {
  test.each([{ pub: [] }, { sub: [] }, { pub: { allow: [] } }, { sub: { allow: ["a"], deny: [] } }])(
    "is no permission for everything: %o",
    async (permissions) => {
      await refused("ERR_ARGUMENT_INVALID", () => account.addUser("u", permissions));
      await refused("ERR_ARGUMENT_INVALID", () => account.issueUser("u", { ...permissions, expires: "1h" }));
      await refused("ERR_ARGUMENT_INVALID", () => account.addRole("r", permissions));
      await refused("ERR_ARGUMENT_INVALID", () => operator.addAccount("B", { defaultPermissions: permissions }));
    },
  );
});

describe("a role", () => {
  test("that bears the name of a key is not signed by that key", async () => {
    const identity = account.publicKey;
    const role = createKeyPair("account").publicKey;
    await refused("ERR_NAME_INVALID", () => account.addRole(identity));
    // As another tool may have left it, the role's own key being elsewhere.
    await account.edit(({ nats }) => {
      nats.signing_keys = [...(nats.signing_keys ?? []), createScope(role, { role: identity })];
    });
    await refused("ERR_SIGNER_MISSING", () => account.addUser("u", { role: identity }));
    await refused("ERR_SIGNER_MISSING", () => account.issueUser("u", { role: identity, expires: "1h" }));
  });
});

describe("a vital limit of an account", () => {
  test.each(["conn", "subs", "payload"] as const)(
    "%s does not get lost, but can be 0 if that is said",
    async (name) => {
      await refused("ERR_LIMITS", () =>
        account.edit(({ nats }) => {
          delete nats.limits[name];
        }),
      );
      await account.edit(({ nats }) => {
        nats.limits[name] = 0;
      });
      expect((await claimsAt(store, "O", "A")).nats.limits[name]).toBeUndefined();
      await account.edit(({ nats }) => {
        nats.tags = ["suspended"];
      });
    },
  );
});

describe("a seed that somebody else needs", () => {
  test("stays when an account is deleted with its keys", async () => {
    const shared = createKeyPair("account");
    // As another tool may have left it.
    const other = await operator.addAccount("B", { key: shared });
    await account.edit(({ nats }) => {
      nats.signing_keys = [...(nats.signing_keys ?? []), shared.publicKey];
    });
    const own = account.claims.nats.signing_keys?.find((key) => key !== shared.publicKey) as string;
    await account.delete({ deleteKeys: true });
    expect(await store.getKey(shared.publicKey)).toBeDefined();
    expect(await store.getKey(own)).toBeUndefined();
    expect((await other.addUser("u")).claims.iss).toBe(shared.publicKey);
  });

  test("stays when a signing key goes that another account has, too", async () => {
    const shared = createKeyPair("account");
    await account.addSigningKey({ key: shared });
    const other = await operator.addAccount("B", { signingKey: shared });
    await account.removeSigningKey(shared.publicKey, { deleteKey: true });
    expect(await store.getKey(shared.publicKey)).toBeDefined();
    await other.removeSigningKey(shared.publicKey, { deleteKey: true });
    expect(await store.getKey(shared.publicKey)).toBeUndefined();
  });

  test("is not taken for a second entity", async () => {
    const identity = createKeyPair("operator");
    const first = await nsc.addOperator("P", { key: identity });
    await refused("ERR_ENTITY_EXISTS", () => nsc.addOperator("Q", { key: identity }));
    await refused("ERR_ENTITY_EXISTS", () => nsc.importOperator(first.token, { name: "Q" }));
    const pair = createKeyPair("account");
    await operator.addAccount("B", { key: pair });
    await refused("ERR_ENTITY_EXISTS", () => account.addSigningKey({ key: pair }));
    await refused("ERR_ENTITY_EXISTS", () => account.addRole("r", { key: pair }));
    await refused("ERR_ENTITY_EXISTS", () => operator.addAccount("C", { signingKey: pair }));
  });
});

describe("an operator that expired", () => {
  test("is not adopted", async () => {
    const pair = createKeyPair("operator");
    const claims = { sub: pair.publicKey, name: "late", exp: 1_700_000_000, nats: { type: "operator" as const } };
    const token = await encode(claims, pair);
    await refused("ERR_CLAIMS_INVALID", () => nsc.importOperator(token));
  });
});

describe("a verb that fails halfway in a transaction", () => {
  test("leaves nothing of it when whoever asked for it goes on", async () => {
    for (const name of ["a", "b", "c"]) await account.addUser(name);
    let reads = 0;
    const flaky = hookedStore(store, {
      before(method, argument) {
        if (method !== "read" || JSON.stringify(argument) !== '["O","A","b"]') return;
        reads += 1;
        if (reads === 1) throw new Error("the network is gone");
      },
    });
    await new Nsc({ store: flaky }).transaction(async (tx) => {
      const pending = await (await tx.operator("O")).account("A");
      await expect(pending.delete()).rejects.toThrow("the network is gone");
      // What failed once is tried again.
      await (await pending.user("b")).edit(({ nats }) => {
        nats.tags = ["b"];
      });
    });
    const names: string[] = [];
    for await (const user of account.users()) names.push(user.name);
    expect(names).toEqual(["a", "b", "c"]);
    expect((await claimsAt(store, "O", "A", "b")).nats.tags).toEqual(["b"]);
  });
});

describe("what is gone", () => {
  test("issues no users and gives no creds", async () => {
    const user = await account.addUser("u");
    await user.delete();
    await expect(user.creds()).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
    await account.delete();
    await expect(account.issueUser("u", { expires: "1h" })).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("is so for handles of a transaction, too, and after it", async () => {
    const kept = await account.addUser("u");
    const pending = await nsc.transaction(async (tx) => {
      const inside = await (await (await tx.operator("O")).account("A")).user("u");
      await inside.delete();
      await expect(inside.creds()).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
      return inside;
    });
    for (const user of [kept, pending]) await expect(user.creds()).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
  });
});

describe("what a handle shows", () => {
  test("is not older than what was shown before, whenever a transaction's commit comes back", async () => {
    let release: (() => void) | undefined;
    let slow = false;
    const delayed = hookedStore(store, {
      async after(method) {
        if (method === "commit" && slow) await new Promise<void>((resolve) => (release = resolve));
      },
    });
    const other = new Nsc({ store: delayed });
    const handle = await (await other.operator("O")).account("A");
    slow = true;
    const late = other.transaction(async (tx) => {
      await (await (await tx.operator("O")).account("A")).edit(({ nats }) => {
        nats.limits.conn = 1;
      });
    });
    await expect.poll(() => release).toBeDefined();
    slow = false;
    await handle.edit(({ nats }) => {
      nats.limits.conn = 2;
    });
    release?.();
    await late;
    expect(handle.claims.nats.limits.conn).toBe(2);
  });

  test("is not what a transaction read before others changed it", async () => {
    const handle = await nsc.transaction(async (tx) => {
      const read = await (await tx.operator("O")).account("A");
      await account.edit(({ nats }) => {
        nats.limits.conn = 7;
      });
      return read;
    });
    expect(handle.claims.nats.limits.conn).toBe(7);
  });

  test("is its token where a transaction edited and changed nothing", async () => {
    const handle = await nsc.transaction(async (tx) => {
      const read = await (await tx.operator("O")).account("A");
      await read.edit(() => undefined);
      expect(read.token).toBe(account.token);
      return read;
    });
    expect(handle.token).toBe(account.token);
  });

  test("follows what stands above it", async () => {
    const user = await account.addUser("u");
    const elsewhere = new Nsc({ store });
    const theirs = await elsewhere.operator("O");
    await (await theirs.account("A")).addRole("web");
    await (await theirs.account("A")).addUser("w", { role: "web" });
    expect((await account.user("w")).role).toBe("web");

    await theirs.addSigningKey();
    await theirs.requireSigningKeys();
    const late = await nsc.operator("O");
    expect(late.claims.nats.strict_signing_key_usage).toBe(true);
    await user.refresh();
    const issue = () => account.issueUser("x", { signer: account.publicKey, expires: "1h" });
    await expect(issue()).rejects.toThrowCode("ERR_SIGNER_STRICT");
  });

  test("of an account is strict after a refresh, or after any change of it", async () => {
    const theirs = await new Nsc({ store }).operator("O");
    await theirs.addSigningKey();
    await theirs.requireSigningKeys();
    await account.edit(({ nats }) => {
      nats.tags = ["x"];
    });
    const issue = () => account.issueUser("x", { signer: account.publicKey, expires: "1h" });
    await expect(issue()).rejects.toThrowCode("ERR_SIGNER_STRICT");
  });
});

describe("what is no function", () => {
  test("is refused with a code", async () => {
    const wrong = {} as never;
    await refused("ERR_ARGUMENT_INVALID", () => account.addUser("u", { claims: wrong }));
    await refused("ERR_ARGUMENT_INVALID", () => account.addRole("r", { template: wrong }));
    await account.addRole("r");
    await refused("ERR_ARGUMENT_INVALID", () => account.editRole("r", wrong));
    await refused("ERR_ARGUMENT_INVALID", () => account.edit(wrong));
    await refused("ERR_ARGUMENT_INVALID", () => nsc.transaction(5 as never));
    expect(() => new Nsc({ store: null as never })).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("JetStream limits", () => {
  test("without any storage are refused, since JetStream would be off", async () => {
    await refused("ERR_ARGUMENT_INVALID", () => operator.addAccount("B", { jetstream: { streams: 10 } }));
  });
});
