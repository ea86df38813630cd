import type { Dirent } from "node:fs";
import { join } from "node:path";
import { isNscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import { didSign } from "../jwt/did-sign.ts";
import type { ClaimsByKind } from "../jwt/kinds.ts";
import { parseDescriptor, parseMeta } from "./descriptor.ts";
import { finding, foreignSteps, modeSteps, SiblingNames, type Step } from "./inspect-steps.ts";
import {
  accountFolder,
  DESCRIPTOR,
  GIT_IGNORE,
  INTENT,
  jwtName,
  keyPath,
  LOCK,
  LOG,
  MARKER,
  META,
  tokenPath,
  usersFolder,
} from "./layout.ts";
import { isReadableName } from "./names.ts";
import { NSC_JSON } from "./nsc-json.ts";
import { allKeys, keysOfClaims } from "./public-keys.ts";
import type { QuickFolder } from "./quick-folder.ts";
import type { Roots } from "./roots.ts";
import { withoutLineEnds } from "./tree.ts";

type EntityKind = "operator" | "account" | "user";

/** Whatever was changed so lately may be changing. */
const JUST_NOW_MS = 2000;

/** Looks at the operators' folders. Nothing of it depends on the order, but what is in memory at a time. */
export class InspectedStores {
  /** Every key that a token names. */
  readonly named: Set<string> = new Set();
  /** The folders of the operators, by the names that their files have. */
  readonly folders: Map<string, string> = new Map();
  readonly #stores: QuickFolder;
  readonly #keystore: QuickFolder;
  readonly #roots: Roots;
  readonly #subjects = new Set<string>();
  /** What looks once more at a token that was met while somebody wrote it, perhaps. */
  readonly #unsettled: (() => Generator<Step, unknown>)[] = [];

  constructor(stores: QuickFolder, keystore: QuickFolder, roots: Roots) {
    this.#stores = stores;
    this.#keystore = keystore;
    this.#roots = roots;
  }

  get hasUnsettled(): boolean {
    return this.#unsettled.length > 0;
  }

  /** Looks once more at what may have been changing. */
  *settle(): Generator<Step, void> {
    for (const look of this.#unsettled) yield* look();
  }

  *steps(): Generator<Step, void> {
    const siblings = new SiblingNames();
    for (const entry of this.#stores.rootEntries()) {
      yield undefined;
      const { name } = entry;
      if (name === INTENT || name === LOG) {
        const problem =
          "is of a commit that was cut off or is being made; the next use of the store finishes or undoes it";
        yield finding(this.#stores, name, "UNFINISHED_COMMIT", problem);
      } else if (entry.isDirectory() && this.#stores.stats(`${name}/${DESCRIPTOR}`) !== undefined) {
        yield* siblings.steps(this.#stores, name, name);
        yield* this.#operator(name);
      } else if (!this.#isElsesPart(entry)) yield* this.#foreign(name, entry);
    }
  }

  /** Where several of nsc's folders are one, or in one another, each has its own. */
  #isElsesPart({ name }: Dirent): boolean {
    const { storesDir, keystoreDir, configDir } = this.#roots;
    const path = join(storesDir, name);
    const isAbove = (other: string): boolean => other === path || other.startsWith(join(path, "/"));
    if (name === LOCK || isAbove(keystoreDir) || isAbove(configDir)) return true;
    if (configDir === storesDir && name === NSC_JSON) return true;
    return keystoreDir === storesDir && (["keys", "creds", GIT_IGNORE].includes(name) || MARKER.test(name));
  }

  #foreign(path: string, entry: Dirent): Generator<Step, void> {
    return foreignSteps(this.#stores, path, entry, this.#roots.storesDir === this.#roots.keystoreDir);
  }

  *#operator(folder: string): Generator<Step, void> {
    yield* modeSteps(this.#stores, folder);
    const { name = folder, managed = true } = (yield* this.#descriptor(folder)) ?? {};
    if (name !== folder) {
      yield finding(
        this.#stores,
        folder,
        "WRONG_PLACE",
        `is the folder of an operator that nsc knows as ${quote(name)}`,
      );
    }
    this.folders.set(name, folder);
    const tokenFile = `${folder}/${jwtName(name)}`;
    const claims = yield* this.#token(tokenFile, "operator", undefined);
    const isMissing = this.#stores.stats(tokenFile) === undefined;
    // One that is managed elsewhere may wait for its token.
    if (isMissing && !managed) {
      yield finding(this.#stores, tokenFile, "MISSING_TOKEN", "is missing, the operator's token");
    }
    for (const entry of yield* this.#entries(folder)) {
      const path = `${folder}/${entry.name}`;
      if (path === tokenFile || entry.name === DESCRIPTOR) continue;
      if (entry.name === "accounts" && entry.isDirectory()) yield* this.#accounts(folder, claims, managed);
      else if (entry.name === META && entry.isFile()) yield* this.#meta(path);
      else yield* this.#foreign(path, entry);
    }
  }

  *#descriptor(folder: string): Generator<Step, ReturnType<typeof parseDescriptor> | undefined> {
    return yield* this.#parsed(`${folder}/${DESCRIPTOR}`, "BAD_DESCRIPTOR", parseDescriptor);
  }

  *#meta(path: string): Generator<Step, void> {
    yield* this.#parsed(path, "BAD_META", parseMeta);
  }

  *#parsed<T>(
    path: string,
    code: "BAD_DESCRIPTOR" | "BAD_META",
    parse: (text: string, file: string) => T,
  ): Generator<Step, T | undefined> {
    const read = this.#stores.read(path);
    if (read === undefined) return undefined;
    if ("problem" in read) {
      yield finding(this.#stores, path, "UNREADABLE", read.problem);
      return undefined;
    }
    yield* modeSteps(this.#stores, path, read.stats);
    try {
      return parse(read.text, this.#stores.at(path));
    } catch (error) {
      if (!isNscError(error)) throw error;
      yield { code, path: this.#stores.at(path), message: error.message };
      return undefined;
    }
  }

  *#accounts(
    operator: string,
    issuer: ClaimsByKind["operator"] | undefined,
    isManaged: boolean,
  ): Generator<Step, void> {
    yield* modeSteps(this.#stores, `${operator}/accounts`);
    const siblings = new SiblingNames();
    for (const entry of yield* this.#entries(`${operator}/accounts`)) {
      yield undefined;
      const { name } = entry;
      const folder = accountFolder(operator, name);
      if (!entry.isDirectory() || !isReadableName(name)) {
        yield* this.#foreign(folder, entry);
        continue;
      }
      yield* siblings.steps(this.#stores, folder, name);
      yield* this.#account(operator, name, issuer, isManaged);
    }
  }

  *#account(
    operator: string,
    name: string,
    issuer: ClaimsByKind["operator"] | undefined,
    isManaged: boolean,
  ): Generator<Step, void> {
    const folder = accountFolder(operator, name);
    yield* modeSteps(this.#stores, folder);
    const [stores, file] = [this.#stores, tokenPath([operator, name])];
    const claims = yield* this.#token(file, "account", name, function* (account) {
      // Where the operator's key is elsewhere, accounts sign themselves until that has signed.
      const isPending = isManaged && account.iss === account.sub;
      if (issuer === undefined || isPending || didSign(issuer, account)) return;
      yield finding(stores, file, "WRONG_ISSUER", "is signed by no key that the operator lets sign", account.sub);
    });
    if (claims === undefined && this.#stores.stats(file) === undefined) {
      yield finding(
        this.#stores,
        file,
        "MISSING_TOKEN",
        "is missing, without which the account does not exist for nsc",
      );
    }
    for (const entry of yield* this.#entries(folder)) {
      const path = `${folder}/${entry.name}`;
      if (path === file) continue;
      if (entry.name === "users" && entry.isDirectory()) yield* this.#users(operator, name, claims);
      else yield* this.#foreign(path, entry);
    }
  }

  *#users(operator: string, account: string, issuer: ClaimsByKind["account"] | undefined): Generator<Step, void> {
    const [stores, folder] = [this.#stores, usersFolder(operator, account)];
    yield* modeSteps(this.#stores, folder);
    const siblings = new SiblingNames();
    for (const entry of yield* this.#entries(folder)) {
      yield undefined;
      const path = `${folder}/${entry.name}`;
      const name = /^(.+)\.jwt$/s.exec(entry.name)?.[1];
      if (name === undefined || !entry.isFile()) {
        yield* this.#foreign(path, entry);
        continue;
      }
      yield* siblings.steps(this.#stores, path, name);
      yield* this.#token(path, "user", name, function* (claims) {
        if (issuer === undefined || didSign(issuer, claims)) return;
        yield finding(stores, path, "WRONG_ISSUER", "is signed by no key of its account", claims.sub);
      });
    }
  }

  /** Looks at a token, at the seeds of the keys that it names, and then at what else there is to say of it. */
  *#token<Kind extends EntityKind>(
    path: string,
    kind: Kind,
    name: string | undefined,
    after?: (claims: ClaimsByKind[Kind]) => Generator<Step, void>,
    isLast = false,
  ): Generator<Step, ClaimsByKind[Kind] | undefined> {
    const read = this.#stores.read(path);
    if (read === undefined) return undefined;
    if ("problem" in read) {
      yield finding(this.#stores, path, read.problem === "is a link" ? "LINK" : "BAD_TOKEN", read.problem);
      return undefined;
    }
    if (!isLast) yield* modeSteps(this.#stores, path, read.stats);
    let claims: ClaimsByKind[Kind];
    try {
      claims = decode(withoutLineEnds(read.text), { kind });
    } catch (error) {
      if (!isNscError(error)) throw error;
      if (isLast || Date.now() - read.stats.mtimeMs > JUST_NOW_MS) {
        yield finding(
          this.#stores,
          path,
          "BAD_TOKEN",
          `holds no token of ${kind === "user" ? "a" : "an"} ${kind}: ${error.message}`,
        );
      } else this.#unsettled.push(() => this.#token(path, kind, name, after, true));
      return undefined;
    }
    if (name !== undefined && claims.name !== name) {
      yield finding(this.#stores, path, "WRONG_PLACE", `holds the token of ${quote(claims.name ?? "")}`, claims.sub);
    }
    if (this.#subjects.has(claims.sub)) {
      yield finding(this.#stores, path, "SUBJECT_TWICE", `is about ${claims.sub}, as another token is`, claims.sub);
    }
    this.#subjects.add(claims.sub);
    yield* this.#seeds(claims);
    if (after !== undefined) yield* after(claims);
    return claims;
  }

  *#seeds(claims: ClaimsByKind[EntityKind]): Generator<Step, void> {
    const keys = keysOfClaims(claims);
    for (const publicKey of allKeys(keys)) {
      const isKnown = this.named.has(publicKey);
      this.named.add(publicKey);
      // The service that requests are sealed for has its key where it runs.
      if (isKnown || publicKey === keys.curve) continue;
      const path = keyPath(publicKey);
      if (this.#keystore.stats(path) !== undefined) continue;
      yield finding(this.#keystore, path, "MISSING_SEED", `is missing, the seed of ${publicKey}`, publicKey);
    }
  }

  *#entries(path: string): Generator<Step, readonly Dirent[]> {
    const entries = this.#stores.entries(path);
    if (entries === undefined) yield finding(this.#stores, path, "UNREADABLE", "can't be read");
    return entries ?? [];
  }
}

function quote(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
