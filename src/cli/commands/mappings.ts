import { type Command, command } from "../command.ts";
import { bool, text, uint8 } from "../flags/flag-types.ts";
import { accountFlag } from "../flags/shared-flags.ts";

const from = text("map from subject (required)", { short: "f" });
const cluster = text("in which cluster this mapping should apply");

export const addMappingFlags = {
  account: accountFlag,
  from,
  to: text("to subject (required)", { short: "t" }),
  weight: uint8("weight [1-100] of this mapping entry (default: 100)"),
  cluster,
};

const addMapping = command({
  path: ["add", "mapping"],
  summary: "Add (or modify) a mapping entry",
  examples: [
    'nsc add mapping --from "a" --to "b"',
    "# to modify an entry, say to set a weight after the fact",
    'nsc add mapping --from "a" --to "b" --weight 50',
    "# to add two entries from one subject, set weights and execute multiple times",
    'nsc add mapping --from "a" --to "c" --weight 50',
  ],
  flags: addMappingFlags,
  library: "account.edit(({ nats }) => { nats.mappings = … })",
  isWriting: true,
  load: () => import("../actions/add-mapping.ts"),
});

export const deleteMappingFlags = {
  account: accountFlag,
  from,
  to: text(
    "to subject. When present, only that particular mapping is removed. Otherwise all mappings for from subject are.",
    { short: "t" },
  ),
  cluster: text("only mappings of this cluster"),
  force: bool("delete without a question", { short: "F" }),
};

const deleteMapping = command({
  path: ["delete", "mapping"],
  summary: "Delete a mapping",
  examples: ["nsc delete mapping --from a", "nsc delete mapping --from a --to b --cluster east"],
  flags: deleteMappingFlags,
  library: "account.edit(({ nats }) => { nats.mappings = … })",
  isWriting: true,
  load: () => import("../actions/delete-mapping.ts"),
});

export const mappingCommands: readonly Command[] = [addMapping, deleteMapping];
