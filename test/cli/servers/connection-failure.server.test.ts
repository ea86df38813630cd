import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { isOlderThan } from "../../server/servers.ts";
import { ADDRESS_CERTIFICATE, CERTIFICATE, NAME_CERTIFICATE, PRIVATE_KEY } from "../../support/certificate.ts";
import { describeWithServer } from "../../support/nats-server.ts";
import { CommandHome, type Outcome } from "../support/run-command.ts";
import { type ServedHome, servedHome } from "./served-home.ts";

interface Secured extends ServedHome {
  /** The server's certificate, which is its authority, too. */
  readonly cert: string;
  readonly key: string;
}

/** Files of a certificate and its key, for as long as the test. */
async function certificateFiles(certificate: string): Promise<{ readonly cert: string; readonly key: string }> {
  const files = await CommandHome.make();
  onTestFinished(() => files[Symbol.asyncDispose]());
  const [cert, key] = [join(files.path, "cert.pem"), join(files.path, "key.pem")];
  await writeFile(cert, certificate);
  await writeFile(key, PRIVATE_KEY);
  return { cert, key };
}

/** A home with a user of "APP", and a server with TLS that has its account. */
async function secured(more = "", certificate: string = CERTIFICATE): Promise<Secured> {
  const files = await certificateFiles(certificate);
  const world = await servedHome(["APP"], {
    config: `tls { cert_file: "${files.cert}", key_file: "${files.key}"${more === "" ? "" : `, ${more}`} }`,
  });
  await (await world.operator.account("APP")).addUser("bob");
  return { ...world, ...files };
}

async function plain(config = ""): Promise<ServedHome> {
  const world = await servedHome(["APP"], { config });
  await (await world.operator.account("APP")).addUser("bob");
  await world.home.nsc("push", "-A");
  return world;
}

/** Listens as long as the test. @returns the port */
async function listening(greet: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    greet(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function expectFailure({ code, stdout, stderr }: Outcome, ...lines: readonly string[]): void {
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^Error: (?:failed to connect: )?nats: no servers available for connection\n/);
  for (const line of lines) expect(stderr).toContain(line);
}

describeWithServer("why servers can't be connected to", () => {
  test.skipIf(isOlderThan("2.10.4"))("of a server that begins with TLS, and of one that does not", async () => {
    const { home, server, cert } = await secured("handshake_first: true");
    for (const words of [
      ["push", "-A"],
      ["pull", "-A"],
      ["tool", "rtt", "-a", "APP"],
    ]) {
      const refused = await home.run([...words, "--ca-cert", cert]);
      expectFailure(refused, `can't connect to ${server.url}: the server begins with TLS\nsay --tls-first\n`);
    }
    expectFailure(await home.run(["rtt", "-a", "APP"]), "say 'nsc tool' with --tls-first\n");
    await home.nsc("push", "-A", "--ca-cert", cert, "--tls-first");

    const other = await secured();
    const early = await other.home.run(["push", "-A", "--ca-cert", other.cert, "--tls-first"]);
    expectFailure(early, "the server does not begin with TLS\nleave out --tls-first\n");
    await other.home.nsc("push", "-A", "--ca-cert", other.cert);
  });

  test("of one whose authority is not known, or that demands a certificate", async () => {
    const { home, cert, key } = await secured(`verify: true, ca_file: "${(await certificateFiles(CERTIFICATE)).cert}"`);
    expectFailure(await home.run(["push", "-A"]), "self-signed certificate\n", "say --ca-cert, or NATS_CA in the env");
    const { cert: foreign } = await certificateFiles(NAME_CERTIFICATE);
    const words = ["push", "-A", "--ca-cert", cert];
    const demand = "the server demands a certificate of its clients\nsay --client-cert and --client-key, or NATS_CERT";
    expectFailure(await home.run(words), demand);
    const refused = await home.run([...words, "--client-cert", foreign, "--client-key", key]);
    expectFailure(refused, "the server does not take the client's certificate: ");
    expectFailure(await home.run(["push", "-A", "--ca-cert", foreign]), "none of the authorities in the file");
    await home.nsc(...words, "--client-cert", cert, "--client-key", key);
  });

  test("of one without TLS, where it is asked for", async () => {
    const { home, server } = await plain();
    const url = server.url.replace("nats:", "tls:");
    expectFailure(await home.run(["push", "-A", "-u", url]), "the server does not offer TLS\n", "leave out", "NATS_CA");
  });

  test("certificates are looked at for the address, where a server is known by it alone", async () => {
    const named = await secured("", NAME_CERTIFICATE);
    const refused = await named.home.run(["push", "-A", "--ca-cert", named.cert]);
    expectFailure(refused, "127.0.0.1 is not in the cert's list", "its certificate is of another host");
    await named.home.nsc(
      "push",
      "-A",
      "--ca-cert",
      named.cert,
      "-u",
      named.server.url.replace("127.0.0.1", "localhost"),
    );

    const addressed = await secured("", ADDRESS_CERTIFICATE);
    await addressed.home.nsc("push", "-A", "--ca-cert", addressed.cert);
    const { server, home, cert } = addressed;
    const other = await home.run(["push", "-A", "--ca-cert", cert, "-u", server.url.replace("127.0.0.1", "localhost")]);
    expectFailure(other, "Host: localhost. is not");
  });

  test("of ports that speak something else, or WebSocket", async () => {
    const { home, server } = await plain('websocket { host: "127.0.0.1", port: -1, no_tls: true }');
    const port = /Listening for websocket clients on ws:\/\/127\.0\.0\.1:(\d+)/.exec(server.log())?.[1];
    const rtt = (url: string) => home.run(["tool", "rtt", "-a", "APP", "--nats", url]);
    const { stdout } = await rtt(`ws://127.0.0.1:${port}`);
    expect(stdout).toContain(`round trip time to [ws://127.0.0.1:${port}] = `);
    expectFailure(await rtt(`nats://127.0.0.1:${port}`), "no nats-server greets there\n", "say ws:// or wss://");
    expectFailure(await rtt(`wss://127.0.0.1:${port}`), "the server does not speak TLS there\nsay ws://");
    const asWebSocket = server.url.replace("nats:", "ws:");
    expectFailure(await rtt(asWebSocket), "what answers there does not speak WebSocket\nsay nats://");
    const http = await listening((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expectFailure(await rtt(`nats://127.0.0.1:${http}`), "what answers there is no nats-server\n");
    const invalid = await rtt("nats://127.0.0.1:99999");
    expect([invalid.code, invalid.stderr]).toEqual([1, 'Error: invalid server URL "nats://127.0.0.1:99999"\n']);
  });

  test("of each server, if there are several", async () => {
    const { home } = await plain();
    const closing = await listening((socket) => socket.destroy());
    const rejecting = await listening((socket) => {
      socket.write('INFO {"server_id":"A","version":"2.10.0","proto":1,"headers":true,"max_payload":1024}\r\n');
      socket.once("data", () => socket.destroy());
    });
    const urls = ["nats://127.0.0.1:1", `nats://127.0.0.1:${closing}`, `nats://u:secret@127.0.0.1:${rejecting}`];
    const refused = await home.run(["tool", "sub", "-a", "APP", "s", "--nats", [...urls, "nats://no.invalid"].join()]);
    expectFailure(
      refused,
      "can't connect to nats://127.0.0.1:1: connection refused\n",
      `can't connect to nats://127.0.0.1:${closing}: it closes connections at once\n`,
      `can't connect to nats://127.0.0.1:${rejecting}: it closes the connection at the login\n`,
    );
    expect(refused.stderr).toMatch(
      /can't connect to nats:\/\/no\.invalid: (?:there is no host|the host) "no\.invalid"/,
    );
    expect(refused.stderr).not.toContain("secret");
    const { stderr } = await home.run(["tool", "req", "-a", "APP", "s", "--nats", "nats://127.0.0.1:1", "--json"]);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "ERR_NATS_CONNECTION",
        message: "nats: no servers available for connection",
        hint: "can't connect to nats://127.0.0.1:1: connection refused",
      },
    });
  });

  test("in the server's words, as of an account that has enough connections", async () => {
    const { home, operator } = await plain('websocket { host: "127.0.0.1", port: -1, no_tls: true }');
    await (await operator.account("APP")).edit(({ nats }) => {
      nats.limits.conn = 0;
    });
    await home.nsc("push", "-a", "APP");
    const refused = await home.run(["tool", "rtt", "-a", "APP"]);
    expectFailure(refused, 'it answers "maximum account active connections exceeded"\n');
  });
});

describeWithServer("why servers don't let a user in", () => {
  const refusal = ({ code, stderr }: Outcome): string => {
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: (?:failed to connect: )?nats: Authorization Violation\n/);
    return stderr;
  };

  test("by what the store knows of its creds", async () => {
    const { home, operator } = await plain();
    const app = await operator.account("APP");
    await app.addUser("late", { expires: "1s" });
    await app.addUser("revoked");
    await home.nsc("revocations", "add-user", "-a", "APP", "-n", "revoked");
    await home.nsc("push", "-a", "APP");
    const revoked = await home.run(["tool", "rtt", "-a", "APP", "-u", "revoked"]);
    expect(refusal(revoked)).toContain('the creds of user "revoked" are revoked by account "APP"\n');
    await home.nsc("add", "user", "-a", "APP", "limited", "--conn-type", "websocket", "--source-network", "10.0.0.0/8");
    const limited = await home.run(["tool", "rtt", "-a", "APP", "-u", "limited"]);
    expect(refusal(limited)).toContain("are for connections of type WEBSOCKET from 10.0.0.0/8 alone; if this was");
    await operator.addAccount("NEW");
    await (await operator.account("NEW")).addUser("u");
    expect(refusal(await home.run(["tool", "rtt", "-a", "NEW"]))).toContain("which 'nsc push -a NEW' mends");
    await home.nsc("edit", "user", "-a", "SYS", "-n", "sys", "--expiry", "1s");
    const late = (): ReturnType<typeof home.run> => home.run(["tool", "rtt", "-a", "APP", "-u", "late"]);
    await vi.waitFor(
      async () =>
        expect(refusal(await late())).toMatch(
          /the creds of user "late" have expired .* UTC: 'nsc edit user -a APP -n late --expiry …' makes new ones\n/,
        ),
      { timeout: 10_000 },
    );
    const system = (): ReturnType<typeof home.run> => home.run(["push", "-A", "--system-user", "sys"]);
    await vi.waitFor(async () => expect(refusal(await system())).toContain('the creds of user "sys" have expired'), {
      timeout: 10_000,
    });
  });

  test("of another operator", async () => {
    const { home, server } = await plain();
    await home.nsc("add", "operator", "other", "--sys");
    await home.nsc("edit", "operator", "--account-jwt-server-url", server.url);
    await home.nsc("add", "account", "A");
    for (const words of [
      ["push", "-A"],
      ["pull", "-A"],
    ]) {
      expect(refusal(await home.run(words))).toContain('the servers may trust another operator than "other"');
    }
  });

  test("and a subscription fails when its creds expire", async () => {
    const { home, operator } = await plain();
    await (await operator.account("APP")).addUser("short", { expires: new Date(Date.now() + 3000) });
    const { code, stderr } = await home.run(["tool", "sub", "-a", "APP", "-u", "short", "s"]);
    expect(code).toBe(1);
    expect(stderr).toContain("Listening on [s]\nDisconnected: error: User Authentication Expired\n");
    expect(stderr).toMatch(/^Error: nats: (?:User Authentication Expired|Authorization Violation)\n/m);
    expect(stderr).toContain('the creds of user "short" have expired');
  });
});
