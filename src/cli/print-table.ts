import type { Output } from "./output.ts";
import type { Table } from "./table.ts";

/** Prints a table and an empty line after it, as wide as the terminal at most. */
export function printTable(output: Output, table: Table): void {
  printTables(output, [table]);
}

/** Prints tables, all of them at once: there may be thousands. */
export function printTables(output: Output, tables: readonly Table[]): void {
  if (output.isJson) return;
  const { color, width } = output;
  const style = { color, ...(width === undefined ? {} : { width }) };
  output.print(tables.map((table) => `${table.format(style)}\n`).join(""));
}
