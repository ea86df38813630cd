import type { Export } from "../jwt/exports.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { isCoveredBy } from "../subjects/subject.ts";

/** The exports that offer a subject, streams and services. */
export function coveringExports(
  exports: readonly ReadonlyDeep<Export>[] | undefined,
  subject: string,
): readonly ReadonlyDeep<Export>[] {
  return (exports ?? []).filter((entry) => isCoveredBy(subject, entry?.subject ?? ""));
}
