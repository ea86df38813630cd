import { nkeyAuthenticator } from "@nats-io/transport-node";
import { type Account, Nsc, nkeyServerConfig, parseCreds, type User } from "nsc.js";
import { expect, test } from "vitest";
import { ask, connectAs, start, WARNING } from "../server/servers.ts";
import { HOSTILE_NAMES } from "../server/trust.ts";
import { configChecker } from "../support/check-config.ts";
import { describeWithServer } from "../support/nats-server.ts";

const signIn = async (user: User) => nkeyAuthenticator(new TextEncoder().encode(parseCreds(await user.creds()).seed));

/** An operator whose accounts exchange messages by nearly everything that there is. */
async function tree(): Promise<{
  readonly operator: Awaited<ReturnType<Nsc["addOperator"]>>;
  readonly app: Account;
  readonly other: Account;
}> {
  const operator = await new Nsc().addOperator("local", { systemAccount: true });
  const [app, other] = [await operator.addAccount("APP"), await operator.addAccount("OTHER")];
  await app.addExport({ subject: "open.*", type: "stream" });
  await app.addExport({ subject: "svc.*", type: "service", private: true });
  await app.edit(({ nats }) => {
    const [, service] = nats.exports ?? [];
    Object.assign(service as object, {
      response_type: "Stream",
      response_threshold: 2_000_000_000,
    });
    nats.mappings = { old: [{ subject: "open.new", weight: 100 }] };
  });
  await other.addImport({ from: app, subject: "open.*", type: "stream", localSubject: "local.$1" });
  await other.addImport({ from: app, subject: "svc.a", type: "service", localSubject: "mine" });
  return { operator, app, other };
}

describeWithServer("a server with nkeys alone", () => {
  test("lets users in, and has their permissions, exports, imports, mappings and the system account", async () => {
    const { operator, app, other } = await tree();
    const publisher = await app.addUser("publisher", { pub: ["old", "open.>", "_R_.>"], sub: [">"] });
    const listener = await other.addUser("listener");
    const config = await nkeyServerConfig(operator);
    const server = await start({ config });
    expect(server.log()).not.toMatch(WARNING);

    const [from, to] = [
      await connectAs(server, await signIn(publisher)),
      await connectAs(server, await signIn(listener)),
    ];
    from.subscribe("svc.a", { callback: (_, message) => void message.respond("yes") });
    const local = to.subscribe("local.*", { max: 1 });
    await Promise.all([from.flush(), to.flush()]);
    expect((await to.request("mine", "", { timeout: 5000 })).string()).toBe("yes");
    from.publish("old", "hello");
    for await (const message of local) expect([message.subject, message.string()]).toEqual(["local.new", "hello"]);

    const system = await operator.systemAccount();
    const admin = await connectAs(server, await signIn((await system?.user("sys")) as User));
    expect((await ask(admin, "$SYS.REQ.SERVER.PING")).server.ver).toBe(server.version);

    const statuses = from.status();
    from.publish("other", "");
    await from.flush();
    for await (const status of statuses) {
      expect(status).toMatchObject({ type: "error", error: { operation: "publish", subject: "other" } });
      break;
    }
  });

  test("takes hostile names of accounts, or they are refused with a code", async () => {
    const checker = configChecker();
    for (const name of HOSTILE_NAMES) {
      const operator = await new Nsc().addOperator("local");
      const made = await operator.addAccount(name).catch(() => undefined);
      if (made === undefined) continue;
      await made.addUser("a");
      const config = await nkeyServerConfig(operator);
      const isWritable = !(name.includes('"') && name.includes("'"));
      if (!isWritable) expect(() => `${config}`).toThrowCode("ERR_CONFIG_VALUE");
      else expect([name, await checker.check(`${config}`)]).toEqual([name, undefined]);
    }
    checker.close();
  });
});
