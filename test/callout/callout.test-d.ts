import {
  type AccountCalloutOptions,
  AuthCallout,
  type AuthCalloutOptions,
  type AuthCalloutSettings,
  type AuthorizationRequest,
  type AuthorizationVerdict,
  authCallout,
  type ConfigurationUser,
  type ConnectOptions,
  createKeyPair,
  type EncryptionKey,
  Nsc,
  type ReadonlyDeep,
} from "nsc.js";
import { expectTypeOf } from "vitest";

const account = await (await new Nsc().addOperator("local")).addAccount("AUTH");

expectTypeOf(authCallout(account)).toEqualTypeOf<Promise<AuthCallout>>();
expectTypeOf<AccountCalloutOptions>().toExtend<AuthCalloutSettings>();
expectTypeOf<AuthCalloutOptions>().toExtend<AuthCalloutSettings>();
expectTypeOf<AuthCalloutSettings["encryptionKey"]>().toEqualTypeOf<EncryptionKey | undefined>();

// @ts-expect-error: somebody has to sign
new AuthCallout({});
// @ts-expect-error: time spans are texts
new AuthCallout({ signer: createKeyPair("account"), maxLifetime: 3600 });

const callout = new AuthCallout({ signer: createKeyPair("account"), encryptionKey: createKeyPair("curve").getSeed() });
expectTypeOf(callout.account).toEqualTypeOf<string>();
expectTypeOf(callout.hasOperator).toEqualTypeOf<boolean>();
expectTypeOf(callout.xkey).toEqualTypeOf<string | undefined>();
expectTypeOf(callout.open).parameter(1).toEqualTypeOf<string | undefined>();

const request = callout.open(new Uint8Array());
expectTypeOf(request).toEqualTypeOf<AuthorizationRequest>();
expectTypeOf(request.connectOptions).toExtend<ReadonlyDeep<ConnectOptions>>();
expectTypeOf(request.provenKey()).toEqualTypeOf<string | undefined>();
// @ts-expect-error: what servers said stays as it is
request.connectOptions.user = "root";

expectTypeOf(callout.respond(request, { ignore: true })).toEqualTypeOf<Promise<Uint8Array | undefined>>();
const user: ConfigurationUser = { account: "APP", name: "alice", expires: "1h", pub: ["orders.>"] };
expectTypeOf({ user }).toExtend<AuthorizationVerdict>();
expectTypeOf(
  await account.issueUser("alice", { key: request.userKey, expires: "1h" }),
).toExtend<AuthorizationVerdict>();
// @ts-expect-error: a denial has a reason
await callout.respond(request, { deny: true });
// @ts-expect-error: silence has to be meant
await callout.respond(request, undefined);
// @ts-expect-error: when it ends has to be said
await callout.respond(request, { user: { account: "APP", name: "alice" } });
