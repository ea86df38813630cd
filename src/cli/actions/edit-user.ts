import type { Account } from "../../authority/account.ts";
import type { User } from "../../authority/user.ts";
import { compareUtf8 } from "../../encoding/go-text.ts";
import type { Int64 } from "../../encoding/json-types.ts";
import { NscError } from "../../errors.ts";
import { hasEmptyPermissions } from "../../jwt/scopes.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { askUser } from "../asking/ask-user.ts";
import { CommandError } from "../command-error.ts";
import type { editUserFlags } from "../commands/users.ts";
import { applyPermissions, assertPermissionFlags } from "../edits/apply-permissions.ts";
import { applyTags, askTags } from "../edits/apply-tags.ts";
import { applyUserLimits, assertUserLimitFlags } from "../edits/apply-user-limits.ts";
import { applyValidity, askValidity } from "../edits/apply-validity.ts";
import { assertEditOptions } from "../edits/edit-options.ts";
import { reportScopeConflict } from "../edits/scope-conflict.ts";
import { parseSize } from "../flags/parse-size.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { problemOf } from "../output/problem-of.ts";
import { reportCreds } from "../output/report-creds.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import type { SignerOption } from "../signing/signer.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { unusableUsers } from "../validation/tolerate.ts";
import { readValidity } from "../values/validity.ts";

type EditUser = Invocation<typeof editUserFlags>;

export async function run(invocation: EditUser): Promise<void> {
  const { flags, globals, io, prompts, report, tree } = invocation;
  const isAsking = globals.interactive === true;
  const now = timeOf(io);
  assertEditOptions(invocation, ["account", "name"]);
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const user = await account.user(await userName(invocation, account));
  const { name } = user;
  const label = "select the key to sign the user";
  const signing = await signerOrAsk(invocation, ["account"], { operator, account, label });
  const payload = isAsking ? await askPayload(invocation, user.claims.nats.payload) : flags.payload;
  const bounds = isAsking ? await askValidity(prompts, flags, user.claims, now) : flags;
  const tags = isAsking ? await askTags(prompts, flags, user.claims.nats.tags) : flags;

  assertPermissionFlags(flags);
  assertUserLimitFlags(flags);
  const validity = readValidity(bounds, { now, report });
  if (flags.bearer === true && account.claims.nats.limits.disallow_bearer === true) {
    throw new CommandError("account disallows bearer token", { code: "ERR_BEARER_DISALLOWED" });
  }
  await reportScopeConflict(report, async () => {
    await assertRoleFits(invocation, account, user, signing);
    await changeTree(
      invocation,
      async (tx, changes) => {
        const edited = await (await (await tx.operator(operator.name)).account(account.name)).user(name);
        await edited.edit((claims) => {
          applyValidity(claims, validity, { now, report: changes });
          applyTags(claims.nats, tags, changes);
          applyUserLimits(claims.nats, { ...flags, payload }, changes);
          applyPermissions(claims.nats, flags, changes);
          // nsc sorts them at each edit, and not before.
          claims.nats.src?.sort(compareUtf8);
        });
        // Whatever the edit came to: the token is a new one, and the creds file is written again.
        await edited.reissue(signing);
      },
      unusableUsers,
    );
  });
  await reportCreds(invocation, [operator.name, account.name, name], await account.user(name));
  report.ok(`edited user ${quote(name)}`);
}

/** A user with limits of its own is not moved into a role by an edit: it would lose them. */
async function assertRoleFits(
  { tree }: EditUser,
  account: Account,
  { name, claims }: User,
  { signer }: SignerOption,
): Promise<void> {
  const named = typeof signer === "object" ? signer.publicKey : signer;
  const scope = account.roles.find(({ key, role }) =>
    named === undefined ? key === claims.iss : [key, role].includes(named),
  );
  if (scope === undefined || hasEmptyPermissions(claims.nats)) return;
  if (named === undefined && (await tree.store.getKey(scope.key)) === undefined) return;
  throw new NscError(
    "ERR_USER_SCOPED",
    `the user ${quote(name)} has permissions or limits of its own, and in the role ${quote(scope.role)} it can't: delete it, and add it with that role`,
  );
}

/** The user that was named, else one that is picked, or the only one. */
async function userName(invocation: EditUser, account: Account): Promise<string> {
  const { flags, args, globals, tree } = invocation;
  const given = flags.name || args[0];
  if (given) {
    return (
      await tree.user(account, given).catch((error: unknown) => {
        if (!(error instanceof CommandError) || !/does not exist/.test(error.message)) throw error;
        throw new CommandError(`user ${quote(given)} not found`, { code: error.code });
      })
    ).name;
  }
  if (globals.interactive === true) return await askUser(invocation, account);
  const names = await tree.names([await tree.operatorName(), account.name]);
  if (names.length === 1) return names[0] as string;
  throw new CommandError("user name is required", { code: "ERR_NO_USER", showsUsage: true });
}

async function askPayload({ flags, prompts }: EditUser, present: Int64 = -1): Promise<Int64 | undefined> {
  const initial = `${flags.payload ?? present}`;
  const answer = await prompts.text("max payload (-1 unlimited)", {
    initial,
    check: (text) => problemOf(() => parseSize(text)),
  });
  // What is as it was is no change.
  return answer === `${present}` ? undefined : parseSize(answer);
}
