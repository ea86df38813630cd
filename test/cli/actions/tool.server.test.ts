import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectAs } from "../../nats/servers.ts";
import { CERTIFICATE, PRIVATE_KEY } from "../../support/certificate.ts";
import { describeWithServer } from "../../support/nats-server.ts";
import { type ServedHome, servedHome } from "../servers/served-home.ts";
import { CommandHome } from "../support/run-command.ts";

/** A home with a user "bob" of "APP", whom the server lets in. */
async function userHome(): Promise<ServedHome> {
  const world = await servedHome(["APP"]);
  const app = await world.operator.account("APP");
  await app.addUser("bob");
  await world.home.nsc("push", "-A");
  return world;
}

async function credsOf({ operator }: ServedHome): Promise<string> {
  return await (await (await operator.account("APP")).user("bob")).creds();
}

describeWithServer("nsc tool", () => {
  test("measures the round trip to a server", async () => {
    const { home, server } = await userHome();
    const { stdout } = await home.nsc("tool", "rtt", "-a", "APP");
    expect(stdout).toMatch(/^round trip time to \[nats:\/\/127\.0\.0\.1:\d+\] = [\d.]+(?:µs|ms)\n$/);
    const { json } = await home.nsc("rtt", "-a", "APP", "--json");
    expect(json).toEqual({ url: server.url, round_trip_ms: expect.any(Number) });
  });

  test.each([
    ["pub", "a..b"],
    ["req", "a b"],
    ["sub", ".a"],
    ["reply", "a.>.b"],
  ])("refuses for %s the subject %s, about which servers say nothing", async (command, subject) => {
    await using home = await CommandHome.make();
    const { code, stderr } = await home.run(["tool", command, subject]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`invalid subject "${subject}"`)]);
  });

  test("publishes, and subscribes to so many messages", async () => {
    const { home } = await userHome();
    const listening = home.run(["tool", "sub", "-a", "APP", "orders.>", "--max-messages", "2"]);
    const piped = home.run(["sub", "-a", "APP", "orders.>", "--max-messages", "1", "--json", "-q", "workers"]);
    const both = isOver(Promise.all([listening, piped]));
    // Nobody says when they have begun to listen.
    await expect
      .poll(async () => (await home.nsc("pub", "-a", "APP", "orders.new", "first")) && both(), { timeout: 20_000 })
      .toBe(true);
    const heard = await listening;
    expect(heard.code).toBe(0);
    expect(heard.stderr).toBe(
      [
        "Listening on [orders.>] for 2 messages",
        "[#1] received on [orders.new]: 'first'",
        "[#2] received on [orders.new]: 'first'",
        "",
      ].join("\n"),
    );
    const { stderr } = await home.nsc("tool", "pub", "-a", "APP", "-u", "bob", "orders.new", 'sec"ond');
    expect(stderr).toBe('Published [orders.new] : "sec\\"ond"\n');
    const words = await home.nsc("pub", "-a", "APP", "elsewhere", "two", "words");
    expect(words.stderr).toBe(
      'warning: only "two" is sent; put several words in quotes\nPublished [elsewhere] : "two"\n',
    );
    expect((await piped).json).toEqual({ number: 1, subject: "orders.new", data: "first" });
  });

  test("asks and answers", async () => {
    const { home } = await userHome();
    const controller = new AbortController();
    const echo = home.run(["tool", "reply", "-a", "APP", "echo"], { signal: controller.signal });
    const pong = home.run(["reply", "-a", "APP", "ping", "pong", "--max-messages", "1", "--json"]);
    await expect
      .poll(async () => (await home.run(["tool", "req", "-a", "APP", "echo", "hello"])).stdout, { timeout: 20_000 })
      .toMatch(/^received reply: \[_INBOX\.\S+\] : 'hello'\n$/);
    await expect
      .poll(async () => (await home.run(["req", "-a", "APP", "ping", "--json"])).stdout, { timeout: 20_000 })
      .toContain('"data": "pong"');
    expect((await pong).json).toMatchObject({ number: 1, subject: "ping", is_answered: true });
    controller.abort();
    const { code, stderr } = await echo;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^listening on \[echo\]\n\[#1\] received on \[echo\]: 'hello'\n/);
  });

  test("fails when nobody answers", async () => {
    const world = await userHome();
    const { home } = world;
    const nobody = await home.run(["tool", "req", "-a", "APP", "nobody.there", "x"]);
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toContain("published request: [nobody.there] : 'x'\n");
    expect(nobody.stderr).toContain("Error: nats: no responders available for request\n");
    const silent = await connectAs(world.server, await credsOf(world));
    silent.subscribe("silent");
    await silent.flush();
    const late = await home.run(["tool", "req", "-a", "APP", "silent"]);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining("request timed out")]);
  });

  test("says what a user may not do", async () => {
    const { home, operator } = await userHome();
    const app = await operator.account("APP");
    await app.addUser("narrow", { pub: ["allowed"], sub: ["allowed"] });
    await home.nsc("pub", "-a", "APP", "-u", "narrow", "allowed");
    const published = await home.run(["pub", "-a", "APP", "-u", "narrow", "forbidden"]);
    expect([published.code, published.stderr]).toEqual([1, expect.stringMatching(/Permissions Violation/i)]);
    const heard = await home.run(["sub", "-a", "APP", "-u", "narrow", "forbidden", "--max-messages", "1"]);
    expect([heard.code, heard.stderr]).toEqual([1, expect.stringMatching(/Permissions Violation/i)]);
  });

  test("connects over TLS by flags and by the environment", async () => {
    const plain = await servedHome(["APP"]);
    const [cert, key] = [join(plain.home.path, "cert.pem"), join(plain.home.path, "key.pem")];
    await writeFile(cert, CERTIFICATE);
    await writeFile(key, PRIVATE_KEY);
    const tls = `tls { cert_file: ${JSON.stringify(cert)}, key_file: ${JSON.stringify(key)}, ca_file: ${JSON.stringify(cert)}, verify: true }`;
    const world = await servedHome(["APP"], { config: tls });
    await (await world.operator.account("APP")).addUser("bob");
    const flags = ["--ca-cert", cert, "--client-cert", cert, "--client-key", key, "--tls-curves", "P256,CurveX25519"];
    await world.home.nsc("push", "-A", ...flags);
    await world.home.nsc("tool", "rtt", "-a", "APP", ...flags);
    const env = { NATS_CA: cert, NATS_CERT: cert, NATS_KEY: key };
    expect((await world.home.run(["rtt", "-a", "APP"], { env })).code).toBe(0);
    expect((await world.home.run(["pull", "-A"], { env })).code).toBe(0);
    const without = await world.home.run(["tool", "rtt", "-a", "APP"]);
    expect([without.code, without.stderr]).toEqual([1, expect.stringContaining("can't connect to")]);
    const half = await world.home.run(["tool", "rtt", "-a", "APP", "--client-cert", cert]);
    expect([half.code, half.stderr]).toEqual([1, expect.stringContaining("the client key (--client-key")]);
    const gone = await world.home.run(["tool", "rtt", "-a", "APP", "--ca-cert", "nowhere.pem"]);
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("(--ca-cert): there is no such file")]);
  });

  test("refuses what it can't do, before it connects", async () => {
    const { home, operator } = await userHome();
    const app = await operator.account("APP");
    const error = async (...words: string[]): Promise<string | undefined> => {
      const { code, stderr } = await home.run(words);
      expect(code).toBe(1);
      return stderr.split("\n")[0];
    };
    expect(await error("tool", "rtt", "-a", "APP", "-u", "nobody")).toMatch(
      /^Error: stat \/.*\/creds\/local\/APP\/nobody\.creds: no such file or directory$/,
    );
    await app.addUser("damaged");
    const creds = join(home.path, ".local/share/nats/nsc/keys/creds/local/APP/damaged.creds");
    await writeFile(creds, "nothing");
    expect(await error("tool", "rtt", "-a", "APP", "-u", "damaged")).toContain(
      `Error: can't use ${creds}: no token found`,
    );
    await (await app.user("damaged")).delete();
    expect(await error("tool", "rtt")).toBe("Error: no account set - `nsc env --account <name>`");
    expect(await error("sub", "-a", "APP", "s", "--max-messages", "0")).toBe(
      "Error: max-messages must be greater than zero",
    );
    expect(await error("sub", "-a", "APP", "s", "-E")).toBe(
      "Error: the experimental --encrypt option is no longer supported",
    );
    expect(await error("pub", "-a", "APP", "s", "--nats", "nats://x")).toBe("Error: unknown flag: --nats");
    await app.addUser("alice");
    expect(await error("tool", "rtt", "-a", "APP")).toBe("Error: a user is required");
    await operator.edit(({ nats }) => {
      delete nats.operator_service_urls;
    });
    expect(await error("tool", "rtt", "-a", "APP", "-u", "bob")).toBe(
      'Error: operator "local" doesn\'t have operator_service_urls set',
    );
    const { code, stderr } = await home.run(["tool", "pub", "-a", "APP", "s", "text", "--dry-run"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('would publish [s] : "text"')]);
  });
});

/** Tells whether something is over by now. */
function isOver(running: Promise<unknown>): () => boolean {
  let over = false;
  void running.finally(() => {
    over = true;
  });
  return () => over;
}
