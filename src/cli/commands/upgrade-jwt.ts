import { type Command, command } from "../command.ts";
import { bool } from "../flags/flag-types.ts";

export const upgradeJwtFlags = {
  force: bool("convert without asking, and without a backup", { short: "F" }),
};

export const upgradeJwtCommands: readonly Command[] = [
  command({
    path: ["upgrade-jwt"],
    summary: "Update the operator's jwt to version 2",
    description: "Asks before it does so. Without a terminal nothing is changed unless --force is given.",
    examples: ["nsc upgrade-jwt"],
    isHidden: true,
    flags: upgradeJwtFlags,
    library: "operator.reissue()",
    showsUsage: true,
    isWriting: true,
    load: () => import("../actions/upgrade-jwt.ts"),
  }),
];
