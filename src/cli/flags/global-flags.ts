import type { FlagValues } from "./flag.ts";
import { bool, text } from "./flag-types.ts";

/** The flags that every command has. */
export const globalFlags = {
  "private-key": text("key to sign with: a role, a public key, a seed or a file that holds one", {
    short: "K",
    completes: "key",
  }),
  interactive: bool("ask questions for various settings", { short: "i" }),
  "config-dir": text("nsc config directory", { completes: "folder" }),
  "data-dir": text("nsc data store directory", { completes: "folder" }),
  "keystore-dir": text("nsc keystore directory", { completes: "folder" }),
  "all-dirs": text("sets --config-dir, --data-dir, and --keystore-dir to the same value", {
    short: "H",
    completes: "folder",
  }),
  json: bool("print JSON on standard output", { short: "J" }),
  "dry-run": bool("say what would be done, and do nothing"),
};

/** Their values; like those of any flag, they are there only where they were given. */
export type GlobalValues = Partial<FlagValues<typeof globalFlags>>;
