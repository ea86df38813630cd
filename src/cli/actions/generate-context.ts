import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { User } from "../../authority/user.ts";
import { formatNatsContext } from "../../config/nats-context.ts";
import { natsContexts, userContext } from "../../node/nats-contexts.ts";
import { CommandError } from "../command-error.ts";
import type { generateContextFlags } from "../commands/generate-access.ts";
import { userToUse } from "../edits/only-user.ts";
import type { Invocation } from "../invocation.ts";
import { quoteHomePath } from "../text/home-path.ts";
import { quote, quotePath } from "../text/quote.ts";

/** nsc leaves it to the umask who reads contexts: they hold no secret. */
const MODES = { folder: 0o755, file: 0o666 };

const ENDING = ".json";

type GenerateContext = Invocation<typeof generateContextFlags>;

export async function run(invocation: GenerateContext): Promise<void> {
  const { flags, io, output, report, tree } = invocation;
  const name = contextName(flags.context);
  const account = await tree.account(flags.account);
  const user = await userToUse(invocation, account, flags.user);
  const path = [await tree.operatorName(), account.name, user.name] as const;
  if ((await tree.directory.credsFile(path)) === undefined) {
    throw new CommandError(`there is no creds file of the user ${quote(user.name)}, which a context is about`, {
      code: "ERR_CREDS_KEY_MISSING",
      hint: await creationHint(invocation, user),
    });
  }
  const context = await userContext(tree.directory, path);
  const { folder } = natsContexts({ env: io.env });
  const file = join(folder, `${name}${ENDING}`);
  const overwrites = flags.force === true;
  if (!overwrites && existsSync(file)) {
    throw new CommandError(`failed to write context file: ${quotePath(file)} already exists`, {
      code: "ERR_FILE_EXISTS",
      hint: "--force writes over it",
    });
  }
  if (!output.isDryRun) await mkdir(folder, { recursive: true, mode: MODES.folder });
  await output.writeFile(file, formatNatsContext(context, { compact: true }), {
    overwrites,
    mode: MODES.file,
    makesFolder: true,
  });
  output.data({ context: name, path: file, ...context });
  if (output.isDryRun) return;
  output.note(file);
  report.ok(`wrote nats cli context file to ${quoteHomePath(file, io)}`);
}

async function creationHint({ tree }: GenerateContext, { name, publicKey, claims }: User): Promise<string> {
  const writing = `'nsc edit user ${name} -K ${claims.iss}' writes one`;
  const hasSeed = (await tree.store.getKey(publicKey)) !== undefined;
  return hasSeed ? writing : `the seed of ${publicKey} is not in the keystore; with it there, ${writing}`;
}

function contextName(given = ""): string {
  if (given === "") {
    throw new CommandError("context name is required", { code: "ERR_NAME_INVALID", hint: "name it with --context" });
  }
  if (/[/\\]/.test(given)) {
    throw new CommandError("context name cannot contain filepath separators", { code: "ERR_NAME_INVALID" });
  }
  const name = given.endsWith(ENDING) ? given.slice(0, -ENDING.length) : given;
  // The nats command does not take it otherwise.
  if (name === "" || name.includes("..") || name.includes("\0") || name.trim() !== name) {
    throw new CommandError(`${quote(given)} is no name of a context`, {
      code: "ERR_NAME_INVALID",
      hint: "it must not hold '..', nor begin or end with white space",
    });
  }
  return name;
}
