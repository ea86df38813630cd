import { NscError } from "../../errors.ts";

/** Refuses what is no object of a description. */
export function assertPlainData(value: unknown, title: string): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new NscError("ERR_ARGUMENT_INVALID", `${title} must be an object`);
}

/** The entries of a list of a description. */
export function listOf<T>(value: readonly T[], title: string): readonly T[] {
  if (Array.isArray(value)) return value as readonly T[];
  throw new NscError("ERR_ARGUMENT_INVALID", `${title} must be a list`);
}

/** A number of things that there are at least. */
export function assertCount(value: unknown, title: string): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return;
  throw new NscError("ERR_ARGUMENT_INVALID", `${title} must be a whole number`);
}

/** Data without some of its members. */
export function without<T extends object>(data: T, names: readonly (keyof T)[]): Partial<T> {
  const rest: Partial<T> = { ...data };
  for (const name of names) delete rest[name];
  return rest;
}
