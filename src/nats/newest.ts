import { isNscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { decodeUnverified } from "../jwt/decode.ts";
import type { FoundTokens } from "./keepers.ts";

/** The claims of a token that a server has, if it is one of an account. */
export function readable(token: string): AccountClaims | undefined {
  try {
    return decodeUnverified(token, "account");
  } catch (error) {
    if (isNscError(error)) return undefined;
    throw error;
  }
}

/** The token that was issued last; of several of one second the first. Empty texts are none, and what can't be read is older. */
export function newestOf(tokens: readonly string[]): string | undefined {
  let newest: string | undefined;
  let issuedAt = Number.NEGATIVE_INFINITY;
  for (const token of new Set(tokens)) {
    const time = token === "" ? undefined : (readable(token)?.iat ?? 0);
    if (time === undefined || time <= issuedAt) continue;
    newest = token;
    issuedAt = time;
  }
  return newest;
}

/** The newest of all that was found. */
export function newestFound(found: FoundTokens | undefined): string | undefined {
  return found && newestOf([...found.kept, ...found.served]);
}
