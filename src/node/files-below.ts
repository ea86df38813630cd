import { stat } from "node:fs/promises";
import { compareUtf8 } from "../encoding/go-text.ts";
import { NscError } from "../errors.ts";
import { ioError } from "./io-error.ts";
import { RootFolder } from "./root-folder.ts";

/** Deeper than anybody puts keys and tokens; without an end there is a folder that is mounted into itself. */
const DEEPEST = 32;

/** One file below a folder. */
export interface FileBelow {
  readonly path: string;
  /** @throws NscError `ERR_STORE_DAMAGED`, `ERR_STORE_IO` */
  read(): Promise<string | undefined>;
}

/**
 * The files of a folder with one of these endings, in the order of their names; links are not followed.
 *
 * @throws NscError `ERR_STORE_IO` when there is no such folder, or something in it can't be listed
 */
export async function* filesBelow(
  folder: string,
  endings: readonly string[],
  isRecursive: boolean,
): AsyncGenerator<FileBelow, undefined> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(folder)).isDirectory();
  } catch (cause) {
    throw ioError(`reading ${folder}`, cause);
  }
  if (!isFolder) throw new NscError("ERR_STORE_IO", `${folder} is no folder`);
  yield* below(new RootFolder(folder), "", endings, isRecursive ? DEEPEST : undefined);
}

async function* below(
  root: RootFolder,
  folder: string,
  endings: readonly string[],
  depth: number | undefined,
): AsyncGenerator<FileBelow, undefined> {
  const entries = [...(await root.entries(folder))].sort((a, b) => compareUtf8(a.name, b.name));
  for (const entry of entries) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory() && depth !== undefined) {
      if (depth === 0)
        throw new NscError("ERR_STORE_IO", `${root.at(path)} is deeper than anybody puts keys and tokens`);
      yield* below(root, path, endings, depth - 1);
    } else if (entry.isFile() && endings.some((ending) => entry.name.endsWith(ending))) {
      yield { path: root.at(path), read: () => root.read(path) };
    }
  }
}
