/** What rotations need from whoever speaks to servers. */

import { NscError } from "../errors.ts";
import type { Account } from "./account.ts";
import type { Operator } from "./operator.ts";
import type { Session } from "./session.ts";

/** What must have reached the servers before a rotation may go on. */
export interface Distribution {
  readonly operator: Operator;
  /** Accounts whose present tokens every server must hold. */
  readonly accounts: readonly Account[];
  /**
   * Keys of the operator that every server must trust. Servers have operators from their configuration, and take in another
   * token of one only when they are restarted.
   */
  readonly trustedKeys: readonly string[];
}

/** Says whether a distribution is complete. */
export interface DistributionProof {
  /** Throws, or rejects, when it is not. */
  assertComplete(): unknown;
}

/**
 * Brings to the servers what they must have, and proves that they have it: it rejects when they don't, or returns what can
 * tell. `distribute` of `nsc.js/nats` is one, and so is your own code that writes a configuration and restarts servers.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: what gives nothing is typed Promise<void>, also when it is one of two ways.
export type Distribute = (what: Distribution) => Promise<DistributionProof | undefined | void>;

/** Has something distributed, and goes on only if it was. */
export async function prove(distribute: Distribute, what: Distribution): Promise<void> {
  const proof: unknown = await distribute(what);
  const { assertComplete } = (proof ?? {}) as Partial<DistributionProof>;
  // A promise that nobody waits for would pass for a proof.
  if (typeof assertComplete === "function") await assertComplete.call(proof);
}

/**
 * The function that distributes, which must be there.
 *
 * @param what - what it has to bring to the servers, for people
 */
export function distributorOf(given: unknown, what: string, session: Session): Distribute {
  if (typeof given !== "function") {
    throw new NscError(
      "ERR_ARGUMENT_INVALID",
      `distribute must be a function that brings ${what} to every server: distribute of nsc.js/nats, your own, or async () => {} if it is there by other means`,
    );
  }
  if (!session.isTransaction) return given as Distribute;
  throw new NscError(
    "ERR_TRANSACTION",
    `servers can't get what waits for the commit of a transaction: do this step after it, with a rotation of the Nsc`,
  );
}
