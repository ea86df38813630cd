/** Marks the entry of a list that is null on the wire. No known writer makes one; validation refuses it. */
const NULL_ENTRY = Symbol("null on the wire");

/** Marks an entry without members as one that is null on the wire. */
export function markNullEntry<T extends object>(entry: T): T {
  return Object.defineProperty(entry, NULL_ENTRY, { value: true });
}

/**
 * Whether an entry is null on the wire. It reads as an entry without members, so that nothing crashes, and is an entry
 * like any other as soon as it is given one.
 */
export function isNullEntry(value: unknown): boolean {
  if (typeof value !== "object") return false;
  return value === null || (NULL_ENTRY in value && Object.values(value).every((member) => member === ""));
}
