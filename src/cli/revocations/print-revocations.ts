import type { Revocation } from "../../authority/revocation-verbs.ts";
import type { Invocation } from "../invocation.ts";
import { printTable } from "../output/print-table.ts";
import { Table } from "../output/table.ts";
import { formatRfc1123 } from "../text/dates.ts";

/** What is printed of revocations. */
export interface RevocationTexts {
  readonly title: string;
  /** What "*" stands for. */
  readonly all: string;
  /** Names by public keys. */
  readonly names: ReadonlyMap<string, string>;
}

/** Prints revocations as a table, or as JSON. */
export function printRevocations(
  { output }: Invocation,
  revocations: readonly Revocation[],
  { title, all, names }: RevocationTexts,
): void {
  const table = new Table({ title, headers: ["Public Key", "Revoke Credentials Before"] });
  for (const { publicKey, at } of revocations) {
    table.row(publicKey === "*" ? `* [${all}]` : publicKey, formatRfc1123(at.getTime() / 1000));
  }
  printTable(output, table);
  output.data(
    revocations.map(({ publicKey, at }) => ({
      public_key: publicKey,
      name: names.get(publicKey),
      before: at.getTime() / 1000,
    })),
  );
}
