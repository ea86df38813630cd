import { connect } from "@nats-io/transport-node";
import { decode, Nsc } from "nsc.js";
import {
  deleteAccounts,
  distribute,
  listAccounts,
  lookupAccount,
  type NatsTarget,
  prune,
  pull,
  push,
} from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { expect, test, vi } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { connectAs, full, serve } from "./servers.ts";
import { errorsOf, fileOf, manyAccounts, summary } from "./tools.ts";

const UPDATE = "$SYS.REQ.CLAIMS.UPDATE";
const LIST = "$SYS.REQ.CLAIMS.LIST";
const DELETE = "$SYS.REQ.CLAIMS.DELETE";
const PACK = "$SYS.REQ.CLAIMS.PACK";
const PING = "$SYS.REQ.SERVER.PING.STATSZ";
const VARZ = "$SYS.REQ.SERVER.PING.VARZ";
const LOOKUP = "$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP";

/** A server, and creds of a user of the system account who may do this alone. */
async function world(
  pub: readonly string[],
  sub: readonly string[] = ["_INBOX.>"],
  accounts: Record<string, { users?: string[] }> = { A: { users: ["a"] }, B: {} },
) {
  const authority = await testAuthority({ accounts, resolver: full({ allowDelete: true }) });
  const server = await serve(authority, { name: "n1" });
  const user = await authority.system.addUser("restricted", { pub: [...pub], sub: [...sub] });
  const creds = await user.creds();
  const target = { connect, servers: server.url, creds };
  return { ...authority, server, restricted: creds, target };
}

const FAST = { timeout: "2s" };

describeWithServer("a user who may push and list alone", () => {
  test("pushes and lists, with a warning that newer tokens may be replaced", async () => {
    const { operator, accounts, server, target } = await world([UPDATE, LIST]);
    const report = await push(target, operator, FAST);
    report.assertComplete();
    expect(summary(report)).toEqual(["A pushed", "B pushed", "SYS pushed"]);
    expect(report.warnings).toHaveLength(1);
    expect(report.warnings[0]).toMatch(/newer tokens may be replaced: .*not permitted.*CLAIMS\.LOOKUP/s);
    for (const { publicKey, token } of Object.values(accounts)) expect(fileOf(server, publicKey)).toBe(token);
    const listing = await listAccounts(target, operator, FAST);
    expect(listing.onlyInStore).toEqual([]);
    expect(listing.servers).toEqual(report.servers);
  });

  test("pushes many accounts", async () => {
    const { operator, target } = await world([UPDATE, LIST], ["_INBOX.>"], manyAccounts(60));
    const report = await push(target, operator, FAST);
    report.assertComplete();
    expect(report.accounts.filter(({ status }) => status === "pushed")).toHaveLength(61);
  });

  test("is told what else is not permitted", async () => {
    const { operator, server, restricted, accounts, target } = await world([UPDATE, LIST]);
    await push(target, operator, FAST);
    for (const [subject, run] of [
      [DELETE, () => deleteAccounts(target, operator, ["A"], FAST)],
      ["CLAIMS.LOOKUP", () => lookupAccount(target, operator, "A", FAST)],
      ["CLAIMS.LOOKUP", () => pull(target, operator, { ...FAST, accounts: ["A"] })],
      ["CLAIMS.", () => pull(target, operator, FAST)],
    ] as const) {
      const failing = run();
      await expect(failing, subject).toThrowCode("ERR_NATS_PERMISSION");
      await expect(failing).rejects.toThrow(subject);
    }
    expect(fileOf(server, accounts["A"]?.publicKey ?? "")).toBe(accounts["A"]?.token);

    const connection = await connectAs(server, restricted);
    const errors = errorsOf(connection);
    connection.publish(DELETE, "");
    await vi.waitFor(() => expect(errors.join()).toMatch(/permissions violation for publish/i));
  });

  test("needs the permission to push", async () => {
    const { operator, target } = await world([LIST, PING, VARZ, LOOKUP]);
    await expect(push(target, operator, FAST)).toThrowCode("ERR_NATS_PERMISSION");
    const failing = push(target, operator, { ...FAST, accounts: ["A"], resend: true });
    await expect(failing).rejects.toThrow(UPDATE);
  });

  test("needs the permission to list, or to ask who is there", async () => {
    const { operator, target } = await world([UPDATE]);
    for (const run of [() => push(target, operator, FAST), () => listAccounts(target, operator, FAST)]) {
      await expect(run).toThrowCode("ERR_NATS_PERMISSION");
    }
  });

  test("need not be permitted to list to push a few", async () => {
    const { operator, target } = await world([UPDATE, PING, LOOKUP]);
    const report = await push(target, operator, FAST);
    report.assertComplete();
    expect(summary(report)).toEqual(["A pushed", "B pushed", "SYS unchanged"]);
    expect(report.warnings).toEqual([]);
  });

  test("may pull one by one where a dump is not permitted, and the other way round", async () => {
    for (const pub of [
      [LIST, PING, VARZ, LOOKUP],
      [LIST, PING, VARZ, PACK],
    ]) {
      const { operator, systemCreds, server, target } = await world(pub);
      await push({ connect, servers: server.url, creds: systemCreds }, operator);
      const elsewhere = await new Nsc().importOperator(operator.token);
      const report = await pull(target, elsewhere, FAST);
      report.assertComplete();
      expect(summary(report), pub.join()).toEqual(["A added", "B added", "SYS added"]);
    }
  });

  test("is told when it may not receive answers", async () => {
    const { operator, target } = await world([UPDATE, LIST, PING, VARZ, LOOKUP], ["other.>"]);
    const failing = push(target, operator, FAST);
    await expect(failing).toThrowCode("ERR_NATS_PERMISSION");
    await expect(failing).rejects.toThrow(/answers/);
  });
});

describeWithServer("a connection that is given", () => {
  test("is used with its own inbox, and stays open", async () => {
    const { operator, server, restricted } = await world(
      [UPDATE, LIST, DELETE, PACK, LOOKUP, PING, VARZ],
      ["_INBOX_ops.me.>"],
    );
    const connection = await connectAs(server, restricted, { inboxPrefix: "_INBOX_ops.me" });
    (await push(connection, operator)).assertComplete();
    expect((await listAccounts(connection, operator)).onlyInStore).toEqual([]);
    expect(await lookupAccount(connection, operator, "A")).toBeDefined();
    expect((await pull(connection, operator)).isComplete).toBe(true);
    expect((await prune(connection, operator)).surplus).toEqual([]);
    expect(summary(await deleteAccounts(connection, operator, ["B"]))).toEqual(["B deleted"]);
    await connection.flush();
    expect(connection.isClosed()).toBe(false);
    expect(connection.stats().inMsgs).toBeGreaterThan(0);

    const other = await connectAs(server, restricted);
    await expect(push(other, operator, FAST)).toThrowCode("ERR_NATS_PERMISSION");
    expect(other.isClosed()).toBe(false);
  });

  test("leaves nothing behind: no subscription, and no request that goes on", async () => {
    const { operator, server, systemCreds } = await world([LIST]);
    const connection = await connectAs(server, systemCreds);
    const subscriptions = async (): Promise<number> => {
      const subject = `$SYS.REQ.SERVER.PING.CONNZ`;
      const reply = await connection.request(subject, JSON.stringify({ subscriptions: true }), { timeout: 5000 });
      const { data } = reply.json<{ data: { connections: readonly { subscriptions: number }[] } }>();
      return data.connections.reduce((sum, { subscriptions: count }) => sum + count, 0);
    };
    const before = await subscriptions();
    for (let round = 0; round < 3; round++) {
      await push(connection, operator, { resend: true });
      await listAccounts(connection, operator);
      await pull(connection, operator);
    }
    expect(await subscriptions()).toBe(before);
  });

  test("keeps nothing of what asked on it", async () => {
    const { operator, server, systemCreds } = await world([LIST]);
    const connection = await connectAs(server, systemCreds);
    const waiting = vi.spyOn(connection.closed(), "then");
    for (const ask of [push, listAccounts, pull]) await ask(connection, operator);
    expect(waiting).not.toHaveBeenCalled();
  });

  test("of an account other than the system account gets no answers, and the error says why", async () => {
    const { operator, server, creds } = await world([LIST]);
    const stranger = (creds as Record<string, Record<string, string>>)["A"]?.["a"] ?? "";
    const other = { connect, servers: server.url, creds: stranger };
    await push({ connect, servers: server.url }, operator);
    const targets: readonly NatsTarget[] = [other, await connectAs(server, stranger)];
    for (const target of targets) {
      for (const run of [
        () => push(target, operator, FAST),
        () => push(target, operator, { ...FAST, resend: true, force: "older" }),
        () => listAccounts(target, operator, FAST),
        () => lookupAccount(target, operator, "A", FAST),
        () => pull(target, operator, FAST),
        () => deleteAccounts(target, operator, ["A"], FAST),
        () => prune(target, operator, FAST),
        () => distribute(target, { operator, accounts: [], trustedKeys: [operator.publicKey] }, FAST),
      ]) {
        const failing = run();
        await expect(failing).toThrowCode("ERR_NATS_NO_RESOLVER");
        await expect(failing).rejects.toThrow("the connection is not one of the system account");
      }
    }
  });
});

describeWithServer("the user that is signed for the purpose", () => {
  test.each([
    ["push", [UPDATE, LIST, PING, VARZ, LOOKUP]],
    ["list", [LIST, PING, VARZ]],
    ["lookup", [LIST, PING, VARZ, LOOKUP]],
    ["pull", [LIST, PING, VARZ, PACK, LOOKUP]],
    ["delete", [LIST, PING, VARZ, DELETE]],
    ["prune", [LIST, PING, VARZ, DELETE, LOOKUP]],
  ] as const)("may do nothing else: %s", async (verb, allowed) => {
    const { operator, server, system } = await world([LIST]);
    const tokens: string[] = [];
    const target: NatsTarget = {
      servers: server.url,
      connect: (options) => {
        const authenticator = Array.isArray(options.authenticator) ? options.authenticator[0] : options.authenticator;
        const { jwt } = (authenticator?.("nonce") ?? {}) as { readonly jwt?: string };
        tokens.push(jwt ?? "");
        return connect(options);
      },
    };
    const verbs = {
      push: () => push(target, operator),
      list: () => listAccounts(target, operator),
      lookup: () => lookupAccount(target, operator, "SYS"),
      pull: () => pull(target, operator),
      delete: () => deleteAccounts(target, operator, []),
      prune: () => prune(target, operator),
    };
    await verbs[verb]();
    expect(tokens).toHaveLength(1);
    const claims = decode(tokens[0] ?? "", { kind: "user" });
    expect(claims.iss).toBe(system.publicKey);
    expect((claims.nats.pub?.allow ?? []).toSorted()).toEqual(allowed.toSorted());
    expect(claims.nats.sub?.allow).toHaveLength(1);
    expect(claims.nats.sub?.allow?.[0]).toMatch(/^_INBOX\.[\w-]{16}\.>$/);
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(600);
    const users: string[] = [];
    for await (const { name } of system.users()) users.push(name);
    expect(users).toEqual(["restricted", "sys"]);
  });
});
