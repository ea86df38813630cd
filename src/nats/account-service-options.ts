import { assertKnownOptions } from "../authority/options.ts";
import { parseWaitTime } from "../encoding/wait-time.ts";
import type { NscError } from "../errors.ts";
import { assertCount, assertFlag, assertFunction, assertQueue, assertSignal } from "./option-checks.ts";
import type { PushGuard } from "./push-guards.ts";
import type { PushedToServer } from "./push-report.ts";

/** A server that asked for an account. */
export interface AnsweredLookup {
  /** The public key of the account. */
  readonly publicKey: string;
  /**
   * `served`: it got the token. `unknown`: it was told that there is none. `refused`: there is one that servers would not take,
   * which `message` says why; it was told that there is none. `failed`: the store could not be read, and it was told nothing.
   */
  readonly outcome: "served" | "unknown" | "refused" | "failed";
  /** For people; empty for what was served. */
  readonly message: string;
  /** How long it took, in milliseconds. */
  readonly milliseconds: number;
}

/** An account that servers were told of. */
export interface Announcement {
  readonly name: string;
  readonly publicKey: string;
  /**
   * `announced`: all servers that answered use it, or don't know the account. `refused`: they were not told, since they would
   * not take it; `guard` says why. `failed`: a server refused it. `unheard`: no server answered.
   */
  readonly status: "announced" | "refused" | "failed" | "unheard";
  readonly guard?: PushGuard;
  /** For people. */
  readonly message: string;
  /** By server; `skipped` where it has not used the account. */
  readonly servers: readonly PushedToServer[];
}

/** Options of {@link serveAccounts}. */
export interface ServeAccountsOptions {
  /** What instances have in common, of which one answers each question; "nsc.js" by default. */
  readonly queue?: string;
  /**
   * Whether servers are told at once that there is no such account, instead of having them wait for others to answer (1.9 s
   * unless their configuration says otherwise); true by default. Turn it off where others answer as well, such as servers that keep
   * accounts which this store does not have.
   */
  readonly answerUnknown?: boolean;
  /** Whether servers are told of accounts that change; true by default. Several instances may do so. */
  readonly announce?: boolean;
  /**
   * How often a store is looked through that can't be watched, and how long it takes until servers are told again of what none
   * has heard, such as "10s"; "30s" by default.
   */
  readonly pollInterval?: string;
  /** How many accounts are looked up at a time; 256 by default. Others wait. */
  readonly concurrency?: number;
  /** How long servers may take for an answer to what they are told; "5s" by default. */
  readonly timeout?: string;
  /** Aborting stops the service. */
  readonly signal?: AbortSignal;
  /** Called for each question, to count them. */
  readonly onLookup?: (lookup: AnsweredLookup) => void;
  /** Called for each account that servers were told of. */
  readonly onAnnounce?: (announcement: Announcement) => void;
  /** Called for what goes wrong beside, such as a store that can't be read for a while. The service goes on. */
  readonly onError?: (error: NscError) => void;
}

const OPTIONS = [
  ...["queue", "answerUnknown", "announce", "pollInterval", "concurrency", "timeout", "signal"],
  ...["onLookup", "onAnnounce", "onError"],
];

/** The options, with what was left out. */
export interface ServiceSettings {
  readonly queue: string;
  readonly answerUnknown: boolean;
  readonly announce: boolean;
  readonly concurrency: number;
  /** In milliseconds. */
  readonly timeout: number;
  /** In milliseconds. */
  readonly pollInterval: number;
  readonly signal: AbortSignal | undefined;
  readonly onLookup: ServeAccountsOptions["onLookup"];
  readonly onAnnounce: ServeAccountsOptions["onAnnounce"];
  readonly onError: ServeAccountsOptions["onError"];
}

/** @throws NscError `ERR_ARGUMENT_INVALID` */
export function settingsOf(options: ServeAccountsOptions): ServiceSettings {
  assertKnownOptions(options, OPTIONS);
  const { queue = "nsc.js", answerUnknown = true, announce = true, concurrency = 256, signal } = options;
  const { onLookup, onAnnounce, onError } = options;
  assertFlag(answerUnknown, "answerUnknown");
  assertFlag(announce, "announce");
  assertQueue(queue);
  assertCount(concurrency, "concurrency", 1);
  for (const [name, hook] of Object.entries({ onLookup, onAnnounce, onError })) assertFunction(hook, name);
  assertSignal(signal);
  return {
    ...{ queue, answerUnknown, announce, concurrency, signal, onLookup, onAnnounce, onError },
    timeout: parseWaitTime(options.timeout ?? "5s", "timeout"),
    pollInterval: parseWaitTime(options.pollInterval ?? "30s", "pollInterval"),
  };
}
