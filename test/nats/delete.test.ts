import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type Account, createKeyPair, encodeGeneric, type KeyPair, memoryStore, Nsc, type Resolver } from "nsc.js";
import { type DeleteReport, deleteAccounts, listAccounts, prune, push, type ServersTarget } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { describe, expect, test } from "vitest";
import { ask, isOlderThan } from "../server/servers.ts";
import { describeWithServer, natsServers } from "../support/nats-server.ts";
import { connectAs, full, getsIn, type ServerInit, serve } from "./servers.ts";
import { errorsOf, fileOf, manyAccounts, pairOf, plant, summary, withPublish, withRead } from "./tools.ts";

const DELETE = "$SYS.REQ.CLAIMS.DELETE";
const LIST = "$SYS.REQ.CLAIMS.LIST";

/** An authority with accounts A and B that a server has, and a connection of the system account. */
async function world(fields: Parameters<typeof full>[0] = { allowDelete: true }, init: ServerInit = {}) {
  const store = memoryStore();
  const resolver: Resolver = full(fields);
  const authority = await testAuthority({ accounts: { A: { users: ["a"] }, B: { users: ["b"] } }, resolver, store });
  const server = await serve(authority, { name: "n1", ...init });
  const connection = await connectAs(server, authority.systemCreds);
  (await push(connection, authority.operator)).assertComplete();
  return { ...authority, store, server, connection };
}

function request(signer: KeyPair, accounts: unknown, sub = signer.publicKey): Promise<string> {
  return encodeGeneric({ sub, nats: { accounts } } as Parameters<typeof encodeGeneric>[0], signer);
}

function outcomes(report: DeleteReport): string[] {
  return report.accounts.flatMap(({ name, servers }) => servers.map(({ outcome }) => `${name} ${outcome}`));
}

/**
 * A connection over which a server is given an account again, as by another server, when it is asked what it has after a deletion.
 *
 * @param times - after how many deletions
 * @param closesAt - the deletion that is not sent any more
 */
async function givingBack(
  connection: NatsConnection,
  { publicKey, token }: Account,
  requests: { deletions: number },
  { times, closesAt = Number.POSITIVE_INFINITY }: { readonly times: number; readonly closesAt?: number },
): Promise<NatsConnection> {
  // The server asks others for what they have, and takes what comes there.
  let inbox = "";
  for await (const { reply } of connection.subscribe("$SYS.REQ.CLAIMS.PACK", { max: 1 })) inbox = reply ?? "";
  return withPublish(connection, (subject, ...rest) => {
    if (subject === DELETE) requests.deletions += 1;
    const { deletions } = requests;
    if (subject === LIST && deletions > 0 && deletions <= times) connection.publish(inbox, `${publicKey}|${token}`);
    if (deletions < closesAt) connection.publish(subject, ...rest);
    else void connection.close();
  });
}

/** Of the versions of servers that are at hand, since they differ in what they do with a deleted account. */
describe.each(natsServers)("an account that was deleted, on nats-server $version", ({ path }) => {
  test("comes back by a push of a new token; the same one servers keep and don't apply", async () => {
    const { operator, accounts, creds, server, connection } = await world(undefined, { server: path });
    expect(await getsIn(server, creds.A.a)).toBe(true);
    await deleteAccounts(connection, operator, ["A"]);
    expect(summary(await push(connection, operator))).toEqual(["A pushed", "B unchanged", "SYS unchanged"]);
    expect(fileOf(server, accounts.A.publicKey)).toBe(accounts.A.token);
    expect(await getsIn(server, creds.A.a)).toBe(false);

    await accounts.A.reissue();
    expect(summary(await push(connection, operator))).toEqual(["A pushed", "B unchanged", "SYS unchanged"]);
    expect(await getsIn(server, creds.A.a)).toBe(true);
  });
});

describeWithServer("deleting accounts", () => {
  test("is signed by the key that is asked for, if servers trust it", async () => {
    const { operator, accounts, server, connection, store } = await world();
    const pair = await pairOf(store, operator.publicKey);
    await store.commit({ deletedKeys: [pair.publicKey] });
    const stranger = createKeyPair("operator");
    for (const signer of [stranger, stranger.publicKey]) {
      await expect(deleteAccounts(connection, operator, ["A"], { signer })).rejects.toThrowCode("ERR_SIGNER_UNTRUSTED");
    }
    await expect(deleteAccounts(connection, operator, ["A"], { signer: pair.publicKey })).rejects.toThrowCode(
      "ERR_SIGNER_MISSING",
    );
    // Servers don't know of it before they are restarted.
    await store.commit({ keys: [new TextDecoder().decode(pair.getSeed())] });
    const added = await operator.addSigningKey();
    await expect(deleteAccounts(connection, operator, ["A"], { signer: added })).rejects.toThrowCode(
      "ERR_SIGNER_UNTRUSTED",
    );
    expect(fileOf(server, accounts.A.publicKey)).toBe(accounts.A.token);
    await store.commit({ deletedKeys: [pair.publicKey] });
    (await deleteAccounts(connection, operator, ["A"], { signer: pair })).assertComplete();
    await accounts.B.delete();
    (await prune(connection, operator, { signer: pair })).assertComplete();
    expect(fileOf(server, accounts.B.publicKey)).toBeUndefined();
  });

  test("closes connections and keeps others out", async () => {
    const { operator, accounts, creds, server, connection } = await world();
    const { A, B } = accounts;
    const client = await connectAs(server, creds.A.a);
    const other = await connectAs(server, creds.B.b);
    const errors = errorsOf(client);

    const report = await deleteAccounts(connection, operator, [A]);
    report.assertComplete();
    expect(report.accounts).toMatchObject([
      {
        name: "A",
        publicKey: A.publicKey,
        status: "deleted",
        servers: [{ server: { name: "n1" }, outcome: "deleted", message: "deleted 1 accounts" }],
      },
    ]);
    await client.closed();
    expect(errors.map(({ message }) => message).join()).toMatch(/account authentication expired/i);
    await other.flush();
    expect(await getsIn(server, creds.A.a)).toBe(false);
    expect(fileOf(server, A.publicKey)).toBeUndefined();
    expect(fileOf(server, A.publicKey, ".deleted")).toBe(A.token);
    const { onlyInStore, accounts: listed } = await listAccounts(connection, operator);
    expect(onlyInStore.map(({ name }) => name)).toEqual(["A"]);
    expect(listed.find(({ name }) => name === "B")?.servers).toHaveLength(1);
    expect((await operator.account("A")).token).toBe(A.token);
    expect(fileOf(server, B.publicKey)).toBe(B.token);
  });

  test.each([
    ["is repeated", 2, "deleted"],
    ["is given up", 3, "failed"],
  ])("%s where another server gives an account back %i times meanwhile", async (_, times, status) => {
    const { operator, accounts, server, connection } = await world({ allowDelete: true, interval: "300ms" });
    const requests = { deletions: 0 };
    const giver = await givingBack(connection, accounts.A, requests, { times });
    const report = await deleteAccounts(giver, operator, ["A", "B"]);
    expect(summary(report)).toEqual([`A ${status}`, "B deleted"]);
    expect(requests.deletions).toBe(3);
    expect(fileOf(server, accounts.A.publicKey)).toBe(status === "failed" ? accounts.A.token : undefined);
    if (status === "failed") {
      expect(report.assertComplete).toThrow(/"A": n1 said: deleted 1 accounts, and has it again from another server/);
    } else report.assertComplete();
  });

  test("says that an account is there again when nobody can be asked to delete it any more", async () => {
    const { operator, accounts, server, connection } = await world({ allowDelete: true, interval: "300ms" });
    const requests = { deletions: 0 };
    const giver = await givingBack(connection, accounts.A, requests, { times: 1, closesAt: 2 });
    const report = await deleteAccounts(giver, operator, ["A", "B"]);
    expect(summary(report)).toEqual(["A failed", "B deleted"]);
    expect(report.accounts[0]?.message).toContain("has it again");
    expect(fileOf(server, accounts.A.publicKey)).toBe(accounts.A.token);
  });

  test("of an account that nobody used is undone by a push of the same token", async () => {
    const { operator, creds, server, connection } = await world();
    await deleteAccounts(connection, operator, ["A"]);
    expect(summary(await push(connection, operator, { accounts: ["A"] }))).toEqual(["A pushed"]);
    expect(await getsIn(server, creds.A.a)).toBe(true);
  });

  test.skipIf(isOlderThan("2.9.16"))("leaves no file where servers delete for good", async () => {
    const { operator, accounts, server, connection } = await world({ allowDelete: true, hardDelete: true });
    (await deleteAccounts(connection, operator, ["A"])).assertComplete();
    expect(fileOf(server, accounts.A.publicKey)).toBeUndefined();
    expect(fileOf(server, accounts.A.publicKey, ".deleted")).toBeUndefined();
  });

  test("says of a server that does not allow it that it failed", async () => {
    const { operator, accounts, server, connection } = await world({ allowDelete: false });
    const report = await deleteAccounts(connection, operator, ["A", "B"]);
    expect(summary(report)).toEqual(["A failed", "B failed"]);
    expect(report.isComplete).toBe(false);
    expect(report.assertComplete).toThrow(
      /^0 of 2 .*; "A": n1 said: delete accounts request by O\w{55} failed - delete must be enabled in server config; "B": n1 said/,
    );
    expect(fileOf(server, accounts.A.publicKey)).toBe(accounts.A.token);
  });

  test("takes names, keys and handles, each once, and says which no server had", async () => {
    const { operator, accounts, connection } = await world();
    const stranger = createKeyPair("account").publicKey;
    const report = await deleteAccounts(connection, operator, [
      stranger,
      accounts.A.publicKey,
      "A",
      accounts.A,
      accounts.B,
    ]);
    report.assertComplete();
    expect(summary(report)).toEqual([`${stranger} absent`, "A deleted", "B deleted"]);
    expect(outcomes(report)).toEqual([`${stranger} absent`, "A deleted", "B deleted"]);
    const again = await deleteAccounts(connection, operator, ["A"]);
    expect(summary(again)).toEqual(["A absent"]);
    expect(again.isComplete).toBe(true);
    expect((await deleteAccounts(connection, operator, [])).accounts).toEqual([]);
  });

  test("refuses the system account, as servers do, together with all others", async () => {
    const { operator, accounts, system, server, connection } = await world();
    await expect(deleteAccounts(connection, operator, ["A", system])).toThrowCode("ERR_SYSTEM_ACCOUNT");
    expect(fileOf(server, accounts.A.publicKey)).toBe(accounts.A.token);

    const forced = await deleteAccounts(connection, operator, ["A", system], { force: "system-account" });
    expect(summary(forced)).toEqual(["A failed", "SYS failed"]);
    expect(forced.assertComplete).toThrow("not allowed to delete system account");
    expect(fileOf(server, accounts.A.publicKey)).toBe(accounts.A.token);
  });

  test("does nothing while a server is missing, unless that is asked for", async () => {
    const { operator, accounts, server, connection } = await world();
    const options = { expectServers: ["n1", "n2"], timeout: "1s" };
    const refused = deleteAccounts(connection, operator, ["A"], options);
    await expect(refused).toThrowCode("ERR_NATS_REFUSED");
    await expect(refused).rejects.toThrow(/^not heard of: n2,/);
    await expect(prune(connection, operator, options)).toThrowCode("ERR_NATS_REFUSED");
    expect(fileOf(server, accounts.A.publicKey)).toBe(accounts.A.token);

    const forced = await deleteAccounts(connection, operator, ["A"], { ...options, force: ["unheard-servers"] });
    expect(summary(forced)).toEqual(["A deleted"]);
    expect(forced.unheard).toEqual(["n2"]);
    expect(forced.assertComplete).toThrow("not heard of: n2");
    expect(fileOf(server, accounts.A.publicKey)).toBeUndefined();
  });

  test("reports what was done, when the connection is lost between two requests", async () => {
    const authority = await testAuthority({ accounts: manyAccounts(2001), resolver: full({ allowDelete: true }) });
    const { operator, accounts, systemCreds } = authority;
    const server = await serve(authority);
    const connection = await connectAs(server, systemCreds);
    (await push(connection, operator)).assertComplete();
    let requests = 0;
    const cut = withPublish(connection, (subject, ...rest) => {
      if (subject === DELETE) requests += 1;
      if (requests < 2) connection.publish(subject, ...rest);
      else void connection.close();
    });
    const report = await deleteAccounts(cut, operator, Object.values(accounts));
    const count = (status: string): number => report.accounts.filter((account) => account.status === status).length;
    expect([count("deleted"), count("failed")]).toEqual([2000, 1]);
    expect(report.accounts.at(-1)?.message).toContain("did not answer");
  });

  test("needs a key that servers trust: the signing key or else the identity", async () => {
    const store = memoryStore();
    const authority = await testAuthority({ accounts: { A: {}, B: {} }, resolver: full({ allowDelete: true }), store });
    const { operator, accounts } = authority;
    const server = await serve(authority);
    const connection = await connectAs(server, authority.systemCreds);
    await push(connection, operator);
    const [signingKey = ""] = operator.claims.nats.signing_keys ?? [];

    await store.commit({ deletedKeys: [signingKey] });
    (await deleteAccounts(connection, operator, ["A"])).assertComplete();
    expect(fileOf(server, accounts.A.publicKey)).toBeUndefined();

    await store.commit({ deletedKeys: [operator.publicKey] });
    const keyless = await new Nsc({ store }).operator("test");
    const missing = deleteAccounts(connection, keyless, ["B"]);
    await expect(missing).toThrowCode("ERR_SIGNER_MISSING");
    await expect(missing).rejects.toThrow(signingKey);
    expect(fileOf(server, accounts.B.publicKey)).toBe(accounts.B.token);
  });

  test("does not use a key that servers don't know yet", async () => {
    const { operator, store, accounts, server, connection } = await world();
    const key = await operator.addSigningKey();
    for (const known of [...(operator.claims.nats.signing_keys ?? []), operator.publicKey]) {
      if (known !== key) await store.commit({ deletedKeys: [known] });
    }
    const fresh = await new Nsc({ store }).operator("test");
    await expect(deleteAccounts(connection, fresh, ["A"])).toThrowCode("ERR_SIGNER_MISSING");
    expect(fileOf(server, accounts.A.publicKey)).toBe(accounts.A.token);
  });

  test("is refused by servers for requests that are not as they should be", async () => {
    const { operator, accounts, system, store, server, connection } = await world();
    const identity = await pairOf(store, operator.publicKey);
    const { publicKey } = accounts.A;
    const stranger = createKeyPair("operator");
    const cases: readonly (readonly [string, string])[] = [
      [await request(stranger, [publicKey]), "not trusted"],
      [await request(identity, [publicKey], createKeyPair("operator").publicKey), "not self signed"],
      [await request(identity, [system.publicKey]), "not allowed to delete system account"],
      [await request(identity, publicKey), "malformed request"],
      [await request(identity, undefined), "malformed request"],
      [await request(identity, ["A"]), "malformed request"],
    ];
    for (const [payload, words] of cases) {
      const { error, data } = await ask(connection, DELETE, payload);
      expect(error?.description ?? JSON.stringify(data), words).toContain(words);
    }
    for (const account of Object.values(accounts)) expect(fileOf(server, account.publicKey)).toBe(account.token);
  });

  test("takes signing keys alone where they are demanded", async () => {
    const store = memoryStore();
    const authority = await testAuthority({
      requireSigningKeys: true,
      accounts: { A: {} },
      resolver: full({ allowDelete: true }),
      store,
    });
    const { operator, accounts } = authority;
    const connection = await connectAs(await serve(authority), authority.systemCreds);
    await push(connection, operator);
    const payload = await request(await pairOf(store, operator.publicKey), [accounts.A.publicKey]);
    expect((await ask(connection, DELETE, payload)).error?.description).toContain("not trusted");
    expect(summary(await deleteAccounts(connection, operator, ["A"]))).toEqual(["A deleted"]);
  });
});

describeWithServer("pruning", () => {
  test("deletes what the store does not have, and says before what it would delete", async () => {
    const { operator, accounts, server, connection } = await world();
    const { publicKey, claims } = accounts.A;
    await accounts.A.delete();
    const surplus = [{ publicKey, name: "A", issuer: claims.iss }];

    const dry = await prune(connection, operator, { dryRun: true });
    expect(dry).toMatchObject({ surplus, foreign: [], accounts: [] });
    expect(fileOf(server, publicKey)).toBeDefined();

    const report = await prune({ connect, servers: server.url }, operator);
    report.assertComplete();
    expect(report).toMatchObject({ surplus, foreign: [] });
    expect(summary(report)).toEqual(["A deleted"]);
    expect(fileOf(server, publicKey)).toBeUndefined();
    expect(fileOf(server, accounts.B.publicKey)).toBe(accounts.B.token);
    expect((await prune(connection, operator)).surplus).toEqual([]);
  });

  test("leaves accounts of others alone, unless that is asked for", async () => {
    const { operator, server, connection } = await world();
    const { X } = (await testAuthority({ accounts: { X: {} } })).accounts;
    await ask(connection, "$SYS.REQ.CLAIMS.UPDATE", X.token);
    const foreign = [{ publicKey: X.publicKey, name: "X", issuer: X.claims.iss }];
    const report = await prune(connection, operator);
    expect(report).toMatchObject({ surplus: [], foreign, accounts: [], isComplete: true });
    expect(fileOf(server, X.publicKey)).toBe(X.token);
    const forced = await prune(connection, operator, { force: "foreign-issuer" });
    expect(forced).toMatchObject({ surplus: foreign, foreign: [] });
    expect(summary(forced)).toEqual(["X deleted"]);
    expect(fileOf(server, X.publicKey)).toBeUndefined();
  });

  test("leaves an account that was made and pushed by others just when it began", async () => {
    const { operator, store, server, connection } = await world();
    const other = await new Nsc({ store }).operator("test");
    const target: ServersTarget = {
      servers: server.url,
      connect: async (options) => {
        const fresh = await other.addAccount("FRESH");
        (await push(connection, other, { accounts: [fresh] })).assertComplete();
        return connect(options);
      },
    };
    const report = await prune(target, operator);
    expect(report).toMatchObject({ surplus: [], accounts: [], isComplete: true });
    const { publicKey, token } = await other.account("FRESH");
    expect(fileOf(server, publicKey)).toBe(token);
  });

  test("is no success where servers can't be asked who signed what they have", async () => {
    const { operator, accounts, system, server, systemCreds } = await world();
    const { publicKey, token } = accounts.A;
    await accounts.A.delete();
    const pub = ["$SYS.REQ.SERVER.PING.*", "$SYS.REQ.CLAIMS.*"];
    const user = await system.issueUser("restricted", { expires: "1h", pub, sub: ["_INBOX.>"] });
    const target = { connect, servers: server.url, creds: user.creds() };
    await expect(prune(target, operator)).toThrowCode("ERR_NATS_PERMISSION");
    await expect(prune(target, operator, { dryRun: true })).rejects.toThrow("so none is deleted");
    const given = await connectAs(server, systemCreds);
    const cut = withPublish(given, (subject, ...rest) => {
      if (subject.endsWith("LOOKUP")) void given.close();
      else given.publish(subject, ...rest);
    });
    await expect(prune(cut, operator)).toThrowCode("ERR_NATS_CONNECTION");
    expect(fileOf(server, publicKey)).toBe(token);
    expect(summary(await prune(target, operator, { force: "foreign-issuer" }))).toEqual([`${publicKey} deleted`]);
  });

  test("leaves what the operator signed with a key that it has no more", async () => {
    const { operator, accounts, store, server, connection } = await world();
    const old = await operator.addSigningKey();
    const token = await plant(store, accounts.A, await pairOf(store, old));
    await ask(connection, "$SYS.REQ.CLAIMS.UPDATE", token);
    const { publicKey } = accounts.A;
    await accounts.A.delete();
    await operator.removeSigningKey(old);
    const report = await prune(connection, operator);
    expect(report.foreign).toEqual([{ publicKey, name: "A", issuer: old }]);
    expect(fileOf(server, publicKey)).toBe(token);
  });

  test("leaves the system account, also where the store does not have it", async () => {
    const { operator, accounts, system, server, connection } = await world();
    const elsewhere = await new Nsc().importOperator(operator.token);
    const report = await prune(connection, elsewhere, { dryRun: true, force: "foreign-issuer" });
    expect(report.surplus.map(({ publicKey }) => publicKey).sort()).toEqual(
      [accounts.A.publicKey, accounts.B.publicKey].sort(),
    );
    await expect(prune(connection, elsewhere)).toThrowCode("ERR_SIGNER_MISSING");
    for (const { publicKey, token } of [accounts.A, accounts.B, system]) expect(fileOf(server, publicKey)).toBe(token);
  });

  test("stops at an account of the store that can't be read, which it might take for a surplus", async () => {
    const { accounts, store, server, connection } = await world();
    const { A } = accounts;
    const token = A.token;
    const damaged = withRead(store, async (path) => (path[1] === "A" ? "eyJ" : store.read(path)));
    const broken = await new Nsc({ store: damaged }).operator("test");
    await expect(prune(connection, broken)).toThrowCode("ERR_STORE_DAMAGED");
    await expect(listAccounts(connection, broken)).toThrowCode("ERR_STORE_DAMAGED");
    expect(fileOf(server, A.publicKey)).toBe(token);
    const report = await push(connection, broken);
    expect(summary(report)).toEqual(["A failed", "B unchanged", "SYS unchanged"]);
    expect(report.accounts[0]).toMatchObject({ publicKey: undefined, code: "ERR_STORE_DAMAGED" });
  });
});
