import { join } from "node:path";
import type { User } from "../../authority/user.ts";
import { credsPath } from "../../node/layout.ts";
import type { Invocation } from "../invocation.ts";
import { quoteHomePath } from "../text/home-path.ts";

/** Says where the creds file of a user is that was just signed, or why there is none. */
export async function reportCreds(
  { tree, io, output, report }: Invocation,
  path: readonly [operator: string, account: string, user: string],
  user: User,
): Promise<void> {
  const { directory } = tree;
  if (!user.hasSeed) {
    report.ok("skipped generating creds file - user private key is not available");
    return;
  }
  const written = output.isDryRun ? join(directory.keystoreDir, credsPath(...path)) : await directory.credsFile(path);
  if (written === undefined) report.error("unable to save creds: the store wrote none");
  else report.ok(`generated user creds file ${quoteHomePath(written, io)}`);
}
