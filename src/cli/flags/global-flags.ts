import type { FlagValues } from "./flag.ts";
import { bool, text } from "./flag-types.ts";

/** The flags that every command has. */
export const globalFlags = {
  "private-key": text("key to sign with: a role, a public key, a seed or a file that holds one", {
    short: "K",
    completes: "key",
  }),
  interactive: bool("ask for what is not given", { short: "i" }),
  "config-dir": text("folder of nsc.json", { completes: "folder" }),
  "data-dir": text("folder of the operators' folders", { completes: "folder" }),
  "keystore-dir": text("folder of keys and creds", { completes: "folder" }),
  "all-dirs": text("one folder for all three of them", { short: "H", completes: "folder" }),
  json: bool("print JSON on standard output", { short: "J" }),
  "dry-run": bool("say what would be done, and do nothing"),
};

export type GlobalValues = FlagValues<typeof globalFlags>;
