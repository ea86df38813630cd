import type { componentDiagramFlags } from "../commands/generate-diagram.ts";
import { componentDiagram } from "../diagrams/component-diagram.ts";
import { readDrawnTree } from "../diagrams/drawn-tree.ts";
import { printDiagram } from "../diagrams/print-diagram.ts";
import type { Invocation } from "../invocation.ts";

export async function run(invocation: Invocation<typeof componentDiagramFlags>): Promise<void> {
  const { flags } = invocation;
  const tree = await readDrawnTree(invocation, {});
  const text = componentDiagram(tree, { hasNotes: flags.detail === true });
  await printDiagram(invocation, text, flags["output-file"]);
}
