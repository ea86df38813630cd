import { type Command, command } from "../command.ts";
import { noFlags } from "../flags/flag.ts";

export const selectFlags = noFlags;

const selectOperator = command({
  path: ["select", "operator"],
  summary: "Choose the operator that commands are about",
  examples: ["nsc select operator local"],
  arguments: { usage: "<name>", min: 1, max: 1, completes: "operator" },
  flags: selectFlags,
  library: "directory.setContext({ operator })",
  showsUsage: true,
  isWriting: true,
  load: () => import("../actions/select-operator.ts"),
});

const selectAccount = command({
  path: ["select", "account"],
  summary: "Choose the account that commands are about",
  examples: ["nsc select account APP"],
  arguments: { usage: "<name>", min: 1, max: 1, completes: "account" },
  flags: selectFlags,
  library: "directory.setContext({ account })",
  showsUsage: true,
  isWriting: true,
  load: () => import("../actions/select-account.ts"),
});

export const selectCommands: readonly Command[] = [selectOperator, selectAccount];
