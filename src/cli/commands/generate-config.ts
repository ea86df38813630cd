import { type Command, command } from "../command.ts";
import { bool, text } from "../flags/flag-types.ts";

export const generateConfigFlags = {
  "mem-resolver": bool("generates a mem resolver server configuration"),
  "nats-resolver": bool("generates a full nats resolver server configuration"),
  "nats-resolver-cache": bool("generates a cached nats resolver server configuration"),
  nkey: bool("generates an nkey account server configuration", { isHidden: true }),
  "config-file": text("output configuration file '--' is standard output (exclusive of --dir)", {
    shownDefault: "--",
    completes: "file",
  }),
  dir: text("output configuration dir (only valid when --mem-resolver is specified)", {
    isHidden: true,
    completes: "folder",
  }),
  force: bool("overwrite output files if they exist", { short: "F" }),
  "sys-account": text("system account name", { completes: "account" }),
};

export const generateConfigCommands: readonly Command[] = [
  command({
    path: ["generate", "config"],
    summary: "Generate an account config file for an operator",
    examples: [
      "nsc generate config --mem-resolver",
      "nsc generate config --mem-resolver --config-file <outfile>",
      "nsc generate config --mem-resolver --config-file <outfile> --force",
      "nsc generate config --nats-resolver",
      "nsc generate config --nats-resolver-cache",
    ],
    flags: generateConfigFlags,
    library: "serverConfig(operator, { resolver })",
    output: {
      type: "object",
      properties: {
        config: { type: "string", description: "the text of the configuration" },
        files: { type: "array", items: { type: "string" }, description: "the absolute paths that were written" },
      },
      required: ["config", "files"],
    },
    isWriting: true,
    load: () => import("../actions/generate-config.ts"),
  }),
];
