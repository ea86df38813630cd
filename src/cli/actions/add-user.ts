import { addTags } from "../../jwt/tags.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { askKey } from "../asking/ask-key.ts";
import { CommandError } from "../command-error.ts";
import type { addUserFlags } from "../commands/users.ts";
import { applyPermissions, assertPermissionFlags } from "../edits/apply-permissions.ts";
import { applyTags } from "../edits/apply-tags.ts";
import { applyUserLimits, assertUserLimitFlags } from "../edits/apply-user-limits.ts";
import { applyValidity, askValidity } from "../edits/apply-validity.ts";
import { newName, newNameProblem } from "../edits/new-name.ts";
import { reportScopeConflict } from "../edits/scope-conflict.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { Report } from "../output/report.ts";
import { reportCreds } from "../output/report-creds.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { unusableUsers } from "../validation/tolerate.ts";
import { type KeyArgument, readIdentityKey } from "../values/key-argument.ts";
import { readValidity } from "../values/validity.ts";

type AddUser = Invocation<typeof addUserFlags>;

export async function run(invocation: AddUser): Promise<void> {
  const { flags, args, globals, io, prompts, report, tree } = invocation;
  const isAsking = globals.interactive === true;
  const now = timeOf(io);
  const given = flags.name || args[0] || "";
  if (!isAsking) newName("user", given, []);
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const names = await tree.names([operator.name, account.name]);
  const asked = isAsking
    ? await prompts.text("user name", { initial: given, check: (answer) => newNameProblem("user", answer, names) })
    : given;
  const name = newName("user", asked, names);
  const key = await readKey(invocation);
  const bounds = isAsking ? await askValidity(prompts, flags, {}, now) : flags;
  const { strict_signing_key_usage: isStrict } = operator.claims.nats;
  if (isStrict === true && (account.claims.nats.signing_keys ?? []).length === 0) {
    throw new CommandError("unable to issue users when operator requires signing keys and the account has none", {
      code: "ERR_SIGNING_KEY_REQUIRED",
      hint: `add one with: nsc edit account ${account.name} --sk generate`,
    });
  }
  const label = "select the key to sign the user";
  const signing = await signerOrAsk(invocation, ["account"], { operator, account, label });
  const validity = readValidity(bounds, { now, report });
  assertPermissionFlags(flags);
  assertUserLimitFlags(flags);
  if (flags.bearer === true && account.claims.nats.limits.disallow_bearer === true) {
    throw new CommandError(`account ${quote(account.name)} forbids the use of bearer token`, {
      code: "ERR_BEARER_DISALLOWED",
    });
  }
  const path = [operator.name, account.name, name] as const;
  if ((await tree.store.read(path)) !== undefined) {
    throw new CommandError(`the user ${quote(name)} already exists`, { code: "ERR_ENTITY_EXISTS" });
  }

  // Of these two, and of tags and validity, nsc says nothing here; the other limits it does not take.
  const { bearer, "source-network": _, ...limits } = flags;
  const networks = networksOf(flags["source-network"]);
  const user = await reportScopeConflict(report, () =>
    changeTree(
      invocation,
      async (tx, changes) => {
        const added = await (await tx.operator(operator.name)).account(account.name);
        return await added.addUser(name, {
          ...signing,
          ...(key === undefined ? {} : { key: key.pair ?? key.publicKey }),
          claims: (claims) => {
            applyTags(claims.nats, { tag: flags.tag }, new Report());
            applyValidity(claims, validity, { now, report: new Report() });
            if (bearer === true) claims.nats.bearer_token = true;
            if (networks.length > 0) claims.nats.src = networks;
            applyUserLimits(claims.nats, limits, changes);
            applyPermissions(claims.nats, flags, changes);
          },
        });
      },
      unusableUsers,
    ),
  );
  if (key === undefined) report.ok(`generated and stored user key ${quote(user.publicKey)}`);
  else if (key.pair !== undefined) report.ok(`stored user key ${quote(user.publicKey)}`);
  await reportCreds(invocation, path, user);
  report.ok(`added user ${quote(name)} to account ${quote(account.name)}`);
}

/** In the order in which they are given, while those of edits are sorted. */
function networksOf(given: readonly string[] = []): string[] {
  const holder: { tags?: string[] } = {};
  addTags(holder, ...given);
  return holder.tags ?? [];
}

/** The key that was given; a fresh one is made where there is none. */
async function readKey({ flags, globals, output, prompts }: AddUser): Promise<KeyArgument | undefined> {
  let given = flags["public-key"];
  if (globals.interactive === true && !given && !(await prompts.confirm("generate an user nkey", true))) {
    given = await askKey(prompts, output, "user");
  }
  return given ? await readIdentityKey(given, "user", output) : undefined;
}
