import { NscError } from "../errors.ts";

/** Refuses options that there are not: a slip would go unnoticed and give somebody more than he was meant to have. */
export function assertKnownOptions(options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new NscError("ERR_ARGUMENT_INVALID", "the options must be an object");
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new NscError("ERR_ARGUMENT_INVALID", `there is no option ${unknown}`);
}
