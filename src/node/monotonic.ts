/** Milliseconds since some time, whatever becomes of the clock. Unlike `performance`, it has nothing to load first. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1_000_000;
}
