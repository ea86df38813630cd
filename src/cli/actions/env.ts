import { resolve } from "node:path";
import { contextOfCwd } from "../../node/cwd-context.ts";
import { defaultStoresDir } from "../../node/roots.ts";
import type { envFlags } from "../commands/env.ts";
import type { Invocation } from "../invocation.ts";
import { printTable } from "../output/print-table.ts";
import { Table } from "../output/table.ts";
import { abbreviateHome } from "../text/home-path.ts";
import { assertContextCanChange } from "../tree/cwd-only.ts";
import type { Tree } from "../tree/tree.ts";
import { treeIn } from "../tree/tree-in.ts";

type Env = Invocation<typeof envFlags>;

const IN_FILE = "in the referenced file will be used for nats connections";
const ROOT_CAS = `If set, root CAs ${IN_FILE}`;

export async function run(invocation: Env): Promise<void> {
  const { flags, io } = invocation;
  const isChange = [flags.store, flags.operator, flags.account].some((value) => value !== undefined && value !== "");
  if (isChange) assertContextCanChange(io);
  await print(invocation, isChange ? await change(invocation) : invocation.tree);
}

async function change(invocation: Env): Promise<Tree> {
  const { flags } = invocation;
  const other = flags.store ? treeIn(invocation, flags.store) : invocation.tree;
  const present = await other.context();
  if (flags.operator) await other.assertOperator(flags.operator);
  const operator = flags.operator || present.operator;
  if (flags.account) {
    const { account } = flags;
    const isThere = operator !== undefined && (await other.names([operator])).includes(account);
    if (!isThere) throw other.accountNotFound(operator ?? "", account);
  }
  await other.select({
    ...(flags.operator ? { operator: flags.operator } : {}),
    ...(flags.account ? { account: flags.account } : {}),
    storesDir: Boolean(flags.store),
  });
  return other;
}

interface Variable {
  readonly name: string;
  readonly note?: string;
  /** What the second column says. */
  readonly text: string;
}

async function print({ io, output }: Env, tree: Tree): Promise<void> {
  const { env, cwd } = io;
  const short = (path: string) => abbreviateHome(path, env["HOME"] ?? "");
  const { configDir, keystoreDir, storesDir } = tree.directory;
  const { operator, account } = await tree.context();
  const fromCwd = contextOfCwd(resolve(cwd)) !== undefined;
  const defaults = defaultStoresDir(env);
  const rootCas = env["NATS_CA"]?.trim() || undefined;
  const variables: readonly Variable[] = [
    { name: "XDG_CONFIG_HOME", text: env["XDG_CONFIG_HOME"] ?? "" },
    { name: "XDG_DATA_HOME", text: env["XDG_DATA_HOME"] ?? "" },
    { name: "NSC_CWD_ONLY", text: "If set, default operator/account from cwd only" },
    { name: "NSC_NO_GIT_IGNORE", text: "If set, no .gitignore files written" },
    { name: "NKEYS_PATH", note: " (deprecated)", text: short(keystoreDir) },
    { name: "NSC_HOME", note: " (deprecated)", text: short(configDir) },
    { name: "NATS_CA", text: ROOT_CAS },
    { name: "NATS_KEY", text: `If set, the tls key ${IN_FILE}` },
    { name: "NATS_CERT", text: `If set, the tls cert ${IN_FILE}` },
  ];
  const table = new Table({ title: "NSC Environment", headers: ["Setting", "Set", "Effective Value"] });
  for (const { name, note = "", text } of variables) {
    table.row(`$${name}${note}`, yesOrNo(env[name] !== undefined), text);
    if (text === ROOT_CAS) table.row("", "", "If not set, will default to the system trust store");
  }
  table.rule();
  table.row("From CWD", "", yesOrNo(fromCwd));
  table.row("Default Stores Dir", "", short(defaults));
  table.row("Current Store Dir", "", short(storesDir));
  table.row("Current Operator", "", operator ?? "");
  table.row("Current Account", "", account ?? "");
  table.row("Root CAs to trust", "", rootCas === undefined ? "Default: System Trust Store" : `File: ${rootCas}`);
  printTable(output, table);
  output.data({
    operator: operator ?? null,
    account: account ?? null,
    from_cwd: fromCwd,
    config_dir: configDir,
    stores_dir: storesDir,
    default_stores_dir: defaults,
    keystore_dir: keystoreDir,
    root_cas: rootCas ?? null,
    variables: variables.map(({ name }) => ({ name, set: env[name] !== undefined, value: env[name] })),
  });
}

function yesOrNo(value: boolean): string {
  return value ? "Yes" : "No";
}
