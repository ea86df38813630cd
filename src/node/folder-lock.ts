import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { NscError } from "../errors.ts";
import { hasSystemCode, ioError } from "./io-error.ts";
import { monotonicMs } from "./monotonic.ts";
import { hasEnded, type ProcessIdentity, readIdentity } from "./process-identity.ts";

const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 25;

/** Someone who has, or waits for, the lock. */
interface Contender {
  readonly file: string;
  /** Nothing while it chooses one. */
  readonly ticket: number | undefined;
  readonly id: string;
  /** Nothing for those of a version that writes other names. */
  readonly owner: ProcessIdentity | undefined;
}

/**
 * A lock between processes, and between the stores of one process: Lamport's bakery, with a folder as its memory. Each
 * contender has one empty file, and its name says everything: a ticket, and whose it is. Nobody ever replaces or takes
 * over another's file, so the file of a process that has ended can be removed by anyone at any time without a race.
 *
 * A folder that is being listed shows for certain only what is there all the while. So whoever drew a ticket while the
 * first list was read, and appears in it neither as choosing nor with its ticket, is in the second.
 */
export class FolderLock {
  readonly #folder: string;
  readonly #timeoutMs: number;
  #me: Promise<ProcessIdentity> | undefined;

  constructor(folder: string, timeoutMs: number) {
    this.#folder = folder;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Waits for the lock.
   *
   * @returns what gives it back
   * @throws NscError `ERR_STORE_LOCKED`, `ERR_STORE_IO`
   */
  async acquire(): Promise<() => Promise<void>> {
    this.#me ??= readIdentity();
    const me = await this.#me;
    const deadline = monotonicMs() + this.#timeoutMs;
    const id = formatId(me);
    let file = `choosing-${id}`;
    try {
      await this.#enter(file, deadline);
      const ticket = 1 + Math.max(0, ...(await this.#contenders()).map((other) => other.ticket ?? 0));
      const numbered = `${ticket}-${id}`;
      await rename(join(this.#folder, file), join(this.#folder, numbered));
      file = numbered;
      await this.#wait(me, deadline, (other) => other.ticket === undefined);
      await this.#wait(me, deadline, (other) => {
        if (other.ticket === undefined || other.id === id) return false;
        return other.ticket < ticket || (other.ticket === ticket && other.id < id);
      });
    } catch (cause) {
      await this.#leave(file);
      throw ioError(`locking ${this.#folder}`, cause);
    }
    return () => this.#leave(file);
  }

  /** The folder goes with its last contender, which may be between our two steps. */
  async #enter(file: string, deadline: number): Promise<void> {
    for (;;) {
      try {
        await mkdir(this.#folder, { mode: 0o700 });
      } catch (error) {
        if (!hasSystemCode(error, "EEXIST")) throw error;
      }
      try {
        await (await open(join(this.#folder, file), "wx", 0o600)).close();
        return;
      } catch (error) {
        if (!hasSystemCode(error, "ENOENT") || monotonicMs() >= deadline) throw error;
      }
    }
  }

  async #leave(file: string): Promise<void> {
    await unlink(join(this.#folder, file)).catch(() => undefined);
    await rmdir(this.#folder).catch(() => undefined);
  }

  /** Waits until nobody alive is in the way. */
  async #wait(me: ProcessIdentity, deadline: number, isInTheWay: (other: Contender) => boolean): Promise<void> {
    for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const before: Contender[] = [];
      for (const other of (await this.#contenders()).filter(isInTheWay)) {
        if (other.owner !== undefined && (await hasEnded(other.owner, me))) {
          await unlink(join(this.#folder, other.file)).catch(() => undefined);
        } else before.push(other);
      }
      const [first] = before;
      if (first === undefined) return;
      if (monotonicMs() >= deadline) throw this.#locked(first);
      await setTimeout(pause * (0.5 + Math.random()));
    }
  }

  async #contenders(): Promise<Contender[]> {
    return (await readdir(this.#folder)).flatMap((file) => parseContender(file) ?? []);
  }

  #locked({ file, owner }: Contender): NscError {
    const who = owner === undefined ? "another process" : `process ${owner.pid} on ${owner.host}`;
    const path = join(this.#folder, file);
    return new NscError(
      "ERR_STORE_LOCKED",
      `the store is locked by ${who}, which did not let go of it in ${this.#timeoutMs} ms; if that process is gone, remove ${path}`,
    );
  }
}

function formatId({ pid, start, machine, boot, space, host }: ProcessIdentity): string {
  return [pid, start, machine, boot, space, host, randomBytes(8).toString("hex")].join(".");
}

function parseContender(file: string): Contender | undefined {
  const match = /^(choosing|[0-9]{1,15})-(.+)$/.exec(file);
  if (match === null) return undefined;
  const [, ticket, id] = match as unknown as [string, string, string];
  return { file, ticket: ticket === "choosing" ? undefined : Number(ticket), id, owner: parseId(id) };
}

type Six = readonly [string, string, string, string, string, string];

function parseId(id: string): ProcessIdentity | undefined {
  const match = /^([1-9][0-9]*)\.([0-9]+)\.([0-9a-f]+)\.([0-9a-f]+)\.([0-9]+)\.([^.]*)\.[0-9a-f]{16}$/.exec(id);
  if (match === null) return undefined;
  const [, pid, start, machine, boot, space, host] = match as unknown as readonly [string, ...Six];
  return { pid: Number(pid), start, machine, boot, space, host };
}
