import { compareUtf8 } from "../encoding/go-text.ts";
import type { StorePath, StorePrefix } from "./store.ts";

/** One text for one path, whatever characters the names hold. */
export function pathKey(path: StorePath | StorePrefix): string {
  return JSON.stringify(path);
}

/** By the names from the operator down. */
export function comparePaths(a: StorePath, b: StorePath): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareUtf8(a[i] as string, b[i] as string);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
