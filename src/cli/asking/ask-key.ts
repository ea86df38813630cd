import type { Output } from "../output/output.ts";
import type { Prompts } from "../output/prompts.ts";
import { readIdentityKey } from "../values/key-argument.ts";
import { askUntilRead } from "./ask-until-read.ts";

/** Asks for the key of what is added, until the answer is one. */
export async function askKey(
  prompts: Prompts,
  output: Output,
  kind: "operator" | "account" | "user",
  initial = "",
): Promise<string> {
  const message = `path to an ${kind} nkey or nkey`;
  const ask = () => prompts.text(message, { initial });
  return (await askUntilRead(output, ask, (answer) => readIdentityKey(answer, kind, output))).answer;
}
