import { resolve } from "node:path";
import type { Account } from "../../authority/account.ts";
import type { AuditEvent } from "../../authority/audit-event.ts";
import type { NscOptions } from "../../authority/context.ts";
import type { Nsc } from "../../authority/nsc.ts";
import type { Operator } from "../../authority/operator.ts";
import type { User } from "../../authority/user.ts";
import type { NscError } from "../../errors.ts";
import { keyPrefix } from "../../nkeys/codec.ts";
import type { NscContext, NscContextChange } from "../../node/context.ts";
import type { NscDirectory } from "../../node/directory.ts";
import { type BlockingDirectory, blockingDirectory, nscDirectory } from "../../node/nsc-directory.ts";
import { pathKey, prefixOf } from "../../store/paths.ts";
import type { Store, StorePrefix } from "../../store/store.ts";
import { subjectOf } from "../../store/subject-of.ts";
import { CommandError } from "../command-error.ts";
import type { GlobalValues } from "../flags/global-flags.ts";
import type { Io } from "../io.ts";
import { quote, quotePath } from "../text/quote.ts";
import { dryRunStore } from "./dry-run-store.ts";
import { openNsc } from "./open-nsc.ts";
import { storedTokens } from "./stored-tokens.ts";

/**
 * The operators, accounts and users on disk, and which of them a command is about. With `--dry-run` nothing is written:
 * what is changed is seen by the rest of the command, and is gone with it.
 */
export class Tree {
  readonly directory: BlockingDirectory;
  readonly store: Store;
  /** What was changed so far. */
  readonly changes: AuditEvent[] = [];
  readonly #options: NscOptions;
  #nsc: Nsc | undefined;
  readonly #isDryRun: boolean;
  readonly #hasOwnStores: boolean;
  readonly #env: Io["env"];
  /** The context that `--dry-run` would have written. */
  #context: NscContext | undefined;
  /** The context as it was read. */
  #read: Promise<NscContext> | undefined;
  #tolerates: (problem: NscError) => boolean = () => false;
  #commits: Promise<unknown> = Promise.resolve();
  #held: Promise<unknown> = Promise.resolve();

  constructor(globals: GlobalValues, io: Io) {
    const folder = (name: "all-dirs" | "config-dir" | "data-dir" | "keystore-dir"): string | undefined => {
      const given = globals[name];
      if (!given) return undefined;
      return given.startsWith("~") ? given : resolve(io.cwd, given);
    };
    const folders = Object.entries({
      allDirs: folder("all-dirs"),
      configDir: folder("config-dir"),
      storesDir: folder("data-dir"),
      keystoreDir: folder("keystore-dir"),
    }).filter(([, path]) => path !== undefined);
    this.directory = blockingDirectory({ ...Object.fromEntries(folders), cwd: io.cwd, env: io.env });
    this.#isDryRun = globals["dry-run"] === true;
    this.#hasOwnStores = Boolean(globals["data-dir"]) && !globals["all-dirs"];
    this.#env = io.env;
    this.store = this.#isDryRun ? dryRunStore(this.directory) : this.#watched(this.directory);
    this.#options = {
      store: this.store,
      signerPolicy: "identity-first",
      audit: (events) => void this.changes.push(...events),
      tolerates: (problem) => this.#tolerates(problem),
      ...(io.clock === undefined ? {} : { clock: io.clock }),
    };
  }

  /** The library over the store. */
  get nsc(): Nsc {
    this.#nsc ??= openNsc(this.#options);
    return this.#nsc;
  }

  /** Keeps the command from ending, however it is interrupted, before work is over that ends by itself then. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held = work.catch(() => undefined);
    return await work;
  }

  /** Does something in spite of the problems that are tolerated meanwhile. */
  async tolerating<T>(tolerates: (problem: NscError) => boolean, work: () => Promise<T>): Promise<T> {
    const before = this.#tolerates;
    this.#tolerates = tolerates;
    try {
      return await work();
    } finally {
      this.#tolerates = before;
    }
  }

  /** Resolves when no commit is under way, and nothing that is held. */
  async settled(): Promise<void> {
    await this.#held;
    await this.#commits;
  }

  /** The operator and the account that commands are about. It is read once, and again after what may have changed it. */
  async context(): Promise<NscContext> {
    if (this.#context !== undefined) return this.#context;
    this.#read ??= this.directory.context();
    return await this.#read;
  }

  /**
   * Makes an operator or account the one that commands are about, and saves that. It is for this command only in dry runs,
   * where the working directory alone has a say, and where a flag says other stores than those that `nsc.json` is about,
   * unless these are to be the ones from now on: nsc would go on with them anyway.
   */
  async select(change: NscContextChange): Promise<void> {
    const isForNow = this.#isDryRun || this.#env["NSC_CWD_ONLY"] !== undefined;
    if (!isForNow && (change.storesDir === true || !(await this.#isElsewhere()))) {
      this.#read = undefined;
      await this.directory.setContext({ ...change, storesDir: true });
      return;
    }
    const { operator, account } = await this.context();
    this.#context = {
      operator: change.operator ?? operator,
      account: change.account ?? (change.operator === undefined ? account : undefined),
    };
  }

  /** Whether the stores were said for this command, and are not those that the saved context is about. */
  async #isElsewhere(): Promise<boolean> {
    if (!this.#hasOwnStores) return false;
    const saved = nscDirectory({ configDir: this.directory.configDir, env: this.#env });
    return saved.storesDir !== this.directory.storesDir;
  }

  /** The name of the current operator. */
  async operatorName(): Promise<string> {
    const { operator } = await this.context();
    if (operator !== undefined) return operator;
    const names = await this.names([]);
    throw new CommandError("set an operator -- 'nsc env -o operatorName'", {
      code: "ERR_NO_OPERATOR",
      hint:
        names.length === 0
          ? `there is none in ${this.directory.storesDir}: make one with 'nsc add operator' or 'nsc init'`
          : `there are ${names.join(", ")}`,
    });
  }

  /** Refuses the name of an operator that is not there. */
  async assertOperator(name: string): Promise<void> {
    if ((await this.names([])).includes(name)) return;
    throw new CommandError(`operator ${quote(name)} not in ${quotePath(this.directory.storesDir)}`, {
      code: "ERR_ENTITY_NOT_FOUND",
    });
  }

  async operator(): Promise<Operator> {
    return await this.nsc.operator(await this.operatorName());
  }

  /**
   * The name of the account that a command is about.
   *
   * @param given - a name or a public key; the current account by default
   */
  async accountName(given?: string): Promise<string> {
    const operator = await this.operatorName();
    if (given === undefined || given === "") {
      const { account } = await this.context();
      if (account !== undefined) return account;
      const names = await this.names([operator]);
      throw new CommandError("an account is required", {
        code: "ERR_NO_ACCOUNT",
        showsUsage: true,
        hint: names.length === 0 ? "make one with 'nsc add account'" : `there are ${someOf(names)}`,
      });
    }
    if (keyPrefix(given) === "account") {
      const name = await this.nameOf(given, [operator]);
      if (name === undefined) {
        throw new CommandError(`no account found with public key ${given}`, { code: "ERR_ENTITY_NOT_FOUND" });
      }
      return name;
    }
    if ((await this.store.read([operator, given])) !== undefined) return given;
    throw this.accountNotFound(operator, given);
  }

  /** The error about an account that an operator does not have. */
  accountNotFound(operator: string, account: string): CommandError {
    const root = quotePath(this.directory.storesDir);
    return new CommandError(`${quote(account)} not in accounts for operator ${quote(operator)} in ${root}`, {
      code: "ERR_ENTITY_NOT_FOUND",
    });
  }

  /**
   * The name under which a public key is stored right below a prefix. Looking there alone takes a fraction of the time of
   * `store.find`, which looks at all users.
   */
  async nameOf(publicKey: string, prefix: StorePrefix): Promise<string | undefined> {
    if (this.#isDryRun && this.changes.length > 0) {
      // What would be changed is in no folder.
      const found = await this.store.find(publicKey);
      return found.find((path) => pathKey(prefixOf(path)) === pathKey(prefix))?.at(-1);
    }
    const entries = await storedTokens(this.directory, prefix);
    return entries.find(({ token }) => token !== undefined && subjectOf(token) === publicKey)?.path.at(-1);
  }

  /** The account that a command is about; see `accountName`. */
  async account(given?: string): Promise<Account> {
    const operator = await this.operator();
    return await operator.account(await this.accountName(given));
  }

  /**
   * The user that a command is about.
   *
   * @param given - a name or a public key; the only user of the account by default
   */
  async user(account: Account, given?: string): Promise<User> {
    const operator = await this.operatorName();
    const names = await this.names([operator, account.name]);
    if (given === undefined || given === "") {
      if (names.length === 1) return await account.user(names[0] as string);
      throw new CommandError("user is required", {
        code: "ERR_NO_USER",
        hint: names.length === 0 ? "make one with 'nsc add user'" : `there are ${someOf(names)}`,
      });
    }
    if (names.includes(given)) return await account.user(given);
    if (keyPrefix(given) === "user") {
      const name = await this.nameOf(given, [operator, account.name]);
      if (name !== undefined) return await account.user(name);
      throw new CommandError(`no user found with public key ${given}`, { code: "ERR_ENTITY_NOT_FOUND" });
    }
    throw await this.userNotFound(account.name, given);
  }

  /** The error about a user that an account does not have. */
  async userNotFound(account: string, user: string): Promise<CommandError> {
    const isCurrent = (await this.context()).account === account;
    const where = isCurrent ? "the current account" : `account ${quote(account)}`;
    return new CommandError(`user ${user} does not exist in ${where}`, { code: "ERR_ENTITY_NOT_FOUND" });
  }

  /** The names of the operators, of an operator's accounts, or of an account's users. */
  async names(prefix: StorePrefix): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.store.list(prefix)) names.push(name);
    return names;
  }

  /** The store as it is, but it is known when its commits are over. */
  #watched(directory: NscDirectory): Store {
    return new Proxy(directory, {
      get: (store, name) => {
        const member = Reflect.get(store, name) as unknown;
        if (typeof member !== "function") return member;
        if (name !== "commit") return member.bind(store);
        return (commit: Parameters<Store["commit"]>[0]) => {
          const made = store.commit(commit);
          // An account that was the only one may not be any more.
          const forget = (): void => {
            this.#read = undefined;
          };
          this.#commits = made.then(forget, forget);
          return made;
        };
      },
    });
  }
}

/** Names for people: the first few where there are many. */
function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
