import { parseDate } from "../encoding/dates.ts";
import { NscError } from "../errors.ts";
import { type Expires, expiryOf } from "../jwt/expiry.ts";
import type { StorePath } from "../store/store.ts";
import { nowOf } from "./context.ts";
import { request } from "./drafts.ts";
import type { EditOptions } from "./edit-claims.ts";
import type { EntityClaims } from "./managed-fields.ts";
import { assertKnownOptions } from "./options.ts";
import type { Workspace } from "./workspace.ts";

/** Options of `setValidity`. */
export interface ValidityOptions extends EditOptions {
  /** When the token expires, not in the past: a date, a time span from now on such as `"30d"`, or `"never"`; as before by default. */
  readonly expires?: Expires;
  /** When the token becomes valid: a date, or `"at once"`; as before by default. */
  readonly notBefore?: Date | "at once";
}

/** Changes when a token becomes valid and when it expires. */
export async function setValidity(workspace: Workspace, path: StorePath, options: ValidityOptions): Promise<void> {
  assertKnownOptions(options, ["expires", "notBefore", "signer"]);
  if (options.expires === undefined && options.notBefore === undefined)
    throw invalid("say expires, notBefore, or both");
  const draft = await workspace.draft(path);
  applyValidity(draft.claims, options, nowOf(workspace.context));
  request(draft, options.signer);
}

/** Sets the bounds that are said; the others stay. */
export function applyValidity(
  claims: EntityClaims,
  { expires, notBefore }: Pick<ValidityOptions, "expires" | "notBefore">,
  now: number,
): void {
  if (notBefore === "at once") delete claims.nbf;
  else if (notBefore !== undefined) claims.nbf = parseDate(notBefore, "notBefore");
  if (expires !== undefined) {
    const exp = expiryOf(expires, new Date(now * 1000));
    if (exp === undefined) delete claims.exp;
    else if (exp <= now) throw invalid("expires is in the past");
    else claims.exp = exp;
  }
  const { exp = 0, nbf = 0 } = claims;
  if (exp > 0 && exp <= nbf) throw invalid("expires is not after notBefore");
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
