import { connect, credsAuthenticator } from "@nats-io/transport-node";
import { createKeyPair, decode, encode, serverConfig } from "nsc.js";
import { push } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { serveAccountsOverHttp } from "../nats/account-servers.ts";
import { enter, expectRefused, RawClient } from "../nats/raw-client.ts";
import { natsServers } from "../support/nats-server.ts";
import { ask, start } from "./servers.ts";
import { issue } from "./worlds.ts";

describe.each(natsServers)("a server that asks an account server, $version", ({ path }) => {
  /** An account server with all accounts but one, and a server that asks it. */
  async function world() {
    const http = await serveAccountsOverHttp();
    const authority = await testAuthority({ accounts: { A: { users: ["a"] }, LATE: {} } });
    const { operator, accounts, system, systemCreds } = authority;
    (await push({ url: http.url }, operator, { accounts: [system, accounts.A] })).assertComplete();
    const config = await serverConfig(operator, { resolver: { type: "url", url: `${http.url}/accounts` } });
    const server = await start({ config, server: path });
    const connection = await connect({
      servers: server.url,
      authenticator: credsAuthenticator(new TextEncoder().encode(systemCreds)),
    });
    onTestFinished(() => connection.close());
    return { ...authority, http, server, connection, account: accounts.A, late: accounts.LATE };
  }

  test("does so when it starts and for each account, and refuses fast what is not there (72)", async () => {
    const { http, server, system, account, late } = await world();
    const asked = (key: string): number =>
      http.requests.filter((request) => request === `GET /jwt/v1/accounts/${key}`).length;
    expect(asked("")).toBe(1);
    expect(asked(system.publicKey)).toBeGreaterThan(0);
    const before = asked(account.publicKey);
    await enter(server, await issue(account));
    await enter(server, await issue(account));
    expect(asked(account.publicKey)).toBe(before + 1);
    const begin = performance.now();
    await expectRefused(server, await issue(late));
    expect(performance.now() - begin).toBeLessThan(1000);
  });

  test("refuses whom a slow account server knows (72)", async () => {
    const { http, server, account } = await world();
    const creds = await issue(account);
    http.handler = (_, response) => {
      const timer = setTimeout(() => response.writeHead(200).end(account.token), 2500);
      response.on("close", () => clearTimeout(timer));
      return true;
    };
    const client = await RawClient.connect(server, creds);
    // The server gives up either the answer or the client, who has two seconds for all.
    expect(["Authorization Violation", "Authentication Timeout"]).toContain((await client.lastWords())[0]);
    http.handler = undefined;
    await enter(server, creds);
  });

  test("applies what it is told of accounts that it has, if it trusts who signed them (72)", async () => {
    const { http, operator, server, connection, account, late } = await world();
    const creds = await issue(account);
    const client = await enter(server, creds);
    const tell = async (publicKey: string, token: string) => {
      const reply = await ask<{ message: string }>(connection, `$SYS.REQ.ACCOUNT.${publicKey}.CLAIMS.UPDATE`, token);
      return reply.data?.message ?? reply.error?.description;
    };
    const claims = decode(account.token, { kind: "account" });
    const forged = await encode(claims, createKeyPair("operator"), { issuedAt: (claims.iat ?? 0) + 1 });
    expect(await tell(account.publicKey, forged)).toMatch(/account validation failed/);
    expect(await client.isWell()).toBe(true);

    await account.revoke("*");
    (await push({ url: http.url }, operator, { accounts: [account] })).assertComplete();
    expect(await client.isWell()).toBe(true);
    expect(await tell(account.publicKey, account.token)).toBe("jwt updated");
    expect(await client.lastWords()).toEqual(["User Authentication Revoked"]);
    await expectRefused(server, creds);
    await enter(server, await issue(account));
    expect(await tell(late.publicKey, late.token)).toBe("jwt update skipped");
  });
});
