/** An account server by the published interface of nats-account-server, and ways in which one fails. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";

/** What answers a request in place of the server; whether it did. */
type Handler = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface FakeAccountServer {
  readonly url: string;
  /** Tokens by public key. */
  readonly accounts: Map<string, string>;
  /** Such as "GET /jwt/v1/operator", in the order in which they came. */
  readonly requests: string[];
  /** The headers of the last request. */
  headers: IncomingMessage["headers"];
  /** The most requests that were under way at a time. */
  mostAtOnce: number;
  operator: string | undefined;
  /** What comes before all else. */
  handler: Handler | undefined;
  /** The status of a token that was taken, and what is said to it. */
  accepts: { status: number; text: string };
  close(): void;
}

export async function serveAccountsOverHttp(port = 0): Promise<FakeAccountServer> {
  let count = 0;
  const server = createServer((request, response) => {
    fake.requests.push(`${request.method} ${request.url}`);
    fake.headers = request.headers;
    count += 1;
    fake.mostAtOnce = Math.max(fake.mostAtOnce, count);
    response.on("close", () => {
      count -= 1;
    });
    if (fake.handler?.(request, response) === true) return;
    const end = (status: number, text = ""): void => {
      response.writeHead(status, { "content-type": status === 200 ? "application/jwt" : "text/plain" }).end(text);
    };
    const [, key] = /^\/jwt\/v1\/accounts\/(A[A-Z2-7]{55})$/.exec(request.url ?? "") ?? [];
    if (request.url === "/jwt/v1/operator" && fake.operator !== undefined) end(200, fake.operator);
    else if (/^\/jwt\/v1\/accounts\/?$/.test(request.url ?? "")) end(200);
    else if (key === undefined) end(404, "no such page");
    else if (request.method === "GET") {
      const token = fake.accounts.get(key);
      if (token === undefined) end(404, "no such account");
      else end(200, token);
    } else {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      request.on("end", () => {
        if (request.headers["content-type"] !== "application/jwt") return end(400, "no token");
        fake.accounts.set(key, body);
        end(fake.accepts.status, fake.accepts.text);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  const address = server.address() as { readonly port: number };
  const fake: FakeAccountServer = {
    url: `http://127.0.0.1:${address.port}/jwt/v1`,
    accounts: new Map(),
    requests: [],
    headers: {},
    mostAtOnce: 0,
    operator: undefined,
    handler: undefined,
    accepts: { status: 200, text: "" },
    close,
  };
  return fake;
}
