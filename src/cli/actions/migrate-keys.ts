import type { Invocation } from "../invocation.ts";
import { quoteHomePath } from "../text/home-path.ts";
import { quotePath } from "../text/quote.ts";
import { keystoreNeedsMigration } from "../tree/old-keystore.ts";

export async function run({ io, output, report, tree }: Invocation): Promise<void> {
  const { directory } = tree;
  const shown = (path: string): string => quoteHomePath(path, io);
  const keystore = shown(directory.keystoreDir);
  const data = { dry_run: output.isDryRun, keystore: directory.keystoreDir };
  if (output.isDryRun) {
    const migrated = keystoreNeedsMigration(directory);
    output.data({ ...data, migrated, entries: [] });
    output.note(migrated ? `keystore ${keystore} would be migrated` : `keystore ${keystore} does not need migration`);
    return;
  }
  const { oldDir, entries } = await directory.migrateKeystore();
  output.data({
    ...data,
    migrated: oldDir !== undefined,
    ...(oldDir === undefined ? {} : { old_keystore: oldDir }),
    entries,
  });
  if (oldDir === undefined) {
    output.note(`keystore ${keystore} does not need migration`);
    return;
  }
  for (const { path, outcome, message } of entries) {
    if (outcome !== "left") continue;
    const text = `${quotePath(path)} is only in the old keystore: it ${message}`;
    // Others may have put there what is no key.
    if (/\.(?:nk|creds)$/.test(path)) report.error(text);
    else report.warn(text);
  }
  output.note(
    `keystore ${keystore} was migrated - old store was renamed to ${shown(oldDir)} - remove at your convenience`,
  );
}
