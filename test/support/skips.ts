const told = new Set<string>();

/**
 * Whether what tests need is missing, for `skipIf`. Then one loud line says so, once in each file of tests, so that nobody takes for
 * tested what was not.
 */
export function lacks(isThere: boolean, what: string): boolean {
  if (!isThere && !told.has(what)) {
    told.add(what);
    console.error(`!!! TESTS ARE SKIPPED, SINCE THEY NEED ${what}`);
  }
  return !isThere;
}
