import { existsSync } from "node:fs";
import { join } from "node:path";
import { confirmDestruction } from "../asking/confirm.ts";
import { CommandError } from "../command-error.ts";
import type { exportKeysFlags } from "../commands/keys.ts";
import { collectKeys, type FoundKey } from "../files/collect-keys.ts";
import type { Invocation } from "../invocation.ts";
import { quote, quotePath } from "../text/quote.ts";
import { assertKeystore, readStoredKey } from "../tree/keystore.ts";

type ExportKeys = Invocation<typeof exportKeysFlags>;

export async function run(invocation: ExportKeys): Promise<void> {
  const { flags, report, tree } = invocation;
  assertKeystore(tree);
  const keys = await collectKeys(invocation, flags);
  if (keys.length === 0) throw new CommandError("no keys found to export", { code: "ERR_NO_KEYS" });
  report.wantsSummary = true;
  if (flags.remove === true && (await hasAnySeed(invocation, keys))) {
    await confirmDestruction(invocation, "keys that were exported are removed from the keystore - continue?", {
      force: flags.force,
    });
  }
  const lines: Line[] = [];
  const exported: string[] = [];
  for (const key of keys) {
    const line = await exportSeed(invocation, key);
    if (line[0] === "ok") exported.push(key.publicKey);
    lines.push(line);
  }
  if (flags["include-jwts"] === true) {
    for (const { publicKey, name, token } of keys) {
      if (token === undefined) continue;
      const problem = await write(invocation, `${publicKey}.jwt`, token);
      lines.push(problem ?? ["ok", `exported ${quote(`${publicKey}.jwt (${name})`)}`]);
    }
  }
  // Not before every file is where it was asked for.
  if (flags.remove === true && exported.length > 0) await tree.store.commit({ deletedKeys: exported });
  for (const [level, text] of lines) report[level](text);
}

async function hasAnySeed({ tree }: ExportKeys, keys: readonly FoundKey[]): Promise<boolean> {
  for (const { publicKey } of keys) if ((await readStoredKey(tree, publicKey)).seed !== undefined) return true;
  return false;
}

type Line = readonly [level: "ok" | "warn" | "error", text: string];

async function exportSeed(invocation: ExportKeys, { publicKey }: FoundKey): Promise<Line> {
  const { flags, tree } = invocation;
  const { seed, isDamaged } = await readStoredKey(tree, publicKey);
  if (isDamaged) return ["error", `error reading seed for ${publicKey}`];
  if (seed === undefined) return ["warn", `skipped ${quote(publicKey)} - no seed available`];
  const problem = await write(invocation, `${publicKey}.nk`, seed);
  return problem ?? ["ok", `${flags.remove === true ? "moved" : "exported"} ${quote(publicKey)}`];
}

/** Writes a file, unless there is one that is to stay. Returns what went wrong. */
async function write({ flags, output }: ExportKeys, name: string, text: string): Promise<Line | undefined> {
  const path = join(output.path(flags.dir ?? ""), name);
  const { force = false } = flags;
  if (!force && existsSync(path)) return ["error", `${quotePath(path)} already exists - specify --force to overwrite`];
  try {
    await output.writeFile(path, text, { overwrites: force, makesFolder: true });
    return undefined;
  } catch (error) {
    return ["error", `error exporting ${quote(name)}: ${(error as Error).message}`];
  }
}
