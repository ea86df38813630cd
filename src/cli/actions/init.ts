import { CommandError } from "../command-error.ts";
import type { initFlags } from "../commands/init.ts";
import { isSameName, newName } from "../edits/new-name.ts";
import { randomName } from "../edits/random-name.ts";
import { isUrl } from "../files/load-text.ts";
import type { Invocation } from "../invocation.ts";
import { initManaged } from "../managed/init-managed.ts";
import { assertFreeFolder } from "../operators/assert-free-folder.ts";
import { knownOperators } from "../operators/known-operators.ts";
import { quoteHomePath } from "../text/home-path.ts";
import { quote, quotePath } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { treeIn } from "../tree/tree-in.ts";

type Init = Invocation<typeof initFlags>;

const SYSTEM = { account: "SYS", user: "sys" } as const;
const CREATE = "Create Operator";
const OTHER = "Other";
const SERVICE_URL = "nats://localhost:4222";
const NEXT = `to run a local server using this configuration, enter:
  nsc generate config --mem-resolver --config-file <path/server.conf>
then start a nats-server using the generated config:
  nats-server -c <path/server.conf>`;

/** What is to be made, and where. */
interface Wanted {
  readonly dir: string;
  readonly name: string;
  /** Where the token of an operator is that is managed elsewhere, or the name of a well known one. */
  readonly operator?: string | undefined;
}

export async function run(invocation: Init): Promise<void> {
  const { flags, globals, tree, report } = invocation;
  const isFirstContact = Object.values(flags).every((value) => value === undefined);
  const wanted = isFirstContact || globals.interactive === true ? await ask(invocation) : fromFlags(invocation);
  report.wantsSummary = true;
  const there = {
    ...invocation,
    tree: wanted.dir === tree.directory.storesDir ? tree : treeIn(invocation, wanted.dir),
  };
  try {
    if (wanted.operator === undefined) await initLocal(there, wanted.name, Boolean(flags.dir) || there.tree !== tree);
    else await initManaged(there, { name: wanted.name, operator: wanted.operator });
  } finally {
    await there.tree.settled();
    if (there.tree !== tree) tree.changes.push(...there.tree.changes);
  }
}

function fromFlags({ flags, output, tree }: Init): Wanted {
  const { dir = "", name = "", url = "", "remote-operator": known = "" } = flags;
  return {
    dir: dir === "" ? tree.directory.storesDir : output.path(dir),
    name: name === "" || name === "*" ? randomName() : name,
    operator: url || known || undefined,
  };
}

async function ask(invocation: Init): Promise<Wanted> {
  const { flags, output, prompts, tree } = invocation;
  const { name, operator: given } = fromFlags(invocation);
  const dir = await prompts.text("enter a configuration directory", { initial: flags.dir ?? tree.directory.storesDir });
  const picked = await pickOperator(invocation, given);
  const isLocal = picked === CREATE;
  const operator = isLocal ? undefined : picked === OTHER ? await askUrl(invocation, given) : picked;
  const chosen = await prompts.text(isLocal ? "name your operator, account and user" : "name your account and user", {
    initial: name,
    check: (answer) => {
      if (answer === "") return "value is too short";
      return /[/\\]/.test(answer) ? "name cannot contain '/' or '\\'" : undefined;
    },
  });
  return { dir: output.path(dir), name: chosen, operator };
}

/** Where the token of a well known operator is, or what else is to be done. */
async function pickOperator({ io, prompts }: Init, given: string | undefined): Promise<string> {
  const known = knownOperators(io.env);
  const wanted = known.find(({ name, url }) => url === given || name.toLowerCase() === given?.toLowerCase());
  return await prompts.select(
    "Select an operator",
    [
      ...known.map(({ name, url }) => ({ label: name, value: url })),
      { label: CREATE, value: CREATE },
      { label: OTHER, value: OTHER },
    ],
    wanted?.url ?? (given === undefined ? CREATE : OTHER),
  );
}

async function askUrl({ prompts }: Init, given = ""): Promise<string> {
  return await prompts.text("Operator URL", {
    initial: given,
    check: (answer) => (isUrl(answer) ? undefined : "the url must be one of http or https"),
  });
}

/** @param isNew - whether these stores are to be the ones from now on */
async function initLocal(invocation: Init, given: string, isNew: boolean): Promise<void> {
  const { io, report, tree } = invocation;
  const names = await tree.names([]);
  const name = newName("operator", given, names);
  const { storesDir } = tree.directory;
  if (names.some((other) => isSameName(other, name))) {
    throw new CommandError(
      `an operator named ${quotePath(name)} already exists in ${quotePath(storesDir)} - specify a different directory with --dir`,
      { code: "ERR_ENTITY_EXISTS" },
    );
  }
  await assertFreeFolder(tree, name);
  if (isSameName(name, SYSTEM.account)) {
    throw new CommandError(`an account named ${quote(name)} already exists`, {
      code: "ERR_ENTITY_EXISTS",
      hint: "it is the name of the system account",
    });
  }
  await changeTree(invocation, async (tx, changes) => {
    const operator = await tx.addOperator(name, { systemAccount: SYSTEM.account, serviceUrls: [SERVICE_URL] });
    const system = await operator.account(SYSTEM.account);
    const systemUser = await system.user(SYSTEM.user);
    const account = await operator.addAccount(name);
    await account.addUser(name);
    changes.ok(`created operator ${name}`);
    changes.ok(`created system_account: name:${SYSTEM.account} id:${system.publicKey}`);
    changes.ok(`created system account user: name:${SYSTEM.user} id:${systemUser.publicKey}`);
  });
  const short = (path: string) => quoteHomePath(path, io);
  const systemCreds = await tree.directory.credsFile([name, SYSTEM.account, SYSTEM.user]);
  if (systemCreds !== undefined) report.ok(`system account user creds file stored in ${short(systemCreds)}`);
  report.ok(`created account ${name}`);
  report.ok(`created user ${quote(name)}`);
  report.ok(`project jwt files created in ${short(storesDir)}`);
  const creds = await tree.directory.credsFile([name, name, name]);
  if (creds !== undefined) report.ok(`user creds file stored in ${short(creds)}`);
  report.serverSaid(NEXT);
  await tree.select({ operator: name, account: name, storesDir: isNew });
}
