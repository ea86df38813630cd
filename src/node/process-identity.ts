import { createHash } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { hasSystemCode } from "./io-error.ts";

/** What tells one process from all others, also from those that had or will have its number. Unknown parts are "0". */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in ticks since the machine did. */
  readonly start: string;
  /** The machine, over restarts. */
  readonly machine: string;
  /** The run of the machine. */
  readonly boot: string;
  /** The space that its number belongs to; each container has its own. */
  readonly space: string;
  /** The machine for people; of letters, digits, hyphens and percent signs, so that it fits into the name of a file. */
  readonly host: string;
}

const UNKNOWN = "0";

/** The identity of this process. Only Linux tells all of it. */
export async function readIdentity(): Promise<ProcessIdentity> {
  const [stat, boot, space, machine] = await Promise.all([
    readProcess("self"),
    firstLine(readFile("/proc/sys/kernel/random/boot_id", "utf8")),
    firstLine(readlink("/proc/self/ns/pid")),
    firstLine(readFile("/etc/machine-id", "utf8")),
  ]);
  const host = encodeURIComponent(hostname())
    .replace(/[^\w%-]/g, "_")
    .slice(0, 60);
  return {
    pid: process.pid,
    start: typeof stat === "object" ? stat.start : UNKNOWN,
    // A name alone may be that of many containers.
    machine: machine === "" ? UNKNOWN : shortHash(`${host}\n${machine}`),
    boot: boot === "" ? UNKNOWN : shortHash(boot),
    space: /\d+/.exec(space)?.[0] ?? UNKNOWN,
    host,
  };
}

/** Whether a process is known to have ended. Of those elsewhere nothing is known. */
export async function hasEnded(other: ProcessIdentity, me: ProcessIdentity): Promise<boolean> {
  if (other.boot !== me.boot) {
    return other.machine === me.machine && me.machine !== UNKNOWN && other.boot !== UNKNOWN && me.boot !== UNKNOWN;
  }
  const isHere = other.boot === UNKNOWN ? other.host === me.host : other.space === me.space;
  if (!isHere) return false;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    if (hasSystemCode(error, "ESRCH")) return true;
    // Another user's process is there all the same, but it may be another one by now.
    if (!hasSystemCode(error, "EPERM")) return false;
  }
  if (other.start === UNKNOWN || me.start === UNKNOWN) return false;
  const now = await readProcess(String(other.pid));
  if (now === "gone") return true;
  return now !== undefined && (now.start !== other.start || now.state === "Z" || now.state === "X");
}

interface ProcessState {
  readonly state: string;
  readonly start: string;
}

/** Nothing when it can't be told, as when too many files are open; that is no sign of an end. */
async function readProcess(pid: string): Promise<ProcessState | "gone" | undefined> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    return hasSystemCode(error, "ENOENT", "ESRCH") && (await isThere("/proc/self/stat")) ? "gone" : undefined;
  }
  // The second field, the name in brackets, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, start] = [fields[0], fields[19]];
  return state && start ? { state, start } : undefined;
}

async function isThere(path: string): Promise<boolean> {
  return (await firstLine(readFile(path, "utf8"))) !== "";
}

async function firstLine(text: Promise<string>): Promise<string> {
  return (await text.catch(() => "")).split("\n", 1)[0] as string;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
