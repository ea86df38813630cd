import { readFileSync } from "node:fs";
import { nodeSign } from "../crypto/engines.ts";
import { type FixedKey, rawSeed } from "../nkeys/fixtures.ts";

/** The headers of both versions of the format: claims.md, section 1.1. */
export const HEADER = '{"typ":"JWT","alg":"ed25519-nkey"}';
export const HEADER_V1 = '{"typ":"jwt","alg":"ed25519"}';

export interface HandMade {
  /** What signs; the key of the test that names it. */
  readonly key: FixedKey;
  /** The JSON text, or its bytes. */
  readonly payload: string | Uint8Array;
  readonly header?: string;
  /** 1 signs the payload alone, 2 the header too: section 1.2. */
  readonly scheme?: 1 | 2;
}

/** A token by hand: none of our code has a part in it. */
export function tokenOf({ key, payload, header = HEADER, scheme = 2 }: HandMade): string {
  const chunks = [Buffer.from(header), Buffer.from(payload)].map((bytes) => bytes.toString("base64url"));
  const signed = scheme === 2 ? chunks.join(".") : (chunks[1] as string);
  const signature = nodeSign(rawSeed(key.start), Buffer.from(signed));
  return `${chunks.join(".")}.${Buffer.from(signature).toString("base64url")}`;
}

/** Claims as JSON text: common ones first, `nats` as it is given, byte by byte. */
export function claimsText(common: Readonly<Record<string, unknown>>, nats: string): string {
  const text = JSON.stringify(common);
  return `${text.slice(0, -1)}${text === "{}" ? "" : ","}"nats":${nats}}`;
}

/** The text of a token's payload. */
export function payloadOf(token: string): string {
  return Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
}

const INTEGER_MARK = "\ue000";

/** `JSON.parse`, but for integers that a number can't hold: they become bigints. */
export function parseExact(text: string): unknown {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) => {
    const unsafe = /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token));
    return unsafe ? `"${INTEGER_MARK}${token}"` : token;
  });
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(INTEGER_MARK) ? BigInt(value.slice(1)) : value,
  );
}

/** The lines of a file of vectors, with their numbers. */
export function readLines<T>(name: string): (T & { readonly line: number })[] {
  const text = readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line, index) => ({ ...(JSON.parse(line) as T), line: index + 1 }));
}

/** Freezes all that can be reached, so that a change is a TypeError. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
