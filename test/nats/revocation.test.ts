import { connect } from "@nats-io/transport-node";
import { createKeyPair, decode, type User } from "nsc.js";
import { push } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { expect, test } from "vitest";
import { enter, expectRefused } from "./raw-client.ts";
import { describeVersions } from "./server-versions.ts";
import { full, serve } from "./servers.ts";

const REVOKED = ["User Authentication Revoked"];

/** An account with users, on a server. */
async function served(binary: string) {
  const authority = await testAuthority({ accounts: { A: { users: ["alice", "bob"] } }, resolver: full() });
  const server = await serve(authority, { server: binary });
  const { operator, accounts, users, creds } = authority;
  const pushAll = async (): Promise<void> => (await push({ connect, servers: server.url }, operator)).assertComplete();
  await pushAll();
  return { server, pushAll, account: accounts.A, alice: users.A.alice, bob: users.A.bob, creds: creds.A };
}

/** Has a user signed anew, and gives the new creds. */
async function reissued(user: User): Promise<string> {
  await user.reissue();
  return user.creds();
}

/** When a user's token was issued. */
function issuedAt({ token }: User): Date {
  return new Date((decode(token, { kind: "user" }).iat ?? 0) * 1000);
}

function earlier(date: Date, seconds: number): Date {
  return new Date(date.getTime() - seconds * 1000);
}

describeVersions("revocation", (binary) => {
  test("cuts one user off, who stays out until the token is issued anew; others go on", async () => {
    const { server, pushAll, account, alice, creds } = await served(binary);
    const [cut, other] = [await enter(server, creds.alice), await enter(server, creds.bob)];
    await account.revoke(alice);
    expect(await cut.isWell()).toBe(true);
    await pushAll();
    expect(await cut.lastWords()).toEqual(REVOKED);
    await expectRefused(server, creds.alice);
    expect(await other.isWell()).toBe(true);
    await enter(server, creds.bob);

    await enter(server, await reissued(alice));
    await expectRefused(server, creds.alice);
  });

  test("of a public key cuts off a user that is not stored, with all its tokens", async () => {
    const { server, pushAll, account } = await served(binary);
    const key = createKeyPair("user");
    const issued = [
      await account.issueUser("carol", { expires: "1h", key }),
      await account.issueUser("carol elsewhere", { expires: "never", key }),
    ].map((user) => user.creds());
    const cut = await Promise.all(issued.map((creds) => enter(server, creds)));
    await account.revoke(key.publicKey);
    await pushAll();
    for (const client of cut) expect(await client.lastWords()).toEqual(REVOKED);
    for (const creds of issued) await expectRefused(server, creds);
    await enter(server, (await account.issueUser("carol", { expires: "1h", key })).creds());
  });

  test("of all users cuts all off, and leaves those alone whose tokens are issued later", async () => {
    const { server, pushAll, account, alice, creds } = await served(binary);
    const cut = [await enter(server, creds.alice), await enter(server, creds.bob)];
    const issued = await account.issueUser("carol", { expires: "1h" });
    cut.push(await enter(server, issued.creds()));
    await account.revoke("*");
    await pushAll();
    for (const client of cut) expect(await client.lastWords()).toEqual(REVOKED);
    for (const old of [creds.alice, creds.bob, issued.creds()]) await expectRefused(server, old);

    const again = await enter(server, await reissued(alice));
    const late = await enter(server, (await account.issueUser("dave", { expires: "1h" })).creds());
    await account.edit((claims) => {
      claims.nats.limits.conn = 100;
    });
    await pushAll();
    expect(await again.isWell()).toBe(true);
    expect(await late.isWell()).toBe(true);
  });

  test("at a time cuts off who has a token of that second or before", async () => {
    const { server, pushAll, account, alice, creds } = await served(binary);
    const first = issuedAt(alice);
    const old = await enter(server, creds.alice);
    const present = await enter(server, await reissued(alice));
    expect(issuedAt(alice).getTime()).toBeGreaterThan(first.getTime());

    await account.revoke(alice, { at: earlier(first, 1) });
    await pushAll();
    expect(await old.isWell()).toBe(true);
    await enter(server, creds.alice);

    await account.revoke(alice, { at: first });
    await pushAll();
    expect(await old.lastWords()).toEqual(REVOKED);
    await expectRefused(server, creds.alice);
    expect(await present.isWell()).toBe(true);
    await enter(server, await alice.creds());
  });

  test("that is taken back lets old creds in again", async () => {
    const { server, pushAll, account, alice, creds } = await served(binary);
    await account.revoke(alice);
    await account.revoke("*");
    await pushAll();
    await expectRefused(server, creds.alice);
    await expectRefused(server, creds.bob);

    await account.clearRevocation("*");
    await pushAll();
    await expectRefused(server, creds.alice);
    await enter(server, creds.bob);

    await account.clearRevocation(alice);
    await pushAll();
    await enter(server, creds.alice);
  });

  test("keeps out and lets in the same users once it is compacted", async () => {
    const { server, pushAll, account, alice, bob, creds } = await served(binary);
    await account.revoke(alice);
    await account.revoke("*");
    const [oldOfBob, ofAlice] = [await reissued(bob), await reissued(alice)];
    await account.revoke(bob);
    const ofBob = await reissued(bob);
    const expectSame = async (): Promise<void> => {
      for (const out of [creds.alice, creds.bob, oldOfBob]) await expectRefused(server, out);
      for (const within of [ofAlice, ofBob]) await enter(server, within);
    };
    await pushAll();
    await expectSame();
    const live = [await enter(server, ofAlice), await enter(server, ofBob)];

    const removed = await account.compactRevocations();
    expect(removed.map(({ publicKey }) => publicKey)).toEqual([alice.publicKey]);
    await pushAll();
    for (const client of live) expect(await client.isWell()).toBe(true);
    await expectSame();
  });

  test("comes with the deletion of a user", async () => {
    const { server, pushAll, alice, creds } = await served(binary);
    const [cut, other] = [await enter(server, creds.alice), await enter(server, creds.bob)];
    await alice.delete();
    await pushAll();
    expect(await cut.lastWords()).toEqual(REVOKED);
    await expectRefused(server, creds.alice);
    expect(await other.isWell()).toBe(true);
  });
});
