import { NscError } from "../../errors.ts";
import { type Context, nowOf } from "../context.ts";

/** The time that a report is about, in seconds since 1970: what was asked for, or now. */
export function reportNow(now: number | undefined, context: Pick<Context, "clock">): number {
  if (now === undefined) return nowOf(context);
  if (Number.isSafeInteger(now)) return now;
  throw new NscError("ERR_ARGUMENT_INVALID", "now must be whole seconds since 1970");
}
