import { NscError } from "../errors.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { RevocationHolder } from "../jwt/revocations.ts";

/** How far the times of issue may run ahead of the clock, in seconds. */
const MAX_AHEAD = 3600;

/** What a token's time of issue must come after. */
export interface IssuedAfter {
  /** `iat` of the token that it replaces. */
  readonly previous?: number | undefined;
  /** When tokens of its subject were revoked. */
  readonly revoked?: number | undefined;
  /** When tokens of everybody were revoked. */
  readonly allRevoked?: number | undefined;
}

/**
 * The time of issue of a token: now, or as much later as it takes to be newer than what it replaces and not revoked.
 * Servers and nsc compare whole seconds, so that of two tokens of one second none is the newer one.
 *
 * @throws NscError `ERR_CLOCK_AHEAD` when that would be more than an hour ahead of the clock
 */
export function issuedAtFor(title: string, now: number, { previous, revoked, allRevoked }: IssuedAfter): number {
  const after = (time: number | undefined) => (time === undefined ? now : time + 1);
  const issuedAt = Math.max(now, after(previous), after(revoked), after(allRevoked));
  if (issuedAt <= now + MAX_AHEAD) return issuedAt;
  throw new NscError(
    "ERR_CLOCK_AHEAD",
    `the token of ${title} would have to be issued ${issuedAt - now} s ahead of the clock, to come after the one it replaces or its revocation: is the clock right?`,
  );
}

/** When the tokens of a subject were revoked. */
export function revokedAt(
  { revocations = {} }: ReadonlyDeep<RevocationHolder>,
  subject: string,
): Pick<IssuedAfter, "revoked" | "allRevoked"> {
  const at = (key: string) => (Object.hasOwn(revocations, key) ? revocations[key] : undefined);
  return { revoked: at(subject), allRevoked: at("*") };
}
