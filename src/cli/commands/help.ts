import { type Command, command } from "../command.ts";
import { noFlags } from "../flags/flag.ts";

export const helpFlags = noFlags;

export const helpCommand: Command = command({
  path: ["help"],
  summary: "Help about any command",
  examples: ["nsc help add account"],
  arguments: { usage: "[command]", min: 0, max: Number.POSITIVE_INFINITY, completes: "command" },
  flags: helpFlags,
  library: "",
  output: {
    type: "object",
    properties: {
      command: { type: "string", description: "how it is called" },
      summary: { type: "string" },
      library: { type: "string", description: "the call of the library that does the same" },
      flags: {
        type: "array",
        items: {
          type: "object",
          properties: {
            name: { type: "string" },
            short: { type: "string" },
            type: { type: "string" },
            help: { type: "string" },
            default: { type: "string" },
          },
          required: ["name", "type", "help"],
        },
      },
      commands: { type: "array", items: { type: "string" }, description: "what is called below it" },
    },
    required: ["command", "summary", "flags", "commands"],
  },
  isStandalone: true,
  load: () => import("../actions/help.ts"),
});
