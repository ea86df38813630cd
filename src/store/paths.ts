import { compareUtf8 } from "../encoding/go-text.ts";
import type { StorePath, StorePrefix } from "./store.ts";

/** One text for one path, whatever characters the names hold. */
export function pathKey(path: StorePath | StorePrefix): string {
  return JSON.stringify(path);
}

/** What a path is listed under. */
export function prefixOf(path: StorePath): StorePrefix {
  return path.slice(0, -1) as unknown as StorePrefix;
}

/** The path above one that is no operator's. */
export function parentOf(path: StorePath): StorePath {
  return prefixOf(path) as StorePath;
}

/** The path of a name that is listed under a prefix. */
export function pathBelow(prefix: StorePrefix, name: string): StorePath {
  return [...prefix, name] as unknown as StorePath;
}

/** A path that changes no more with the one that it is made of. */
export function copyPath<Path extends StorePath | StorePrefix>(path: Path): Path {
  return [...path] as unknown as Path;
}

/** By the names from the operator down. */
export function comparePaths(a: StorePath, b: StorePath): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareUtf8(a[i] as string, b[i] as string);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Whether names lead to an operator, account or user. */
export function isStorePath(names: readonly string[]): names is StorePath {
  return names.length >= 1 && names.length <= 3;
}

/** Whether there is something that is listed under names. */
export function isStorePrefix(names: readonly string[]): names is StorePrefix {
  return names.length < 3;
}
