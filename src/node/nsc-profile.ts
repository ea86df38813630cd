import { Nsc } from "../authority/nsc.ts";
import { type Profile, profile } from "../authority/reports/profile.ts";
import { assertNscUrl, type NscUrl, parseNscUrl } from "../config/nsc-url.ts";
import { assertOptions } from "./assert-arguments.ts";
import type { NscDirectoryOptions } from "./directory.ts";
import { nscDirectory } from "./nsc-directory.ts";

/**
 * The profile of what an `nsc://` URL names in nsc's folders: what `nsc generate profile` prints, with the path of the creds
 * file if there is one. The URL's `store` and `keystore` are folders that overrule the others. Nothing is written.
 *
 * @param url - the URL, or what `parseNscUrl` makes of one
 * @param options - where nsc's folders are, as for `nscDirectory`
 * @throws NscError as `profile` and `nscDirectory` do
 *
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { Nsc } from "nsc.js";
 * import { nscDirectory, nscProfile } from "nsc.js/node";
 *
 * const allDirs = await mkdtemp(join(tmpdir(), "nsc-"));
 * const operator = await new Nsc({ store: nscDirectory({ allDirs }) }).addOperator("local");
 * await (await operator.addAccount("APP")).addUser("alice");
 *
 * const { user_creds } = await nscProfile("nsc://local/APP/alice", { allDirs });
 * user_creds === join(allDirs, "creds/local/APP/alice.creds"); // true
 * ```
 */
export async function nscProfile(url: string | NscUrl, options: NscDirectoryOptions = {}): Promise<Profile> {
  const given: NscUrl = typeof url === "string" ? parseNscUrl(url) : url;
  assertNscUrl(given);
  assertOptions(options, OPTIONS);
  const { store: storesDir, keystore: keystoreDir, ...names } = given;
  let directory = nscDirectory(options);
  if (storesDir !== undefined || keystoreDir !== undefined) {
    // One folder for all would overrule those of the URL.
    const { allDirs: _, ...others } = options;
    const { configDir } = directory;
    const folders = { storesDir: storesDir ?? directory.storesDir, keystoreDir: keystoreDir ?? directory.keystoreDir };
    directory = nscDirectory({ ...others, configDir, ...folders });
  }
  return await profile(new Nsc({ store: directory }), names, { credsFile: (path) => directory.credsFile(path) });
}

const OPTIONS: readonly string[] = ["allDirs", "configDir", "storesDir", "keystoreDir", "cwd", "env", "lockTimeout"];
