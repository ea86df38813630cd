/** What a character code of an ASCII alphabet has as its value in {@link decodeTable} when it is not in the alphabet. */
export const NOT_IN_ALPHABET = 0xff;

/** The inverse of an alphabet, by character code. */
export function decodeTable(alphabet: string): Uint8Array {
  const table = new Uint8Array(128).fill(NOT_IN_ALPHABET);
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i;
  return table;
}
