import type { objectDiagramFlags } from "../commands/generate-diagram.ts";
import { readDrawnTree } from "../diagrams/drawn-tree.ts";
import { objectDiagram } from "../diagrams/object-diagram.ts";
import { printDiagram } from "../diagrams/print-diagram.ts";
import type { Invocation } from "../invocation.ts";

export async function run(invocation: Invocation<typeof objectDiagramFlags>): Promise<void> {
  const { flags } = invocation;
  const showsKeys = flags["show-keys"] === true;
  const tree = await readDrawnTree(invocation, { withUsers: flags.users === true, withKeys: showsKeys });
  const text = objectDiagram(tree, { showsKeys, isDetailed: flags.detail === true });
  await printDiagram(invocation, text, flags["output-file"]);
}
