import { readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  type FormatNatsContextOptions,
  formatNatsContext,
  type NatsContext,
  parseNatsContext,
} from "../config/nats-context.ts";
import { formatNscUrl } from "../config/nsc-url.ts";
import { compareUtf8, trimGoSpace } from "../encoding/go-text.ts";
import { isNscError, NscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import { assertBoolean, assertFolder, assertOptions, invalid } from "./assert-arguments.ts";
import type { NscDirectory, NscDirectoryOptions } from "./directory.ts";
import { damaged, ioError, saysMissing } from "./io-error.ts";
import { makeFolder } from "./make-folder.ts";
import { readTextFile } from "./read-text-file.ts";
import { createFile, replaceFile } from "./replace-file.ts";
import { type ResolvedNatsContext, resolveNatsContext } from "./resolve-nats-context.ts";
import { configBase, type Environment, expandHome } from "./roots.ts";

/** Options of {@link natsContexts}. */
export interface NatsContextsOptions {
  /** The folder in which `nats/context` is. Default: `$XDG_CONFIG_HOME`, else `~/.config`, on every system. */
  readonly configBase?: string;
  /** Where `nsc://` URLs lead; nsc's own folders by default. */
  readonly nsc?: NscDirectoryOptions;
  /** Environment variables. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Options of {@link NatsContexts.write}. */
export interface WriteNatsContextOptions extends FormatNatsContextOptions {
  /** Whether a context of that name may be there already; false by default. */
  readonly replace?: boolean;
}

/** The contexts of the `nats` command. Names can't be empty or hold `/`, `\`, `..` or a NUL: `ERR_NAME_INVALID`. */
export interface NatsContexts {
  /** The folder of the contexts, one file for each. */
  readonly folder: string;

  /**
   * The names of all contexts, sorted.
   *
   * @throws NscError `ERR_STORE_IO`
   */
  list(): Promise<readonly string[]>;

  /**
   * A context as its file has it.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_STORE_DAMAGED` for a file that holds none, `ERR_NAME_INVALID`, `ERR_STORE_IO`
   */
  read(name: string): Promise<NatsContext>;

  /**
   * Writes a context, all at once and readable for its owner alone.
   *
   * @returns the path of its file
   * @throws NscError `ERR_ENTITY_EXISTS` where there is one already, unless `replace` says otherwise; `ERR_ARGUMENT_INVALID` as
   * `formatNatsContext` does, `ERR_NAME_INVALID`, `ERR_STORE_IO`
   */
  write(name: string, context: NatsContext, options?: WriteNatsContextOptions): Promise<string>;

  /**
   * Deletes a context. Where it is the selected one, none is selected afterwards.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_NAME_INVALID`, `ERR_STORE_IO`
   */
  delete(name: string): Promise<void>;

  /**
   * The name of the context that the `nats` command takes when it is not told another one.
   *
   * @throws NscError `ERR_STORE_IO`
   */
  selected(): Promise<string | undefined>;

  /**
   * The name of the one that was selected before.
   *
   * @throws NscError `ERR_STORE_IO`
   */
  previous(): Promise<string | undefined>;

  /**
   * Selects a context, or none.
   *
   * @returns the name of the one that was selected until then
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_NAME_INVALID`, `ERR_STORE_IO`
   */
  select(name: string | undefined): Promise<string | undefined>;

  /**
   * What a context comes down to: servers, and who to be there. `~` and variables in paths are replaced; files, `env://` and
   * `data:` are read, and `nsc://` is looked up by {@link nscProfile} instead of a call of nsc.
   *
   * @param name - the selected one by default, and without any the server on this machine
   * @throws NscError `ERR_ENTITY_NOT_FOUND` also for what `nsc://` names, and where it has no creds file; `ERR_ARGUMENT_INVALID`
   * for variables that are not set, `op://`, and files of certificates that are none; `ERR_STORE_IO` for files that can't be read;
   * those of `parseCreds`, `parseDecoratedSeed`, and of `read`
   */
  resolve(name?: string): Promise<ResolvedNatsContext>;
}

/**
 * The contexts of the `nats` command: `nats/context/NAME.json` below `$XDG_CONFIG_HOME` or `~/.config`, and `context.txt`, which
 * says the selected one.
 *
 * @param options - where they are
 * @throws NscError `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { Nsc } from "nsc.js";
 * import { natsContexts, nscDirectory, userContext } from "nsc.js/node";
 *
 * const home = await mkdtemp(join(tmpdir(), "nsc-"));
 * const directory = nscDirectory({ allDirs: home });
 * const operator = await new Nsc({ store: directory }).addOperator("local");
 * await (await operator.addAccount("APP")).addUser("alice");
 *
 * const contexts = natsContexts({ configBase: home, nsc: { allDirs: home } });
 * await contexts.write("alice", await userContext(directory, ["local", "APP", "alice"]));
 * await contexts.select("alice");
 *
 * const { servers, authentication } = await contexts.resolve();
 * servers.join(); // "nats://127.0.0.1:4222"
 * authentication()?.type; // "creds"
 * ```
 */
export function natsContexts(options: NatsContextsOptions = {}): NatsContexts {
  assertOptions(options, ["configBase", "nsc", "env"]);
  const { configBase: base, nsc, env = process.env } = options;
  if (base !== undefined) assertFolder(base, "configBase");
  const root = base === undefined ? configBase(env) : resolve(expandHome(base, env));
  return new ContextFolder(join(root, "nats"), env, nsc ?? { env });
}

/**
 * A context for a stored user, as `nsc generate context` makes it: its `nsc://` URL, the first URL of the operator's servers, and
 * the path of its creds file. For the very bytes of nsc, write it with `compact`.
 *
 * @param directory - nsc's folders
 * @param path - the names of the operator, the account and the user
 * @throws NscError `ERR_ENTITY_NOT_FOUND` when there is no such user, or no creds file of it, since its seed is elsewhere;
 * `ERR_ARGUMENT_INVALID`, those of the store
 *
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { Nsc } from "nsc.js";
 * import { nscDirectory, userContext } from "nsc.js/node";
 *
 * const directory = nscDirectory({ allDirs: await mkdtemp(join(tmpdir(), "nsc-")) });
 * const operator = await new Nsc({ store: directory }).addOperator("local");
 * await (await operator.addAccount("APP")).addUser("alice");
 * (await userContext(directory, ["local", "APP", "alice"])).nsc; // "nsc://local/APP/alice"
 * ```
 */
export async function userContext(
  directory: NscDirectory,
  path: readonly [operator: string, account: string, user: string],
): Promise<NatsContext> {
  if (typeof (directory as Partial<NscDirectory> | null | undefined)?.credsFile !== "function") {
    throw invalid("a directory is needed, as nscDirectory gives it");
  }
  const creds = await directory.credsFile(path);
  const [operator, account, user] = path;
  const [operatorToken, token] = await Promise.all([directory.read([operator]), directory.read(path)]);
  const title = `user ${JSON.stringify(user)} in the account ${JSON.stringify(account)} of ${JSON.stringify(operator)}`;
  if (operatorToken === undefined || token === undefined) {
    throw new NscError("ERR_ENTITY_NOT_FOUND", `there is no ${title}`);
  }
  if (creds === undefined) {
    throw new NscError(
      "ERR_ENTITY_NOT_FOUND",
      `there is no creds file of the ${title}: its seed is not in the keystore`,
    );
  }
  const [url] = decode(operatorToken, { kind: "operator" }).nats.operator_service_urls ?? [];
  return Object.freeze({ nsc: formatNscUrl({ operator, account, user }), ...(url !== undefined && { url }), creds });
}

const ENDING = ".json";

class ContextFolder implements NatsContexts {
  readonly folder: string;
  readonly #root: string;
  readonly #env: Environment;
  readonly #nsc: NscDirectoryOptions;

  constructor(root: string, env: Environment, nsc: NscDirectoryOptions) {
    this.#root = root;
    this.folder = join(root, "context");
    this.#env = env;
    this.#nsc = nsc;
  }

  async list(): Promise<readonly string[]> {
    let entries: { readonly name: string; isDirectory(): boolean }[];
    try {
      entries = await readdir(this.folder, { withFileTypes: true });
    } catch (cause) {
      if (saysMissing(cause)) return [];
      throw ioError(`reading ${this.folder}`, cause);
    }
    return entries
      .filter((entry) => entry.name.endsWith(ENDING) && !entry.isDirectory())
      .map(({ name }) => name.slice(0, -ENDING.length))
      .filter((name) => nameProblem(name) === undefined)
      .sort(compareUtf8);
  }

  async read(name: string): Promise<NatsContext> {
    const file = this.#fileOf(name);
    const text = await readTextFile(file);
    if (text === undefined) throw notFound(name);
    try {
      return parseNatsContext(text);
    } catch (error) {
      if (isNscError(error)) throw damaged(file, `can't be read: ${error.message}`);
      throw error;
    }
  }

  async write(name: string, context: NatsContext, options: WriteNatsContextOptions = {}): Promise<string> {
    const file = this.#fileOf(name);
    assertOptions(options, ["replace", "compact"]);
    const { replace = false, ...format } = options;
    assertBoolean(replace, "replace");
    const text = formatNatsContext(context, format);
    await makeFolder(this.folder);
    if (replace) await replaceFile(file, text);
    else if (!(await createFile(file, text))) throw new NscError("ERR_ENTITY_EXISTS", `${file} is there already`);
    return file;
  }

  async delete(name: string): Promise<void> {
    const file = this.#fileOf(name);
    try {
      await rm(file);
    } catch (cause) {
      throw saysMissing(cause) ? notFound(name) : ioError(`removing ${file}`, cause);
    }
    if ((await this.selected()) === name) await this.#select(undefined);
  }

  async selected(): Promise<string | undefined> {
    return await readName(join(this.#root, SELECTED));
  }

  async previous(): Promise<string | undefined> {
    return await readName(join(this.#root, PREVIOUS));
  }

  async select(name: string | undefined): Promise<string | undefined> {
    if (name !== undefined && (await readTextFile(this.#fileOf(name))) === undefined) throw notFound(name);
    return await this.#select(name);
  }

  async resolve(name?: string): Promise<ResolvedNatsContext> {
    const chosen = name ?? (await this.selected());
    const context = chosen === undefined ? {} : await this.read(chosen);
    return await resolveNatsContext(chosen, context, this.#env, this.#nsc);
  }

  async #select(name: string | undefined): Promise<string | undefined> {
    const before = await this.selected();
    await makeFolder(this.#root);
    if (before !== undefined) await replaceFile(join(this.#root, PREVIOUS), before);
    const file = join(this.#root, SELECTED);
    if (name !== undefined) await replaceFile(file, name);
    else {
      try {
        await rm(file, { force: true });
      } catch (cause) {
        throw ioError(`removing ${file}`, cause);
      }
    }
    return before;
  }

  #fileOf(name: string): string {
    const problem = typeof name === "string" ? nameProblem(name) : "must be a string";
    if (problem !== undefined) throw new NscError("ERR_NAME_INVALID", `the name of a context ${problem}`);
    return join(this.folder, `${name}${ENDING}`);
  }
}

const SELECTED = "context.txt";
const PREVIOUS = "previous-context.txt";

/** Go: `ValidateName` of natscontext, and what no file can be named. */
function nameProblem(name: string): string | undefined {
  if (name === "") return "must not be empty";
  if (name.includes("..")) return "must not hold ..";
  if (/[/\\\0]/.test(name)) return "must not hold a slash, a backslash or a NUL";
  // Around the name in context.txt the nats command removes it.
  if (trimGoSpace(name) !== name) return "must not begin or end with white space";
  return undefined;
}

async function readName(file: string): Promise<string | undefined> {
  return trimGoSpace((await readTextFile(file)) ?? "") || undefined;
}

function notFound(name: string): NscError {
  return new NscError("ERR_ENTITY_NOT_FOUND", `there is no context ${JSON.stringify(name)}`);
}
