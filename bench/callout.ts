import { connect, credsAuthenticator } from "@nats-io/transport-node";
import { type Account, type AuthCallout, authCallout, createKeyPair, encode, serverConfig } from "nsc.js";
import { type AuthCalloutEvent, serveAuthCallout } from "nsc.js/nats";
import { startNatsServer, testAuthority } from "nsc.js/testing";
import { type Measured, measure, report } from "./measure.ts";

/** How many clients log in at a time, over and over. */
const CLIENTS = 16;
const SECONDS = 5;
const INSTANCES = 2;
const PER_BATCH = 200;

/**
 * Logins by a service with two instances, with an operator and sealed requests. Service and clients are in one process beside
 * the server, so that a service of its own has more of the machine than this one.
 */
export async function benchCallout(): Promise<void> {
  console.log(`\nauth callout: ${CLIENTS} clients connect, log in and close, over and over for ${SECONDS} s`);
  const { operator, accounts } = await testAuthority({ accounts: { APP: { signingKey: true } } });
  const { account, service, sentinel } = await operator.addAuthCalloutAccount("AUTH", { accounts: [accounts.APP] });
  const server = await startNatsServer({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
  const callout = await authCallout(account);
  const creds = new TextEncoder().encode(await service.creds());
  const took: number[] = [];
  const onEvent = ({ outcome, milliseconds }: AuthCalloutEvent): void => {
    if (outcome !== "allowed") throw new Error(`a login was ${outcome}`);
    took.push(milliseconds);
  };
  const instances = await Promise.all(
    Array.from({ length: INSTANCES }, async () => {
      const connection = await connect({ servers: server.url, authenticator: credsAuthenticator(creds) });
      const running = await serveAuthCallout(connection, callout, {
        authorize: ({ userKey, connectOptions }) =>
          accounts.APP.issueUser(connectOptions.user ?? "", { key: userKey, expires: "1h", pub: ["orders.>"] }),
        onEvent,
      });
      return { connection, running };
    }),
  );

  // The sentinel is a bearer, so that clients need no signature, which takes longer than all the rest.
  const jwt = sentinel?.token ?? "";
  let refused = 0;
  const end = performance.now() + SECONDS * 1000;
  const begin = performance.now();
  const logIn = async (index: number): Promise<void> => {
    const authenticator = [() => ({ jwt }), () => ({ user: `client-${index}`, pass: "s3cr3t" })];
    while (performance.now() < end) {
      try {
        await (await connect({ servers: server.url, authenticator, reconnect: false })).close();
      } catch {
        refused += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => logIn(index)));
  const seconds = (performance.now() - begin) / 1000;

  took.sort((a, b) => a - b);
  const at = (share: number): string => (took[Math.floor(took.length * share)] ?? Number.NaN).toFixed(1);
  console.log(`  ${Math.round(took.length / seconds)} logins/s, ${refused} refused`);
  console.log(`  by the service's clock: half within ${at(0.5)} ms, 99 of 100 within ${at(0.99)} ms`);
  report("what an answer takes without transport", [await measureAnswer(callout, accounts.APP)]);
  for (const { connection, running } of instances) {
    await running.stop();
    await connection.close();
  }
  await server.stop();
}

/** Opens a sealed request, signs a user, signs the response and seals it. */
async function measureAnswer(callout: AuthCallout, app: Account): Promise<Measured> {
  const [server, xkey] = [createKeyPair("server"), createKeyPair("curve")];
  const ask = async (): Promise<Uint8Array> => {
    const token = await encode(
      {
        aud: "nats-authorization-request",
        exp: Math.floor(Date.now() / 1000) + 3600,
        sub: callout.account,
        nats: {
          server_id: { name: "n", host: "127.0.0.1", id: server.publicKey, version: "2.15.1", xkey: xkey.publicKey },
          user_nkey: createKeyPair("user").publicKey,
          client_info: { host: "127.0.0.1", id: 7, user: "alice", kind: "Client", type: "nats" },
          connect_opts: { user: "alice", pass: "s3cr3t", lang: "nats.js", version: "3.3.1", protocol: 1 },
          type: "authorization_request",
        },
      },
      server,
    );
    return xkey.seal(new TextEncoder().encode(token), callout.xkey ?? "");
  };
  // Each is answered once; `measure` makes a batch more than it counts.
  const requests = await Promise.all(Array.from({ length: 13 * PER_BATCH }, ask));
  return measure(
    "open, issue, respond",
    async () => {
      const request = callout.open(requests.pop() ?? new Uint8Array(), xkey.publicKey);
      const user = await app.issueUser("alice", { key: request.userKey, expires: "1h", pub: ["orders.>"] });
      return callout.respond(request, user);
    },
    PER_BATCH,
  );
}
