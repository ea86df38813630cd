import { isNscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import type { ClaimKind } from "../jwt/kinds.ts";
import { pathBelow, pathKey } from "../store/paths.ts";
import type { Store, StorePath, StorePrefix } from "../store/store.ts";
import { assertNewName, foldName } from "./names.ts";
import type { RebuildNotes } from "./rebuild-report.ts";
import type { Candidate } from "./rebuild-sources.ts";

/** Where something new comes. */
export interface Place {
  readonly path: StorePath;
  /** Whether nothing is there. */
  readonly isEmpty: boolean;
  /** What is there, if it can be read. */
  readonly token: string | undefined;
}

/** Gives new entities names that are free and can be kept everywhere. */
export class RebuildNames {
  readonly #store: Store;
  readonly #notes: RebuildNotes;
  readonly #isDistinct: boolean;
  readonly #mended = new Set<string>();
  readonly #taken = new Map<string, Promise<Set<string>>>();

  /** @param isDistinct - whether those whose names can't be kept get another one */
  constructor(store: Store, notes: RebuildNotes, isDistinct: boolean) {
    this.#store = store;
    this.#notes = notes;
    this.#isDistinct = isDistinct;
  }

  /** The place of a new entity; nothing if it can have none. */
  async place(prefix: StorePrefix, { source, claims }: Candidate): Promise<Place | undefined> {
    const taken = await this.#takenBelow(prefix);
    const { sub, name = sub } = claims;
    const problem = problemOf(name);
    const isTaken = problem === undefined && taken.has(foldName(name));
    if (isTaken) {
      const damaged = await this.#damagedAt(pathBelow(prefix, name), claims.nats.type);
      if (damaged !== undefined) return damaged;
    }
    if (problem !== undefined) this.#notes.add("NAME", source, `${sub} can't be kept by its name: ${problem}`, sub);
    else if (isTaken) {
      const message = `${sub} is called ${JSON.stringify(name)}, as another one is that is there`;
      this.#notes.add("NAME_TAKEN", source, message, sub);
    }
    const isFine = problem === undefined && !isTaken;
    if (!isFine && !this.#isDistinct) return undefined;
    const given = isFine ? name : distinctName(name, sub, taken);
    taken.add(foldName(given));
    return { path: pathBelow(prefix, given), isEmpty: true, token: undefined };
  }

  /** A place that has something which is no token there: it is what the tree is rebuilt for. */
  async #damagedAt(path: StorePath, kind: ClaimKind): Promise<Place | undefined> {
    const key = pathKey(path);
    if (this.#mended.has(key)) return undefined;
    let token: string | undefined;
    try {
      token = await this.#store.read(path);
      if (token === undefined) return undefined;
      decode(token, { kind });
      return undefined;
    } catch (error) {
      // A newer library can read it.
      if (isNscError(error, "ERR_JWT_VERSION")) return undefined;
      if (!isNscError(error) || (token === undefined && error.code !== "ERR_STORE_DAMAGED")) throw error;
      this.#mended.add(key);
      return { path, isEmpty: false, token };
    }
  }

  #takenBelow(prefix: StorePrefix): Promise<Set<string>> {
    const key = pathKey(prefix);
    const known = this.#taken.get(key);
    if (known !== undefined) return known;
    const names = (async () => {
      const taken = new Set<string>();
      for await (const name of this.#store.list(prefix)) taken.add(foldName(name));
      return taken;
    })();
    this.#taken.set(key, names);
    return names;
  }
}

function problemOf(name: string): string | undefined {
  try {
    if (name === "") return "it is empty";
    if (/\p{Surrogate}/u.test(name)) return "it holds half of a character";
    assertNewName(name);
    return undefined;
  } catch (error) {
    if (isNscError(error)) return error.message;
    throw error;
  }
}

/** What is left of the name, and so much of the key that nobody else has it. */
function distinctName(name: string, publicKey: string, taken: ReadonlySet<string>): string {
  const plain = name.replace(/[^\p{L}\p{N}_-]+/gu, "").slice(0, 40);
  for (let length = 8; length < publicKey.length; length += 8) {
    const distinct = plain === "" ? publicKey.slice(0, length) : `${plain}-${publicKey.slice(0, length)}`;
    if (!taken.has(foldName(distinct))) return distinct;
  }
  return publicKey;
}
