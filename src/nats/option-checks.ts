import { NscError } from "../errors.ts";

/** Refuses what is neither true nor false: a text such as "no" would be taken for one of them. */
export function assertFlag(value: unknown, name: string): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new NscError("ERR_ARGUMENT_INVALID", `${name} must be true or false`);
}

/** Refuses a hook that is none. */
export function assertFunction(value: unknown, name: string): void {
  if (value === undefined || typeof value === "function") return;
  throw new NscError("ERR_ARGUMENT_INVALID", `${name} must be a function`);
}

/** Refuses a signal that is none. */
export function assertSignal(signal: unknown): void {
  if (signal === undefined || typeof (signal as Partial<AbortSignal> | null)?.throwIfAborted === "function") return;
  throw new NscError("ERR_ARGUMENT_INVALID", "signal must be an AbortSignal");
}

/** Refuses how many there are to be of something, if it is no number or less than it takes. */
export function assertCount(count: unknown, name: string, least: number): void {
  if (Number.isSafeInteger(count) && (count as number) >= least) return;
  throw new NscError("ERR_ARGUMENT_INVALID", `${name} must be a whole number of at least ${least}`);
}

/** Refuses a queue group that servers would not take. */
export function assertQueue(queue: unknown): void {
  if (typeof queue === "string" && /^[^\s]+$/.test(queue)) return;
  throw new NscError("ERR_ARGUMENT_INVALID", "queue must be a name without white space");
}
