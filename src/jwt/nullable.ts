import type { Codec } from "../encoding/json-codec.ts";
import { isNullEntry, markNullEntry } from "../encoding/json-null.ts";
import type { StructCodec } from "../encoding/json-struct.ts";

/** A list's entry that Go holds by pointer. */
export function nullable<T extends object>(target: StructCodec<T>): Codec<T> {
  return {
    read(reader, previous) {
      if (!reader.tryNull()) return target.read(reader, isNullEntry(previous ?? {}) ? undefined : previous);
      return markNullEntry(target.zero());
    },
    write: (value, writer) => (isNullEntry(value) ? "null" : target.write(value, writer)),
    isEmpty: () => false,
  };
}
