import { runInNewContext } from "node:vm";
import type { KeyKind } from "../../src/nkeys/kinds.ts";

export interface FixedKey {
  readonly name: string;
  readonly kind: KeyKind;
  /** The first of 32 consecutive byte values. */
  readonly start: number;
  readonly seed: string;
  readonly publicKey: string;
}

/** Keys made for tests: what Go's nkeys v0.4.16 gives for these raw seeds (claims.md, section 8.1). */
export const KEYS: readonly FixedKey[] = [
  key(
    "operator",
    "operator",
    0x00,
    "SOAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H2AJA",
    "OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT",
  ),
  key(
    "operator2",
    "operator",
    0x10,
    "SOABAEISCMKBKFQXDAMRUGY4DUPB6IBBEIRSIJJGE4UCSKRLFQWS4LYS5E",
    "OB3XN2DQXEZVJ4VAWJGCH4VDNTCOQDRCGIMMDOLZE365AGBZNIVZXZM4",
  ),
  key(
    "account",
    "account",
    0x20,
    "SAACAIJCEMSCKJRHFAUSUKZMFUXC6MBRGIZTINJWG44DSOR3HQ6T4P7MNU",
    "AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT",
  ),
  key(
    "accountSK",
    "account",
    0x30,
    "SAADAMJSGM2DKNRXHA4TUOZ4HU7D6QCBIJBUIRKGI5EESSSLJRGU4T63ZE",
    "ACF3ATQ4DOB53XZRD5N43X34KDW6HQEAF5D6Y6LOFIJRZ5ASTDM7HHIW",
  ),
  key(
    "account2",
    "account",
    0x40,
    "SAAEAQKCINCEKRSHJBEUUS2MJVHE6UCRKJJVIVKWK5MFSWS3LROV4X6MSU",
    "AASUHOJP6EEVKEKHNLOIG2O3NXOJGNTFUEMXRXNBIBHOCBTMVFKZ2FFY",
  ),
  key(
    "user",
    "user",
    0x60,
    "SUAGAYLCMNSGKZTHNBUWU23MNVXG64DROJZXI5LWO54HS6T3PR6X4767BY",
    "UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3",
  ),
  key(
    "server",
    "server",
    0x80,
    "SNAIBAMCQOCILBUHRCEYVC4MRWHI7EERSKJZJFMWS6MJTGU3TSOZ5H7CUI",
    "NDGRJM37SVXJKMMU7573OOZ5QHOMKYOWDJ2TQCKLPQ7BUZB64XZ2VBIW",
  ),
  key(
    "cluster",
    "cluster",
    0xa0,
    "SCAKBINCUOSKLJVHVCU2VK5MVWXK7MFRWKZ3JNNWW64LTOV3XS635P2P4Q",
    "CBH5BGOM2R6XRE675HWCIQKOZMGZWVBAEMVK2MGZDRDFXYZ4XZS4J2ZL",
  ),
  key(
    "curve",
    "curve",
    0xc0,
    "SXAMBQOCYPCMLRWHZDE4VS6MZXHM7UGR2LJ5JVOW27MNTWW33TO55X45WM",
    "XDOCZSRR5DSDXPMR3736I5OMUM2H5NDYCB6VXV3FVOSK4SRQYNOUIAJX",
  ),
  key(
    "recipient",
    "curve",
    0xe0,
    "SXAOBYPC4PSOLZXH5DU6V27M5XXO74HR6LZ7J5PW674PT6X37T6757354Q",
    "XBZWQROVJ2D54COWXMIUVJYEFRIKJIAVXWMQDUNAAJXVSVSTHIKRTWPO",
  ),
];

export const KINDS: readonly KeyKind[] = ["operator", "account", "user", "server", "cluster", "curve"];

export const SIGNING_KEYS: readonly FixedKey[] = KEYS.filter(({ kind }) => kind !== "curve");

function key(name: string, kind: KeyKind, start: number, seed: string, publicKey: string): FixedKey {
  return { name, kind, start, seed, publicKey };
}

export function keyNamed(name: string): FixedKey {
  const found = KEYS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no key ${name}`);
  return found;
}

export const USER: FixedKey = keyNamed("user");
export const ACCOUNT: FixedKey = keyNamed("account");
export const CURVE: FixedKey = keyNamed("curve");
export const RECIPIENT: FixedKey = keyNamed("recipient");

/** Private keys of the section, made for tests. */
export const USER_PRIVATE =
  "PBQGCYTDMRSWMZ3INFVGW3DNNZXXA4LSON2HK5TXPB4XU634PV7H6F2FKO2FNXO7Y2II5SVRYEA742VSDYV2UBQXPFNX2Q5GGSBJSP6VCTEQ";
export const CURVE_PRIVATE = "PDAMDQWDYTC4NR6IZHFMXTGNZ3H5BUOS2PKNLVWX3DM5VW643XPN7I42";

export function rawSeed(start: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => start + index);
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function ascii(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** The first bytes of encoded keys: section 7.1. */
export const BYTE = {
  account: 0x00,
  cluster: 0x10,
  server: 0x68,
  operator: 0x70,
  private: 0x78,
  seed: 0x90,
  user: 0xa0,
  curve: 0xb8,
  unknown: 0xc8,
} as const;

/** An encoded key by hand: any content with its checksum, in base32. Sections 7.2 and 7.3, bit by bit. */
export function encodeByHand(content: readonly number[] | Uint8Array): string {
  const checksum = crc16ByHand(content);
  const bits = [...content, checksum & 0xff, checksum >> 8].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? [])
    .map((group) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(group.padEnd(5, "0"), 2)])
    .join("");
}

/** CRC-16/XMODEM. */
export function crc16ByHand(bytes: readonly number[] | Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    crc &= 0xffff;
  }
  return crc;
}

/** A seed by hand, of any kind byte and content. */
export function seedByHand(kindByte: number, content: readonly number[] | Uint8Array): string {
  return encodeByHand([BYTE.seed | (kindByte >> 5), (kindByte & 31) << 3, ...content]);
}

/** The bytes of another realm, as test runners with sandboxes make them. */
export function ofAnotherRealm(bytes: Uint8Array): Uint8Array {
  const Foreign = runInNewContext("Uint8Array") as Uint8ArrayConstructor;
  return new Foreign(bytes);
}
