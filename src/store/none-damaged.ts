import { NscError } from "../errors.ts";

/**
 * Says what could not be read, once all the rest was.
 *
 * @throws NscError `ERR_STORE_DAMAGED` if there is something
 */
export function assertNoneDamaged(damaged: readonly NscError[]): void {
  const [first] = damaged;
  if (first === undefined) return;
  if (damaged.length === 1) throw first;
  const texts = damaged.map(({ message }) => message).join("; ");
  throw new NscError("ERR_STORE_DAMAGED", texts, { cause: new AggregateError(damaged) });
}
