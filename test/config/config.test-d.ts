import {
  type AccountClaims,
  type CacheResolver,
  type ConfigMap,
  type ConfiguredAccount,
  type ConfiguredToken,
  type ConfigValue,
  type CryptoEngine,
  type FoundServerConfig,
  type FullResolver,
  formatServerConfig,
  type LeafnodeRemote,
  type MemoryResolver,
  type NkeyServerConfig,
  type NkeyServerConfigOptions,
  nkeyServerConfig,
  type Operator,
  type OperatorClaims,
  type ParseServerConfigOptions,
  parseServerConfig,
  type ReadServerConfigOptions,
  type Resolver,
  readServerConfig,
  type ServerConfig,
  type ServerConfigTokens,
  serverConfigFromTokens,
  type TlsFiles,
  type UrlResolver,
  type UserClaims,
  type WebSocketListener,
} from "nsc.js";
import { expectTypeOf } from "vitest";

expectTypeOf(formatServerConfig).toEqualTypeOf<(config: ConfigMap) => string>();
expectTypeOf(serverConfigFromTokens).toEqualTypeOf<(tokens: ServerConfigTokens) => ServerConfig>();

expectTypeOf<"a" | 1 | 1n | true | readonly ["a", { b: 1 }]>().toExtend<ConfigValue>();
expectTypeOf<ConfigValue>().not.toBeAny();
expectTypeOf<null>().not.toExtend<ConfigValue>();
expectTypeOf<Date>().not.toExtend<ConfigValue>();
expectTypeOf<undefined>().not.toExtend<ConfigValue>();
// A member may be undefined, so that options can be handed on.
expectTypeOf<{ a: string; b: undefined; c: { d?: number } }>().toExtend<ConfigMap>();
expectTypeOf<{ a: null }>().not.toExtend<ConfigMap>();

expectTypeOf<ServerConfigTokens["operator"]>().toEqualTypeOf<string | readonly string[]>();
expectTypeOf<ServerConfigTokens["engine"]>().toEqualTypeOf<CryptoEngine | undefined>();
expectTypeOf<{ operator: string; resolver: { type: "memory" } }>().toExtend<ServerConfigTokens>();
expectTypeOf<{ operator: string }>().not.toExtend<ServerConfigTokens>();
expectTypeOf<{ resolver: Resolver }>().not.toExtend<ServerConfigTokens>();
expectTypeOf<{ operator: string; resolver: Resolver; now: Date }>().not.toExtend<ServerConfigTokens>();

expectTypeOf<Resolver>().toEqualTypeOf<MemoryResolver | FullResolver | CacheResolver | UrlResolver>();
expectTypeOf<Resolver["type"]>().toEqualTypeOf<"memory" | "full" | "cache" | "url">();
expectTypeOf<{ type: "full" }>().not.toExtend<Resolver>();
expectTypeOf<FullResolver["interval"]>().toEqualTypeOf<string | undefined>();
expectTypeOf<CacheResolver["ttl"]>().toEqualTypeOf<string | undefined>();
expectTypeOf<FullResolver>().not.toHaveProperty("ttl");
expectTypeOf<CacheResolver>().not.toHaveProperty("interval");
expectTypeOf<CacheResolver>().not.toHaveProperty("allowDelete");
expectTypeOf<MemoryResolver>().not.toHaveProperty("dir");

expectTypeOf<UrlResolver["tls"]>().toEqualTypeOf<TlsFiles | undefined>();
expectTypeOf<UrlResolver>().not.toHaveProperty("dir");
expectTypeOf<{ type: "url" }>().not.toExtend<Resolver>();
expectTypeOf<ServerConfigTokens["websocket"]>().toEqualTypeOf<WebSocketListener | undefined>();
expectTypeOf<{ noTls: true }>().not.toExtend<WebSocketListener>();
expectTypeOf<ServerConfigTokens["leafnodeRemotes"]>().toEqualTypeOf<readonly LeafnodeRemote[] | undefined>();
expectTypeOf<{ urls: ["nats://hub"] }>().not.toExtend<LeafnodeRemote>();
expectTypeOf<TlsFiles["insecure"]>().toEqualTypeOf<boolean | undefined>();
expectTypeOf<ServerConfig["resolver_pinned_accounts"]>().toEqualTypeOf<readonly string[] | undefined>();

// What comes out can be spread into a larger map, and cannot be changed.
expectTypeOf<ServerConfig>().toExtend<ConfigMap>();
expectTypeOf<ServerConfig["operator"]>().toEqualTypeOf<string | readonly string[]>();
expectTypeOf<ServerConfig["resolver"]>().toEqualTypeOf<string | ConfigMap>();
declare const config: ServerConfig;
formatServerConfig({ port: 4222, ...config, jetstream: { store_dir: "/data" } });
// @ts-expect-error -- read-only
config.resolver = "MEMORY";

expectTypeOf(parseServerConfig).toEqualTypeOf<(text: string, options?: ParseServerConfigOptions) => ConfigMap>();
expectTypeOf(readServerConfig).toEqualTypeOf<
  (config: string | ConfigMap, options?: ReadServerConfigOptions) => FoundServerConfig
>();
expectTypeOf<ReadServerConfigOptions>().toExtend<ParseServerConfigOptions>();
expectTypeOf<NodeJS.ProcessEnv>().toExtend<ParseServerConfigOptions["variables"]>();
expectTypeOf<ParseServerConfigOptions["include"]>().toEqualTypeOf<((path: string) => string) | undefined>();
expectTypeOf<FoundServerConfig["operators"]>().toEqualTypeOf<readonly ConfiguredToken<OperatorClaims>[]>();
expectTypeOf<FoundServerConfig["accounts"]>().toEqualTypeOf<readonly ConfiguredAccount[]>();
expectTypeOf<ConfiguredAccount>().toExtend<ConfiguredToken<AccountClaims>>();
expectTypeOf<FoundServerConfig["defaultSentinel"]>().toEqualTypeOf<ConfiguredToken<UserClaims> | undefined>();
expectTypeOf<FoundServerConfig["resolver"]>().toEqualTypeOf<Resolver | undefined>();

expectTypeOf(nkeyServerConfig).toEqualTypeOf<
  (operator: Operator, options?: NkeyServerConfigOptions) => Promise<NkeyServerConfig>
>();
expectTypeOf<NkeyServerConfig>().toExtend<ConfigMap>();
expectTypeOf<NkeyServerConfigOptions["lossy"]>().toEqualTypeOf<boolean | undefined>();
