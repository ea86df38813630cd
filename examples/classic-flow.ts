/**
 * The walk-through that every NATS operator knows: an operator, its system account and a server that knows only these;
 * accounts that are pushed to it while it runs; a client at work; a signing key that is rotated while clients stay connected;
 * a user that is revoked.
 *
 * Run it with `npm run demo`.
 */

import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { type Account, isNscError, Nsc, type Operator, serverConfig, setJetStream } from "nsc.js";
import { distribute, listAccounts, pull, push } from "nsc.js/nats";
import { nscDirectory } from "nsc.js/node";
import { findNatsServer, startNatsServer } from "nsc.js/testing";

/** What the story needs from outside. */
export interface Stage {
  /** Where everything is written; a fresh temporary folder by default. */
  readonly folder?: string;
  /** The nats-server binary; the one that is found by default. */
  readonly server?: string;
  /** Where the story goes, line by line. */
  readonly tell?: (line: string) => void;
}

/** Plays the story and tells it. Returns whether there was a server to play it with. */
export async function classicFlow(stage: Stage = {}): Promise<boolean> {
  const { tell = console.log } = stage;
  const folder = stage.folder ?? (await mkdtemp(join(tmpdir(), "nsc-demo-")));
  const step = storyteller(tell);
  tell(`Everything is written to ${folder}, in nsc's own folders\n`);

  const nsc = new Nsc({ store: nscDirectory({ allDirs: folder }) });
  const port = await freePort();
  const operator = await step("an operator with signing key, system account SYS and user sys", () =>
    createOperator(nsc, `nats://127.0.0.1:${port}`),
  );
  const config = await step("the configuration of a server that knows only SYS", async () => {
    const text = await serverConfig(operator, { resolver: { type: "full", dir: "./jwt" } });
    await writeFile(join(folder, "server.conf"), text.toString(), { mode: 0o600 });
    return text;
  });

  const binary = await lookForServer(stage.server, tell);
  if (binary === undefined) {
    tell("\nSkipped: all that needs a server.");
    return false;
  }
  const server = await step("a nats-server started from it", () =>
    startNatsServer({ server: binary, config, jetstream: true, port }),
  );
  try {
    const credsOf = (account: string, user: string): Promise<string> =>
      readFile(join(folder, "creds", "local", account, `${user}.creds`), "utf8");
    await step("sys asks the server who it is", async (note) => {
      const sys = await connectAs(server.url, await credsOf("SYS", "sys"));
      const answer = await sys.request("$SYS.REQ.SERVER.PING", "", { timeout: 2000 });
      note(`nats-server ${server.version}, ${answer.json<{ server: { id: string } }>().server.id}`);
      await sys.close();
    });

    // Without creds a user is signed for each of the following, who lives for minutes and may do nothing else.
    const app = await pushAccounts(operator, step);
    const user = await atWork(app, operator, () => credsOf("APP", "user"), server.url, step);
    await rotate(app, operator, user, () => credsOf("APP", "user"), server.url, step);
    await revoke(app, operator, (name) => credsOf("APP", name), server.url, step);
  } finally {
    await server.stop();
  }
  tell("");
  await tellTree(operator, tell);
  return true;
}

/** Signing keys are demanded, so that identities can be kept elsewhere. */
async function createOperator(nsc: Nsc, url: string): Promise<Operator> {
  const operator = await nsc.addOperator("local", { signingKey: true, systemAccount: true });
  await operator.requireSigningKeys();
  await operator.edit((claims) => {
    claims.nats.account_server_url = url;
  });
  return operator;
}

async function pushAccounts(operator: Operator, step: Step): Promise<Account> {
  const app = await step("an account APP with signing key and user, JetStream unlimited", async () => {
    const account = await operator.addAccount("APP", { signingKey: true, jetstream: "unlimited" });
    await account.addUser("user", {
      pub: ["orders.>", "$JS.API.>", "$JS.ACK.>"],
      sub: ["orders.>", "_INBOX.>"],
      expires: "30d",
    });
    return account;
  });
  await step("push all of it", (note) => pushAll(operator, note));
  await step("JetStream in tiers instead, and pushed again", async (note) => {
    await app.edit(({ nats }) => setJetStream(nats.limits, { tiers: { R1: "unlimited", R3: { disk: "10GiB" } } }));
    await pushAll(operator, note);
  });
  await step("list what the server has, and compare", async (note) => {
    const { accounts, onlyInStore, onlyOnServers } = await listAccounts({ connect }, operator);
    note(accounts.map(({ name, publicKey }) => `${name} ${publicKey}`).join(", "));
    expectEqual(onlyInStore.length + onlyOnServers.length, 0);
  });
  await step("pull it into an empty store: the same bytes", async () => {
    const system = await operator.account("SYS");
    const creds = await (await system.user("sys")).creds();
    const elsewhere = await new Nsc().importOperator(operator.token);
    (await pull({ connect, creds }, elsewhere)).assertComplete();
    expectEqual((await elsewhere.account("APP")).token, app.token);
  });
  return app;
}

async function atWork(
  app: Account,
  operator: Operator,
  creds: () => Promise<string>,
  url: string,
  step: Step,
): Promise<NatsConnection> {
  const user = await step("user connects with its creds file", async () => connectAs(url, await creds()));
  await step("user makes a stream, publishes into it and reads back", () => useStream(user));
  await step("user may not publish to payroll", async (note) => note(await violate(user, "payroll.raise")));
  await step("at most one connection, pushed: it bites at once", async (note) => {
    const second = await connectAs(url, await creds());
    await app.edit(({ nats }) => {
      nats.limits.conn = 1;
    });
    await pushAll(operator, note);
    // Which of the two stays depends on the server's version.
    note(String(await Promise.race([user.closed(), second.closed()])));
    await Promise.all([user.close(), second.close()]);
  });
  return step("without the limit again, user is back", async (note) => {
    await app.edit(({ nats }) => {
      nats.limits.conn = -1;
    });
    await pushAll(operator, note);
    return connectAs(url, await creds());
  });
}

async function rotate(
  app: Account,
  operator: Operator,
  old: NatsConnection,
  creds: () => Promise<string>,
  url: string,
  step: Step,
): Promise<void> {
  const oldCreds = await creds();
  const [from] = app.claims.nats.signing_keys ?? [];
  if (typeof from !== "string") throw new Error("APP has no signing key");
  const rotation = await step("rotate the signing key: both are trusted, and pushed", async (note) => {
    const prepared = await app.rotateSigningKey({ from });
    await prepared.advance({ distribute: (what) => distribute({ connect }, what) });
    note(`${prepared.from} -> ${prepared.to}, ${prepared.stage}`);
    return prepared;
  });
  await step("user is signed again: its new creds work, and the old ones, too", async () => {
    await rotation.advance();
    await (await connectAs(url, await creds())).close();
    await (await connectAs(url, oldCreds)).close();
  });
  const renewed = await connectAs(url, await creds());
  await step("retire the old key and push: who has old creds is cut off, others notice nothing", async (note) => {
    await rotation.retire();
    await pushAll(operator, note);
    await old.closed();
    await renewed.flush();
  });
  await step("the old creds are refused", async (note) => note(await refusal(url, oldCreds)));
  await renewed.close();
}

async function revoke(
  app: Account,
  operator: Operator,
  creds: (name: string) => Promise<string>,
  url: string,
  step: Step,
): Promise<void> {
  const guest = await step("another user, guest", () => app.addUser("guest"));
  const connections = [await connectAs(url, await creds("guest")), await connectAs(url, await creds("user"))] as const;
  await step("revoke guest and push: its connection ends, that of user goes on", async (note) => {
    await app.revoke(guest);
    await pushAll(operator, note);
    note(String(await connections[0].closed()));
    await connections[1].flush();
  });
  await connections[1].close();
}

async function pushAll(operator: Operator, note: Tell): Promise<void> {
  const report = await push({ connect }, operator);
  report.assertComplete();
  note(report.accounts.map(({ name, status }) => `${name} ${status}`).join(", "));
}

function connectAs(servers: string, creds: string): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
  return connect({ servers, authenticator, reconnect: false });
}

/** The server's words when it does not let somebody in. */
async function refusal(url: string, creds: string): Promise<string> {
  try {
    await (await connectAs(url, creds)).close();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("the server let in who has old creds");
}

async function useStream(connection: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "ORDERS", subjects: ["orders.>"], num_replicas: 1 });
  const { seq } = await jetstream(connection).publish("orders.new", "one pizza");
  expectEqual((await manager.streams.getMessage("ORDERS", { seq }))?.string(), "one pizza");
}

/** The server answers a publication that is not allowed with an error that names the subject. */
async function violate(connection: NatsConnection, subject: string): Promise<string> {
  connection.publish(subject, "not mine to publish");
  for await (const status of connection.status()) {
    if (status.type === "error") return status.error.message;
  }
  throw new Error(`the server let somebody publish to ${subject}`);
}

/** What operators, accounts and users have in common. */
interface Branch {
  readonly name: string;
  readonly publicKey: string;
  readonly claims: { readonly iss?: string; readonly exp?: number };
}

/** Operator, accounts and users with their keys, who signed them, and until when they are valid. */
async function tellTree(operator: Operator, tell: Tell): Promise<void> {
  const line = (depth: number, { name, publicKey, claims }: Branch): void => {
    const { iss, exp } = claims;
    const signer = iss === publicKey ? "itself" : iss;
    const until = exp === undefined ? "does not expire" : `expires ${new Date(exp * 1000).toISOString()}`;
    tell(`${"  ".repeat(depth)}${name}  ${publicKey}  signed by ${signer}, ${until}`);
  };
  line(0, operator);
  for await (const account of operator.accounts()) {
    line(1, account);
    for await (const user of account.users()) line(2, user);
  }
}

async function lookForServer(path: string | undefined, tell: Tell): Promise<string | undefined> {
  try {
    return (await findNatsServer(path === undefined ? {} : { path })).path;
  } catch (error) {
    if (!isNscError(error, "ERR_SERVER_NOT_FOUND")) throw error;
    tell(`   ! ${error.message}`);
    return undefined;
  }
}

/** A port that nobody listens on, since the operator's token names it before the server is there. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("there is no free port");
  return address.port;
}

function expectEqual(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`got ${String(actual)} instead of ${String(expected)}`);
}

type Tell = (line: string) => void;
type Step = <T>(title: string, act: (note: Tell) => Promise<T>) => Promise<T>;

/** Tells each step with its number, how long it took, and what it has to say. */
function storyteller(tell: Tell): Step {
  let number = 0;
  return async (title, act) => {
    const begin = performance.now();
    const notes: string[] = [];
    const result = await act((line) => notes.push(line));
    number += 1;
    tell(`${String(number).padStart(2)} ${title}: ${(performance.now() - begin).toFixed(1)} ms`);
    for (const note of notes) tell(`   ${note}`);
    return result;
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await classicFlow();
