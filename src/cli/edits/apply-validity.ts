import { problemOf } from "../output/problem-of.ts";
import type { Prompts } from "../output/prompts.ts";
import type { Report } from "../output/report.ts";
import { formatDate } from "../text/dates.ts";
import { relativeDate } from "../text/relative-date.ts";
import { readTimeBound, type Validity } from "../values/validity.ts";

/** What holds the bounds of a validity: any claims. */
export interface ValidityHolder {
  nbf?: number;
  exp?: number;
}

/** Sets the bounds that were given, where 0 is none, and reports what changed; the others stay. */
export function applyValidity(
  claims: ValidityHolder,
  { start, expiry }: Validity,
  { now, report }: { readonly now: Date; readonly report: Report },
): void {
  if (start !== undefined && start !== (claims.nbf ?? 0)) {
    if (start === 0) delete claims.nbf;
    else claims.nbf = start;
    report.ok(
      start === 0 ? "changed jwt start to not have a start date" : `changed jwt valid start to ${at(start, now)}`,
    );
  }
  if (expiry !== undefined && expiry !== (claims.exp ?? 0)) {
    if (expiry === 0) delete claims.exp;
    else claims.exp = expiry;
    report.ok(expiry === 0 ? "changed jwt expiry to never expire" : `changed jwt expiry to ${at(expiry, now)}`);
  }
}

function at(seconds: number, now: Date): string {
  return `${formatDate(seconds)} - ${relativeDate(seconds, now, "lower")}`;
}

/** Asks for the bounds. An empty answer leaves one as it is. */
export async function askValidity(
  prompts: Prompts,
  given: { readonly start?: string | undefined; readonly expiry?: string | undefined },
  present: Readonly<ValidityHolder>,
  now: Date,
): Promise<{ readonly start: string; readonly expiry: string }> {
  const check = (answer: string) => problemOf(() => readTimeBound(answer, now));
  const ask = (message: string, flag: string | undefined, bound: number | undefined): Promise<string> =>
    prompts.text(message, { initial: flag ?? formatDate(bound ?? 0), check });
  const start = await ask("valid from", given.start, present.nbf);
  return { start, expiry: await ask("valid until (0 is always)", given.expiry, present.exp) };
}
