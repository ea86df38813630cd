import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { Operator } from "../../authority/operator.ts";
import { isNscError } from "../../errors.ts";
import { CommandError } from "../command-error.ts";
import type { upgradeJwtFlags } from "../commands/upgrade-jwt.ts";
import type { Invocation } from "../invocation.ts";
import type { Report } from "../output/report.ts";
import { tokenVersion } from "../tree/token-version.ts";

type Call = Invocation<typeof upgradeJwtFlags>;

const BEFORE = `In order to use jwt V2, you must upgrade all nats-server prior to usage!`;

const QUESTION = `Did you upgrade all nats-server and do you want to convert all non managed operator / account / user jwt to V2?
Once converted you need to re-distribute the operator jwt wherever used.
This includes, but is not limited to:
    ALL nats-server, which need to be restarted (one by one is ok)
    ALL dependent nsc stores in managed mode
`;

export async function run(invocation: Call): Promise<void> {
  const { tree, report } = invocation;
  const operator = await tree.operator();
  const entry = report.group("Upgrade operator jwt to v2");
  const version = tokenVersion(operator.token);
  if (version !== 1) {
    entry.ok(`Operator ${operator.name} is already upgraded to version ${version}. No change was applied`);
    return;
  }
  if (operator.isManaged) {
    entry.error(
      "No change was made! Your store is in managed mode and was set up using:\n" +
        '"nsc add operator --force --url <file or url>"\n' +
        `You need to contact "${operator.name}", obtain a V2 jwt and re issue the above command.`,
    );
    return;
  }
  if ((await tree.store.getKey(operator.publicKey)) === undefined) {
    entry.error(
      `Identity Key for Operator ${operator.name} not found.\n` +
        "This key needs to be present in order to rewrite the Operator to be v2.\n" +
        "If you intentionally removed it, you need to restore it for this command to work.",
    );
    return;
  }
  if (!(await isWanted(invocation, operator))) {
    entry.ok("Declined to convert at this time. Rerun command when ready.");
    return;
  }
  await convert(operator, entry);
}

/** Asks whether all is ready for it, and for a backup; a dry run needs neither. */
async function isWanted(invocation: Call, operator: Operator): Promise<boolean> {
  const { flags, output, prompts } = invocation;
  if (flags.force === true || output.isDryRun) return true;
  if (!output.isTerminal) return false;
  const wantsBackup = await prompts.confirm(
    "It is advisable to create a backup of the store.\nDo you want to create one now?",
    true,
  );
  if (wantsBackup) await backUp(invocation, operator);
  output.note(BEFORE);
  return await prompts.confirm(QUESTION, false);
}

async function backUp({ tree, io, output, prompts }: Call, { name }: Operator): Promise<void> {
  const initial = join(io.cwd, `${name}-jwtV1-upgrade-backup`);
  const folder = output.path(await prompts.text("folder of the backup", { initial }));
  const source = join(tree.directory.storesDir, name);
  try {
    await cp(source, folder, { recursive: true, errorOnExist: true, force: false });
  } catch (cause) {
    throw new CommandError(`Error creating backup: ${(cause as Error).message}`, { code: "ERR_FILE", cause });
  }
  output.note(
    `Backup "${folder}" created.\n` +
      "This backup does not contain private nkeys!\n" +
      "If you need to restore this state:\n" +
      `    Delete the directory "${source}"\n` +
      "    Move the created directory in place of the deleted one",
  );
}

async function convert(operator: Operator, entry: Report): Promise<void> {
  try {
    await operator.reissue();
    entry.ok(`Converted Operator: ${operator.name}`);
  } catch (error) {
    if (!isNscError(error)) throw error;
    entry.error(`Re-Encoding Operator jwt ${operator.name} failed: ${error.message}`);
  }
}
