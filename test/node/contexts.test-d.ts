import type { NatsContext, NscUrl, Profile } from "nsc.js";
import {
  type NatsContextAuthentication,
  type NatsContexts,
  type NatsContextsOptions,
  type NatsContextTls,
  type NscDirectory,
  type NscDirectoryOptions,
  natsContexts,
  nscProfile,
  type ResolvedNatsContext,
  userContext,
  type WriteNatsContextOptions,
} from "nsc.js/node";
import { expectTypeOf, test } from "vitest";

test("profiles", () => {
  expectTypeOf(nscProfile).toEqualTypeOf<(url: string | NscUrl, options?: NscDirectoryOptions) => Promise<Profile>>();
  expectTypeOf<NscDirectory["credsFile"]>().parameter(0).toEqualTypeOf<readonly [string, string, string]>();
  expectTypeOf<NscDirectory["credsFile"]>().returns.resolves.toEqualTypeOf<string | undefined>();
});

test("contexts of the nats command", () => {
  expectTypeOf(natsContexts).toEqualTypeOf<(options?: NatsContextsOptions) => NatsContexts>();
  expectTypeOf(userContext).toEqualTypeOf<
    (directory: NscDirectory, path: readonly [string, string, string]) => Promise<NatsContext>
  >();
  expectTypeOf<NatsContexts["read"]>().returns.resolves.toEqualTypeOf<NatsContext>();
  expectTypeOf<NatsContexts["resolve"]>().returns.resolves.toEqualTypeOf<ResolvedNatsContext>();
  expectTypeOf<NatsContexts["write"]>().parameter(2).toEqualTypeOf<WriteNatsContextOptions | undefined>();
  expectTypeOf<ReturnType<ResolvedNatsContext["authentication"]>>().toEqualTypeOf<
    NatsContextAuthentication | undefined
  >();
  expectTypeOf<NatsContextAuthentication["type"]>().toEqualTypeOf<"creds" | "nkey" | "jwt" | "password" | "token">();
  expectTypeOf<ResolvedNatsContext["tls"]>().toEqualTypeOf<NatsContextTls | undefined>();
  expectTypeOf<ResolvedNatsContext>().not.toHaveProperty("password");
});
