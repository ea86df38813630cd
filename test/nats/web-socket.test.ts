import { type ConnectionOptions, type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { Nsc } from "nsc.js";
import { deleteAccounts, drift, listAccounts, lookupAccount, pull, push } from "nsc.js/nats";
import { type RunningNatsServer, testAuthority } from "nsc.js/testing";
import { expect, test } from "vitest";
import { WebSocketStream } from "../server/web-socket.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { full, getsIn, serve } from "./servers.ts";
import { manyAccounts, summary } from "./tools.ts";

const CONFIG = 'websocket { listen: "127.0.0.1:-1", no_tls: true }';

function urlOf(server: RunningNatsServer): string {
  const port = /Listening for websocket clients on ws:\/\/127\.0\.0\.1:(\d+)/.exec(server.log())?.[1];
  return `ws://127.0.0.1:${port}`;
}

/** What the client uses of a `WebSocket`, which Node does not have before its version 22. */
class WebSocketOverStream {
  binaryType = "";
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { readonly wasClean: boolean; readonly reason: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  readonly #stream: WebSocketStream;

  constructor(stream: WebSocketStream) {
    this.#stream = stream;
    setImmediate(() => {
      this.onopen?.();
      stream.on("data", (data: Buffer) => this.onmessage?.({ data: new Uint8Array(data).buffer }));
    });
    stream.on("close", () => this.onclose?.({ wasClean: true, reason: "" }));
  }

  send(data: ArrayBuffer): void {
    this.#stream.write(Buffer.from(data));
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** `wsconnect` of the client itself, on every Node. */
function connect(options: ConnectionOptions): Promise<NatsConnection> {
  if (typeof (globalThis as { WebSocket?: unknown }).WebSocket === "function") return wsconnect(options);
  const wsFactory = async (url: string) => ({
    socket: new WebSocketOverStream(await WebSocketStream.open(Number(new URL(url).port))),
    encrypted: false,
  });
  return wsconnect({ ...options, wsFactory } as ConnectionOptions);
}

describeWithServer("a connection over WebSockets", () => {
  test("does all that one over TCP does", async () => {
    const authority = await testAuthority({
      accounts: { A: { users: ["a"] }, ...manyAccounts(50) },
      resolver: full({ allowDelete: true }),
    });
    const { operator, accounts, creds, systemCreds } = authority;
    const server = await serve(authority, { config: CONFIG });
    const target = { connect, servers: urlOf(server) };
    const report = await push(target, operator);
    report.assertComplete();
    expect(report.accounts.filter(({ status }) => status === "pushed")).toHaveLength(51);
    expect(await getsIn(server, creds.A.a)).toBe(true);
    expect((await listAccounts(target, operator)).onlyInStore).toEqual([]);
    expect((await lookupAccount(target, operator, "A"))?.token).toBe(accounts.A.token);
    (await drift(target, operator)).assertComplete();

    const elsewhere = await new Nsc().importOperator(operator.token);
    const pulled = await pull({ ...target, creds: systemCreds }, elsewhere, { accounts: [accounts.A.publicKey] });
    expect(summary(pulled)).toEqual(["A added"]);
    (await deleteAccounts(target, operator, [accounts.A])).assertComplete();
    expect(await getsIn(server, creds.A.a)).toBe(false);
  });
});

test("a server that is down is told of, also where the client would wait for ever", { timeout: 30_000 }, async () => {
  const operator = await new Nsc().addOperator("O", { systemAccount: true });
  const target = { connect, servers: "ws://127.0.0.1:1" };
  const error = await push(target, operator, { timeout: "300ms" }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "ERR_NATS_CONNECTION" });
  expect(String(error)).toContain("ws://127.0.0.1:1");
});
