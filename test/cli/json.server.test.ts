import { credsAuthenticator, type NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { serverConfig } from "nsc.js";
import { type RunningNatsServer, startNatsServer } from "nsc.js/testing";
import { afterAll, beforeAll, test } from "vitest";
import { commands } from "../../src/cli/commands/index.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { expectJson } from "./support/check-json.ts";
import { linesOf, serverLines } from "./support/command-lines.ts";
import { type PreparedHome, prepareHome } from "./support/prepared-home.ts";
import { storedTree } from "./support/stored-tree.ts";

describeWithServer("with a server", () => {
  let prepared: PreparedHome;
  let server: RunningNatsServer;
  let somebody: NatsConnection;
  let ticking: NodeJS.Timeout;

  beforeAll(async () => {
    prepared = await prepareHome();
    const { home } = prepared;
    const operator = await storedTree(home).operator("local");
    const conf = await serverConfig(operator, { resolver: { type: "full", dir: "./jwt", allowDelete: true } });
    server = await startNatsServer({ config: String(conf) });
    await home.nsc("edit", "operator", "-u", server.url, "-n", server.url);
    await home.nsc("add", "user", "-a", "A", "carol");
    await home.nsc("push", "-A");
    const { json } = await home.nsc("generate", "creds", "-a", "A", "-n", "carol", "--json");
    const creds = new TextEncoder().encode((json as { readonly creds: string }).creds);
    somebody = await connect({ servers: server.url, authenticator: credsAuthenticator(creds) });
    somebody.subscribe("echo", { callback: (_, message) => void message.respond(message.data) });
    ticking = setInterval(() => {
      for (const subject of ["ticks", "asked"]) somebody.publish(subject, "hello", { reply: "_INBOX.x" });
    }, 50);
  });

  afterAll(async () => {
    clearInterval(ticking);
    await somebody?.close();
    await server?.stop();
    await prepared?.home[Symbol.asyncDispose]();
  });

  test.each(linesOf(commands, serverLines))(
    "nsc %s --json prints what its schema describes, and --dry-run changes nothing",
    async (_, command, line) => await expectJson(prepared, command, line),
  );
});
