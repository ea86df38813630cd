/**
 * Logins by tokens of an identity provider (OpenID Connect): a service that servers ask about every connection checks the token
 * that a browser sends with `jose`, lets its owner in by the groups that he is in, and for no longer than the token is valid.
 * Servers have their accounts in their configuration here, without an operator.
 *
 * Run it with `npx tsx examples/auth-callout-oidc.ts`, after `npm run build`.
 */

import { pathToFileURL } from "node:url";
import { connect } from "@nats-io/transport-node";
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  type JWTVerifyGetKey,
  errors as joseErrors,
  jwtVerify,
  SignJWT,
} from "jose";
import {
  AuthCallout,
  type AuthorizationRequest,
  type AuthorizationVerdict,
  type ConfigurationUser,
  createKeyPair,
  formatServerConfig,
} from "nsc.js";
import { serveAuthCallout } from "nsc.js/nats";
import { startNatsServer } from "nsc.js/testing";

const ISSUER = "https://login.example.com";
const AUDIENCE = "nats";

/** What members of a group may do; whoever is in none of them is not let in. */
const GROUPS: { readonly [group: string]: Pick<ConfigurationUser, "account" | "pub" | "sub"> } = {
  traders: { account: "DESK", pub: ["orders.new", "$SYS.REQ.USER.INFO"], sub: ["quotes.>", "_INBOX.>"] },
  auditors: { account: "DESK", pub: ["$SYS.REQ.USER.INFO"], sub: ["orders.>", "quotes.>", "_INBOX.>"] },
};

/**
 * Decides about logins.
 *
 * @param keys - the provider's keys: `createRemoteJWKSet(new URL(".well-known/jwks.json", issuer))` of `jose`
 */
function authorizer(keys: JWTVerifyGetKey) {
  return async ({ connectOptions }: AuthorizationRequest): Promise<AuthorizationVerdict> => {
    let claims: JWTPayload & { groups?: unknown };
    try {
      const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: ["ES256"], requiredClaims: ["sub", "exp"] };
      claims = (await jwtVerify(connectOptions.auth_token ?? "", keys, options)).payload;
    } catch (error) {
      // That the provider can't be reached is no fault of the client: whatever else is thrown is a failure of the service.
      if (error instanceof joseErrors.JWKSTimeout || !(error instanceof joseErrors.JOSEError)) throw error;
      return { deny: `the identity token is not good: ${error.code}` };
    }
    const groups: readonly unknown[] = Array.isArray(claims.groups) ? claims.groups : [];
    const group = groups.find((each) => typeof each === "string" && Object.hasOwn(GROUPS, each)) as string | undefined;
    const rights = group === undefined ? undefined : GROUPS[group];
    if (rights === undefined) return { deny: `${claims.sub} is in no group that may connect` };
    return { user: { ...rights, name: claims.sub ?? "", expires: new Date((claims.exp ?? 0) * 1000) } };
  };
}

export async function oidcLogins(tell: (line: string) => void = console.log): Promise<void> {
  const [issuer, xkey] = [createKeyPair("account"), createKeyPair("curve")];
  const config = formatServerConfig({
    accounts: { DESK: {}, AUTH: { users: [{ user: "service", password: "service" }] } },
    authorization: {
      auth_callout: { issuer: issuer.publicKey, account: "AUTH", auth_users: ["service"], xkey: xkey.publicKey },
    },
  });
  const server = await startNatsServer({ config });

  // Stands for the provider.
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256", kid: "1" }] });
  const identityToken = (sub: string, groups: readonly string[], expires = "10m", audience = AUDIENCE) =>
    new SignJWT({ groups })
      .setProtectedHeader({ alg: "ES256", kid: "1" })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setSubject(sub)
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(privateKey);

  const connection = await connect({
    servers: server.url,
    user: "service",
    pass: "service",
    maxReconnectAttempts: -1,
  });
  const callout = new AuthCallout({ signer: issuer, encryptionKey: xkey, maxLifetime: "8h" });
  const running = await serveAuthCallout(connection, callout, {
    authorize: authorizer(keys),
    onEvent: ({ outcome, error }) => {
      if (outcome === "failed" || outcome === "refused") tell(`${outcome}: ${String(error)}`);
    },
  });

  const logIn = (token: string) => connect({ servers: server.url, token, reconnect: false });
  const client = await logIn(await identityToken("alice@example.com", ["staff", "traders"]));
  const { data } = (await client.request("$SYS.REQ.USER.INFO")).json<{ data: { user: string; account: string } }>();
  tell(`in as ${data.user} of ${data.account}`);
  await client.close();

  const others = {
    "somebody in no group": identityToken("bob@example.com", ["staff"]),
    "a token for another service": identityToken("alice@example.com", ["traders"], "10m", "shop"),
    "a token that expired": identityToken("alice@example.com", ["traders"], "-1m"),
    "no token at all": Promise.resolve(""),
  };
  for (const [who, token] of Object.entries(others)) {
    const refused = await logIn(await token).catch((error: Error) => error.name);
    tell(`${who}: ${typeof refused === "string" ? refused : "in"}`);
  }
  await running.stop();
  await connection.close();
  await server.stop();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await oidcLogins();
