import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { NscDirectory } from "../../node/directory.ts";
import { ioError, saysMissing } from "../../node/io-error.ts";
import { DESCRIPTOR } from "../../node/layout.ts";

/** Deeper than anybody puts keys. */
const DEEPEST = 16;

/**
 * Whether keys or creds are where nsc kept them once: anywhere but in `keys` and `creds`. It stops at the first one, and does
 * not look into what operators' tokens are in, so that it is cheap where there are none.
 */
export function keystoreNeedsMigration({
  keystoreDir,
  storesDir,
  configDir,
}: Pick<NscDirectory, "keystoreDir" | "storesDir" | "configDir">): boolean {
  const others = new Set(
    [storesDir, configDir, join(keystoreDir, "keys"), join(keystoreDir, "creds")].map((path) => resolve(path)),
  );
  const look = (folder: string, depth: number): boolean => {
    const entries = entriesOf(folder);
    if (entries.some((entry) => entry.isFile() && entry.name === DESCRIPTOR)) return false;
    if (entries.some((entry) => !entry.isDirectory() && /\.(?:nk|creds)$/.test(entry.name))) return true;
    if (depth === 0) return false;
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !others.has(path) && look(path, depth - 1)) return true;
    }
    return false;
  };
  return look(resolve(keystoreDir), DEEPEST);
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    if (saysMissing(cause)) return [];
    throw ioError(`reading ${folder}`, cause);
  }
}
