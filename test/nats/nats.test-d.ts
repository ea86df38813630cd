import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { wsconnect } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import type {
  Account,
  AccountClaims,
  Distribution,
  FieldChange,
  KeyPair,
  NscErrorCode,
  Operator,
  SigningKeyRotation,
  Store,
  StoreChange,
  StorePath,
  User,
} from "nsc.js";
import {
  type AccountAtServer,
  type AccountList,
  type AccountListing,
  type AccountServerTarget,
  type AccountService,
  type AccountServiceStats,
  type Announcement,
  type AnsweredLookup,
  type ComparedAccount,
  type DeleteAccountsOptions,
  type DeletedAccount,
  type DeletedAtServer,
  type DeleteGuard,
  type DeleteReport,
  type DistributionReport,
  type DistrustingServer,
  type DriftOptions,
  type DriftReport,
  type DriftState,
  deleteAccounts,
  distribute,
  drift,
  type EncryptionKey,
  type FormerToken,
  formatDrift,
  type KeptVersion,
  type KvStore,
  type KvStoreOptions,
  kvStore,
  type ListedAccount,
  type LookedUpAccount,
  listAccounts,
  lookupAccount,
  type NatsOptions,
  type NatsTarget,
  type PruneGuard,
  type PruneOptions,
  type PruneReport,
  type PulledAccount,
  type PulledOperator,
  type PullGuard,
  type PullOptions,
  type PullReport,
  type PushActivationOptions,
  type PushedAccount,
  type PushedActivation,
  type PushedToServer,
  type PushGuard,
  type PushOptions,
  type PushProgress,
  type PushReport,
  pendingAccounts,
  prune,
  pull,
  push,
  pushActivation,
  type ServeAccountsOptions,
  type ServerIdentity,
  type ServersReport,
  type ServersTarget,
  type SurplusAccount,
  serveAccounts,
} from "nsc.js/nats";
import { expectTypeOf, test } from "vitest";

declare const target: NatsTarget;
declare const connection: NatsConnection;
declare const operator: Operator;
declare const account: Account;
declare const user: User;
declare const rotation: SigningKeyRotation<Account>;

test("servers are a connection, or what makes one", () => {
  expectTypeOf<NatsTarget>().toEqualTypeOf<NatsConnection | ServersTarget>();
  expectTypeOf(connection).toExtend<NatsTarget>();
  expectTypeOf({ connect, servers: "nats://localhost" }).toExtend<NatsTarget>();
  expectTypeOf({ connect, servers: ["nats://a", "nats://b"] as const }).toExtend<NatsTarget>();
  expectTypeOf({ connect: wsconnect, servers: "wss://localhost", creds: "" }).toExtend<NatsTarget>();
  expectTypeOf<ServersTarget["connect"]>().toEqualTypeOf<(options: ConnectionOptions) => Promise<NatsConnection>>();
  expectTypeOf<ServersTarget["servers"]>().toEqualTypeOf<string | readonly string[] | undefined>();
  expectTypeOf<ServersTarget["creds"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf({ tls: {}, maxReconnectAttempts: 1 }).toExtend<ServersTarget["options"]>();
  // @ts-expect-error who one is, is said by creds
  const _authenticator: ServersTarget["options"] = { authenticator: [] };
  // @ts-expect-error a client is needed
  const _without: NatsTarget = { servers: "nats://localhost" };
  // @ts-expect-error a misspelt member
  const _misspelt: NatsTarget = { connect, server: "nats://localhost" };
  // @ts-expect-error a URL is no connection
  const _url: NatsTarget = "nats://localhost";
});

test("an account server is a URL, and how it is asked", () => {
  expectTypeOf<AccountServerTarget>().toEqualTypeOf<{
    readonly url: string;
    readonly headers?: { readonly [name: string]: string };
    readonly fetch?: (request: Request) => Promise<Response>;
  }>();
  expectTypeOf({ url: "https://localhost", fetch: globalThis.fetch }).toExtend<AccountServerTarget>();
  push({ url: "https://localhost/jwt/v1" }, operator).then(String, String);
  expectTypeOf(pushActivation({ url: "https://localhost/jwt/v1" }, "token")).toEqualTypeOf<Promise<PushedActivation>>();
  expectTypeOf<PushedActivation>().toEqualTypeOf<{ readonly url: string; readonly message: string }>();
  expectTypeOf<PushActivationOptions>().toEqualTypeOf<Pick<NatsOptions, "timeout" | "signal">>();
  // @ts-expect-error servers keep no activations
  pushActivation(target, "token").then(String, String);
  // @ts-expect-error it does not say which accounts it has
  prune({ url: "https://localhost/jwt/v1" }, operator).then(String, String);
});

test("everything that asks servers has the same options", () => {
  expectTypeOf<NatsOptions>().toEqualTypeOf<{
    readonly timeout?: string;
    readonly signal?: AbortSignal;
    readonly expectServers?: number | readonly string[];
  }>();
  expectTypeOf<PushOptions>().toExtend<NatsOptions>();
  expectTypeOf<PullOptions>().toExtend<NatsOptions>();
  expectTypeOf<PruneOptions>().toExtend<NatsOptions>();
  expectTypeOf<DeleteAccountsOptions>().toExtend<NatsOptions>();
  // @ts-expect-error time is never a bare number
  push(target, operator, { timeout: 5 }).then(String, String);
});

test("accounts are handles, names and public keys", () => {
  expectTypeOf<AccountList>().toEqualTypeOf<readonly (Account | string)[]>();
  push(target, operator, { accounts: [account, "A"] }).then(String, String);
  push(target, operator, { accounts: "pending" }).then(String, String);
  push(target, operator, { accounts: "all" }).then(String, String);
  // @ts-expect-error a name stands in a list
  push(target, operator, { accounts: "A" }).then(String, String);
  // @ts-expect-error a user is no account
  push(target, operator, { accounts: [user] }).then(String, String);
  // @ts-expect-error an operator is no account
  pull(target, operator, { accounts: [operator] }).then(String, String);
  // @ts-expect-error an account is no operator
  push(target, account).then(String, String);
});

test("push", () => {
  expectTypeOf(push).parameters.toEqualTypeOf<
    [target: NatsTarget | AccountServerTarget, operator: Operator, options?: PushOptions | undefined]
  >();
  expectTypeOf(push).returns.toEqualTypeOf<Promise<PushReport>>();
  expectTypeOf<PushReport>().toExtend<ServersReport>();
  expectTypeOf<PushReport["accounts"]>().toEqualTypeOf<readonly PushedAccount[]>();
  expectTypeOf<PushReport["warnings"]>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<PushedAccount["status"]>().toEqualTypeOf<"pushed" | "unchanged" | "refused" | "accepted" | "failed">();
  expectTypeOf<PushedAccount["publicKey"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<PushedAccount["guard"]>().toEqualTypeOf<PushGuard | undefined>();
  expectTypeOf<PushedAccount["code"]>().toEqualTypeOf<NscErrorCode | undefined>();
  expectTypeOf<PushedToServer["outcome"]>().toEqualTypeOf<
    "stored" | "cached" | "skipped" | "accepted" | "failed" | "missing"
  >();
  expectTypeOf<PushOptions["force"]>().toEqualTypeOf<PushGuard | readonly PushGuard[] | undefined>();
  expectTypeOf<PushGuard>().toEqualTypeOf<
    "foreign-issuer" | "untrusted-issuer" | "expired" | "invalid" | "older" | "system-account" | "too-large"
  >();
  const onProgress = ({ account: done, total }: PushProgress): void => {
    expectTypeOf(done).toEqualTypeOf<PushedAccount>();
    expectTypeOf(total).toEqualTypeOf<number>();
  };
  push(target, operator, { onProgress, concurrency: 4, resend: true }).then(String, String);
  // @ts-expect-error a guard that there is not
  push(target, operator, { force: "everything" }).then(String, String);
  // @ts-expect-error guards are named, each of them
  push(target, operator, { force: true }).then(String, String);
  // @ts-expect-error a misspelt option
  push(target, operator, { account: ["A"] }).then(String, String);
  expectTypeOf(pendingAccounts).parameters.toEqualTypeOf<[operator: Operator]>();
  expectTypeOf(pendingAccounts).returns.toEqualTypeOf<Promise<readonly Account[]>>();
});

test("pull", () => {
  expectTypeOf(pull).parameters.toEqualTypeOf<
    [target: NatsTarget | AccountServerTarget, operator: Operator, options?: PullOptions | undefined]
  >();
  expectTypeOf(pull).returns.toEqualTypeOf<Promise<PullReport>>();
  expectTypeOf<PullReport>().toExtend<ServersReport>();
  expectTypeOf<PulledAccount["status"]>().toEqualTypeOf<
    "added" | "updated" | "unchanged" | "kept" | "refused" | "missing"
  >();
  expectTypeOf<PulledAccount["code"]>().toEqualTypeOf<NscErrorCode | undefined>();
  expectTypeOf<PullReport["operator"]>().toEqualTypeOf<PulledOperator | undefined>();
  expectTypeOf<PulledOperator["status"]>().toEqualTypeOf<"updated" | "unchanged" | "kept" | "refused">();
  expectTypeOf<PullGuard>().toEqualTypeOf<"newer" | "foreign-issuer">();
});

test("listAccounts and lookupAccount", () => {
  expectTypeOf(listAccounts).parameters.toEqualTypeOf<
    [target: NatsTarget, operator: Operator, options?: NatsOptions | undefined]
  >();
  expectTypeOf(listAccounts).returns.toEqualTypeOf<Promise<AccountListing>>();
  expectTypeOf<AccountListing["onlyOnServers" | "onlyInStore" | "accounts"]>().toEqualTypeOf<
    readonly ListedAccount[]
  >();
  expectTypeOf<ListedAccount["name"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf(lookupAccount).parameter(2).toEqualTypeOf<Account | string>();
  expectTypeOf(lookupAccount).returns.toEqualTypeOf<Promise<LookedUpAccount | undefined>>();
  expectTypeOf<LookedUpAccount["claims"]>().toEqualTypeOf<AccountClaims>();
});

test("deleteAccounts and prune", () => {
  expectTypeOf(deleteAccounts).parameters.toEqualTypeOf<
    [target: NatsTarget, operator: Operator, accounts: AccountList, options?: DeleteAccountsOptions | undefined]
  >();
  expectTypeOf(deleteAccounts).returns.toEqualTypeOf<Promise<DeleteReport>>();
  expectTypeOf<DeleteGuard>().toEqualTypeOf<"system-account" | "unheard-servers">();
  expectTypeOf<DeletedAccount["status"]>().toEqualTypeOf<"deleted" | "absent" | "failed">();
  expectTypeOf(prune).returns.toEqualTypeOf<Promise<PruneReport>>();
  expectTypeOf<PruneReport>().toExtend<DeleteReport>();
  expectTypeOf<PruneReport["surplus" | "foreign"]>().toEqualTypeOf<readonly SurplusAccount[]>();
  expectTypeOf<PruneGuard>().toEqualTypeOf<"foreign-issuer" | "unheard-servers">();
  expectTypeOf<DeletedAccount["servers"]>().toEqualTypeOf<readonly DeletedAtServer[]>();
  expectTypeOf<DeletedAtServer["outcome"]>().toEqualTypeOf<"deleted" | "absent" | "failed" | "missing">();
  // @ts-expect-error it has to be said which
  deleteAccounts(target, operator).then(String, String);
  // @ts-expect-error there is no guard of that name here
  prune(target, operator, { force: "system-account" }).then(String, String);
});

test("drift", () => {
  expectTypeOf(drift).parameters.toEqualTypeOf<
    [target: NatsTarget | AccountServerTarget, operator: Operator, options?: DriftOptions | undefined]
  >();
  expectTypeOf(drift).returns.toEqualTypeOf<Promise<DriftReport>>();
  expectTypeOf<DriftOptions["accounts"]>().toEqualTypeOf<AccountList | undefined>();
  expectTypeOf<DriftReport>().toExtend<ServersReport>();
  expectTypeOf<DriftReport["accounts" | "drifted"]>().toEqualTypeOf<readonly ComparedAccount[]>();
  expectTypeOf<DriftState>().toEqualTypeOf<"same" | "older" | "newer" | "different" | "unknown">();
  expectTypeOf<ComparedAccount["status"]>().toEqualTypeOf<DriftState | "mixed" | "missing" | "unseen">();
  expectTypeOf<ComparedAccount["servers"]>().toEqualTypeOf<readonly AccountAtServer[]>();
  expectTypeOf<ComparedAccount["versions"]>().toEqualTypeOf<readonly KeptVersion[]>();
  expectTypeOf<KeptVersion["changes"]>().toEqualTypeOf<readonly FieldChange[]>();
  expectTypeOf<AccountAtServer["inForce"]>().toEqualTypeOf<DriftState | "expired" | undefined>();
  expectTypeOf(formatDrift).toEqualTypeOf<(report: DriftReport) => string>();
});

test("serveAccounts", () => {
  expectTypeOf(serveAccounts).parameters.toEqualTypeOf<
    [connection: NatsConnection, operator: Operator, options?: ServeAccountsOptions | undefined]
  >();
  expectTypeOf(serveAccounts).returns.toEqualTypeOf<Promise<AccountService>>();
  expectTypeOf<AccountService>().toExtend<AsyncDisposable>();
  expectTypeOf<AccountService["stats"]>().toEqualTypeOf<AccountServiceStats>();
  expectTypeOf<AccountService["announce"]>().toEqualTypeOf<
    (accounts?: AccountList) => Promise<readonly Announcement[]>
  >();
  expectTypeOf<AnsweredLookup["outcome"]>().toEqualTypeOf<"served" | "unknown" | "refused" | "failed">();
  expectTypeOf<Announcement["status"]>().toEqualTypeOf<"announced" | "refused" | "failed" | "unheard">();
  serveAccounts(connection, operator, { queue: "accounts", pollInterval: "10s" }).then(String, String);
  // @ts-expect-error what connects is not enough for a service
  serveAccounts({ connect }, operator).then(String, String);
  // @ts-expect-error time is never a bare number
  serveAccounts(connection, operator, { pollInterval: 5 }).then(String, String);
});

test("distribute is what a rotation asks for", () => {
  expectTypeOf(distribute).parameters.toEqualTypeOf<
    [target: NatsTarget, what: Distribution, options?: NatsOptions | undefined]
  >();
  expectTypeOf(distribute).returns.toEqualTypeOf<Promise<DistributionReport>>();
  rotation.advance({ distribute: (what) => distribute(target, what) }).then(String, String);
  expectTypeOf<DistributionReport["distrusting"]>().toEqualTypeOf<readonly DistrustingServer[]>();
  expectTypeOf<DistributionReport["push"]>().toEqualTypeOf<PushReport | undefined>();
});

test("kvStore gives a store that can be watched", () => {
  expectTypeOf(kvStore).parameters.toEqualTypeOf<[connection: NatsConnection, options: KvStoreOptions]>();
  expectTypeOf(kvStore).returns.toEqualTypeOf<Promise<KvStore>>();
  expectTypeOf<KvStore>().toExtend<Store>();
  expectTypeOf<KvStoreOptions>().toEqualTypeOf<{
    readonly bucket: string;
    readonly encryptionKey: EncryptionKey;
    readonly olderEncryptionKeys?: readonly EncryptionKey[];
    readonly create?: boolean;
    readonly replicas?: number;
    readonly history?: number;
    readonly timeout?: string;
  }>();
  expectTypeOf<EncryptionKey>().toEqualTypeOf<KeyPair | string | Uint8Array>();
  expectTypeOf<KvStore["history"]>().toEqualTypeOf<(path: StorePath) => Promise<readonly FormerToken[]>>();
  expectTypeOf<KvStore["reseal"]>().toEqualTypeOf<() => Promise<number>>();
  expectTypeOf<ReturnType<KvStore["watch"]>>().toEqualTypeOf<AsyncIterable<StoreChange>>();
  expectTypeOf<FormerToken>().toEqualTypeOf<{
    readonly token: string | undefined;
    readonly time: Date;
    readonly revision: number;
  }>();
  // @ts-expect-error a store without an encryption key would show its seeds
  kvStore(connection, { bucket: "nsc" }).then(String, String);
  // @ts-expect-error time is never a bare number
  kvStore(connection, { bucket: "nsc", encryptionKey: "", timeout: 5 }).then(String, String);
});

test("reports are read-only", () => {
  expectTypeOf<ServersReport["servers"]>().toEqualTypeOf<readonly ServerIdentity[]>();
  expectTypeOf<ServersReport["assertComplete"]>().toEqualTypeOf<() => void>();
  expectTypeOf<ServerIdentity["version" | "cluster"]>().toEqualTypeOf<string | undefined>();
  const report = {} as PushReport;
  // @ts-expect-error it is read-only
  report.isComplete = true;
  // @ts-expect-error so are its lists
  report.accounts.push({} as PushedAccount);
});
