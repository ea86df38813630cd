import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { Command } from "../../../src/cli/command.ts";
import { type CommandLine, wordsOf } from "./command-lines.ts";
import { mismatchOf } from "./json-schema.ts";
import { copyHome, type PreparedHome, snapshotOf } from "./prepared-home.ts";

/** What comes bit by bit is a line of JSON for each. */
const LISTENERS: readonly string[] = ["sub", "reply"];

/**
 * Runs a command line with `--json`: it must print one document that the command's schema describes, and say nothing else there.
 * With `--dry-run`, and by commands that write nothing, no file may be changed.
 */
export async function expectJson(prepared: PreparedHome, command: Command, line: CommandLine): Promise<void> {
  await using home = await copyHome(prepared);
  for (const [name, text] of Object.entries(line.files ?? {})) {
    await mkdir(dirname(join(home.path, name)), { recursive: true });
    await writeFile(join(home.path, name), text);
  }
  for (const words of line.before ?? []) await home.nsc(...wordsOf(words, prepared.keys));
  const words = [...wordsOf(line.words, prepared.keys), "--json"];
  const isListener = LISTENERS.includes(command.path.at(-1) as string);
  const before = await snapshotOf(home.path);
  for (const isDryRun of [true, false]) {
    const { code, stdout, stderr } = await home.run(isDryRun ? [...words, "--dry-run"] : words);
    expect(code, stderr).toBe(line.code ?? 0);
    // A listener whose answers would be heard does not even listen in a dry run.
    const isUnheard = isListener && isDryRun && command.isWriting === true;
    // What was refused has nothing to tell.
    const isSilent = isUnheard || (code === 1 && stdout === "");
    for (const text of isSilent ? [] : isListener ? stdout.trimEnd().split("\n") : [stdout]) {
      const data: unknown = JSON.parse(text);
      expect(mismatchOf(command, data), text).toBeUndefined();
      if (command.output === undefined) expect(data).toMatchObject({ dry_run: isDryRun });
    }
    if (isDryRun || command.isWriting !== true) expect(await snapshotOf(home.path)).toEqual(before);
  }
}
