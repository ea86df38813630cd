import { NscError } from "../errors.ts";
import type { Operator } from "./operator.ts";

/** Refuses what is no handle of an operator. */
export function assertOperatorHandle(operator: unknown): asserts operator is Operator {
  // Not by its class, since a program may have two copies of this library.
  if (typeof (operator as Partial<Operator> | null | undefined)?.findAccount !== "function") {
    throw new NscError("ERR_ARGUMENT_INVALID", "the operator must be a handle of one, as Nsc gives it");
  }
}
