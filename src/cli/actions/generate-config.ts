import { stat } from "node:fs/promises";
import { join } from "node:path";
import { nkeyServerConfig } from "../../authority/nkey-server-config.ts";
import { isNscError } from "../../errors.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { CommandError } from "../command-error.ts";
import type { generateConfigFlags } from "../commands/generate-config.ts";
import { tokenFileNames } from "../files/config-folder.ts";
import { type ConfigParts, type ConfiguredEntity, memoryConfig, natsConfig } from "../files/server-config-text.ts";
import type { Invocation } from "../invocation.ts";
import { quoteHomePath } from "../text/home-path.ts";
import { quote, quotePath } from "../text/quote.ts";
import { ClaimsReader, type ReadClaims, soundOnly } from "../tree/stored-claims.ts";
import { storedOperator } from "../tree/stored-operator.ts";

type Call = Invocation<typeof generateConfigFlags>;
type ConfigType = "mem-resolver" | "nats-resolver" | "nats-resolver-cache" | "nkey";

/** nsc lays out the folder so; scripts read it. */
const REFUSED =
  "warning: resolver.conf names the files of tokens, which nats-server refuses: it wants the tokens themselves, as 'nsc generate config --mem-resolver --config-file FILE' writes them";

const TYPES: readonly ConfigType[] = ["mem-resolver", "nats-resolver", "nats-resolver-cache", "nkey"];

export async function run(invocation: Call): Promise<void> {
  const { tree, flags, output } = invocation;
  const type = configType(invocation);
  const folder = flags.dir === "" ? undefined : flags.dir;
  const file = isFile(flags["config-file"]) ? flags["config-file"] : undefined;
  if (folder !== undefined) await assertFolder(invocation, folder);
  if (file !== undefined) await assertNoFile(invocation, file);
  const reader = new ClaimsReader(invocation);
  const operator = await storedOperator(reader, await tree.operatorName());
  // A folder whose descriptor is damaged is mended first.
  await tree.directory.readMeta(operator.name);
  const systemAccount = await systemAccountKey(invocation, operator.claims.nats.system_account);
  if (type === "nkey" && systemAccount !== undefined) {
    throw new CommandError("nkey configurations don't support system account", { code: "ERR_CONFIG_ACCOUNT" });
  }
  const { name, token, claims } = operator;
  const parts: ConfigParts = {
    operator: { name: claims.name ?? name, publicKey: claims.sub, token },
    accounts: await readAccounts(invocation, reader, name),
    systemAccount,
  };
  if (folder !== undefined) return await writeFolder(invocation, folder, parts);
  const text = type === "nkey" ? await nkeyText(invocation) : configText(type, parts);
  if (file === undefined) {
    output.print(`${text}\n`);
    output.data({ config: text, files: [] });
    return;
  }
  const path = await output.writeFile(file, text, { overwrites: flags.force === true });
  output.data({ config: text, files: [path] });
  if (output.isDryRun) return;
  const shown = quoteHomePath(path, invocation.io);
  invocation.report.ok(`wrote server configuration to ${shown}`);
  output.note(`Success!! - generated ${shown}`);
}

function isFile(path: string | undefined): path is string {
  return path !== undefined && path !== "--";
}

function configType({ flags }: Call): ConfigType {
  const [type, another] = TYPES.filter((name) => flags[name] === true);
  const { dir = "" } = flags;
  let problem: string | undefined;
  if (type === undefined) problem = "specify a config type option";
  else if (dir !== "" && flags.nkey === true) problem = "--dir is not valid with nkey configuration";
  else if (dir !== "" && (flags["nats-resolver"] === true || flags["nats-resolver-cache"] === true))
    problem = "--dir is not valid with nats-resolver configuration";
  else if (dir !== "" && (flags["config-file"] ?? "--") !== "--") problem = "--dir is exclusive of --config-file";
  if (problem !== undefined) throw new CommandError(problem, { showsUsage: true, code: "ERR_FLAGS" });
  if (another !== undefined) throw new CommandError("can only generate one config at a time", { code: "ERR_FLAGS" });
  return type as ConfigType;
}

async function assertNoFile({ flags, output }: Call, file: string): Promise<void> {
  const path = output.path(file);
  if (flags.force === true || !(await exists(path))) return;
  throw alreadyThere(path);
}

async function assertFolder({ flags, output }: Call, folder: string): Promise<void> {
  const there = await stat(output.path(folder)).catch(() => undefined);
  if (there === undefined) return;
  if (flags.force !== true) throw alreadyThere(folder);
  if (there.isDirectory()) return;
  throw new CommandError(`${quotePath(folder)} already exists and is not a directory`, { code: "ERR_FILE_EXISTS" });
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function alreadyThere(path: string): CommandError {
  return new CommandError(`${quotePath(path)} already exists`, {
    code: "ERR_FILE_EXISTS",
    hint: "--force replaces it",
  });
}

/** The public key of the system account: the one asked for, or the operator's. */
async function systemAccountKey({ tree, flags }: Call, own: string | undefined): Promise<string | undefined> {
  const given = flags["sys-account"] ?? "";
  if (given === "") return own === "" ? undefined : own;
  if (isPublicKey(given, "account")) return given;
  try {
    return (await (await tree.operator()).account(given)).publicKey;
  } catch (error) {
    if (!isNscError(error)) throw error;
    const isMissing = error.code === "ERR_ENTITY_NOT_FOUND";
    const problem = isMissing ? `account ${given} does not exist in the current operator` : error.message;
    throw new CommandError(`error reading account ${quote(given)}: ${problem}`, { code: error.code, cause: error });
  }
}

/** The accounts whose tokens can be read; servers would refuse the others. */
async function readAccounts({ output }: Call, reader: ClaimsReader, operator: string): Promise<ConfiguredEntity[]> {
  const read: ReadClaims<Omit<ConfiguredEntity, "token">>[] = [];
  for await (const entry of reader.tokens([operator])) {
    read.push(
      reader.read<"account", Omit<ConfiguredEntity, "token">>(entry, ({ name = "", sub }) => ({
        name,
        publicKey: sub,
      })),
    );
  }
  await reader.settled();
  if (read.length === 0) {
    throw new CommandError(`operator ${quote(operator)} has no accounts`, {
      code: "ERR_CONFIG_ACCOUNT",
      hint: "make one with 'nsc add account'",
    });
  }
  const sound = soundOnly(read, (path, problem) =>
    output.note(`warning: account ${quote(path.at(-1) as string)} is left out: ${problem}`),
  );
  return sound.map(({ value, token }) => ({ ...value, token }));
}

function configText(type: Exclude<ConfigType, "nkey">, parts: ConfigParts): string {
  if (type === "mem-resolver") return memoryConfig(parts);
  const { operator, accounts, systemAccount } = parts;
  const account = accounts.find(({ publicKey }) => publicKey === systemAccount);
  if (account !== undefined) return natsConfig(operator, account, type === "nats-resolver" ? "full" : "cache");
  throw new CommandError("system account is not set", {
    code: "ERR_CONFIG_ACCOUNT",
    hint:
      systemAccount === undefined
        ? "say which with --sys-account, or set it with 'nsc edit operator --system-account'"
        : `there is no account ${systemAccount} here`,
  });
}

/** What can't be said without tokens is left out, as in nsc, but not without a word. */
async function nkeyText({ tree, output }: Call): Promise<string> {
  const operator = await tree.operator();
  try {
    return String(await nkeyServerConfig(operator));
  } catch (error) {
    if (!isNscError(error, "ERR_CONFIG_VALUE")) throw error;
    output.note(`warning: ${error.message.replace("pass lossy to go without", "they are left out")}`);
    return String(await nkeyServerConfig(operator, { lossy: true }));
  }
}

/** A file for each token, and a configuration that names them. */
async function writeFolder(invocation: Call, folder: string, parts: ConfigParts): Promise<void> {
  const { output } = invocation;
  const all = [parts.operator, ...parts.accounts];
  const names = tokenFileNames(all);
  const [operator, ...accounts] = all.map((entity, i) => ({ ...entity, token: quote(names[i] as string) }));
  const text = memoryConfig({ ...parts, operator: operator as ConfigParts["operator"], accounts });
  const files: string[] = [];
  const write = async (name: string, content: string): Promise<void> => {
    files.push(
      await output.writeFile(join(output.path(folder), name), content, {
        overwrites: true,
        mode: 0o666,
        makesFolder: true,
      }),
    );
  };
  for (const [i, { token }] of all.entries()) await write(names[i] as string, token);
  await write("resolver.conf", text);
  output.data({ config: text, files });
  output.note(REFUSED);
  if (output.isDryRun) return;
  output.note(`Success!! - generated  ${quoteHomePath(files.at(-1) as string, invocation.io)}`);
}
