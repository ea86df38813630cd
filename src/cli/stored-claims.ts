import { isNscError } from "../errors.ts";
import { decodeUnchecked } from "../jwt/decode.ts";
import type { ClaimsByKind } from "../jwt/kinds.ts";
import { SignatureChecker } from "../node/signature-checker.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";
import { type StoredEntry, storedTokens } from "./stored-tokens.ts";
import type { Tree } from "./tree.ts";

/** The kinds of what is stored. */
export type StoredKind = "operator" | "account" | "user";

const KINDS = ["operator", "account", "user"] as const;

/** What is wanted of claims. They themselves are not kept, of which there may be very many. */
type PickOf<Kind extends StoredKind, T> = (claims: ClaimsByKind[Kind], path: StorePath) => T;

/** What was picked of claims whose signature is being checked. */
export interface ReadClaims<T> {
  readonly path: StorePath;
  readonly token: string;
  /** Nothing where they can't be read. */
  readonly value: T | undefined;
  /** Why they can't be read; for a bad signature it takes a while to know. */
  readonly problem: string | Promise<string | undefined>;
}

/** What was picked of sound claims. */
export interface SoundClaims<T> {
  readonly path: StorePath;
  readonly token: string;
  readonly value: T;
}

/** Is told of what can't be read. */
export type OnUnreadable = (path: StorePath, problem: string) => void;

/** Reads whole parts of a tree, whose signatures are checked meanwhile. */
export class ClaimsReader {
  readonly #directory: Tree["directory"];
  readonly #signatures: SignatureChecker = new SignatureChecker();

  constructor({ directory }: { readonly directory: Tree["directory"] }) {
    this.#directory = directory;
  }

  /** What is picked of the claims right below a prefix, in the order of their names, before their signatures are checked. */
  async below<Kind extends StoredKind, T>(prefix: StorePrefix, pick: PickOf<Kind, T>): Promise<ReadClaims<T>[]> {
    return (await storedTokens(this.#directory, prefix)).map((entry) => this.#read(entry, pick));
  }

  /** The same for one path; nothing where there is no token. */
  async one<Kind extends StoredKind, T>(path: StorePath, pick: PickOf<Kind, T>): Promise<ReadClaims<T> | undefined> {
    try {
      const token = await this.#directory.read(path);
      return token === undefined ? undefined : this.#read({ path, token }, pick);
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      return { path, token: "", value: undefined, problem: error.message };
    }
  }

  /** The same for a token from elsewhere. */
  token<Kind extends StoredKind, T>(path: StorePath, token: string, pick: PickOf<Kind, T>): ReadClaims<T> {
    return this.#read({ path, token }, pick);
  }

  #read<Kind extends StoredKind, T>(entry: StoredEntry, pick: PickOf<Kind, T>): ReadClaims<T> {
    const { path, token } = entry;
    if (token === undefined) return { path, token: "", value: undefined, problem: entry.problem };
    try {
      const unchecked = decodeUnchecked(token, KINDS[path.length - 1] as Kind);
      const { refusal } = unchecked;
      const problem = this.#signatures.didSign(unchecked).then((isGood) => (isGood ? undefined : refusal));
      return { path, token, value: pick(unchecked.claims, path), problem };
    } catch (error) {
      if (!isNscError(error)) throw error;
      return { path, token, value: undefined, problem: error.message };
    }
  }
}

/** Waits for the signatures, and leaves out what can't be read. */
export async function soundOnly<T>(
  read: readonly ReadClaims<T>[],
  onUnreadable: OnUnreadable,
): Promise<SoundClaims<T>[]> {
  const sound: SoundClaims<T>[] = [];
  for (const { path, token, value, problem } of read) {
    const why = await problem;
    if (why === undefined) sound.push({ path, token, value: value as T });
    else onUnreadable(path, why);
  }
  return sound;
}
