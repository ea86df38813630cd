import { createHash } from "node:crypto";
import { Point } from "@noble/ed25519";
import { fromHex, toHex } from "./engines.ts";

/** The order of the base point: RFC 8032, section 5.1. */
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** A point of order eight: the public key of the first edge case, negated. */
const TORSION = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");

const ONE = "01".padEnd(64, "0");
const MINUS_ONE = `ec${"f".repeat(60)}7f`;
const ZERO = "00".repeat(32);

/** Further encodings that decode to the same point of small order: y + p, or a sign bit where x is 0. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  [ONE]: [`01${"00".repeat(30)}80`, `ee${"f".repeat(60)}7f`, `ee${"f".repeat(62)}`],
  [MINUS_ONE]: [`ec${"f".repeat(62)}`],
  [ZERO]: [`ed${"f".repeat(60)}7f`],
  [`${"00".repeat(31)}80`]: [`ed${"f".repeat(62)}`],
};

/** A point as its two parts: a multiple of the base point, and of the point of order eight. */
export interface Parts {
  readonly scalar: bigint;
  readonly torsion: number;
  /** Which encoding is meant, where the point has several; 0 is the canonical one. */
  readonly alias: number;
}

export interface Recipe {
  readonly A: Parts;
  readonly R: Parts;
  readonly message: Uint8Array;
  /** How often the order of the base point is added to S. */
  readonly addL: number;
  /** Whether to look for a message of which the torsion parts cancel, or for one of which they don't. */
  readonly cancel: boolean;
}

export interface Hostile {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** By the group law alone: S below L, R canonical, and S*B = R + k*A without the cofactor. */
  readonly valid: boolean;
}

/** All encodings of a point, the canonical one first. */
export function encodings({ scalar, torsion }: Parts): readonly string[] {
  const canonical = Point.BASE.multiply(scalar, false)
    .add(TORSION.multiply(BigInt(torsion), false))
    .toHex();
  return [canonical, ...(ALIASES[canonical] ?? [])];
}

/** The fourteen encodings of the eight points of small order. */
export function smallOrderKeys(): readonly {
  readonly torsion: number;
  readonly alias: number;
  readonly hex: string;
}[] {
  return Array.from({ length: 8 }, (_, torsion) =>
    encodings({ scalar: 0n, torsion, alias: 0 }).map((hex, alias) => ({ torsion, alias, hex })),
  ).flat();
}

/**
 * A signature of which the prime-order part fits by construction, so that the verdict is left to what the recipe does to
 * the rest: both scalars are known, and S = r + k*a.
 */
export function forge(recipe: Recipe): Hostile {
  const [encodedA, encodedR] = [encoded(recipe.A), encoded(recipe.R)];
  const publicKey = fromHex(encodedA.hex);
  for (let counter = 0; ; counter++) {
    const message = Uint8Array.of(...recipe.message, counter);
    const k = littleEndian(sha512(fromHex(encodedR.hex), publicKey, message)) % L;
    const cancels = (BigInt(recipe.R.torsion) + k * BigInt(recipe.A.torsion)) % 8n === 0n;
    if (cancels !== recipe.cancel && counter < 255) continue;
    const s = ((recipe.R.scalar + k * recipe.A.scalar) % L) + BigInt(recipe.addL) * L;
    const signature = fromHex(encodedR.hex + littleEndianHex(s));
    return { publicKey, message, signature, valid: cancels && s < L && encodedR.canonical };
  }
}

function encoded(parts: Parts): { readonly hex: string; readonly canonical: boolean } {
  const all = encodings(parts);
  const hex = all[parts.alias % all.length] as string;
  return { hex, canonical: hex === all[0] };
}

function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  return createHash("sha512").update(Buffer.concat(parts)).digest();
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);
}

function littleEndianHex(value: bigint): string {
  return toHex(fromHex(value.toString(16).padStart(64, "0")).reverse());
}
