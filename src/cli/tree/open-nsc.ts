import type { NscOptions } from "../../authority/context.ts";
import { Nsc } from "../../authority/nsc.ts";

/** By itself, so that commands that only read do without what it needs. */
export function openNsc(options: NscOptions): Nsc {
  return new Nsc(options);
}
