import { isNscError } from "../../errors.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { quotePath } from "../text/quote.ts";
import { tokenVersion } from "./token-version.ts";

/** What can be called while the current operator has a token of version 1. */
const FOR_VERSION_1: readonly string[] = ["upgrade-jwt", "env", "help", "update", "add operator"];

/**
 * Refuses to work with a current operator whose token is of version 1, but for what helps out of that.
 *
 * @throws CommandError `ERR_JWT_VERSION`
 */
export async function assertVersion2({ command, tree }: Invocation): Promise<void> {
  if (FOR_VERSION_1.includes(command.path.join(" "))) return;
  const { operator } = await tree.context();
  const token = operator === undefined ? undefined : await tree.store.read([operator]).catch(ignoreDamage);
  if (operator === undefined || token === undefined || tokenVersion(token) !== 1) return;
  throw new CommandError(
    `This version of nsc only supports jwtV2.
If you are using a managed service, check your provider for
instructions on how to update your project. In most cases
all you need to do is:
"nsc add operator --force -u <url provided by your service>"

If your service is well known, such as Synadia's NGS:
"nsc add operator --force -u synadia"

If you are the operator, and you have your operator key, to
upgrade the v1 store ${quotePath(operator)} - type:
"nsc upgrade-jwt"
`,
    { code: "ERR_JWT_VERSION" },
  );
}

/** The command itself says what is damaged, if it matters to it. */
function ignoreDamage(error: unknown): undefined {
  if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
  return undefined;
}
