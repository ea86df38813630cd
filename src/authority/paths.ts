import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { UserClaims } from "../jwt/user.ts";
import { parentOf } from "../store/paths.ts";
import type { StorePath } from "../store/store.ts";

/** The place of an operator. */
export type OperatorPath = readonly [operator: string];
/** The place of an account. */
export type AccountPath = readonly [operator: string, account: string];
/** The place of a user. */
export type UserPath = readonly [operator: string, account: string, user: string];

/** The claims of what is at a place. */
export type ClaimsAt<Path extends StorePath> = Path extends UserPath
  ? UserClaims
  : Path extends AccountPath
    ? AccountClaims
    : OperatorClaims;

/** Of the places that have a public key, that of an account of an operator. */
export function accountPlaceIn(places: readonly StorePath[], operator: string): AccountPath | undefined {
  return places.find((path) => path.length === 2 && path[0] === operator) as AccountPath | undefined;
}

/** Of the places that have a public key, those of users of an account. */
export function userPlacesIn(places: readonly StorePath[], [operator, account]: AccountPath): UserPath[] {
  return places.filter((path) => path.length === 3 && path[0] === operator && path[1] === account) as UserPath[];
}

const KINDS = ["operator", "account", "user"] as const;

/** The kind of what is at a place. */
export function kindAt(path: readonly string[]): (typeof KINDS)[number] {
  return KINDS[path.length - 1] as (typeof KINDS)[number];
}

/** The kind and name of what is at a place, for people. */
export function titleOf(path: readonly string[]): string {
  return `${kindAt(path)} ${JSON.stringify(path.at(-1))}`;
}

export function notFound(path: StorePath): NscError {
  const where = path.length > 1 ? ` in the ${titleOf(parentOf(path))}` : "";
  return new NscError("ERR_ENTITY_NOT_FOUND", `there is no ${titleOf(path)}${where}`);
}
