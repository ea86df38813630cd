/** A name and what one call took. */
export interface Measured {
  readonly name: string;
  readonly microseconds: number;
}

const BATCHES = 12;

/** The time of a call: the fastest of several batches, which is the one that the machine disturbed least. */
export async function measure(name: string, call: () => unknown, perBatch = 500): Promise<Measured> {
  for (let i = 0; i < perBatch; i++) await call();
  let best = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < BATCHES; batch++) {
    const begin = performance.now();
    for (let i = 0; i < perBatch; i++) await call();
    best = Math.min(best, (performance.now() - begin) / perBatch);
  }
  return { name, microseconds: best * 1000 };
}

/**
 * The times of two calls, in turn, so that both have the same share of what else the machine does.
 *
 * @returns the fastest batch of each, and the median of the ratios of neighbouring batches, which has its share of garbage
 * collection and of what else the machine does
 */
export async function measurePair(
  name: string,
  call: () => unknown,
  bareName: string,
  bare: () => unknown,
  perBatch = 500,
): Promise<{ row: Measured; bare: Measured; ratio: number }> {
  const pairs: [number, number][] = [];
  for (let batch = -2; batch < 2 * BATCHES; batch++) {
    const begin = performance.now();
    for (let i = 0; i < perBatch; i++) await call();
    const middle = performance.now();
    for (let i = 0; i < perBatch; i++) await bare();
    const pair: [number, number] = [(middle - begin) / perBatch, (performance.now() - middle) / perBatch];
    if (batch >= 0) pairs.push(pair);
  }
  const ratios = pairs.map(([ours, theirs]) => ours / theirs).sort((a, b) => a - b);
  return {
    row: { name, microseconds: Math.min(...pairs.map(([ours]) => ours)) * 1000 },
    bare: { name: bareName, microseconds: Math.min(...pairs.map(([, theirs]) => theirs)) * 1000 },
    ratio: ratios[Math.floor(ratios.length / 2)] as number,
  };
}

/** Prints what {@link measurePair} found. */
export function reportPairs(title: string, pairs: readonly Awaited<ReturnType<typeof measurePair>>[]): void {
  console.log(`\n${title}`);
  for (const { row, bare, ratio } of pairs) {
    const perSecond = Math.round(1e6 / row.microseconds).toLocaleString("en");
    const fastest = (row.microseconds / bare.microseconds).toFixed(2);
    const beside = `${fastest} x ${bare.name} (${bare.microseconds.toFixed(1)} us), median ${ratio.toFixed(2)} x`;
    console.log(
      `  ${row.name.padEnd(40)}${row.microseconds.toFixed(1).padStart(9)} us ${perSecond.padStart(9)}/s  ${beside}`,
    );
  }
}

/** Prints a table; with `beside`, the ratio to the entry at the same place there. */
export function report(title: string, rows: readonly Measured[], beside: readonly Measured[] = []): void {
  console.log(`\n${title}`);
  for (const [index, { name, microseconds }] of rows.entries()) {
    const other = beside[index];
    const ratio = other === undefined ? "" : `  ${(microseconds / other.microseconds).toFixed(2)} x ${other.name}`;
    const perSecond = Math.round(1e6 / microseconds).toLocaleString("en");
    console.log(`  ${name.padEnd(44)}${microseconds.toFixed(1).padStart(9)} us ${perSecond.padStart(9)}/s${ratio}`);
  }
}

/** Does something once, and says what it took. */
export async function once<T>(name: string, act: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const value = await act();
  console.log(`  ${name.padEnd(60)}${(performance.now() - begin).toFixed(1).padStart(9)} ms`);
  return value;
}
