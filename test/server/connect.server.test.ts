import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { AuthorizationError, type NatsConnection, PermissionViolationError } from "@nats-io/nats-core";
import { jwtAuthenticator } from "@nats-io/transport-node";
import {
  createKeyPair,
  createUserClaims,
  encode,
  formatCreds,
  formatServerConfig,
  type KeyPair,
  parseCreds,
  serverConfigFromTokens,
  systemAccountExports,
  type UserClaimsInit,
} from "nsc.js";
import { type RunningNatsServer, startNatsServer } from "nsc.js/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { describeWithServer, natsServer } from "../support/nats-server.ts";
import { ask, cachedServer, connectAs, describeOf, monitor, start } from "./servers.ts";
import { accountToken, createTrust, type Trust, userCreds } from "./trust.ts";

/** A user's permissions may name it: the template of the key that issues says how. */
const TEMPLATE = {
  pub: { allow: ["orders.{{name()}}.>", "$SYS.REQ.USER.INFO"] },
  sub: { allow: ["orders.{{name()}}.>", "_INBOX.>"], deny: ["orders.*.secret"] },
  resp: { max: 1, ttl: 0 },
};

const BEARER = { pub: {}, sub: {}, bearer_token: true };

/** Keys that APP does not sign with itself. */
interface AppKeys {
  readonly plain: KeyPair;
  readonly scoped: KeyPair;
  readonly bearer: KeyPair;
  readonly foreign: KeyPair;
}

const servers = [
  { title: "the newest nats-server", server: natsServer?.path },
  { title: "nats-server 2.10", server: cachedServer("2.10") },
  { title: "nats-server 2.9", server: cachedServer("2.9") },
];

/** Resolves with the first error that the server reports on the connection. */
async function nextError(connection: NatsConnection): Promise<Error> {
  for await (const status of connection.status()) {
    if (status.type === "error") return status.error;
  }
  throw new Error("the connection ended without an error");
}

describe.each(servers)("$title", ({ server: binary }) => {
  describeOf(binary)("with tokens, creds and a configuration of ours", () => {
    let trust: Trust;
    let keys: AppKeys;
    let server: RunningNatsServer;

    beforeAll(async () => {
      const [plain, scoped, bearer] = [createKeyPair("account"), createKeyPair("account"), createKeyPair("account")];
      const made = await createTrust();
      const stranger = await createTrust();
      keys = { plain, scoped, bearer, foreign: stranger.app };
      trust = {
        ...made,
        systemToken: await accountToken(made.system, made.operatorKey, {
          name: "SYS",
          nats: { signing_keys: [plain.publicKey], exports: systemAccountExports() },
        }),
        appToken: await accountToken(made.app, made.operatorKey, {
          name: "APP",
          nats: {
            signing_keys: [
              plain.publicKey,
              { kind: "user_scope", key: scoped.publicKey, role: "web", description: "", template: TEMPLATE },
              { kind: "user_scope", key: bearer.publicKey, role: "bearer", description: "", template: BEARER },
            ],
            limits: { mem_storage: 1024 * 1024, disk_storage: 0, conn: 50 },
          },
        }),
      };
      const config = serverConfigFromTokens({
        operator: trust.operatorToken,
        accounts: [trust.systemToken, trust.appToken],
        resolver: { type: "full", dir: "./jwt", timeout: "300ms" },
      });
      // An account that `serverConfigFromTokens` refuses: the server takes it, and then does not trust it.
      const preload = { ...config.resolver_preload, [stranger.app.publicKey]: stranger.appToken };
      const text = formatServerConfig({ ...config, resolver_preload: preload });
      server = await startNatsServer({ config: text, jetstream: true, server: binary as string, args: ["-m", "-1"] });
    });
    afterAll(() => server?.stop());

    /** Creds of a user of APP that a signing key issued. */
    const appCreds = (signer: KeyPair, init: UserClaimsInit = {}) =>
      userCreds(signer, { ...init, nats: { issuer_account: trust.app.publicKey, ...init.nats } });

    /** Whether what one publishes arrives at the other, and comes back. */
    async function expectTraffic(one: NatsConnection, other: NatsConnection, subject: string): Promise<void> {
      other.subscribe(subject, { max: 1, callback: (_, message) => void message.respond(`${message.string()}!`) });
      await other.flush();
      expect((await one.request(subject, "hello")).string()).toBe("hello!");
    }

    async function expectRefused(creds: string): Promise<void> {
      await expect(connectAs(server, creds)).rejects.toThrow(AuthorizationError);
    }

    test("users of the account's identity and of its signing key meet in the account", async () => {
      const one = await connectAs(server, await userCreds(trust.app));
      const other = await connectAs(server, await appCreds(keys.plain));
      await expectTraffic(one, other, "any.subject");
      await expectTraffic(other, one, "other.subject");
    });

    test("a user of a signing key without the account's name is refused", async () => {
      await expectRefused(await userCreds(keys.plain));
    });

    test("a user of a key that the account does not have is refused", async () => {
      await expectRefused(await appCreds(createKeyPair("account")));
    });

    test("a user of an account that the operator did not sign is refused", async () => {
      await expectRefused(await userCreds(keys.foreign));
    });

    test("a user of an account that nobody has is refused", async () => {
      await expectRefused(await userCreds(createKeyPair("account")));
    });

    test("an expired user is refused, and so is one that is not valid yet", async () => {
      const now = Math.floor(Date.now() / 1000);
      await connectAs(server, await userCreds(trust.app, { exp: now + 600, nbf: now - 600 }));
      await expectRefused(await userCreds(trust.app, { exp: now - 5 }));
      await expectRefused(await userCreds(trust.app, { nbf: now + 600 }));
    });

    test("a user whose creds hold the seed of another one is refused by the server, too", async () => {
      const { token } = parseCreds(await userCreds(trust.app));
      const { seed } = parseCreds(await userCreds(trust.app));
      expect(() => formatCreds(token, seed)).toThrowCode("ERR_CREDS_MISMATCH");
      const mismatch = jwtAuthenticator(token, new TextEncoder().encode(seed));
      await expect(connectAs(server, mismatch)).rejects.toThrow(AuthorizationError);
    });

    test("permissions hold: what is not allowed is a violation, and the connection stays", async () => {
      const connection = await connectAs(
        server,
        await appCreds(keys.plain, {
          nats: { pub: { allow: ["a.>"], deny: ["a.b"] }, sub: { allow: ["c", "_INBOX.>"] } },
        }),
      );
      for (const subject of ["b", "a.b"]) {
        const error = nextError(connection);
        connection.publish(subject);
        expect(await error).toBeInstanceOf(PermissionViolationError);
        expect((await error).message).toContain(`Permissions Violation for Publish to "${subject}"`);
      }
      const error = nextError(connection);
      connection.subscribe("d", { callback: () => undefined });
      expect((await error).message).toContain('Permissions Violation for Subscription to "d"');

      const listener = await connectAs(server, await userCreds(trust.app));
      const received = new Promise<string>((resolve) => {
        listener.subscribe("a.>", { max: 1, callback: (_, message) => resolve(message.subject) });
      });
      await listener.flush();
      connection.publish("a.c");
      expect(await received).toBe("a.c");
    });

    test("a scoped user has what the template of its key says, with its name filled in", async () => {
      const scoped = (name: string) =>
        userCreds(keys.scoped, { name, scoped: true, nats: { issuer_account: trust.app.publicKey } });
      const alice = await connectAs(server, await scoped("alice"));
      const other = await connectAs(server, await userCreds(trust.app));
      await expectTraffic(alice, other, "orders.alice.new");
      await expectTraffic(other, alice, "orders.alice.changed");
      for (const subject of ["orders.bob.new", "orders.alice", "other"]) {
        const error = nextError(alice);
        alice.publish(subject);
        expect((await error).message).toContain(`Permissions Violation for Publish to "${subject}"`);
      }
    });

    test("a user of a scoped key with limits of its own is refused", async () => {
      await expectRefused(await appCreds(keys.scoped));
    });

    test("a bearer needs no signature, other users do", async () => {
      const subject = createKeyPair("user").publicKey;
      const token = (signer: KeyPair, init: UserClaimsInit) =>
        encode(createUserClaims(subject, { name: "bearer", ...init }), signer);
      const issuer = { issuer_account: trust.app.publicKey };
      const own = await token(trust.app, { nats: { bearer_token: true } });
      const byScope = await token(keys.bearer, { scoped: true, nats: issuer });
      const none = await token(trust.app, {});
      await connectAs(server, () => ({ jwt: own }));
      await connectAs(server, () => ({ jwt: byScope }));
      await expect(connectAs(server, () => ({ jwt: none }))).rejects.toThrow(AuthorizationError);
    });

    test("the account's JetStream takes a stream and gives back what it holds", async () => {
      const connection = await connectAs(server, await appCreds(keys.plain));
      const manager = await jetstreamManager(connection);
      expect((await manager.getAccountInfo()).limits).toMatchObject({ max_memory: 1024 * 1024, max_storage: 0 });
      await manager.streams.add({ name: "ORDERS", subjects: ["stored.>"], storage: "memory" });
      const { seq } = await jetstream(connection).publish("stored.1", "one pizza");
      expect((await manager.streams.getMessage("ORDERS", { seq }))?.string()).toBe("one pizza");
      await manager.streams.delete("ORDERS");
    });

    test("a user of the system account reaches the server, users of other accounts do not", async () => {
      const byIdentity = await connectAs(server, await userCreds(trust.system));
      const bySigningKey = await connectAs(
        server,
        await userCreds(keys.plain, { nats: { issuer_account: trust.system.publicKey } }),
      );
      for (const connection of [byIdentity, bySigningKey]) {
        const { server: info } = await ask(connection, "$SYS.REQ.SERVER.PING");
        expect(info.ver).toBe(server.version);
      }
      const list = await ask<string[]>(byIdentity, "$SYS.REQ.CLAIMS.LIST");
      expect(list.data).toEqual(expect.arrayContaining([trust.system.publicKey, trust.app.publicKey]));

      const user = await connectAs(server, await userCreds(trust.app));
      await expect(ask(user, "$SYS.REQ.CLAIMS.LIST")).rejects.toThrow(/no responders/i);
    });

    // The client for JavaScript reads only line feeds; Go's and the server read both.
    test("creds with CRLF are read by parseCreds, and what it gives connects", async () => {
      const creds = (await userCreds(trust.app)).replaceAll("\n", "\r\n");
      const { token, seed } = parseCreds(creds);
      await connectAs(server, formatCreds(token, seed));
      await connectAs(server, jwtAuthenticator(token, new TextEncoder().encode(seed)));
    });
  });
});

describeWithServer("creds files that a server reads", () => {
  test.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
  ])("connect a leaf node: lines that end in %s", async (_, lineEnd) => {
    const trust = await createTrust();
    const config = serverConfigFromTokens({
      operator: trust.operatorToken,
      accounts: [trust.systemToken, trust.appToken],
      resolver: { type: "memory" },
    });
    const hub = await start({
      config: formatServerConfig({ ...config, leafnodes: { listen: "127.0.0.1:-1" } }),
      args: ["-m", "-1"],
    });
    const port = /Listening for leafnode connections on 127\.0\.0\.1:(\d+)/.exec(hub.log())?.[1];
    const file = join(hub.dir, "leaf 1.creds");
    writeFileSync(file, (await userCreds(trust.app)).replaceAll("\n", lineEnd), { mode: 0o600 });
    const leaf = await start({
      config: formatServerConfig({
        leafnodes: { remotes: [{ url: `nats-leaf://127.0.0.1:${port}`, credentials: file }] },
      }),
    });
    await vi.waitFor(
      async () => {
        const { leafs } = await monitor<{ leafs?: { account: string }[] }>(hub, "/leafz");
        expect(leafs).toEqual([expect.objectContaining({ account: trust.app.publicKey })]);
      },
      { timeout: 5000, interval: 50 },
    );
    expect(leaf.log()).not.toMatch(/malformed|Authorization Violation/);
  });
});

describeWithServer("a strict operator", () => {
  test("has the server refuse what identities signed, and take what signing keys signed", async () => {
    const trust = await createTrust({ strict_signing_key_usage: true });
    const [key, other] = [createKeyPair("account"), createKeyPair("account")];
    const appToken = await accountToken(trust.app, trust.operatorKey, { nats: { signing_keys: [key.publicKey] } });
    const byIdentity = await accountToken(other, trust.operator);
    const config = serverConfigFromTokens({
      operator: trust.operatorToken,
      accounts: [trust.systemToken, appToken],
      resolver: { type: "memory" },
    });
    const preload = { ...config.resolver_preload, [other.publicKey]: byIdentity };
    const server = await start({ config: formatServerConfig({ ...config, resolver_preload: preload }) });
    await connectAs(server, await userCreds(key, { nats: { issuer_account: trust.app.publicKey } }));
    for (const signer of [trust.app, other]) {
      await expect(connectAs(server, await userCreds(signer))).rejects.toThrow(AuthorizationError);
    }
  });
});
