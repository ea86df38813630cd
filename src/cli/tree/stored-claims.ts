import { isNscError } from "../../errors.ts";
import { decodeUnchecked } from "../../jwt/decode.ts";
import type { ClaimsByKind } from "../../jwt/kinds.ts";
import { SignatureChecker } from "../../node/signature-checker.ts";
import { Turns } from "../../node/turns.ts";
import { pathBelow } from "../../store/paths.ts";
import type { StorePath, StorePrefix } from "../../store/store.ts";
import type { Invocation } from "../invocation.ts";
import { eachStoredToken, type StoredEntry, storedToken, storedTokens } from "./stored-tokens.ts";
import type { Tree } from "./tree.ts";

/** How long Ctrl-C and what was checked have to wait for their turn. */
const TURN_MS = 20;

/** The kinds of what is stored. */
export type StoredKind = "operator" | "account" | "user";

const KINDS = ["operator", "account", "user"] as const;

/** What is wanted of claims. They themselves are not kept, of which there may be very many. */
type PickOf<Kind extends StoredKind, T> = (claims: ClaimsByKind[Kind], path: StorePath) => T;

/** What was picked of claims, of which it is only known after `settled` whether they are signed by their issuer. */
export interface ReadClaims<T> {
  readonly path: StorePath;
  readonly token: string;
  /** Nothing where they can't be read. */
  readonly value: T | undefined;
  /** Why they can't be read. */
  readonly problem: string | undefined;
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
  readonly #signatures: SignatureChecker;
  readonly #turns = new Turns(TURN_MS);

  constructor({ tree, io }: Pick<Invocation, "tree" | "io">) {
    this.#directory = tree.directory;
    this.#signatures = new SignatureChecker(io.signatureWorker);
  }

  /**
   * What is picked of the claims right below what was just read, in the order of their names. If none of them can be read,
   * there is one of the name "*".
   */
  async below<Kind extends StoredKind, T>(prefix: StorePrefix, pick: PickOf<Kind, T>): Promise<ReadClaims<T>[]> {
    if (this.#turns.isOver) await this.#turns.next();
    try {
      return (await storedTokens(this.#directory, prefix, true)).map((entry) => this.read(entry, pick));
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      // The folder itself, such as one that is a link.
      return [{ path: pathBelow(prefix, "*"), token: "", value: undefined, problem: error.message }];
    }
  }

  /** The tokens right below a prefix, in the order of their names. */
  async *tokens(prefix: StorePrefix): AsyncGenerator<StoredEntry, undefined> {
    for await (const entry of eachStoredToken(this.#directory, prefix, (count) => this.#signatures.expect(count))) {
      if (this.#turns.isOver) await this.#turns.next();
      yield entry;
    }
  }

  /** The token at a path; nothing where there is none. */
  async token(path: StorePath): Promise<StoredEntry | undefined> {
    return await storedToken(this.#directory, path);
  }

  /** What is picked of the claims in a token. */
  read<Kind extends StoredKind, T>(entry: StoredEntry, pick: PickOf<Kind, T>): ReadClaims<T> {
    const { path, token } = entry;
    if (token === undefined) return { path, token: "", value: undefined, problem: entry.problem };
    try {
      const unchecked = decodeUnchecked(token, KINDS[path.length - 1] as Kind);
      const read = { path, token, value: pick(unchecked.claims, path), problem: undefined as string | undefined };
      const { refusal } = unchecked;
      this.#signatures.check(unchecked, (isGood) => {
        if (!isGood) read.problem = refusal;
      });
      return read;
    } catch (error) {
      if (!isNscError(error)) throw error;
      return { path, token, value: undefined, problem: error.message };
    }
  }

  /** Waits until the signatures of all that was read are checked. */
  async settled(): Promise<void> {
    await this.#signatures.settled();
  }
}

/** Leaves out what can't be read, of what is settled. */
export function soundOnly<T>(read: readonly ReadClaims<T>[], onUnreadable: OnUnreadable): SoundClaims<T>[] {
  const sound: SoundClaims<T>[] = [];
  for (const { path, token, value, problem } of read) {
    if (problem === undefined) sound.push({ path, token, value: value as T });
    else onUnreadable(path, problem);
  }
  return sound;
}
