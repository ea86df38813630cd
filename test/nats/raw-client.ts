import { createConnection, type Socket } from "node:net";
import { type KeyPair, keyPairFromSeed, parseCreds } from "nsc.js";
import type { RunningNatsServer } from "nsc.js/testing";
import { expect, onTestFinished, vi } from "vitest";

/** Where a client connects to. */
type Address = Pick<RunningNatsServer, "host" | "port">;

/**
 * A client that keeps what the server says in `-ERR` lines, word by word, and never connects again. It lives as long as the
 * test.
 */
export class RawClient {
  readonly #socket: Socket;
  readonly #token: string;
  readonly #pair: KeyPair;
  readonly #errors: string[] = [];
  /** What goes on with the next answer, or when there will be none. */
  readonly #waiting: (() => void)[] = [];
  #isAuthenticated = false;
  #isClosed = false;
  #rest = "";

  /** Connects with the text of a creds file. The server has taken it by then, or closed the connection. */
  static async connect({ host, port }: Address, creds: string): Promise<RawClient> {
    const { token, seed } = parseCreds(creds);
    const client = new RawClient(createConnection({ host, port, noDelay: true }), token, keyPairFromSeed(seed));
    onTestFinished(() => void client.#socket.destroy());
    await new Promise<void>((resolve) => client.#waiting.push(resolve));
    return client;
  }

  private constructor(socket: Socket, token: string, pair: KeyPair) {
    this.#socket = socket;
    this.#token = token;
    this.#pair = pair;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      const lines = `${this.#rest}${text}`.split("\r\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    });
    // A server that has closed resets what is sent to it meanwhile; "close" follows.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isClosed = true;
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  /** What the server has said in `-ERR` lines. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  /** Whether the server answers, and had nothing to complain of. */
  async isWell(): Promise<boolean> {
    if (!this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        this.#socket.write("PING\r\n");
      });
    }
    return !this.#isClosed && this.#errors.length === 0;
  }

  /** Does something, and gives what the server has to complain of it; nothing if it takes it. */
  async complaintOf(line: string): Promise<string | undefined> {
    const before = this.#errors.length;
    this.#socket.write(`${line}\r\n`);
    await this.isWell();
    return this.#errors[before];
  }

  /** Waits until the server closes, and gives all that it said in `-ERR` lines. */
  async lastWords(): Promise<readonly string[]> {
    await vi.waitFor(() => expect(this.#isClosed).toBe(true), { timeout: 5000, interval: 10 });
    return this.#errors;
  }

  #take(line: string): void {
    if (line.startsWith("INFO ")) this.#authenticate(line.slice("INFO ".length));
    else if (line.startsWith("-ERR ")) this.#errors.push(line.slice("-ERR ".length).replaceAll("'", ""));
    else if (line === "PING") this.#socket.write("PONG\r\n");
    else if (line === "PONG") this.#waiting.shift()?.();
  }

  #authenticate(info: string): void {
    // Servers send another one later.
    if (this.#isAuthenticated) return;
    this.#isAuthenticated = true;
    const { nonce } = JSON.parse(info) as { readonly nonce: string };
    const sig = Buffer.from(this.#pair.sign(new TextEncoder().encode(nonce))).toString("base64url");
    const options = { jwt: this.#token, sig, verbose: false, pedantic: false, protocol: 1, lang: "test", version: "0" };
    this.#socket.write(`CONNECT ${JSON.stringify(options)}\r\nPING\r\n`);
  }
}

/** Connects and expects to be taken. */
export async function enter(server: Address, creds: string): Promise<RawClient> {
  const client = await RawClient.connect(server, creds);
  expect(client.errors).toEqual([]);
  expect(await client.isWell()).toBe(true);
  return client;
}

/** Connects and expects to be refused, without a reason, as servers do. */
export async function expectRefused(server: Address, creds: string): Promise<void> {
  const client = await RawClient.connect(server, creds);
  expect(await client.lastWords()).toEqual(["Authorization Violation"]);
}
