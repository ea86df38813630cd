import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connect } from "@nats-io/transport-node";
import { Nsc, type Operator, serverConfig } from "nsc.js";
import { push } from "nsc.js/nats";
import { nscDirectory } from "nsc.js/node";
import { startNatsServer } from "nsc.js/testing";

const ACCOUNTS = 1000;
/** The fastest counts, which is the one that the machine disturbed least. */
const ROUNDS = 3;

const COMMAND = fileURLToPath(new URL("../dist/cli/bin.js", import.meta.url));
const run = promisify(execFile);

/** What `nsc push -A` costs as a process, beside the library's push of the same folders within one. */
export async function benchCliPush(): Promise<void> {
  console.log(`\nnsc push -A of ${ACCOUNTS.toLocaleString("en")} new accounts, beside the library's push`);
  if (!existsSync(COMMAND)) {
    console.log("  the command is not built: npm run build");
    return;
  }
  const allDirs = await mkdtemp(join(tmpdir(), "nsc-bench-"));
  try {
    const nsc = new Nsc({ store: nscDirectory({ allDirs, env: {} }) });
    await nsc.transaction(async (tx) => {
      const operator = await tx.addOperator("local", { systemAccount: true });
      for (let index = 0; index < ACCOUNTS; index++) await operator.addAccount(`A${index}`);
    });
    const operator = await nsc.operator("local");
    const nscCommand = (...words: string[]) =>
      run(process.execPath, [COMMAND, "-H", allDirs, ...words], { maxBuffer: 2 ** 26 });
    const start = await fastest(() => nscCommand("--version"));
    const [library, command]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      library.push(
        await onServer(operator, async (url) => {
          const fresh = await new Nsc({ store: nscDirectory({ allDirs, env: {} }) }).operator("local");
          (await push({ connect, servers: url }, fresh)).assertComplete();
        }),
      );
      command.push(await onServer(operator, (url) => nscCommand("push", "-A", "-u", url)));
    }
    report("the library's push, in a process that runs", Math.min(...library));
    report("nsc push -A, the whole process", Math.min(...command));
    report("of which starting and ending any process", start);
    let again = 0;
    await onServer(operator, async (url) => {
      await nscCommand("push", "-A", "-u", url);
      again = await fastest(() => nscCommand("push", "-A", "-u", url));
    });
    report("nsc push -A again", again);
  } finally {
    await rm(allDirs, { recursive: true, force: true });
  }
}

/** Times what is done with a server of its own. */
async function onServer(operator: Operator, act: (url: string) => Promise<unknown>): Promise<number> {
  await using server = await startNatsServer({
    config: await serverConfig(operator, { resolver: { type: "full", dir: "./jwt" } }),
  });
  return await timed(() => act(server.url));
}

async function fastest(act: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await timed(act));
  return Math.min(...times);
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await act();
  return performance.now() - begin;
}

function report(name: string, milliseconds: number): void {
  console.log(`  ${name.padEnd(60)}${milliseconds.toFixed(0).padStart(9)} ms`);
}
