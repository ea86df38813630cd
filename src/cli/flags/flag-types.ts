import { type Flag, FlagError, type FlagOptions } from "./flag.ts";

/** Any text. */
export function text(help: string, options: FlagOptions = {}): Flag<string> {
  return { help, type: "string", parse: (value) => value, ...options };
}

/** On without a value; `--flag=false` is off. */
export function bool(help: string, options: FlagOptions = {}): Flag<boolean> {
  return { help, type: "", parse: parseBool, bare: "true", ...options };
}

function parseBool(value: string): boolean {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(value)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(value)) return false;
  throw new FlagError(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
}
