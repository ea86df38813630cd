import { type Command, command } from "../command.ts";
import { text } from "../flags/flag-types.ts";

export const initFlags = {
  dir: text("directory where the operator directory will be created", { short: "d", completes: "folder" }),
  name: text("name used for the operator, account and user", { short: "n" }),
  url: text("operator account server url", { short: "u" }),
  "remote-operator": text("remote well-known operator", { short: "o" }),
};

const init = command({
  path: ["init"],
  summary: "Initialize an environment by creating an operator, account and user",
  examples: ["nsc init", "nsc init --name local", "nsc init --name local --dir ./stores"],
  flags: initFlags,
  library: "nsc.addOperator(name, { systemAccount: true }); operator.addAccount(name); account.addUser(name)",
  isWriting: true,
  load: () => import("../actions/init.ts"),
});

export const initCommands: readonly Command[] = [init];
