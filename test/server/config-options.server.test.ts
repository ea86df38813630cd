import { mkdirSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { AuthorizationError, connect } from "@nats-io/transport-node";
import fc from "fast-check";
import {
  createKeyPair,
  createUserClaims,
  encode,
  formatServerConfig,
  type LeafnodeRemote,
  Nsc,
  type Resolver,
  serverConfig,
  serverConfigFromTokens,
  type TlsFiles,
} from "nsc.js";
import { startNatsServer } from "nsc.js/testing";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { hostileText } from "../config/arbitraries.ts";
import { asUtf8 } from "../config/conf-parser.ts";
import { CERTIFICATE, PRIVATE_KEY } from "../support/certificate.ts";
import { configChecker } from "../support/check-config.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { accepts, isOlderThan, isSince, monitor, start, WARNING } from "./servers.ts";
import { accountToken, createTrust, HOSTILE_NAMES, operatorToken, tokensOf, userCreds } from "./trust.ts";

const trust = await createTrust();

/** An HTTP account server for as long as the test lives; what it is asked for. */
async function accountServer(tokens: Readonly<Record<string, string>>, isSecure = false) {
  const asked: string[] = [];
  const answer: RequestListener = ({ url = "" }, response) => {
    asked.push(url);
    const token = url === "/a%20b/" ? "" : tokens[url.slice("/a%20b/".length)];
    response.writeHead(token === undefined ? 404 : 200).end(token);
  };
  const server = isSecure
    ? createHttpsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, answer)
    : createHttpServer(answer);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => new Promise<void>((closed) => void server.close(() => closed())));
  const { port } = server.address() as AddressInfo;
  return { asked, url: `${isSecure ? "https" : "http"}://127.0.0.1:${port}/a%20b` };
}

interface Leafz {
  readonly leafs?: readonly { readonly account: string }[];
}

interface Varz {
  readonly websocket?: object;
  readonly leaf?: { readonly port?: number; readonly remotes?: readonly object[] };
  readonly pinned_account_fails?: number;
}

describeWithServer("the server does what we ask for", () => {
  test.each([
    ["http", false],
    ["https with an authority of its own", true],
  ])("it asks an account server over %s", async (_, isSecure) => {
    const { app, system } = trust;
    const tokens = { [app.publicKey]: trust.appToken, [system.publicKey]: trust.systemToken };
    const { asked, url } = await accountServer(tokens, isSecure);
    const files = await start({});
    const caFile = join(files.dir, 'ca $HOME "1".pem');
    writeFileSync(caFile, CERTIFICATE);
    const resolver: Resolver = { type: "url", url, ...(isSecure && { tls: { caFile } }) };
    const server = await start({ config: serverConfigFromTokens(tokensOf(trust, { accounts: [], resolver })) });
    expect(server.log()).not.toMatch(WARNING);
    expect(await accepts(server, await userCreds(app))).toBe(true);
    expect(await accepts(server, await userCreds(createKeyPair("account")))).toBe(false);
    expect(asked).toEqual(expect.arrayContaining(["/a%20b/", `/a%20b/${system.publicKey}`, `/a%20b/${app.publicKey}`]));
  });

  test("it lets in users of pinned accounts and of the system account", async () => {
    const other = createKeyPair("account");
    const accounts = [trust.systemToken, trust.appToken, await accountToken(other, trust.operator)];
    const config = serverConfigFromTokens(tokensOf(trust, { accounts, pinnedAccounts: [trust.app.publicKey] }));
    const server = await start({ config, args: ["-m", "-1"] });
    const outcomes = await Promise.all(
      [trust.app, trust.system, other].map(async (account) => accepts(server, await userCreds(account))),
    );
    expect(outcomes).toEqual([true, true, false]);
    expect(await monitor<Varz>(server, "/varz")).toMatchObject({ pinned_account_fails: 1 });
  });

  test.skipIf(isOlderThan("2.11.9"))("it takes clients without a token for the default sentinel", async () => {
    const operator = await new Nsc().addOperator("local", { systemAccount: true });
    const app = await operator.addAccount("APP");
    const user = await app.addUser("sentinel", { bearer: true, pub: { deny: [">"] }, sub: ["hello"] });
    await app.addRole("guest", { sub: ["hello"] });
    await app.edit(({ nats }) => {
      const [role] = nats.signing_keys ?? [];
      if (typeof role === "object") role.template.bearer_token = true;
    });
    const scoped = await app.issueUser("guest", { role: "guest", expires: "1h" });
    for (const defaultSentinel of [user, scoped, user.token]) {
      const server = await start({
        config: await serverConfig(operator, {
          resolver: { type: "memory" },
          defaultSentinel,
          pinnedAccounts: [app],
        }),
      });
      const connection = await connect({ servers: server.url, reconnect: false });
      await connection.close();
    }
    const server = await start({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
    await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow(AuthorizationError);
  });

  test("it listens for WebSockets, with TLS and without", async () => {
    const files = await start({});
    const tls: TlsFiles = { certFile: join(files.dir, "$cert 1.pem"), keyFile: join(files.dir, "key#2.pem") };
    writeFileSync(tls.certFile as string, CERTIFICATE);
    writeFileSync(tls.keyFile as string, PRIVATE_KEY);
    for (const security of [{ noTls: true }, { tls }]) {
      const websocket = {
        port: -1,
        host: "127.0.0.1",
        ...security,
        jwtCookie: "$true#'~",
        allowedOrigins: ["https://app.example:443"],
        sameOrigin: true,
        compression: true,
      };
      const server = await start({
        config: serverConfigFromTokens(tokensOf(trust, { websocket })),
        args: ["-m", "-1"],
      });
      expect(await monitor<Varz>(server, "/varz")).toMatchObject({
        websocket: {
          host: "127.0.0.1",
          jwt_cookie: "$true#'~",
          allowed_origins: ["https://app.example:443"],
          same_origin: true,
          compression: true,
          ...("noTls" in security && { no_tls: true }),
        },
      });
    }
  });

  test("it connects an account as a leaf node with creds", async () => {
    const hubTrust = await createTrust();
    const hub = await start({
      config: formatServerConfig({
        ...serverConfigFromTokens(tokensOf(hubTrust)),
        leafnodes: { listen: "127.0.0.1:-1" },
      }),
      args: ["-m", "-1"],
    });
    const { leaf } = await monitor<Varz>(hub, "/varz");
    const credentials = join(hub.dir, 'a $.b {c} "d".creds');
    writeFileSync(credentials, await userCreds(hubTrust.app));
    const remote: LeafnodeRemote = {
      urls: [`nats-leaf://127.0.0.1:${leaf?.port}`],
      account: trust.app.publicKey,
      credentials,
    };
    const server = await start({ config: serverConfigFromTokens(tokensOf(trust, { leafnodeRemotes: [remote] })) });
    await vi.waitFor(async () => {
      const { leafs } = await monitor<Leafz>(hub, "/leafz");
      expect(leafs).toEqual([expect.objectContaining({ account: hubTrust.app.publicKey })]);
    }, 5000);
    expect(server.log()).not.toMatch(WARNING);
  });
});

/** Each of them is a run of `nats-server -t`, some 20 ms. */
const RUNS = Number(process.env["NSC_FUZZ_RUNS"] ?? 200);
const checker = configChecker();
afterAll(() => checker.close());

const anyText = fc.oneof(hostileText, fc.constantFrom(...HOSTILE_NAMES)).map(asUtf8);
/** A file system takes 255 bytes for a name, and no slashes. */
const fileName = anyText
  .map((text) => text.replace(/[\0/]/g, "-"))
  .filter((text) => text !== "" && !/^\.+$/.test(text));
const credsName = fileName.filter((name) => !/\$[\w*#$@!?{-]/.test(name) && !name.startsWith("~"));
const cookie = fc.string({ unit: fc.constantFrom(..."a1!#$%&'*+.^_`|~-"), minLength: 1, maxLength: 12 });
const duration = fc.constantFrom("2m", "1.9s", "1h1m1s", "5ms", "2562047h");
const pathOfUrl = fc
  .string({ unit: fc.constantFrom(..."az0%~!$&'()*+,;=:@/[]{}|\\^`\u00fc\u4e16"), maxLength: 20 })
  .map((path) => path.replaceAll("%", "%25"));
const resolver: fc.Arbitrary<Resolver> = fc.oneof(
  fc.constant<Resolver>({ type: "memory" }),
  fc.record({
    type: fc.constant("full"),
    dir: fileName,
    allowDelete: fc.boolean(),
    interval: duration,
    limit: fc.nat(),
    timeout: duration,
  }),
  fc.record({ type: fc.constant("cache"), dir: fileName, ttl: duration, limit: fc.nat(), timeout: duration }),
  fc.record({ type: fc.constant("url"), url: pathOfUrl.map((path) => `https://u:p@h:1/${path}`) }),
) as fc.Arbitrary<Resolver>;

/** Writes files of these names, and gives them as they are written in a configuration. */
function tlsFiles([cert, key, ca]: readonly [string, string, string]): TlsFiles {
  const folder = join("tls", String(Math.random()));
  const write = (name: string, text: string) => {
    const path = join(checker.dir, folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return join(folder, name);
  };
  return {
    certFile: write(`c${cert}`, CERTIFICATE),
    keyFile: write(`k${key}`, PRIVATE_KEY),
    caFile: write(`a${ca}`, CERTIFICATE),
  };
}

describeWithServer("whatever the names, paths and values", () => {
  test(
    "nats-server -t takes what we make",
    async () => {
      const sentinel = await encode(
        createUserClaims(createKeyPair("user").publicKey, { nats: { bearer_token: true } }),
        trust.app,
      );
      await fc.assert(
        fc.asyncProperty(
          anyText,
          anyText,
          resolver,
          fc.array(credsName, { maxLength: 3 }),
          fc.tuple(fileName, fileName, fileName),
          cookie,
          fc.boolean(),
          async (operatorName, accountName, how, creds, names, jwtCookie, hasMore) => {
            const { operator, system, app } = trust;
            const tls = tlsFiles(names);
            const isUrl = how.type === "url";
            const text = serverConfigFromTokens({
              operator: await operatorToken(operator, { system_account: system.publicKey }, operatorName),
              accounts: isUrl ? [] : [await accountToken(system, operator, { name: accountName })],
              resolver: isUrl && hasMore ? { ...how, tls } : how,
              leafnodeRemotes: creds.map((name, i) => ({
                urls: [`tls://h:${i + 1}`, "nats://u:p@h"],
                account: app.publicKey,
                credentials: name,
                ...(hasMore && { tls }),
              })),
              websocket: { port: -1, jwtCookie, ...(hasMore ? { tls } : { noTls: true }) },
              ...(hasMore && { pinnedAccounts: [app.publicKey, system.publicKey] }),
              ...(hasMore && isSince("2.11.9") && { defaultSentinel: sentinel }),
            }).toString();
            expect(await checker.check(text)).toBeUndefined();
          },
        ),
        { numRuns: RUNS },
      );
    },
    RUNS * 500 + 30_000,
  );

  test(
    "the server has the values as they are given",
    async () => {
      const hubTrust = await createTrust();
      const leafnodes = { listen: "127.0.0.1:-1" };
      const hub = await start({
        config: formatServerConfig({ ...serverConfigFromTokens(tokensOf(hubTrust)), leafnodes }),
        args: ["-m", "-1"],
      });
      const { leaf } = await monitor<Varz>(hub, "/varz");
      const creds = await userCreds(hubTrust.app);
      const folder = join(checker.dir, "creds in a folder");
      mkdirSync(folder);
      await fc.assert(
        fc.asyncProperty(credsName, cookie, async (name, jwtCookie) => {
          const credentials = join(folder, name);
          writeFileSync(credentials, creds);
          const remote = { urls: [`nats://127.0.0.1:${leaf?.port}`], account: trust.app.publicKey, credentials };
          const options = {
            leafnodeRemotes: [remote],
            websocket: { port: -1, host: "127.0.0.1", noTls: true, jwtCookie },
          };
          await using server = await startNatsServer({
            config: serverConfigFromTokens(tokensOf(trust, options)),
            args: ["-m", "-1"],
          });
          const { websocket } = await monitor<Varz>(server, "/varz");
          expect(websocket).toMatchObject({ jwt_cookie: jwtCookie });
          await vi.waitFor(async () => {
            const { leafs } = await monitor<Leafz>(server, "/leafz");
            expect(leafs).toEqual([expect.objectContaining({ account: trust.app.publicKey })]);
          }, 5000);
        }),
        { numRuns: Math.ceil(RUNS / 10) },
      );
    },
    RUNS * 500 + 30_000,
  );
});
