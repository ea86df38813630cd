import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { onTestFinished } from "vitest";

/** A script of `fixtures/`, or of another folder, as one file that plain Node runs, which starts several times faster than from the sources. */
export async function bundle(
  name: string,
  folder: string,
  external: readonly string[] = [],
  fixtures: string = join(import.meta.dirname, "fixtures"),
): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(fixtures, `${name}.ts`)],
    outfile,
    bundle: true,
    external: [...external],
    platform: "node",
    format: "esm",
    // A dependency is CommonJS and asks for Node's modules.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "error",
  });
  return outfile;
}

/** A process that is gone when the test is over. */
export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  /** What it has printed, line by line. */
  readonly lines: readonly string[];
  nextLine(): Promise<string>;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Its exit code, once all is read that it printed. */
  readonly ended: Promise<number | null>;
}

export function start(script: string, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  const output = createInterface(child.stdout);
  output.on("line", (line) => lines.push(line));
  // One that is killed does not read what it is told.
  child.stdin.on("error", () => undefined);
  const ended = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    process: child,
    pid: child.pid as number,
    lines,
    nextLine: async () => {
      const line = once(output, "line").then(([text]) => text as string);
      return await Promise.race([line, ended.then((code) => Promise.reject(new Error(`it ended with ${code}`)))]);
    },
    kill: async (signal = "SIGKILL") => {
      child.kill(signal);
      if (signal === "SIGKILL") await ended;
    },
    ended,
  };
}
