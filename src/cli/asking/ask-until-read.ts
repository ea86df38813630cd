import { isNscError } from "../../errors.ts";
import { CommandError } from "../command-error.ts";
import type { Output } from "../output/output.ts";

/** Asks again, and says why, until the answer can be read. For what takes longer to read than the `check` of a question may. */
export async function askUntilRead<T>(
  output: Output,
  ask: () => Promise<string>,
  read: (answer: string) => Promise<T>,
): Promise<{ readonly answer: string; readonly value: T }> {
  for (;;) {
    const answer = await ask();
    try {
      return { answer, value: await read(answer) };
    } catch (error) {
      if (!(error instanceof CommandError) && !isNscError(error)) throw error;
      output.note(error.message);
    }
  }
}
