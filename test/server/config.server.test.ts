import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AuthorizationError } from "@nats-io/nats-core";
import fc from "fast-check";
import {
  type ConfigMap,
  createKeyPair,
  encodeGeneric,
  type FullResolver,
  formatServerConfig,
  type Resolver,
  serverConfigFromTokens,
} from "nsc.js";
import { startNatsServer } from "nsc.js/testing";
import { expect, test, vi } from "vitest";
import { hostileText, memberName } from "../config/arbitraries.ts";
import { asUtf8, parseConf } from "../config/conf-parser.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { ask, connectAs, isOlderThan, monitor, start, WARNING } from "./servers.ts";
import { accountToken, createTrust, HOSTILE_NAMES, operatorToken, tokensOf, userCreds } from "./trust.ts";

const MEMORY: Resolver = { type: "memory" };
const FULL: FullResolver = { type: "full", dir: "./jwt" };
const CACHE: Resolver = { type: "cache", dir: "./jwt" };
const ALL_OF_FULL: Resolver = {
  ...FULL,
  allowDelete: true,
  hardDelete: true,
  interval: "2m",
  limit: 10,
  timeout: "1.5s",
};
const ALL_OF_CACHE: Resolver = { ...CACHE, ttl: "1h", limit: 10, timeout: "1.5s" };
const EACH_RESOLVER = [
  ["memory", MEMORY],
  ["full", FULL],
  ["full with every option", ALL_OF_FULL],
  ["cache", CACHE],
  ["cache with every option", ALL_OF_CACHE],
] as const;

/** A map of any names to any texts, which the server shows as it read it. */
const hasMetadata = !isOlderThan("2.12.0");

const trust = await createTrust();

interface Varz {
  readonly server_name: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly max_connections: number;
  readonly trusted_operators_claim?: readonly { readonly name?: string }[];
  readonly trusted_operators_jwt?: readonly string[];
}

interface Accountz {
  readonly account_detail?: { readonly decoded_jwt?: { readonly name?: string } };
}

describeWithServer("the server takes what we make", () => {
  test.each(EACH_RESOLVER)("a resolver of type %s, and its accounts work", async (_, resolver) => {
    const server = await start({ config: serverConfigFromTokens(tokensOf(trust, { resolver })) });
    expect(server.log()).not.toMatch(WARNING);
    expect(server.log()).not.toContain("bootstrapping");

    const system = await connectAs(server, await userCreds(trust.system));
    expect((await ask(system, "$SYS.REQ.SERVER.PING")).server.ver).toBe(server.version);
    await connectAs(server, await userCreds(trust.app));
    if (resolver.type === "memory") {
      await expect(ask(system, "$SYS.REQ.CLAIMS.LIST")).rejects.toThrow(/no responders/i);
    } else {
      const { data } = await ask<string[]>(system, "$SYS.REQ.CLAIMS.LIST");
      expect(new Set(data)).toEqual(new Set([trust.system.publicKey, trust.app.publicKey]));
      expect(readFileSync(join(server.dir, "jwt", `${trust.app.publicKey}.jwt`), "utf8")).toBe(trust.appToken);
    }
  });

  // The server passes over members of the resolver that it does not know. That it knows one shows in that it minds the
  // type of its value. The names are those of server.md, section 1.3.
  test.concurrent.each([
    ...["type", "dir", "allow_delete", "hard_delete", "interval", "limit", "timeout"].map(
      (name) => [name, ALL_OF_FULL] as const,
    ),
    ...["type", "dir", "ttl", "limit", "timeout"].map((name) => [name, ALL_OF_CACHE] as const),
  ])("%s is a name that the server reads", async (name, resolver) => {
    const config = serverConfigFromTokens(tokensOf(trust, { resolver }));
    expect(config.resolver).toHaveProperty(name);
    const broken = { ...config, resolver: { ...(config.resolver as ConfigMap), [name]: [] } };
    await expect(startNatsServer({ config: broken })).rejects.toThrow(/interface conversion/);
  });

  test.each([
    ["by default nothing is deleted", FULL, /delete must be enabled in server config/, [".jwt"]],
    ["allowDelete renames", { ...FULL, allowDelete: true }, undefined, [".jwt.deleted"]],
    ["hardDelete removes", { ...FULL, allowDelete: true, hardDelete: true }, undefined, []],
  ] as const)("%s", async (_, resolver, refusal, left) => {
    const server = await start({ config: serverConfigFromTokens(tokensOf(trust, { resolver })) });
    const system = await connectAs(server, await userCreds(trust.system));
    const { publicKey } = trust.operator;
    const request = await encodeGeneric({ sub: publicKey, nats: { accounts: [trust.app.publicKey] } }, trust.operator);
    const { data, error } = await ask<{ message: string }>(system, "$SYS.REQ.CLAIMS.DELETE", request);
    if (refusal === undefined) expect(data?.message).toBe("deleted 1 accounts");
    else expect(error?.description).toMatch(refusal);
    const files = readdirSync(join(server.dir, "jwt")).filter((name) => name.startsWith(trust.app.publicKey));
    expect(files).toEqual(left.map((suffix) => trust.app.publicKey + suffix));
  });

  test("the limit is the number of accounts, and 0 is no limit", async () => {
    const third = await accountToken(createKeyPair("account"), trust.operator);
    for (const [limit, outcome] of [
      [2, { error: { description: expect.stringContaining("jwt store is full") } }],
      [3, { data: { code: 200 } }],
      [0, { data: { code: 200 } }],
    ] as const) {
      const server = await start({ config: serverConfigFromTokens(tokensOf(trust, { resolver: { ...FULL, limit } })) });
      const system = await connectAs(server, await userCreds(trust.system));
      expect(await ask(system, "$SYS.REQ.CLAIMS.UPDATE", third)).toMatchObject(outcome);
    }
  });

  test("the timeout is how long the server looks for an account that it does not have", async () => {
    const server = await start({
      config: serverConfigFromTokens(tokensOf(trust, { resolver: { ...FULL, timeout: "200ms" } })),
    });
    const before = performance.now();
    await expect(connectAs(server, await userCreds(createKeyPair("account")))).rejects.toThrow(AuthorizationError);
    // Without the option it takes 1.9 seconds.
    expect(performance.now() - before).toBeLessThan(1500);
  });

  test("a system account that is not there yet: the server begins with a stand-in and takes the pushed one", async () => {
    const server = await start({ config: serverConfigFromTokens(tokensOf(trust, { accounts: [], resolver: FULL })) });
    expect(server.log()).toContain("Using bootstrapping system account");
    const system = await connectAs(server, await userCreds(trust.system));
    for (const token of [trust.systemToken, trust.appToken]) {
      expect(await ask(system, "$SYS.REQ.CLAIMS.UPDATE", token)).toMatchObject({ data: { code: 200 } });
    }
    await connectAs(server, await userCreds(trust.app));
    await vi.waitFor(() => expect(server.log()).toContain("System account fetched and updated"), 5000);
  });

  test.each([
    ["an operator that is not strict", false],
    ["a strict operator", true],
  ])("%s with a signing key, for every kind of resolver", async (_, isStrict) => {
    const { operatorKey, system, app, ...made } = await createTrust({ strict_signing_key_usage: isStrict });
    const key = createKeyPair("account");
    const nats = { signing_keys: [key.publicKey] };
    const accounts = [
      await accountToken(system, operatorKey, { name: "SYS", nats }),
      await accountToken(app, operatorKey, { nats }),
    ];
    for (const resolver of [MEMORY, FULL, CACHE]) {
      const server = await start({
        config: serverConfigFromTokens({ operator: made.operatorToken, accounts, resolver }),
      });
      expect(server.log()).not.toMatch(WARNING);
      for (const { publicKey } of [system, app]) {
        await connectAs(server, await userCreds(key, { nats: { issuer_account: publicKey } }));
      }
    }
  });

  test.skipIf(isOlderThan("2.10.21"))("several operators, and accounts of each work", async () => {
    const other = await createTrust();
    const second = await operatorToken(other.operator, { signing_keys: [other.operatorKey.publicKey] }, "second");
    const third = await accountToken(other.app, other.operatorKey);
    for (const resolver of [MEMORY, FULL, CACHE]) {
      for (const operator of [
        [trust.operatorToken, second],
        [second, trust.operatorToken],
      ]) {
        const accounts = [trust.systemToken, trust.appToken, third];
        const server = await start({ config: serverConfigFromTokens({ operator, accounts, resolver }) });
        const system = await connectAs(server, await userCreds(trust.system));
        expect((await ask(system, "$SYS.REQ.SERVER.PING")).server.ver).toBe(server.version);
        for (const account of [trust.app, other.app]) await connectAs(server, await userCreds(account));
      }
    }
  });

  test("entities with hostile names", async () => {
    const name = HOSTILE_NAMES.join("\n");
    const { operator, system } = await createTrust();
    const pairs = HOSTILE_NAMES.map(() => createKeyPair("account"));
    const config = serverConfigFromTokens({
      operator: await operatorToken(operator, { system_account: system.publicKey }, name),
      accounts: [
        await accountToken(system, operator, { name }),
        ...(await Promise.all(
          pairs.map((pair, i) => accountToken(pair, operator, { name: HOSTILE_NAMES[i] as string })),
        )),
      ],
      resolver: FULL,
    });
    const server = await start({ config, args: ["-m", "-1"] });
    expect(server.log()).not.toMatch(WARNING);
    const { trusted_operators_claim: claims } = await monitor<Varz>(server, "/varz");
    expect(claims?.[0]?.name).toBe(asUtf8(name));
    for (const [i, pair] of pairs.entries()) {
      await connectAs(server, await userCreds(pair));
      const { account_detail: detail } = await monitor<Accountz>(server, `/accountz?acc=${pair.publicKey}`);
      // Go leaves out an empty name.
      expect(detail?.decoded_jwt?.name ?? "").toBe(asUtf8(HOSTILE_NAMES[i] as string));
    }
  });

  test.concurrent.each([
    "with spaces ",
    "double \" and single ' quotes",
    "$HOME",
    "\u00fc \u{1f980} \u4e16\u754c",
    "back\\slash\\x41\\n",
    "line\nfeed\ttab\rreturn\x01\x7f",
    "# no // comment",
    "{a: [b]}, c; (d)",
    "2m",
    "true",
  ])("a folder called %j", async (dir) => {
    const resolver: Resolver = { type: "full", dir };
    await using server = await startNatsServer({ config: serverConfigFromTokens(tokensOf(trust, { resolver })) });
    const files = readdirSync(join(server.dir, dir));
    expect(files).toEqual(expect.arrayContaining([`${trust.system.publicKey}.jwt`, `${trust.app.publicKey}.jwt`]));
  });

  test("a folder with an absolute path", async () => {
    const other = await start({});
    const resolver: Resolver = { type: "full", dir: join(other.dir, "a", "b c") };
    await start({ config: serverConfigFromTokens(tokensOf(trust, { resolver })) });
    expect(existsSync(join(other.dir, "a", "b c", `${trust.app.publicKey}.jwt`))).toBe(true);
  });

  test("a larger configuration around it", async () => {
    const name = "n-1/\"a\"'b'\\#$HOME{\u{1f980}}";
    const server = await start({
      config: formatServerConfig({
        port: 4222,
        server_name: name,
        http: "127.0.0.1:-1",
        ...serverConfigFromTokens(tokensOf(trust, { resolver: FULL })),
        jetstream: { max_memory_store: 2n ** 40n, max_file_store: 1_000_000, unknown: undefined },
        authorization: { timeout: 1.5 },
        max_payload: 12_345,
        write_deadline: "7s",
        logtime: false,
        server_tags: ["a:b", "c d"],
      }),
    });
    expect(await monitor<Varz>(server, "/varz")).toMatchObject({
      server_name: name,
      auth_timeout: 1.5,
      max_payload: 12_345,
      write_deadline: 7_000_000_000,
      tags: ["a:b", "c d"],
      jetstream: { config: { max_memory: 2 ** 40, max_storage: 1_000_000 } },
      system_account: trust.system.publicKey,
      trusted_operators_jwt: [trust.operatorToken],
    });
    expect(server.log()).not.toMatch(/^\[\d+\] \d/m);
    const system = await connectAs(server, await userCreds(trust.system));
    expect((await ask(system, "$SYS.REQ.SERVER.PING")).server.name).toBe(name);
  });
});

/** Each of them is a server that starts. */
const RUNS = Number(process.env["NSC_FUZZ_RUNS"] ?? 25);

const anyText = fc.oneof(hostileText, fc.constantFrom(...HOSTILE_NAMES));
/** A file system takes 255 bytes for a name, and no slashes. */
const folderName = anyText
  .map((text) => asUtf8(text.replace(/[\0/]/g, "-")))
  .filter((text) => text !== "" && !/^\.+$/.test(text));

describeWithServer("whatever the names, folders and values", () => {
  test(
    "the server starts, and reads back the same",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          anyText,
          anyText,
          folderName,
          anyText.map((text) => text.replaceAll(" ", "") || "n"),
          fc.dictionary(memberName, anyText, { maxKeys: 20, noNullPrototype: true }),
          fc.integer({ min: 1, max: 2 ** 31 - 1 }),
          async (operatorName, accountName, dir, serverName, metadata, maxConnections) => {
            const { operator, system } = trust;
            const tokens = {
              operator: await operatorToken(operator, { system_account: system.publicKey }, operatorName),
              accounts: [await accountToken(system, operator, { name: accountName })],
            };
            const config = serverConfigFromTokens({ ...tokens, resolver: { type: "full", dir } });
            const more = {
              server_name: serverName,
              max_connections: maxConnections,
              ...(hasMetadata && { server_metadata: metadata }),
            };
            // With comments, which formatServerConfig does not write.
            const text = `${config}${formatServerConfig(more)}`;
            await using server = await startNatsServer({ config: text, args: ["-m", "-1"] });

            const varz = await monitor<Varz>(server, "/varz");
            expect(varz.server_name).toBe(asUtf8(serverName));
            expect(varz.max_connections).toBe(maxConnections);
            expect(varz.trusted_operators_jwt).toEqual([tokens.operator]);
            expect(varz.trusted_operators_claim?.[0]?.name ?? "").toBe(asUtf8(operatorName));
            if (hasMetadata) {
              const expected = Object.entries(metadata).map(([name, value]) => [asUtf8(name), asUtf8(value)]);
              expect(new Map(Object.entries(varz.metadata ?? {}))).toEqual(new Map(expected as [string, string][]));
            }
            const file = join(server.dir, dir, `${system.publicKey}.jwt`);
            expect(readFileSync(file, "utf8")).toBe(tokens.accounts[0]);

            // The reader that the tests of texts rely on agrees with the server.
            const { map } = parseConf(asUtf8(text));
            expect(map.get("server_name")).toBe(varz.server_name);
            if (hasMetadata) expect(map.get("server_metadata")).toEqual(new Map(Object.entries(varz.metadata ?? {})));
          },
        ),
        { numRuns: RUNS },
      );
    },
    RUNS * 3000 + 30_000,
  );
});
