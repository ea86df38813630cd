import { closeSync, openSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseWaitTime } from "../encoding/wait-time.ts";
import { NscError } from "../errors.ts";
import { type FoundNatsServer, findNatsServer } from "./find-nats-server.ts";
import { type ServerConfigSource, serverConfigText } from "./server-config-text.ts";
import { openServerFolder, type ServerFolder, writePrivateFile, writeServerConfig } from "./server-folder.ts";
import { logExcerpt, readLog } from "./server-log.ts";
import { readServerPorts, type ServerPorts } from "./server-ports.ts";
import { type ProcessEnd, type ServerProcess, startServerProcess } from "./server-process.ts";

/** Options of {@link startNatsServer}. */
export interface NatsServerOptions {
  /**
   * The configuration: its text (not a path), or something whose `toString()` gives the text. Default: none, which is a
   * server that lets everybody in. Relative paths in it start at the server's folder. It cannot move the client port
   * (`listen`, `host`, `port` are overruled; see the option) nor JetStream's storage; with a `store_dir` of its own the server may refuse
   * to start. Other listeners that it opens (`http`, `websocket`, `cluster`, ...) are where it says: give them
   * `127.0.0.1:-1`. Leave `log_file` out, or {@link RunningNatsServer.log} is empty.
   */
  readonly config?: ServerConfigSource;
  /** Switches JetStream on; `jetstream` in the configuration does so too, with more to say. Default: false. */
  readonly jetstream?: boolean;
  /** The client port. Default: one that the system chooses; say one to start a server again where clients look for it. */
  readonly port?: number;
  /** The binary. Default: the one that {@link findNatsServer} finds. */
  readonly server?: string;
  /** More arguments, such as `["-DV"]`, or `["-m", "-1"]` for a monitoring port. Those that this function sets win. */
  readonly args?: readonly string[];
  /**
   * The folder for configuration, log and JetStream data, made if need be; it stays when the server stops, so that a
   * second server can go on with it. Default: a fresh temporary folder that goes with the server.
   */
  readonly dir?: string;
  /** Aborting stops the server, or the start of it, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** How long the server may take to be ready, such as "500ms", "10s", "1m". Default: "10s". */
  readonly startTimeout?: string;
}

/** A server started by {@link startNatsServer}. With `await using` it is stopped at the end of the block. */
export interface RunningNatsServer extends AsyncDisposable {
  /** For clients: "nats://127.0.0.1:…", or "tls://…" if the configuration asks for TLS. */
  readonly url: string;
  /** "127.0.0.1". */
  readonly host: string;
  /** The port of clients. */
  readonly port: number;
  /** The process id of the server. */
  readonly pid: number;
  /** The server's version, such as "2.15.1". */
  readonly version: string;
  /** Where other servers of a cluster connect to, as a route, if the configuration has a `cluster`. */
  readonly clusterUrl?: string;
  /** The folder of configuration, log and JetStream data. */
  readonly dir: string;
  /** Where monitoring answers, if the configuration or `args` ask for it. */
  readonly monitorUrl?: string;
  /** What the server has logged, its last mebibyte at most; also after `stop()`. It may hold what the server was told. */
  log(): string;
  /** Stops the server and removes its temporary folder. It may be called again, and after the server ended by itself. */
  stop(): Promise<void>;
  /**
   * Makes the server read its configuration again, after replacing it if one is given, and waits for its verdict. Not on
   * Windows, which has no such signal.
   *
   * @throws NscError `ERR_SERVER_RELOAD` with the server's words if it refuses the configuration, has ended, or
   * says nothing for 5 seconds.
   */
  reload(config?: ServerConfigSource): Promise<void>;
}

const HOST = "127.0.0.1";
/** As nats-server writes it. */
const ANY_PORT = -1;
const POLL_MS = 10;
const STOP_GRACE_MS = 5000;
const RELOAD_TIMEOUT_MS = 5000;

/**
 * Starts a nats-server for a test: on 127.0.0.1, by default on a port that the system chooses, with all its files in one folder that
 * only the current user can read. Resolves when the server is ready. The server ends with `stop()`, at the latest together
 * with this process, even if that is killed (on Windows: unless it is killed); it does not keep this process alive. It is
 * what `RunServer` of nats-server's Go package `test` is to tests in Go.
 *
 * @param options - configuration, JetStream, binary, folder, signal, time limit; all optional
 * @returns the running server
 * @throws NscError `ERR_SERVER_NOT_FOUND` if there is no binary; `ERR_SERVER_START` if the server refuses its
 * configuration, ends or is not ready in time, with the end of its log, seeds and tokens hidden; `ERR_ARGUMENT_INVALID`
 * for options that are not as documented. The signal's reason if it was aborted.
 *
 * @example
 * ```ts
 * import { connect } from "node:net";
 * import { startNatsServer } from "nsc.js/testing";
 *
 * const server = await startNatsServer({ jetstream: true });
 * const socket = connect(server.port, server.host);
 * socket.once("data", (info) => {
 *   console.log(info.toString()); // INFO {"server_id":"N…
 *   socket.end();
 *   void server.stop();
 * });
 * ```
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<RunningNatsServer> {
  const { signal, jetstream = false, args = [] } = options;
  signal?.throwIfAborted();
  const timeout = parseWaitTime(options.startTimeout ?? "10s", "startTimeout");
  const config = serverConfigText(options.config ?? "");
  const { port = ANY_PORT } = options;
  if (port !== ANY_PORT && !(Number.isSafeInteger(port) && port > 0 && port < 65_536)) {
    throw new NscError("ERR_ARGUMENT_INVALID", "port must be a number from 1 to 65535");
  }
  const binary = await findNatsServer(options.server === undefined ? {} : { path: options.server });

  const folder = await openServerFolder(options.dir);
  let server: ServerProcess | undefined;
  try {
    await writeServerConfig(folder, config, jetstream);
    await writePrivateFile(folder.logFile, "");
    server = spawnServer(binary, folder, args, port);
    const ports = await untilReady(server, binary, folder, timeout, signal);
    return runningServer(server, binary, folder, ports, jetstream, signal);
  } catch (error) {
    await server?.end(0);
    await folder.remove();
    throw error;
  }
}

function spawnServer(
  binary: FoundNatsServer,
  folder: ServerFolder,
  args: readonly string[],
  port: number,
): ServerProcess {
  // Of a flag given twice the last one counts, and flags count more than the configuration, on reload as well.
  const own = ["-c", folder.mainFile, "-a", HOST, "-p", String(port), "--ports_file_dir", folder.path];
  const output = openSync(folder.logFile, "a");
  try {
    const temporaryFolder = folder.temporary ? folder.path : undefined;
    return startServerProcess(binary.path, [...args, ...own], { cwd: folder.path, output, temporaryFolder });
  } finally {
    closeSync(output);
  }
}

async function untilReady(
  server: ServerProcess,
  binary: FoundNatsServer,
  folder: ServerFolder,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<ServerPorts> {
  const deadline = performance.now() + timeout;
  for (;;) {
    signal?.throwIfAborted();
    if (server.pid === undefined || server.hasEnded()) {
      const how = describeEnd(await server.ended);
      throw serverError("ERR_SERVER_START", `nats-server ${binary.version} ${how} instead of starting`, folder);
    }
    const ports = await readServerPorts(folder.path, binary.path, server.pid);
    if (ports !== undefined) return ports;
    if (performance.now() > deadline) {
      throw serverError("ERR_SERVER_START", `nats-server ${binary.version} was not ready within ${timeout} ms`, folder);
    }
    await sleep(POLL_MS);
  }
}

function runningServer(
  server: ServerProcess,
  binary: FoundNatsServer,
  folder: ServerFolder,
  ports: ServerPorts,
  jetstream: boolean,
  signal: AbortSignal | undefined,
): RunningNatsServer {
  const pid = server.pid as number;
  let lastLog: string | undefined;
  let stopping: Promise<void> | undefined;

  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      signal?.removeEventListener("abort", onAbort);
      await server.end(STOP_GRACE_MS);
      lastLog = readLog(folder.logFile);
      await folder.remove();
    })();
    return stopping;
  };
  const onAbort = (): void => {
    // Nobody waits for this one; who calls stop() learns what went wrong.
    stop().catch(() => undefined);
  };
  signal?.addEventListener("abort", onAbort, { once: true });

  let reloading: Promise<void> = Promise.resolve();
  const reload = (config?: ServerConfigSource): Promise<void> => {
    const reloadNow = async (): Promise<void> => {
      if (config !== undefined) await writeServerConfig(folder, serverConfigText(config), jetstream);
      await reloadServer(server, folder);
    };
    // One after the other, since the log does not say to which request it replies.
    const result = reloading.then(reloadNow);
    reloading = result.catch(() => undefined);
    return result;
  };

  return Object.freeze({
    ...ports,
    pid,
    version: binary.version,
    dir: folder.path,
    log: () => lastLog ?? readLog(folder.logFile),
    stop,
    reload,
    [Symbol.asyncDispose]: stop,
  });
}

async function reloadServer(server: ServerProcess, folder: ServerFolder): Promise<void> {
  if (process.platform === "win32") {
    throw new NscError("ERR_ARGUMENT_INVALID", "a reload needs a signal that Windows does not have: stop and start");
  }
  const from = statSync(folder.logFile, { throwIfNoEntry: false })?.size ?? 0;
  const deadline = performance.now() + RELOAD_TIMEOUT_MS;
  server.kill("SIGHUP");
  for (;;) {
    if (server.hasEnded()) throw serverError("ERR_SERVER_RELOAD", "the nats-server to reload has ended", folder);
    const verdict = /Failed to reload server configuration: .*|Reloaded server configuration/.exec(
      readLog(folder.logFile, from),
    )?.[0];
    if (verdict?.startsWith("Reloaded")) return;
    if (verdict !== undefined) throw new NscError("ERR_SERVER_RELOAD", verdict);
    if (performance.now() > deadline) {
      throw serverError(
        "ERR_SERVER_RELOAD",
        `the nats-server did not say within ${RELOAD_TIMEOUT_MS} ms how its reload went`,
        folder,
      );
    }
    await sleep(POLL_MS);
  }
}

function describeEnd({ code, signal, error }: ProcessEnd): string {
  if (error !== undefined) return `could not be run (${error.message})`;
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}

function serverError(code: "ERR_SERVER_START" | "ERR_SERVER_RELOAD", message: string, folder: ServerFolder): NscError {
  return new NscError(code, `${message}; the end of its log:\n${logExcerpt(readLog(folder.logFile))}`);
}
