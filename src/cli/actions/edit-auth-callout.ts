import type { ExternalAuthorization } from "../../jwt/account.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { editAuthCalloutFlags } from "../commands/account.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import type { Output } from "../output/output.ts";
import type { Report } from "../output/report.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { keepingKey } from "../signing/keeping-key.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { type KeyArgument, readPublicKey, readSigningKey } from "../values/key-argument.ts";

const ANY_ACCOUNT = "*";

type EditAuthCallout = Invocation<typeof editAuthCalloutFlags>;

/** What is to change, as public keys. */
interface CalloutChange {
  readonly addedUsers: readonly string[];
  readonly removedUsers: readonly string[];
  readonly addedAccounts: readonly string[];
  readonly removedAccounts: readonly string[];
  readonly removesCurve: boolean;
  readonly curve: KeyArgument | undefined;
}

export async function run(invocation: EditAuthCallout): Promise<void> {
  const { args, flags, output, tree } = invocation;
  assertFlags(flags);
  const account = await accountOrAsk(invocation, flags.account || args[0]);
  const operator = await tree.operator();
  const change = await readChange(flags, output);
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account, keepsIssuer: true });
  await keepingKey(tree, change.curve?.pair, () =>
    changeTree(invocation, async (tx, changes) => {
      const edited = await (await tx.operator(operator.name)).account(account.name);
      await edited.edit(({ nats }) => {
        nats.authorization = flags.disable === true ? {} : changed(nats.authorization, change, changes);
        if (flags.disable === true) changes.ok("removed external authorization configuration");
      }, signing);
    }),
  );
  await afterAccountChange(invocation, operator, await operator.account(account.name));
}

function assertFlags(flags: EditAuthCallout["flags"]): void {
  const { account: _, disable, ...others } = flags;
  const isChanging = Object.values(others).some((value) => value !== undefined);
  if (disable === undefined && !isChanging) {
    throw new CommandError("please specify some options", { code: "ERR_NO_OPTION" });
  }
  if (disable === true && isChanging) {
    throw new CommandError("--disable is exclusive of all other options", { code: "ERR_FLAGS" });
  }
}

async function readChange(flags: EditAuthCallout["flags"], output: Output): Promise<CalloutChange> {
  const read = async (kind: "user" | "account", values: readonly string[] = []): Promise<readonly string[]> => {
    const keys: string[] = [];
    for (const value of values) {
      const isAny = kind === "account" && value === ANY_ACCOUNT;
      keys.push(isAny ? value : await readPublicKey(value, kind, output));
    }
    return keys;
  };
  const { curve } = flags;
  return {
    curve: curve === undefined ? undefined : await readSigningKey(curve, "curve", output),
    addedUsers: await read("user", flags["auth-user"]),
    removedUsers: await read("user", flags["rm-auth-user"]),
    addedAccounts: await read("account", flags["allowed-account"]),
    removedAccounts: await read("account", flags["rm-allowed-account"]),
    removesCurve: flags["rm-curve"] === true,
  };
}

/** The block with what is added and then what is removed, reported in nsc's order. */
function changed(before: ExternalAuthorization, change: CalloutChange, report: Report): ExternalAuthorization {
  const after: ExternalAuthorization = { ...before };
  const { addedUsers, removedUsers, addedAccounts, removedAccounts } = change;
  setList(after, "auth_users", changedList("user", before.auth_users, addedUsers, removedUsers, report));
  const accounts = changedList("account", before.allowed_accounts, addedAccounts, removedAccounts, report);
  setList(after, "allowed_accounts", accounts);
  if (change.removesCurve) {
    report.ok(
      before.xkey
        ? `removed ${before.xkey} curve key`
        : "remove curve key didn't do anything as the curve key was not set",
    );
    delete after.xkey;
  }
  if (change.curve !== undefined) {
    after.xkey = change.curve.publicKey;
    report.ok(`set curve key ${change.curve.publicKey}`);
  }
  return after;
}

function changedList(
  title: string,
  before: readonly string[] = [],
  added: readonly string[],
  removed: readonly string[],
  report: Report,
): readonly string[] {
  const keys = new Set(before);
  for (const key of added) {
    const name = `${title} ${quote(key)}`;
    report.ok(keys.has(key) ? `skipped adding ${name} - as it's already set` : `added ${name}`);
    keys.add(key);
  }
  for (const key of removed) {
    const name = `${title} ${quote(key)}`;
    report.ok(keys.delete(key) ? `deleted ${name}` : `skipping ${name} - as it's not currently set`);
  }
  return [...keys];
}

function setList(block: ExternalAuthorization, name: "auth_users" | "allowed_accounts", keys: readonly string[]): void {
  if (keys.length > 0) block[name] = [...keys];
  else delete block[name];
}
