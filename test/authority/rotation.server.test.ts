import type { NatsConnection } from "@nats-io/nats-core";
import { memoryStore, Nsc, type Operator, serverConfig } from "nsc.js";
import { expect, test } from "vitest";
import { accepts, connectAs, start } from "../server/servers.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { describeOnPosix } from "../support/posix.ts";
import { keysOf } from "./rotation-fixtures.ts";
import { only } from "./tree-fixtures.ts";

/** Scenarios 27, 29, 39, 40 and 41 of server.md, section 6, through rotations and revocations. */

const config = (operator: Operator) => serverConfig(operator, { resolver: { type: "memory" } });

/** Starts a server, and gives it the accounts as they are whenever that is asked for. */
async function serverOf(operator: Operator) {
  const server = await start({ config: await config(operator) });
  return { server, push: async () => server.reload(await config(operator)) };
}

async function tree() {
  const operator = await new Nsc().addOperator("local", { signingKey: true, systemAccount: true });
  const account = await operator.addAccount("APP", { signingKey: true });
  const user = await account.addUser("u");
  return { operator, account, user };
}

async function isServed(connection: NatsConnection): Promise<boolean> {
  if (connection.isClosed()) return false;
  return connection.flush().then(
    () => true,
    () => false,
  );
}

describeWithServer("with a real server", () => {
  // A reload needs a signal.
  describeOnPosix("that takes accounts in while it runs", () => {
    test("the key of an account rotates under those who are connected", async () => {
      const { operator, account, user } = await tree();
      const { server, push } = await serverOf(operator);
      const old = { creds: await user.creds(), connection: await connectAs(server, await user.creds()) };
      const issue = async () => (await account.issueUser("x", { expires: "1h" })).creds();

      const rotation = await account.rotateSigningKey({ from: only(keysOf(account)) });
      // Nothing is signed that the server would not know yet.
      expect(await accepts(server, await issue())).toBe(true);
      await rotation.advance({ distribute: push });
      expect(await accepts(server, await issue())).toBe(true);
      await rotation.advance();
      const next = await connectAs(server, await user.creds());
      expect([await isServed(old.connection), await accepts(server, old.creds)]).toEqual([true, true]);

      await rotation.retire();
      await push();
      await old.connection.closed();
      expect(await accepts(server, old.creds)).toBe(false);
      expect([await isServed(next), await accepts(server, await user.creds())]).toEqual([true, true]);
      expect(await accepts(server, await issue())).toBe(true);
    });

    test("the key of a role rotates, and the role stays what it is", async () => {
      const { operator, account } = await tree();
      await account.addRole("web", { pub: ["orders.{{name()}}", "$SYS.REQ.USER.INFO"], sub: ["_INBOX.>"] });
      const user = await account.addUser("alice", { role: "web" });
      const { server, push } = await serverOf(operator);
      const rotation = await account.rotateSigningKey({ from: "web" });
      await rotation.advance({ distribute: push });
      await rotation.advance();
      await rotation.retire();
      await push();
      const connection = await connectAs(server, await user.creds());
      const answer = await connection.request("$SYS.REQ.USER.INFO");
      const { data } = answer.json<{ data: { permissions: { publish: { allow: string[] } } } }>();
      expect(data.permissions.publish.allow.sort()).toEqual(["$SYS.REQ.USER.INFO", "orders.alice"]);
    });

    test("a user gets another key, with the old one for a while or at once", async () => {
      const { operator, account, user } = await tree();
      const { server, push } = await serverOf(operator);
      const old = await user.creds();
      const connection = await connectAs(server, old);
      const { from } = await user.rotateKey({ revokeOld: false });
      const second = await user.creds();
      expect([await accepts(server, old), await accepts(server, second)]).toEqual([true, true]);
      await account.revoke(from);
      await push();
      await connection.closed();
      expect([await accepts(server, old), await accepts(server, second)]).toEqual([false, true]);
      await user.rotateKey();
      await push();
      expect([await accepts(server, second), await accepts(server, await user.creds())]).toEqual([false, true]);
    });

    test("a user's key rotates in stages under who is connected, and another process ends it", async () => {
      const store = memoryStore();
      const operator = await new Nsc({ store }).addOperator("local", { systemAccount: true });
      const user = await (await operator.addAccount("APP")).addUser("u");
      const { server, push } = await serverOf(operator);
      const old = { creds: await user.creds(), connection: await connectAs(server, await user.creds()) };

      await user.rotateKeyInStages();
      const renewed = await user.creds();
      const next = await connectAs(server, renewed);
      await push();
      expect([await isServed(old.connection), await accepts(server, old.creds)]).toEqual([true, true]);

      const later = await new Nsc({ store }).operator("local");
      const rotation = only(await (await later.account("APP")).userKeyRotations());
      await rotation.retire();
      expect([await isServed(old.connection), await accepts(server, old.creds)]).toEqual([true, true]);
      await server.reload(await config(later));
      await old.connection.closed();
      expect([await accepts(server, old.creds), await accepts(server, renewed)]).toEqual([false, true]);
      expect(await isServed(next)).toBe(true);
    });

    test("a user is revoked while it is connected, issued again, and let in again", async () => {
      const { operator, account, user } = await tree();
      const other = await account.addUser("other");
      const { server, push } = await serverOf(operator);
      const old = await user.creds();
      const [connection, bystander] = [await connectAs(server, old), await connectAs(server, await other.creds())];
      await account.revoke(user);
      await push();
      await connection.closed();
      expect([await accepts(server, old), await isServed(bystander)]).toEqual([false, true]);
      await user.reissue();
      expect(await accepts(server, await user.creds())).toBe(true);

      await account.revoke("*");
      await account.compactRevocations();
      await push();
      expect([await accepts(server, old), await accepts(server, await user.creds())]).toEqual([false, false]);
      await bystander.closed();
      await account.clearRevocation("*");
      await push();
      expect([await accepts(server, old), await accepts(server, await other.creds())]).toEqual([true, true]);
    });
  });

  test("the key of an operator rotates with restarts of the server", async () => {
    const { operator, user } = await tree();
    let server = (await serverOf(operator)).server;
    const restart = async () => {
      await server.stop();
      server = (await serverOf(operator)).server;
    };
    const isIn = async () => accepts(server, await user.creds());
    const rotation = await operator.rotateSigningKey({ from: only(keysOf(operator)) });
    await rotation.advance({ distribute: restart });
    expect(await isIn()).toBe(true);
    await rotation.advance();
    await rotation.retire({ distribute: restart });
    expect(await isIn()).toBe(true);
    await restart();
    expect(await isIn()).toBe(true);
  });
});
