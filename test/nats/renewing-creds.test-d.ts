import type { Authenticator, ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import type { Account, IssuedUser, KeyPair, NscError, ReadonlyDeep, User, UserClaims } from "nsc.js";
import {
  type BeforeReconnect,
  type CredsRequest,
  type CredsSource,
  type CurrentCreds,
  type FollowOptions,
  type RenewalFailure,
  type RenewingCreds,
  type RenewingCredsOptions,
  renewingCreds,
  type SourcedCreds,
} from "nsc.js/nats";
import { expectTypeOf, test } from "vitest";

declare const account: Account;
declare const user: User;
declare const key: KeyPair;
declare const creds: RenewingCreds;

test("sources give users that were issued, stored users, text or bytes, at once or later", () => {
  expectTypeOf<CredsSource>().toEqualTypeOf<(request: CredsRequest) => SourcedCreds | Promise<SourcedCreds>>();
  expectTypeOf<IssuedUser>().toExtend<SourcedCreds>();
  expectTypeOf<User>().toExtend<SourcedCreds>();
  expectTypeOf<string | Uint8Array>().toExtend<SourcedCreds>();
  expectTypeOf(() => account.issueUser("a", { expires: "1m" })).toExtend<CredsSource>();
  expectTypeOf(() => user.creds()).toExtend<CredsSource>();
  expectTypeOf<CredsRequest>().toEqualTypeOf<{
    readonly signal: AbortSignal;
    readonly publicKey?: string;
    readonly attempt: number;
  }>();
  expectTypeOf<number>().not.toExtend<SourcedCreds>();
});

test("options and what comes of them", () => {
  expectTypeOf(renewingCreds).toEqualTypeOf<(options: RenewingCredsOptions) => Promise<RenewingCreds>>();
  expectTypeOf<RenewingCredsOptions["key"]>().extract<KeyPair>().toEqualTypeOf(key);
  expectTypeOf<NonNullable<RenewingCredsOptions["onError"]>>().toEqualTypeOf<
    (error: NscError<"ERR_CREDS_SOURCE">, failure: RenewalFailure) => void
  >();
  expectTypeOf<NonNullable<RenewingCredsOptions["onRenew"]>>().toEqualTypeOf<(current: CurrentCreds) => void>();
  expectTypeOf<RenewalFailure>().toEqualTypeOf<{
    readonly failures: number;
    readonly expires: Date | undefined;
    readonly retryAt: Date;
  }>();
  expectTypeOf<CurrentCreds>().toEqualTypeOf<{
    readonly publicKey: string;
    readonly claims: ReadonlyDeep<UserClaims>;
    readonly expires: Date | undefined;
  }>();
  // @ts-expect-error there is no source
  renewingCreds({}).then(String, String);
  // @ts-expect-error time is never a bare number
  renewingCreds({ source: () => "", renewBefore: 60 }).then(String, String);
  // @ts-expect-error a public key signs nothing
  renewingCreds({ source: () => "", key: key.publicKey }).then(String, String);
});

test("the client takes it as it is", () => {
  expectTypeOf(creds.authenticator).toEqualTypeOf<Authenticator>();
  expectTypeOf({ servers: "", ...creds.connectionOptions }).toExtend<ConnectionOptions>();
  expectTypeOf<RenewingCreds["follow"]>().parameter(0).toEqualTypeOf<NatsConnection>();
  expectTypeOf<RenewingCreds["follow"]>().parameter(1).toEqualTypeOf<FollowOptions | undefined>();
  expectTypeOf<ReturnType<RenewingCreds["follow"]>>().toEqualTypeOf<() => void>();
  expectTypeOf<FollowOptions>().toEqualTypeOf<{ readonly beforeReconnect?: BeforeReconnect }>();
  expectTypeOf<BeforeReconnect>().toEqualTypeOf<() => void | Promise<void>>();
  expectTypeOf(creds).toExtend<Disposable>();
  // @ts-expect-error it is read-only
  creds.current.claims.name = "other";
});
