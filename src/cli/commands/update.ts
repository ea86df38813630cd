import { type Command, command } from "../command.ts";
import { text } from "../flags/flag-types.ts";

export const updateFlags = { version: text("version to change to", { shownDefault: "latest" }) };

export const updateCommand: Command = command({
  path: ["update"],
  summary: "Say how to get another version of this program",
  isHidden: true,
  flags: updateFlags,
  library: "",
  isStandalone: true,
  load: () => import("../actions/update.ts"),
});
