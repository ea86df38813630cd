import { escapeUnprintable } from "../encoding/go-text.ts";
import { type FieldChange, formatDiff } from "../jwt/diff.ts";
import type { ServerIdentity } from "./answers.ts";
import type { ServersReport } from "./report.ts";

/**
 * What a token is beside the one of the store. `different`: it is another one of the same second. `unknown`: the store has none of
 * this account.
 */
export type DriftState = "same" | "older" | "newer" | "different" | "unknown";

/** A token that servers keep. */
export interface KeptVersion {
  readonly state: DriftState;
  /** Its id; nothing if it can't be read. */
  readonly jti: string | undefined;
  /** When it was issued; nothing if it does not say so. */
  readonly issuedAt: Date | undefined;
  /** How many servers keep it. Which ones, they don't say. */
  readonly count: number;
  /** What a push would change, member by member; empty where the store has nothing to compare with. */
  readonly changes: readonly FieldChange[];
}

/** An account at a server. */
export interface AccountAtServer {
  readonly server: ServerIdentity;
  /** Whether the server lists it among those that it keeps or caches; nothing where that is not known. */
  readonly isListed: boolean | undefined;
  /**
   * The token that it goes by. `expired`: it lets nobody in by it any more. Nothing where it has not used the account since it was
   * started, or does not say it.
   */
  readonly inForce: DriftState | "expired" | undefined;
}

/** An account, as the store and as servers have it. */
export interface ComparedAccount {
  /** Its name in the store, or else in the token that servers have, or else its public key. */
  readonly name: string;
  readonly publicKey: string;
  /**
   * `same`, `older`, `newer`, `different`: what all servers have. `mixed`: they have different ones, or some have none, or go by
   * another one than they keep. `missing`: no server has it. `unknown`: the store does not have it. `unseen`: a server caches it
   * that has not used it since it was started, and can't be asked for its token.
   */
  readonly status: DriftState | "mixed" | "missing" | "unseen";
  /** For people. */
  readonly message: string;
  /** The tokens that servers keep, each once, the newest first. */
  readonly versions: readonly KeptVersion[];
  /** By server. */
  readonly servers: readonly AccountAtServer[];
}

/** What servers have, beside what the store has. It is complete when all is the same everywhere. */
export interface DriftReport extends ServersReport {
  /** All accounts, sorted by name. */
  readonly accounts: readonly ComparedAccount[];
  /** Those that are not the same. */
  readonly drifted: readonly ComparedAccount[];
  /** What could not be found out. */
  readonly warnings: readonly string[];
}

/**
 * What servers have otherwise than the store, as text: a paragraph for each account, with what a push would change.
 *
 * @param report - what {@link drift} gave
 *
 * @example
 * ```ts
 * import { Nsc } from "nsc.js";
 * import { drift, formatDrift } from "nsc.js/nats";
 *
 * const operator = await new Nsc().addOperator("local");
 * await operator.addAccount("APP");
 * const fetch = async () => new Response("unknown", { status: 404 }); // an account server that has nothing
 * const report = await drift({ url: "https://accounts.example.com/jwt/v1", fetch }, operator);
 * formatDrift(report).startsWith("APP: missing: no server has it"); // true
 * ```
 */
export function formatDrift({ accounts, drifted, servers, unheard, warnings }: DriftReport): string {
  const lines = drifted.flatMap(({ name, status, message, versions }) => [
    `${escapeUnprintable(name)}: ${status}: ${message}`,
    ...versions.flatMap(({ changes }) => (changes.length === 0 ? [] : formatDiff(changes).split("\n"))).map(indented),
  ]);
  const what = `${accounts.length} accounts at ${servers.length} servers`;
  lines.push(drifted.length === 0 ? `nothing differs: ${what}` : `${drifted.length} differ of ${what}`);
  if (unheard.length > 0) lines.push(`not heard of: ${unheard.map(escapeUnprintable).join(", ")}`);
  return [...lines, ...warnings].join("\n");
}

function indented(line: string): string {
  return `  ${line}`;
}
