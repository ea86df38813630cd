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
});
