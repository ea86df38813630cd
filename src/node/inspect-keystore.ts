import type { Dirent } from "node:fs";
import { join } from "node:path";
import { parseCreds } from "../creds/creds.ts";
import { trimGoSpace } from "../encoding/go-text.ts";
import { isNscError } from "../errors.ts";
import { keyPrefix } from "../nkeys/codec.ts";
import { isKeyKind } from "../nkeys/kinds.ts";
import { finding, foreignSteps, modeSteps, type Step } from "./inspect-steps.ts";
import type { InspectedStores } from "./inspect-stores.ts";
import {
  accountFolder,
  DESCRIPTOR,
  GIT_IGNORE,
  INTENT,
  keyPath,
  LOCK,
  LOG,
  MARKER,
  tokenPath,
  usersFolder,
} from "./layout.ts";
import { isReadableName } from "./names.ts";
import { NSC_JSON } from "./nsc-json.ts";
import type { QuickFolder, Read } from "./quick-folder.ts";
import type { Roots } from "./roots.ts";
import { publicKeyOf, withoutLineEnds } from "./tree.ts";

/** Deeper than old versions of nsc put anything. */
const DEEPEST = 8;

/** Looks at keys and creds, once it is known which there should be. */
export class InspectedKeystore {
  readonly #stores: QuickFolder;
  readonly #keystore: QuickFolder;
  readonly #roots: Roots;
  readonly #inspected: InspectedStores;

  constructor(stores: QuickFolder, keystore: QuickFolder, roots: Roots, inspected: InspectedStores) {
    this.#stores = stores;
    this.#keystore = keystore;
    this.#roots = roots;
    this.#inspected = inspected;
  }

  *steps(): Generator<Step, void> {
    const isShared = this.#roots.keystoreDir === this.#roots.storesDir;
    for (const entry of this.#keystore.rootEntries()) {
      yield undefined;
      const { name } = entry;
      if (name === "keys" && entry.isDirectory()) yield* this.#keys();
      else if (name === "creds" && entry.isDirectory()) yield* this.#creds();
      else if (name === GIT_IGNORE) yield* modeSteps(this.#keystore, name);
      else if (MARKER.test(name)) {
        if (!this.#isCommitting()) {
          yield finding(
            this.#keystore,
            name,
            "TEMPORARY_FILE",
            "is left of a commit that is over; the next one removes it",
          );
        }
      } else if (isShared && ["keys", "creds"].includes(name)) yield* foreignSteps(this.#keystore, name, entry);
      // What the stores are not has been looked at there.
      else if (!isShared && !this.#isElsesPart(name)) yield* this.#others(entry);
    }
  }

  #isCommitting(): boolean {
    return [INTENT, LOG].some((name) => this.#stores.stats(name) !== undefined);
  }

  #isElsesPart(name: string): boolean {
    const { storesDir, keystoreDir, configDir } = this.#roots;
    const path = join(keystoreDir, name);
    const isAbove = (other: string): boolean => other === path || other.startsWith(join(path, "/"));
    return (
      name === LOCK || isAbove(storesDir) || isAbove(configDir) || (configDir === keystoreDir && name === NSC_JSON)
    );
  }

  /** Whatever has keys or creds in it may be of an old version; of other things the topmost folder is enough. */
  *#others(entry: Dirent): Generator<Step, void> {
    let isOld = false;
    for (const step of this.#below(entry.name, entry, DEEPEST)) {
      if (step?.code !== "FOREIGN_FILE") {
        isOld ||= step?.code === "OLD_LAYOUT";
        yield step;
      }
    }
    if (!isOld && !entry.isSymbolicLink()) yield* foreignSteps(this.#keystore, entry.name, entry);
  }

  *#below(path: string, entry: Dirent, depth: number): Generator<Step, void> {
    if (!entry.isDirectory()) return yield* foreignSteps(this.#keystore, path, entry, true);
    yield undefined;
    const isOperator = depth < DEEPEST && this.#keystore.stats(`${path}/${DESCRIPTOR}`) !== undefined;
    if (depth === 0 || isOperator) return;
    for (const below of this.#keystore.entries(path) ?? [])
      yield* this.#below(`${path}/${below.name}`, below, depth - 1);
  }

  *#keys(): Generator<Step, void> {
    yield* modeSteps(this.#keystore, "keys");
    for (const type of yield* this.#folders("keys")) {
      for (const shard of yield* this.#folders(type)) {
        yield* this.#files(shard, ".nk", (path, name) => this.#key(path, name));
      }
    }
  }

  *#key(path: string, publicKey: string): Generator<Step, void> {
    const read = this.#keystore.read(path);
    if (read === undefined) return;
    if ("problem" in read) return yield finding(this.#keystore, path, "BAD_SEED", read.problem);
    yield* modeSteps(this.#keystore, path, read.stats);
    if (!isKeyKind(keyPrefix(publicKey))) {
      return yield finding(this.#keystore, path, "BAD_SEED", "is not named after a public key");
    }
    const text = trimGoSpace(withoutLineEnds(read.text));
    if (text === publicKey) {
      // nsc takes it for a key that is stored.
      yield finding(this.#keystore, path, "MISSING_SEED", "holds only the public key", publicKey);
    } else if (publicKeyOf(text) !== publicKey) {
      yield finding(
        this.#keystore,
        path,
        "BAD_SEED",
        "does not hold the seed of the key that it is named after",
        publicKey,
      );
    } else if (path !== keyPath(publicKey)) {
      yield finding(
        this.#keystore,
        path,
        "WRONG_PLACE",
        `is not where nsc looks for it: ${keyPath(publicKey)}`,
        publicKey,
      );
    }
    if (this.#inspected.named.has(publicKey)) return;
    yield finding(this.#keystore, path, "ORPHAN_KEY", "is of a key that no token names which can be read", publicKey);
  }

  *#creds(): Generator<Step, void> {
    yield* modeSteps(this.#keystore, "creds");
    for (const operator of yield* this.#folders("creds")) {
      for (const account of yield* this.#folders(operator)) {
        yield* this.#files(account, ".creds", (path, name) => {
          const [, ownerName, accountName] = account.split("/") as [string, string, string];
          return this.#credsOf(path, ownerName, accountName, name);
        });
      }
    }
  }

  *#credsOf(path: string, owner: string, account: string, user: string): Generator<Step, void> {
    const read = this.#keystore.read(path);
    if (read === undefined) return;
    if ("problem" in read) return yield finding(this.#keystore, path, "BAD_CREDS", read.problem);
    yield* modeSteps(this.#keystore, path, read.stats);
    let token: string;
    try {
      ({ token } = parseCreds(read.text));
    } catch (error) {
      if (!isNscError(error)) throw error;
      return yield finding(this.#keystore, path, "BAD_CREDS", `holds no creds: ${error.message}`);
    }
    const operator = this.#inspected.folders.get(owner);
    const stored = operator === undefined ? undefined : this.#userToken(operator, account, user);
    if (stored === undefined) yield finding(this.#keystore, path, "ORPHAN_CREDS", "is of a user that there is not");
    else if ("text" in stored && withoutLineEnds(stored.text) !== token) {
      yield finding(this.#keystore, path, "STALE_CREDS", "holds another token than the user has");
    }
  }

  /** Not through a link on the way: it may lead anywhere. */
  #userToken(operator: string, account: string, user: string): Read | undefined {
    if (![account, user].every(isReadableName)) return undefined;
    const folders = [`${operator}/accounts`, accountFolder(operator, account), usersFolder(operator, account)];
    if (!folders.every((path) => this.#stores.stats(path)?.isDirectory())) return undefined;
    return this.#stores.read(tokenPath([operator, account, user]));
  }

  /** The folders in a folder. */
  *#folders(path: string): Generator<Step, readonly string[]> {
    const folders: string[] = [];
    for (const entry of yield* this.#entries(path)) {
      const below = `${path}/${entry.name}`;
      if (!entry.isDirectory()) {
        yield* foreignSteps(this.#keystore, below, entry);
        continue;
      }
      yield* modeSteps(this.#keystore, below);
      folders.push(below);
    }
    return folders;
  }

  *#files(
    folder: string,
    ending: string,
    look: (path: string, name: string) => Generator<Step, void>,
  ): Generator<Step, void> {
    for (const entry of yield* this.#entries(folder)) {
      yield undefined;
      const path = `${folder}/${entry.name}`;
      if (entry.isFile() && entry.name.endsWith(ending)) yield* look(path, entry.name.slice(0, -ending.length));
      else yield* foreignSteps(this.#keystore, path, entry);
    }
  }

  *#entries(path: string): Generator<Step, readonly Dirent[]> {
    const entries = this.#keystore.entries(path);
    if (entries === undefined) yield finding(this.#keystore, path, "UNREADABLE", "can't be read");
    return entries ?? [];
  }
}
