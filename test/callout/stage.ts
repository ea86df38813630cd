/** Servers with an auth callout, with an operator and without, services that answer, and clients that log in. */

import { type Authenticator, connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import {
  type AddAuthCalloutAccountOptions,
  AuthCallout,
  type AuthCalloutAccount,
  type AuthorizationVerdict,
  authCallout,
  createKeyPair,
  type KeyPair,
  type ServerConfigOptions,
  serverConfig,
} from "nsc.js";
import {
  type AuthCalloutEvent,
  type AuthCalloutService,
  type ServeAuthCalloutOptions,
  serveAuthCallout,
} from "nsc.js/nats";
import { type RunningNatsServer, startNatsServer, testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, vi } from "vitest";
import { cachedServer, describeOf } from "../server/servers.ts";
import { natsServer } from "../support/nats-server.ts";

/** Tests for the newest server, and for 2.10, which was the first with auth callouts. */
export function describeVersions(name: string, tests: (binary: string) => void): void {
  const versions = [
    ["the newest nats-server", natsServer?.path],
    ["nats-server 2.10", cachedServer("2.10")],
  ] as const;
  for (const [title, binary] of versions) describeOf(binary)(`${name}, ${title}`, () => tests(binary ?? ""));
}

/** As whom a client connects: creds, and a user with a password or a token. */
export interface Login {
  readonly creds?: string;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  readonly authenticator?: Authenticator;
}

function authenticators({ creds, user, pass, token, authenticator }: Login): Authenticator[] {
  return [
    ...(creds === undefined ? [] : [credsAuthenticator(new TextEncoder().encode(creds))]),
    ...(user === undefined ? [] : [() => ({ user, pass: pass ?? "" })]),
    ...(token === undefined ? [] : [() => ({ auth_token: token })]),
    ...(authenticator === undefined ? [] : [authenticator]),
  ];
}

/** Connects for as long as the test lives. */
export async function logIn(server: Pick<RunningNatsServer, "url">, login: Login): Promise<NatsConnection> {
  const connection = await connect({
    servers: server.url,
    authenticator: authenticators(login),
    reconnect: false,
    timeout: 10_000,
  });
  onTestFinished(() => connection.close());
  return connection;
}

/** The name of the error with which a login is refused; nothing if it is not. */
export async function refusalOf(server: Pick<RunningNatsServer, "url">, login: Login): Promise<string | undefined> {
  try {
    await (await logIn(server, login)).close();
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}

/** Who the server takes a connection for. */
export async function whoIs(connection: NatsConnection, timeout = 5000): Promise<UserInfo> {
  return (await connection.request("$SYS.REQ.USER.INFO", "", { timeout })).json<{ data: UserInfo }>().data;
}

export interface UserInfo {
  readonly user: string;
  readonly account: string;
  readonly permissions?: { readonly publish?: { readonly allow?: string[]; readonly deny?: string[] } };
  readonly expires?: number;
}

/** Waits until the server has logged something, after the first so many characters of its log. */
export async function untilLogged(server: RunningNatsServer, text: RegExp, from = 0): Promise<void> {
  await vi.waitFor(() => expect(server.log().slice(from)).toMatch(text), { timeout: 5000, interval: 20 });
}

/** A service for as long as the test lives, and what came of its requests. */
export async function serveOver(
  connection: NatsConnection,
  callout: AuthCallout,
  options: ServeAuthCalloutOptions,
): Promise<{ readonly service: AuthCalloutService; readonly events: readonly AuthCalloutEvent[] }> {
  const events: AuthCalloutEvent[] = [];
  const service = await serveAuthCallout(connection, callout, { onEvent: (event) => events.push(event), ...options });
  onTestFinished(() => service.stop());
  return { service, events };
}

export type Authorize = ServeAuthCalloutOptions["authorize"];

interface OperatorStageOptions {
  /** More configuration, as text. */
  readonly more?: string;
  readonly config?: Partial<ServerConfigOptions>;
  readonly sentinelConfig?: (auth: AuthCalloutAccount) => Partial<ServerConfigOptions> | undefined;
}

/** With an operator: accounts APP and OTHER, and AUTH, which has the callout. */
export async function operatorStage(
  binary: string | undefined,
  options: AddAuthCalloutAccountOptions & OperatorStageOptions = {},
) {
  const { more = "", config, sentinelConfig, ...init } = options;
  const web = { pub: ["web.{{name()}}.>", "$SYS.REQ.USER.INFO"], sub: ["_INBOX.>"] };
  const authority = await testAuthority({
    accounts: { APP: { signingKey: true, roles: { web } }, OTHER: {} },
  });
  const { operator, accounts } = authority;
  const auth = await operator.addAuthCalloutAccount("AUTH", { accounts: [accounts.APP], ...init });
  const start = async (): Promise<RunningNatsServer> => {
    const text = await serverConfig(operator, { resolver: { type: "memory" }, ...config, ...sentinelConfig?.(auth) });
    const server = await startNatsServer({
      config: `${text}\n${more}`,
      ...(binary !== undefined && { server: binary }),
    });
    onTestFinished(() => server.stop());
    return server;
  };
  const server = await start();
  const sentinel = (await auth.sentinel?.creds()) ?? "";
  const callout = await authCallout(auth.account);
  return {
    ...authority,
    auth,
    server,
    callout,
    sentinel,
    connectService: async () => logIn(server, { creds: await auth.service.creds() }),
    async serve(authorize: Authorize, serveOptions: Partial<ServeAuthCalloutOptions> = {}) {
      const connection = await logIn(server, { creds: await auth.service.creds() });
      return { connection, ...(await serveOver(connection, callout, { authorize, ...serveOptions })) };
    },
  };
}

/** Without an operator: accounts APP, OTHER and AUTH in the configuration. */
export async function configurationStage(
  binary: string | undefined,
  options: { readonly xkey?: KeyPair; readonly more?: string; readonly timeout?: string } = {},
) {
  const { xkey, more = "", timeout = "2s" } = options;
  const issuer = createKeyPair("account");
  const server = await startNatsServer({
    config: `
      accounts {
        APP { users [ { user: local, password: local } ] }
        OTHER {}
        SYS {}
        AUTH { users [ { user: service, password: service } ] }
      }
      system_account: SYS
      authorization {
        timeout: ${JSON.stringify(timeout)}
        auth_callout {
          issuer: ${issuer.publicKey}
          account: AUTH
          auth_users: [ service ]
          ${xkey === undefined ? "" : `xkey: ${xkey.publicKey}`}
        }
      }
      ${more}`,
    ...(binary !== undefined && { server: binary }),
  });
  onTestFinished(() => server.stop());
  const callout = new AuthCallout({ signer: issuer, ...(xkey && { encryptionKey: xkey }) });
  const service = { user: "service", pass: "service" };
  return {
    issuer,
    server,
    callout,
    connectService: () => logIn(server, service),
    async serve(authorize: Authorize, serveOptions: Partial<ServeAuthCalloutOptions> = {}) {
      const connection = await logIn(server, service);
      return { connection, ...(await serveOver(connection, callout, { authorize, ...serveOptions })) };
    },
  };
}

/** Lets in who knows the password, by what `user` gives. */
export function byPassword(
  user: (name: string, userKey: string) => AuthorizationVerdict | Promise<AuthorizationVerdict>,
): Authorize {
  return ({ connectOptions, userKey }) => {
    const { user: name = "", pass } = connectOptions;
    return pass === "s3cr3t" ? user(name, userKey) : { deny: `wrong password of ${name}` };
  };
}
