import type { StorePrefix } from "../../store/store.ts";
import type { Invocation } from "../invocation.ts";
import { printTable } from "../output/print-table.ts";
import { Table } from "../output/table.ts";
import { storedTokens } from "../tree/stored-tokens.ts";
import { headOf } from "../tree/token-head.ts";

const LISTS = [
  { title: "Operators", kind: "operator" },
  { title: "Accounts", kind: "account" },
  { title: "Users", kind: "user" },
] as const;

/**
 * Lists what is right below a prefix, as data and as a table.
 *
 * @param current - the name of the one that commands are about
 */
export async function listEntries(
  { tree, output }: Invocation,
  prefix: StorePrefix,
  current: string | undefined,
): Promise<void> {
  const { title, kind } = LISTS[prefix.length];
  const entries = (await storedTokens(tree.directory, prefix)).map((entry) => {
    const head = entry.token === undefined ? entry : headOf(entry.token, kind);
    return { stored: entry.path.at(-1) as string, head };
  });
  if (output.isJson) {
    output.data(
      entries.map(({ stored, head }) =>
        "problem" in head ? { name: stored, error: head.problem } : { name: stored, public_key: head.publicKey },
      ),
    );
    return;
  }
  const table = entries.length === 0 ? new Table({ title }) : new Table({ title, headers: ["Name", "Public Key"] });
  if (entries.length === 0) table.row("No entries defined");
  for (const { stored, head } of entries) {
    const isBold = stored === current;
    if ("problem" in head) {
      table.row({ text: stored, isBold }, { text: `error loading jwt - ${head.problem}`, isBold });
      continue;
    }
    const name = head.name === stored ? stored : `${stored} (${head.name})`;
    table.row({ text: name, isBold }, { text: head.publicKey, isBold });
  }
  printTable(output, table);
}
