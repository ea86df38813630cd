const PENDING = "pending/";

const PUSH = "push/";

/** Name of what says that a push of the account did not reach all servers; the value is the id of the token. */
export function pushName(account: string): string {
  return `${PUSH}${account}`;
}

/** The account that such a name is of, or nothing for other names. */
export function accountOfPushName(name: string): string | undefined {
  return name.startsWith(PUSH) ? name.slice(PUSH.length) : undefined;
}

const ROTATION = "rotation/";
const USER_ROTATIONS = "user-rotations/";

/** Name of what says which rotations of signing keys of an operator or account are under way. */
export function rotationName(holder: string): string {
  return `${ROTATION}${holder}`;
}

/** Name of what says which rotations of keys of an account's users are under way. */
export function userRotationsName(account: string): string {
  return `${USER_ROTATIONS}${account}`;
}

/** Whether a name is of rotations, of whatever keys. */
export function isOfRotations(name: string): boolean {
  return name.startsWith(ROTATION) || name.startsWith(USER_ROTATIONS);
}

/** Name of what says which identities an operator had before this one. */
export function formerName(operator: string): string {
  return `former/${operator}`;
}

/** Name of what says that the stored token of an account is not the one that servers should have in the end, and why. */
export function pendingName(account: string): string {
  return `${PENDING}${account}`;
}
