import type { Account } from "../../authority/account.ts";
import type { User } from "../../authority/user.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { userNames } from "../asking/ask-user.ts";
import { confirmDestruction } from "../asking/confirm.ts";
import { CommandError } from "../command-error.ts";
import type { deleteUserFlags } from "../commands/users.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import type { Report } from "../output/report.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";

type DeleteUser = Invocation<typeof deleteUserFlags>;

/** What is to be done with the users. */
interface Wishes {
  readonly names: readonly string[];
  readonly revoke: boolean;
  readonly rmKey: boolean;
  readonly rmCreds: boolean;
}

export async function run(invocation: DeleteUser): Promise<void> {
  const { flags, report, tree } = invocation;
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const wishes = await readWishes(invocation, account);
  const users = await findUsers(invocation, account, wishes.names);
  const question =
    users.length > 1
      ? "deleting users, nkeys or creds files cannot be undone - continue"
      : "deleting a user, nkey or creds file cannot be undone - continue";
  await confirmDestruction(invocation, question, { force: flags.force, refusal: "delete cancelled" });
  const signing = wishes.revoke ? await signerOrAsk(invocation, ["operator"], { operator, account }) : {};

  const lines = report.group("delete users");
  const stored = await Promise.all(
    users.map((user) => storedFiles(invocation, [operator.name, account.name, user.name], user)),
  );
  const revoked: string[] = [];
  await changeTree(invocation, async (tx) => {
    const changed = await (await tx.operator(operator.name)).account(account.name);
    for (const { name, publicKey, claims } of users) {
      const isRevoked = Number(account.claims.nats.revocations?.[publicKey] ?? 0) >= Number(claims.iat ?? 0);
      if (wishes.revoke && !isRevoked) {
        await changed.revoke(publicKey, signing);
        revoked.push(publicKey);
      }
      const user = await changed.user(name);
      await user.delete({ revoke: false, deleteKeys: wishes.rmKey, keepCreds: !wishes.rmCreds });
    }
  });
  for (const [index, user] of users.entries()) {
    const entry = lines.group(`user ${user.name} [${user.publicKey}]`);
    if (wishes.revoke) entry.ok(revoked.includes(user.publicKey) ? "revoked user" : "user is already revoked");
    entry.ok("user deleted");
    await reportFiles(invocation, entry, wishes, user, stored[index] as Stored);
  }
  if (revoked.length === 0) return;
  await afterAccountChange(invocation, operator, await operator.account(account.name), lines);
  lines.ok(`edited account ${quote(account.name)}`);
}

async function readWishes(invocation: DeleteUser, account: Account): Promise<Wishes> {
  const { flags, args, globals, prompts } = invocation;
  const names = [...new Set([...(flags.name ?? []), ...args])];
  // Before it is asked what is to become of them.
  if (names.length > 0) await findUsers(invocation, account, names);
  const { revoke = false, "rm-nkey": rmKey = false, "rm-creds": rmCreds = false } = flags;
  if (globals.interactive !== true) return { names, revoke, rmKey, rmCreds };
  const choices = (await userNames(invocation, account)).map((name) => ({ label: name, value: name }));
  const picked = names.length > 0 ? names : await prompts.selectSeveral("select users", choices);
  const s = picked.length > 1 ? "s" : "";
  return {
    names: picked,
    revoke: await prompts.confirm(`revoke user${s} before deleting`, revoke),
    rmKey: await prompts.confirm(`delete associated nkey${s}`, rmKey),
    rmCreds: await prompts.confirm(`delete associated creds file${s}`, rmCreds),
  };
}

async function findUsers({ tree }: DeleteUser, account: Account, names: readonly string[]): Promise<readonly User[]> {
  if (names.length === 0) {
    throw new CommandError("please specify an user to delete", { code: "ERR_NO_USER", showsUsage: true });
  }
  const users: User[] = [];
  for (const name of names) {
    const user = await tree.user(account, name);
    if (!users.some((other) => other.name === user.name)) users.push(user);
  }
  return users;
}

/** Which files of a user there are before it is deleted. */
interface Stored {
  readonly hasSeed: boolean;
  readonly creds: string | undefined;
}

async function storedFiles({ tree }: DeleteUser, path: readonly [string, string, string], user: User): Promise<Stored> {
  return { hasSeed: user.hasSeed, creds: await tree.directory.credsFile(path) };
}

async function reportFiles(
  { tree }: DeleteUser,
  entry: Report,
  { rmKey, rmCreds }: Wishes,
  { publicKey }: User,
  { hasSeed, creds }: Stored,
): Promise<void> {
  if (rmKey && !hasSeed) entry.ok("private key is not stored");
  else if (rmKey && (await tree.store.getKey(publicKey)) === undefined) entry.ok("deleted private key");
  else if (rmKey) entry.warn("private key is kept, as others have the same key");
  if (rmCreds) entry.ok(creds === undefined ? "creds file is not stored" : "removed creds file");
}
