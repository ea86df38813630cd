/** Name of what says that an operator's keys are elsewhere. */
export const MANAGED = "managed";

const PENDING = "pending/";

/** Name of what says that the stored token of an account is not the one that servers should have in the end, and why. */
export function pendingName(account: string): string {
  return `${PENDING}${account}`;
}
