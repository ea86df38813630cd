import type { Authenticator, ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { assertKnownOptions } from "../authority/options.ts";
import { parseWaitTime } from "../encoding/wait-time.ts";
import { NscError } from "../errors.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { UserClaims } from "../jwt/user.ts";
import type { KeyPair } from "../nkeys/key-pair.ts";
import { type ForeignKeyPair, toSigner } from "../nkeys/signer.ts";
import type { FollowOptions } from "./followed-connection.ts";
import { assertFunction, assertSignal } from "./option-checks.ts";
import type { Backoff } from "./renewal-times.ts";
import type { CredsSource, NonceSigner } from "./sourced-creds.ts";

/** The creds that clients get at present, without their secrets. */
export interface CurrentCreds {
  /** The user's public key. */
  readonly publicKey: string;
  /** What the token says. */
  readonly claims: ReadonlyDeep<UserClaims>;
  /** When the token expires; nothing for never. */
  readonly expires: Date | undefined;
}

/** How things are after the source has failed. */
export interface RenewalFailure {
  /** How many times in a row it has failed. */
  readonly failures: number;
  /** When the present creds expire; nothing for never, and if there are none yet. */
  readonly expires: Date | undefined;
  /** When it is asked again, at the latest. */
  readonly retryAt: Date;
}

/** Options of {@link renewingCreds}. */
export interface RenewingCredsOptions {
  /** Gives new creds each time: signs a user (`Account.issueUser`), or asks an endpoint. */
  readonly source: CredsSource;
  /**
   * A user's key pair that is kept; the source may then give tokens alone, and never learns the key. By default each creds
   * bring their own, and the user has another public key each time.
   */
  readonly key?: KeyPair | ForeignKeyPair;
  /**
   * How long before they expire creds are renewed, such as "1m". A third of their time by default; half of it at most. Up to a
   * tenth of the time it is done earlier, so that many processes do not ask at once.
   */
  readonly renewBefore?: string;
  /** How long the source may take, up to an hour; "10s" by default. */
  readonly timeout?: string;
  /** How long to wait when the source has failed; twice as long each time. "500ms" by default. */
  readonly retryWait?: string;
  /** How long to wait at most; "30s" by default. */
  readonly longestRetryWait?: string;
  /** How long to try to get the first creds; "30s" by default, "0s" for once. */
  readonly startWithin?: string;
  /** Aborting stops the renewal, as `stop()` does; before the first creds are there, it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called when there are new creds, the first ones included. What it throws is ignored. */
  readonly onRenew?: (current: CurrentCreds) => void;
  /** Called each time that the source fails. What it throws is ignored. */
  readonly onError?: (error: NscError<"ERR_CREDS_SOURCE">, failure: RenewalFailure) => void;
}

/** Creds that renew themselves. With `using` the renewal is stopped at the end of the block. */
export interface RenewingCreds extends Disposable {
  /**
   * What clients authenticate with. Each time that it is read it is another one, for one connection: whoever is asked twice within
   * seconds has been refused, and gets other creds.
   */
  readonly authenticator: Authenticator;
  /**
   * The authenticator together with what a connection needs to survive: it goes on when creds were refused twice, and never
   * gives up connecting. For `connect({ servers, ...creds.connectionOptions })`.
   */
  readonly connectionOptions: Pick<
    ConnectionOptions,
    "authenticator" | "ignoreAuthErrorAbort" | "maxReconnectAttempts"
  >;
  /** The creds that clients get at present. */
  readonly current: CurrentCreds;
  /**
   * Asks for new creds now, as after a revocation or a rotation, and has connections that are followed go over to them.
   *
   * @throws NscError `ERR_CREDS_SOURCE`
   */
  refresh(): Promise<void>;
  /**
   * Has a connection go over to new creds, by a reconnect of the client, before the old ones expire and the server would cut it;
   * and asks for others at once when the server refuses the present ones. It ends when the connection is closed. Where creds are
   * renewed more often than the client's `reconnectTimeWait` (2 seconds by default), the client waits for that before it connects.
   *
   * @param connection - a connection that was made with these creds
   * @param options - what is to be done before
   * @returns ends it
   * @throws NscError `ERR_ARGUMENT_INVALID`
   */
  follow(connection: NatsConnection, options?: FollowOptions): () => void;
  /** Ends the renewal, with all timers. Clients may go on with the present creds until these expire. */
  stop(): void;
}

const OPTIONS = "source key renewBefore timeout retryWait longestRetryWait startWithin signal onRenew onError".split(
  " ",
);

/** Options as they are used, times in milliseconds. */
export interface RenewalSettings {
  readonly source: CredsSource;
  readonly key: NonceSigner | undefined;
  readonly renewBefore: number | undefined;
  readonly timeout: number;
  readonly backoff: Backoff;
  readonly startWithin: number;
  readonly signal: AbortSignal | undefined;
  readonly onRenew: RenewingCredsOptions["onRenew"];
  readonly onError: RenewingCredsOptions["onError"];
}

/** Checks the options, and fills in what is not said. */
export function settingsOf(options: RenewingCredsOptions): RenewalSettings {
  assertKnownOptions(options, OPTIONS);
  const { source, key, renewBefore, signal, onRenew, onError } = options;
  if (typeof source !== "function") {
    throw new NscError("ERR_ARGUMENT_INVALID", "source must be a function that gives creds");
  }
  assertFunction(onRenew, "onRenew");
  assertFunction(onError, "onError");
  assertSignal(signal);
  return {
    source,
    key: key === undefined ? undefined : nonceSigner(key),
    renewBefore: renewBefore === undefined ? undefined : parseWaitTime(renewBefore, "renewBefore"),
    timeout: parseWaitTime(options.timeout ?? "10s", "timeout"),
    backoff: {
      first: parseWaitTime(options.retryWait ?? "500ms", "retryWait"),
      longest: parseWaitTime(options.longestRetryWait ?? "30s", "longestRetryWait"),
    },
    startWithin: parseWaitTime(options.startWithin ?? "30s", "startWithin", "none"),
    signal,
    onRenew,
    onError,
  };
}

function nonceSigner(key: KeyPair | ForeignKeyPair): NonceSigner {
  const { publicKey } = toSigner(key);
  if (publicKey.startsWith("U")) return { publicKey, sign: (bytes) => key.sign(bytes) };
  throw new NscError("ERR_ARGUMENT_INVALID", `key must be the key pair of a user: ${publicKey} is none`);
}
