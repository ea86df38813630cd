import { spawn } from "node:child_process";

/** Ends a process when this one is gone, however it went. */
export interface Watchdog {
  /** From now on `pid` ends with this process. */
  guard(pid: number): void;
  /** The guarded process has ended by itself or was stopped: nothing is left to do. */
  release(): void;
}

/**
 * Waits on a pipe whose other end only the test process holds. The kernel closes that end when the test process ends for
 * whatever reason, SIGKILL included; the end of input without the word of release is the sign. Node marks the pipe
 * close-on-exec, so that no other child keeps it open. The shell ignores what a terminal or a process manager sends to
 * the whole group, since it must outlive the test process by a moment.
 *
 * `$1` is a folder to remove as well, or empty. The pause lets the kernel finish the kill before that.
 */
const SCRIPT = `trap '' HUP INT TERM
read -r pid || exit 0
[ "$pid" = done ] && exit 0
read -r word && exit 0
kill -KILL "$pid" 2>/dev/null
[ -n "$1" ] || exit 0
sleep 0.2 2>/dev/null || sleep 1
rm -rf -- "$1"`;

/**
 * Starts a watchdog: a POSIX shell of about a megabyte, started before the process that it is to guard, so that there is
 * no moment at which that one runs alone. On Windows there is no such shell; there only the exit of this process is
 * covered, by the caller.
 *
 * @param temporaryFolder - removed too when this process is gone
 */
export function startWatchdog(temporaryFolder: string | undefined): Watchdog {
  if (process.platform === "win32") return { guard: () => undefined, release: () => undefined };

  const shell = spawn("/bin/sh", ["-c", SCRIPT, "nats-server-watchdog", temporaryFolder ?? ""], {
    stdio: ["pipe", "ignore", "ignore"],
    cwd: "/",
  });
  // Without a shell, what covers the exit of this process still works. A write to a shell that is gone is no news.
  shell.on("error", () => undefined);
  shell.stdin.on("error", () => undefined);
  shell.unref();
  return {
    guard: (pid) => void shell.stdin.write(`${pid}\n`),
    release: () => void shell.stdin.end("done\n"),
  };
}
