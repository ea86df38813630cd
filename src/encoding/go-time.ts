const INT64_LEAST = -(2n ** 63n);
const INT64_MOST: bigint = 2n ** 63n - 1n;

/** Go: whether `time.Parse("15:04:05", text)` accepts the text. */
export function isTimeOfDay(text: string): boolean {
  return /^(?:[01]?[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?$/.test(text);
}

/** Go: `strconv.Atoi`, where an `int` has 64 bits. */
export function parseGoInteger(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const digits = text.replace(/^[+-]?0*/, "");
  // Texts come from tokens: no time is spent on digits that can't fit.
  if (digits.length > 19) return undefined;
  const value = text.startsWith("-") ? -BigInt(digits) : BigInt(digits);
  return value >= INT64_LEAST && value <= INT64_MOST ? value : undefined;
}

/** Whether Go's `strconv.Atoi` accepts the text. */
export function isGoInteger(text: string): boolean {
  return parseGoInteger(text) !== undefined;
}
