import { CommandError } from "../command-error.ts";
import type { renameAccountFlags } from "../commands/rename.ts";
import { newName } from "../edits/new-name.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { abbreviateHome } from "../text/home-path.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { makeCurrent } from "../tree/make-current.ts";
import { listCreds, moveLeftCreds } from "../tree/move-left-creds.ts";

export async function run(invocation: Invocation<typeof renameAccountFlags>): Promise<void> {
  const { args, output, report, tree } = invocation;
  const [from, given] = args as readonly [string, string];
  const operator = await tree.operator();
  const names = await tree.names([operator.name]);
  if (!names.includes(from)) {
    throw new CommandError(`account ${from} does not exist in the current operator`, { code: "ERR_ENTITY_NOT_FOUND" });
  }
  const to = newName("account", given, names);
  if (names.includes(to)) {
    throw new CommandError(`account ${quote(to)} already exists`, { code: "ERR_ENTITY_EXISTS" });
  }
  await assertBackedUp(invocation);
  const account = await operator.account(from);
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  const users = await tree.names([operator.name, from]);
  const hasCreds = (await listCreds(tree, operator.name, from)).length > 0;
  const isCurrent = (await tree.context()).account === from;
  await changeTree(invocation, async (tx) => {
    const renamed = await (await tx.operator(operator.name)).account(from);
    await renamed.rename(to);
    if (signing.signer !== undefined) await renamed.reissue(signing);
  });
  if (!output.isDryRun) await moveLeftCreds(tree, operator.name, from, to);
  const entry = report.group(`rename account ${quote(from)} to ${quote(to)}`);
  const copied = entry.group(`copy account ${quote(from)} to ${quote(to)}`);
  await afterAccountChange(invocation, operator, await operator.account(to), copied);
  const moved = entry.group("move users");
  for (const user of users) {
    const each = moved.group(`move user ${quote(user)}`);
    each.ok("copied user");
    each.ok("removed user from the old account");
  }
  if (hasCreds) entry.ok("move creds directory");
  else entry.group("move creds directory").ok("skipping... no creds directory found");
  const cleanup = entry.group("cleanup");
  if (users.length > 0) cleanup.ok("deleted old users directory");
  cleanup.ok("deleted old account jwt");
  cleanup.ok("deleted old account directory");
  if (isCurrent) await makeCurrent(invocation, { operator: operator.name, account: to });
}

/** nsc wants a word before it moves files one by one; here they move all at once, but scripts say it anyhow. */
async function assertBackedUp({
  flags,
  io,
  output,
  prompts,
  tree,
}: Invocation<typeof renameAccountFlags>): Promise<void> {
  if (flags.OK === true || output.isDryRun) return;
  if (output.isTerminal && (await prompts.confirm("the account is signed again with its new name - continue", true))) {
    return;
  }
  const home = io.env["HOME"] ?? "";
  const { keystoreDir, storesDir } = tree.directory;
  output.note(`This command makes destructive changes to files and keys. The account
rename operation requires that the JWT be reissued with a new name,
reusing it's previous ID. This command will move the account, and moves
users and associated credential files under the new account name.
Please backup the following directories:

  ${abbreviateHome(storesDir, home)}
  ${abbreviateHome(keystoreDir, home)}

Run this command with the '--OK' flag, to bypass the warning.`);
  throw new CommandError('required flag "OK" not set', { code: "ERR_FLAGS" });
}
