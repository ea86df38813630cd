/** What the files of requests for signatures have in common: JSON of a format and a version that come first. */

import { NscError } from "../errors.ts";
import { isStorePath } from "../store/paths.ts";
import type { StorePath } from "../store/store.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

const VERSION = 1;

/** The members that every such file begins with. */
export function headOf(format: string): { readonly format: string; readonly version: number } {
  return { format, version: VERSION };
}

/**
 * Reads a file of one of the formats.
 *
 * @param read - reads the members; gives nothing for what is not as it should be
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_REQUEST_FORMAT`
 */
export function parseFile<T>(text: string, format: string, read: (content: JsonObject) => T | undefined): T {
  if (typeof text !== "string") throw new NscError("ERR_ARGUMENT_INVALID", `the text of a ${format} must be a string`);
  const content = objectOf(parseJson(text));
  if (content === undefined) throw malformed(format, "it is no JSON object");
  if (content["format"] !== format) throw malformed(format, "it is something else");
  const { version } = content;
  if (version !== VERSION) {
    const shown = typeof version === "number" ? `version ${version}` : "no known version";
    throw malformed(format, `it is of ${shown}, and this library reads version ${VERSION}`);
  }
  const result = read(content);
  if (result === undefined) throw malformed(format, "a part of it is missing, or is not what it should be");
  return result;
}

export function malformed(format: string, problem: string): NscError {
  return new NscError("ERR_REQUEST_FORMAT", `this is no ${format} that can be read: ${problem}`);
}

/** What a JSON text holds; nothing for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The elements of a list, each read; nothing if it is no list, or one of them is not what it should be. */
export function listOf<T>(value: unknown, read: (element: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const elements = value.map(read).filter((element) => element !== undefined);
  return elements.length === value.length ? elements : undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function pathOf(value: unknown): StorePath | undefined {
  const names = listOf(value, textOf);
  return names !== undefined && isStorePath(names) ? names : undefined;
}
