import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { type AddressInfo, connect as connectTcp, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { ConfigMap } from "../../src/index.ts";
import {
  type NatsServerOptions,
  type RunningNatsServer,
  startNatsServer,
  testAuthority,
} from "../../src/testing/index.ts";
import { describeWithServer, natsServer } from "../support/nats-server.ts";
import { isPosix, lacksPosix } from "../support/posix.ts";

async function start(options?: NatsServerOptions): Promise<RunningNatsServer> {
  const server = await startNatsServer(options);
  onTestFinished(() => server.stop());
  return server;
}

/** The INFO line that a server sends first, as data. */
async function readInfo({ port, host }: { port: number; host: string }): Promise<Record<string, unknown>> {
  const socket = connectTcp(port, host);
  const [line] = (await once(createInterface(socket), "line")) as [string];
  socket.destroy();
  return JSON.parse(line.replace(/^INFO /, ""));
}

async function answers(port: number): Promise<boolean> {
  const socket = connectTcp(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** What this file's servers leave in the temporary folder, which is its own: other files have servers, too. */
function temporaryFolders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("nats-server-"));
}

/** The configuration of a server that asks for accounts when it starts, where nobody answers. */
async function neverReady(): Promise<string> {
  const silent = createServer();
  await once(silent.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const { operator } = await testAuthority();
  return `operator: ${operator.token}\nresolver: URL("http://127.0.0.1:${port}/")`;
}

const formerTmpdir = process.env["TMPDIR"];
const privateTmpdir = mkdtempSync(join(tmpdir(), "nsc-tests-"));

beforeAll(() => {
  process.env["TMPDIR"] = privateTmpdir;
});

afterAll(() => {
  if (formerTmpdir === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = formerTmpdir;
  rmSync(privateTmpdir, { recursive: true, force: true });
});

function ownFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "nsc-server-test-")));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describeWithServer("startNatsServer", () => {
  test("gives a server that answers on 127.0.0.1, and stops it", async () => {
    const server = await start();
    expect(server).toMatchObject({ host: "127.0.0.1", version: natsServer?.version });
    expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
    expect(server.monitorUrl).toBeUndefined();
    expect(await readInfo(server)).toMatchObject({ version: server.version, port: server.port, host: "127.0.0.1" });
    expect(server.log()).toContain("Server is ready");

    const connection = await connect({ servers: server.url });
    connection.subscribe("question", { callback: (_, message) => void message.respond("answer") });
    expect((await connection.request("question")).string()).toBe("answer");
    await connection.close();

    await server.stop();
    expect(await answers(server.port)).toBe(false);
    expect(existsSync(server.dir)).toBe(false);
    expect(server.log()).toContain("Server Exiting");
    await server.stop();
  });

  test("gives each server a port and a folder of its own", async () => {
    const servers = await Promise.all([start(), start(), start()]);
    expect(new Set(servers.map(({ port }) => port)).size).toBe(3);
    expect(new Set(servers.map(({ dir }) => dir)).size).toBe(3);
    const ids = await Promise.all(servers.map(async (server) => (await readInfo(server))["server_id"]));
    expect(new Set(ids).size).toBe(3);
  });

  test("can start many without a warning, and leaves no listener behind", async () => {
    const warned = vi.fn();
    process.on("warning", warned);
    const before = [process.listenerCount("exit"), process.getMaxListeners()];
    const servers = await Promise.all(Array.from({ length: 11 }, () => start()));
    await Promise.all(servers.map((server) => server.stop()));
    expect([process.listenerCount("exit"), process.getMaxListeners()]).toEqual(before);
    process.off("warning", warned);
    expect(warned).not.toHaveBeenCalled();
  });

  test("stops at the end of an `await using` block", async () => {
    const server = await startNatsServer();
    await server[Symbol.asyncDispose]();
    expect(await answers(server.port)).toBe(false);
  });

  test("takes stops at the same time, and one after the server ended by itself", async () => {
    const server = await start();
    process.kill(server.pid, "SIGKILL");
    await vi.waitFor(async () => expect(await answers(server.port)).toBe(false));
    await Promise.all([server.stop(), server.stop()]);
    expect(existsSync(server.dir)).toBe(false);
  });

  test("kills a server that does not react", { skip: lacksPosix }, async () => {
    const server = await start();
    process.kill(server.pid, "SIGSTOP");
    await server.stop();
    expect(existsSync(server.dir)).toBe(false);
    expect(await answers(server.port)).toBe(false);
  });

  test("keeps its files from other users", { skip: lacksPosix }, async () => {
    const server = await start({ config: "server_name: private", jetstream: true });
    expect(modeOf(server.dir)).toBe("700");
    for (const name of ["nats-server.conf", "main.conf", "nats-server.log"]) {
      expect(modeOf(join(server.dir, name)), name).toBe("600");
    }
  });

  test("keeps the configuration from listening for clients elsewhere", async () => {
    for (const config of [
      'listen: "0.0.0.0:4299"',
      'host: "0.0.0.0"\nport: 4299',
      '{"net": "0.0.0.0", "port": 4299}',
    ]) {
      const server = await start({ config, args: ["-a", "0.0.0.0", "-p", "4299"] });
      expect(server.port).not.toBe(4299);
      expect(await readInfo(server)).toMatchObject({ host: "127.0.0.1", port: server.port });
    }
  });

  test("passes arguments and tells where monitoring answers", async () => {
    const server = await start({ args: ["-m", "-1", "-DV"] });
    expect(server.monitorUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await fetch(`${server.monitorUrl}/varz`);
    expect(await response.json()).toMatchObject({ port: server.port, version: server.version });
    expect(server.log()).toContain("[DBG]");
  });

  test("takes a configuration that becomes text, with paths from its own folder on", async () => {
    const text = () => 'server_name: "from-object"\npid_file: "./here.pid"\n';
    const config: ConfigMap = Object.defineProperty({}, "toString", { value: text });
    const server = await start({ config });
    expect(await readInfo(server)).toMatchObject({ server_name: "from-object" });
    expect(readFileSync(join(server.dir, "here.pid"), "utf8")).toBe(String(server.pid));
  });

  test("does not wait for a busy event loop to take its log", async () => {
    const server = await start({ args: ["-DVV"] });
    const connection = await connect({ servers: server.url });
    const payload = "x".repeat(100_000);
    for (let i = 0; i < 100; i++) connection.publish("noise", payload);
    await connection.flush();
    await connection.close();
    expect(server.log().length).toBeGreaterThan(900_000);
    expect(server.log().length).toBeLessThanOrEqual(1024 * 1024);
  });
});

describeWithServer("JetStream", () => {
  const stream = { name: "orders", subjects: ["orders.>"] };

  test("is off unless asked for", async () => {
    expect(await readInfo(await start())).not.toHaveProperty("jetstream");
  });

  test("keeps its data in the temporary folder, which goes with the server", async () => {
    const server = await start({ jetstream: true });
    expect(await readInfo(server)).toMatchObject({ jetstream: true });
    const connection = await connect({ servers: server.url });
    await (await jetstreamManager(connection)).streams.add(stream);
    await connection.close();
    expect(existsSync(join(server.dir, "jetstream", "$G", "streams", "orders"))).toBe(true);
    await server.stop();
    expect(existsSync(server.dir)).toBe(false);
  });

  test("does so too when only the configuration switches it on, and with its limits", async () => {
    for (const options of [{}, { jetstream: true }]) {
      const config = "jetstream: { max_mem_store: 8Mb }";
      const server = await start({ ...options, config, args: ["-m", "-1"] });
      const answer = await fetch(`${server.monitorUrl}/jsz`);
      expect(await answer.json()).toMatchObject({ config: { max_memory: 8 * 1024 * 1024 } });
      expect(existsSync(join(server.dir, "jetstream"))).toBe(true);
    }
  });

  test("never keeps its data elsewhere", async () => {
    const elsewhere = ownFolder();
    await expect(start({ config: `jetstream { store_dir: ${JSON.stringify(elsewhere)} }` })).rejects.toMatchObject({
      code: "ERR_SERVER_START",
      message: expect.stringContaining("store_dir"),
    });

    const server = await start({ jetstream: true, config: `store_dir: ${JSON.stringify(elsewhere)}` });
    expect(existsSync(join(server.dir, "jetstream"))).toBe(true);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test("is found again by a second server in the same folder, which stays", async () => {
    const dir = join(ownFolder(), "new", "server");
    const first = await start({ dir, jetstream: true });
    expect(first.dir).toBe(dir);
    let connection = await connect({ servers: first.url });
    await (await jetstreamManager(connection)).streams.add(stream);
    await connection.close();
    await first.stop();
    expect(first.log()).toContain("Server Exiting");

    const second = await start({ dir, jetstream: true });
    connection = await connect({ servers: second.url });
    expect((await (await jetstreamManager(connection)).streams.info("orders")).config.name).toBe("orders");
    await connection.close();
    await second.stop();
    if (isPosix) expect(modeOf(dir)).toBe("700");
    expect(readdirSync(dir)).toContain("jetstream");
  });
});

describeWithServer("reload", { skip: lacksPosix }, () => {
  test("makes the server read its configuration again", async () => {
    const server = await start({ config: "max_payload: 1000", jetstream: true });
    expect(await readInfo(server)).toMatchObject({ max_payload: 1000 });
    await server.reload("max_payload: 2000\nlisten: '0.0.0.0:4299'");
    // JetStream and the port have survived.
    expect(await readInfo(server)).toMatchObject({ max_payload: 2000, jetstream: true, port: server.port });
    await Promise.all([server.reload("max_payload: 3000"), server.reload("max_payload: 4000"), server.reload()]);
    expect(await readInfo(server)).toMatchObject({ max_payload: 4000, host: "127.0.0.1" });
  });

  test("tells that the server refused, and the next one may succeed", async () => {
    const server = await start();
    await expect(server.reload("no_such_field: { a: 1 }")).rejects.toMatchObject({
      code: "ERR_SERVER_RELOAD",
      message: expect.stringMatching(/nats-server\.conf:1:.*unknown field "no_such_field"/),
    });
    await server.reload("max_payload: 2000");
    expect(await readInfo(server)).toMatchObject({ max_payload: 2000 });
  });

  test("tells that the server is gone", async () => {
    const server = await start();
    await server.stop();
    await expect(server.reload()).rejects.toMatchObject({ code: "ERR_SERVER_RELOAD" });
  });
});

describeWithServer("a start that fails", () => {
  test("shows the end of the log, with the caller's line numbers, and leaves nothing behind", async () => {
    const before = temporaryFolders();
    await expect(
      start({ config: "max_payload: 1000\n\nno_such_field: { a: 1 }\n", jetstream: true }),
    ).rejects.toMatchObject({
      code: "ERR_SERVER_START",
      message: expect.stringMatching(
        /^nats-server \S+ ended with exit code 1 instead of starting; .*\n.*nats-server\.conf:3:\d+: unknown field "no_such_field"/,
      ),
    });
    expect(temporaryFolders()).toEqual(before);
  });

  test("shows no seed that the server quotes", async () => {
    const seed = `SUA${"IBDPBAUTWCWBKIO6XHQNINK5FWJW4OHLXC3HQ2KFE4PEJUA44CNHTC4"}`;
    const failure = await start({ config: `resolver: "${seed}"\n${seed}: {}` }).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "ERR_SERVER_START", message: expect.stringContaining("[redacted]") });
    expect(String((failure as Error).stack)).not.toContain(seed.slice(3, 30));
  });

  test("ends when the time is over", async () => {
    const config = await neverReady();
    const before = temporaryFolders();
    await expect(start({ config, startTimeout: "200ms" })).rejects.toMatchObject({
      code: "ERR_SERVER_START",
      message: expect.stringContaining("was not ready within 200 ms; the end of its log:"),
    });
    expect(temporaryFolders()).toEqual(before);
  });

  test("says what arguments are wrong", async () => {
    await expect(start({ startTimeout: "10" })).rejects.toMatchObject({ code: "ERR_ARGUMENT_INVALID" });
    await expect(start({ config: 5 as never })).rejects.toMatchObject({ code: "ERR_ARGUMENT_INVALID" });
    await expect(start({ args: ["--no-such-flag"] })).rejects.toMatchObject({
      code: "ERR_SERVER_START",
      message: expect.stringContaining("no-such-flag"),
    });
    await expect(start({ args: ["--"] })).rejects.toMatchObject({ code: "ERR_SERVER_START" });
  });

  test("can be aborted, and so can a server that runs", async () => {
    const before = temporaryFolders();
    const reason = new Error("enough");
    await expect(start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    const starting = new AbortController();
    const failure = expect(start({ config: await neverReady(), signal: starting.signal })).rejects.toBe(reason);
    setTimeout(() => starting.abort(reason), 20);
    await failure;
    expect(temporaryFolders()).toEqual(before);

    const running = new AbortController();
    const server = await start({ signal: running.signal });
    running.abort();
    await vi.waitFor(() => expect(existsSync(server.dir)).toBe(false));
    expect(await answers(server.port)).toBe(false);
  });
});

describe("without a binary", () => {
  test("a start says so", async () => {
    await expect(startNatsServer({ server: join(tmpdir(), "no-such-server") })).rejects.toMatchObject({
      code: "ERR_SERVER_NOT_FOUND",
      message: expect.stringContaining("no-such-server"),
    });
  });
});

describeWithServer("a test process that ends", () => {
  /** Runs the fixture as a process, up to the moment at which its server is there. */
  async function runFixture(ending: string) {
    const script = join(import.meta.dirname, "fixtures", "start-server.ts");
    const child = spawn(process.execPath, ["--import", "tsx", script, ending], { stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(child, "exit");
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    return { child, ended, server: JSON.parse(line) as { port: number; pid: number; dir: string } };
  }

  async function isGone({ port, dir }: { port: number; dir: string }): Promise<void> {
    const options = { timeout: 10_000, interval: 50 };
    await vi.waitFor(
      async () =>
        expect({ answers: await answers(port), files: existsSync(dir) }).toEqual({ answers: false, files: false }),
      options,
    );
  }

  test.each(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "by %s takes its server along",
    { skip: lacksPosix },
    async (signal) => {
      const { child, ended, server } = await runFixture("wait");
      expect(await answers(server.port)).toBe(true);
      child.kill(signal);
      expect(await ended).toEqual([null, signal]);
      await isGone(server);
    },
  );

  test.each([
    ["by exit", "exit", 3],
    ["by an exception", "throw", 1],
    ["because it has nothing left to do", "end", 0],
  ])("%s takes its server along", async (_, ending, code) => {
    const { ended, server } = await runFixture(ending);
    expect(await ended).toEqual([code, null]);
    // Nothing to wait for: the server was gone first.
    expect({ answers: await answers(server.port), files: existsSync(server.dir) }).toEqual({
      answers: false,
      files: false,
    });
  });
});
