import { sep } from "node:path";
import type { Io } from "../io.ts";
import { quotePath } from "./quote.ts";

/** The path with `~` in place of the home folder that it begins with. nsc: `AbbrevHomePaths`. */
export function abbreviateHome(path: string, home: string): string {
  const folder = home.endsWith(sep) ? home.slice(0, -1) : home;
  if (folder === "") return path;
  return path === folder || path.startsWith(folder + sep) ? `~${path.slice(folder.length)}` : path;
}

/** The same, as messages have it. */
export function quoteHomePath(path: string, { env }: Pick<Io, "env">): string {
  return quotePath(abbreviateHome(path, env["HOME"] ?? ""));
}
