/**
 * A worker whose creds live for two seconds, and whose connection does not mind: an endpoint signs a token for the key that the
 * worker keeps; it is down for a while, and the worker is revoked by mistake.
 *
 * Run it with `npx tsx examples/renewing-creds.ts`, after `npm run build`.
 */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { connect } from "@nats-io/transport-node";
import { type Account, createKeyPair } from "nsc.js";
import { push, renewingCreds } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";

/** What the story needs from outside. */
export interface Stage {
  /** The nats-server binary; the one that is found by default. */
  readonly server?: string;
  /** Where the story goes, line by line. */
  readonly tell?: (line: string) => void;
}

export async function renewal({ server: binary, tell = console.log }: Stage = {}): Promise<void> {
  const authority = testAuthority({
    accounts: {
      APP: { signingKey: true, roles: { worker: { pub: ["jobs", "_INBOX.>"], sub: ["jobs", "_INBOX.>"] } } },
    },
    resolver: { type: "full", dir: "./jwt" },
  });
  const { operator, accounts, url, stop } = await authority.start(binary === undefined ? {} : { server: binary });
  const target = { connect, servers: url };
  (await push(target, operator)).assertComplete();

  const issuer = issuerOf(accounts.APP);
  issuer.listen(0, "127.0.0.1");
  await once(issuer, "listening");
  const { port } = issuer.address() as AddressInfo;

  // The worker: it has a key, and the endpoint's address.
  const key = createKeyPair("user");
  const creds = await renewingCreds({
    key,
    source: async ({ publicKey, signal }) => {
      const response = await fetch(`http://127.0.0.1:${port}/users/${publicKey}`, { signal });
      if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
      return response.text();
    },
    retryWait: "100ms",
    longestRetryWait: "500ms",
    onRenew: ({ expires }) => tell(`creds until ${expires?.toISOString()}`),
    onError: ({ message }, { failures }) => tell(`attempt ${failures}: ${message}`),
  });
  const connection = await connect({ servers: url, ...creds.connectionOptions, reconnectTimeWait: 100 });
  creds.follow(connection, { beforeReconnect: () => tell("reconnects with new creds") });

  connection.subscribe("jobs", { callback: (_, message) => void message.respond("done") });

  /** Works on until the server has seen so many new creds. */
  const work = async (renewals: number): Promise<void> => {
    const seen = new Set<number | undefined>();
    while (seen.size <= renewals) {
      const answer = await connection.request("jobs", "", { timeout: 300 }).catch(() => undefined);
      if (answer !== undefined) seen.add(creds.current.claims.exp);
      await sleep(20);
    }
    tell(`at work, through ${renewals} renewals`);
  };
  await work(2);

  issuer.closeAllConnections();
  await new Promise((resolve) => issuer.close(resolve));
  // Until the creds have expired, and the server has cut the connection.
  for await (const { type } of connection.status()) if (type === "error") break;
  issuer.listen(port, "127.0.0.1");
  await work(1);

  await accounts.APP.revoke(key.publicKey);
  (await push(target, operator)).assertComplete();
  await work(1);
  tell(`the same key all the time: ${creds.current.publicKey === key.publicKey}`);

  creds.stop();
  await connection.close();
  issuer.closeAllConnections();
  issuer.close();
  await stop();
}

/** Signs a token for whatever key is asked for. Yours would ask first who is asking. */
function issuerOf(account: Account): Server {
  return createServer((request, response) => {
    const key = request.url?.split("/").at(-1) ?? "";
    account.issueUser("worker", { role: "worker", expires: "2s", key }).then(
      ({ token }) => response.end(token),
      () => response.writeHead(400).end(),
    );
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await renewal();
