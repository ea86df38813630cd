import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { Nsc } from "../../authority/nsc.ts";
import { signingKeyOf } from "../../jwt/signing-keys.ts";
import type { NscDirectory } from "../../node/directory.ts";
import { credsPath } from "../../node/layout.ts";
import { nscDirectory } from "../../node/nsc-directory.ts";
import type { RebuildReport } from "../../node/rebuild-report.ts";
import type { RebuildSources } from "../../node/rebuild-sources.ts";
import { rebuildTree } from "../../node/rebuild-tree.ts";
import type { Store, StorePath } from "../../store/store.ts";
import { CommandError } from "../command-error.ts";
import type { fixFlags } from "../commands/import-entities.ts";
import { readSource } from "../files/load-text.ts";
import type { Invocation } from "../invocation.ts";
import { knownOperators } from "../operators/known-operators.ts";
import type { Report } from "../output/report.ts";
import { quotePath } from "../text/quote.ts";
import { quoteWord } from "../text/quote-word.ts";
import { dryRunStore } from "../tree/dry-run-store.ts";

type Fix = Invocation<typeof fixFlags>;

export async function run(invocation: Fix): Promise<void> {
  const { flags, io, output } = invocation;
  const sources = await sourcesOf(invocation);
  const out = output.path(flags.out || `fix_${randomBytes(8).toString("hex")}`);
  const directory = nscDirectory({
    storesDir: join(out, "operators"),
    keystoreDir: join(out, "keys"),
    configDir: out,
    env: io.env,
  });
  const store = output.isDryRun ? dryRunStore(directory) : directory;
  const rebuilt = await rebuildTree(store, sources, { folderCreds: flags.creds === true });
  if (!rebuilt.written.some((path) => path.length === 1) && rebuilt.unchanged.length === 0) {
    throw new CommandError("no operator found", {
      code: "ERR_ENTITY_NOT_FOUND",
      hint: rebuilt.problems.map(({ message }) => message).join("\n"),
    });
  }
  await renameKnown(invocation, store, rebuilt);
  await reportAll(invocation, { directory, store, rebuilt });
  trailer(invocation, out, rebuilt);
}

interface Rebuilt {
  readonly directory: NscDirectory;
  readonly store: Store;
  readonly rebuilt: RebuildReport;
}

/** Folders, and single files of the same kinds; what is not there is passed over, as in nsc, but not without a word. */
async function sourcesOf(invocation: Fix): Promise<RebuildSources> {
  const { flags, output, report } = invocation;
  const folders: string[] = [];
  const [tokens, creds, seeds] = [[], [], []] as [string[], string[], string[]];
  const files = new Map([
    [".jwt", tokens],
    [".nk", seeds],
    [".creds", flags.creds === true ? creds : []],
  ]);
  for (const path of (flags.in ?? []).map((given) => output.path(given))) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) report.warn(`${quotePath(path)} is not there`);
    else if (found.isDirectory()) folders.push(path);
    else files.get(extname(path))?.push(await readSource(invocation, path));
  }
  return { folders, tokens, creds, seeds };
}

/** Operators with a blank in their names are called as well known ones that serve accounts at the same place. */
async function renameKnown({ io }: Fix, store: Store, { written }: RebuildReport): Promise<void> {
  const nsc = new Nsc({ store });
  for (const [name, ...below] of written) {
    if (below.length > 0 || !name.includes(" ")) continue;
    const operator = await nsc.operator(name);
    const url = operator.claims.nats.account_server_url ?? "";
    const known = url === "" ? undefined : knownOperators(io.env).find((one) => one.url.startsWith(url));
    if (known !== undefined && operator.isManaged) await operator.rename(known.name);
  }
}

async function reportAll({ report }: Fix, { directory, store, rebuilt }: Rebuilt): Promise<void> {
  if (rebuilt.problems.length > 0) {
    const found = report.group("Find");
    for (const { message } of rebuilt.problems) found.warn(message);
  }
  const keys = new Set(rebuilt.keys);
  const generated = report.group("Generate");
  const nsc = new Nsc({ store });
  for await (const operator of nsc.operators()) {
    const entry = generated.group(`operator ${operator.name} [${operator.publicKey}]`);
    reportKeys(entry, [operator.publicKey, ...(operator.claims.nats.signing_keys ?? [])], keys);
    entry.ok("stored operator");
    for await (const account of operator.accounts()) {
      const below = entry.group(`account ${account.name} [${account.publicKey}]`);
      below.ok("stored account");
      const signing = account.claims.nats.signing_keys ?? [];
      reportKeys(below, [account.publicKey, ...signing.map((key) => signingKeyOf(key))], keys);
      for await (const user of account.users()) {
        const line = below.ok(`user ${user.name} [${user.publicKey}]`);
        reportKeys(line, [user.publicKey], keys);
        if (!user.hasSeed) continue;
        const path = [operator.name, account.name, user.name] as const;
        line.ok(`stored creds file ${join(directory.keystoreDir, credsPath(...path))}`);
      }
    }
  }
}

function reportKeys(report: Report, of: readonly string[], stored: ReadonlySet<string>): void {
  for (const key of of) if (stored.has(key)) report.ok(`stored key ${key}`);
}

function trailer({ io, output }: Fix, out: string, { written, unchanged, keys }: RebuildReport): void {
  const stored: readonly StorePath[] = [...written, ...unchanged];
  const count = (depth: number) => stored.filter((path) => path.length === depth).length;
  const lines = [
    `stored ${count(1)} operators`,
    `stored ${count(2)} accounts`,
    `stored ${count(3)} users`,
    `stored ${keys.length} nkeys`,
  ];
  const next = [
    "",
    ...(keys.length > 0 ? [`export NKEYS_PATH=${quoteWord(join(out, "keys"))}`] : []),
    `cd ${quoteWord(join(out, "operators"))}`,
    "nsc list operators",
  ];
  // After a dry run there is nothing to go to.
  if (!output.isDryRun) lines.push(...next);
  if (relative(io.cwd, out) !== "") output.note(lines.join("\n"));
}
