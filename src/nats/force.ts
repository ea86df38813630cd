import { NscError } from "../errors.ts";

/** The guards that are overridden. */
export function overridden<Guard extends string>(force: unknown, known: readonly Guard[]): ReadonlySet<Guard> {
  const given: readonly unknown[] = force === undefined ? [] : Array.isArray(force) ? force : [force];
  const unknown = given.find((name) => !known.includes(name as Guard));
  if (unknown === undefined) return new Set(given as readonly Guard[]);
  throw new NscError("ERR_ARGUMENT_INVALID", `force is a list of what is overridden: ${known.join(", ")}`);
}
