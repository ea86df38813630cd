import base32Encode from "base32-encode";
import { decodeTable, NOT_IN_ALPHABET } from "./alphabet.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const VALUES: Uint8Array = /* @__PURE__ */ decodeTable(ALPHABET);

/** RFC 4648 base32 without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  return base32Encode(bytes, "RFC4648", { padding: false });
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
