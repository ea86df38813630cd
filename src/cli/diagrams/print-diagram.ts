import type { Invocation } from "../invocation.ts";
import { quoteHomePath } from "../text/home-path.ts";

/** Prints a diagram, or writes the file that was asked for, replacing one that is there. */
export async function printDiagram({ io, output }: Invocation, diagram: string, file = ""): Promise<void> {
  if (file === "" || file === "--") {
    output.print(`${diagram}\n`);
    output.data({ diagram });
    return;
  }
  const path = await output.writeFile(file, diagram, { overwrites: true });
  output.data({ diagram, file: path });
  if (!output.isDryRun) output.note(`Success!! - generated ${quoteHomePath(path, io)}`);
}
