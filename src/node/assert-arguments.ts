import { NscError } from "../errors.ts";
import type { Store } from "../store/store.ts";

export function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}

export function assertStore(store: unknown): asserts store is Store {
  if (typeof (store as Partial<Store> | null | undefined)?.commit !== "function") {
    throw invalid("the store must be one that implements Store");
  }
}

/** Refuses what are no options, and options that there are not: a slip there could do more than was meant. */
export function assertOptions(options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw invalid("the options must be an object");
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid(`there is no option ${unknown}`);
}

export function assertBoolean(value: unknown, title: string): void {
  if (typeof value !== "boolean") throw invalid(`${title} must be true or false`);
}

export function assertFolder(value: unknown, title: string): asserts value is string {
  if (typeof value !== "string" || value === "" || value.includes("\0")) {
    throw invalid(`${title} must be the path of a folder`);
  }
}
