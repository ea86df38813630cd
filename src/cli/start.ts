import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Invocation } from "./invocation.ts";

/**
 * What comes before every command: the first one on a machine writes `nsc.json`, as nsc does.
 */
export async function start({ tree, io, output }: Invocation): Promise<void> {
  const { directory } = tree;
  if (output.isDryRun || io.env["NSC_CWD_ONLY"] !== undefined) return;
  if (!existsSync(join(directory.configDir, "nsc.json"))) await directory.setContext({});
}
