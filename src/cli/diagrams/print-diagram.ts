import type { Invocation } from "../invocation.ts";

/** Prints a diagram, or writes the file that was asked for, replacing one that is there. */
export async function printDiagram({ output }: Invocation, diagram: string, file = ""): Promise<void> {
  if (file === "" || file === "--") {
    output.print(`${diagram}\n`);
    output.data({ diagram });
    return;
  }
  output.data({ diagram, file: await output.writeFile(file, diagram, { overwrites: true }) });
}
