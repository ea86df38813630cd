import type { NscErrorCode } from "../errors.ts";
import { type Answer, identityOf, type ServerIdentity, wordsOf } from "./answers.ts";
import type { PushGuard } from "./push-guards.ts";
import { completeness, type ServersReport } from "./report.ts";

/** What came of an account at a server. */
export interface PushedToServer {
  readonly server: ServerIdentity;
  /**
   * `stored`: it keeps the token now. `cached`: it caches accounts, and has the new token. `skipped`: it caches accounts, and has
   * none of this one. `accepted`: it is an account server that has to have it signed. `failed`: it refused. `missing`: it did not
   * answer.
   */
  readonly outcome: "stored" | "cached" | "skipped" | "accepted" | "failed" | "missing";
  /** The server's words; nothing if it did not answer. */
  readonly message: string;
}

/** What came of an account. */
export interface PushedAccount {
  readonly name: string;
  /** Nothing if the store could not read the account. */
  readonly publicKey: string | undefined;
  /**
   * `pushed`: all servers that answered have it; it is pending if others did not. `unchanged`: they had it already. `refused`: it
   * was not sent; `guard` says why. `accepted`: an account server has to have it signed, and is to be pulled from then. `failed`: it
   * did not reach all of them, and is pending.
   */
  readonly status: "pushed" | "unchanged" | "refused" | "accepted" | "failed";
  /** What speaks against it, if it was refused. */
  readonly guard?: PushGuard;
  /** What went wrong, if it failed. */
  readonly code?: NscErrorCode;
  /** For people. */
  readonly message: string;
  /** By server, for what was sent. */
  readonly servers: readonly PushedToServer[];
}

/** What came of a push. */
export interface PushReport extends ServersReport {
  /** The accounts, sorted by name. */
  readonly accounts: readonly PushedAccount[];
  /** What could not be done as it should, such as a look at what servers have. */
  readonly warnings: readonly string[];
}

/** A report from its parts. */
export function pushReport(parts: Pick<PushReport, "servers" | "unheard" | "warnings" | "accounts">): PushReport {
  return {
    ...parts,
    ...completeness(
      notPushed(parts.accounts),
      parts.accounts.length,
      parts.unheard,
      "accounts are on all servers that answered",
    ),
  };
}

/** The accounts that were not sent, did not reach all servers, or are of no use to them yet. */
export function notPushed(accounts: readonly PushedAccount[]): readonly PushedAccount[] {
  return accounts.filter(({ status }) => status !== "pushed" && status !== "unchanged");
}

const OUTCOMES: readonly (readonly [string, PushedToServer["outcome"]])[] = [
  ["jwt update cache skipped", "skipped"],
  // Those that ask an account server, or have a memory resolver.
  ["jwt update skipped", "skipped"],
  ["jwt updated cache", "cached"],
];

/** What came of a token at a server, by its answer. */
export function pushedTo(server: ServerIdentity, answer: Answer | undefined): PushedToServer {
  const identity = identityOf(server);
  if (answer === undefined) return { server: identity, outcome: "missing", message: "" };
  const message = wordsOf(answer);
  if (answer.error !== undefined) return { server: identity, outcome: "failed", message };
  // So an account server says that it has to have it signed.
  if ((answer.data as { readonly code?: unknown } | undefined)?.code === 202) {
    return { server: identity, outcome: "accepted", message };
  }
  return { server: identity, outcome: OUTCOMES.find(([text]) => text === message)?.[1] ?? "stored", message };
}
