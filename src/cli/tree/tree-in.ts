import type { Invocation } from "../invocation.ts";
import { Tree } from "./tree.ts";

/** The same tree with the operators of another folder; keys, creds and `nsc.json` stay where they are. */
export function treeIn({ globals, io, output, tree }: Invocation, storesDir: string): Tree {
  const { configDir, keystoreDir } = tree.directory;
  const folders = {
    "all-dirs": undefined,
    "config-dir": configDir,
    "keystore-dir": keystoreDir,
    "data-dir": output.path(storesDir),
  };
  return new Tree({ ...globals, ...folders }, io);
}
