/**
 * Activations that wait for a signature from elsewhere. Until then they stand in their imports without it, as the token up to
 * and with the dot before the signature; and whoever signs the account puts it there first.
 *
 * @module
 */

import type { CryptoEngine } from "../crypto/engine.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { copyClaims } from "../jwt/copy-claims.ts";
import { decodeUnverified } from "../jwt/decode.ts";
import type { Import } from "../jwt/imports.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { AccountPath } from "./paths.ts";

/** An activation that waits for its signature. */
export interface PendingActivation {
  /** The exporting account. */
  readonly path: AccountPath;
  /** The token but for its signature. */
  readonly input: string;
}

/** What stands in an import for an activation that waits. */
export function placeholderOf({ input }: Pick<PendingActivation, "input">): string {
  return `${input}.`;
}

/** Those of some activations, by their inputs, that an account's imports wait for. */
export function pendingIn(
  { nats }: Pick<ReadonlyDeep<AccountClaims>, "nats">,
  activations: { has(input: string): boolean },
): string[] {
  return (nats.imports ?? []).map((entry) => inputIn(entry) ?? "").filter((input) => activations.has(input));
}

/** Whether there may be any. */
function inputIn(entry: ReadonlyDeep<Import> | null | undefined): string | undefined {
  return entry?.token?.endsWith(".") ? entry.token.slice(0, -1) : undefined;
}

/** Claims of an account with these activations in the place of what stands for them: tokens, or nothing. */
export function withActivations(
  claims: ReadonlyDeep<AccountClaims>,
  activations: ReadonlyMap<string, string | undefined>,
): AccountClaims {
  const copy = copyClaims(claims as AccountClaims);
  for (const entry of copy.nats.imports ?? []) {
    const input = inputIn(entry);
    if (input === undefined || !activations.has(input)) continue;
    const token = activations.get(input);
    if (token === undefined) delete entry.token;
    else entry.token = token;
  }
  return copy;
}

/** The claims of an account that waits, from what would be signed of it if it did not. */
export function waitingAccount(input: string, engine: CryptoEngine): AccountClaims {
  return decodeUnverified(`${input}.`, "account", engine);
}
