import { connect } from "@nats-io/transport-node";
import {
  type Account,
  createAccountClaims,
  createUserClaims,
  decode,
  encode,
  encodeCreds,
  encodeGeneric,
  formatServerConfig,
  memoryStore,
  type Operator,
  serverConfig,
  serverConfigFromTokens,
} from "nsc.js";
import { deleteAccounts, listAccounts, prune, push } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { describe, expect, test, vi } from "vitest";
import { ask, isOlderThan } from "../server/servers.ts";
import { describeWithServer, natsServer } from "../support/nats-server.ts";
import { enter, expectRefused } from "./raw-client.ts";
import { describeVersions } from "./server-versions.ts";
import { connectAs, full, serve } from "./servers.ts";
import { pairOf } from "./tools.ts";

const UPDATE = "$SYS.REQ.CLAIMS.UPDATE";
const DELETE = "$SYS.REQ.CLAIMS.DELETE";

/** The key that signs for an operator or account. */
function signingKeyOf({ claims }: Operator | Account): string {
  const key = claims.nats.signing_keys?.[0];
  return typeof key === "string" ? key : "";
}

const RESOLVER = full({ allowDelete: true, timeout: "300ms" });

describeVersions("a strict operator", (binary) => {
  test("has servers refuse what its identity signed, and take what its signing key signed", async () => {
    const store = memoryStore();
    const authority = await testAuthority({
      requireSigningKeys: true,
      accounts: { A: { users: ["alice"] } },
      resolver: RESOLVER,
      store,
    });
    const { operator, accounts, creds, systemCreds } = authority;
    const server = await serve(authority, { server: binary });
    const target = { connect, servers: server.url };
    const system = await connectAs(server, systemCreds);
    const identity = await pairOf(store, operator.publicKey);
    const listed = async () => (await listAccounts(target, operator)).onlyInStore.map(({ name }) => name);

    const byIdentity = await encode(createAccountClaims(accounts.A.publicKey, { name: "A" }), identity);
    const { error } = await ask(system, UPDATE, byIdentity);
    expect(error?.description).toContain("operator requires issuer to be a signing key");
    expect(await listed()).toEqual(["A"]);
    (await push(target, operator)).assertComplete();
    expect(await listed()).toEqual([]);
    const alice = await enter(server, creds.A.alice);

    const user = await encodeCreds(
      createUserClaims(authority.users.A.alice.publicKey, { name: "alice" }),
      await pairOf(store, accounts.A.publicKey),
      await pairOf(store, authority.users.A.alice.publicKey),
    );
    await expectRefused(server, user);

    const nats = { accounts: [accounts.A.publicKey] };
    const request = await encodeGeneric({ sub: operator.publicKey, nats }, identity);
    const refusal = await ask(system, DELETE, request);
    expect(refusal.error?.description).toContain("not trusted");
    expect(await alice.isWell()).toBe(true);
    expect(await listed()).toEqual([]);

    (await deleteAccounts(target, operator, [accounts.A])).assertComplete();
    expect(await alice.lastWords()).toEqual(["Account Authentication Expired"]);
    await expectRefused(server, creds.A.alice);
    expect(await listed()).toEqual(["A"]);
  });

  test("needs the system account in the configuration, where the library puts it", async () => {
    const authority = await testAuthority({ requireSigningKeys: true, resolver: RESOLVER });
    const { operator, config, systemCreds } = authority;
    const replaced = formatServerConfig({ ...config, resolver_preload: {} });
    const without = serve(authority, { replaced, server: binary });
    await expect(without).toThrowCode("ERR_SERVER_START");
    await expect(without).rejects.toThrow("Can't set system account: account validation failed");
    await expect(serverConfig(operator, { resolver: RESOLVER, preload: [] })).toThrowCode("ERR_CONFIG_ACCOUNT");
    await enter(await serve(authority, { server: binary }), systemCreds);
  });
});

describeVersions("servers without the system account", (binary) => {
  test("let users of its identity in, by which it is pushed, and then all", async () => {
    const authority = await testAuthority({ accounts: { A: { users: ["alice"] } }, resolver: RESOLVER });
    const { operator, system, creds, systemCreds } = authority;
    expect(decode(system.token).iss).toBe(signingKeyOf(operator));
    const byIdentity = (await system.issueUser("first", { expires: "1h", signer: system.publicKey })).creds();
    const replaced = String(await serverConfig(operator, { resolver: RESOLVER, preload: [] }));
    const server = await serve(authority, { replaced, server: binary });
    const early = await enter(server, byIdentity);
    await expectRefused(server, systemCreds);

    (await push({ connect, servers: server.url }, operator)).assertComplete();
    await vi.waitFor(() => expect(server.log()).toContain("System account fetched and updated"), { timeout: 5000 });
    expect(await early.isWell()).toBe(true);
    await enter(server, byIdentity);
    await enter(server, systemCreds);
    await enter(server, creds.A.alice);
  });
});

describeVersions("a user of a signing key", (binary) => {
  test("is refused without the name of its account, which the library always gives", async () => {
    const store = memoryStore();
    const authority = await testAuthority({
      accounts: { A: { signingKey: true, users: ["alice"] } },
      resolver: RESOLVER,
      store,
    });
    const { operator, accounts, users, creds } = authority;
    const server = await serve(authority, { server: binary });
    (await push({ connect, servers: server.url }, operator)).assertComplete();
    const signer = await pairOf(store, signingKeyOf(accounts.A));
    const key = await pairOf(store, users.A.alice.publicKey);
    await expectRefused(server, await encodeCreds(createUserClaims(key.publicKey, { name: "alice" }), signer, key));

    const issued = await accounts.A.issueUser("bob", { expires: "1h" });
    for (const token of [users.A.alice.token, issued.token]) {
      const { iss, nats } = decode(token, { kind: "user" });
      expect(iss).toBe(signer.publicKey);
      expect(nats.issuer_account).toBe(accounts.A.publicKey);
    }
    await enter(server, creds.A.alice);
    await enter(server, issued.creds());
  });
});

describeWithServer("an operator that asserts a version of the server", () => {
  const version = natsServer?.version ?? "0.0.0";
  const [major, minor, update] = version.split(".").map(Number) as [number, number, number];

  /** Starts a server of an operator that asserts a version. */
  async function start(asserted: string) {
    const authority = await testAuthority({ resolver: RESOLVER });
    await authority.operator.edit((claims) => {
      claims.nats.assert_server_version = asserted;
    });
    return serve(authority, { replaced: String(await serverConfig(authority.operator, { resolver: RESOLVER })) });
  }

  test.each([
    [`${major + 1}.0.0`, `expected major version ${major + 1} > server major version ${major}`],
    [`${major}.${minor + 1}.0`, `expected minor version ${minor + 1} > server minor version ${minor}`],
    [`${major}.${minor}.${update + 1}`, `expected update version ${update + 1} > server update version ${update}`],
  ])("keeps older servers from starting: %s", async (asserted, words) => {
    const started = start(asserted);
    await expect(started).toThrowCode("ERR_SERVER_START");
    await expect(started).rejects.toThrow(words);
  });

  test.each([version, `${major}.0.0`, "1.99.99"])("has others start: %s", async (asserted) => {
    expect((await start(asserted)).version).toBe(version);
  });
});

describe.skipIf(isOlderThan("2.10.21"))("servers of two operators", () => {
  test("take accounts of both, and delete for the first alone", async () => {
    const first = await testAuthority({ operator: "first", accounts: { A: { users: ["alice"] } }, resolver: RESOLVER });
    const second = await testAuthority({ operator: "second", accounts: { B: { users: ["bob"] }, C: {} } });
    const config = serverConfigFromTokens({
      operator: [first.operator.token, second.operator.token],
      systemAccount: first.system.publicKey,
      accounts: [first.system.token],
      resolver: RESOLVER,
    });
    const server = await serve({ config });
    const target = { connect, servers: server.url, creds: first.systemCreds };
    const { A } = first.accounts;
    const { B, C } = second.accounts;
    (await push(target, first.operator)).assertComplete();
    (await push(target, second.operator, { accounts: [B, C] })).assertComplete();
    const alice = await enter(server, first.creds.A.alice);
    const bob = await enter(server, second.creds.B.bob);
    const { onlyOnServers } = await listAccounts(target, first.operator);
    expect(onlyOnServers.map(({ publicKey }) => publicKey).sort()).toEqual([B.publicKey, C.publicKey].sort());

    const refused = await deleteAccounts(target, second.operator, [B]);
    expect(refused.accounts).toMatchObject([{ name: "B", status: "failed" }]);
    expect(refused.accounts[0]?.message).toContain("not trusted");
    expect(refused.isComplete).toBe(false);

    const pruned = await prune(target, first.operator);
    expect(pruned.surplus).toEqual([]);
    expect(pruned.foreign.map(({ name }) => name).sort()).toEqual(["B", "C"]);
    expect(await bob.isWell()).toBe(true);
    await enter(server, second.creds.B.bob);

    // Only what the second has given up, too, is to go, which it can't do by itself.
    await C.delete();
    const vain = await prune(target, second.operator);
    expect(vain.surplus.map(({ name }) => name)).toEqual(["C"]);
    expect(vain.foreign.map(({ name }) => name)).toEqual(["A"]);
    expect(vain.accounts).toMatchObject([{ name: "C", status: "failed" }]);
    (await deleteAccounts(target, first.operator, [C.publicKey])).assertComplete();
    const { accounts: left } = await listAccounts(target, first.operator);
    const kept = left.filter(({ servers }) => servers.length > 0).map(({ publicKey }) => publicKey);
    expect(kept).toEqual([A.publicKey, B.publicKey, first.system.publicKey].sort());
    for (const client of [alice, bob]) expect(await client.isWell()).toBe(true);
  });
});
