/**
 * Logins by API keys: a service that servers ask about every connection finds the tenant of a key by its hash, and lets the
 * client into the tenant's account, with the role that the key is for, until the key expires or for an hour.
 *
 * Run it with `npx tsx examples/auth-callout-api-keys.ts`, after `npm run build`.
 */

import { createHash, randomBytes } from "node:crypto";
import { pathToFileURL } from "node:url";
import { connect, credsAuthenticator } from "@nats-io/transport-node";
import {
  type Account,
  type AuthorizationRequest,
  type AuthorizationVerdict,
  authCallout,
  Nsc,
  serverConfig,
} from "nsc.js";
import { serveAuthCallout } from "nsc.js/nats";
import { startNatsServer } from "nsc.js/testing";

/** What is known of a key. The key itself is with whoever it was given to, and nowhere else. */
interface ApiKey {
  readonly name: string;
  readonly tenant: string;
  readonly role: string;
  isRevoked: boolean;
}

/** Stands for a table of a database. */
class ApiKeys {
  readonly #keys = new Map<string, ApiKey>();

  add(key: Omit<ApiKey, "isRevoked">): string {
    const text = `key_${randomBytes(24).toString("base64url")}`;
    this.#keys.set(hashOf(text), { ...key, isRevoked: false });
    return text;
  }

  async find(text: string): Promise<ApiKey | undefined> {
    return this.#keys.get(hashOf(text));
  }
}

/** Keys are long and random, so that a plain hash hides them. */
function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** Decides about logins. */
function authorizer(keys: ApiKeys, tenants: ReadonlyMap<string, Account>) {
  return async ({ connectOptions, userKey }: AuthorizationRequest): Promise<AuthorizationVerdict> => {
    const key = await keys.find(connectOptions.auth_token ?? "");
    if (key === undefined) return { deny: "no such API key" };
    if (key.isRevoked) return { deny: `the API key ${key.name} was revoked` };
    const tenant = tenants.get(key.tenant);
    if (tenant === undefined) return { deny: `there is no tenant ${key.tenant}` };
    return tenant.issueUser(key.name, { key: userKey, role: key.role, expires: "1h" });
  };
}

export async function apiKeyLogins(tell: (line: string) => void = console.log): Promise<void> {
  // Whoever sets the servers up does this once, with a store that lasts.
  const operator = await new Nsc().addOperator("local", { signingKey: true, systemAccount: true });
  const tenants = new Map<string, Account>();
  for (const name of ["acme", "umbrella"]) {
    const account = await operator.addAccount(name, { signingKey: true });
    await account.addRole("worker", { pub: ["done.{{name()}}", "$SYS.REQ.USER.INFO"], sub: ["jobs.>", "_INBOX.>"] });
    tenants.set(name, account);
  }
  const { account, service, sentinel } = await operator.addAuthCalloutAccount("AUTH", {
    accounts: [...tenants.values()],
  });
  const config = await serverConfig(operator, { resolver: { type: "memory" } });
  const server = await startNatsServer({ config });

  // The service. Two or more of them share the work.
  const connection = await connect({
    servers: server.url,
    authenticator: credsAuthenticator(new TextEncoder().encode(await service.creds())),
    maxReconnectAttempts: -1,
  });
  const keys = new ApiKeys();
  const running = await serveAuthCallout(connection, await authCallout(account), {
    authorize: authorizer(keys, tenants),
    onEvent: ({ outcome, request }) => tell(`${outcome} a login from ${request?.client.host ?? "somewhere"}`),
  });

  // Clients have the sentinel's token, which is no secret, and a key of their own.
  const jwt = sentinel?.token ?? "";
  const logIn = (key: string) =>
    connect({ servers: server.url, authenticator: [() => ({ jwt }), () => ({ auth_token: key })], reconnect: false });
  const key = keys.add({ name: "worker-7", tenant: "acme", role: "worker" });
  const client = await logIn(key);
  const { data } = (await client.request("$SYS.REQ.USER.INFO")).json<{ data: { user: string; account: string } }>();
  tell(
    `the key of worker-7 is ${data.user} of ${data.account === tenants.get("acme")?.publicKey ? "acme" : "another"}`,
  );
  await client.close();

  for (const wrong of ["key_guessed", ""]) {
    const refused = await logIn(wrong).catch((error: Error) => error.name);
    tell(`${JSON.stringify(wrong)} gives ${typeof refused === "string" ? refused : "a connection"}`);
  }
  const found = await keys.find(key);
  if (found !== undefined) found.isRevoked = true;
  tell(`a revoked key gives ${await logIn(key).catch((error: Error) => error.name)}`);

  await running.stop();
  await connection.close();
  await server.stop();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await apiKeyLogins();
