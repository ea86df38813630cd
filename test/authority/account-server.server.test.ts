import { createServer } from "node:http";
import { accountServer, serverConfig } from "nsc.js";
import { startNatsServer, testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { describeVersions } from "../nats/server-versions.ts";
import { connectAs, getsIn } from "../nats/servers.ts";

/** Serves a function from requests to responses on a port of this machine. */
async function listen(answer: (request: Request) => Promise<Response>): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const { method = "GET", url, headers } = incoming;
    const request = new Request(`http://${headers.host}${url}`, { method });
    answer(request).then(
      async (response) => {
        outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
      },
      () => outgoing.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { readonly port: number }).port}`;
}

describeVersions("a server with a URL resolver", (binary) => {
  test("starts with the account server, lets in whom it knows, and takes what it is told", async () => {
    const { operator, accounts, creds, systemCreds } = await testAuthority({
      accounts: { A: { users: ["a"] }, B: { users: ["b"] } },
    });
    const asked: string[] = [];
    const url = await listen(
      accountServer(operator, { onAnswer: ({ method, path, status }) => asked.push(`${method} ${path} ${status}`) }),
    );
    const config = await serverConfig(operator, { resolver: { type: "url", url: `${url}/jwt/v1/accounts/` } });
    const server = await startNatsServer({ config, server: binary });
    onTestFinished(() => server.stop());
    expect(asked).toContain("GET /accounts/ 200");
    const alice = await connectAs(server, creds.A.a);
    expect(asked).toContain(`GET /accounts/${accounts.A.publicKey} 200`);

    await accounts.A.edit(({ nats }) => {
      nats.limits.conn = 1;
    });
    const system = await connectAs(server, systemCreds);
    expect(await getsIn(server, creds.A.a)).toBe(true);
    const ofA = `$SYS.REQ.ACCOUNT.${accounts.A.publicKey}`;
    // Of two connections that are still there the server might close the first.
    await vi.waitFor(async () => {
      const { data } = (await system.request(`${ofA}.CONNZ`)).json<{ data: { num_connections: number } }>();
      expect(data.num_connections).toBe(1);
    });
    const told = await system.request(`${ofA}.CLAIMS.UPDATE`, accounts.A.token);
    expect(told.string()).toContain("jwt updated");
    await expect(connectAs(server, creds.A.a)).rejects.toThrow();
    await alice.close();

    await accounts.B.delete();
    expect(await getsIn(server, creds.B.b)).toBe(false);
    expect(asked).toContain(`GET /accounts/${accounts.B.publicKey} 404`);
  });
});
