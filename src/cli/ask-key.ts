import { CommandError } from "./command-error.ts";
import type { Output } from "./output.ts";
import type { Prompts } from "./prompts.ts";
import { readIdentityKey } from "./values/key-argument.ts";

/** Asks for the key of what is added, until the answer is one. */
export async function askKey(
  prompts: Prompts,
  output: Output,
  kind: "operator" | "account" | "user",
  initial = "",
): Promise<string> {
  const message = `path to an ${kind} nkey or nkey`;
  for (;;) {
    const answer = await prompts.text(message, { initial });
    try {
      await readIdentityKey(answer, kind, output);
      return answer;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      output.note(error.message);
    }
  }
}
