import type { ServiceLatency } from "../../jwt/exports.ts";
import { CommandError } from "../command-error.ts";
import { quote } from "../text/quote.ts";

type Sampling = ServiceLatency["sampling"];

/**
 * Reads a share of requests that is measured: a percentage, or "header" for those that ask for it by header.
 *
 * @throws CommandError for anything else, which nsc takes for "header"
 */
export function readSampling(value: string): Sampling {
  const problem = samplingProblem(value);
  if (problem === undefined) return /^headers?$/i.test(value) ? "headers" : Number(value);
  if (/^[+-]?[0-9]+$/.test(value)) {
    throw new CommandError("sampling percentage needs to be between 1-100", { code: "ERR_SAMPLING_INVALID" });
  }
  throw new CommandError(`${problem}, or "header": not ${quote(value)}`, { code: "ERR_SAMPLING_INVALID" });
}

/** What is wrong with a share, as prompts say it. */
export function samplingProblem(value: string): string | undefined {
  if (/^headers?$/i.test(value)) return undefined;
  const percentage = /^\+?[0-9]{1,3}$/.test(value) ? Number(value) : 0;
  return percentage >= 1 && percentage <= 100 ? undefined : "sampling must be between 1 and 100 inclusive";
}

/** A share as it is typed. */
export function samplingText(sampling: Sampling): string {
  return sampling === "headers" ? "header" : String(sampling);
}
