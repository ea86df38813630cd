import { NscError } from "../errors.ts";
import type { ServerIdentity } from "./answers.ts";

/** What all reports on servers have in common. */
export interface ServersReport {
  /** The servers that keep accounts. */
  readonly servers: readonly ServerIdentity[];
  /** Names of servers that are there, or are expected, and did not answer. */
  readonly unheard: readonly string[];
  /** Whether everything was done that was asked for, on all servers. */
  readonly isComplete: boolean;
  /**
   * Throws unless {@link isComplete}.
   *
   * @throws NscError `ERR_NATS_INCOMPLETE`, with what failed and where in its message
   */
  assertComplete(): void;
}

/** What was not done, for people. */
export interface Failing {
  readonly name: string;
  readonly message: string;
}

/** How many failures a message tells in full. */
const MOST_TOLD = 5;

/**
 * Whether all is done, and what says so.
 *
 * @param what - what they are, and what holds for those that did not fail
 */
export function completeness(
  failing: readonly Failing[],
  total: number,
  unheard: readonly string[],
  what: string,
): Pick<ServersReport, "isComplete" | "assertComplete"> {
  const isComplete = failing.length === 0 && unheard.length === 0;
  return {
    isComplete,
    assertComplete() {
      if (isComplete) return;
      const texts = failing.slice(0, MOST_TOLD).map(({ name, message }) => `${JSON.stringify(name)}: ${message}`);
      if (failing.length > MOST_TOLD) texts.push(`and ${failing.length - MOST_TOLD} more`);
      if (unheard.length > 0) texts.push(`not heard of: ${unheard.join(", ")}`);
      const summary = `${total - failing.length} of ${total} ${what}`;
      throw new NscError("ERR_NATS_INCOMPLETE", `${summary}; ${texts.join("; ")}`);
    },
  };
}
