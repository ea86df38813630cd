import { readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { play } from "../../vectors/cli-parity.mjs";
import { runMain } from "./run-command.ts";

/** A story, and what nsc left. */
interface Golden {
  readonly name: string;
  readonly family: string;
  readonly scenario: { readonly server?: { readonly version?: string } };
}

interface ExecOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string | undefined;
}

// The stories were recorded in this zone, with files that everybody may read unless somebody says otherwise.
process.env["TZ"] = "UTC";
process.umask(0o022);

/** Stories of nsc 2.14 with what they left on disk. */
export const stories: readonly Golden[] = readFileSync(
  new URL("../../vectors/cli-golden.jsonl", import.meta.url),
  "utf8",
)
  .split("\n")
  .filter((line) => line.includes('"scenario"'))
  .map((line) => JSON.parse(line) as Golden);

/** Plays a story with our command, and says what it leaves otherwise than nsc. */
export async function differences(story: Golden, server?: string): Promise<string[]> {
  return await play(story, {
    serverFor: () => server,
    exec: async (args: readonly string[], { cwd, env, stdin }: ExecOptions) => {
      const input = new PassThrough();
      input.end(stdin ?? "");
      const { code, stdout, stderr } = await runMain(args, { cwd, env, stdin: input });
      return { exit: code, stdout, stderr };
    },
  });
}
