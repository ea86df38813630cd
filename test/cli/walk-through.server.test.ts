import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decode, parseCreds } from "nsc.js";
import { startNatsServer } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { connectAs, getsIn } from "../nats/servers.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { CommandHome } from "./support/run-command.ts";

/** A port that a server can be told, as operators do before there is one. */
async function freePort(): Promise<number> {
  await using server = await startNatsServer();
  return server.port;
}

describeWithServer("the classic walk-through", () => {
  test("runs command for command, from nothing to a signing key that is replaced", async () => {
    const home = await CommandHome.make();
    onTestFinished(() => home[Symbol.asyncDispose]());
    const port = await freePort();
    const url = `nats://127.0.0.1:${port}`;

    await home.nsc("add", "operator", "--generate-signing-key", "--sys", "--name", "local");
    await home.nsc("edit", "operator", "--require-signing-keys", "--account-jwt-server-url", url);
    const { stdout: config } = await home.nsc("generate", "config", "--nats-resolver", "--sys-account", "SYS");
    const server = await startNatsServer({ config, port });
    onTestFinished(() => server.stop());

    await home.nsc("add", "account", "--operator", "local", "APP");
    await home.nsc("edit", "account", "APP", "--sk", "generate");
    await home.nsc("add", "user", "--account", "APP", "user");
    await home.nsc(
      ...["edit", "account", "APP", "--js-streams", "-1", "--js-consumer", "-1", "--js-disk-storage", "-1"],
      ...["--js-ha-resources", "-1", "--js-mem-storage", "-1"],
    );
    const pushed = await home.nsc("push", "-A");
    expect(pushed.stdout).toContain('pushed "APP" to nats-server');

    const creds = await credsOf(home);
    const app = (await home.nsc("describe", "account", "APP", "-J")).json as Account;
    expect(app.nats.limits).toMatchObject({ streams: -1, consumer: -1, disk_storage: -1, mem_storage: -1 });
    const [oldKey] = app.nats.signing_keys;
    expect(issuerOf(creds)).toBe(oldKey);
    const client = await connectAs(server, creds);
    client.publish("greetings", "hello");
    await client.flush();

    // The signing key is replaced by another: the user is signed again, and the old key removed.
    await home.nsc("edit", "account", "--sk", "generate");
    const keys = ((await home.nsc("describe", "account", "APP", "-J")).json as Account).nats.signing_keys;
    const newKey = keys.find((key) => key !== oldKey) as string;
    await home.nsc("edit", "user", "--private-key", newKey, "--expiry", "0");
    const renewed = await credsOf(home);
    expect(issuerOf(renewed)).toBe(newKey);
    expect(parseCreds(renewed).seed).toBe(parseCreds(creds).seed);
    // The key alone signs again, too.
    await home.nsc("edit", "user", "--private-key", oldKey as string);
    expect(issuerOf(await credsOf(home))).toBe(oldKey);
    await home.nsc("edit", "user", "--private-key", newKey);
    const last = await credsOf(home);
    expect(issuerOf(last)).toBe(newKey);

    await home.nsc("edit", "account", "--rm-sk", oldKey as string);
    expect(await getsIn(server, creds)).toBe(true);
    await home.nsc("push", "-A");
    await client.closed();
    expect(await getsIn(server, creds)).toBe(false);
    expect(await getsIn(server, last)).toBe(true);
  });
});

interface Account {
  readonly nats: {
    readonly limits: Readonly<Record<string, unknown>>;
    readonly signing_keys: readonly [string, ...string[]];
  };
}

/** The one creds file that there is besides those of the system account. */
async function credsOf({ path }: CommandHome): Promise<string> {
  const folder = join(path, ".local/share/nats/nsc/keys/creds/local/APP");
  expect(await readdir(folder)).toEqual(["user.creds"]);
  return await readFile(join(folder, "user.creds"), "utf8");
}

function issuerOf(creds: string): string | undefined {
  return decode(parseCreds(creds).token, { kind: "user" }).iss;
}
