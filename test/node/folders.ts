import {
  accessSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Where flushing to the disk costs nothing, if there is such a place. */
function fastestFolder(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}

/** A fresh folder, which its test leaves behind for nobody. */
export function testFolder(options: { readonly onDisk?: boolean } = {}): string {
  const base = options.onDisk ? tmpdir() : fastestFolder();
  const folder = realpathSync(mkdtempSync(join(base, "nsc-directory-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }));
  return folder;
}

/** All that is below a folder, sorted: folders with their modes, files with modes and content. */
export function contentsOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const mode = (): string => (statSync(path).mode & 0o777).toString(8).padStart(4, "0");
    const name = path.slice(folder.length + 1);
    if (entry.isSymbolicLink()) return [name, `-> ${readlinkSync(path)}`] as const;
    if (entry.isDirectory()) return [`${name}/`, mode()] as const;
    return [name, `${mode()} ${entry.isFile() ? readFileSync(path, "utf8") : "?"}`] as const;
  });
  return Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Runs as a user whom modes can stop, which they can't do with root. */
export async function asNobody<T>(run: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await run();
  const [user, group] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await run();
  } finally {
    process.seteuid?.(user);
    process.setegid?.(group);
  }
}

export const NOBODY = 65534;
