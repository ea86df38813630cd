import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { Expires } from "../jwt/expiry.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import { addTags } from "../jwt/tags.ts";
import type { UserClaims } from "../jwt/user.ts";
import type { StorePath } from "../store/store.ts";
import { applyEdit } from "./edit-claims.ts";
import { titleOf } from "./paths.ts";
import { applyValidity } from "./validity-verbs.ts";
import type { Workspace } from "./workspace.ts";

/** What any entity may begin with. */
export interface EntityInit<Claims> {
  /** Tags; in lower case, as Go keeps them. */
  readonly tags?: readonly string[];
  /** When the token expires, not in the past; never by default. */
  readonly expires?: Expires;
  /** When the token becomes valid; at once by default. */
  readonly notBefore?: Date;
  /** Anything else: changes the claims before they are signed. It may be called again when others changed the store. */
  readonly claims?: (claims: Claims) => void;
}

/** Applies what entities may begin with to claims. */
export function applyInit<Claims extends OperatorClaims | AccountClaims | UserClaims>(
  claims: Claims,
  init: EntityInit<Claims>,
  now: number,
): void {
  const { tags, claims: edit } = init;
  addTagsOf(claims, tags);
  applyValidity(claims, init, now);
  if (edit !== undefined) applyEdit(claims, edit);
}

/** A text is a list of characters to JavaScript, and no list of tags. */
function addTagsOf({ nats }: OperatorClaims | AccountClaims | UserClaims, tags: unknown): void {
  if (tags === undefined) return;
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string"))
    throw invalid("tags must be a list of texts");
  addTags(nats, ...tags);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}

/** Refuses a key that another entity has: servers know entities by their keys. */
export async function assertKeyFree(workspace: Workspace, path: StorePath, publicKey: string): Promise<void> {
  const places = await workspace.findKey(publicKey);
  // The same account may be in the trees of two operators; there is no more than one operator with a key.
  const taken = places.find((place) => path.length === 1 || place.length === 1 || place[0] === path[0]);
  if (taken === undefined) return;
  throw new NscError("ERR_ENTITY_EXISTS", `${publicKey} is the key of the ${titleOf(taken)} already`);
}
