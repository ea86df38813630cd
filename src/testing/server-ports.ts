import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";

/** Where a server listens: the content of the file that `--ports_file_dir` makes it write. */
export interface ServerPorts {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly monitorUrl?: string;
  readonly clusterUrl?: string;
}

/**
 * Reads the ports file of the server with that process id; undefined as long as there is none. The server writes it when
 * all its listeners are open (`Server.logPorts`), so its content also says that the server is ready.
 */
export async function readServerPorts(folder: string, binary: string, pid: number): Promise<ServerPorts | undefined> {
  let content: Readonly<Record<string, readonly string[] | undefined>>;
  try {
    content = JSON.parse(await readFile(join(folder, `${basename(binary)}_${pid}.ports`), "utf8"));
  } catch {
    // Not there yet, or half written.
    return undefined;
  }
  const url = content["nats"]?.[0];
  if (url === undefined) return undefined;
  const { hostname, port } = new URL(url);
  const monitorUrl = content["monitoring"]?.[0];
  const clusterUrl = content["cluster"]?.[0];
  return {
    url,
    host: hostname,
    port: Number(port),
    ...(monitorUrl !== undefined && { monitorUrl }),
    ...(clusterUrl !== undefined && { clusterUrl }),
  };
}
