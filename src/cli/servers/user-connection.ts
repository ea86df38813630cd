import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/nats-core";
import { parseCreds } from "../../creds/creds.ts";
import { isNscError } from "../../errors.ts";
import { authenticatorOf } from "../../nats/system-user.ts";
import { keyPairFromSeed } from "../../nkeys/key-pair.ts";
import { saysMissing } from "../../node/io-error.ts";
import { credsPath } from "../../node/layout.ts";
import { askAccount } from "../asking/ask-account.ts";
import { askUser } from "../asking/ask-user.ts";
import { CommandError } from "../command-error.ts";
import type { publishFlags } from "../commands/tool.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";
import { quoteWord } from "../text/quote-word.ts";
import { connectToServers } from "./connection.ts";
import { adviceForUser } from "./refused-user.ts";
import { splitUrls, urlInUse } from "./urls.ts";

const RECONNECT = { wait: 2000, attempts: 300 };
const MINUTES = (RECONNECT.wait * RECONNECT.attempts) / 60_000;

type ToolInvocation = Pick<Invocation, "command" | "io" | "output" | "tree" | "globals" | "prompts">;

/** A connection, and to where. */
export interface UserConnection {
  readonly connection: NatsConnection;
  /** The URLs that it goes to. */
  readonly urls: readonly string[];
  /** What to do once servers don't let the user in any more. */
  readonly adviceIfRefused: () => Promise<string>;
  /** What servers complained of lately, before they closed the connection. */
  readonly complaint: () => Error | undefined;
}

/** The client tries again, and then only says that it could not; in milliseconds. */
const LATELY = 60_000;

/**
 * Connects as a user of an account, with its creds, to the servers that were named or the operator's.
 *
 * @param word - of the command, for the servers
 */
export async function connectAsUser(
  invocation: ToolInvocation,
  flags: FlagValues<typeof publishFlags>,
  word: string,
): Promise<UserConnection> {
  const { tree, output, io } = invocation;
  const operator = await tree.operator();
  const account = await accountFor(invocation, flags.account);
  const user = await userFor(invocation, account, flags.user);
  const path = join(tree.directory.keystoreDir, credsPath(operator.name, account, user));
  const hintIfMissing = async (): Promise<string> =>
    (await tree.names([operator.name, account])).includes(user)
      ? `'nsc edit user -a ${quoteWord(account)} ${quoteWord(user)} -K KEY' writes it, where the seed of the user is at hand`
      : `the account ${quote(account)} has no user ${quote(user)}`;
  const { token, seed } = parse(await readCreds(path, hintIfMissing), path);
  const servers = flags.nats || (operator.claims.nats.operator_service_urls ?? []).join(",");
  if (servers === "") {
    throw new CommandError(`operator ${quote(operator.name)} doesn't have operator_service_urls set`, {
      code: "ERR_SERVER_URL",
      hint: "say --nats to 'nsc tool', or set them with 'nsc edit operator --service-url'",
    });
  }
  const adviceIfRefused = async (): Promise<string> =>
    adviceForUser(io, { operator, account: await operator.account(account), user, token });
  const connection = await connectToServers(invocation, flags, {
    name: `nsc_${word}`,
    servers,
    authenticator: authenticatorOf(token, keyPairFromSeed(seed)),
    reconnect: RECONNECT,
    adviceIfRefused,
  });
  const urls = splitUrls(servers);
  let complaint: { readonly error: Error; readonly at: number } | undefined;
  void tellStatus(connection, urls, {
    tell: (text) => output.note(text),
    complain: (error) => {
      complaint = { error, at: performance.now() };
    },
  });
  return {
    connection,
    urls,
    adviceIfRefused,
    complaint: () =>
      complaint === undefined || performance.now() - complaint.at > LATELY ? undefined : complaint.error,
  };
}

async function accountFor({ tree, globals, prompts }: ToolInvocation, given: string | undefined): Promise<string> {
  if (given) return await tree.accountName(given);
  if (globals.interactive === true) return await askAccount({ tree, prompts });
  const { account } = await tree.context();
  if (account !== undefined) return account;
  throw new CommandError("no account set - `nsc env --account <name>`", {
    code: "ERR_NO_ACCOUNT",
    hint: "or name one with --account",
    showsUsage: true,
  });
}

async function userFor(
  { tree, globals, prompts }: ToolInvocation,
  account: string,
  given: string | undefined,
): Promise<string> {
  if (given) return given;
  if (globals.interactive === true) return await askUser({ tree, prompts }, { name: account });
  const names = await tree.names([await tree.operatorName(), account]);
  if (names.length === 1) return names[0] as string;
  throw new CommandError("a user is required", {
    code: "ERR_NO_USER",
    hint: names.length === 0 ? "make one with 'nsc add user'" : "name one with --user",
    showsUsage: true,
  });
}

async function readCreds(path: string, hintIfMissing: () => Promise<string>): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const why = saysMissing(cause) ? "no such file or directory" : (cause as Error).message;
    throw new CommandError(`stat ${path}: ${why}`, {
      code: "ERR_CREDS_MISSING",
      cause,
      hint: await hintIfMissing(),
      showsUsage: true,
    });
  }
}

function parse(text: string, path: string): ReturnType<typeof parseCreds> {
  try {
    return parseCreds(text);
  } catch (cause) {
    if (!isNscError(cause)) throw cause;
    throw new CommandError(`can't use ${path}: ${cause.message}`, {
      code: cause.code,
      cause,
      hint: "'nsc generate creds' writes the creds of a user whose key is at hand",
    });
  }
}

/** Says when a connection is lost and found again. */
async function tellStatus(
  connection: NatsConnection,
  urls: readonly string[],
  { tell, complain }: { readonly tell: (text: string) => void; readonly complain: (error: Error) => void },
): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === "error") {
      // What is not permitted ends no connection, and whoever does it is told.
      if (status.error.name === "PermissionViolationError") continue;
      complain(status.error);
      tell(`Disconnected: error: ${status.error.message}`);
    } else if (status.type === "disconnect") tell(`Disconnected: will attempt reconnects for ${MINUTES}m`);
    else if (status.type === "reconnect") tell(`Reconnected [${urlInUse(status.server, urls)}]`);
  }
}
