import { isNscError, NscError } from "../../errors.ts";
import { fieldPath } from "../../jwt/diff.ts";

/** A place in a description: names, and positions in lists. */
export type Place = readonly (string | number)[];

/** An error that says at which place of a description it arose. */
class PlacedError extends NscError {}

/** Says in errors at which place of a description they arose; the innermost place is said. */
export async function within<T>(place: Place, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isNscError(error) || error instanceof PlacedError) throw error;
    throw new PlacedError(error.code, `${fieldPath(place)}: ${error.message}`, { cause: error });
  }
}
