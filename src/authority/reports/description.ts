/**
 * What `describe` gives: sections with rows and tables, as data and as text.
 *
 * @module
 */

import { NscError } from "../../errors.ts";
import type { ClaimKind } from "../../jwt/kinds.ts";
import { assertKnownOptions } from "../options.ts";
import { formatTable, type TableRow } from "./text-table.ts";

/** What stands in a cell. */
export interface DescribedValue {
  /** As it is shown; for entities that are known, by name. */
  readonly text: string;
  /** The key that the text stands for, where it is of an entity. */
  readonly publicKey?: string;
  /** The name of that entity, if it is known; with its operator in front where that is another one. */
  readonly name?: string;
}

/** A label and its values: one, none where nothing is set, or the entries of a list. */
export interface DescribedRow {
  readonly label: string;
  readonly values: readonly DescribedValue[];
}

/** Rows under a title, or a table with columns. */
export interface DescribedSection {
  readonly title: string;
  /** Groups of rows that belong together; empty for tables. */
  readonly groups: readonly (readonly DescribedRow[])[];
  /** The columns and the cells of a table. */
  readonly table?: {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly DescribedValue[])[];
  };
}

/** Options of {@link formatDescription}. */
export interface FormatDescriptionOptions {
  /** The columns that there are, at least 20; cells are broken into lines to fit, to no less than 8 columns each. Unlimited by default. */
  readonly width?: number;
  /** Whether keys stand in place of the names of other accounts; false by default. */
  readonly longIds?: boolean;
}

/** A description of claims. It holds no secrets. */
export class Description {
  /** The kind of the claims. */
  readonly kind: ClaimKind | "generic";
  readonly sections: readonly DescribedSection[];

  /** @internal */
  constructor(kind: ClaimKind | "generic", sections: readonly DescribedSection[]) {
    this.kind = kind;
    this.sections = sections;
  }

  /** Plain-text tables, as `formatDescription` makes them by default. */
  toString(): string {
    return formatDescription(this);
  }
}

/**
 * A description as plain-text tables, with the rows and words of `nsc describe`. Nothing in it is obeyed by terminals:
 * control characters are written as escapes. Wide characters take two columns, combining marks none.
 *
 * @param description - what `describe` gave, or its JSON
 * @param options - the form
 * @throws NscError `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { describe, formatDescription, Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const text = formatDescription(await describe(operator), { width: 60 });
 * text.split("\n")[3]?.startsWith("| Name"); // true
 * ```
 */
export function formatDescription(
  description: Pick<Description, "sections">,
  options: FormatDescriptionOptions = {},
): string {
  if (!Array.isArray((description as Partial<Description> | null | undefined)?.sections)) {
    throw new NscError("ERR_ARGUMENT_INVALID", "the description must be one that describe gave");
  }
  assertKnownOptions(options, ["width", "longIds"]);
  const { width, longIds = false } = options;
  if (width !== undefined && !(Number.isInteger(width) && width >= 20)) {
    throw new NscError("ERR_ARGUMENT_INVALID", "the width must be a number of columns, at least 20");
  }
  const textOf = ({ text, publicKey }: DescribedValue) => (longIds ? (publicKey ?? text) : text);
  const tables = description.sections.map(({ title, groups, table }) => {
    const rows: TableRow[] = [];
    for (const group of groups) {
      if (rows.length > 0) rows.push("rule");
      for (const { label, values } of group) {
        rows.push([label, values[0] === undefined ? "" : textOf(values[0])]);
        for (const value of values.slice(1)) rows.push(["", textOf(value)]);
      }
    }
    if (table !== undefined) rows.push(table.columns, "rule", ...table.rows.map((row) => row.map(textOf)));
    return formatTable({ title, rows }, width);
  });
  return tables.join("\n");
}
