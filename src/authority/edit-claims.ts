import { JsonWriter } from "../encoding/json-codec.ts";
import type { Int64 } from "../encoding/json-types.ts";
import { NscError } from "../errors.ts";
import type { AccountNats } from "../jwt/account.ts";
import { KINDS, type KindEntry } from "../jwt/kinds.ts";
import { VITAL_LIMITS } from "../jwt/limits.ts";
import { scopesOf } from "../jwt/scopes.ts";
import type { UserScope } from "../jwt/signing-keys.ts";
import type { StorePath } from "../store/store.ts";
import { type Draft, request } from "./drafts.ts";
import { assertManagedFields, managedFields } from "./managed-fields.ts";
import { assertKnownOptions } from "./options.ts";
import type { ClaimsAt } from "./paths.ts";
import type { SignerInput } from "./signer-choice.ts";
import type { Workspace } from "./workspace.ts";

/** Options of `edit`. */
export interface EditOptions {
  /**
   * Who signs: a public key, a role, a key pair or a `Signer`. By default the present issuer if it may still issue, and
   * else whom the policy says.
   */
  readonly signer?: SignerInput;
}

/** THE door for edits: hands claims to a function that changes them, and refuses changes of what is managed. */
export async function editClaims<Path extends StorePath>(
  workspace: Workspace,
  path: Path,
  edit: (claims: ClaimsAt<Path>) => void,
  options: EditOptions = {},
): Promise<void> {
  assertKnownOptions(options, ["signer"]);
  const draft: Draft<ClaimsAt<Path>> = await workspace.draft(path);
  applyEdit(draft.claims, edit);
  request(draft, options.signer);
}

/** Calls an edit, which must be done when it returns. */
export function callEdit<T>(edit: (value: T) => void, value: T): void {
  if (typeof edit !== "function")
    throw new NscError("ERR_ARGUMENT_INVALID", "an edit is a function that changes claims");
  const result: unknown = edit(value);
  if (typeof (result as PromiseLike<unknown> | undefined)?.then === "function") {
    throw new NscError("ERR_ARGUMENT_INVALID", "an edit can't wait for anything: look things up before it");
  }
}

/** Calls an edit on claims. */
export function applyEdit<Claims extends ClaimsAt<StorePath>>(claims: Claims, edit: (claims: Claims) => void): void {
  const before = managedFields(claims);
  const limits = accountLimits(claims);
  callEdit(edit, claims);
  assertManagedFields(before, claims);
  // At once and strictly: a later edit of the same transaction would take what is unknown here for what was read.
  (KINDS[claims.nats.type] as KindEntry).claims.write(claims, new JsonWriter(false));
  assertLimitsLeft(limits, claims);
  assertTemplates(claims);
}

type VitalLimits = Readonly<Partial<Record<(typeof VITAL_LIMITS)[number], Int64>>>;

function accountLimits({ nats }: ClaimsAt<StorePath>): VitalLimits {
  return nats.type === "account" ? { ...(nats as AccountNats).limits } : {};
}

/** An absent limit is 0, by which everybody is locked out; whoever means that can say it. */
function assertLimitsLeft(before: VitalLimits, claims: ClaimsAt<StorePath>): void {
  const after = accountLimits(claims);
  for (const name of VITAL_LIMITS) {
    if (after[name] !== undefined || Number(before[name] ?? 0) === 0) continue;
    const message = `${name} of the account is absent, which is 0 and locks everybody out: -1 is unlimited, and 0 has to be said`;
    throw new NscError("ERR_LIMITS", message);
  }
}

/** An absent template would be written as one that allows everything; whoever means that can say it. */
function assertTemplates({ nats }: ClaimsAt<StorePath>): void {
  if (nats.type !== "account") return;
  for (const { role, template } of scopesOf(nats as AccountNats)) {
    if ((template as UserScope["template"] | null | undefined) != null) continue;
    const message = `the role ${JSON.stringify(role)} has no template: {} allows everything, and has to be said`;
    throw new NscError("ERR_CLAIMS_TYPE", message);
  }
}
