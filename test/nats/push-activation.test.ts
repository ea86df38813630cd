import { activationHashId, createKeyPair, decode, Nsc } from "nsc.js";
import { pushActivation } from "nsc.js/nats";
import { expect, test } from "vitest";
import { serveAccountsOverHttp } from "./account-servers.ts";

async function activation() {
  const shop = await (await new Nsc().addOperator("local")).addAccount("SHOP");
  await shop.addExport({ subject: "orders.>", type: "stream", private: true });
  return await shop.issueActivation({ to: createKeyPair("account").publicKey, subject: "orders.eu.>" });
}

test("an activation is posted as it is, and found under its hash", async () => {
  const server = await serveAccountsOverHttp();
  const token = await activation();
  const bodies: string[] = [];
  server.handler = (request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      bodies.push(body);
      response.writeHead(200).end("thank you\n");
    });
    return true;
  };
  const hash = activationHashId(decode(token, { kind: "activation" }));
  expect(await pushActivation({ url: server.url }, token)).toEqual({
    url: `${server.url}/activations/${hash}`,
    message: "thank you",
  });
  expect(bodies).toEqual([token]);
  expect(server.requests).toEqual(["POST /jwt/v1/activations"]);
  expect(server.headers["content-type"]).toBe("application/jwt");
});

test("a server that does not take it, or is not there, is an error that does not say the token", async () => {
  const server = await serveAccountsOverHttp();
  const token = await activation();
  const refused = await pushActivation({ url: server.url }, token).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: "ERR_NATS_REFUSED",
    message: `${server.url}/activations answers 404 no such page`,
  });
  server.close();
  const gone = await pushActivation({ url: server.url }, token).catch((error: unknown) => error);
  expect(gone).toMatchObject({ code: "ERR_NATS_CONNECTION" });
  expect(String(gone)).not.toContain(token);
});

test("only activations are pushed", async () => {
  const server = await serveAccountsOverHttp();
  const account = await (await new Nsc().addOperator("local")).addAccount("A");
  await expect(pushActivation({ url: server.url }, account.token)).rejects.toMatchObject({ code: "ERR_JWT_KIND" });
  await expect(pushActivation({ url: "nats://localhost" }, await activation())).rejects.toMatchObject({
    code: "ERR_ARGUMENT_INVALID",
  });
  expect(server.requests).toEqual([]);
});
