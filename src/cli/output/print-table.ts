import type { Output } from "./output.ts";
import type { Table } from "./table.ts";

/** Prints a table and an empty line after it, as wide as the terminal at most. */
export function printTable(output: Output, table: Table): void {
  printTables(output, [table]);
}

/** Prints tables, all of them at once: there may be thousands. */
export function printTables(output: Output, tables: readonly Table[]): void {
  if (output.isJson) return;
  output.print(tables.map((table) => `${formatTable(output, table)}\n`).join(""));
}

/** The lines of a table as the terminal shows it best. */
export function formatTable({ color, width }: Output, table: Table): string {
  return table.format({ color, ...(width === undefined ? {} : { width }) });
}
