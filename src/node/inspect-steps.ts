import type { Dirent, Stats } from "node:fs";
import { isNscError } from "../errors.ts";
import type { NscFinding, NscFindingCode } from "./finding.ts";
import { TEMPORARY } from "./layout.ts";
import { assertNewName, foldName } from "./names.ts";
import type { QuickFolder } from "./quick-folder.ts";

/** A finding, or nothing where others may work. */
export type Step = NscFinding | undefined;

export function finding(
  folder: QuickFolder,
  path: string,
  code: NscFindingCode,
  problem: string,
  publicKey?: string,
): NscFinding {
  const file = folder.at(path);
  return { code, path: file, message: `${file} ${problem}`, ...(publicKey !== undefined && { publicKey }) };
}

/** Windows has no such modes. */
export function* modeSteps(folder: QuickFolder, path: string, stats?: Stats): Generator<Step, void> {
  if (process.platform === "win32") return;
  const mode = (stats ?? folder.stats(path))?.mode;
  if (mode === undefined || (mode & 0o077) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  const right = (mode & 0o170000) === 0o040000 ? "0700" : "0600";
  yield finding(
    folder,
    path,
    "WRONG_MODE",
    `has the mode ${octal}, so others than its owner get at it: make it ${right}`,
  );
}

/** What is none of nsc's files where it is. */
export function* foreignSteps(
  folder: QuickFolder,
  path: string,
  entry: Dirent,
  isKeystore = false,
): Generator<Step, void> {
  if (entry.isSymbolicLink()) yield finding(folder, path, "LINK", "is a link, and those are not followed");
  else if (TEMPORARY.test(entry.name)) {
    yield finding(folder, path, "TEMPORARY_FILE", "is left of a commit; remove it, unless one is being made");
  } else if (isKeystore && /\.(?:nk|creds)$/.test(entry.name)) {
    yield finding(folder, path, "OLD_LAYOUT", "lies where old versions of nsc kept keys and creds");
  } else yield finding(folder, path, "FOREIGN_FILE", "is not nsc's");
}

/** Looks at the names of entities that are in one folder. */
export class SiblingNames {
  readonly #folded = new Map<string, string>();

  *steps(folder: QuickFolder, path: string, name: string): Generator<Step, void> {
    const folded = foldName(name);
    const twin = this.#folded.get(folded);
    if (twin === undefined) this.#folded.set(folded, name);
    else yield finding(folder, path, "NAME_TWIN", `has a name that some file systems take for ${JSON.stringify(twin)}`);
    try {
      assertNewName(name);
    } catch (error) {
      if (!isNscError(error)) throw error;
      yield finding(folder, path, "NAME", `can't be kept on every system: ${error.message}`);
    }
  }
}
