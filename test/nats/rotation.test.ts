import { connect } from "@nats-io/transport-node";
import { type Distribute, type Operator, serverConfig } from "nsc.js";
import { distribute, listAccounts, push } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { expect, test } from "vitest";
import { lacksPosix } from "../support/posix.ts";
import { Cluster } from "./cluster.ts";
import { enter, expectRefused } from "./raw-client.ts";
import { describeVersions } from "./server-versions.ts";
import { folder, full, serve } from "./servers.ts";

/** The key that is rotated: the only one, or the first. */
function firstKey({ claims }: { readonly claims: { readonly nats: { readonly signing_keys?: readonly unknown[] } } }) {
  const key = claims.nats.signing_keys?.[0];
  return typeof key === "string" ? key : (key as { readonly key: string }).key;
}

/** An account with a signing key and two users of it, on a server. */
async function served(binary: string) {
  const authority = await testAuthority({
    accounts: { A: { signingKey: true, users: ["alice", "bob"] } },
    resolver: full(),
  });
  const server = await serve(authority, { server: binary });
  const target = { connect, servers: server.url };
  const pushAll = async (): Promise<void> => (await push(target, authority.operator)).assertComplete();
  await pushAll();
  const { accounts, users, creds } = authority;
  return { server, target, pushAll, account: accounts.A, alice: users.A.alice, bob: users.A.bob, creds: creds.A };
}

describeVersions("the rotation of an account's signing key", (binary) => {
  test("closes connections with old creds at its end and not before, and none with new creds", async () => {
    const { server, target, pushAll, account, alice, creds } = await served(binary);
    const rotation = await account.rotateSigningKey({ from: firstKey(account) });
    const old = await enter(server, creds.alice);
    await rotation.advance({ distribute: (what) => distribute(target, what) });
    expect(rotation.stage).toBe("distributed");
    expect(await old.isWell()).toBe(true);
    await enter(server, creds.alice);

    const { signedByTo } = await rotation.advance();
    expect(signedByTo.map(({ name }) => name)).toEqual(["alice", "bob"]);
    const renewed = await alice.creds();
    expect(renewed).not.toBe(creds.alice);
    const current = await enter(server, renewed);
    await pushAll();
    expect(await old.isWell()).toBe(true);
    await enter(server, creds.alice);
    await enter(server, creds.bob);

    await rotation.retire();
    expect(await old.isWell()).toBe(true);
    await pushAll();
    // Servers say nothing where a signing key is gone.
    expect(await old.lastWords()).toEqual([]);
    await expectRefused(server, creds.alice);
    await expectRefused(server, creds.bob);
    expect(await current.isWell()).toBe(true);
    await enter(server, renewed);
  });

  test("gives no creds of the new key before servers take them", async () => {
    const { server, target, account } = await served(binary);
    const rotation = await account.rotateSigningKey({ from: firstKey(account) });
    const early = (await account.issueUser("early", { expires: "1h", signer: rotation.to })).creds();
    await expectRefused(server, early);
    await enter(server, (await account.issueUser("usual", { expires: "1h" })).creds());

    const two = rotation.advance({ distribute: (what) => distribute(target, what, { expectServers: 2 }) });
    await expect(two).toThrowCode("ERR_NATS_INCOMPLETE");
    expect(rotation.stage).toBe("prepared");
    await expect(rotation.advance()).toThrowCode("ERR_ARGUMENT_INVALID");

    await rotation.advance({ distribute: (what) => distribute(target, what) });
    await enter(server, early);
    await enter(server, (await account.issueUser("usual", { expires: "1h" })).creds());
  });

  test("leaves users alone that the identity signed", async () => {
    const { server, target, pushAll, account } = await served(binary);
    const byIdentity = await account.addUser("carol", { signer: account.publicKey });
    const creds = await byIdentity.creds();
    const client = await enter(server, creds);
    const rotation = await account.rotateSigningKey({ from: firstKey(account) });
    await rotation.advance({ distribute: (what) => distribute(target, what) });
    await rotation.advance();
    await rotation.retire();
    await pushAll();
    expect(await client.isWell()).toBe(true);
    await enter(server, creds);
    expect(await byIdentity.creds()).toBe(creds);
  });

  test("of a role keeps what its users may do", async () => {
    const { server, target, pushAll, account } = await served(binary);
    await account.addRole("web", { pub: ["in.>"], sub: ["out.>"] });
    const user = await account.addUser("carol", { role: "web" });
    await pushAll();
    const before = await user.creds();
    const old = await enter(server, before);
    const rotation = await account.rotateSigningKey({ from: "web" });
    await rotation.advance({ distribute: (what) => distribute(target, what) });
    await rotation.advance();
    const current = await enter(server, await user.creds());
    expect(await old.isWell()).toBe(true);
    await rotation.retire();
    await pushAll();
    // Servers before 2.11 have a word of its limits first.
    await old.lastWords();
    await expectRefused(server, before);
    expect(await current.complaintOf("PUB in.1 0\r\n")).toBe(undefined);
    expect(await current.complaintOf("PUB out.1 0\r\n")).toBe('Permissions Violation for Publish to "out.1"');
  });
});

/** The configuration of a server by what the operator is now. */
async function configOf(operator: Operator): Promise<string> {
  return String(await serverConfig(operator, { resolver: full({ interval: "1s", timeout: "500ms" }) }));
}

describeVersions("the rotation of an operator's signing key", (binary) => {
  test("needs a restart of every server, and keeps all users in that are of stored accounts", async () => {
    const names = ["n1", "n2"];
    const authority = await testAuthority({
      accounts: { A: { users: ["alice"] }, STRAY: { users: ["stray"] } },
      resolver: full(),
    });
    const { operator, accounts, creds, systemCreds } = authority;
    const cluster = await Cluster.start(authority, names, binary);
    const target = () => ({ connect, servers: cluster.urls });
    let distrusting: readonly string[] = [];
    const toAll: Distribute = async (what) => {
      const report = await distribute(target(), what, { expectServers: names });
      distrusting = report.distrusting.map(({ server }) => server.name).sort();
      return report;
    };
    const expectAllIn = async (): Promise<void> => {
      for (const server of cluster.servers) {
        for (const each of [creds.A.alice, systemCreds]) await enter(server, each);
      }
    };

    (await push(target(), operator)).assertComplete();
    // Somebody else's, of which this store knows nothing.
    await accounts.STRAY.delete();
    const from = firstKey(operator);
    expect(accounts.A.claims.iss).toBe(from);
    const rotation = await operator.rotateSigningKey({ from });

    await expect(rotation.advance({ distribute: toAll })).toThrowCode("ERR_NATS_INCOMPLETE");
    expect(distrusting).toEqual(names);
    await cluster.restart("n1", await configOf(operator));
    await expect(rotation.advance({ distribute: toAll })).toThrowCode("ERR_NATS_INCOMPLETE");
    expect(distrusting).toEqual(["n2"]);
    expect(rotation.stage).toBe("prepared");
    await cluster.restart("n2", await configOf(operator));
    await expectAllIn();
    await rotation.advance({ distribute: toAll });
    expect(rotation.stage).toBe("distributed");

    await rotation.advance();
    expect(accounts.A.claims.iss).toBe(rotation.to);
    await rotation.retire({ distribute: toAll });
    expect(operator.claims.nats.signing_keys).toEqual([rotation.to]);
    await expectAllIn();
    for (const server of cluster.servers) await enter(server, creds.STRAY.stray);

    for (const name of names) await cluster.restart(name, await configOf(operator));
    await expectAllIn();
    const { onlyOnServers } = await listAccounts(target(), operator);
    expect(onlyOnServers.map(({ publicKey }) => publicKey)).toEqual([accounts.STRAY.publicKey]);
    for (const server of cluster.servers) await expectRefused(server, creds.STRAY.stray);
  });

  test.skipIf(lacksPosix)("can't be told to servers by a reload", async () => {
    const authority = await testAuthority({ accounts: { A: { users: ["alice"] } }, resolver: full() });
    const { operator, accounts, creds } = authority;
    const dir = await folder();
    const first = await serve(authority, { dir, replaced: await configOf(operator), server: binary });
    const target = { connect, servers: first.url };
    (await push(target, operator)).assertComplete();
    const rotation = await operator.rotateSigningKey({ from: firstKey(operator) });
    const config = await configOf(operator);
    const reload = first.reload(config);
    await expect(reload).toThrowCode("ERR_SERVER_RELOAD");
    await expect(reload).rejects.toThrow("config reload not supported for TrustedOperators");
    await expect(rotation.advance({ distribute: (what) => distribute(target, what) })).rejects.toThrow(
      `does not trust ${rotation.to}`,
    );

    // Whoever pushes what the new key signed is told so, and servers keep what they have.
    await accounts.A.reissue({ signer: rotation.to });
    const { accounts: pushed } = await push(target, operator, { accounts: [accounts.A] });
    expect(pushed).toMatchObject([{ status: "refused", guard: "untrusted-issuer" }]);
    await enter(first, creds.A.alice);
    await first.stop();

    const second = await serve(authority, { dir, replaced: config, server: binary });
    await rotation.advance({ distribute: (what) => distribute({ connect, servers: second.url }, what) });
    (await push({ connect, servers: second.url }, operator)).assertComplete();
    await enter(second, creds.A.alice);
  });
});

describeVersions("the rotation of a user's key", (binary) => {
  test("closes connections with old creds at its end and not before, and none with new creds", async () => {
    const { server, pushAll, account, alice, creds } = await served(binary);
    const old = await enter(server, creds.alice);
    await alice.rotateKeyInStages();
    const renewed = await alice.creds();
    const current = await enter(server, renewed);
    await pushAll();
    expect(await old.isWell()).toBe(true);
    await enter(server, creds.alice);

    const [rotation] = await account.userKeyRotations();
    await rotation?.retire();
    expect(await old.isWell()).toBe(true);
    await pushAll();
    expect(await old.lastWords()).toEqual(["User Authentication Revoked"]);
    await expectRefused(server, creds.alice);
    expect(await current.isWell()).toBe(true);
    await enter(server, renewed);
    await enter(server, creds.bob);
  });

  test("of an auth callout's user goes on only when every server lets the new key in", async () => {
    const { server, target, pushAll, account, alice, creds } = await served(binary);
    await account.setAuthCallout({ users: [alice] });
    await pushAll();
    const old = await enter(server, creds.alice);
    const rotation = await alice.rotateKeyInStages();
    expect(rotation.stage).toBe("prepared");
    await rotation.advance({ distribute: (what) => distribute(target, what) });
    const current = await enter(server, await alice.creds());
    expect(await old.isWell()).toBe(true);
    await rotation.retire();
    await pushAll();
    await old.lastWords();
    expect(await current.isWell()).toBe(true);
    await expectRefused(server, creds.alice);
    await enter(server, await alice.creds());
  });
});
