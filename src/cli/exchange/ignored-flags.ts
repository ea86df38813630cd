import type { Report } from "../output/report.ts";

/** Says of flags that were given that they mean nothing here; nsc passes them over. */
export function reportIgnored(
  report: Report,
  flags: Readonly<Record<string, unknown>>,
  names: readonly string[],
  reason: string,
): void {
  for (const name of names) {
    // A bool that is off, and a length of 0, is what there is anyway.
    if (flags[name]) report.warn(`ignored --${name}: ${reason}`);
  }
}
