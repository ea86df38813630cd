import { parseDate } from "../../encoding/dates.ts";
import { addTimeSpan, parseTimeSpan } from "../../encoding/duration.ts";
import { NscError } from "../../errors.ts";
import type { CommonClaims } from "../../jwt/common.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { assertKnownOptions } from "../options.ts";
import type { DesiredEntity, DesiredExpiry } from "./desired-state.ts";

type Times = Pick<CommonClaims, "exp" | "nbf">;

/** When claims are to expire and become valid, as far as that is not so yet: `undefined` is never, and at once. */
export function timesToSet(
  { expires, notBefore }: DesiredEntity,
  claims: ReadonlyDeep<Times>,
  now: number,
): { exp?: number | undefined; nbf?: number | undefined } {
  const exp = expires === undefined ? undefined : expiry(expires, timeOf(claims.exp), now);
  const nbf = notBefore === undefined ? undefined : validity(notBefore, timeOf(claims.nbf));
  return { ...exp, ...nbf };
}

/** Sets times of claims. */
export function setTimes(claims: Times, times: ReturnType<typeof timesToSet>): void {
  for (const name of ["exp", "nbf"] as const) {
    if (!(name in times)) continue;
    const time = times[name];
    if (time === undefined) delete claims[name];
    else claims[name] = time;
  }
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

function dateText(time: number | undefined): string | undefined {
  const date = new Date((time ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(".000Z", "Z");
}

function expiry(expires: DesiredExpiry, present: number | undefined, now: number): { exp?: number | undefined } {
  if (expires === "never") return present === undefined ? {} : { exp: undefined };
  if (typeof expires === "string") {
    const exp = secondsOfText(expires, "expires", ', "never", or { in, renewWithin }');
    if (exp === present) return {};
    if (exp <= now) throw invalid("expires is in the past");
    return { exp };
  }
  assertKnownOptions(expires, ["in", "renewWithin"]);
  const [latest, earliest] = [after(expires.in, "in", now), after(expires.renewWithin, "renewWithin", now)];
  if (earliest >= latest) throw invalid("renewWithin must be shorter than in");
  return present !== undefined && present > earliest && present <= latest ? {} : { exp: latest };
}

function validity(notBefore: string | null, present: number | undefined): { nbf?: number | undefined } {
  const nbf = notBefore === null ? undefined : secondsOfText(notBefore, "notBefore", ", or null");
  return nbf === present ? {} : { nbf };
}

function secondsOfText(text: unknown, name: string, others: string): number {
  const isDate =
    typeof text === "string" && /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  if (isDate && !Number.isNaN(Date.parse(text))) return parseDate(new Date(text), name);
  throw invalid(`${name} must be a date such as "2027-01-31T12:00:00Z"${others}`);
}

function after(text: unknown, name: string, now: number): number {
  const span = typeof text === "string" ? parseTimeSpan(text) : undefined;
  const date = span && addTimeSpan(new Date(now * 1000), span);
  if (date !== undefined) return parseDate(date, name);
  throw invalid(`${name} must be a time span such as "30d"`);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
