import { connect, type NatsConnection } from "@nats-io/transport-node";
import {
  deleteAccounts,
  listAccounts,
  lookupAccount,
  type PushReport,
  pendingAccounts,
  prune,
  pull,
  push,
} from "nsc.js/nats";
import { type RunningNatsServer, testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { expectNoSecret } from "../support/secrets.ts";
import { connectAs, full, serve, serveCluster } from "./servers.ts";
import { fileOf, manyAccounts, messageOf, summary } from "./tools.ts";

const UPDATE = "$SYS.REQ.CLAIMS.UPDATE";
const LIST = "$SYS.REQ.CLAIMS.LIST";
const LOOKUP = "$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP";
const PING = "$SYS.REQ.SERVER.PING.STATSZ";
const VARZ = "$SYS.REQ.SERVER.PING.VARZ";

/** What no server answers. */
const GARBAGE: readonly (string | Uint8Array)[] = [
  "",
  "garbage",
  "null",
  "5",
  "[]",
  "{}",
  '{"server":null}',
  '{"server":"n1"}',
  '{"server":{"id":5}}',
  '{"server":{"id":""},"data":{"code":200}}',
  new Uint8Array([0xff, 0xfe, 0x00]),
  "{".repeat(10_000),
];

const GHOST = { name: "ghost", id: `NGHOST${"A".repeat(50)}` };

/** Somebody in the system account who answers what servers answer, as often as is said. */
async function answering(
  server: RunningNatsServer,
  systemCreds: string,
  subject: string,
  answers: readonly (string | Uint8Array | object)[],
): Promise<NatsConnection> {
  const connection = await connectAs(server, systemCreds);
  connection.subscribe(subject, {
    callback: (_, message) => {
      for (const answer of answers) {
        const isPlain = typeof answer === "string" || answer instanceof Uint8Array;
        message.respond(isPlain ? answer : JSON.stringify(answer));
      }
    },
  });
  await connection.flush();
  return connection;
}

async function world(accounts = manyAccounts(2)) {
  const authority = await testAuthority({ accounts, resolver: full({ allowDelete: true }) });
  const server = await serve(authority, { name: "n1" });
  return { ...authority, server, target: { connect, servers: server.url } };
}

const FAST = { timeout: "600ms" };

describeWithServer("answers that make no sense", () => {
  test.each([UPDATE, LIST, PING, VARZ])("to %s are passed over", async (subject) => {
    const { operator, accounts, server, systemCreds, target } = await world(manyAccounts(40));
    await answering(server, systemCreds, subject, GARBAGE);
    const report = await push(target, operator);
    report.assertComplete();
    expect(report.servers.map(({ name }) => name)).toEqual(["n1"]);
    expect(report.accounts.filter(({ status }) => status === "pushed")).toHaveLength(40);
    for (const { publicKey, token } of Object.values(accounts)) expect(fileOf(server, publicKey)).toBe(token);
    expect((await listAccounts(target, operator)).onlyInStore).toEqual([]);
    expect(summary(await deleteAccounts(target, operator, ["T0000"]))).toEqual(["T0000 deleted"]);
  });

  test("to look-ups have the account pushed again, and are no account to pull", async () => {
    const { operator, server, systemCreds, target } = await world();
    (await push(target, operator)).assertComplete();
    await answering(server, systemCreds, LOOKUP, ["garbage"]);
    const again = await push(target, operator);
    again.assertComplete();
    const pulled = await pull(target, operator);
    for (const { status, message } of pulled.accounts) {
      if (status === "refused") expect(message).toContain("can't be read");
      else expect(status).toBe("unchanged");
    }
    const found = lookupAccount(target, operator, "T0000");
    expect(
      await found.then(
        ({ token = "" } = {} as never) => token,
        (error: unknown) => error,
      ),
    ).toSatisfy((outcome) => typeof outcome === "string" || (outcome as { code?: string }).code === "ERR_JWT_FORMAT");
  });

  test("are all there is where there is no resolver, and the error says so", async () => {
    const authority = await testAuthority({ accounts: manyAccounts(2) });
    const { operator, systemCreds } = authority;
    const server = await serve(authority);
    const target = { connect, servers: server.url };
    for (const subject of [LIST, UPDATE, LOOKUP]) await answering(server, systemCreds, subject, ["garbage"]);
    await expect(listAccounts(target, operator, FAST)).toThrowCode("ERR_NATS_REPLY");
    await expect(prune(target, operator, FAST)).toThrowCode("ERR_NATS_REPLY");
    await expect(push(target, operator, { ...FAST, accounts: ["T0001"] })).toThrowCode("ERR_NATS_REPLY");
    expect((await pendingAccounts(operator)).map(({ name }) => name)).toEqual(["T0001"]);
  });

  test("are waited for as long as a server that is there is at its list", async () => {
    const { operator, accounts, server, systemCreds, target } = await world();
    const { publicKey } = accounts["T0000"] as { publicKey: string };
    const member = await connectAs(server, systemCreds);
    const answers = { [PING]: { statsz: {} }, [LIST]: { data: [publicKey] }, [VARZ]: { data: {} } };
    for (const [subject, answer] of Object.entries(answers)) {
      member.subscribe(subject, {
        callback: (_, message) => {
          const respond = (): void => void message.respond(JSON.stringify({ server: GHOST, ...answer }));
          if (subject === PING) respond();
          else setTimeout(respond, 1500);
        },
      });
    }
    await member.flush();
    const { accounts: listed, unheard } = await listAccounts(target, operator, { expectServers: ["n1", "ghost"] });
    expect(unheard).toEqual([]);
    const held = listed.find((account) => account.publicKey === publicKey);
    expect(held?.servers.map(({ name }) => name)).toEqual(["ghost"]);
  });

  test("about servers don't count as servers", async () => {
    const authority = await testAuthority({ accounts: manyAccounts(2), resolver: full() });
    const { operator, systemCreds } = authority;
    const [server, silent] = await serveCluster(authority, [{ name: "n1" }, { name: "n2" }]);
    if (server === undefined || silent === undefined) throw new Error("there are two servers");
    await answering(server, systemCreds, PING, [
      { server: { ...GHOST, id: "NA" }, statsz: { active_servers: "many", routes: 5 } },
      { server: { ...GHOST, id: "NB" }, statsz: { active_servers: 2e6, routes: [null, 5, {}, { name: 7 }] } },
      { server: { ...GHOST, id: "NC" }, statsz: null },
      { server: { ...GHOST, id: "ND" }, statsz: [] },
    ]);
    await answering(server, systemCreds, VARZ, [
      { server: GHOST, data: { trusted_operators_jwt: [5, null, "eyJ"], system_account: 5 } },
      { server: GHOST, data: { trusted_operators_jwt: "all" } },
    ]);
    // Servers are waited for as long as one of them is silent, so that the answers above are heard.
    process.kill(silent.pid, "SIGSTOP");
    onTestFinished(() => {
      process.kill(silent.pid, "SIGCONT");
    });
    const listing = await listAccounts({ connect, servers: server.url }, operator, { timeout: "5s" });
    expect(listing.servers.map(({ name }) => name)).toEqual(["n1"]);
    expect(listing.unheard).toEqual(["n2"]);
    expect(listing.onlyInStore).toHaveLength(2);
  });

  test("that list what are no accounts are listed without these", async () => {
    const { operator, system, server, systemCreds, target } = await world();
    const data = [system.publicKey, 5, null, { a: 1 }];
    await answering(server, systemCreds, LIST, [
      { server: GHOST, data },
      { server: { ...GHOST, id: "NX" }, data: "all" },
      { server: { ...GHOST, id: "NY" }, error: "no" },
    ]);
    const listing = await listAccounts(target, operator, FAST);
    const holders = listing.accounts.find(({ name }) => name === "SYS")?.servers.map(({ name }) => name);
    for (const { publicKey } of listing.accounts) expect(publicKey).toMatch(/^A[A-Z2-7]{55}$/);
    expect(holders).toContain("n1");
    expect(listing.servers.every(({ name }) => name === "n1" || name === "ghost")).toBe(true);
  });
});

describeWithServer("answers of a server that nobody knows", () => {
  /** Pushes to a server and to somebody else who answers like one. */
  async function pushed(answer: object): Promise<PushReport> {
    const { operator, server, systemCreds, target } = await world(manyAccounts(30));
    const ghost = await answering(server, systemCreds, UPDATE, [{ server: GHOST, ...answer }]);
    await answering(server, systemCreds, PING, [{ server: GHOST, statsz: { active_servers: 2 } }]);
    const report = await push(target, operator, { ...FAST, expectServers: ["n1", "ghost"] });
    await ghost.close();
    return report;
  }

  test("count as those of one more server", async () => {
    const report = await pushed({ data: { code: 200, message: "jwt updated" } });
    report.assertComplete();
    expect(report.servers.map(({ name }) => name).sort()).toEqual(["ghost", "n1"]);
    expect(report.accounts[3]?.servers.map(({ outcome }) => outcome)).toEqual(["stored", "stored"]);
  });

  test("fail an account with their words, without what is secret in them", async () => {
    const { systemCreds } = await testAuthority();
    for (const answer of [
      { error: { code: 500, description: `no such thing: ${systemCreds}` } },
      { error: `no such thing: ${systemCreds}` },
      { error: 5 },
      { error: { code: 500, description: { a: systemCreds } } },
    ]) {
      const report = await pushed(answer);
      expect(report.isComplete).toBe(false);
      expect(report.accounts[3]).toMatchObject({ status: "failed", code: "ERR_NATS_REFUSED" });
      expectNoSecret(report);
      const message = await messageOf(report.assertComplete);
      expect(message).toContain(`"T0002": ghost said: `);
      expectNoSecret(message);
    }
  });

  test("that are no words are none", async () => {
    const report = await pushed({ data: { code: 200, message: { a: 1 } } });
    expect(report.accounts[3]?.servers.map(({ message }) => message).sort()).toEqual(["", "jwt updated"]);
  });
});
