/**
 * Running servers: push and pull. It is handed a connection, or what makes one, of the NATS client of its caller.
 *
 * @module
 */

export type { EncryptionKey } from "../nkeys/encryption-key.ts";
export type { AccountServerTarget } from "./account-server-target.ts";
export { type AccountService, type AccountServiceStats, serveAccounts } from "./account-service.ts";
export type { Announcement, AnsweredLookup, ServeAccountsOptions } from "./account-service-options.ts";
export type { AccountList } from "./accounts.ts";
export type { ServerIdentity } from "./answers.ts";
export {
  type AuthCalloutEvent,
  type AuthCalloutOutcome,
  type AuthCalloutService,
  type ServeAuthCalloutOptions,
  serveAuthCallout,
} from "./auth-callout-service.ts";
export {
  type DeleteAccountsOptions,
  type DeletedAccount,
  type DeletedAtServer,
  type DeleteGuard,
  type DeleteReport,
  deleteAccounts,
} from "./delete-accounts.ts";
export { type DistributionReport, type DistrustingServer, distribute } from "./distribute.ts";
export { type DriftOptions, drift } from "./drift.ts";
export {
  type AccountAtServer,
  type ComparedAccount,
  type DriftReport,
  type DriftState,
  formatDrift,
  type KeptVersion,
} from "./drift-report.ts";
export type { BeforeReconnect, FollowOptions } from "./followed-connection.ts";
export type { FormerToken } from "./kv-history.ts";
export { type KvStore, type KvStoreOptions, kvStore } from "./kv-store.ts";
export { type AccountListing, type ListedAccount, listAccounts } from "./list-accounts.ts";
export { type LookedUpAccount, lookupAccount } from "./lookup-account.ts";
export { pendingAccounts } from "./pending-accounts.ts";
export { type PruneGuard, type PruneOptions, type PruneReport, prune, type SurplusAccount } from "./prune.ts";
export {
  type PulledAccount,
  type PulledOperator,
  type PullGuard,
  type PullOptions,
  type PullReport,
  pull,
} from "./pull.ts";
export { type PushOptions, type PushProgress, push } from "./push.ts";
export { type PushActivationOptions, type PushedActivation, pushActivation } from "./push-activation.ts";
export type { PushGuard } from "./push-guards.ts";
export type { PushedAccount, PushedToServer, PushReport } from "./push-report.ts";
export type { CurrentCreds, RenewalFailure, RenewingCreds, RenewingCredsOptions } from "./renewal-options.ts";
export { renewingCreds } from "./renewing-creds.ts";
export type { ServersReport } from "./report.ts";
export type { CredsRequest, CredsSource, SourcedCreds } from "./sourced-creds.ts";
export type { NatsOptions, NatsTarget, ServersTarget } from "./target.ts";
