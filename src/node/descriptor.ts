import { quoteJson } from "../encoding/json-string.ts";
import { damaged } from "./io-error.ts";
import { isReadableName } from "./names.ts";

/** What nsc keeps in the file `.nsc` of an operator's folder. */
export interface Descriptor {
  /** The name in the names of files; it is that of the folder unless someone renamed one of them. */
  readonly name: string;
  readonly managed: boolean;
  /** What we don't know and keep. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** @throws NscError `ERR_STORE_DAMAGED` */
export function parseDescriptor(text: string, file: string): Descriptor {
  const value = parseObject(text);
  if (value === undefined) throw damaged(file, "is no JSON object, so nobody knows whether the operator is managed");
  const { managed = false, name, kind = "operator", version = "1", ...others } = value;
  if (typeof managed !== "boolean" || typeof name !== "string" || name === "" || !isReadableName(name)) {
    throw damaged(file, "does not describe an operator");
  }
  return { name, managed, others: { kind, version, ...others } };
}

/** Exactly as nsc writes it: one line, Go's order and escapes. */
export function formatDescriptor({ name, managed, others }: Descriptor): string {
  const { kind = "operator", version = "1", ...rest } = others;
  const members: [string, unknown][] = [["kind", kind], ["version", version], ...Object.entries(rest)];
  const tail = members.map(
    ([key, value]) => `,${quoteJson(key)}:${typeof value === "string" ? quoteJson(value) : JSON.stringify(value)}`,
  );
  return `{"managed":${managed},"name":${quoteJson(name)}${tail.join("")}}`;
}

/** What we keep beside the tokens. @throws NscError `ERR_STORE_DAMAGED` */
export function parseMeta(text: string, file: string): Map<string, string> {
  const value = parseObject(text);
  const entries = Object.entries(value ?? {});
  if (value === undefined || entries.some(([, each]) => typeof each !== "string")) {
    throw damaged(file, "is no JSON object of texts; mend it, or remove it if nothing waits to be pushed");
  }
  return new Map(entries as [string, string][]);
}

export function formatMeta(meta: ReadonlyMap<string, string>): string {
  return `${JSON.stringify(Object.fromEntries(meta))}\n`;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
