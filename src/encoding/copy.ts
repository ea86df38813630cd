import { NscError } from "../errors.ts";
import { setOwn } from "./json-codec.ts";

/** No claims are nested that deeply; data that contains itself ends here too. */
const MAX_DEPTH = 200;

/** A deep copy of plain data, so that neither side sees what the other changes; members that are undefined are absent. */
export function copyData<T>(value: T, depth = 0): T {
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_DEPTH) throw new NscError("ERR_ARGUMENT_INVALID", "the data is nested too deeply or contains itself");
  if (Array.isArray(value)) return value.map((item) => copyData(item, depth + 1)) as T;
  return copyMembers({}, value, depth) as T;
}

/** Copies the members of plain data into an object, over those that it has. */
export function copyMembers<T extends object>(target: T, source: object, depth = 0): T {
  for (const name of Object.keys(source)) {
    const member = (source as Record<string, unknown>)[name];
    if (member !== undefined) setOwn(target, name, copyData(member, depth + 1));
  }
  return target;
}
