import { PassThrough, Writable } from "node:stream";
import { main } from "../../../src/cli/main.ts";
import type { CommandHome } from "./run-command.ts";

/** What somebody types when a question is there: a part of it, and the keys. */
export type Answer = readonly [question: string | RegExp, keys: string];

export const ENTER = "\r";
export const DOWN = "\u001b[B";
export const SPACE = " ";
export const CONTROL_C = "\u0003";

/** Runs a command line as if somebody sat there, who answers one question after the other. */
export async function runAtTerminal(
  home: CommandHome,
  argv: readonly string[],
  answers: readonly Answer[],
): Promise<{ readonly code: number; readonly stdout: string; readonly shown: string }> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  const left = [...answers];
  let [shown, unread, stdout] = ["", "", ""];
  const stderr = sink((text) => {
    shown += text;
    unread += text;
    const [question, keys] = left[0] ?? [];
    if (question === undefined || keys === undefined || !plain(unread).match(question)) return;
    left.shift();
    unread = "";
    // A list takes keys only when it is drawn, and each of them by itself.
    setTimeout(() => void typeKeys(stdin, keys), 20);
  });
  const code = await main(argv, {
    stdin,
    stdout: sink((text) => (stdout += text)),
    stderr,
    env: { HOME: home.path },
    cwd: home.path,
    signal: AbortSignal.timeout(15_000),
  });
  if (left.length > 0) throw new Error(`nobody asked ${left[0]?.[0]}: ${plain(shown)}`);
  return { code, stdout, shown: plain(shown) };
}

function sink(take: (text: string) => void): Writable & { isTTY: boolean; columns: number } {
  const stream = new Writable({
    write(chunk: Buffer, _, callback) {
      take(chunk.toString());
      callback();
    },
  });
  return Object.assign(stream, { isTTY: true, columns: 100 });
}

async function typeKeys(stdin: PassThrough, keys: string): Promise<void> {
  for (const key of keys.match(/\u001b\[[A-Z]|[^\u001b]/g) ?? []) {
    stdin.write(key);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Without colours and movements of the cursor. */
function plain(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
}
