import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";

/** Warns of words after the payload, which are not sent, as with nsc. */
export function noteUnsent({ args, output }: Pick<Invocation, "args" | "output">): void {
  const [, payload, ...others] = args;
  if (payload === undefined || others.length === 0) return;
  output.note(`warning: only ${quote(payload)} is sent; put several words in quotes`);
}
