import { connect } from "@nats-io/transport-node";
import { createKeyPair, Nsc, serverConfig, signRequest } from "nsc.js";
import { push } from "nsc.js/nats";
import { expect, test } from "vitest";
import { connectAs, start } from "../server/servers.ts";
import { describeWithServer } from "../support/nats-server.ts";

describeWithServer("with a real server", () => {
  test("an account whose operator's key never was on this machine is accepted after a push", async () => {
    const offline = createKeyPair("operator");
    const options = { keys: [offline.publicKey] };
    const nsc = new Nsc();
    const signElsewhere = async (work: (tx: Nsc) => Promise<unknown>): Promise<number> => {
      const { toSign, toCommit, tokens } = await nsc.requestSignatures(work, options);
      await nsc.applySignatures(toCommit, await signRequest(toSign, [offline]));
      return tokens.length;
    };

    const made = await signElsewhere((tx) => tx.addOperator("prod", { key: offline.publicKey, systemAccount: true }));
    expect(made).toBe(2); // the operator and its system account
    const operator = await nsc.operator("prod");
    const config = await serverConfig(operator, { resolver: { type: "full", dir: "./jwt" } });
    const server = await start({ config });

    const added = await signElsewhere(async (tx) => {
      const account = await (await tx.operator("prod")).addAccount("APP", { signingKey: true });
      await account.addUser("alice");
    });
    expect(added).toBe(1);
    const app = await operator.account("APP");
    (await push({ connect, servers: server.url }, operator, { accounts: [app] })).assertComplete();
    const connection = await connectAs(server, await (await app.user("alice")).creds());
    await connection.flush();
    expect(connection.isClosed()).toBe(false);
  });

  test("an import works whose activation and account were signed on another machine", async () => {
    const [offline, shopKey] = [createKeyPair("operator"), createKeyPair("account")];
    const nsc = new Nsc();
    const { toSign, toCommit } = await nsc.requestSignatures(
      async (tx) => {
        const operator = await tx.addOperator("prod", { key: offline.publicKey, systemAccount: true });
        const shop = await operator.addAccount("SHOP", { key: shopKey.publicKey, signingKey: true });
        await shop.addExport({ subject: "orders.>", type: "stream", private: true });
        const audit = await operator.addAccount("AUDIT");
        await audit.addImport({ from: shop, subject: "orders.eu", activationSigner: shopKey.publicKey });
        await shop.addUser("seller");
        await audit.addUser("auditor");
      },
      { keys: [offline.publicKey, shopKey.publicKey] },
    );
    await nsc.applySignatures(toCommit, await signRequest(toSign, [offline, shopKey]));
    const operator = await nsc.operator("prod");
    const server = await start({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
    const credsOf = async (account: string, user: string) =>
      (await (await operator.account(account)).user(user)).creds();
    const auditor = await connectAs(server, await credsOf("AUDIT", "auditor"));
    const subscription = auditor.subscribe("orders.eu", { max: 1 });
    await auditor.flush();
    const seller = await connectAs(server, await credsOf("SHOP", "seller"));
    seller.publish("orders.eu", "one pizza");
    await seller.flush();
    const texts: string[] = [];
    for await (const message of subscription) texts.push(message.string());
    expect(texts).toEqual(["one pizza"]);
  });
});
