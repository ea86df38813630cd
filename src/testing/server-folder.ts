import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The folder that one server lives in. */
export interface ServerFolder {
  readonly path: string;
  /** Made for this server, and removed with it. */
  readonly temporary: boolean;
  /** The configuration that the server is started with; it includes {@link ServerFolder.configFile}. */
  readonly mainFile: string;
  /** The configuration as the caller wrote it. */
  readonly configFile: string;
  readonly logFile: string;
  /** Removes a temporary folder; another one is its owner's. */
  remove(): Promise<void>;
}

/** The folder named, made if need be, or a fresh one. Only the user of this process can read what is made here. */
export async function openServerFolder(dir: string | undefined): Promise<ServerFolder> {
  const temporary = dir === undefined;
  const path = temporary ? await realpath(await mkdtemp(join(tmpdir(), "nats-server-"))) : resolve(dir);
  if (!temporary) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    // What a server that was killed has left here could be taken for the new one's, were they to share a process id.
    for (const name of await readdir(path)) if (name.endsWith(".ports")) await rm(join(path, name), { force: true });
  }
  return {
    path,
    temporary,
    mainFile: join(path, "main.conf"),
    configFile: join(path, "nats-server.conf"),
    logFile: join(path, "nats-server.log"),
    remove: async () => {
      if (temporary) await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
    },
  };
}

/**
 * Writes the configuration. The caller's text stays a file of its own, so that the line numbers in the server's messages
 * are the caller's; it stands between what it may overrule and what it may not (of two equal keys the last one counts).
 *
 * JetStream is not switched on by the server's flags `-js` and `-sd`: up to 2.10 a reload forgets the first, which stops
 * JetStream, and is refused because of the second.
 */
export async function writeServerConfig(folder: ServerFolder, config: string, jetstream: boolean): Promise<void> {
  const main = [
    ...(jetstream ? ["jetstream: enabled"] : []),
    `include ${JSON.stringify("nats-server.conf")}`,
    `store_dir: ${JSON.stringify(folder.path)}`,
    "",
  ].join("\n");
  await writePrivateFile(folder.configFile, config);
  await writePrivateFile(folder.mainFile, main);
}

/** A fresh file each time: writing to one that is there would keep its mode, and follow a link. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, text, { mode: 0o600, flag: "wx" });
}
