import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Nsc } from "nsc.js";
import { nscDirectory } from "nsc.js/node";

const BIN = join(import.meta.dirname, "../dist/cli/bin.js");
const ACCOUNTS = 1000;
const ROUNDS = 9;

/** Command lines over a tree of a thousand accounts with a user each, and the milliseconds that nsc 2.14 took for them. */
const COMMANDS: readonly { readonly line: string; readonly nsc?: number }[] = [
  { line: "--version" },
  { line: "--help" },
  { line: "describe account", nsc: 145 },
  { line: "list accounts", nsc: 184 },
  { line: "generate config --mem-resolver", nsc: 260 },
  { line: "revocations add-user --name u500", nsc: 137 },
  { line: "expirations", nsc: 628 },
  { line: "validate -A", nsc: 306 },
];

/**
 * What command lines take as whole processes, beside a process of Node that does nothing, in turn. The ratio to that one is
 * what counts: nsc's milliseconds are those of one machine, on which that process took 40 to 60.
 */
export async function benchCommand(): Promise<void> {
  console.log("\nthe nsc command, whole processes, median");
  if (!existsSync(BIN)) {
    console.log("  there is no dist/: run `npm run build` first");
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), "nsc-bench-"));
  try {
    await writeTree(folder);
    // What is about the program itself looks at no folder.
    const isBare = (words: readonly string[]) => words[0]?.startsWith("-");
    const run = (words: readonly string[]) =>
      timeOf(folder, [BIN, ...(isBare(words) ? [] : ["--all-dirs", folder]), ...words]);
    run(["select", "account", "A500"]);
    for (const { line, nsc } of COMMANDS) {
      const words = line.split(" ");
      run(words);
      const pairs = Array.from({ length: ROUNDS }, () => [run(words), timeOf(folder, ["-e", "0"])] as const);
      const took = median(pairs.map(([ours]) => ours));
      const ratio = median(pairs.map(([ours, bare]) => ours / bare)).toFixed(2);
      const beside = nsc === undefined ? "" : `; nsc ${nsc} ms elsewhere`;
      console.log(`  nsc ${line.padEnd(40)}${took.toFixed(0).padStart(6)} ms, ${ratio} x node -e 0${beside}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeTree(allDirs: string): Promise<void> {
  await new Nsc({ store: nscDirectory({ allDirs }) }).transaction(async (tx) => {
    const operator = await tx.addOperator("local", { signingKey: true, systemAccount: true });
    for (let i = 0; i < ACCOUNTS; i++) await (await operator.addAccount(`A${i}`)).addUser(`u${i}`);
  });
}

function timeOf(cwd: string, words: readonly string[]): number {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, { cwd, env: { HOME: cwd }, encoding: "utf8" });
  if (status !== 0) throw new Error(`${words.join(" ")} failed: ${stderr}`);
  return performance.now() - begin;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
}
