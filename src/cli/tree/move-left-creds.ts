import { mkdir, readdir, rename, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { saysMissing } from "../../node/io-error.ts";
import type { Tree } from "./tree.ts";

/** The names of the creds files of an account, those of users that are gone among them. */
export async function listCreds(tree: Tree, operator: string, account: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folderOf(tree, operator, account));
    return names.filter((name) => name.endsWith(".creds"));
  } catch (error) {
    if (saysMissing(error)) return [];
    throw error;
  }
}

/** Has the creds of users that are gone follow their account to its new name, as nsc does, which moves the folder. */
export async function moveLeftCreds(tree: Tree, operator: string, from: string, to: string): Promise<void> {
  const left = await listCreds(tree, operator, from);
  const target = folderOf(tree, operator, to);
  const there = await listCreds(tree, operator, to);
  if (left.length > 0) await mkdir(target, { recursive: true, mode: 0o700 });
  for (const name of left) {
    if (!there.includes(name)) await rename(join(folderOf(tree, operator, from), name), join(target, name));
  }
  // What else is in it is not nsc's, and stays.
  await rmdir(folderOf(tree, operator, from)).catch(() => undefined);
}

function folderOf({ directory }: Tree, operator: string, account: string): string {
  return join(directory.keystoreDir, "creds", operator, account);
}
