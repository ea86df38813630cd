import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * The bytes of a connection of the client over a WebSocket: RFC 6455 as far as servers of NATS use it. Node has no client of its own
 * before its version 22.
 */
export class WebSocketStream extends Duplex {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  /** The code with which the server closed. */
  closeCode: number | undefined;

  /**
   * @param headers - such as `Cookie`
   * @param path - `/mqtt` for that protocol
   */
  static async open(
    port: number,
    headers: { readonly [name: string]: string } = {},
    path = "/",
  ): Promise<WebSocketStream> {
    const socket = createConnection({ host: "127.0.0.1", port, noDelay: true });
    const lines = Object.entries({
      Host: `127.0.0.1:${port}`,
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
      "Sec-WebSocket-Version": "13",
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    let head = Buffer.alloc(0);
    while (!head.includes("\r\n\r\n")) {
      const [data] = (await once(socket, "data")) as [Buffer];
      head = Buffer.concat([head, data]);
    }
    if (!head.toString("latin1").startsWith("HTTP/1.1 101 "))
      throw new Error(`no WebSocket: ${head.toString("latin1")}`);
    return new WebSocketStream(socket, head.subarray(head.indexOf("\r\n\r\n") + 4));
  }

  private constructor(socket: Socket, rest: Buffer) {
    super();
    this.#socket = socket;
    socket.on("data", (data) => this.#take(data));
    socket.on("error", () => undefined);
    socket.on("close", () => this.destroy());
    this.#take(rest);
  }

  override _read(): void {
    // What comes is passed on at once.
  }

  override _write(data: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    const mask = randomBytes(4);
    const length = data.length < 126 ? [0x80 | data.length] : [0x80 | 126, data.length >> 8, data.length & 0xff];
    const masked = data.map((byte, index) => byte ^ (mask[index % 4] as number));
    this.#socket.write(Buffer.concat([Buffer.from([0x82, ...length]), mask, masked]), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #take(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (;;) {
      const [first = 0, second = 0] = this.#received;
      const from = second === 126 ? 4 : second === 127 ? 10 : 2;
      if (this.#received.length < from) return;
      const length =
        from === 2 ? second : from === 4 ? this.#received.readUInt16BE(2) : Number(this.#received.readBigUInt64BE(2));
      if (this.#received.length < from + length) return;
      const content = this.#received.subarray(from, from + length);
      this.#received = this.#received.subarray(from + length);
      if ((first & 0x0f) === 8) this.closeCode = content.readUInt16BE(0);
      else if ((first & 0x0f) < 3) this.push(content);
    }
  }
}
