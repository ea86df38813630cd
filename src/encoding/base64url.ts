import { decodeTable, NOT_IN_ALPHABET } from "./alphabet.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES: Uint8Array = /* @__PURE__ */ decodeTable(ALPHABET);

/** Base64url without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  let text = "";
  const whole = bytes.length - (bytes.length % 3);
  for (let i = 0; i < whole; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number);
    text +=
      (ALPHABET[group >>> 18] as string) +
      ALPHABET[(group >>> 12) & 63] +
      ALPHABET[(group >>> 6) & 63] +
      ALPHABET[group & 63];
  }
  if (bytes.length - whole === 1) {
    const group = bytes[whole] as number;
    text += (ALPHABET[group >>> 2] as string) + ALPHABET[(group << 4) & 63];
  } else if (bytes.length - whole === 2) {
    const group = ((bytes[whole] as number) << 8) | (bytes[whole + 1] as number);
    text += (ALPHABET[group >>> 10] as string) + ALPHABET[(group >>> 4) & 63] + ALPHABET[(group << 2) & 63];
  }
  return text;
}

/**
 * Decodes as Go's `base64.RawURLEncoding` does: CR and LF are skipped anywhere and the unused bits of the last
 * character are not looked at.
 *
 * @returns the bytes, or the offset of the character that is illegal, or the last one when a character is left over
 */
export function decodeBase64Url(text: string): Uint8Array | number {
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let value = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const digit = VALUES[unit] ?? NOT_IN_ALPHABET;
    if (digit === NOT_IN_ALPHABET) {
      if (unit === 0x0a || unit === 0x0d) continue;
      return i;
    }
    value = ((value << 6) | digit) & 0x3fff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = value >>> bits;
    }
  }
  if (bits === 6) return text.length - 1;
  // A view costs more than the bytes of a key, and is needed only where line ends were skipped.
  return at === out.length ? out : out.subarray(0, at);
}
