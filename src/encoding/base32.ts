import base32Encode from "base32-encode";
import { decodeTable, NOT_IN_ALPHABET } from "./alphabet.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const VALUES: Uint8Array = /* @__PURE__ */ decodeTable(ALPHABET);

/** The two digits of every ten bits. */
const PAIRS: readonly string[] = /* @__PURE__ */ digitPairs();

/** How many digits the last bytes give, by their number. */
const DIGITS: readonly number[] = [0, 2, 4, 5, 7];

/**
 * RFC 4648 base32 without padding, put together from what `base32-encode` gives for every five bits. That package adds
 * digit by digit, which leaves a chain of some fifty pieces for each key; minting creds takes a tenth longer with it.
 */
export function encodeBase32(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 5) {
    const b0 = at(bytes, i);
    const b1 = at(bytes, i + 1);
    const b2 = at(bytes, i + 2);
    const b3 = at(bytes, i + 3);
    const b4 = at(bytes, i + 4);
    const first = `${PAIRS[(b0 << 2) | (b1 >> 6)]}${PAIRS[((b1 & 63) << 4) | (b2 >> 4)]}`;
    const second = `${PAIRS[((b2 & 15) << 6) | (b3 >> 2)]}${PAIRS[((b3 & 3) << 8) | b4]}`;
    const rest = bytes.length - i;
    text += rest < 5 ? (first + second).slice(0, DIGITS[rest]) : first + second;
  }
  return text;
}

/** What is missing at the end counts as zero. */
function at(bytes: Uint8Array, index: number): number {
  return index < bytes.length ? (bytes[index] as number) : 0;
}

function digitPairs(): string[] {
  const digits = Array.from({ length: 32 }, (_, bits) =>
    base32Encode(Uint8Array.of(bits << 3), "RFC4648", { padding: false }).slice(0, 1),
  );
  return digits.flatMap((first) => digits.map((second) => `${first}${second}`));
}

/**
 * Decodes as Go's `base32.StdEncoding.WithPadding(NoPadding)` does: CR and LF are skipped anywhere, left-over bits are
 * not looked at, and a last group of one, three or six characters gives no bytes at all.
 *
 * @returns the bytes, or the offset of the first illegal character in the text without CR and LF
 */
export function decodeBase32(text: string): Uint8Array | number {
  const stripped = /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, "") : text;
  const rest = stripped.length % 8;
  const used = rest === 1 || rest === 3 || rest === 6 ? stripped.length - rest : stripped.length;
  const out = new Uint8Array(Math.floor((used * 5) / 8));
  let value = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < stripped.length; i++) {
    const digit = VALUES[stripped.charCodeAt(i)] ?? NOT_IN_ALPHABET;
    if (digit === NOT_IN_ALPHABET) return i;
    if (i >= used) continue;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = value >>> bits;
    }
  }
  return out;
}
