import { stat } from "node:fs/promises";
import { Nsc } from "../../authority/nsc.ts";
import { diffTrees, formatTreeDiff } from "../../authority/reports/diff-trees.ts";
import { parseDecoratedToken } from "../../creds/creds.ts";
import { diff, formatDiff } from "../../jwt/diff.ts";
import { nscDirectory } from "../../node/nsc-directory.ts";
import { CommandError } from "../command-error.ts";
import type { diffFlags } from "../commands/questions.ts";
import type { Invocation } from "../invocation.ts";
import { loadText } from "../load-text.ts";
import { refusal } from "../refusal.ts";

export async function run(invocation: Invocation<typeof diffFlags>): Promise<void> {
  const { args, flags } = invocation;
  const [before, after] = args as readonly [string, string?];
  const hasChanged =
    after === undefined ? await compareTrees(invocation, before) : await compareTokens(invocation, before, after);
  if (hasChanged && flags["exit-code"] === true) throw refusal("there are differences", "ERR_DIFFERENT");
}

async function compareTokens(
  invocation: Invocation<typeof diffFlags>,
  before: string,
  after: string,
): Promise<boolean> {
  const { output, flags } = invocation;
  const [old, now] = await Promise.all([before, after].map((source) => loadText(invocation, source)));
  const changes = diff(parseDecoratedToken(old as string), parseDecoratedToken(now as string), {
    all: flags.all === true,
  });
  output.data({ claims: changes });
  if (changes.length > 0) output.print(`${formatDiff(changes)}\n`);
  return changes.length > 0;
}

/** The current operator against the one of the same name, or the only one, in another folder. */
async function compareTrees(
  { tree, output, flags, io }: Invocation<typeof diffFlags>,
  folder: string,
): Promise<boolean> {
  const storesDir = output.path(folder);
  if (!(await stat(storesDir).catch(() => undefined))?.isDirectory()) {
    throw new CommandError(`\`${storesDir}\` is no folder with operators`, {
      code: "ERR_SOURCE_UNREADABLE",
      hint: "two files are compared as tokens: nsc diff <file> <file>",
    });
  }
  const operator = await tree.operator();
  const others = new Nsc({ store: nscDirectory({ storesDir, env: io.env }) });
  const difference = await diffTrees(await others.operator(operator.name), operator, { all: flags.all === true });
  output.data({
    entities: difference.entities.map(({ publicKey, ...entity }) => ({ ...entity, public_key: publicKey })),
    damaged: difference.damaged,
  });
  const text = formatTreeDiff(difference);
  if (text !== "") output.print(`${text}\n`);
  return difference.entities.length > 0 || difference.damaged.length > 0;
}
