import { parseDate } from "../../encoding/dates.ts";
import { addTimeSpan, parseTimeSpan } from "../../encoding/duration.ts";
import { NscError } from "../../errors.ts";
import type { CommonClaims } from "../../jwt/common.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { assertKnownOptions } from "../options.ts";
import type { ValidityOptions } from "../validity-verbs.ts";
import type { DesiredEntity, DesiredExpiry } from "./desired-state.ts";

type Times = Pick<CommonClaims, "exp" | "nbf">;

/** When claims are to expire and become valid, as far as that is not so yet. */
export function timesToSet(
  { expires, notBefore }: DesiredEntity,
  claims: ReadonlyDeep<Times>,
  now: number,
): Pick<ValidityOptions, "expires" | "notBefore"> {
  const [exp, nbf] = [timeOf(claims.exp), timeOf(claims.nbf)];
  const [end, begin] = [
    expires === undefined ? exp : expiry(expires, exp, now),
    notBefore === undefined ? nbf : validity(notBefore),
  ];
  return {
    ...(end !== exp && { expires: end === undefined ? "never" : dateOf(end) }),
    ...(begin !== nbf && { notBefore: begin === undefined ? "at once" : dateOf(begin) }),
  };
}

/** The times of claims as a description says them; nothing for never, and at once. */
export function describeTimes({ exp, nbf }: ReadonlyDeep<Times>): Pick<DesiredEntity, "expires" | "notBefore"> {
  const [expires, notBefore] = [exp, nbf].map((time) => dateText(timeOf(time)));
  return { ...(expires !== undefined && { expires }), ...(notBefore !== undefined && { notBefore }) };
}

/** Nothing and less are never. */
function timeOf(time: number | undefined): number | undefined {
  return time !== undefined && time > 0 ? time : undefined;
}

function dateOf(time: number): Date {
  return new Date(time * 1000);
}

function dateText(time: number | undefined): string | undefined {
  const date = dateOf(time ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(".000Z", "Z");
}

/** Nothing is never. */
function expiry(expires: DesiredExpiry, present: number | undefined, now: number): number | undefined {
  if (expires === "never") return undefined;
  if (typeof expires === "string") return secondsOfText(expires, "expires", ', "never", or { in, renewWithin }');
  assertKnownOptions(expires, ["in", "renewWithin"]);
  const [latest, earliest] = [after(expires.in, "in", now), after(expires.renewWithin, "renewWithin", now)];
  if (earliest >= latest) throw invalid("renewWithin must be shorter than in");
  return present !== undefined && present > earliest && present <= latest ? present : latest;
}

/** Nothing is at once. */
function validity(notBefore: string | null): number | undefined {
  return notBefore === null ? undefined : secondsOfText(notBefore, "notBefore", ", or null");
}

function secondsOfText(text: unknown, name: string, others: string): number {
  const isDate =
    typeof text === "string" && /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  if (isDate && !Number.isNaN(Date.parse(text))) return parseDate(new Date(text), name);
  throw invalid(`${name} must be a date such as "2027-01-31T12:00:00Z"${others}`);
}

function after(text: unknown, name: string, now: number): number {
  const span = typeof text === "string" ? parseTimeSpan(text) : undefined;
  const date = span && addTimeSpan(dateOf(now), span);
  if (date !== undefined) return parseDate(date, name);
  throw invalid(`${name} must be a time span such as "30d"`);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
