import type { Dirent } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { compareUtf8, trimGoSpace } from "../encoding/go-text.ts";
import { isNscError, NscError } from "../errors.ts";
import { keyPrefix } from "../nkeys/codec.ts";
import { keyPairFromSeed } from "../nkeys/key-pair.ts";
import { isKeyKind } from "../nkeys/kinds.ts";
import { assertPath, assertPrefix } from "../store/commit.ts";
import { mapLimited } from "../store/for-each-limited.ts";
import { MANAGED } from "../store/meta-names.ts";
import { pathBelow } from "../store/paths.ts";
import type { StoredToken, StoreMeta, StorePath, StorePrefix } from "../store/store.ts";
import { subjectOf } from "../store/subject-of.ts";
import { type Descriptor, parseDescriptor, parseMeta } from "./descriptor.ts";
import { damaged } from "./io-error.ts";
import { credsPath, DESCRIPTOR, isOwnFile, jwtName, keyPath, META, tokenPath, usersFolder } from "./layout.ts";
import { isReadableName } from "./names.ts";
import type { RootFolder } from "./root-folder.ts";

/** nsc writes files in place, so that one may be met empty or cut off. */
const REWRITE_MS = 20;

/** Names that are no UTF-8 come out of the file system with this character, and lead nowhere. */
const NO_UTF8 = "\ufffd";

/** Reads nsc's folders as they are, whether or not a commit is under way. */
export class NscTree {
  readonly stores: RootFolder;
  readonly keystore: RootFolder;

  constructor(stores: RootFolder, keystore: RootFolder) {
    this.stores = stores;
    this.keystore = keystore;
  }

  async read(path: StorePath): Promise<string | undefined> {
    assertPath(path);
    const file = await this.tokenFile(path);
    if (file === undefined) return undefined;
    // What has nothing above it does not exist for nsc either.
    const [text, hasParent] = await Promise.all([this.stores.read(file), this.hasParent(path)]);
    if (text === undefined || !hasParent) return undefined;
    if (isToken(text)) return withoutLineEnds(text);
    await setTimeout(REWRITE_MS);
    const again = await this.stores.read(file);
    if (again === undefined) return undefined;
    if (isToken(again)) return withoutLineEnds(again);
    throw damaged(this.stores.at(file), "holds no token; restore it, or write or delete the token there");
  }

  /** Where a token is, or would be; nothing for an operator that has no folder of nsc, and for names of no folder. */
  async tokenFile(path: StorePath): Promise<string | undefined> {
    if (!path.every(isReadableName)) return undefined;
    if (path.length > 1) return tokenPath(path as Exclude<StorePath, readonly [string]>);
    const descriptor = await this.descriptorOrNamed(path[0]);
    return descriptor && `${path[0]}/${jwtName(descriptor.name)}`;
  }

  /** Where the creds of a user are, if they are there. */
  async credsFile(path: readonly [string, string, string]): Promise<string | undefined> {
    assertPath(path);
    if (path.length !== 3) throw new NscError("ERR_ARGUMENT_INVALID", "creds are of a user: three names are needed");
    if (!path.every(isReadableName)) return undefined;
    const [operator, account, user] = path;
    const file = credsPath(await this.#nameInCreds(operator), account, user);
    const isThere = isOwnFile({ root: "keystore", path: file }) && (await this.keystore.kindOf(file)) === "file";
    return isThere ? this.keystore.at(file) : undefined;
  }

  /** Where the creds of an operator's users are, seen at once; nothing for those that are not there. */
  async credsBelow(operator: string): Promise<(account: string, user: string) => string | undefined> {
    const name = await this.#nameInCreds(operator);
    return (account, user) => {
      if (![operator, account, user].every(isReadableName)) return undefined;
      const file = credsPath(name, account, user);
      const isThere = isOwnFile({ root: "keystore", path: file }) && this.keystore.kindNow(file) === "file";
      return isThere ? this.keystore.at(file) : undefined;
    };
  }

  async #nameInCreds(operator: string): Promise<string> {
    return (await this.descriptorOrNamed(operator))?.name ?? operator;
  }

  async *list(prefix: StorePrefix): AsyncGenerator<string, undefined> {
    assertPrefix(prefix);
    yield* (await this.names(prefix)).sort(compareUtf8);
  }

  /**
   * The names below a prefix that have a token, in no order.
   *
   * @param candidates - those that are looked at; all that may have one by default
   */
  async names(prefix: StorePrefix, candidates?: readonly string[]): Promise<string[]> {
    const [names, hasParent] = await Promise.all([
      candidates === undefined ? this.candidates(prefix) : [...candidates],
      prefix.length === 0 || this.hasParent(pathBelow(prefix, "")),
    ]);
    if (!hasParent) return [];
    const isSure = (name: string): boolean => prefix.length === 2 && !name.includes(NO_UTF8);
    if (names.every(isSure)) return names;
    const kept = await mapLimited(names, async (name) => {
      if (isSure(name)) return true;
      const file = await this.tokenFile(pathBelow(prefix, name));
      return file !== undefined && (await this.stores.kindOf(file)) === "file";
    });
    return names.filter((_, index) => kept[index]);
  }

  /**
   * Whether there is a token, found without a look at what else is there. It says no where that would need a closer look,
   * such as `names` takes.
   */
  async isSurelyThere(path: Exclude<StorePath, readonly [string]>): Promise<boolean> {
    if (!path.every(isReadableName)) return false;
    try {
      return (await this.stores.hasFile(tokenPath(path))) && (await this.hasParent(path));
    } catch (error) {
      if (isNscError(error, "ERR_STORE_DAMAGED")) return false;
      throw error;
    }
  }

  /** The names below a prefix that may have a token. */
  async candidates(prefix: StorePrefix): Promise<string[]> {
    if (!prefix.every(isReadableName)) return [];
    const [operator, account] = prefix;
    if (operator === undefined) return foldersOf(await this.stores.entries(""));
    if (account === undefined) return foldersOf(await this.stores.entries(`${operator}/accounts`));
    return userNamesOf(await this.stores.entries(usersFolder(operator, account)));
  }

  /** Whether nsc takes a folder for one of an operator. */
  async isOperatorFolder(name: string): Promise<boolean> {
    return (await this.stores.kindOf(`${name}/${DESCRIPTOR}`)) === "file";
  }

  /**
   * Whether there is what a path is below.
   *
   * @param path - one whose names are readable
   */
  async hasParent([operator, account, user]: StorePath): Promise<boolean> {
    if (account === undefined || !isReadableName(operator)) return true;
    const above = user === undefined ? `${operator}/${DESCRIPTOR}` : tokenPath([operator, account]);
    return (await this.stores.kindOf(above)) === "file";
  }

  async getKey(publicKey: string): Promise<string | undefined> {
    if (typeof publicKey !== "string" || !isKeyKind(keyPrefix(publicKey))) return undefined;
    const path = keyPath(publicKey);
    for (let attempt = 1; attempt <= 2; attempt++) {
      const text = await this.keystore.read(path);
      if (text === undefined) return undefined;
      const key = trimGoSpace(withoutLineEnds(text));
      // nsc accepts a file that holds only the public key as one without a seed.
      if (key === publicKey) return undefined;
      if (publicKeyOf(key) === publicKey) return key;
      if (attempt === 1) await setTimeout(REWRITE_MS);
    }
    throw damaged(this.keystore.at(path), "does not hold the seed of the key that it is named after");
  }

  /** The public keys by the names of the files of seeds; what the files hold, `getKey` says. */
  async *listKeys(): AsyncGenerator<string, undefined> {
    for (const type of foldersOf(await this.keystore.entries("keys")).sort()) {
      for (const shard of foldersOf(await this.keystore.entries(`keys/${type}`)).sort()) {
        const entries = await this.keystore.entries(`keys/${type}/${shard}`);
        const names = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".nk")).map(({ name }) => name);
        for (const publicKey of names.map((name) => name.slice(0, -".nk".length)).sort()) {
          const path = `keys/${type}/${shard}/${publicKey}.nk`;
          if (isKeyKind(keyPrefix(publicKey)) && keyPath(publicKey) === path) yield publicKey;
        }
      }
    }
  }

  /** The tokens below what has none, which therefore do not exist for nsc. */
  async *stranded(): AsyncGenerator<StoredToken, undefined> {
    for (const operator of (await this.candidates([])).sort(compareUtf8)) {
      const isOperator = await this.#hasFile([operator]);
      for (const account of (await this.candidates([operator])).sort(compareUtf8)) {
        const isAccount = await this.#hasFile([operator, account]);
        if (isAccount && !isOperator) yield* this.#textAt([operator, account]);
        if (isAccount && isOperator) continue;
        const users = (await this.candidates([operator, account])).sort(compareUtf8);
        for (const user of users) yield* this.#textAt([operator, account, user]);
      }
    }
  }

  async #hasFile(path: StorePath): Promise<boolean> {
    const file = await this.tokenFile(path);
    return file !== undefined && (await this.stores.kindOf(file)) === "file";
  }

  async *#textAt(path: Exclude<StorePath, readonly [string]>): AsyncGenerator<StoredToken, undefined> {
    const text = await this.stores.read(tokenPath(path));
    if (text !== undefined) yield { path, token: withoutLineEnds(text) };
  }

  async readMeta(operator: string): Promise<StoreMeta> {
    assertPath([operator]);
    if (!isReadableName(operator)) return new Map();
    const descriptor = await this.descriptor(operator);
    if (descriptor === undefined) return new Map();
    const meta = await this.otherMeta(operator);
    if (descriptor.managed) meta.set(MANAGED, "true");
    return meta;
  }

  /** What we keep beside the tokens, without what nsc keeps. */
  async otherMeta(operator: string): Promise<Map<string, string>> {
    const file = `${operator}/${META}`;
    const text = await this.stores.read(file);
    if (text === undefined) return new Map();
    const meta = parseMeta(text, this.stores.at(file));
    meta.delete(MANAGED);
    return meta;
  }

  /** What nsc keeps of an operator; nothing if its folder is none of nsc. */
  async descriptor(operator: string): Promise<Descriptor | undefined> {
    const file = `${operator}/${DESCRIPTOR}`;
    const text = await this.stores.read(file);
    if (text === undefined) return undefined;
    try {
      return parseDescriptor(text, this.stores.at(file));
    } catch {
      await setTimeout(REWRITE_MS);
      const again = await this.stores.read(file);
      return again === undefined ? undefined : parseDescriptor(again, this.stores.at(file));
    }
  }

  /** The same, and if it is damaged what can be known without it: the tokens are still there to be read. */
  async descriptorOrNamed(operator: string): Promise<Pick<Descriptor, "name"> | undefined> {
    try {
      return await this.descriptor(operator);
    } catch (error) {
      if (isNscError(error, "ERR_STORE_DAMAGED")) return { name: operator };
      throw error;
    }
  }
}

export function foldersOf(entries: readonly Dirent[]): string[] {
  return entries.filter((entry) => entry.isDirectory() && isListable(entry.name)).map(({ name }) => name);
}

export function userNamesOf(entries: readonly Dirent[]): string[] {
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".jwt"))
    .map((entry) => entry.name.slice(0, -".jwt".length))
    .filter(isListable);
}

function isListable(name: string): boolean {
  return name !== "" && isReadableName(name);
}

export function withoutLineEnds(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, "") : text;
}

/** One that is cut off may still show its subject, but has no whole signature. */
function isToken(text: string): boolean {
  const token = withoutLineEnds(text);
  return /\.[\w-]{86}$/.test(token) && subjectOf(token) !== undefined;
}

/** The public key of a seed, if it is one. */
export function publicKeyOf(seed: string): string | undefined {
  try {
    const pair = keyPairFromSeed(seed);
    const { publicKey } = pair;
    pair.clear();
    return publicKey;
  } catch {
    return undefined;
  }
}
