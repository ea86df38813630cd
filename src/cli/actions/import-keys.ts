import { stat } from "node:fs/promises";
import { importKeys } from "../../node/import-keys.ts";
import { saysMissing } from "../../node/io-error.ts";
import { CommandError } from "../command-error.ts";
import type { importKeysFlags } from "../commands/keys.ts";
import type { Invocation } from "../invocation.ts";
import { quotePath } from "../text/quote.ts";

export async function run({ flags, output, report, tree }: Invocation<typeof importKeysFlags>): Promise<void> {
  const folder = output.path(flags.dir ?? "");
  await assertIsFolder(folder);
  const entries = await importKeys(tree.store, { folder, recursive: flags.recurse === true });
  if (entries.length === 0) throw new CommandError("no nkey (.nk) files found", { code: "ERR_NO_KEYS" });
  report.wantsSummary = true;
  for (const { source, publicKey, outcome, message } of entries) {
    if (outcome === "refused") report.error(`failed to import ${quotePath(source)}: ${message}`);
    else report.ok(`${publicKey} was added to the keystore`);
  }
}

async function assertIsFolder(folder: string): Promise<void> {
  try {
    if ((await stat(folder)).isDirectory()) return;
  } catch (cause) {
    if (!saysMissing(cause)) throw cause;
    throw new CommandError(`stat ${folder}: no such file or directory`, {
      code: "ERR_FILE_NOT_FOUND",
      showsUsage: true,
      cause,
    });
  }
  throw new CommandError(`${quotePath(folder)} is not a directory`, { code: "ERR_FILE_NOT_FOUND", showsUsage: true });
}
