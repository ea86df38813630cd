import type { Int64 } from "../../encoding/json-types.ts";
import type { AccountNats } from "../../jwt/account.ts";
import { hasWildcards } from "../../subjects/subject.ts";
import { CommandError } from "../command-error.ts";
import type { Report } from "../output/report.ts";
import { quote } from "../text/quote.ts";

/** The values of the flags of the trace context. */
export interface TraceValues {
  readonly "trace-context-subject"?: string | undefined;
  readonly "trace-context-sampling"?: Int64 | undefined;
}

/**
 * Changes where traces of an account go and how many there are, and reports that.
 *
 * @param nats - the `nats` object of an account
 * @throws CommandError
 */
export function applyTrace(nats: Pick<AccountNats, "trace">, flags: TraceValues, report: Report): void {
  const { "trace-context-subject": subject, "trace-context-sampling": sampling } = flags;
  if (subject !== undefined) assertTraceSubject(subject);
  if (sampling !== undefined && (Number(sampling) < 0 || Number(sampling) > 100)) {
    throw invalid("tracing sampling rate must be between 1-100");
  }
  if (subject === "") {
    if (sampling !== undefined) throw invalid("cannot set context sampling rate when disabling the trace context");
    delete nats.trace;
    report.ok("disabled trace context");
  } else if (subject !== undefined) {
    nats.trace = { dest: subject };
    report.ok(`changed trace context subject to ${quote(subject)}`);
  }
  if (sampling === undefined) return;
  if (!nats.trace?.dest) throw invalid("trace-context-sampling requires a subject");
  const { dest } = nats.trace;
  nats.trace = Number(sampling) === 0 ? { dest } : { dest, sampling: Number(sampling) };
  report.ok(`changed trace context sampling to ${sampling}%`);
}

/** nsc has other words for it than the validation of an account. */
function assertTraceSubject(subject: string): void {
  if (subject === "") return;
  const name = quote(subject);
  if (subject.includes(" ")) throw invalid(`subject ${name} cannot have spaces`);
  if (subject.startsWith(".") || subject.endsWith(".")) {
    throw invalid(`subject ${name} cannot start or end with a \`.\``);
  }
  if (subject.includes("..")) throw invalid(`subject ${name} cannot contain consecutive \`.\``);
  if (hasWildcards(subject)) throw invalid(`tracing subjects cannot contain wildcards: ${name}`);
}

function invalid(message: string): CommandError {
  return new CommandError(message, { code: "ERR_TRACE" });
}
