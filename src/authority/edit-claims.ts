import { JsonWriter } from "../encoding/json-codec.ts";
import { NscError } from "../errors.ts";
import { copyClaims } from "../jwt/copy-claims.ts";
import { KINDS, type KindEntry } from "../jwt/kinds.ts";
import type { StorePath } from "../store/store.ts";
import { assertManagedFields, managedFields } from "./managed-fields.ts";
import { assertKnownOptions } from "./options.ts";
import type { SignerInput } from "./signer-choice.ts";
import type { ClaimsAt, Draft, Workspace } from "./workspace.ts";

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
  if (typeof edit !== "function")
    throw new NscError("ERR_ARGUMENT_INVALID", "an edit is a function that changes claims");
  const isFresh = workspace.draftAt(path) === undefined;
  const draft: Draft<ClaimsAt<Path>> = await workspace.draft(path);
  try {
    // What was read a moment ago can be read again; what was changed before in this transaction can't.
    const claims = isFresh ? draft.claims : copyClaims(draft.claims);
    applyEdit(claims, edit);
    draft.claims = claims;
  } catch (error) {
    if (isFresh) workspace.discard(path);
    throw error;
  }
  request(draft, options.signer);
}

/** Remembers who was asked to sign. A token that somebody else signed is signed again, even if nothing changed. */
export function request(draft: Draft, signer: SignerInput | undefined): void {
  if (signer === undefined) return;
  draft.requested = signer;
  draft.resign = true;
}

/** Calls an edit, which must be done when it returns. */
export function callEdit<T>(edit: (value: T) => void, value: T): void {
  const result: unknown = edit(value);
  if (typeof (result as PromiseLike<unknown> | undefined)?.then === "function") {
    throw new NscError("ERR_ARGUMENT_INVALID", "an edit can't wait for anything: look things up before it");
  }
}

/** Calls an edit on claims. */
export function applyEdit<Claims extends ClaimsAt<StorePath>>(claims: Claims, edit: (claims: Claims) => void): void {
  const before = managedFields(claims);
  callEdit(edit, claims);
  assertManagedFields(before, claims);
  // At once and strictly: a later edit of the same transaction would take what is unknown here for what was read.
  (KINDS[claims.nats.type] as KindEntry).claims.write(claims, new JsonWriter(false));
}
