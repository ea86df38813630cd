import { resolve } from "node:path";
import { parseCreds, parseDecoratedToken } from "../creds/creds.ts";
import { trimGoSpace } from "../encoding/go-text.ts";
import { isNscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import type { ClaimsByKind } from "../jwt/kinds.ts";
import type { StoredToken } from "../store/store.ts";
import { assertFolder, assertOptions, invalid } from "./assert-arguments.ts";
import { describePath } from "./describe-path.ts";
import { filesBelow } from "./files-below.ts";
import type { RebuildNotes } from "./rebuild-report.ts";
import { publicKeyOf, withoutLineEnds } from "./tree.ts";

/** What a tree is made of. */
export interface RebuildSources {
  /**
   * Folders, and what is in them at any depth: files `.jwt`, such as those of a server's resolver or of nsc's own stores,
   * `.nk` and `.creds`. Other files, such as a resolver's `.jwt.deleted`, are passed over.
   */
  readonly folders?: readonly string[];
  /** Tokens as such. */
  readonly tokens?: readonly string[];
  /** The texts of creds files. */
  readonly creds?: readonly string[];
  /** Seeds as such. */
  readonly seeds?: readonly string[];
}

export type EntityKind = "operator" | "account" | "user";

/** A token of the sources, whose signature is right. */
export interface Candidate<Kind extends EntityKind = EntityKind> {
  readonly source: string;
  readonly token: string;
  readonly claims: ClaimsByKind[Kind];
}

/** What was found in the sources. */
export class FoundEntities {
  readonly operators: Candidate<"operator">[] = [];
  readonly accounts: Candidate<"account">[] = [];
  readonly users: Candidate<"user">[] = [];
  /** By public key. */
  readonly seeds: Map<string, string> = new Map();
  readonly #notes: RebuildNotes;
  /** The same token is in creds and in a file of its own, mostly. */
  readonly #known = new Set<string>();

  constructor(notes: RebuildNotes) {
    this.#notes = notes;
  }

  async add(sources: RebuildSources, folderCreds: boolean): Promise<void> {
    const endings = [".jwt", ".nk", ...(folderCreds ? [".creds"] : [])];
    for (const folder of sources.folders ?? []) await this.#addFolder(resolve(folder), endings);
    for (const [index, token] of (sources.tokens ?? []).entries()) this.#addToken(`tokens[${index}]`, token);
    for (const [index, creds] of (sources.creds ?? []).entries()) this.#addCreds(`creds[${index}]`, creds);
    for (const [index, seed] of (sources.seeds ?? []).entries()) this.#addSeed(`seeds[${index}]`, seed);
  }

  /** Adds a token of the store itself that nothing else shows. */
  addStranded({ path, token }: StoredToken): void {
    this.#addToken(describePath(path), token);
  }

  async #addFolder(folder: string, endings: readonly string[]): Promise<void> {
    for await (const { path, read } of filesBelow(folder, endings, true)) {
      let text: string;
      try {
        text = (await read()) ?? "";
      } catch (error) {
        if (!isNscError(error)) throw error;
        this.#notes.add("UNREADABLE", path, error.message);
        continue;
      }
      if (path.endsWith(".nk")) this.#addSeed(path, text);
      else if (path.endsWith(".creds")) this.#addCreds(path, text);
      else this.#addToken(path, text);
    }
  }

  #addToken(source: string, text: string): void {
    const token = withoutLineEnds(trimGoSpace(parseDecoratedToken(text)));
    if (this.#known.has(token)) return;
    try {
      const claims = decode(token);
      this.#known.add(token);
      const { type } = claims.nats;
      if (type === "operator") this.operators.push({ source, token, claims: claims as ClaimsByKind["operator"] });
      else if (type === "account") this.accounts.push({ source, token, claims: claims as ClaimsByKind["account"] });
      else if (type === "user") this.users.push({ source, token, claims: claims as ClaimsByKind["user"] });
      else this.#notes.add("WRONG_KIND", source, `${source} holds a token of the kind ${type}, which no tree has`);
    } catch (error) {
      if (!isNscError(error)) throw error;
      this.#notes.add("BAD_TOKEN", source, `${source} holds no token that can be read: ${error.message}`);
    }
  }

  #addSeed(source: string, text: string): void {
    const seed = trimGoSpace(withoutLineEnds(text));
    const publicKey = publicKeyOf(seed);
    if (publicKey === undefined) this.#notes.add("BAD_SEED", source, `${source} holds no seed`);
    else this.seeds.set(publicKey, seed);
  }

  #addCreds(source: string, text: string): void {
    try {
      const { token, seed } = parseCreds(text);
      this.#addToken(source, token);
      this.#addSeed(source, seed);
    } catch (error) {
      if (!isNscError(error)) throw error;
      this.#notes.add("BAD_CREDS", source, `${source} holds no creds: ${error.message}`);
      const token = parseDecoratedToken(text);
      if (token !== text) this.#addToken(source, token);
    }
  }
}

export function assertSources(sources: RebuildSources): void {
  assertOptions(sources, ["folders", "tokens", "creds", "seeds"]);
  for (const [name, list] of Object.entries(sources)) {
    if (list === undefined) continue;
    if (!Array.isArray(list) || list.some((each) => typeof each !== "string"))
      throw invalid(`${name} must be a list of texts`);
  }
  for (const folder of sources.folders ?? []) assertFolder(folder, "each of the folders");
}
