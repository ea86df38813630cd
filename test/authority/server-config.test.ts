import { createKeyPair, Nsc, type ServerConfigOptions, serverConfig } from "nsc.js";
import { describe, expect, test } from "vitest";

const nsc = new Nsc();
const operator = await nsc.addOperator("local", { systemAccount: true });
const app = await operator.addAccount("APP");
const user = await app.addUser("guest", { bearer: true, pub: { deny: [">"] } });
const MEMORY = { type: "memory" } as const;

const ask = (options: object) => serverConfig(operator, { resolver: MEMORY, ...options } as ServerConfigOptions);

describe("serverConfig", () => {
  test("takes options as serverConfigFromTokens does", async () => {
    const remote = { urls: ["nats://hub"], account: app.publicKey };
    const other = createKeyPair("account").publicKey;
    expect(
      await ask({
        pinnedAccounts: [app, other],
        defaultSentinel: user,
        websocket: { port: 8080, noTls: true },
        leafnodeRemotes: [remote],
      }),
    ).toMatchObject({
      resolver_pinned_accounts: [app.publicKey, other],
      default_sentinel: user.token,
      websocket: { port: 8080, no_tls: true },
      leafnodes: { remotes: [remote] },
    });
    expect(await ask({ defaultSentinel: user.token })).toMatchObject({ default_sentinel: user.token });
  });

  test("preloads what the resolver needs: nothing for an account server over HTTP", async () => {
    const keysOf = async (options: object) => Object.keys((await ask(options)).resolver_preload ?? {});
    const system = operator.claims.nats.system_account as string;
    expect(new Set(await keysOf({}))).toEqual(new Set([system, app.publicKey]));
    expect(await keysOf({ resolver: { type: "full", dir: "jwt" } })).toEqual([system]);
    expect(await keysOf({ resolver: { type: "url", url: "http://h" } })).toEqual([]);
    expect(await keysOf({ resolver: { type: "full", dir: "jwt" }, preload: [app] })).toEqual([app.publicKey]);
  });

  test.each([
    [{ pinnedAccounts: "APP" }, "ERR_ARGUMENT_INVALID"],
    [{ pinnedAccounts: [] }, "ERR_CONFIG_VALUE"],
    [{ pinnedAccounts: ["APP"] }, "ERR_CONFIG_VALUE"],
    [{ pinnedAccounts: [null] }, "ERR_CONFIG_VALUE"],
    [{ defaultSentinel: null }, "ERR_ARGUMENT_INVALID"],
    [{ defaultSentinel: {} }, "ERR_ARGUMENT_INVALID"],
    [{ defaultSentinel: app }, "ERR_JWT_KIND"],
    [{ websocket: {} }, "ERR_CONFIG_VALUE"],
    [{ leafnodeRemotes: [{}] }, "ERR_CONFIG_VALUE"],
    [{ preload: "none" }, "ERR_ARGUMENT_INVALID"],
    [{ resolver: undefined }, "ERR_CONFIG_VALUE"],
    [{ resolver: { type: "url", url: "http://h" }, preload: [app] }, "ERR_CONFIG_VALUE"],
    [{ pinned: [] }, "ERR_ARGUMENT_INVALID"],
  ] as const)("refuses %o", async (options, code) => {
    await expect(ask(options)).rejects.toThrowCode(code);
  });
});
