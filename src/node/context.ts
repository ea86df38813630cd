import { join, resolve } from "node:path";
import { NscError } from "../errors.ts";
import { contextOfCwd } from "./cwd-context.ts";
import { type FileReads, PATIENT_READS } from "./file-reads.ts";
import { FolderLock } from "./folder-lock.ts";
import { ioError, saysMissing } from "./io-error.ts";
import { LOCK } from "./layout.ts";
import { makeFolder } from "./make-folder.ts";
import { formatNscJson, NSC_JSON, type NscJson, parseNscJson } from "./nsc-json.ts";
import { replaceFile } from "./replace-file.ts";
import type { ResolvedRoots } from "./roots.ts";
import type { NscTree } from "./tree.ts";

/** The operator and the account that nsc works with when it is not told another one. */
export interface NscContext {
  /** The name of the operator; nothing if none was chosen and there are none or several. */
  readonly operator: string | undefined;
  /** The name of an account of that operator; likewise. */
  readonly account: string | undefined;
}

/** What is to become the context. */
export interface NscContextChange {
  /** The name of the operator; the present one stays by default. */
  readonly operator?: string;
  /** The name of one of its accounts. By default the present one stays if that operator has it, or becomes its only one. */
  readonly account?: string;
  /**
   * Whether these stores become the ones that nsc works with, where `nsc.json` names others. False by default, and then
   * that is an error: an operator means nothing without the stores that it is in.
   */
  readonly storesDir?: boolean;
}

const FIRST: NscJson = {
  store_root: "",
  operator: "",
  account: "",
  github_updates: "nats-io/nsc",
  last_update: 0,
  others: {},
};

/** Reads and writes `nsc.json`. */
export class ContextFile {
  readonly #roots: ResolvedRoots;
  readonly #tree: NscTree;
  readonly #file: string;
  readonly #lock: FolderLock;
  readonly #reads: FileReads;

  constructor(roots: ResolvedRoots, tree: NscTree, lockTimeoutMs: number, reads: FileReads = PATIENT_READS) {
    this.#roots = roots;
    this.#reads = reads;
    this.#tree = tree;
    this.#file = join(roots.configDir, NSC_JSON);
    this.#lock = new FolderLock(join(roots.configDir, LOCK), lockTimeoutMs);
  }

  async read(): Promise<NscContext> {
    const { cwd, isCwdOnly } = this.#roots;
    const config = isCwdOnly ? undefined : await this.#config();
    const found = cwd === undefined ? undefined : contextOfCwd(cwd);
    const isHere = found !== undefined && (await this.#isSame(found.storesDir, this.#roots.storesDir));
    const operator = (isHere && found.operator) || config?.operator || "";
    const account = (isHere && found.account) || config?.account || "";
    return asContext(await this.#withDefaults(operator, account));
  }

  async change(change: NscContextChange): Promise<NscContext> {
    assertChange(change);
    if (this.#roots.isCwdOnly) {
      throw invalid("NSC_CWD_ONLY is set, so the working directory alone says the context");
    }
    await makeFolder(this.#roots.configDir);
    const release = await this.#lock.acquire();
    try {
      return asContext(await this.#change(change));
    } finally {
      await release();
    }
  }

  async #change(change: NscContextChange): Promise<Chosen> {
    const { storesDir } = this.#roots;
    const config = (await this.#config()) ?? { ...FIRST, last_update: Math.floor(Date.now() / 1000) };
    const isOther = config.store_root !== "" && !(await this.#isSame(config.store_root, storesDir));
    if (isOther && change.storesDir !== true) {
      throw invalid(
        `${this.#file} is about the stores in ${config.store_root}; pass { storesDir: true } to make it ${storesDir}`,
      );
    }
    if (change.operator !== undefined && !(await this.#operators()).includes(change.operator)) {
      throw notFound(`there is no operator ${JSON.stringify(change.operator)} in ${storesDir}`);
    }
    const before = await this.#withDefaults(change.operator ?? config.operator, config.account);
    const chosen = { ...before, account: change.account ?? before.account };
    if (change.account !== undefined) {
      if (chosen.operator === "") throw notFound("there is no current operator whose account it could be; choose one");
      if (!(await this.#tree.names([chosen.operator])).includes(change.account)) {
        const which = `account ${JSON.stringify(change.account)} of the operator ${JSON.stringify(chosen.operator)}`;
        throw notFound(`there is no ${which} in ${storesDir}`);
      }
    }
    const isKept = config.store_root !== "" && !isOther;
    const written = { ...config, ...chosen, store_root: isKept ? config.store_root : storesDir };
    await replaceFile(this.#file, formatNscJson(written));
    return chosen;
  }

  /** nsc's rule: the choice if there is such a one, else the only one there is. Without any stores it stays as it is. */
  async #withDefaults(operator: string, account: string): Promise<Chosen> {
    if ((await this.#tree.stores.kindOf("")) === undefined) return { operator, account };
    const current = choose(operator, await this.#operators());
    if (current === "") return { operator: "", account: "" };
    return { operator: current, account: await this.#account(current, account) };
  }

  /** The same rule for an operator's accounts, of which there may be many: not more is looked at than decides. */
  async #account(operator: string, account: string): Promise<string> {
    if (account !== "" && (await this.#tree.isSurelyThere([operator, account]))) return account;
    const candidates = await this.#tree.candidates([operator]);
    if (candidates.includes(account) && (await this.#tree.names([operator], [account])).length > 0) return account;
    let found: string[] = [];
    for (let at = 0; at < candidates.length && found.length < 2; at += 2) {
      found = [...found, ...(await this.#tree.names([operator], candidates.slice(at, at + 2)))];
    }
    return choose("", found);
  }

  /** For nsc every folder with a descriptor is one of an operator, whatever else is in it. */
  async #operators(): Promise<string[]> {
    const operators: string[] = [];
    for (const name of await this.#tree.candidates([])) {
      if (await this.#tree.isOperatorFolder(name)) operators.push(name);
    }
    return operators;
  }

  async #config(): Promise<NscJson | undefined> {
    let text: string;
    try {
      text = await this.#reads.readLinkedText(this.#file);
    } catch (cause) {
      if (saysMissing(cause)) return undefined;
      throw ioError(`reading ${this.#file}`, cause);
    }
    return parseNscJson(text, this.#file);
  }

  async #isSame(a: string, b: string): Promise<boolean> {
    const [first, second] = await Promise.all(
      [a, b].map((path) => this.#reads.realpath(path).catch(() => resolve(path))),
    );
    return first === second;
  }
}

/** Both are empty where nothing is chosen, as in the file. */
interface Chosen {
  readonly operator: string;
  readonly account: string;
}

function asContext({ operator, account }: Chosen): NscContext {
  return Object.freeze({ operator: operator || undefined, account: account || undefined });
}

function choose(name: string, names: readonly string[]): string {
  if (names.includes(name)) return name;
  return names.length === 1 ? (names[0] as string) : "";
}

function assertChange(change: NscContextChange): void {
  if (typeof change !== "object" || change === null) throw invalid("what is to be the context must be an object");
  const { operator, account, storesDir } = change;
  const unknown = Object.keys(change).find((name) => !["operator", "account", "storesDir"].includes(name));
  if (unknown !== undefined) throw invalid(`a context has no ${unknown}`);
  for (const [title, value] of Object.entries({ operator, account })) {
    if (value !== undefined && (typeof value !== "string" || value === "")) {
      throw invalid(`the ${title} must be the name of one`);
    }
  }
  if (storesDir !== undefined && typeof storesDir !== "boolean") throw invalid("storesDir must be true or false");
  if (operator === undefined && account === undefined && storesDir !== true) {
    throw invalid("an operator, an account or { storesDir: true } is needed");
  }
}

function notFound(message: string): NscError {
  return new NscError("ERR_ENTITY_NOT_FOUND", message);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
