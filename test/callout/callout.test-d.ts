import {
  type Account,
  type AccountCalloutOptions,
  type AddAuthCalloutAccountOptions,
  AuthCallout,
  type AuthCalloutAccount,
  type AuthCalloutOptions,
  type AuthCalloutSettings,
  type AuthorizationRequest,
  type AuthorizationVerdict,
  authCallout,
  type CalloutAccountUser,
  type ConfigurationUser,
  type ConnectOptions,
  createKeyPair,
  type EncryptionKey,
  Nsc,
  type ReadonlyDeep,
  type User,
} from "nsc.js";
import {
  type AuthCalloutEvent,
  type AuthCalloutOutcome,
  type AuthCalloutService,
  type ServeAuthCalloutOptions,
  serveAuthCallout,
} from "nsc.js/nats";
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

const operator = await new Nsc().operator("local");
expectTypeOf(operator.addAuthCalloutAccount).parameter(1).toEqualTypeOf<AddAuthCalloutAccountOptions | undefined>();
const sentinel: CalloutAccountUser = { name: "anybody", bearer: true, expires: "90d" };
const made: AuthCalloutAccount = await operator.addAuthCalloutAccount("AUTH", { sentinel, accounts: "*" });
expectTypeOf(made.account).toExtend<Account>();
expectTypeOf(made.sentinel).toExtend<User | undefined>();
// @ts-expect-error: the users are its own
await operator.addAuthCalloutAccount("AUTH", { users: [] });

declare const connection: Parameters<typeof serveAuthCallout>[0];
const options: ServeAuthCalloutOptions = {
  authorize: async ({ userKey }, signal) => {
    signal.throwIfAborted();
    return account.issueUser("alice", { key: userKey, expires: "1h" });
  },
  onEvent: (event: AuthCalloutEvent) => {
    expectTypeOf(event.outcome).toEqualTypeOf<AuthCalloutOutcome>();
    expectTypeOf(event.error).toBeUnknown();
    // @ts-expect-error: there may be none
    event.request.userKey;
  },
};
const service: AuthCalloutService = await serveAuthCallout(connection, callout, options);
expectTypeOf(service.counts.allowed).toBeNumber();
// @ts-expect-error: silence has to be meant
await serveAuthCallout(connection, callout, { authorize: () => undefined });
// @ts-expect-error: somebody decides
await serveAuthCallout(connection, callout, {});
