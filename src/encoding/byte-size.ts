import type { Int64 } from "./json-types.ts";

const SIZES: readonly string[] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

/** Bytes with a decimal unit, one decimal below 10. Go: `humanize.Bytes`. */
export function formatByteSize(bytes: Int64): string {
  const value = Number(bytes);
  if (value < 10) return `${value} B`;
  const power = Math.min(String(bytes).length - 1, 18);
  const unit = Math.floor(power / 3);
  const scaled = Math.floor((value / 1000 ** unit) * 10 + 0.5) / 10;
  return `${scaled < 10 ? scaled.toFixed(1) : scaled.toFixed(0)} ${SIZES[unit]}`;
}
