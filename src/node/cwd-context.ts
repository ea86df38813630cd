import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { DESCRIPTOR } from "./layout.ts";

/** What a working directory says of what is to be worked with. */
export interface CwdContext {
  readonly storesDir: string;
  /** The name of the operator's folder. */
  readonly operator: string | undefined;
  readonly account: string | undefined;
}

/** nsc's rule: a folder in an operator's folder, that folder itself, or one that operators' folders are directly in. */
export function contextOfCwd(cwd: string): CwdContext | undefined {
  if (!isOperatorFolder(cwd) && subfoldersOf(cwd).some((name) => isOperatorFolder(join(cwd, name)))) {
    return { storesDir: cwd, operator: undefined, account: undefined };
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (isOperatorFolder(folder)) {
      const [accounts, account] = relative(folder, cwd).split(sep);
      // nsc takes the name of the descriptor, which leads nowhere when the folder was renamed.
      return {
        storesDir: dirname(folder),
        operator: basename(folder),
        account: accounts === "accounts" ? account : undefined,
      };
    }
    if (dirname(folder) === folder) return undefined;
  }
}

/** Whatever can't be read says nothing. */
function isOperatorFolder(folder: string): boolean {
  try {
    const file = join(folder, DESCRIPTOR);
    if (!statSync(file).isFile()) return false;
    const { name, kind } = JSON.parse(readFileSync(file, "utf8"));
    return typeof name === "string" && name !== "" && kind === "operator";
  } catch {
    return false;
  }
}

function subfoldersOf(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}
