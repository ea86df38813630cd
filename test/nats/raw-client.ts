import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import { type KeyPair, keyPairFromSeed, parseCreds } from "nsc.js";
import type { RunningNatsServer } from "nsc.js/testing";
import { expect, onTestFinished, vi } from "vitest";

/** Where a client connects to. */
type Address = Pick<RunningNatsServer, "host" | "port">;

/** What servers tell of themselves. */
interface ServerInfo {
  readonly nonce: string;
  readonly max_payload: number;
}

/**
 * A client that keeps what the server says in `-ERR` lines, word by word, and never connects again. It lives as long as the
 * test.
 */
export class RawClient {
  readonly #socket: Duplex;
  readonly #answer: (nonce: string) => object;
  readonly #errors: string[] = [];
  readonly #infos: ServerInfo[] = [];
  /** What goes on with the next answer, or when there will be none. */
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;
  #rest = "";

  /** Connects with the text of a creds file. The server has taken it by then, or closed the connection. */
  static async connect({ host, port }: Address, creds: string): Promise<RawClient> {
    return RawClient.over(createConnection({ host, port, noDelay: true }), answerOf(creds));
  }

  /** Connects over what is there already, and says what it is told to in `CONNECT`. */
  static async over(socket: Duplex, answer: (nonce: string) => object): Promise<RawClient> {
    const client = new RawClient(socket, answer);
    onTestFinished(() => void client.#socket.destroy());
    await new Promise<void>((resolve) => client.#waiting.push(resolve));
    return client;
  }

  private constructor(socket: Duplex, answer: (nonce: string) => object) {
    this.#socket = socket;
    this.#answer = answer;
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

  /** What the server has told of itself, first when the client came. */
  get infos(): readonly ServerInfo[] {
    return this.#infos;
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

  #authenticate(text: string): void {
    const info = JSON.parse(text) as ServerInfo;
    this.#infos.push(info);
    // Servers send another one later.
    if (this.#infos.length > 1) return;
    const options = { verbose: false, pedantic: false, protocol: 1, lang: "test", version: "0" };
    this.#socket.write(`CONNECT ${JSON.stringify({ ...options, ...this.#answer(info.nonce) })}\r\nPING\r\n`);
  }
}

/** What clients with these creds say to a nonce. */
export function answerOf(creds: string): (nonce: string) => object {
  const { token, seed } = parseCreds(creds);
  const pair = keyPairFromSeed(seed);
  return (nonce) => ({ jwt: token, sig: signatureOf(nonce, pair) });
}

export function signatureOf(nonce: string, pair: Pick<KeyPair, "sign">): string {
  return Buffer.from(pair.sign(new TextEncoder().encode(nonce))).toString("base64url");
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
