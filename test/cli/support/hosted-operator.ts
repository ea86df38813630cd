import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Account,
  type AccountClaims,
  accountServer,
  createKeyPair,
  type KeyPair,
  Nsc,
  type Operator,
} from "nsc.js";

/** What the account server answers to an account, in place of what it would. */
export type Refusal = (request: { readonly method: string; readonly path: string }) => Response | undefined;

/** Somebody else's operator, whose account server signs what is sent to it. */
export class HostedOperator implements AsyncDisposable {
  readonly operator: Operator;
  /** Its identity. */
  readonly key: KeyPair;
  /** Where the account server is. */
  readonly url: string;
  /** What it was asked, in its order. */
  readonly requests: string[] = [];
  /** What it changes in accounts before it signs them. */
  change: (claims: AccountClaims) => void = () => undefined;
  refuse: Refusal = () => undefined;
  readonly #server: Server;

  private constructor(server: Server, operator: Operator, key: KeyPair, url: string) {
    this.#server = server;
    this.operator = operator;
    this.key = key;
    this.url = url;
  }

  static async start(name = "Hosted"): Promise<HostedOperator> {
    const key = createKeyPair("operator");
    const operator = await new Nsc().addOperator(name, { key, signingKey: true });
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwt/v1`;
    await operator.edit((claims) => {
      claims.nats.account_server_url = url;
    });
    const hosted = new HostedOperator(server, operator, key, url);
    const answer = accountServer(operator);
    server.on("request", async (incoming: IncomingMessage, outgoing) => {
      const { method = "GET", url: path = "" } = incoming;
      hosted.requests.push(`${method} ${path}`);
      const body = await readBody(incoming);
      const response =
        hosted.refuse({ method, path }) ??
        (method === "POST" ? await hosted.#sign(body) : await answer(new Request(new URL(path, url), { method })));
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(await response.text());
    });
    return hosted;
  }

  get operatorUrl(): string {
    return `${this.url}/operator`;
  }

  async account(name: string): Promise<Account> {
    return await this.operator.account(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #sign(token: string): Promise<Response> {
    const options = { force: true, keepLimits: true, replace: "newer", allowInvalid: true } as const;
    const account = await this.operator.importAccount(token, options);
    await account.edit((claims) => this.change(claims));
    return new Response("account stored");
  }
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
