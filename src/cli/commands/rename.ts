import { type Command, command } from "../command.ts";
import { noFlags } from "../flags/flag.ts";
import { bool } from "../flags/flag-types.ts";
import { accountFlag } from "../flags/shared-flags.ts";

export const renameAccountFlags = {
  OK: bool("backed up", { isHidden: true }),
};

const renameAccount = command({
  path: ["rename", "account"],
  summary: "Give an account another name",
  examples: ["nsc rename account <name> <newname>"],
  arguments: { usage: "<name> <newname>", min: 2, max: 2, completes: "account" },
  flags: renameAccountFlags,
  library: "account.rename(name)",
  isWriting: true,
  load: () => import("../actions/rename-account.ts"),
});

export const renameFlags = noFlags;

const renameOperator = command({
  path: ["rename", "operator"],
  summary: "Give an operator another name",
  examples: ["nsc rename operator <name> <newname>"],
  arguments: { usage: "<name> <newname>", min: 2, max: 2, completes: "operator" },
  flags: renameFlags,
  library: "operator.rename(name)",
  isWriting: true,
  load: () => import("../actions/rename-operator.ts"),
});

export const renameUserFlags = {
  account: accountFlag,
};

const renameUser = command({
  path: ["rename", "user"],
  summary: "Give a user another name",
  examples: ["nsc rename user --account APP <name> <newname>"],
  arguments: { usage: "<name> <newname>", min: 2, max: 2, completes: "user" },
  flags: renameUserFlags,
  library: "user.rename(name)",
  isWriting: true,
  load: () => import("../actions/rename-user.ts"),
});

export const renameCommands: readonly Command[] = [renameAccount, renameOperator, renameUser];
