import { CommandError } from "../command-error.ts";
import type { updateFlags } from "../commands/update.ts";
import type { Invocation } from "../invocation.ts";
import { version as current } from "../version.ts";

/** A program that a package manager has put there is replaced by it alone. */
export async function run({ flags }: Invocation<typeof updateFlags>): Promise<void> {
  const version = (flags.version || "latest").replace(/^v(?=\d)/, "");
  throw new CommandError(`nsc ${current} does not replace itself`, {
    code: "ERR_UPDATE",
    hint: `the package manager that installed it does, as in 'npm install --global nsc.js@${version}'`,
  });
}
