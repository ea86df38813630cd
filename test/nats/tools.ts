/** What tests of pushes share: trees that are written past the library, raw requests, and a proxy that cuts connections. */

import { readFileSync } from "node:fs";
import { createServer, connect as dial, type Socket } from "node:net";
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/transport-node";
import { type AccountClaims, decode, encode, type KeyPair, keyPairFromSeed, type Store } from "nsc.js";
import type { RunningNatsServer } from "nsc.js/testing";
import { onTestFinished } from "vitest";

/** Reports in short: `["A pushed", "B refused"]`. */
export function summary(report: {
  readonly accounts: readonly { readonly name: string; readonly status: string }[];
}): string[] {
  return report.accounts.map(({ name, status }) => `${name} ${status}`);
}

/** The message of what something throws. */
export async function messageOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

/** The pair of a key whose seed a store has. */
export async function pairOf(store: Store, publicKey: string): Promise<KeyPair> {
  const seed = await store.getKey(publicKey);
  if (seed === undefined) throw new Error(`the store has no seed of ${publicKey}`);
  return keyPairFromSeed(seed);
}

/** Puts an account into the store as no verb would: changed, and signed by anybody. Gives its token. */
export async function plant(
  store: Store,
  account: { readonly name: string; readonly token: string },
  signer: KeyPair,
  change: (claims: AccountClaims) => void = () => undefined,
): Promise<string> {
  const claims = decode(account.token, { kind: "account" });
  claims.iat = (claims.iat ?? 0) + 1;
  change(claims);
  const token = await encode(claims, signer, { issuedAt: claims.iat });
  await store.commit({ tokens: [{ path: ["test", account.name], token }] });
  return token;
}

/** A store that reads otherwise than the one below it. */
export function withRead(store: Store, read: Store["read"]): Store {
  return {
    read,
    list: (prefix) => store.list(prefix),
    find: (publicKey) => store.find(publicKey),
    getKey: (publicKey) => store.getKey(publicKey),
    listKeys: () => store.listKeys(),
    readMeta: (operator) => store.readMeta(operator),
    commit: (commit) => store.commit(commit),
  };
}

/** What a server keeps of an account in its folder; nothing if there is no such file. */
export function fileOf(server: Pick<RunningNatsServer, "dir">, publicKey: string, suffix = ""): string | undefined {
  try {
    return readFileSync(join(server.dir, "jwt", `${publicKey}.jwt${suffix}`), "utf8");
  } catch {
    return undefined;
  }
}

/** The token that the one server gives of an account; empty if it has none. */
export async function lookUpRaw(connection: NatsConnection, publicKey: string): Promise<string> {
  const subject = `$SYS.REQ.ACCOUNT.${publicKey}.CLAIMS.LOOKUP`;
  return (await connection.request(subject, "", { timeout: 5000 })).string();
}

/** A connection that has its own way to publish. */
export function withPublish(connection: NatsConnection, publish: NatsConnection["publish"]): NatsConnection {
  return new Proxy(connection, {
    get(target, name) {
      if (name === "publish") return publish;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The errors that a server tells a client from now on. */
export function errorsOf(connection: NatsConnection): readonly Error[] {
  const errors: Error[] = [];
  const watch = async (): Promise<void> => {
    for await (const status of connection.status()) if (status.type === "error") errors.push(status.error);
  };
  watch().catch((error: unknown) => errors.push(error as Error));
  return errors;
}

/** A port that stays while what is behind it comes and goes. */
export interface Proxy {
  readonly url: string;
  /** Connections that were made so far. */
  readonly count: number;
  /** From now on connections go there; without a server they are refused. */
  to(server: Pick<RunningNatsServer, "port"> | undefined): void;
  /** Cuts what is connected. */
  cut(): void;
  /** Cuts everything as soon as clients have sent so many times more what matches. */
  cutAfter(pattern: RegExp, times: number, then?: () => void): void;
}

export async function proxyTo(server: Pick<RunningNatsServer, "port">): Promise<Proxy> {
  let target: Pick<RunningNatsServer, "port"> | undefined = server;
  let count = 0;
  let onSent: ((text: string) => void) | undefined;
  const sockets = new Set<Socket>();
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const listener = createServer((client) => {
    count += 1;
    if (target === undefined) {
      client.destroy();
      return;
    }
    const upstream = dial(target.port, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
    client.on("data", (data) => {
      upstream.write(data);
      onSent?.(data.toString("latin1"));
    });
    upstream.on("data", (data) => client.write(data));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    cut();
    listener.close();
  });
  return {
    url: `nats://127.0.0.1:${(listener.address() as { readonly port: number }).port}`,
    get count() {
      return count;
    },
    to: (next) => {
      target = next;
    },
    cut,
    cutAfter: (pattern, times, then) => {
      let left = times;
      onSent = (text) => {
        left -= text.match(new RegExp(pattern, "g"))?.length ?? 0;
        if (left > 0) return;
        onSent = undefined;
        then?.();
        cut();
      };
    },
  };
}

/** Names of many accounts. */
export function manyNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `T${String(index).padStart(4, "0")}`);
}

/** What a test authority is told to make so many accounts. */
export function manyAccounts(count: number): Record<string, Record<never, never>> {
  return Object.fromEntries(manyNames(count).map((name) => [name, {}]));
}
