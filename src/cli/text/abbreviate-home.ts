import { sep } from "node:path";

/** The path with `~` in place of the home folder that it begins with. nsc: `AbbrevHomePaths`. */
export function abbreviateHome(path: string, home: string): string {
  const folder = home.endsWith(sep) ? home.slice(0, -1) : home;
  if (folder === "") return path;
  return path === folder || path.startsWith(folder + sep) ? `~${path.slice(folder.length)}` : path;
}
