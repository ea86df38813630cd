import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import fc from "fast-check";
import { createKeyPair, type KeyPair, Nsc, type StoreChange } from "nsc.js";
import { kvStore } from "nsc.js/nats";
import { expect, test, vi } from "vitest";
import { decodeName, encodeName, meaningOf, tokenKey } from "../../src/nats/kv-keys.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { countsOf, tokenOf } from "./kv-tally.ts";
import { connectTo, openBucket, serveBuckets, twoStores } from "./kv-tools.ts";

function seedText(pair: KeyPair): string {
  return String.fromCharCode(...pair.getSeed());
}

async function listOf(names: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = [];
  for await (const name of names) list.push(name);
  return list;
}

/** Every message that the stream holds, with all that it says. */
async function rawMessages(connection: NatsConnection): Promise<string[]> {
  const info = await connection.request("$JS.API.STREAM.INFO.KV_nsc", "");
  const { state } = info.json<{ state: { first_seq: number; last_seq: number } }>();
  const texts: string[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const answer = await connection.request("$JS.API.STREAM.MSG.GET.KV_nsc", JSON.stringify({ seq }));
    const { message } = answer.json<{ message?: { subject: string; data?: string; hdrs?: string } }>();
    if (message === undefined) continue;
    texts.push([message.subject, atob(message.hdrs ?? ""), atob(message.data ?? "")].join("\n"));
  }
  return texts;
}

test("a name and its part of a key are each other's, whatever the name holds", () => {
  const name = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1 }),
    fc.string({ unit: "binary-ascii", minLength: 1 }),
  );
  fc.assert(
    fc.property(name, name, (one, other) => {
      const part = encodeName(one);
      expect(part).toMatch(/^[\w=-]+$/);
      expect(decodeName(part)).toBe(one);
      expect(encodeName(other) === part).toBe(one === other);
      expect(meaningOf(tokenKey([one, other]))).toEqual({ kind: "token", path: [one, other] });
    }),
  );
  for (const part of ["", "a.b", "a=", "=4", "=41", "=2e", "=FF", "a b", "*", ">"])
    expect(decodeName(part)).toBeUndefined();
});

describeWithServer("kvStore", () => {
  test("refuses what is not as documented", async () => {
    const connection = await connectTo(await serveBuckets());
    const encryptionKey = createKeyPair("curve");
    const options = { bucket: "nsc", encryptionKey };
    for (const wrong of [
      { ...options, bucket: "a.b" },
      { ...options, bucket: undefined },
      { ...options, create: "yes" },
      { ...options, replicas: 0 },
      { ...options, history: 65 },
      { ...options, timeout: 5 },
      { ...options, encryptionKey: createKeyPair("account") },
      { ...options, encryptionKey: undefined },
      { ...options, olderEncryptionKeys: encryptionKey },
      { ...options, key: encryptionKey },
    ]) {
      await expect(kvStore(connection, wrong as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
    await expect(kvStore({} as never, options)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(kvStore(connection, options)).rejects.toThrow(/no bucket "nsc": create it/);
    await expect(kvStore(connection, options)).toThrowCode("ERR_STORE_IO");
    await kvStore(connection, { ...options, create: true });
    const { bucket } = await kvStore(connection, options);
    expect(bucket).toBe("nsc");
  });

  test("refuses buckets that would lose something", async () => {
    const connection = await connectTo(await serveBuckets());
    await new Kvm(connection).create("short", { ttl: 60_000 });
    const options = { bucket: "short", encryptionKey: createKeyPair("curve") };
    await expect(kvStore(connection, options)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("takes a bucket that another client made, and shows there as one", async () => {
    const connection = await connectTo(await serveBuckets());
    const bucket = await new Kvm(connection).create("nsc", { history: 5 });
    const store = await kvStore(connection, { bucket: "nsc", encryptionKey: createKeyPair("curve") });
    await store.commit({ tokens: [{ path: ["a b"], token: tokenOf("X", {}) }] });
    expect((await bucket.get("o.a=20b"))?.string()).toBe(tokenOf("X", {}));
    await store.commit({ deletes: [{ path: ["a b"] }] });
    expect(await listOf(await bucket.keys("o.*"))).toEqual([]);
  });

  test("says so when there is no JetStream, and when the connection is gone", async () => {
    const connection = await connectTo(await serveBuckets({ jetstream: false }));
    const options = { bucket: "nsc", encryptionKey: createKeyPair("curve"), timeout: "300ms", create: true };
    await expect(kvStore(connection, options)).toThrowCode("ERR_STORE_IO");
    const { stores, connections } = await twoStores();
    await connections[0].close();
    await expect(stores[0].read(["O"])).rejects.toThrow(/read a token \(bucket "nsc"\)/);
    await expect(stores[0].commit({ tokens: [{ path: ["O"], token: tokenOf("O", {}) }] })).toThrowCode("ERR_STORE_IO");
  });

  test("keeps no secret that can be read, and removed ones not at all", async () => {
    const { connections, stores } = await twoStores();
    const [store, other] = stores;
    const nsc = new Nsc({ store });
    const operator = await nsc.addOperator("O", { signingKey: true, systemAccount: true });
    const account = await operator.addAccount("A", { signingKey: true });
    await account.addUser("u");
    const seeds: string[] = [];
    for (const publicKey of await listOf(store.listKeys())) seeds.push((await other.getKey(publicKey)) as string);
    expect(seeds.length).toBeGreaterThan(4);
    // A commit that is not applied yet, and one that is kept in parts.
    const pairs = Array.from({ length: 900 }, () => createKeyPair("user"));
    await store.commit({ keys: pairs.map(seedText) });
    seeds.push(...pairs.map(seedText));
    const raw = (await rawMessages(connections[0])).join("\n");
    expect(raw).toContain("$KV.nsc.head");
    expect(raw.match(/S[OAUNCX][A-Z2-7]{56}/)).toBeNull();
    for (const seed of seeds) expect(raw.includes(seed) || raw.includes(seed.slice(4, 50))).toBe(false);
    const [pair] = pairs as [KeyPair];
    const sealed = /\$KV\.nsc\.k\.\w+/g;
    const count = raw.match(sealed)?.length ?? 0;
    await store.commit({ deletedKeys: [pair.publicKey] });
    const left = (await rawMessages(connections[0])).filter((text) => text.includes(`k.${pair.publicKey}\n`));
    expect(count).toBeGreaterThan(900);
    expect(left.map((text) => text.split("\n").at(-1))).toEqual([""]);
  });

  test("opens with the right key only, and goes over to another one", async () => {
    const { connections, stores, key } = await twoStores();
    const pairs = [createKeyPair("account"), createKeyPair("user")] as const;
    await stores[0].commit({ keys: pairs.map(seedText) });
    const next = createKeyPair("curve");
    await expect(openBucket(connections[1], { encryptionKey: next })).toThrowCode("ERR_NKEY_SEALED");
    const both = await openBucket(connections[1], {
      encryptionKey: next.getSeed(),
      olderEncryptionKeys: [seedText(key)],
    });
    expect(await both.getKey(pairs[0].publicKey)).toBe(seedText(pairs[0]));
    const late = createKeyPair("operator");
    await both.commit({ keys: [seedText(late)] });
    await expect(stores[0].getKey(late.publicKey)).toThrowCode("ERR_NKEY_SEALED");
    expect(await both.reseal()).toBe(2);
    expect(await both.reseal()).toBe(0);
    for (const pair of [...pairs, late]) {
      expect(await both.getKey(pair.publicKey)).toBe(seedText(pair));
      await expect(stores[0].getKey(pair.publicKey)).toThrowCode("ERR_NKEY_SEALED");
    }
    await expect(stores[0].commit({ keys: [seedText(createKeyPair("user"))] })).toThrowCode("ERR_NKEY_SEALED");
    await expect(stores[0].reseal()).toThrowCode("ERR_NKEY_SEALED");
    await expect(openBucket(connections[1], { encryptionKey: key })).toThrowCode("ERR_NKEY_SEALED");
    await openBucket(connections[1], { encryptionKey: next });
    const raw = (await rawMessages(connections[0])).join("\n");
    expect(raw).not.toContain(`${key.publicKey}.`);
  });

  test.each([
    ["head", "{"],
    ["head", '{"version":1}'],
    ["head", '{"version":2}'],
    ["head", '{"version":1,"count":9,"state":"pending","recent":[{"id":"x"}],"chunks":2}'],
    ["head", '{"version":1,"count":9,"state":"pending","recent":[{"id":"x"}],"changes":[["o.O"]]}'],
    ["do", "{"],
    ["do", "[[1]]"],
    ["do", '{"bits":99,"size":1}'],
  ])("reports what can't be read: %s with %s", async (broken, text) => {
    const { connections, stores, key } = await twoStores();
    await stores[0].commit({ tokens: [{ path: ["O"], token: tokenOf("O", {}) }] });
    await (await new Kvm(connections[1]).open("nsc")).put(broken, text);
    const fresh = async () => listOf((await openBucket(connections[1], { encryptionKey: key })).list([]));
    await expect(fresh()).toThrowCode("ERR_STORE_DAMAGED");
    if (broken === "head")
      await expect(stores[0].commit({ deletes: [{ path: ["O"] }] })).toThrowCode("ERR_STORE_DAMAGED");
  });

  test.each([
    ["no sealed text", () => "rubbish"],
    ["one that was changed", (text: string) => text.slice(0, -4)],
    ["one of another key", (_: string, other: string) => other],
  ])("reports a seed that is %s", async (_, breakIt) => {
    const { connections, stores, key } = await twoStores();
    const [one, two] = [createKeyPair("user"), createKeyPair("user")];
    await stores[0].commit({ keys: [seedText(one), seedText(two)] });
    const raw = await new Kvm(connections[1]).open("nsc");
    const textOf = async (pair: KeyPair) => (await raw.get(`k.${pair.publicKey}`))?.string() ?? "";
    await raw.put(`k.${one.publicKey}`, breakIt(await textOf(one), await textOf(two)));
    const fresh = await openBucket(connections[1], { encryptionKey: key });
    await expect(fresh.getKey(one.publicKey)).toThrowCode("ERR_STORE_DAMAGED");
    expect(await fresh.getKey(two.publicKey)).toBe(seedText(two));
    await fresh.commit({ keys: [seedText(one)] });
    expect(await fresh.getKey(one.publicKey)).toBe(seedText(one));
  });

  test("makes a commit of any size whole, and refuses a token that the server does not take", async () => {
    const { connections, stores } = await twoStores();
    const users = Array.from({ length: 3000 }, (_, index) => ({
      path: ["O", "A", `user ${index} \u{1f600}`] as const,
      token: tokenOf(`U${index}`, { ["x".repeat(500)]: index }),
    }));
    const parents = [["O"], ["O", "A"]].map((path) => ({ path: path as never, token: tokenOf("P", {}) }));
    const seen: number[] = [];
    const done = stores[0].commit({ tokens: [...parents, ...users] });
    let isDone = false;
    done.then(() => {
      isDone = true;
    }, String);
    while (!isDone) seen.push((await listOf(stores[1].list(["O", "A"]))).length);
    await done;
    expect([...new Set(seen)].filter((count) => count !== 0 && count !== users.length)).toEqual([]);
    for (const { path, token } of users.filter((_, index) => index % 100 === 0)) {
      expect(await stores[1].read(path)).toBe(token);
    }
    expect(await stores[1].find("U2999")).toEqual([users[2999]?.path]);
    expect((await rawMessages(connections[0])).filter((text) => text.startsWith("$KV.nsc.c."))).toEqual([]);
    const large = { path: ["O"] as const, token: tokenOf("O", { ["x".repeat(1_100_000)]: 1 }) };
    await expect(stores[0].commit({ tokens: [large] })).toThrowCode("ERR_STORE_IO");
    await stores[1].commit({ deletes: [...users, ...parents] });
    expect(await listOf(stores[0].list([]))).toEqual([]);
    expect(await listOf(stores[0].list(["O", "A"]))).toEqual([]);
  });

  test("gives the tokens that were at a path before", async () => {
    const { stores } = await twoStores({ history: 4 });
    const path = ["O"] as const;
    const before = Date.now() - 1000;
    for (let index = 0; index < 3; index++) {
      await stores[index % 2 === 0 ? 0 : 1].commit({ tokens: [{ path, token: tokenOf("O", { index }) }] });
    }
    await stores[0].commit({ deletes: [{ path }] });
    const history = await stores[1].history(path);
    expect(history.map(({ token }) => token && countsOf(token)["index"])).toEqual([0, 1, 2, undefined]);
    expect(history.every(({ time }) => time.getTime() > before && time.getTime() < Date.now() + 1000)).toBe(true);
    expect(history.map(({ revision }) => revision)).toEqual(
      [...history].map(({ revision }) => revision).sort((a, b) => a - b),
    );
    await stores[0].commit({ tokens: [{ path, token: tokenOf("O", { index: 9 }) }] });
    expect((await stores[1].history(path)).map(({ token }) => token && countsOf(token)["index"])).toEqual([
      1,
      2,
      undefined,
      9,
    ]);
    expect(await stores[1].history(["P"])).toEqual([]);
    await expect(stores[1].history([""])).toThrowCode("ERR_STORE_NAME");
  });

  test("tells what others commit, and not what it commits itself", async () => {
    const { stores } = await twoStores();
    const [store, other] = stores;
    const aborting = new AbortController();
    const changes: StoreChange[] = [];
    const watching = (async () => {
      for await (const change of store.watch({ signal: aborting.signal })) changes.push(change);
    })();
    await vi.waitFor(() => expect(changes).toHaveLength(1));
    expect(changes[0]).toEqual({ isAnything: true, paths: [], operators: [], publicKeys: [] });
    const pair = createKeyPair("user");
    await other.commit({
      tokens: [{ path: ["O"], token: tokenOf("O", {}) }],
      meta: [{ operator: "O", name: "m", value: "1" }],
      keys: [seedText(pair)],
    });
    await vi.waitFor(() => expect(changes).toHaveLength(2));
    expect(changes[1]).toEqual({ isAnything: false, paths: [["O"]], operators: ["O"], publicKeys: [pair.publicKey] });
    await store.commit({ tokens: [{ path: ["P"], token: tokenOf("P", {}) }] });
    await other.commit({ deletes: [{ path: ["O"] }] });
    await vi.waitFor(() => expect(changes).toHaveLength(3));
    expect(changes[2]).toMatchObject({ paths: [["O"]], operators: ["O"], publicKeys: [] });
    aborting.abort();
    await watching;
    for await (const change of store.watch({ signal: aborting.signal })) changes.push(change);
    expect(changes).toHaveLength(3);
  });

  test("is finished by others when its process ends between decision and writing", async () => {
    const { connections, stores, key } = await twoStores();
    const [store] = stores;
    await store.commit({ tokens: [{ path: ["O"], token: tokenOf("O", { n: 1 }) }] });
    // A head as it is while a commit is applied, of a process that is no more.
    const raw = await new Kvm(connections[1]).open("nsc");
    const head = (await raw.get("head"))?.json<{ count: number; recent: unknown[] }>();
    const revision = (await raw.get("o.O"))?.revision;
    const changes = [
      ["o.O", tokenOf("O", { n: 2 }), revision],
      ["o.P", tokenOf("P", {}), 0],
      ["do", '[["O"],["P"]]', 0],
    ];
    const recent = [...(head?.recent ?? []), { id: "lost", keys: ["o.O", "o.P", "do"] }];
    await raw.put("head", JSON.stringify({ ...head, count: 2, state: "pending", recent, changes }));
    expect(countsOf(await store.read(["O"]))).toEqual({ n: 2 });
    expect(await listOf(store.list([]))).toEqual(["O", "P"]);
    expect((await raw.get("o.P")) === null).toBe(true);
    await store.commit({ tokens: [{ path: ["Q"], token: tokenOf("Q", {}) }] });
    expect((await raw.get("o.P"))?.string()).toBe(tokenOf("P", {}));
    const fresh = await openBucket(connections[1], { encryptionKey: key });
    expect(await listOf(fresh.list([]))).toEqual(["O", "P", "Q"]);
  });
});

describeWithServer("two Nsc over one bucket", () => {
  test("lose no edit", async () => {
    const { stores } = await twoStores();
    const [one, two] = stores.map((store) => new Nsc({ store })) as [Nsc, Nsc];
    await (await one.addOperator("O", { signingKey: true })).addAccount("A");
    const handles = [
      await (await one.operator("O")).account("A"),
      await (await two.operator("O")).account("A"),
    ] as const;
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        handles[index % 2 === 0 ? 0 : 1].edit(({ nats }) => {
          nats.mappings = { ...nats.mappings, [`s${index}`]: [{ subject: "x" }] };
        }),
      ),
    );
    await handles[0].refresh();
    expect(Object.keys(handles[0].claims.nats.mappings ?? {})).toHaveLength(10);
  });

  test("show each other's changes as they come", async () => {
    const { stores } = await twoStores();
    const [one, two] = stores.map((store) => new Nsc({ store })) as [Nsc, Nsc];
    const operator = await one.addOperator("O", { signingKey: true });
    const account = await operator.addAccount("A", { signingKey: true });
    const user = await account.addUser("u");
    const seen = await (await two.operator("O")).account("A");
    const seenUser = await seen.user("u");
    const aborting = new AbortController();
    const changes: StoreChange[] = [];
    const watching = two.watch({ signal: aborting.signal, onChange: (change) => changes.push(change) });
    await vi.waitFor(() => expect(changes).toHaveLength(1));
    await account.edit(({ nats }) => {
      nats.limits.conn = 7;
    });
    await vi.waitFor(() => expect(seen.claims.nats.limits.conn).toBe(7));
    expect(seen.token).toBe(account.token);
    const [from] = account.claims.nats.signing_keys ?? [];
    await account.rotateSigningKey({ from: from as string });
    await vi.waitFor(() => expect(seen.cell.snapshot.rotations).toBeDefined());
    expect(seen.cell.snapshot.rotations).toBe(account.cell.snapshot.rotations);
    expect(seen.token).toBe(account.token);
    await user.delete();
    await vi.waitFor(() => expect(seenUser.cell.isDeleted).toBe(true));
    aborting.abort();
    await watching;
    await account.edit(({ nats }) => {
      nats.limits.conn = 8;
    });
    expect(seen.claims.nats.limits.conn).toBe(7);
    await expect(new Nsc().watch()).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(two.transaction((tx) => tx.watch())).toThrowCode("ERR_TRANSACTION");
  });
});
