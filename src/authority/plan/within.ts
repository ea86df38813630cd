import { isNscError, NscError } from "../../errors.ts";
import { fieldPath } from "../../jwt/diff.ts";

/** A place in a description: names, and positions in lists. */
export type Place = readonly (string | number)[];

/** An error that says at which place of a description it arose. */
class PlacedError extends NscError {}

/** Says in errors at which place of a description they arose; the innermost place is said. */
export async function within<T>(place: Place, work: (place: Place) => T | Promise<T>): Promise<T> {
  try {
    return await work(place);
  } catch (error) {
    if (!isNscError(error) || error instanceof PlacedError) throw error;
    throw new PlacedError(error.code, `${fieldPath(place)}: ${error.message}`, { cause: error });
  }
}

/** Does what a member of a description asks for, if it is there. */
export async function withinMember<Desired extends object, Name extends keyof Desired & string>(
  place: Place,
  desired: Desired,
  name: Name,
  work: (value: Exclude<Desired[Name], undefined>, place: Place) => Promise<void>,
): Promise<void> {
  const value = desired[name];
  if (value !== undefined) await within([...place, name], (at) => work(value as Exclude<Desired[Name], undefined>, at));
}
