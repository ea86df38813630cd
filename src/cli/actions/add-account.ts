import { askKey } from "../asking/ask-key.ts";
import { CommandError } from "../command-error.ts";
import type { addAccountFlags } from "../commands/account.ts";
import { applyPermissions, assertPermissionFlags } from "../edits/apply-permissions.ts";
import { applyValidity, askValidity } from "../edits/apply-validity.ts";
import { isSameName, newName, newNameProblem } from "../edits/new-name.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { Report } from "../output/report.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { sayingBadSigner } from "../signing/bad-signer.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { makeCurrent } from "../tree/make-current.ts";
import { invalidClaims } from "../validation/tolerate.ts";
import { type KeyArgument, readIdentityKey } from "../values/key-argument.ts";
import { readValidity } from "../values/validity.ts";

type AddAccountValues = FlagValues<typeof addAccountFlags>;

export async function run(invocation: Invocation<typeof addAccountFlags>): Promise<void> {
  const { globals, io, output, report, tree } = invocation;
  const operator = await operatorOf(invocation);
  const names = await tree.names([operator.name]);
  const flags = globals.interactive === true ? await ask(invocation, names) : withName(invocation);
  const key = await keyOf(flags, invocation);
  const name = newName("account", flags.name, names);
  if (names.some((other) => isSameName(other, name))) {
    throw new CommandError(`the account ${quote(name)} already exists`, { code: "ERR_ENTITY_EXISTS" });
  }
  const now = timeOf(io);
  const validity = readValidity(flags, { now, report });
  assertPermissionFlags(flags);
  const signing = await sayingBadSigner(() =>
    signerOrAsk(invocation, ["operator"], { operator, label: "select the key to sign the account" }),
  );
  await sayingBadSigner(() =>
    changeTree(
      invocation,
      async (tx, changes) => {
        const account = await (await tx.operator(operator.name)).addAccount(name, {
          ...(key === undefined ? {} : { key: key.pair ?? key.publicKey }),
          ...signing,
          claims: (claims) => {
            // What is new has no bounds that could have changed.
            applyValidity(claims, validity, { now, report: new Report() });
            applyPermissions(claims.nats.default_permissions, flags, changes);
          },
        });
        if (key === undefined) changes.ok(`generated and stored account key ${quote(account.publicKey)}`);
      },
      invalidClaims,
    ),
  );
  await afterAccountChange(invocation, operator, await operator.account(name));
  // What an account server refuses is here, but is no account that anybody can use.
  if (report.severity !== "error") {
    report.ok(`added account ${quote(name)}`);
    await makeCurrent(invocation, { operator: operator.name, account: name });
  }
  if (key?.pair !== undefined && !key.isGenerated) output.note(`the seed of ${key.publicKey} is in the keystore now`);
}

async function operatorOf({ flags, tree }: Invocation<typeof addAccountFlags>) {
  const { operator } = flags;
  if (operator === undefined || operator === "") return await tree.operator();
  await tree.assertOperator(operator);
  return await tree.nsc.operator(operator);
}

function withName({ args, flags }: Invocation<typeof addAccountFlags>): AddAccountValues {
  return { ...flags, name: flags.name || args[0] };
}

async function ask(
  invocation: Invocation<typeof addAccountFlags>,
  names: readonly string[],
): Promise<AddAccountValues> {
  const { io, output, prompts } = invocation;
  const flags = withName(invocation);
  const name = await prompts.text("account name", {
    initial: flags.name ?? "",
    check: (answer) => newNameProblem("account", answer, names),
  });
  const generates = await prompts.confirm("generate an account nkey", true);
  const key = generates ? undefined : await askKey(prompts, output, "account", flags["public-key"]);
  return { ...flags, name, "public-key": key, ...(await askValidity(prompts, flags, {}, timeOf(io))) };
}

async function keyOf(
  flags: AddAccountValues,
  { output }: Invocation<typeof addAccountFlags>,
): Promise<KeyArgument | undefined> {
  const given = flags["public-key"];
  return given === undefined || given === "" ? undefined : await readIdentityKey(given, "account", output);
}
