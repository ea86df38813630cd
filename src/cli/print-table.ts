import type { Output } from "./output.ts";
import type { Table } from "./table.ts";

/** Prints a table and an empty line after it, as wide as the terminal at most. */
export function printTable(output: Output, table: Table): void {
  const { color, width } = output;
  output.print(`${table.format({ color, ...(width === undefined ? {} : { width }) })}\n`);
}
