/** Freezes plain data and all that can be reached from it. Does not recurse. */
export function deepFreeze<T>(root: T): T {
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== "object" || value === null) continue;
    for (const item of Object.values(Object.freeze(value))) pending.push(item);
  }
  return root;
}
