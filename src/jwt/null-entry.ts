import type { Codec } from "../encoding/json-codec.ts";
import type { StructCodec } from "../encoding/json-struct.ts";

/** Marks the entry of a list that is null on the wire. No known writer makes one; validation refuses it. */
const NULL_ENTRY = Symbol("null on the wire");

/**
 * Whether an import or export is null on the wire. It reads as an entry without members, so that nothing crashes, and is
 * an entry like any other as soon as it is given one.
 */
export function isNullEntry(value: unknown): boolean {
  if (typeof value !== "object") return false;
  return value === null || (NULL_ENTRY in value && Object.values(value).every((member) => member === ""));
}

/** A list's entry that Go holds by pointer. */
export function nullable<T extends object>(target: StructCodec<T>): Codec<T> {
  return {
    needed: target.needed,
    read(reader, previous) {
      if (!reader.tryNull()) return target.read(reader, isNullEntry(previous ?? {}) ? undefined : previous);
      return Object.defineProperty(target.zero(), NULL_ENTRY, { value: true });
    },
    write: (value, writer) => (isNullEntry(value) ? "null" : target.write(value, writer)),
    isEmpty: () => false,
  };
}
