import { open } from "node:fs/promises";

/** Makes a file for its owner alone, and waits until it is on the disk. Where something is already, that is an error of the system. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(text);
    if (text !== "") await handle.datasync();
  } finally {
    await handle.close();
  }
}
