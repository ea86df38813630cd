import { NscError } from "../errors.ts";
import type { ExternalAuthorization } from "../jwt/account.ts";
import { request } from "./drafts.ts";
import type { EditOptions } from "./edit-claims.ts";
import { entityKey, type KeyInput, publicKeyOf } from "./key-input.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, titleOf } from "./paths.ts";
import { deleteSeeds } from "./signing-keys.ts";
import type { Workspace } from "./workspace.ts";

/** Who authorizes the users of an account in place of the server. */
export interface AuthCalloutInit {
  /**
   * The users that the service connects as, whom it is not asked about: handles, or public keys; at least one. As before by
   * default.
   */
  readonly users?: readonly ({ readonly publicKey: string } | string)[];
  /**
   * The accounts that it may place users in besides this one: handles, or public keys; `"*"` for any, `[]` for none. As before by
   * default.
   */
  readonly accounts?: readonly ({ readonly publicKey: string } | string)[] | "*";
  /**
   * The curve key of the service, for which servers seal what they ask: true for a fresh one, a seed, a key pair or a public key;
   * false for none. As before by default. The seed of a key that is kept here is in the store.
   */
  readonly xkey?: boolean | KeyInput;
}

/** Options of `Account.removeAuthCallout`. */
export interface RemoveAuthCalloutOptions extends EditOptions {
  /** Whether the seed of its curve key is removed from the store, too; false by default. */
  readonly deleteKey?: boolean;
}

/** Has a service outside of the server authorize the users of an account, or changes which. */
export async function setAuthCallout(
  workspace: Workspace,
  path: AccountPath,
  init: AuthCalloutInit,
  options: EditOptions,
): Promise<void> {
  assertKnownOptions(init, ["users", "accounts", "xkey"]);
  assertKnownOptions(options, ["signer"]);
  const { users, accounts, xkey } = init;
  const draft = await workspace.draft(path);
  const next: ExternalAuthorization = { ...draft.claims.nats.authorization };
  if (users !== undefined) next.auth_users = keysOf("user", users, "users");
  if ((next.auth_users ?? []).length === 0) {
    throw invalid(`the ${titleOf(path)} has nobody who authorizes users: say users, or use removeAuthCallout`);
  }
  if (accounts !== undefined) {
    next.allowed_accounts = accounts === "*" ? ["*"] : keysOf("account", accounts, "accounts");
    if (next.allowed_accounts.length === 0) delete next.allowed_accounts;
  }
  if (xkey === false) delete next.xkey;
  else if (xkey !== undefined) {
    const key = entityKey("curve", xkey === true ? undefined : xkey, workspace.context);
    next.xkey = key.publicKey;
    workspace.addKey(key);
  }
  draft.claims.nats.authorization = next;
  request(draft, options.signer);
}

/** Has servers authorize the users of an account by themselves. */
export async function removeAuthCallout(
  workspace: Workspace,
  path: AccountPath,
  options: RemoveAuthCalloutOptions,
): Promise<void> {
  assertKnownOptions(options, ["deleteKey", "signer"]);
  const { deleteKey = false, signer } = options;
  const draft = await workspace.draft(path);
  const { auth_users = [], xkey = "" } = draft.claims.nats.authorization;
  if (auth_users.length === 0) {
    throw new NscError("ERR_ENTITY_NOT_FOUND", `the ${titleOf(path)} has no auth callout`);
  }
  draft.claims.nats.authorization = {};
  if (deleteKey && xkey !== "") await deleteSeeds(workspace, path[0], [xkey]);
  request(draft, signer);
}

function keysOf(kind: "user" | "account", given: unknown, title: string): string[] {
  if (!Array.isArray(given)) throw invalid(`${title} must be a list of handles or public keys`);
  const keys = given.map((each: unknown) => {
    const key = publicKeyOf(kind, each);
    if (key !== undefined) return key;
    throw new NscError("ERR_KEY_KIND", `${title} must be handles or public keys of the kind ${kind}`);
  });
  return [...new Set(keys)];
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
