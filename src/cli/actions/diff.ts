import { stat } from "node:fs/promises";
import { Nsc } from "../../authority/nsc.ts";
import type { Operator } from "../../authority/operator.ts";
import { diffTrees, formatTreeDiff } from "../../authority/reports/diff-trees.ts";
import { parseDecoratedToken } from "../../creds/creds.ts";
import { isNscError } from "../../errors.ts";
import { decode } from "../../jwt/decode.ts";
import { diff, formatDiff } from "../../jwt/diff.ts";
import type { Claims } from "../../jwt/kinds.ts";
import { nscDirectory } from "../../node/nsc-directory.ts";
import { refusal } from "../asking/refusal.ts";
import { CommandError } from "../command-error.ts";
import type { diffFlags } from "../commands/questions.ts";
import { readInput, titleOf } from "../files/read-data.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";

export async function run(invocation: Invocation<typeof diffFlags>): Promise<void> {
  const { args, flags, output } = invocation;
  const [before, after] = args as readonly [string, string?];
  const areTrees = after === undefined || (await isFolder(invocation, before)) || (await isFolder(invocation, after));
  const hasChanged = areTrees
    ? await compareTrees(invocation, before, after)
    : await compareTokens(invocation, before, after);
  if (!hasChanged) output.note("there are no differences");
  else if (flags["exit-code"] === true) throw refusal("there are differences", "ERR_DIFFERENT");
}

async function compareTokens(
  invocation: Invocation<typeof diffFlags>,
  before: string,
  after: string,
): Promise<boolean> {
  const { output, flags } = invocation;
  const [old, now] = await Promise.all([tokenIn(invocation, before), tokenIn(invocation, after)]);
  const changes = diff(old, now, { all: flags.all === true });
  output.data({ claims: changes });
  if (changes.length > 0) output.print(`${formatDiff(changes)}\n`);
  return changes.length > 0;
}

/** The claims of a token, so that an error says in which of the files it is. */
async function tokenIn(invocation: Invocation<typeof diffFlags>, source: string): Promise<Claims> {
  const token = parseDecoratedToken(await readInput(invocation, source));
  try {
    return decode(token);
  } catch (cause) {
    const { message, code } = cause as { readonly message: string; readonly code: string };
    throw new CommandError(`${titleOf(source)}: ${message}`, { code, cause });
  }
}

/** The current operator, or the one of that name in another folder, against the one in a folder. */
async function compareTrees(
  invocation: Invocation<typeof diffFlags>,
  before: string,
  after: string | undefined,
): Promise<boolean> {
  const { tree, output, flags } = invocation;
  const operator = after === undefined ? await tree.operator() : await operatorIn(invocation, after);
  const difference = await diffTrees(await operatorIn(invocation, before), operator, { all: flags.all === true });
  output.data({
    entities: difference.entities.map(({ publicKey, ...entity }) => ({ ...entity, public_key: publicKey })),
    damaged: difference.damaged,
  });
  const text = formatTreeDiff(difference);
  if (text !== "") output.print(`${text}\n`);
  return difference.entities.length > 0 || difference.damaged.length > 0;
}

async function operatorIn(invocation: Invocation<typeof diffFlags>, folder: string): Promise<Operator> {
  const { tree, output, io } = invocation;
  const storesDir = output.path(folder);
  if (!(await isFolder(invocation, folder))) {
    throw new CommandError(`${titleOf(storesDir)} is no folder with operators`, {
      code: "ERR_SOURCE_UNREADABLE",
      hint: "files are compared in pairs: nsc diff <file> <file>",
    });
  }
  const name = await tree.operatorName();
  const others = new Nsc({ store: nscDirectory({ storesDir, env: io.env }) });
  try {
    return await others.operator(name);
  } catch (cause) {
    if (!isNscError(cause, "ERR_ENTITY_NOT_FOUND")) throw cause;
    throw new CommandError(`there is no operator ${quote(name)} in ${titleOf(storesDir)}`, {
      code: "ERR_ENTITY_NOT_FOUND",
      hint: "the folder is one of stores, which has a folder for each operator",
      cause,
    });
  }
}

async function isFolder({ output }: Invocation<typeof diffFlags>, path: string): Promise<boolean> {
  return (await stat(output.path(path)).catch(() => undefined))?.isDirectory() === true;
}
