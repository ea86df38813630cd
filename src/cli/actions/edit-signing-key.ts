import type { Account } from "../../authority/account.ts";
import { addSigningKeys, createScope, findSigningKey, scopesNamed } from "../../jwt/scopes.ts";
import type { SigningKey, UserScope } from "../../jwt/signing-keys.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { editSigningKeyFlags } from "../commands/signing-key.ts";
import { applyPermissions, assertPermissionFlags } from "../edits/apply-permissions.ts";
import { applyUserLimits, assertUserLimitFlags } from "../edits/apply-user-limits.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { Report } from "../output/report.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { findSignedBy, sayInvalidated } from "../validation/invalidated.ts";
import { unusableUsers } from "../validation/tolerate.ts";
import { type KeyArgument, readKeyArgument, readSigningKey } from "../values/key-argument.ts";

type EditSigningKey = Invocation<typeof editSigningKeyFlags>;

export async function run(invocation: EditSigningKey): Promise<void> {
  const { flags, report, tree } = invocation;
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  assertUserLimitFlags(flags);
  assertPermissionFlags(flags);
  const keys = await keysOf(invocation, account);
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account, keepsIssuer: true });
  const invalidated = await changeTree(
    invocation,
    async (tx, changes) => {
      const edited = await (await tx.operator(operator.name)).account(account.name);
      const plain = keys.filter(({ publicKey }) => typeof findKey(account, publicKey) === "string");
      const signed = await findSignedBy(
        edited,
        [operator.name, account.name],
        plain.map(({ publicKey }) => publicKey),
      );
      for (const { publicKey, pair } of keys) {
        // Otherwise it is refused, since these users have permissions of their own, which a role's may not have.
        if (signed.some(({ issuer }) => issuer === publicKey))
          await edited.removeSigningKey(publicKey, { force: true });
        else if (findKey(account, publicKey) !== undefined) continue;
        await edited.addSigningKey({ key: pair ?? publicKey });
      }
      await edited.edit(({ nats }) => {
        for (const [index, { publicKey }] of keys.entries()) {
          const present = findSigningKey<SigningKey>(nats, publicKey);
          const scope = typeof present === "object" ? present : createScope(publicKey);
          // All keys of a role are changed alike, and that is said once.
          applyScope(scope, flags, index === 0 ? changes : new Report());
          addSigningKeys(nats, scope);
        }
        warnOfOtherKeys(scopesNamed(nats, flags.role ?? ""), keys, changes);
      }, signing);
      return signed;
    },
    unusableUsers,
  );
  sayInvalidated(invocation, invalidated, "has become the key of a role");
  await afterAccountChange(invocation, operator, await operator.account(account.name));
  for (const { publicKey } of keys) report.ok(`edited signing key ${quote(publicKey)}`);
}

function applyScope(scope: UserScope, flags: EditSigningKey["flags"], report: Report): void {
  if (flags.role !== undefined) scope.role = flags.role;
  if (flags.description !== undefined) scope.description = flags.description;
  applyUserLimits(scope.template, flags, report);
  applyPermissions(scope.template, flags, report);
}

/** A role with several keys is ambiguous where one is to sign, but for the two of a rotation. */
function warnOfOtherKeys(scopes: readonly UserScope[], edited: readonly KeyArgument[], report: Report): void {
  const others = scopes.filter(({ key, role }) => role !== "" && !edited.some(({ publicKey }) => publicKey === key));
  for (const { key, role } of others) {
    report.warn(`role ${quote(role)} has another signing key, ${key}, so it does not say which one signs`);
  }
}

/** The key that is edited: the word before `--sk` before `--role`; of a role both its keys while one is rotated. */
async function keysOf({ args, flags, output }: EditSigningKey, account: Account): Promise<readonly KeyArgument[]> {
  const [word] = args;
  const [sk] = flags.sk ?? [];
  const given = word || sk;
  if (given !== undefined && given !== "") {
    const named = keysNamed(account, given);
    if (named.length > 0) return named;
    return [word ? await readWord(word, output) : await readSigningKey(given, "account", output)];
  }
  const named = flags.role ? keysNamed(account, flags.role) : [];
  if (named.length > 0) return named;
  const roles = account.roles.map(({ role }) => role).filter((role) => role !== "");
  throw new CommandError("signing key is required", {
    code: "ERR_SIGNING_KEY_REQUIRED",
    showsUsage: true,
    hint: `give --sk generate for a new one${roles.length === 0 ? "" : `; there are the roles ${roles.join(", ")}`}`,
  });
}

async function readWord(word: string, output: EditSigningKey["output"]): Promise<KeyArgument> {
  const key = await readKeyArgument(word, output);
  if (key === undefined) throw new CommandError("signing-key not found", { code: "ERR_ENTITY_NOT_FOUND" });
  if (isPublicKey(key.publicKey, "account")) return key;
  throw new CommandError(`invalid account signing key ${quote(key.publicKey)}`, { code: "ERR_KEY_INVALID" });
}

function keysNamed(account: Account, role: string): readonly KeyArgument[] {
  return scopesNamed(account.claims.nats, role).map(({ key }) => ({ publicKey: key, isGenerated: false }));
}

function findKey(account: Account, publicKey: string) {
  return findSigningKey(account.claims.nats, publicKey);
}
