import { NscError } from "../errors.ts";

const encoder = new TextEncoder();
// A byte order mark is text like any other here: Go's JSON reader refuses it.
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]")
  );
}

/** The same bytes for libraries that refuse those of another realm. */
export function ownRealm(bytes: Uint8Array): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
}

/** Refuses anything but bytes; `title` names the argument in the message. */
export function assertBytes(value: unknown, title: string, length?: number): asserts value is Uint8Array {
  if (!isBytes(value)) throw new NscError("ERR_ARGUMENT_INVALID", `${title} must be a Uint8Array`);
  if (length !== undefined && value.length !== length) {
    throw new NscError("ERR_ARGUMENT_INVALID", `${title} must have ${length} bytes, not ${value.length}`);
  }
}

export function assertString(value: unknown, title: string): asserts value is string {
  if (typeof value !== "string") throw new NscError("ERR_ARGUMENT_INVALID", `${title} must be a string`);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Compares public data; returns early at the first difference. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Decodes UTF-8 as Go ranges over a string: every byte that is not part of a valid sequence is one U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return decodeBrokenUtf8(bytes);
  }
}

/** The length in UTF-8 of a text in which lone surrogates count as U+FFFD. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else {
      length += 2;
      if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) i += 1;
    }
  }
  return length;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

function decodeBrokenUtf8(bytes: Uint8Array): string {
  let text = "";
  let valid = 0;
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes, i);
    if (length > 0) {
      i += length;
      continue;
    }
    text += `${strictDecoder.decode(bytes.subarray(valid, i))}\ufffd`;
    i += 1;
    valid = i;
  }
  return text + strictDecoder.decode(bytes.subarray(valid));
}

/** The length of the valid sequence at `at`, or 0; the ranges are those of the Unicode standard, table 3-7. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > bytes.length) return 0;
  const second = bytes[at + 1] as number;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let i = 2; i < length; i++) if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0;
  return length;
}
