import { Nsc, serverConfig } from "nsc.js";
import { expect, test } from "vitest";
import { connectAs, start } from "../server/servers.ts";
import { describeWithServer } from "../support/nats-server.ts";

describeWithServer("with a real server", () => {
  test("a service knows by its subject which account asks", async () => {
    const operator = await new Nsc().addOperator("local", { systemAccount: true });
    const shop = await operator.addAccount("SHOP");
    await shop.addExport({ subject: "price.*.>", type: "service", accountTokenPosition: 2 });
    const audit = await operator.addAccount("AUDIT");
    await audit.addImport({ from: shop, localSubject: "price.>" });
    const server = await start({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
    const service = await connectAs(server, await (await shop.addUser("service")).creds());
    const subscription = service.subscribe("price.*.>", {
      callback: (_, message) => void message.respond(message.subject),
    });
    await service.flush();
    const client = await connectAs(server, await (await audit.addUser("client")).creds());
    const answer = await client.request("price.pizza", "", { timeout: 5000 });
    expect(answer.string()).toBe(`price.${audit.publicKey}.pizza`);
    subscription.unsubscribe();
  });
});
