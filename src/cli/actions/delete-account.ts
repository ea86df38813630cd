import type { Account } from "../../authority/account.ts";
import { isNscError, type NscError } from "../../errors.ts";
import { revoke } from "../../jwt/revocations.ts";
import { signingKeyOf } from "../../jwt/signing-keys.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { confirmDestruction } from "../asking/confirm.ts";
import { CommandError } from "../command-error.ts";
import type { deleteAccountFlags } from "../commands/account.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { afterAccountChange } from "../managed/managed.ts";
import type { Report } from "../output/report.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { managedSigner } from "../signing/ask-signer.ts";
import { sayingBadSigner } from "../signing/bad-signer.ts";
import { requestedSigner, type SignerOption } from "../signing/signer.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { dryRunStore } from "../tree/dry-run-store.ts";
import { openNsc } from "../tree/open-nsc.ts";
import type { Tree } from "../tree/tree.ts";

type DeleteAccountValues = FlagValues<typeof deleteAccountFlags>;

const MINUTE = 60;

/** A user that goes, and what of it is there before. */
interface GoingUser {
  readonly name: string;
  readonly publicKey: string;
  readonly isRevoked: boolean;
  readonly hasKey: boolean;
  readonly hasCreds: boolean;
}

export async function run(invocation: Invocation<typeof deleteAccountFlags>): Promise<void> {
  const { args, globals, report, tree } = invocation;
  const account = await accountOrAsk(invocation, invocation.flags.name || args[0]);
  const operator = await tree.operator();
  if (operator.claims.nats.system_account === account.publicKey && invocation.flags.force !== true) {
    throw new CommandError(`account ${quote(account.name)} is the system account: servers don't start without it`, {
      code: "ERR_SYSTEM_ACCOUNT",
      hint: "first make another one the system account with 'nsc edit operator --system-account', or say --force",
    });
  }
  const flags = globals.interactive === true ? await ask(invocation) : invocation.flags;
  if (operator.isManaged && flags.force !== true && globals.interactive !== true) {
    throw new CommandError(
      "managed accounts may require the account JWT or nkeys to cancel a service, specify the --force to override",
      { code: "ERR_FORCE_REQUIRED" },
    );
  }
  const signing = operator.isManaged
    ? await managedSigner(invocation, { account })
    : await requestedSigner(invocation, ["operator"]);
  if (!operator.isManaged) await assertSignable(tree, [operator.name, account.name], signing);
  const path = [operator.name, account.name] as const;
  const users = await usersOf(account, path, tree);
  await confirm(invocation, flags, { isManaged: operator.isManaged, hasUsers: users.length > 0 });
  const keys = await keysOf(account, tree);
  if (operator.isManaged) {
    // Servers learn of it by a token that expires soon.
    await changeTree(invocation, async (tx) => {
      const expiring = await (await tx.operator(operator.name)).account(account.name);
      const now = Math.floor(timeOf(invocation.io).getTime() / 1000);
      await expiring.edit((claims) => {
        claims.exp = now + MINUTE;
        if (flags.revoke === false) return;
        for (const user of users) if (!user.isRevoked) revoke(claims.nats, user.publicKey, now);
      }, signing);
    });
    await afterAccountChange(invocation, operator, await operator.account(account.name));
  }
  await changeTree(
    invocation,
    async (tx) => {
      const going = await (await tx.operator(operator.name)).account(account.name);
      await going.delete({ deleteKeys: flags["rm-nkey"] === true, keepCreds: flags["rm-creds"] !== true });
    },
    flags.force === true ? systemAccount : undefined,
  );
  for (const user of users) reportUser(report, user, flags);
  report.ok(`expired account ${quote(account.name)}`);
  if (flags["rm-nkey"] === true) await reportKeys(report, account.publicKey, keys, tree);
  report.ok("deleted account");
  report.ok("deleted account directory");
}

/** As with nsc, who deletes an account has a key that may sign it, though nothing that it signs is left. */
async function assertSignable(
  { store }: Tree,
  [operator, account]: readonly [string, string],
  signing: SignerOption,
): Promise<void> {
  const rehearsal = openNsc({ store: dryRunStore(store), signerPolicy: "identity-first", tolerates: () => true });
  await sayingBadSigner(() =>
    sayingIssues(async () => await (await (await rehearsal.operator(operator)).account(account)).reissue(signing)),
  );
}

function systemAccount(problem: NscError): string | undefined {
  if (!isNscError(problem, "ERR_SYSTEM_ACCOUNT")) return undefined;
  return "it was the system account: servers don't start until 'nsc edit operator --system-account' names another one";
}

async function ask({ flags, prompts }: Invocation<typeof deleteAccountFlags>): Promise<DeleteAccountValues> {
  return {
    ...flags,
    revoke: await prompts.confirm("revoke all account users before deleting", flags.revoke ?? true),
    "rm-nkey": await prompts.confirm("delete associated account and user nkeys", flags["rm-nkey"] ?? false),
    "rm-creds": await prompts.confirm("delete associated user creds files", flags["rm-creds"] ?? false),
  };
}

async function confirm(
  invocation: Invocation<typeof deleteAccountFlags>,
  { force }: DeleteAccountValues,
  { isManaged, hasUsers }: { readonly isManaged: boolean; readonly hasUsers: boolean },
): Promise<void> {
  const options = { force, refusal: "delete cancelled" };
  if (isManaged) {
    const question = "managed accounts may require the account JWT or nkeys to cancel a service - continue";
    await confirmDestruction(invocation, question, options);
  }
  const what = hasUsers ? "deleting accounts, users, nkeys or creds files" : "deleting account or account nkey files";
  await confirmDestruction(invocation, `${what} cannot be undone - continue`, options);
}

async function usersOf(account: Account, path: readonly [string, string], tree: Tree): Promise<readonly GoingUser[]> {
  const users: GoingUser[] = [];
  for await (const { name, publicKey } of account.users()) {
    users.push({
      name,
      publicKey,
      isRevoked: account.claims.nats.revocations?.[publicKey] !== undefined,
      hasKey: (await tree.store.getKey(publicKey)) !== undefined,
      hasCreds: (await tree.directory.credsFile([...path, name])) !== undefined,
    });
  }
  return users;
}

/** The keys of an account, the identity last, and whether they are stored. */
async function keysOf(account: Account, tree: Tree): Promise<ReadonlyMap<string, boolean>> {
  const keys = [...(account.claims.nats.signing_keys ?? []).map(signingKeyOf).sort(), account.publicKey];
  const stored = new Map<string, boolean>();
  for (const key of keys) stored.set(key, (await tree.store.getKey(key)) !== undefined);
  return stored;
}

function reportUser(report: Report, user: GoingUser, flags: DeleteAccountValues): void {
  const entry = report.group(`user ${user.name} [${user.publicKey}]`);
  if (flags.revoke !== false) entry.ok(user.isRevoked ? "user is already revoked" : "revoked user");
  entry.ok("user deleted");
  if (flags["rm-nkey"] === true) entry.ok(user.hasKey ? "deleted private key" : "private key is not stored");
  if (flags["rm-creds"] === true) entry.ok(user.hasCreds ? "removed creds file" : "creds file is not stored");
}

async function reportKeys(
  report: Report,
  identity: string,
  keys: ReadonlyMap<string, boolean>,
  tree: Tree,
): Promise<void> {
  for (const [key, wasStored] of keys) {
    const [title, deleted] = key === identity ? ["private key", "privated key"] : ["signing key", "signing key"];
    if (!wasStored) report.ok(`${title} ${quote(key)} is not stored`);
    else if ((await tree.store.getKey(key)) === undefined) report.ok(`deleted ${deleted} ${quote(key)}`);
    else report.warn(`${title} ${quote(key)} is kept, since others have it, too`);
  }
}
