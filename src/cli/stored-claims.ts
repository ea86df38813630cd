import { isNscError } from "../errors.ts";
import { decodeUnchecked } from "../jwt/decode.ts";
import type { ClaimsByKind } from "../jwt/kinds.ts";
import { SignaturePool } from "../node/signature-pool.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";
import { storedTokens } from "./stored-tokens.ts";
import type { Tree } from "./tree.ts";

/** The kinds of what is stored. */
export type StoredKind = "operator" | "account" | "user";

const KINDS = ["operator", "account", "user"] as const;

/** Claims as they are stored, with a signature that is their issuer's. */
export interface StoredClaims<Kind extends StoredKind> {
  readonly path: StorePath;
  readonly token: string;
  readonly claims: ClaimsByKind[Kind];
}

/** What is stored and can't be read. */
export interface UnreadableClaims {
  readonly path: StorePath;
  readonly problem: string;
}

type Read<Kind extends StoredKind> = StoredClaims<Kind> | UnreadableClaims;

/** Reads whole parts of a tree, whose signatures are checked meanwhile. */
export class ClaimsReader {
  readonly #tree: Pick<Tree, "store" | "directory">;
  readonly #pool: SignaturePool = new SignaturePool();

  constructor(tree: Pick<Tree, "store" | "directory">) {
    this.#tree = tree;
  }

  /**
   * The claims right below a prefix, in the order of their names.
   *
   * @param onUnreadable - is told of what can't be read, which is in the way of nothing else
   */
  async below<Kind extends StoredKind>(
    prefix: StorePrefix,
    onUnreadable: (unreadable: UnreadableClaims) => void,
  ): Promise<StoredClaims<Kind>[]> {
    const entries = await storedTokens(this.#tree, prefix);
    const read = await Promise.all(
      entries.map((entry) => (entry.token === undefined ? entry : this.claims<Kind>(entry.path, entry.token))),
    );
    return read.filter((one): one is StoredClaims<Kind> => {
      if (!("problem" in one)) return true;
      onUnreadable(one);
      return false;
    });
  }

  /** The claims at a path, or why they can't be read; nothing where there is no token. */
  async one<Kind extends StoredKind>(path: StorePath): Promise<Read<Kind> | undefined> {
    try {
      const token = await this.#tree.store.read(path);
      return token === undefined ? undefined : await this.claims(path, token);
    } catch (error) {
      if (!isNscError(error)) throw error;
      return { path, problem: error.message };
    }
  }

  /** The claims in a token, or why they can't be read. */
  async claims<Kind extends StoredKind>(path: StorePath, token: string): Promise<Read<Kind>> {
    try {
      const unchecked = decodeUnchecked(token, KINDS[path.length - 1] as Kind);
      if (await this.#pool.didSign(unchecked)) return { path, token, claims: unchecked.claims };
      return { path, problem: unchecked.refusal };
    } catch (error) {
      if (!isNscError(error)) throw error;
      return { path, problem: error.message };
    }
  }
}
