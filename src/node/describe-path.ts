import type { StorePath } from "../store/store.ts";

/** A path for people. */
export function describePath(path: StorePath): string {
  return path.map((name) => JSON.stringify(name)).join(" / ");
}
