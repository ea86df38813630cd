import { type Command, command } from "../command.ts";
import { text } from "../flags/flag-types.ts";
import type { Schema } from "../schema.ts";

export const envFlags = {
  store: text("set store directory", { short: "s", completes: "folder" }),
  operator: text("set operator name", { short: "o", completes: "operator" }),
  account: text("set account name", { short: "a", completes: "account" }),
};

const path = (description: string): Schema => ({ type: "string", description });

const env = command({
  path: ["env"],
  summary: "Prints and manage the nsc environment",
  examples: ["nsc env", "nsc env --operator local --account APP", "nsc env --json"],
  flags: envFlags,
  library: "directory.context(); directory.setContext({ operator, account })",
  showsUsage: true,
  isWriting: true,
  output: {
    type: "object",
    properties: {
      operator: { type: ["string", "null"], description: "the name of the current operator" },
      account: { type: ["string", "null"], description: "the name of the current account" },
      from_cwd: { type: "boolean", description: "whether the working directory has a say" },
      config_dir: path("folder of nsc.json"),
      stores_dir: path("folder of the operators' folders"),
      default_stores_dir: path("the same, where nothing else is said"),
      keystore_dir: path("folder of keys and creds"),
      root_cas: {
        type: ["string", "null"],
        description: "file of the root CAs that are trusted; the system's if null",
      },
      variables: {
        type: "array",
        items: {
          type: "object",
          properties: {
            name: { type: "string" },
            set: { type: "boolean" },
            value: { type: "string" },
          },
          required: ["name", "set"],
        },
      },
    },
    required: [
      "operator",
      "account",
      "from_cwd",
      "config_dir",
      "stores_dir",
      "default_stores_dir",
      "keystore_dir",
      "root_cas",
      "variables",
    ],
  },
  load: () => import("../actions/env.ts"),
});

export const envCommands: readonly Command[] = [env];
