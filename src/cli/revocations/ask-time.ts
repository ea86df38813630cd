import { FlagError } from "../flags/flag.ts";
import { parseSeconds } from "../flags/parse-time.ts";
import type { Prompts } from "../prompts.ts";

/** Asks up to when tokens are revoked; 0 is now. */
export async function askTime(prompts: Prompts): Promise<number> {
  const answer = await prompts.text(
    "revoke all credentials created before (0 is now, formats are RFC3339 or #seconds since epoch)",
    { initial: "0", check: problemOf },
  );
  return parseSeconds(answer);
}

function problemOf(answer: string): string | undefined {
  try {
    parseSeconds(answer);
    return undefined;
  } catch (error) {
    if (error instanceof FlagError) return error.message;
    throw error;
  }
}
