import { PREFIXES } from "../../nkeys/kinds.ts";
import { CommandError } from "../command-error.ts";
import type { listKeysFlags } from "../commands/keys.ts";
import { collectKeys, type FoundKey } from "../files/collect-keys.ts";
import type { Invocation } from "../invocation.ts";
import { formatTable } from "../output/print-table.ts";
import { Table } from "../output/table.ts";
import { assertKeystore, keyFile, readStoredKey, type StoredKey } from "../tree/keystore.ts";

type ListKeys = Invocation<typeof listKeysFlags>;
type Row = readonly [key: FoundKey, stored: StoredKey];

const CURVE_LEGEND = "[ T ] auth callout encryption target\n";

export async function run(invocation: ListKeys): Promise<void> {
  const { flags, output, tree } = invocation;
  const { "not-referenced": isNobodys, "show-seeds": showsSeeds = false, curve, ...selection } = flags;
  assertKeystore(tree);
  if (isNobodys !== true && (await tree.context()).operator === undefined) {
    throw new CommandError(
      "operator is not set -- set an operator first or try --not-referenced to list all keys not in the context",
      { code: "ERR_NO_OPERATOR" },
    );
  }
  if (isNobodys === true && showsSeeds) {
    throw new CommandError("specify one of --show-seeds or --not-referenced", { code: "ERR_FLAGS_CONFLICT" });
  }
  const keys = await collectKeys(invocation, { ...selection, curves: curve, "not-referenced": isNobodys });
  const rows: Row[] = [];
  for (const key of keys) rows.push([key, await readStoredKey(tree, key.publicKey)]);
  output.data(rows.map((row) => dataOf(invocation, row, showsSeeds)));
  if (rows.length === 0) output.print("no keys matched query\n");
  else output.print(`${showsSeeds ? seedsText(invocation, rows) : keysText(invocation, rows)}\n`);
}

function dataOf({ tree }: ListKeys, [key, { seed, isDamaged }]: Row, showsSeeds: boolean): unknown {
  const { name, publicKey, parent, kind, isSigning, isCurve, token } = key;
  return {
    name,
    pub: publicKey,
    ...(parent === undefined ? {} : { parent }),
    signing: isSigning,
    curve: isCurve,
    key_path: seed === undefined && !isDamaged ? "" : keyFile(tree, publicKey),
    invalid: isDamaged,
    ...(token === undefined ? {} : { jwt: token }),
    expected_kind: PREFIXES[kind].goName,
    ...(showsSeeds && seed !== undefined ? { seed } : {}),
  };
}

function keysText({ output }: ListKeys, rows: readonly Row[]): string {
  const table = new Table({ title: "Keys", headers: ["Entity", "Key", "Signing Key", "Stored"] });
  for (const [key, { seed, isDamaged }] of rows) {
    const stored = isDamaged ? "BAD" : seed === undefined ? "" : "*";
    table.row(entityOf(key), key.publicKey, markOf(key), stored);
  }
  const hasUnreferenced = rows.some(([{ name }]) => name === "?");
  const legend = "[?] unreferenced key - may belong to a different operator context\n";
  return `${formatTable(output, table)}${hasUnreferenced ? legend : ""}${CURVE_LEGEND}`;
}

function seedsText({ output }: ListKeys, rows: readonly Row[]): string {
  const table = new Table({ title: "Seeds Keys", headers: ["Entity", "Private Key", "Signing Key"] });
  for (const [key, { seed, isDamaged }] of rows) {
    const missing = `${key.publicKey} ${isDamaged ? "[ERR]" : "[!]"}`;
    table.row(entityOf(key), seed ?? missing, markOf(key));
  }
  return `${formatTable(output, table)}[ ! ] seed is not stored\n[ERR] error reading seed\n${CURVE_LEGEND}`;
}

/** The name, further right the further down the tree it is. */
function entityOf({ name, kind }: FoundKey): string {
  if (name === "?") return name;
  return `${kind === "account" ? " " : kind === "user" ? "  " : ""}${name}`;
}

function markOf({ isSigning, isCurve }: FoundKey): string {
  return isCurve ? "T" : isSigning ? "*" : "";
}
