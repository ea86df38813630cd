import { existsSync } from "node:fs";
import { join } from "node:path";
import { CommandError } from "./command-error.ts";
import type { Invocation } from "./invocation.ts";
import { quoteHomePath } from "./text/home-path.ts";
import { keystoreNeedsMigration } from "./tree/old-keystore.ts";
import { assertVersion2 } from "./tree/operator-version.ts";

/**
 * What comes before every command: the first one on a machine writes `nsc.json`, as nsc does, and none but
 * `keys migrate` works with a keystore of old, and few with an operator of version 1.
 *
 * @throws CommandError `ERR_KEYSTORE_OLD`, `ERR_JWT_VERSION`
 */
export async function start(invocation: Invocation): Promise<void> {
  const { command, tree, io, output } = invocation;
  const { directory } = tree;
  const writesContext = !output.isDryRun && io.env["NSC_CWD_ONLY"] === undefined;
  if (writesContext && !existsSync(join(directory.configDir, "nsc.json")))
    await directory.setContext({ storesDir: true });
  await assertVersion2(invocation);
  if (command.path.join(" ") !== "keys migrate") await assertKeystoreOfToday(invocation);
}

async function assertKeystoreOfToday({ io, tree }: Invocation): Promise<void> {
  if (!keystoreNeedsMigration(tree.directory)) return;
  const path = quoteHomePath(tree.directory.keystoreDir, io);
  throw new CommandError(`the keystore ${path} needs migration - type \`nsc keys migrate\` to update`, {
    code: "ERR_KEYSTORE_OLD",
  });
}
