import { diagram, type Import, lint, serverConfig } from "nsc.js";
import { startNatsServer, testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { importSubjects } from "../../../src/jwt/imports.ts";
import { connectAs } from "../../server/servers.ts";
import { describeWithServer } from "../../support/nats-server.ts";

describeWithServer("the subjects of an import", () => {
  // Whoever reads `to` the other way round asks for what nobody exports, or listens where nothing comes.
  test("are those by which a server serves it, the deprecated ones, too", async () => {
    const { operator, accounts, creds } = await testAuthority({
      accounts: { A: { users: ["a"] }, B: { users: ["b"] } },
    });
    await accounts.A.edit(({ nats }) => {
      nats.exports = [
        { subject: "svc.there", type: "service" },
        { subject: "new.there", type: "service" },
        { subject: "news.>", type: "stream" },
        { subject: "log.*", type: "stream" },
      ];
    });
    const account = accounts.A.publicKey;
    const imports: Record<"service" | "newService" | "stream" | "newStream", Import> = {
      service: { subject: "svc.here", to: "svc.there", account, type: "service" },
      newService: { subject: "new.there", local_subject: "new.here", account, type: "service" },
      stream: { subject: "news.>", to: "pre", account, type: "stream" },
      newStream: { subject: "log.*", local_subject: "local.$1", account, type: "stream" },
    };
    expect(importSubjects(imports.service)).toEqual({ remote: "svc.there", local: "svc.here" });
    expect(importSubjects(imports.newService)).toEqual({ remote: "new.there", local: "new.here" });
    expect(importSubjects(imports.stream)).toEqual({ remote: "news.>", local: "pre.news.>" });
    expect(importSubjects(imports.newStream)).toEqual({ remote: "log.*", local: "local.$1" });
    await accounts.B.edit(({ nats }) => {
      nats.imports = Object.values(imports);
    });
    expect((await lint(operator)).filter(({ code }) => code.startsWith("IMPORT"))).toEqual([]);
    expect((await diagram(operator, { of: "exchange" })).text).not.toContain("does not export it");

    const server = await startNatsServer({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
    onTestFinished(() => server.stop());
    const a = await connectAs(server, creds.A.a);
    const b = await connectAs(server, creds.B.b);
    for (const { remote } of [imports.service, imports.newService].map(importSubjects)) {
      a.subscribe(remote, { callback: (_, message) => void message.respond(message.subject) });
    }
    await a.flush();
    const answers = [imports.service, imports.newService].map(async (entry) => {
      return (await b.request(importSubjects(entry).local)).string();
    });
    expect(await Promise.all(answers)).toEqual(["svc.there", "new.there"]);

    const heard: string[] = [];
    for (const subject of ["pre.news.>", "local.*"]) {
      b.subscribe(subject, { callback: (_, message) => void heard.push(message.subject) });
    }
    await b.flush();
    for (const subject of ["news.eu", "log.x"]) a.publish(subject);
    // What is answered was sent after these, on the same connections.
    await a.flush();
    await b.request(importSubjects(imports.service).local);
    expect(heard.sort()).toEqual(["local.x", "pre.news.eu"]);
  });
});
