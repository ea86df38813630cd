import { createHash } from "node:crypto";
import { cp, lstat, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CommandHome } from "./run-command.ts";
import { storedTree } from "./stored-tree.ts";

/** Public keys of a prepared home. */
export interface PreparedKeys {
  readonly operator: string;
  /** Of the operator. */
  readonly signingKey: string;
  readonly A: string;
  readonly B: string;
  readonly alice: string;
  readonly wendy: string;
  /** Of account A, without a role. */
  readonly accountKey: string;
}

/** A home folder that has something for every command. */
export interface PreparedHome {
  readonly home: CommandHome;
  readonly keys: PreparedKeys;
}

/**
 * Makes a home folder with the operator "local". Its account A, the current one, exports a stream and a private service, maps a
 * subject, has a role "web" and revokes a user and an activation; the users alice, wendy (of the role) and bob are A's and B's,
 * and B imports the stream. `SYS` is the system account. `other` is another operator.
 */
export async function prepareHome(): Promise<PreparedHome> {
  const home = await CommandHome.make();
  for (const line of [
    "add operator other",
    "add operator local --generate-signing-key --sys",
    "add account A",
    "edit account A --sk generate",
    "edit signing-key -a A --sk generate --role web --allow-pub in.>",
    "add export -a A --subject a.>",
    "add export -a A --subject q.svc --service --private",
    "add mapping -a A --from m --to n",
    "add user -a A alice --allow-pub orders.>",
    "add user -a A wendy -K web",
    "add account B",
    "add user -a B bob",
    "add import -a B --src-account A --remote-subject a.>",
    "revocations add-user -a B -u *",
    "revocations add_activation -a A --service --subject q.svc --target-account B",
    "select account A",
  ]) {
    await home.nsc(...line.split(" "));
  }
  const nsc = storedTree(home);
  const operator = await nsc.operator("local");
  const [A, B] = [await operator.account("A"), await operator.account("B")];
  const accountKey = A.claims.nats.signing_keys?.find((key) => typeof key === "string");
  return {
    home,
    keys: {
      operator: operator.publicKey,
      signingKey: operator.claims.nats.signing_keys?.[0] as string,
      A: A.publicKey,
      B: B.publicKey,
      alice: (await A.user("alice")).publicKey,
      wendy: (await A.user("wendy")).publicKey,
      accountKey: accountKey as string,
    },
  };
}

/** The same home folder elsewhere, for one command line. */
export async function copyHome({ home }: PreparedHome): Promise<CommandHome> {
  const copy = await CommandHome.make();
  await cp(home.path, copy.path, { recursive: true });
  const config = join(copy.path, ".config/nats/nsc/nsc.json");
  await writeFile(config, (await readFile(config, "utf8")).replaceAll(home.path, copy.path));
  return copy;
}

/** Every file below a folder with what is in it and who may read it. */
export async function snapshotOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const snapshot: Record<string, string> = {};
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const mode = ((await lstat(path)).mode & 0o777).toString(8);
    const content = entry.isDirectory()
      ? ""
      : entry.isSymbolicLink()
        ? await readlink(path)
        : createHash("sha256")
            .update(await readFile(path))
            .digest("hex");
    snapshot[path.slice(folder.length + 1)] = `${mode} ${content}`;
  }
  return snapshot;
}
