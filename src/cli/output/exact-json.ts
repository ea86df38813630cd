import { randomUUID } from "node:crypto";

/** JSON over lines, its members in their order, with all digits of integers that no `number` holds. */
export function formatExactJson(value: unknown): string {
  // No text that is printed holds it.
  const mark = randomUUID();
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? `${mark}${item}` : item), 2).replace(
    new RegExp(`"${mark}(-?[0-9]+)"`, "g"),
    "$1",
  );
}
