import { parseNanoseconds } from "../../encoding/duration.ts";
import type { Export } from "../../jwt/exports.ts";
import { IssueCollector } from "../../jwt/issues.ts";
import { validateExports } from "../../jwt/validate-exports.ts";
import { validateSubject } from "../../jwt/validate-rules.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { quote } from "../text/quote.ts";

/** What is wrong with a subject, if anything. */
export function subjectProblem(subject: string): string | undefined {
  const found = new IssueCollector();
  validateSubject(subject, found);
  return found.issues[0]?.message;
}

/** What is wrong with an export by itself, if anything. */
export function exportProblem(entry: Export): string | undefined {
  const found = new IssueCollector();
  validateExports([entry], found);
  return found.issues[0]?.message;
}

/** What is wrong with the subject that latencies are published to, if anything. */
export function resultsProblem(results: string): string | undefined {
  return exportProblem({ subject: "any", type: "service", service_latency: { sampling: 100, results } });
}

/** What is wrong with a length of time, if anything. */
export function durationProblem(text: string): string | undefined {
  return parseNanoseconds(text) === undefined ? `time: invalid duration ${quote(text)}` : undefined;
}

/** What is wrong with an empty answer where one is needed. */
export function lengthProblem(text: string): string | undefined {
  return text === "" ? "value is too short" : undefined;
}

/**
 * What is wrong with the key of an account, if anything.
 *
 * @param what - what it is called
 * @param takesAll - whether "*" stands for all
 */
export function accountKeyProblem(text: string, what: string, takesAll = false): string | undefined {
  if (text === "") return `${what} cannot be empty`;
  if (isPublicKey(text, "account") || (takesAll && text === "*")) return undefined;
  return `${text} is not a valid "account" public key`;
}
