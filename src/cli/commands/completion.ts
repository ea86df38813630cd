import { type Command, command } from "../command.ts";
import { noFlags } from "../flags/flag.ts";
import { bool } from "../flags/flag-types.ts";

export const completionFlags = { "no-descriptions": bool("disable completion descriptions") };
export const completeFlags = noFlags;

function completionCommand(shell: string, how: string): Command {
  return command({
    path: ["completion", shell],
    summary: `Generate the autocompletion script for ${shell}`,
    examples: [how],
    flags: completionFlags,
    library: "",
    output: {
      type: "object",
      properties: { shell: { type: "string" }, script: { type: "string" } },
      required: ["shell", "script"],
    },
    isStandalone: true,
    load: () => import("../actions/completion.ts"),
  });
}

/** What the scripts call; the words are a command line as far as it was typed. */
function completeCommand(name: string): Command {
  return command({
    path: [name],
    summary: "Say what may stand at the end of a command line",
    isHidden: true,
    arguments: { usage: "<words>", min: 0, max: Number.POSITIVE_INFINITY },
    flags: completeFlags,
    library: "",
    output: {
      type: "object",
      properties: {
        candidates: {
          type: "array",
          items: {
            type: "object",
            properties: { word: { type: "string" }, description: { type: "string" } },
            required: ["word"],
          },
        },
        directive: { type: "integer", description: "bits: 1 error, 2 no blank behind it, 4 no files, 16 only folders" },
      },
      required: ["candidates", "directive"],
    },
    isStandalone: true,
    takesAllWords: true,
    load: () => import("../actions/complete.ts"),
  });
}

export const completionCommands: readonly Command[] = [
  completionCommand("bash", "source <(nsc completion bash)"),
  completionCommand("fish", "nsc completion fish | source"),
  completionCommand("powershell", "nsc completion powershell | Out-String | Invoke-Expression"),
  completionCommand("zsh", "source <(nsc completion zsh)"),
  completeCommand("__complete"),
  completeCommand("__completeNoDesc"),
];
