import { isNscError } from "../../errors.ts";
import { CommandError } from "../command-error.ts";
import { newName } from "../edits/new-name.ts";
import { isUrl } from "../files/load-text.ts";
import type { Invocation } from "../invocation.ts";
import { adoptNewest, assertSameOperator, nameHere } from "../operators/adopt-newest.ts";
import { findKnownOperator } from "../operators/known-operators.ts";
import { loadOperator } from "../operators/load-operator.ts";
import { Report } from "../output/report.ts";
import { quoteHomePath } from "../text/home-path.ts";
import { quote } from "../text/quote.ts";
import { afterAccountChange } from "./managed.ts";

/** An account and a user of an operator that is managed elsewhere. */
export interface ManagedInit {
  /** Of the account and the user. */
  readonly name: string;
  /** Where the operator's token is, or the name of a well known one. */
  readonly operator: string;
}

/** Adopts an operator whose keys are elsewhere, and makes an account and a user of it. nsc: `init -u`, `init -o`. */
export async function initManaged(invocation: Invocation, request: ManagedInit): Promise<void> {
  const { io, report, tree } = invocation;
  const loaded = await loadOperator(invocation, sourceOf(invocation, request.operator));
  const { claims } = loaded;
  const operatorName = await nameHere(tree, loaded.name, loaded);
  if (!claims.nats.account_server_url) {
    throw new CommandError(
      `error importing operator ${quote(operatorName)} - it doesn't define an account server url`,
      { code: "ERR_NO_ACCOUNT_SERVER", hint: "'nsc add operator -u' takes it all the same" },
    );
  }
  await assertSameOperator(tree, operatorName, loaded);
  const accounts = await tree.names([operatorName]);
  const name = newName("account", request.name, accounts);
  if (accounts.includes(name)) {
    throw new CommandError(`init failed: an account named ${quote(name)} already exists`, {
      code: "ERR_ENTITY_EXISTS",
    });
  }
  const isStrict = claims.nats.strict_signing_key_usage === true;
  const account = await inWordsOfInit(() =>
    tree.nsc.transaction(async (tx) => {
      const operator = await adoptNewest(tx, operatorName, loaded);
      // Servers let nobody in then whom an identity has signed.
      const added = await operator.addAccount(name, { signingKey: isStrict });
      await added.addUser(name);
      return added;
    }),
  );
  report.ok(`add managed operator ${operatorName}`);
  const server = new Report();
  await afterAccountChange(invocation, await tree.nsc.operator(operatorName), account, server);
  report.append(server);
  report.ok(`created account ${name}`);
  report.ok(`created user ${quote(name)}`);
  const short = (path: string) => quoteHomePath(path, io);
  report.ok(`project jwt files created in ${short(tree.directory.storesDir)}`);
  const creds = await tree.directory.credsFile([operatorName, name, name]);
  if (creds !== undefined) report.ok(`user creds file stored in ${short(creds)}`);
  await tree.select({ operator: operatorName, account: name, storesDir: true });
}

function sourceOf({ io }: Invocation, given: string): string {
  if (isUrl(given)) return given;
  const known = findKnownOperator(io.env, given);
  if (known !== undefined) return known.url;
  throw new CommandError(`error operator ${quote(given)} was not found`, {
    code: "ERR_ENTITY_NOT_FOUND",
    hint: "say an http or https address, or that of a name in NSC_{NAME}_OPERATOR",
  });
}

async function inWordsOfInit<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isNscError(cause)) throw cause;
    throw new CommandError(`init failed: ${cause.message}`, { code: cause.code, cause });
  }
}
