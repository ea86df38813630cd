import { decodeUtf8, encodeUtf8 } from "../encoding/bytes.ts";
import { NscError } from "../errors.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";

/**
 * The keys of the bucket. Names are encoded so that they are one part of a key each: what is no letter, digit, `-` or `_` is
 * `=` and two hexadecimal digits for each of its bytes.
 *
 * | key | holds |
 * | --- | --- |
 * | `head` | the last commit |
 * | `o.O`, `a.O.A`, `u.O.A.U` | the token of an operator, an account, a user |
 * | `do`, `da.O`, `du.O.A` | catalogue of the operators, of an operator's accounts, of an account's users |
 * | `s.S` | catalogue of the places of a subject |
 * | `k.X`, `dk` | a sealed seed by public key, catalogue of these |
 * | `m.O` | catalogue of what an operator keeps beside its tokens |
 * | `c.ID.N` | a part of a commit that is too large for `head` |
 *
 * A catalogue that is large has pages, each under one more part.
 */
export const HEAD_KEY = "head";

/** The catalogue of all keys. */
export const KEY_CATALOG = "dk";

/** A server cuts off who sends a longer line than 4096 bytes; subjects of requests stand in it beside other things. */
const LONGEST_KEY = 3000;
const TOKEN_KINDS = ["o", "a", "u"] as const;
const CATALOG_KINDS = ["do", "da", "du"] as const;

/** One part of a key for one name, whatever it holds. */
export function encodeName(name: string): string {
  if (/^[\w-]*$/.test(name)) return name;
  return [...encodeUtf8(name)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w-]/.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

/** The name that {@link encodeName} made a part of; nothing for any other text. */
export function decodeName(part: string): string | undefined {
  if (!/^(?:[\w-]|=[\dA-F]{2})+$/.test(part)) return undefined;
  if (!part.includes("=")) return part;
  const bytes = part.match(/[\w-]|=../g)?.map((one) => {
    return one.length === 1 ? one.charCodeAt(0) : Number.parseInt(one.slice(1), 16);
  });
  const name = decodeUtf8(Uint8Array.from(bytes ?? []));
  return encodeName(name) === part ? name : undefined;
}

/** The key of the token at a path. */
export function tokenKey(path: StorePath): string {
  return joined(TOKEN_KINDS[path.length - 1] as string, path);
}

/** The catalogue of the names below a prefix. */
export function namesCatalog(prefix: StorePrefix): string {
  return joined(CATALOG_KINDS[prefix.length] as string, prefix);
}

/** The catalogue of the places of a subject. */
export function placesCatalog(subject: string): string {
  return joined("s", [subject]);
}

/** The key of the seed of a public key. */
export function seedKey(publicKey: string): string {
  return joined("k", [publicKey]);
}

/** The catalogue of what an operator keeps beside its tokens. */
export function metaCatalog(operator: string): string {
  return joined("m", [operator]);
}

/** The key of a part of a commit. */
export function chunkKey(id: string, index: number): string {
  return `c.${id}.${index}`;
}

/** Whether the store can have anything there: a path with a name that is too long for a key has nothing. */
export function isKeepable(path: StorePath | StorePrefix): boolean {
  return path.reduce((length, name) => length + 1 + encodeName(name).length, "du".length) <= LONGEST_KEY;
}

function joined(kind: string, names: readonly string[]): string {
  const key = [kind, ...names.map(encodeName)].join(".");
  if (key.length <= LONGEST_KEY) return key;
  const longest = names.reduce((long, name) => (name.length > long.length ? name : long), "");
  throw new NscError(
    "ERR_STORE_NAME",
    `the name ${JSON.stringify(longest.slice(0, 32))}… is too long for a key of the bucket, with the names above it`,
  );
}

/** What a key is of. */
export type KeyMeaning =
  | { readonly kind: "token"; readonly path: StorePath }
  | { readonly kind: "seed"; readonly publicKey: string }
  | { readonly kind: "meta"; readonly operator: string };

/** What a key is of; nothing for catalogues of other things, which follow from these, and for keys that are none. */
export function meaningOf(key: string): KeyMeaning | undefined {
  const [kind = "", ...parts] = key.split(".");
  const names = parts.map(decodeName).filter((name) => name !== undefined);
  const [first] = names;
  if (first === undefined || names.length !== parts.length) return undefined;
  if (kind === "m") return { kind: "meta", operator: first };
  if (kind === "k" && names.length === 1) return { kind: "seed", publicKey: first };
  if (TOKEN_KINDS[names.length - 1] !== kind) return undefined;
  return { kind: "token", path: names as unknown as StorePath };
}
