import type { Store, StoredToken, StorePrefix } from "../store/store.ts";
import type { NscContext, NscContextChange } from "./context.ts";
import type { NscFinding } from "./finding.ts";
import type { KeystoreMigration } from "./migrate-keystore.ts";

/** Options of `nscDirectory`. Of paths `~` at the beginning stands for the home folder. */
export interface NscDirectoryOptions {
  /** One folder for all, as with nsc's `--all-dirs`; it overrules the others. */
  readonly allDirs?: string;
  /** The folder of `nsc.json`, which only `setContext` writes. Default: `$NSC_HOME`, else nsc's own. */
  readonly configDir?: string;
  /**
   * The folder with one folder for each operator. Default: by `cwd`, else what `nsc.json` names, else nsc's own; where
   * `$NSC_CWD_ONLY` is set, by `cwd`, else that itself.
   */
  readonly storesDir?: string;
  /** The folder of keys and creds. Default: `$NKEYS_PATH`, else nsc's own. */
  readonly keystoreDir?: string;
  /**
   * A working directory, which as with nsc says the stores, the operator and the account if it is in an operator's folder
   * or holds such folders. Default: none has a say, unless `$NSC_CWD_ONLY` is set, and then that of the process has.
   */
  readonly cwd?: string;
  /** Environment variables. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * Whether reads let nothing else of the process run until they are done, which for many small files takes a tenth of the
   * time. For command lines and scripts, which have nothing else to do; not for services. Commits wait as always. Default:
   * false.
   */
  readonly blockingReads?: boolean;
  /** How long to wait for other processes that commit, such as "500ms" or "1m". Default: "10s". */
  readonly lockTimeout?: string;
}

/** A store over nsc's folders, and where they are. */
export interface NscDirectory extends Store {
  /** The folder with one folder for each operator. */
  readonly storesDir: string;
  /** The folder of keys and creds. */
  readonly keystoreDir: string;
  /** The folder of `nsc.json`. */
  readonly configDir: string;

  /**
   * The operator and the account that nsc works with when it is not told another one, by nsc's rules: what the working
   * directory says, if it has a say; what `nsc.json` says, if that exists; the only one that there is. Everything else of
   * a directory goes by names and keys, and not by a context.
   *
   * @throws NscError `ERR_STORE_DAMAGED` for an `nsc.json` that can't be read as one, `ERR_STORE_IO`
   *
   * @example
   * ```ts
   * import { mkdtemp } from "node:fs/promises";
   * import { tmpdir } from "node:os";
   * import { join } from "node:path";
   * import { Nsc } from "nsc.js";
   * import { nscDirectory } from "nsc.js/node";
   *
   * const directory = nscDirectory({ allDirs: await mkdtemp(join(tmpdir(), "nsc-")) });
   * await new Nsc({ store: directory }).addOperator("local");
   * (await directory.context()).operator; // "local"
   * ```
   */
  context(): Promise<NscContext>;

  /**
   * Writes the context into `nsc.json` as nsc does, but all at once, and with the members of that file that we don't know,
   * which nsc would drop. What is there as `store_root` stays: folders that were asked for only here don't get into the
   * file unless `storesDir` says so, or there is no such file.
   *
   * @param change - the operator, the account, or both
   * @returns the context as it is written
   * @throws NscError `ERR_ENTITY_NOT_FOUND` for an operator or account that is not there; `ERR_ARGUMENT_INVALID`, also
   * where `nsc.json` is about other stores and `storesDir` does not say that this is to change, and where `$NSC_CWD_ONLY`
   * is set; `ERR_STORE_DAMAGED` for an `nsc.json` that can't be read as one; `ERR_STORE_IO`, `ERR_STORE_LOCKED`
   *
   * @example
   * ```ts
   * import { mkdtemp } from "node:fs/promises";
   * import { tmpdir } from "node:os";
   * import { join } from "node:path";
   * import { Nsc } from "nsc.js";
   * import { nscDirectory } from "nsc.js/node";
   *
   * const directory = nscDirectory({ allDirs: await mkdtemp(join(tmpdir(), "nsc-")) });
   * const operator = await new Nsc({ store: directory }).addOperator("local");
   * for (const name of ["A", "B"]) await operator.addAccount(name);
   * (await directory.setContext({ account: "B" })).account; // "B"
   * ```
   */
  setContext(change: NscContextChange): Promise<NscContext>;

  /**
   * Looks at everything in the folders, and gives what is damaged, out of place, missing, or not nsc's, as it is found.
   * It changes nothing. Signatures are verified, which takes about thirteen seconds for 100,000 users; in memory it keeps the
   * public keys and one folder's names. What is being written meanwhile may appear as a finding.
   *
   * @returns findings, of which none holds a secret; an empty or missing folder has none
   * @throws NscError `ERR_STORE_IO` when one of the folders itself can't be read; what is in it is never an error
   *
   * @example
   * ```ts
   * import { mkdtemp, writeFile } from "node:fs/promises";
   * import { tmpdir } from "node:os";
   * import { join } from "node:path";
   * import { Nsc } from "nsc.js";
   * import { nscDirectory } from "nsc.js/node";
   *
   * const allDirs = await mkdtemp(join(tmpdir(), "nsc-"));
   * const directory = nscDirectory({ allDirs });
   * await new Nsc({ store: directory }).addOperator("local");
   * await writeFile(join(allDirs, "local/local.jwt"), "no token", { mode: 0o600 });
   *
   * const codes = [];
   * for await (const { code } of directory.inspect()) codes.push(code);
   * codes.join(); // "BAD_TOKEN,ORPHAN_KEY"
   * ```
   */
  inspect(): AsyncIterable<NscFinding>;

  /**
   * The tokens directly below a prefix, sorted by name: the same that `list` and `read` give, in a tenth of the time where
   * there are many. As with those, nobody has verified their signatures. What can't be read is in the way of nothing else.
   *
   * @param prefix - nothing for the operators, an operator for its accounts, an account for its users
   * @throws NscError `ERR_STORE_DAMAGED` after the last, when some can't be read; `ERR_STORE_IO`; `ERR_ARGUMENT_INVALID`
   *
   * @example
   * ```ts
   * import { mkdtemp } from "node:fs/promises";
   * import { tmpdir } from "node:os";
   * import { join } from "node:path";
   * import { decode, Nsc } from "nsc.js";
   * import { nscDirectory } from "nsc.js/node";
   *
   * const directory = nscDirectory({ allDirs: await mkdtemp(join(tmpdir(), "nsc-")) });
   * const operator = await new Nsc({ store: directory }).addOperator("local");
   * await operator.addAccount("APP");
   * for await (const { path, token } of directory.tokens(["local"])) {
   *   path.join("/"); // "local/APP"
   *   decode(token, { kind: "account" }).nats.limits.conn; // -1
   * }
   * ```
   */
  tokens(prefix: StorePrefix): AsyncIterable<StoredToken>;

  /**
   * The tokens below an operator or account whose own token is missing. Nothing else shows them: without the one above it
   * a token does not exist, for nsc either. `rebuildTree` takes them into account.
   *
   * @throws NscError `ERR_STORE_IO`
   *
   * @example
   * ```ts
   * import { mkdtemp, rm } from "node:fs/promises";
   * import { tmpdir } from "node:os";
   * import { join } from "node:path";
   * import { Nsc } from "nsc.js";
   * import { nscDirectory } from "nsc.js/node";
   *
   * const allDirs = await mkdtemp(join(tmpdir(), "nsc-"));
   * const directory = nscDirectory({ allDirs });
   * const account = await (await new Nsc({ store: directory }).addOperator("local")).addAccount("APP");
   * await account.addUser("alice");
   * await rm(join(allDirs, "local/accounts/APP/APP.jwt")); // lost
   * for await (const { path } of directory.stranded()) {
   *   path.join("/"); // "local/APP/alice"
   * }
   * ```
   */
  stranded(): AsyncIterable<StoredToken>;

  /**
   * The path of the creds file of a user, if there is one. It is written with every commit of a user whose seed is kept.
   *
   * @param path - the names of the operator, the account and the user
   * @returns the absolute path; nothing where there is no such file
   * @throws NscError `ERR_STORE_IO`
   *
   * @example
   * ```ts
   * import { mkdtemp } from "node:fs/promises";
   * import { tmpdir } from "node:os";
   * import { join } from "node:path";
   * import { Nsc } from "nsc.js";
   * import { nscDirectory } from "nsc.js/node";
   *
   * const directory = nscDirectory({ allDirs: await mkdtemp(join(tmpdir(), "nsc-")) });
   * const account = await (await new Nsc({ store: directory }).addOperator("local")).addAccount("APP");
   * await account.addUser("alice");
   * (await directory.credsFile(["local", "APP", "alice"]))?.endsWith("alice.creds"); // true
   * ```
   */
  credsFile(path: readonly [operator: string, account: string, user: string]): Promise<string | undefined>;

  /**
   * Moves a keystore of old versions of nsc, with keys and creds anywhere, into the folders of today. A new folder is made
   * beside the old one and takes its place when it is complete; the old one stays, beside it and as it was. What can't be
   * moved, such as a damaged key, is reported and is only in the old folder. Nobody may write into the keystore
   * meanwhile; commits to the same stores wait, and what comes from elsewhere is reported as left.
   *
   * @returns what was done; without anything to do nothing is changed
   * @throws NscError `ERR_ARGUMENT_INVALID` where the keystore's folder holds the stores or `nsc.json`, too; `ERR_STORE_IO`,
   * `ERR_STORE_LOCKED`
   *
   * @example
   * ```ts
   * import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
   * import { tmpdir } from "node:os";
   * import { join } from "node:path";
   * import { createKeyPair } from "nsc.js";
   * import { nscDirectory } from "nsc.js/node";
   *
   * const home = await mkdtemp(join(tmpdir(), "nsc-"));
   * const pair = createKeyPair("account");
   * await mkdir(join(home, "keys"));
   * await writeFile(join(home, "keys", "APP.nk"), pair.getSeed());
   *
   * const directory = nscDirectory({ storesDir: join(home, "stores"), keystoreDir: join(home, "keys") });
   * const { entries } = await directory.migrateKeystore();
   * entries[0]?.outcome; // "moved"
   * ((await directory.getKey(pair.publicKey)) ?? "").slice(0, 2); // "SA"
   * ```
   */
  migrateKeystore(): Promise<KeystoreMigration>;
}
