import { connect } from "@nats-io/transport-node";
import { createKeyPair, type KeyPair, memoryStore, Nsc, type Operator, type Store } from "nsc.js";
import {
  deleteAccounts,
  distribute,
  listAccounts,
  lookupAccount,
  type NatsTarget,
  pendingAccounts,
  prune,
  pull,
  push,
} from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { expectNoSecret } from "../support/secrets.ts";
import { full, serve } from "./servers.ts";
import { messageOf, pairOf, plant, summary } from "./tools.ts";

/** Where nobody is asked, since something is wrong with the question. */
const NOWHERE: NatsTarget = {
  servers: "nats://127.0.0.1:1",
  connect: () => Promise.reject(new Error("it was tried to connect")),
};

type AnyVerb = (target: unknown, operator: unknown, options?: unknown) => Promise<unknown>;

/** Everything that asks servers, called as a program without types might do it. */
const VERBS: { readonly [name: string]: AnyVerb } = {
  push: push as AnyVerb,
  pull: pull as AnyVerb,
  listAccounts: listAccounts as AnyVerb,
  prune: prune as AnyVerb,
  lookupAccount: (target, operator, options) =>
    lookupAccount(target as NatsTarget, operator as Operator, "SYS", options as object),
  deleteAccounts: (target, operator, options) =>
    deleteAccounts(target as NatsTarget, operator as Operator, ["A"], options as object),
  distribute: (target, operator, options) =>
    distribute(
      target as NatsTarget,
      { operator: operator as Operator, accounts: [], trustedKeys: ["O"] },
      options as object,
    ),
};

describe.each(Object.keys(VERBS))("%s", (name) => {
  const verb = VERBS[name] as AnyVerb;

  test.each([
    ["options that are none", null],
    ["an option that there is not", { timeOut: "5s" }],
    ["a bare number of seconds", { timeout: 5 }],
    ["no time at all", { timeout: "0s" }],
    ["a time without a unit", { timeout: "5" }],
    ["a signal that is none", { signal: {} }],
    ["a signal that is null", { signal: null }],
    ["less than no server", { expectServers: -1 }],
    ["half a server", { expectServers: 1.5 }],
    ["a server's name that is not in a list", { expectServers: "n1" }],
    ["names that are none", { expectServers: [1] }],
    ["a guard that there is not", { force: "everything" }],
    ["guards that are no names", { force: [true] }],
    ["all guards", { force: true }],
  ])("refuses %s", async (_, options) => {
    const { operator } = await testAuthority({ accounts: { A: {} } });
    await expect(verb(NOWHERE, operator, options)).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(await pendingAccounts(operator)).toEqual([]);
  });

  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a URL", "nats://127.0.0.1:4222"],
    ["URLs without a client", { servers: "nats://127.0.0.1:1" }],
    ["no URL", { connect, servers: "" }],
    ["no URLs", { connect, servers: [] }],
    ["an empty one among others", { connect, servers: "nats://127.0.0.1:1,," }],
    ["URLs that are no texts", { connect, servers: [1] }],
    ["a port", { connect, servers: 4222 }],
    ["a misspelt member", { connect, server: "nats://127.0.0.1:1" }],
    ["no servers, where the operator names none", { connect }],
  ])("refuses %s in place of servers", async (_, target) => {
    const { operator } = await testAuthority({ accounts: { A: {} } });
    await expect(verb(target, operator)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test.each([
    ["nothing", () => undefined],
    ["null", () => null],
    ["a name", () => "test"],
    ["an account", async () => (await testAuthority()).system],
    ["an Nsc", () => new Nsc()],
  ])("refuses %s in place of an operator", async (_, make) => {
    await expect(verb(NOWHERE, await make())).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("refuses creds that are none, and of those of another kind says so, without a word of them", async () => {
    const { operator, systemCreds } = await testAuthority({ accounts: { A: {} } });
    const [token = ""] = /eyJ[^\n]+/.exec(systemCreds) ?? [];
    const [seed = ""] = /SU[A-Z2-7]{50,}/.exec(systemCreds) ?? [];
    for (const creds of ["", "x", token, seed, systemCreds.replace(seed, ""), systemCreds.slice(30, 900)]) {
      const failing = verb({ ...NOWHERE, creds }, operator);
      expectNoSecret(await messageOf(() => failing));
      await expect(failing).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_(?:CREDS|JWT|NKEY)_/) });
    }
  });

  test("refuses a transaction, whose changes are not there yet", async () => {
    const nsc = new Nsc();
    await nsc.addOperator("o", { systemAccount: true });
    await nsc.transaction(async (tx) => {
      await expect(verb(NOWHERE, await tx.operator("o"))).toThrowCode("ERR_TRANSACTION");
      const changed = await tx.operator("o");
      await changed.addSigningKey();
      await expect(verb(NOWHERE, changed)).toThrowCode("ERR_TRANSACTION");
      await expect(verb(NOWHERE, await tx.addOperator("p"))).toThrowCode("ERR_TRANSACTION");
    });
    await expect(verb(NOWHERE, await nsc.operator("o"))).rejects.toThrow(/tried to connect|no account "A"/);
  });
});

describe("accounts", () => {
  const uses: readonly (readonly [string, (operator: Operator, account: unknown) => Promise<unknown>])[] = [
    ["push", (operator, account) => push(NOWHERE, operator, { accounts: [account as string] })],
    ["pull", (operator, account) => pull(NOWHERE, operator, { accounts: [account as string] })],
    ["lookupAccount", (operator, account) => lookupAccount(NOWHERE, operator, account as string)],
    ["deleteAccounts", (operator, account) => deleteAccounts(NOWHERE, operator, [account as string])],
    [
      "distribute",
      (operator, account) => distribute(NOWHERE, { operator, accounts: [account as never], trustedKeys: [] }),
    ],
  ];

  test.each(uses)("that are none, or somebody else's, are refused: %s", async (name, use) => {
    const { nsc, operator, accounts, users } = await testAuthority({ accounts: { A: { users: ["a"] }, B: {} } });
    const other = await testAuthority({ accounts: { A: {} } });
    const neighbour = await (await nsc.addOperator("neighbour")).addAccount("A");
    await accounts.B.delete();
    for (const account of [undefined, null, 5, {}, [], { name: "A" }, operator, users.A.a]) {
      await expect(use(operator, account), String(account)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
    for (const account of [other.accounts.A, neighbour]) {
      await expect(use(operator, account)).toThrowCode("ERR_HANDLE_FOREIGN");
    }
    for (const account of ["B", "nobody"]) {
      await expect(use(operator, account)).toThrowCode("ERR_ENTITY_NOT_FOUND");
    }
    // Servers may have what was deleted from the store.
    const gone = use(operator, accounts.B);
    if (name === "push" || name === "distribute") await expect(gone).toThrowCode("ERR_ENTITY_NOT_FOUND");
    else await expect(gone).rejects.toThrow("tried to connect");
    await expect(use(operator, "")).toThrowCode("ERR_NAME_INVALID");
    await nsc.transaction(async (tx) => {
      const account = await (await tx.operator("test")).account("A");
      await expect(use(operator, account)).toThrowCode("ERR_HANDLE_FOREIGN");
    });
    await expect(use(operator, "A")).rejects.toThrow("tried to connect");
  });

  test("come in a list", async () => {
    const { operator, accounts } = await testAuthority({ accounts: { A: {} } });
    const { publicKey } = createKeyPair("account");
    await expect(push(NOWHERE, operator, { accounts: [publicKey] })).toThrowCode("ERR_ENTITY_NOT_FOUND");
    for (const list of ["A", accounts.A, 5, null, new Set(["A"])]) {
      await expect(push(NOWHERE, operator, { accounts: list as never })).toThrowCode("ERR_ARGUMENT_INVALID");
      await expect(pull(NOWHERE, operator, { accounts: list as never })).toThrowCode("ERR_ARGUMENT_INVALID");
      await expect(deleteAccounts(NOWHERE, operator, list as never)).toThrowCode("ERR_ARGUMENT_INVALID");
      const what = { operator, accounts: list as never, trustedKeys: [] };
      await expect(distribute(NOWHERE, what)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
  });
});

test("options of a push, of pruning and of a distribution are what they should be", async () => {
  const { operator } = await testAuthority();
  for (const options of [
    { concurrency: 0 },
    { concurrency: 1.5 },
    { concurrency: "4" },
    { concurrency: Number.POSITIVE_INFINITY },
    { onProgress: true },
    { onProgress: null },
    { resend: "no" },
    { resend: 1 },
  ]) {
    await expect(push(NOWHERE, operator, options as never), JSON.stringify(options)).toThrowCode(
      "ERR_ARGUMENT_INVALID",
    );
  }
  for (const dryRun of ["yes", 1, null]) {
    await expect(prune(NOWHERE, operator, { dryRun } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  }
  for (const what of [
    undefined,
    null,
    {},
    { operator },
    { operator, accounts: [] },
    { accounts: [], trustedKeys: [] },
  ]) {
    await expect(distribute(NOWHERE, what as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  }
  for (const none of [undefined, "test", {}]) {
    await expect(pendingAccounts(none as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  }
});

describe("without creds", () => {
  test("the operator has to name a system account, and the store to have it", async () => {
    const nsc = new Nsc();
    const none = await nsc.addOperator("none");
    await expect(push(NOWHERE, none)).toThrowCode("ERR_SYSTEM_ACCOUNT");
    await expect(push(NOWHERE, none)).rejects.toThrow('the operator "none" names no system account');
    const { operator } = await testAuthority();
    const elsewhere = await nsc.importOperator(operator.token);
    await expect(push(NOWHERE, elsewhere)).toThrowCode("ERR_SYSTEM_ACCOUNT");
    await expect(push(NOWHERE, elsewhere)).rejects.toThrow("has one that is not stored");
  });

  test("servers that speak HTTP have to be replaced by others", async () => {
    const { operator } = await testAuthority();
    await operator.edit(({ nats }) => {
      nats.account_server_url = "https://accounts.example/jwt/v1";
    });
    const failing = push({ connect }, operator);
    await expect(failing).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(failing).rejects.toThrow("HTTP");
  });
});

/** A server, and a tree whose system account lacks keys. */
async function world(strict = false) {
  const store = memoryStore();
  const authority = await testAuthority({
    requireSigningKeys: strict,
    accounts: { A: {} },
    resolver: full(),
    store,
  });
  const server = await serve(authority);
  const { system } = authority;
  const [signingKey = ""] = (system.claims.nats.signing_keys ?? []) as readonly string[];
  const sys = await system.user("sys");
  const keys = { identity: system.publicKey, signingKey, user: sys.publicKey };
  const without = async (...gone: readonly (keyof typeof keys)[]): Promise<Operator> => {
    const pairs: KeyPair[] = [];
    for (const name of gone) if (keys[name] !== "") pairs.push(await pairOf(store, keys[name]));
    await store.commit({ deletedKeys: gone.map((name) => keys[name]).filter((key) => key !== "") });
    return new Nsc({ store, resolveSigner: () => undefined }).operator("test");
  };
  return { ...authority, store, keys, without, target: { connect, servers: server.url } };
}

describeWithServer("the user that pushes", () => {
  test("is signed by the identity, or else by a signing key, or else is one that is stored", async () => {
    const { without, target } = await world();
    expect(summary(await push(target, await without()))).toEqual(["A pushed", "SYS unchanged"]);
    expect(summary(await push(target, await without("identity")))).toEqual(["A unchanged", "SYS unchanged"]);
    expect(summary(await push(target, await without("signingKey")))).toEqual(["A unchanged", "SYS unchanged"]);
    const nobody = await without("user");
    const failing = push(target, nobody);
    await expect(failing).toThrowCode("ERR_SIGNER_MISSING");
    expectNoSecret(await messageOf(() => failing));
  });

  test("is asked for with the keys that would do", async () => {
    const { keys, without, target } = await world();
    const operator = await without("identity", "signingKey", "user");
    const failing = push(target, operator, { accounts: ["A"] });
    await expect(failing).rejects.toThrow(keys.identity);
    await expect(failing).rejects.toThrow("give creds of a user of it, or a connection");
    expect((await pendingAccounts(operator)).map(({ name }) => name)).toEqual(["A"]);
  });

  test("is signed by signing keys alone where they are demanded", async () => {
    const { keys, without, target } = await world(true);
    expect(summary(await push(target, await without("identity")))).toEqual(["A pushed", "SYS unchanged"]);
    const failing = push(target, await without("user", "signingKey"));
    await expect(failing).toThrowCode("ERR_SIGNER_MISSING");
    await expect(failing).rejects.toThrow(keys.signingKey);
    await expect(failing).rejects.not.toThrow(keys.identity);
  });

  test("can't be signed where signing keys are demanded and there is none", async () => {
    const { operator, store, system, without, target } = await world(true);
    const [key = ""] = operator.claims.nats.signing_keys ?? [];
    await plant(store, system, await pairOf(store, key), ({ nats }) => {
      nats.signing_keys = [];
    });
    await expect(push(target, await without("user"))).toThrowCode("ERR_SIGNING_KEY_REQUIRED");
  });

  test("is signed by a key that is elsewhere", async () => {
    const { store, keys, without, target } = await world();
    const pair = await pairOf(store, keys.identity);
    await without("identity", "signingKey", "user");
    const asked: string[] = [];
    const operator = await new Nsc({
      store: store as Store,
      resolveSigner: async (publicKey) => {
        if (publicKey !== keys.identity) return undefined;
        return {
          publicKey,
          sign: async (bytes) => {
            asked.push(publicKey);
            return pair.sign(bytes);
          },
        };
      },
    }).operator("test");
    expect(summary(await push(target, operator))).toEqual(["A pushed", "SYS unchanged"]);
    expect(asked).toEqual([keys.identity]);
  });

  test("is not one that is stored and has expired", async () => {
    const { store, system, without, target } = await world();
    const soon = new Date(Date.now() + 5000);
    const late = await system.addUser("late", { expires: soon });
    expect(await store.getKey(late.publicKey)).toBeDefined();
    await without("identity", "signingKey", "user");
    const later = (): Date => new Date(Date.now() + 60_000);
    await expect(push(target, await new Nsc({ store, clock: later }).operator("test"))).toThrowCode(
      "ERR_SIGNER_MISSING",
    );
  });

  test("is not one that is stored and restricted or revoked, where there is another", async () => {
    const { system, without, target } = await world();
    await system.addUser("a-monitor", { pub: ["$SYS.REQ.SERVER.PING"], sub: ["_INBOX.>"] });
    await system.revoke(await system.addUser("b-former"));
    const operator = await without("identity", "signingKey");
    expect(summary(await push(target, operator))).toEqual(["A pushed", "SYS pushed"]);
  });

  test("is let in whatever clock the tree has", async () => {
    const { operator, server } = await testAuthority({ resolver: full(), seed: "a clock that stands still" }).start();
    onTestFinished(() => server.stop());
    expect(summary(await push({ connect, servers: server.url }, operator))).toEqual(["SYS unchanged"]);
  });

  test("goes to the servers that the operator names", async () => {
    const { operator, target } = await world();
    const { servers } = target;
    await operator.edit(({ nats }) => {
      nats.operator_service_urls = [servers];
    });
    expect(summary(await push({ connect }, operator))).toEqual(["A pushed", "SYS unchanged"]);
    await operator.edit(({ nats }) => {
      nats.operator_service_urls = ["nats://127.0.0.1:1"];
      nats.account_server_url = servers;
    });
    expect(summary(await push({ connect }, operator))).toEqual(["A unchanged", "SYS unchanged"]);
  });
});
