import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import {
  deleteAccounts,
  distribute,
  listAccounts,
  lookupAccount,
  type NatsTarget,
  type PushProgress,
  type PushReport,
  pendingAccounts,
  prune,
  pull,
  push,
  type ServersTarget,
} from "nsc.js/nats";
import { type RunningNatsServer, testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { expectNoSecret } from "../support/secrets.ts";
import { connectAs, full, type ServerInit, serve } from "./servers.ts";
import { manyAccounts, manyNames, messageOf, proxyTo, summary, withPublish } from "./tools.ts";

const NOBODY = "nats://127.0.0.1:1";

/** So many accounts and a server that has none of them, in a folder that stays. */
async function world(count: number, init: ServerInit = {}) {
  const dir = await mkdtemp(join(tmpdir(), "nats-failures-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const authority = await testAuthority({ accounts: manyAccounts(count), resolver: full({ timeout: "200ms" }) });
  const start = (): Promise<RunningNatsServer> => serve(authority, { name: "n1", dir, ...init });
  return { ...authority, start, server: await start() };
}

/** What a server does not come to do any more. */
function kill({ pid }: RunningNatsServer): void {
  process.kill(pid, "SIGKILL");
}

/** Stops a server where it is, until it may go on or the test is over. */
function freeze({ pid }: RunningNatsServer): () => void {
  process.kill(pid, "SIGSTOP");
  const thaw = (): void => {
    process.kill(pid, "SIGCONT");
  };
  onTestFinished(() => {
    try {
      thaw();
    } catch {
      // It has ended.
    }
  });
  return thaw;
}

/** Does something when so many accounts are done. */
function at(done: number, act: () => void): (progress: PushProgress) => void {
  return (progress) => {
    if (progress.done === done) act();
  };
}

function failedOf(report: PushReport): string[] {
  return report.accounts.filter(({ status }) => status === "failed").map(({ name }) => name);
}

async function pendingNames(operator: Parameters<typeof pendingAccounts>[0]): Promise<string[]> {
  return (await pendingAccounts(operator)).map(({ name }) => name);
}

/** Everything that asks servers. */
function verbs(
  target: NatsTarget,
  operator: Parameters<typeof push>[1],
  options: { readonly timeout?: string; readonly signal?: AbortSignal } = {},
): readonly (() => Promise<unknown>)[] {
  return [
    () => push(target, operator, options),
    () => pull(target, operator, options),
    () => listAccounts(target, operator, options),
    () => lookupAccount(target, operator, "SYS", options),
    () => deleteAccounts(target, operator, ["T0000"], options),
    () => prune(target, operator, options),
    () => distribute(target, { operator, accounts: [], trustedKeys: [operator.publicKey] }, options),
  ];
}

describeWithServer("without a server", () => {
  test("everything fails with its address, and accounts that were asked for are pending", async () => {
    const { operator } = await testAuthority({ accounts: manyAccounts(2) });
    for (const run of verbs({ connect, servers: NOBODY }, operator)) {
      const failing = run();
      await expect(failing).toThrowCode("ERR_NATS_CONNECTION");
      await expect(failing).rejects.toThrow(`can't connect to ${NOBODY}`);
    }
    expect(await pendingNames(operator)).toEqual([]);
    await expect(push({ connect, servers: NOBODY }, operator, { accounts: ["T0001"] })).toThrowCode(
      "ERR_NATS_CONNECTION",
    );
    expect(await pendingNames(operator)).toEqual(["T0001"]);
  });

  test("passwords in its address stay out of the error", async () => {
    const { operator } = await testAuthority({ accounts: {} });
    const servers = ["nats://admin:se:cr@t@127.0.0.1:1", "t0ken@127.0.0.1:1"];
    const message = await messageOf(() => push({ connect, servers }, operator));
    expect(message).toContain("can't connect to nats://127.0.0.1:1, 127.0.0.1:1: ");
    expect(message).not.toMatch(/se:cr|t0ken/);
  });

  test("one that is there is found behind others that are not", async () => {
    const { operator, server } = await world(1);
    const report = await push({ connect, servers: [NOBODY, server.url] }, operator);
    expect(summary(report)).toEqual(["SYS unchanged", "T0000 pushed"]);
  });

  test("a server that accepts and says nothing is given up in time", async () => {
    const { operator, server } = await world(1);
    freeze(server);
    const begin = performance.now();
    const target = { connect, servers: server.url, options: { maxReconnectAttempts: 0 } };
    await expect(push(target, operator, { timeout: "500ms" })).toThrowCode("ERR_NATS_CONNECTION");
    expect(performance.now() - begin).toBeLessThan(5000);
  });
});

describeWithServer("a server that is killed in the middle of a push", () => {
  test("and does not come back is named with all that failed, and a later push finishes it", async () => {
    const { operator, server, start } = await world(400);
    const target = { connect, servers: server.url };
    const report = await push(target, operator, {
      concurrency: 16,
      timeout: "1s",
      onProgress: at(100, () => kill(server)),
    });
    const failed = failedOf(report);
    expect(report.accounts.map(({ name }) => name)).toEqual(["SYS", ...manyNames(400)]);
    expect(failed.length).toBeGreaterThanOrEqual(301 - 16);
    expect(failed.length).toBeLessThanOrEqual(301);
    for (const { status, servers, code } of report.accounts) {
      if (status !== "failed") continue;
      expect(["ERR_NATS_CONNECTION", "ERR_NATS_TIMEOUT"]).toContain(code);
      expect(servers).toMatchObject([{ server: { name: "n1" }, outcome: "missing" }]);
    }
    expect(report.assertComplete).toThrow(
      new RegExp(
        `^${401 - failed.length} of 401 .*"${failed[0]}": .*n1 did not answer.* and ${failed.length - 5} more$`,
      ),
    );
    expect(await pendingNames(operator)).toEqual(failed);

    const again = await start();
    const rest = await push({ connect, servers: again.url }, operator, { accounts: "pending" });
    rest.assertComplete();
    expect(rest.accounts.map(({ name }) => name)).toEqual(failed);
    expect(await pendingNames(operator)).toEqual([]);
    const listing = await listAccounts({ connect, servers: again.url }, operator);
    expect(listing.onlyInStore).toEqual([]);
    expect(listing.accounts).toHaveLength(401);
  });

  test("and comes back is the same server, and everything arrives", async () => {
    const { operator, server, start } = await world(400);
    const proxy = await proxyTo(server);
    const target = { connect, servers: proxy.url };
    let restarting: Promise<void> = Promise.resolve();
    const restart = async (): Promise<void> => {
      kill(server);
      proxy.to(await start());
    };
    const onProgress = at(100, () => {
      restarting = restart();
    });
    const report = await push(target, operator, { concurrency: 16, timeout: "2s", onProgress });
    await restarting;
    report.assertComplete();
    expect(report.accounts).toHaveLength(401);
    expect(report.servers.map(({ name }) => name)).toEqual(["n1"]);

    const second = await push(target, operator);
    expect(summary(second).filter((text) => !text.endsWith("unchanged"))).toEqual([]);
    expect((await listAccounts(target, operator)).onlyInStore).toEqual([]);
    expect(await pendingNames(operator)).toEqual([]);
  });
});

describeWithServer("a server that is slow", () => {
  test("for too long is not waited for again and again, and what it may have missed is pending", async () => {
    // Many more than are under way until all threads of the server have stopped.
    const { operator, server } = await world(400);
    let thaw: () => void = () => undefined;
    const onProgress = at(30, () => {
      thaw = freeze(server);
    });
    const begin = performance.now();
    const target = { connect, servers: server.url };
    const report = await push(target, operator, { concurrency: 10, timeout: "700ms", onProgress });
    expect(performance.now() - begin).toBeLessThan(5000);
    const failed = failedOf(report);
    expect(failed.length).toBeGreaterThan(50);
    expect(report.accounts.find(({ status }) => status === "failed")).toMatchObject({ code: "ERR_NATS_TIMEOUT" });
    expect(report.assertComplete).toThrow("n1 did not answer");
    expect(await pendingNames(operator)).toEqual(failed);

    thaw();
    (await push(target, operator, { accounts: "pending" })).assertComplete();
    expect(await pendingNames(operator)).toEqual([]);
    expect((await listAccounts(target, operator)).onlyInStore).toEqual([]);
  });

  test("for too long fails whatever is asked on a connection that is there", async () => {
    const { operator, server, systemCreds } = await world(1);
    const connection = await connectAs(server, systemCreds);
    (await push(connection, operator)).assertComplete();
    freeze(server);
    for (const run of verbs(connection, operator, { timeout: "150ms" })) {
      const failing = run();
      await expect(failing).toThrowCode("ERR_NATS_TIMEOUT");
      await expect(failing).rejects.toThrow("150 ms");
    }
    expect(connection.isClosed()).toBe(false);
  });

  test("and goes on in time misses nothing", async () => {
    const { operator, server } = await world(100);
    const onProgress = at(30, () => {
      const thaw = freeze(server);
      setTimeout(thaw, 300);
    });
    const report = await push({ connect, servers: server.url }, operator, { concurrency: 10, onProgress });
    report.assertComplete();
    expect(report.accounts.filter(({ status }) => status === "pushed")).toHaveLength(100);
  });
});

describeWithServer("a connection", () => {
  test("that is cut now and then is made again, and everything arrives", async () => {
    const { operator, server } = await world(200);
    const proxy = await proxyTo(server);
    let cuts = 0;
    const onProgress = ({ done }: PushProgress): void => {
      if (done % 60 !== 0) return;
      cuts += 1;
      proxy.cut();
    };
    const report = await push({ connect, servers: proxy.url }, operator, { concurrency: 16, onProgress });
    report.assertComplete();
    expect(cuts).toBe(3);
    expect(proxy.count).toBe(4);
    expect(summary(await push({ connect, servers: server.url }, operator)).join()).not.toMatch(/pushed|failed/);
  });

  test("that is cut before an answer came is made again, and the request with it", async () => {
    const { operator, server } = await world(3);
    const proxy = await proxyTo(server);
    proxy.cutAfter(/CLAIMS\.UPDATE/, 2);
    const report = await push({ connect, servers: proxy.url }, operator);
    report.assertComplete();
    expect(proxy.count).toBe(2);
    expect(summary(report).filter((text) => text.endsWith("pushed"))).toHaveLength(3);
  });

  test("that is cut while accounts are pulled, looked up or listed is made again, too", async () => {
    const { operator, server } = await world(20);
    const proxy = await proxyTo(server);
    const target = { connect, servers: proxy.url };
    (await push(target, operator)).assertComplete();
    for (const [pattern, run] of [
      [/CLAIMS\.PACK/, () => pull(target, operator)],
      [/CLAIMS\.LOOKUP/, () => pull(target, operator, { accounts: ["T0001", "T0002"] })],
      [/CLAIMS\.LOOKUP/, () => lookupAccount(target, operator, "T0001")],
      [/CLAIMS\.LIST/, () => listAccounts(target, operator)],
      [/PING\.STATSZ/, () => listAccounts(target, operator)],
    ] as const) {
      const before = proxy.count;
      proxy.cutAfter(pattern, 1);
      const result = (await run()) as Awaited<ReturnType<typeof pull>> | undefined;
      expect(proxy.count, String(pattern)).toBe(before + 2);
      if (result !== undefined && "accounts" in result && "isComplete" in result) {
        expect(result.accounts.map(({ status }) => status)).toEqual(result.accounts.map(() => "unchanged"));
      }
    }
  });

  test("that is cut for good fails what was not done", async () => {
    const { operator, server } = await world(40);
    const proxy = await proxyTo(server);
    proxy.cutAfter(/CLAIMS\.UPDATE/, 10, () => proxy.to(undefined));
    const report = await push({ connect, servers: proxy.url }, operator, { concurrency: 1, timeout: "750ms" });
    const failed = failedOf(report);
    expect(failed.length).toBeGreaterThanOrEqual(31);
    expect(await pendingNames(operator)).toEqual(failed);
    expect(report.assertComplete).toThrow(/"SYS": .*n1 did not answer/);
  });

  test("that is given and closed is said to be so", async () => {
    const { operator, server, systemCreds } = await world(2);
    const connection = await connectAs(server, systemCreds);
    await connection.close();
    for (const run of verbs(connection, operator)) {
      const failing = run();
      await expect(failing).toThrowCode("ERR_NATS_CONNECTION");
      await expect(failing).rejects.toThrow("the connection is closed");
    }
    await expect(push(connection, operator, { accounts: ["T0000"] })).toThrowCode("ERR_NATS_CONNECTION");
    expect(await pendingNames(operator)).toEqual(["T0000"]);
  });

  test("that is given and being drained is said to be so", async () => {
    const { operator, server, systemCreds } = await world(1);
    for (const index of verbs(server.url as never, operator).keys()) {
      const connection = await connectAs(server, systemCreds);
      const drained = connection.drain();
      await expect(verbs(connection, operator)[index]?.()).toThrowCode("ERR_NATS_CONNECTION");
      await drained;
    }
  });

  test("that is given and closed in the middle fails what was not done", async () => {
    const { operator, server, systemCreds } = await world(60);
    const connection = await connectAs(server, systemCreds);
    let closing: Promise<void> = Promise.resolve();
    const onProgress = at(20, () => {
      closing = connection.close();
    });
    const report = await push(connection, operator, { concurrency: 4, onProgress });
    await closing;
    expect(failedOf(report).length).toBeGreaterThanOrEqual(36);
    expect(report.accounts.find(({ status }) => status === "failed")?.code).toBe("ERR_NATS_CONNECTION");
    expect(await pendingNames(operator)).toEqual(failedOf(report));
  });

  test("is refused by a server that does not know the operator", async () => {
    const { server } = await world(0);
    const { operator } = await testAuthority({ accounts: manyAccounts(1) });
    for (const run of verbs({ connect, servers: server.url }, operator)) {
      await expect(run).toThrowCode("ERR_NATS_AUTHORIZATION");
    }
  });

  test("of another operator's system account brings nothing that this one's servers would not load", async () => {
    const { server, systemCreds } = await world(0);
    const { operator } = await testAuthority({ accounts: manyAccounts(1) });
    const connection = await connectAs(server, systemCreds);
    const report = await push(connection, operator);
    expect(summary(report)).toEqual(["SYS refused", "T0000 refused"]);
    expect(report.accounts.map(({ guard }) => guard)).toEqual(["untrusted-issuer", "untrusted-issuer"]);
    expect(report.assertComplete).toThrow("which is not trusted by n1");
    await expect(deleteAccounts(connection, operator, ["T0000"])).resolves.toMatchObject({ isComplete: true });
    expect((await prune(connection, operator, { dryRun: true })).surplus).toEqual([]);
  });
});

describeWithServer("an operator whose token has expired", () => {
  test("is as good as ever to servers, and so it is here", async () => {
    const authority = await testAuthority({
      operator: { expires: "1h" },
      accounts: manyAccounts(1),
      resolver: full(),
      now: new Date(Date.now() - 2 * 3600 * 1000),
    });
    const server = await serve(authority);
    const connection = await connectAs(server, authority.systemCreds);
    expect(summary(await push(connection, authority.operator))).toEqual(["SYS unchanged", "T0000 pushed"]);
  });
});

describeWithServer("aborting", () => {
  const reason = new Error("enough");

  /** Servers, and the connections that were made to them. */
  function watched(servers: string): { target: ServersTarget; made: NatsConnection[] } {
    const made: NatsConnection[] = [];
    return {
      made,
      target: {
        servers,
        connect: async (options) => {
          const connection = await connect(options);
          made.push(connection);
          return connection;
        },
      },
    };
  }

  test("before anything is done rejects with the reason, and nobody is asked", async () => {
    const { operator, server, systemCreds } = await world(1);
    const { target, made } = watched(server.url);
    const signal = AbortSignal.abort(reason);
    for (const run of verbs(target, operator, { signal })) await expect(run()).rejects.toBe(reason);
    expect(made).toEqual([]);
    const connection = await connectAs(server, systemCreds);
    await expect(push(connection, operator, { signal })).rejects.toBe(reason);
    expect(connection.isClosed()).toBe(false);
    expect((await listAccounts(connection, operator)).onlyInStore).toHaveLength(1);
  });

  test("in the middle rejects with the reason, closes the connection, and leaves the rest undone", async () => {
    const { operator, server } = await world(300);
    const { target, made } = watched(server.url);
    const controller = new AbortController();
    const onProgress = at(50, () => controller.abort(reason));
    const failing = push(target, operator, { concurrency: 8, signal: controller.signal, onProgress });
    await expect(failing).rejects.toBe(reason);
    expect(made.map((connection) => connection.isClosed())).toEqual([true]);
    const { onlyInStore } = await listAccounts({ connect, servers: server.url }, operator);
    expect(onlyInStore.length).toBeGreaterThan(200);
    (await push({ connect, servers: server.url }, operator)).assertComplete();
    expect(await pendingNames(operator)).toEqual([]);
  });

  test.each([3, 4])("when %i of 4 accounts are done rejects, too", async (done) => {
    const { operator, server, systemCreds } = await world(3);
    const connection = await connectAs(server, systemCreds);
    const controller = new AbortController();
    const onProgress = at(done, () => controller.abort(reason));
    const failing = push(connection, operator, { concurrency: 1, signal: controller.signal, onProgress, resend: true });
    await expect(failing).rejects.toBe(reason);
    expect(connection.isClosed()).toBe(false);
  });

  test("leaves pending only what was not done", async () => {
    const { operator, server, systemCreds } = await world(4);
    const connection = await connectAs(server, systemCreds);
    const controller = new AbortController();
    const onProgress = at(2, () => controller.abort(reason));
    const accounts = manyNames(4);
    const failing = push(connection, operator, { accounts, concurrency: 1, signal: controller.signal, onProgress });
    await expect(failing).rejects.toBe(reason);
    expect(await pendingNames(operator)).toEqual(["T0002", "T0003"]);
  });

  test("while a server does not answer rejects at once", async () => {
    const { operator, server, systemCreds } = await world(2);
    const { target, made } = watched(server.url);
    const given = await connectAs(server, systemCreds);
    const thaw = freeze(server);
    for (const to of [given, target]) {
      for (const verb of verbs(to, operator).keys()) {
        const controller = new AbortController();
        const running = verbs(to, operator, { signal: controller.signal, timeout: "30s" })[verb]?.();
        setTimeout(() => controller.abort(reason), 50);
        const begin = performance.now();
        await expect(running).rejects.toBe(reason);
        expect(performance.now() - begin).toBeLessThan(2000);
      }
    }
    thaw();
    expect(given.isClosed()).toBe(false);
    await expect.poll(() => made.filter((connection) => !connection.isClosed())).toEqual([]);
  });
});

describeWithServer("a look-up that is not answered", () => {
  test("does not pass for an account that servers don't have", async () => {
    const { operator, server, systemCreds } = await world(1);
    const given = await connectAs(server, systemCreds);
    (await push(given, operator)).assertComplete();
    const deaf = withPublish(given, (subject, ...rest) => {
      if (!subject.endsWith("LOOKUP")) given.publish(subject, ...rest);
    });
    await expect(lookupAccount(deaf, operator, "T0000", { timeout: "300ms" })).toThrowCode("ERR_NATS_TIMEOUT");
    const report = await push(deaf, operator, { timeout: "300ms" });
    report.assertComplete();
    expect(report.warnings.join()).toMatch(/newer tokens may be replaced: no answer within 300 ms/);
  });
});

describeWithServer("progress", () => {
  test("is told once for each account, and counts up to their number", async () => {
    const { operator, server } = await world(50);
    const events: PushProgress[] = [];
    const onProgress = (event: PushProgress): void => void events.push(event);
    const report = await push({ connect, servers: server.url }, operator, { onProgress });
    expect(events.map(({ done }) => done)).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
    expect(new Set(events.map(({ total }) => total))).toEqual(new Set([51]));
    expect(events.at(-1)?.account.name).toBe("SYS");
    const told = events.map(({ account }) => account).sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(told).toEqual(report.accounts);
    expectNoSecret(events);
    expectNoSecret(report);
  });

  test("comes from exporters before importers, and from the system account last", async () => {
    const { operator, server } = await world(0);
    const names = ["a", "m", "z"] as const;
    for (const name of names) await operator.addAccount(name);
    for (const [importer, exporter] of [
      ["a", "m"],
      ["m", "z"],
    ] as const) {
      const { publicKey } = await operator.account(exporter);
      await (await operator.account(importer)).edit(({ nats }) => {
        nats.imports = [{ name: "i", account: publicKey, subject: "s", type: "service" }];
      });
    }
    const order: string[] = [];
    const onProgress = ({ account }: PushProgress): void => void order.push(account.name);
    (await push({ connect, servers: server.url }, operator, { onProgress })).assertComplete();
    expect(order).toEqual(["z", "m", "a", "SYS"]);
  });

  test("stops the push with what its function throws", async () => {
    const { operator, server } = await world(50);
    const thrown = new Error("mine");
    const onProgress = at(10, () => {
      throw thrown;
    });
    const target = { connect, servers: server.url };
    await expect(push(target, operator, { concurrency: 2, onProgress })).rejects.toBe(thrown);
    expect((await listAccounts(target, operator)).onlyInStore.length).toBeGreaterThan(30);
  });

  test("shows how many are under way at a time", async () => {
    const { operator, server, systemCreds } = await world(40);
    const connection = await connectAs(server, systemCreds);
    let sent = 0;
    const counting = new Proxy(connection, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (name === "publish" && args[0] === "$SYS.REQ.CLAIMS.UPDATE") sent += 1;
          return value.apply(target, args);
        };
      },
    });
    for (const concurrency of [1, 7]) {
      sent = 0;
      let most = 0;
      const onProgress = ({ done }: PushProgress): void => {
        most = Math.max(most, sent - done + 1);
      };
      await push(counting, operator, { concurrency, onProgress, resend: true, force: "older" });
      expect(sent).toBe(41);
      expect(most).toBe(concurrency);
    }
  });
});
