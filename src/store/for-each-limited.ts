/** More files at once gain nothing: Node does four things of the file system at a time, and the disk collects flushes. */
const FILES = 16;

/** Does something for each item, several at a time. After a failure nothing new is begun, and what was begun has ended. */
export async function forEachLimited<T>(
  items: Iterable<T>,
  act: (item: T) => Promise<unknown>,
  limit: number = FILES,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done && failures.length === 0; next = iterator.next()) {
      try {
        await act(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, work));
  if (failures.length > 0) throw failures[0];
}

/** What {@link forEachLimited} gives, in the order of the items. */
export async function mapLimited<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  await forEachLimited(items.entries(), async ([index, item]) => {
    results[index] = await map(item);
  });
  return results;
}
