import type { Report } from "../output/report.ts";
import { formatGoTime } from "../text/dates.ts";

/** Says that a revocation stays as it is, where what was asked for is earlier; nsc keeps it without a word. */
export function reportKept(report: Report, asked: number | undefined, present: Date): void {
  const seconds = present.getTime() / 1000;
  if (!asked || asked >= seconds) return;
  report.warn(`kept the revocation of what was issued before ${formatGoTime(seconds)}, which is later than --at`);
}
