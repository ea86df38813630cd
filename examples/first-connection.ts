/**
 * From an empty folder to a connected client: keys, tokens, creds and a server configuration, a real nats-server that is
 * started from that configuration, and clients that connect with the creds.
 *
 * Run it with `npm run demo`.
 */

import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import {
  createAccountClaims,
  createKeyPair,
  createOperatorClaims,
  createUserClaims,
  encode,
  encodeCreds,
  isNscError,
  type Resolver,
  serverConfigFromTokens,
  systemAccountExports,
  type UserClaimsInit,
} from "nsc.js";
import { findNatsServer, type RunningNatsServer, startNatsServer } from "nsc.js/testing";

/** What the story needs from outside. */
export interface Stage {
  /** Where everything is written; a fresh temporary folder by default. */
  readonly folder?: string;
  /** The nats-server binary; the one that is found by default. */
  readonly server?: string;
  /** Where the story goes, line by line. */
  readonly tell?: (line: string) => void;
}

/** Plays the story and tells it. Returns whether there was a server to play the second part with. */
export async function firstConnection(stage: Stage = {}): Promise<boolean> {
  const { tell = console.log } = stage;
  const folder = stage.folder ?? (await mkdtemp(join(tmpdir(), "nsc-demo-")));
  const step = storyteller(tell);
  tell(`Everything is written to ${folder}\n`);

  const trust = await step("an operator with a signing key, a system account and an account APP", () => createTrust());
  tell(`   operator ${trust.operator.publicKey}`);
  tell(`   account  ${trust.app.publicKey} (APP), signed by ${trust.operatorSigningKey.publicKey}`);

  await step("creds for three users: sys, alice (all of orders) and bob (may only read)", async () => {
    await writeSecret(join(folder, "sys.creds"), await issueCreds("sys", trust.system, trust.systemSigningKey, {}));
    await writeSecret(
      join(folder, "alice.creds"),
      await issueCreds("alice", trust.app, trust.appSigningKey, {
        pub: { allow: ["orders.>", "$JS.API.>"] },
        sub: { allow: ["orders.>", "_INBOX.>"] },
      }),
    );
    await writeSecret(
      join(folder, "bob.creds"),
      await issueCreds("bob", trust.app, trust.appSigningKey, {
        pub: { deny: [">"] },
        sub: { allow: ["orders.>", "_INBOX.>"] },
      }),
    );
  });

  const binary = await lookForServer(stage.server, tell);
  const resolvers: Resolver[] = [
    { type: "memory" },
    { type: "full", dir: join(folder, "jwt"), interval: "2m", timeout: "1.9s" },
  ];
  for (const resolver of resolvers) {
    const file = join(folder, "auth.conf");
    await step(`auth.conf for the ${resolver.type} resolver`, async () => {
      const config = serverConfigFromTokens({
        operator: trust.operatorToken,
        accounts: [trust.systemToken, trust.appToken],
        resolver,
      });
      await writeSecret(file, config.toString());
    });
    if (binary !== undefined) await playWithServer(binary, folder, file, step, tell);
  }
  if (binary === undefined) {
    tell("\nSkipped: starting a server and connecting to it. Everything up to there was done without one.");
  }
  return binary !== undefined;
}

/** Keys and tokens, as the operator and the owner of the account would make them. */
async function createTrust() {
  const operator = createKeyPair("operator");
  const operatorSigningKey = createKeyPair("operator");
  const system = createKeyPair("account");
  const systemSigningKey = createKeyPair("account");
  const app = createKeyPair("account");
  const appSigningKey = createKeyPair("account");

  const operatorToken = await encode(
    createOperatorClaims(operator.publicKey, {
      name: "local",
      nats: { signing_keys: [operatorSigningKey.publicKey], system_account: system.publicKey },
    }),
    operator,
  );
  const systemToken = await encode(
    createAccountClaims(system.publicKey, {
      name: "SYS",
      nats: { signing_keys: [systemSigningKey.publicKey], exports: systemAccountExports() },
    }),
    operatorSigningKey,
  );
  const appToken = await encode(
    createAccountClaims(app.publicKey, {
      name: "APP",
      nats: { signing_keys: [appSigningKey.publicKey], limits: { mem_storage: -1, disk_storage: -1 } },
    }),
    operatorSigningKey,
  );
  return {
    operator,
    operatorSigningKey,
    operatorToken,
    system,
    systemSigningKey,
    systemToken,
    app,
    appSigningKey,
    appToken,
  };
}

async function issueCreds(
  name: string,
  account: { readonly publicKey: string },
  signingKey: ReturnType<typeof createKeyPair>,
  permissions: NonNullable<UserClaimsInit["nats"]>,
): Promise<string> {
  const user = createKeyPair("user");
  const claims = createUserClaims(user.publicKey, {
    name,
    nats: { issuer_account: account.publicKey, ...permissions },
  });
  return encodeCreds(claims, signingKey, user);
}

async function playWithServer(
  binary: string,
  folder: string,
  file: string,
  step: Step,
  tell: (line: string) => void,
): Promise<void> {
  const config = await readFile(file, "utf8");
  const server = await step("a nats-server started from that file", () =>
    startNatsServer({ server: binary, config, jetstream: true }),
  );
  tell(`   nats-server ${server.version} at ${server.url}`);
  try {
    const alice = await step("alice connects with alice.creds", () => connectAs("alice", folder, server));
    const bob = await step("bob connects with bob.creds", () => connectAs("bob", folder, server));
    await step("alice publishes an order and bob receives it", () => deliver(alice, bob));
    await step("alice creates a stream, publishes into it and reads back", () => useStream(alice));
    const violation = await step("bob may not publish", () => violate(bob));
    tell(`   ${violation}`);
    const sys = await step("sys asks the server who it is", () => connectAs("sys", folder, server));
    const info = (await sys.request("$SYS.REQ.SERVER.PING", "", { timeout: 2000 })).json<{ server: { id: string } }>();
    tell(`   server ${info.server.id}`);
    await Promise.all([alice.close(), bob.close(), sys.close()]);
  } finally {
    await server.stop();
  }
}

async function connectAs(name: string, folder: string, server: RunningNatsServer): Promise<NatsConnection> {
  const creds = await readFile(join(folder, `${name}.creds`));
  return connect({ servers: server.url, name, authenticator: credsAuthenticator(creds), reconnect: false });
}

async function deliver(publisher: NatsConnection, subscriber: NatsConnection): Promise<void> {
  const subscription = subscriber.subscribe("orders.new", { max: 1 });
  await subscriber.flush();
  publisher.publish("orders.new", "one pizza");
  for await (const message of subscription) expectEqual(message.string(), "one pizza");
}

async function useStream(connection: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "ORDERS", subjects: ["orders.>"] });
  const { seq } = await jetstream(connection).publish("orders.stored", "two pizzas");
  const stored = await manager.streams.getMessage("ORDERS", { seq });
  expectEqual(stored?.string(), "two pizzas");
}

/** The server answers a publication that is not allowed with an error that names the subject. */
async function violate(connection: NatsConnection): Promise<string> {
  connection.publish("orders.new", "not mine to order");
  for await (const status of connection.status()) {
    if (status.type === "error") return status.error.message;
  }
  throw new Error("the server let bob publish");
}

async function lookForServer(path: string | undefined, tell: (line: string) => void): Promise<string | undefined> {
  try {
    return (await findNatsServer(path === undefined ? {} : { path })).path;
  } catch (error) {
    if (!isNscError(error, "ERR_SERVER_NOT_FOUND")) throw error;
    tell(`   ! ${error.message}`);
    return undefined;
  }
}

/** Only the owner may read what holds seeds and tokens. */
async function writeSecret(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
}

function expectEqual(actual: unknown, expected: string): void {
  if (actual !== expected) throw new Error(`received ${String(actual)} instead of ${expected}`);
}

type Step = <T>(title: string, act: () => Promise<T>) => Promise<T>;

/** Tells each step with its number and how long it took. */
function storyteller(tell: (line: string) => void): Step {
  let number = 0;
  return async (title, act) => {
    const begin = performance.now();
    const result = await act();
    number += 1;
    tell(`${String(number).padStart(2)} ${title}: ${(performance.now() - begin).toFixed(1)} ms`);
    return result;
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await firstConnection();
