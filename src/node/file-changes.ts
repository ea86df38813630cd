import type { Place } from "./layout.ts";

/** A file to write, over the one that is there. */
export interface FileWrite extends Place {
  readonly text: string;
}

/** What a commit changes on disk. */
export interface FileChanges {
  /** Folders to make, which are not there yet, from the top down. */
  readonly folders: readonly Place[];
  /** In the order in which they come to their places: nothing is there before what it needs. */
  readonly writes: readonly FileWrite[];
  readonly deletes: readonly Place[];
  /** Folders to remove if nothing is left in them, from the bottom up. */
  readonly emptied: readonly Place[];
}
