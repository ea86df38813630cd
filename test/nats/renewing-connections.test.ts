import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, type NatsConnection, type Status } from "@nats-io/transport-node";
import { createKeyPair } from "nsc.js";
import {
  distribute,
  push,
  type RenewingCreds,
  type RenewingCredsOptions,
  renewingCreds,
  type SourcedCreds,
} from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { full, serve } from "./servers.ts";

const USER_INFO = "$SYS.REQ.USER.INFO";

/** An account with a signing key and a service `echo`, on a server. */
async function world() {
  const authority = await testAuthority({
    accounts: { A: { signingKey: true, users: ["service"] } },
    resolver: full(),
  });
  const server = await serve(authority);
  const target = { connect, servers: server.url };
  const pushAll = async (): Promise<void> => (await push(target, authority.operator)).assertComplete();
  await pushAll();
  const account = authority.accounts.A;
  return { server, target, pushAll, account, creds: authority.creds.A };
}

async function renewing(options: RenewingCredsOptions): Promise<RenewingCreds> {
  const creds = await renewingCreds({ retryWait: "50ms", ...options });
  onTestFinished(() => creds.stop());
  return creds;
}

/** Connects with creds that renew themselves, and takes down what the client tells. */
async function connected({ url }: { readonly url: string }, creds: RenewingCreds) {
  const connection = await connect({
    servers: url,
    ...creds.connectionOptions,
    reconnectTimeWait: 20,
    reconnectJitter: 5,
  });
  onTestFinished(() => connection.close());
  const statuses: Status[] = [];
  const watch = async (): Promise<void> => {
    for await (const status of connection.status()) statuses.push(status);
  };
  watch().catch(() => undefined);
  const errors = (): string[] => statuses.flatMap((status) => (status.type === "error" ? [status.error.message] : []));
  // After attempts that failed, the client tells of one reconnect more than once.
  const reconnects = (): number => statuses.filter(({ type }) => type === "reconnect").length;
  return { connection, errors, reconnects };
}

/** As whom the server has authenticated the client. */
async function whoAmI(connection: NatsConnection): Promise<string> {
  const answer = (await connection.request(USER_INFO, "", { timeout: 500 })).json<{ data: { user: string } }>();
  return answer.data.user;
}

/** Waits until the client is there with the present creds. */
async function expectCurrent(connection: NatsConnection, creds: RenewingCreds): Promise<void> {
  await until(async () => expect(await whoAmI(connection)).toBe(creds.current.publicKey));
}

/** Answers `echo` for as long as the test lives, as a user that does not expire. */
async function startEcho(server: { readonly url: string }, creds: string): Promise<void> {
  const service = await connect({
    servers: server.url,
    ...(await renewing({ source: () => creds })).connectionOptions,
  });
  onTestFinished(() => service.close());
  service.subscribe("echo", { callback: (_, message) => void message.respond(message.data) });
  await service.flush();
}

const until = <T>(check: () => T | Promise<T>, timeout = 10_000): Promise<T> =>
  vi.waitFor(check, { timeout, interval: 20 });

describeWithServer("a connection with creds that renew themselves", () => {
  test("survives several expiries: the server cuts it, and takes the new creds at once", async () => {
    const { server, account } = await world();
    const failures: unknown[] = [];
    const creds = await renewing({
      source: () => account.issueUser("worker", { expires: "2s" }),
      onError: (error) => void failures.push(error),
    });
    const { connection, errors, reconnects } = await connected(server, creds);
    const users = new Set<string>();
    const received: string[] = [];
    connection.subscribe("news", { callback: (_, message) => void received.push(message.string()) });
    for (let count = 1; count <= 4; count++) {
      await until(() => expect(reconnects()).toBe(count));
      users.add(await whoAmI(connection));
      connection.publish("news", String(count));
      await until(() => expect(received).toHaveLength(count));
    }
    expect(users.size).toBe(4);
    // Each time the server says so once, and refuses nothing.
    expect(errors()).toEqual(Array(4).fill("User Authentication Expired"));
    expect(failures).toEqual([]);
    expect(connection.isClosed()).toBe(false);
  });

  test("that is followed is never cut, and no request is lost where they wait for the reconnect", async () => {
    const {
      server,
      account,
      creds: { service },
    } = await world();
    await startEcho(server, service);
    const creds = await renewing({ source: () => account.issueUser("worker", { expires: "3s" }) });
    const { connection, errors, reconnects } = await connected(server, creds);

    // At most one at a time waits for its answer, and none is sent while the connection is about to go.
    let last: Promise<unknown> = Promise.resolve();
    let gate: Promise<unknown> = Promise.resolve();
    creds.follow(connection, {
      beforeReconnect: async () => {
        gate = until(() => expect(reconnects()).toBe(before + 1));
        const before = reconnects();
        await last;
      },
    });
    let answered = 0;
    const lost: unknown[] = [];
    while (reconnects() < 4) {
      await gate;
      last = connection
        .request("echo", String(answered), { timeout: 1000 })
        .then(() => {
          answered += 1;
        })
        .catch((error: unknown) => void lost.push(error));
      await last;
    }
    expect(lost).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    expect(errors()).toEqual([]);
  });

  test("survives the rotation of the signing key, with and without being told", async () => {
    const { server, target, pushAll, account } = await world();
    const source = (): Promise<SourcedCreds> => account.issueUser("worker", { expires: "1h" });
    const [told, untold] = [await renewing({ source }), await renewing({ source })];
    const one = await connected(server, told);
    const other = await connected(server, untold);
    told.follow(one.connection);
    untold.follow(other.connection);

    const key = account.claims.nats.signing_keys?.[0];
    const rotation = await account.rotateSigningKey({ from: typeof key === "string" ? key : "" });
    await rotation.advance({ distribute: (what) => distribute(target, what) });
    await rotation.advance();
    await pushAll();
    expect(told.current.claims.iss).toBe(key);
    await told.refresh();
    expect(told.current.claims.iss).toBe(rotation.to);
    await until(() => expect(one.reconnects()).toBe(1));
    await rotation.retire();
    await pushAll();

    // The server closes without a word, and refuses the old creds, whereupon there are new ones.
    await until(() => expect(other.reconnects()).toBeGreaterThan(0));
    await expectCurrent(other.connection, untold);
    expect(untold.current.claims.iss).toBe(rotation.to);
    expect(other.errors()).toContain("Authorization Violation");
    expect(await whoAmI(one.connection)).toBe(told.current.publicKey);
    expect(one.errors()).toEqual([]);
    expect(one.reconnects()).toBe(1);
  });

  test.each([true, false])("survives the revocation of its token, followed: %s", async (isFollowed) => {
    const { server, pushAll, account } = await world();
    const key = createKeyPair("user");
    let count = 0;
    const creds = await renewing({
      source: ({ publicKey = "" }) => {
        count += 1;
        return account.issueUser("worker", { expires: "1h", key: publicKey });
      },
      key,
    });
    const { connection, errors } = await connected(server, creds);
    if (isFollowed) creds.follow(connection);
    for (const times of [1, 2]) {
      const { iat = 0 } = creds.current.claims;
      await account.revoke(key.publicKey);
      await pushAll();
      const revoked = () => errors().filter((message) => message === "User Authentication Revoked");
      await until(() => expect(revoked()).toHaveLength(times));
      await expectCurrent(connection, creds);
      expect(creds.current.claims.iat).toBeGreaterThan(iat);
    }
    expect(count).toBeGreaterThanOrEqual(3);
    expect(count).toBeLessThan(8);
  });

  test("outlives a source that fails beyond the expiry", async () => {
    const { server, account } = await world();
    let isDown = false;
    const failures: number[] = [];
    const creds = await renewing({
      source: () => {
        if (isDown) throw new Error("down");
        return account.issueUser("worker", { expires: "2s" });
      },
      longestRetryWait: "300ms",
      onError: (_, failure) => void failures.push(failure.failures),
    });
    const { connection, errors, reconnects } = await connected(server, creds);
    creds.follow(connection);
    isDown = true;
    // Refused with what has expired, more than twice in a row, by which the client alone would have given up.
    await until(() => expect(errors().filter((text) => text === "Authorization Violation").length).toBeGreaterThan(3));
    expect(connection.isClosed()).toBe(false);
    isDown = false;
    await expectCurrent(connection, creds);
    expect(failures.slice(0, 3)).toEqual([1, 2, 3]);
    // And all goes on as before.
    const [count, told] = [reconnects(), errors().length];
    await until(() => expect(reconnects()).toBe(count + 2));
    expect(errors()).toHaveLength(told);
  });

  test("gets tokens from an endpoint that comes late, for a key that never leaves the process", async () => {
    const { server, account } = await world();
    const seen: string[] = [];
    const issuer = createServer((request, response) => {
      const publicKey = request.url?.slice(1) ?? "";
      seen.push(publicKey);
      account.issueUser("worker", { expires: "2s", key: publicKey }).then(
        ({ token }) => response.end(token),
        () => void response.writeHead(500).end(),
      );
    });
    issuer.listen(0, "127.0.0.1");
    await until(() => expect(issuer.listening).toBe(true));
    const { port } = issuer.address() as AddressInfo;
    await new Promise((resolve) => issuer.close(resolve));
    onTestFinished(() => {
      issuer.closeAllConnections();
      issuer.close();
    });

    const key = createKeyPair("user");
    let failures = 0;
    const starting = renewing({
      key,
      source: async ({ publicKey, signal }) => {
        const response = await fetch(`http://127.0.0.1:${port}/${publicKey}`, { signal });
        if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
        return response.text();
      },
      onError: () => {
        failures += 1;
        if (failures === 2) issuer.listen(port, "127.0.0.1");
      },
    });
    const creds = await starting;
    const { connection, errors, reconnects } = await connected(server, creds);
    creds.follow(connection);
    await until(() => expect(reconnects()).toBe(3));
    expect(await whoAmI(connection)).toBe(key.publicKey);
    expect(new Set(seen)).toEqual(new Set([key.publicKey]));
    expect(errors()).toEqual([]);
  });

  test("lives on after the end of the renewal, until its creds expire", async () => {
    const { server, account } = await world();
    const creds = await renewing({ source: () => account.issueUser("worker", { expires: "2s" }) });
    const { connection, errors, reconnects } = await connected(server, creds);
    creds.follow(connection);
    await until(() => expect(reconnects()).toBe(1));
    creds.stop();
    await whoAmI(connection);
    expect(errors()).toEqual([]);
    await until(() => expect(errors()).toContain("Authorization Violation"));
    expect(errors()[0]).toBe("User Authentication Expired");
    await connection.close();
  });

  test("is let go of when it is closed, and when it is told", async () => {
    const { server, account } = await world();
    const creds = await renewing({ source: () => account.issueUser("worker", { expires: "1h" }) });
    const [one, other] = [await connected(server, creds), await connected(server, creds)];
    creds.follow(one.connection);
    const end = creds.follow(other.connection);
    await one.connection.close();
    end();
    await creds.refresh();
    await whoAmI(other.connection);
    expect(other.reconnects()).toBe(0);
  });
});
