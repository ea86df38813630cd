import { parseSeconds } from "../flags/parse-time.ts";
import { problemOf } from "../output/problem-of.ts";
import type { Prompts } from "../output/prompts.ts";

/** Asks up to when tokens are revoked; 0 is now. */
export async function askTime(prompts: Prompts): Promise<number> {
  const answer = await prompts.text(
    "revoke all credentials created before (0 is now, formats are RFC3339 or #seconds since epoch)",
    { initial: "0", check: (answer) => problemOf(() => parseSeconds(answer)) },
  );
  return parseSeconds(answer);
}
