import { Nsc } from "../../../src/authority/nsc.ts";
import type { NscDirectory } from "../../../src/node/directory.ts";
import { nscDirectory } from "../../../src/node/nsc-directory.ts";
import type { CommandHome } from "./run-command.ts";

/** The folders of nsc in a home folder, as a store. */
export function directoryOf(home: CommandHome): NscDirectory {
  return nscDirectory({ env: { HOME: home.path } });
}

/** The tree in a home folder, by the library. */
export function treeOf(home: CommandHome): Nsc {
  return new Nsc({ store: directoryOf(home) });
}
