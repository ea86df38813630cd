/** The kinds of keys that identify something. */
export type KeyKind = "operator" | "account" | "user" | "server" | "cluster" | "curve";

/** What the prefix of an encoded key says: a kind of public key, or what else is encoded that way. */
export type KeyPrefix = KeyKind | "seed" | "private" | "unknown";

interface PrefixEntry {
  /** The first byte of the encoded key: its upper five bits are the first base32 character. */
  readonly byte: number;
  /** The first character of the encoded key. */
  readonly letter: string;
  /** What Go calls it in messages. */
  readonly goName: string;
  /** Whether it is a kind of public key. */
  readonly isPublic: boolean;
}

/** THE table of prefixes. Go: the `PrefixByte` constants of nkeys. */
export const PREFIXES: { readonly [Prefix in Exclude<KeyPrefix, "unknown">]: PrefixEntry } = {
  operator: { byte: 14 << 3, letter: "O", goName: "operator", isPublic: true },
  account: { byte: 0, letter: "A", goName: "account", isPublic: true },
  user: { byte: 20 << 3, letter: "U", goName: "user", isPublic: true },
  server: { byte: 13 << 3, letter: "N", goName: "server", isPublic: true },
  cluster: { byte: 2 << 3, letter: "C", goName: "cluster", isPublic: true },
  curve: { byte: 23 << 3, letter: "X", goName: "x25519", isPublic: true },
  seed: { byte: 18 << 3, letter: "S", goName: "seed", isPublic: false },
  private: { byte: 15 << 3, letter: "P", goName: "private", isPublic: false },
};

const BY_BYTE: ReadonlyMap<number, Exclude<KeyPrefix, "unknown">> = /* @__PURE__ */ new Map(
  (Object.keys(PREFIXES) as Exclude<KeyPrefix, "unknown">[]).map((prefix) => [PREFIXES[prefix].byte, prefix]),
);

export function prefixOfByte(byte: number): KeyPrefix {
  return BY_BYTE.get(byte) ?? "unknown";
}

export function isKeyKind(value: unknown): value is KeyKind {
  return typeof value === "string" && Object.hasOwn(PREFIXES, value) && PREFIXES[value as KeyKind].isPublic;
}

/** The kind that a prefix byte stands for exactly, if it is one of a public key. */
export function kindOfByte(byte: number): KeyKind | undefined {
  const prefix = prefixOfByte(byte);
  return isKeyKind(prefix) ? prefix : undefined;
}
