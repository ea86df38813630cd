/**
 * Where creds come from that renew themselves, and what is made of what comes.
 *
 * @module
 */

import { parseCreds } from "../creds/creds.ts";
import { decodeUtf8, isBytes } from "../encoding/bytes.ts";
import { deepFreeze } from "../encoding/freeze.ts";
import { isNscError, NscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import type { UserClaims } from "../jwt/user.ts";
import { type KeyPair, keyPairFromSeed } from "../nkeys/key-pair.ts";

/** What a source of creds is told. */
export interface CredsRequest {
  /** Is aborted when nobody waits any more: the source took too long, or the renewal was stopped. */
  readonly signal: AbortSignal;
  /** The public key for which a token is needed, if a key is kept. */
  readonly publicKey?: string;
  /** 1, and one more for each time that the source has failed in a row. */
  readonly attempt: number;
}

/**
 * Creds of a user: the text or the bytes of a creds file, or what makes its text, such as an `IssuedUser`. Where a key is kept, and
 * for bearer tokens, the token alone will do.
 */
export type SourcedCreds = string | Uint8Array | { creds(): string | Promise<string> };

/** Gives creds that were not there before: signs a user, or asks who does. */
export type CredsSource = (request: CredsRequest) => SourcedCreds | Promise<SourcedCreds>;

/** What signs nonces: at once, since clients do not wait for it. */
export type NonceSigner = Pick<KeyPair, "publicKey" | "sign">;

/** Creds that were read. */
export interface ReadCreds {
  readonly token: string;
  readonly claims: UserClaims;
  /** Nothing for a bearer token. */
  readonly pair: NonceSigner | undefined;
  /** Forgets the key, if it came with the creds. */
  clear(): void;
}

/**
 * Reads what a source gave.
 *
 * @param kept - the key that is kept, if one is
 * @throws NscError `ERR_CREDS_KEY_MISSING`, `ERR_CREDS_MISMATCH`, `ERR_CREDS_KIND`, `ERR_ARGUMENT_INVALID`; those of `parseCreds`
 * and `decode`
 */
export async function readSourced(given: SourcedCreds, kept: NonceSigner | undefined): Promise<ReadCreds> {
  const text = await textOf(given, kept !== undefined);
  if (!text.includes("-----BEGIN")) return readToken(text.trim(), kept);
  const { token, seed, claims } = parseCreds(text);
  if (kept !== undefined) assertFor(claims, kept);
  const pair = keyPairFromSeed(seed);
  return { token, claims: deepFreeze(claims), pair, clear: () => pair.clear() };
}

/** The text of creds; or a token, where that is enough and whoever issued it does not have the key. */
async function textOf(given: unknown, isKeyKept: boolean): Promise<string> {
  if (typeof given === "string") return given;
  if (isBytes(given)) return decodeUtf8(given);
  const { creds, token } = (given ?? {}) as { readonly creds?: unknown; readonly token?: unknown };
  if (isKeyKept && typeof token === "string") return token;
  const text: unknown = typeof creds === "function" ? await creds.call(given) : undefined;
  if (typeof text === "string") return text;
  throw new NscError("ERR_ARGUMENT_INVALID", "a source must give the text of creds, or an object with creds()");
}

function readToken(token: string, kept: NonceSigner | undefined): ReadCreds {
  const claims = decode(token, { kind: "user" });
  if (kept !== undefined) assertFor(claims, kept);
  else if (claims.nats.bearer_token !== true) {
    throw new NscError(
      "ERR_CREDS_KEY_MISSING",
      "a token without a seed came from the source: say the key that it is for",
    );
  }
  return { token, claims: deepFreeze(claims), pair: kept, clear: () => undefined };
}

function assertFor({ sub }: UserClaims, { publicKey }: NonceSigner): void {
  if (sub === publicKey) return;
  throw new NscError("ERR_CREDS_MISMATCH", `the token is for ${sub}, and the key that is kept is ${publicKey}`);
}

/** What a source threw, or what was wrong with what it gave, as one error. */
export function sourceError(cause: unknown): NscError<"ERR_CREDS_SOURCE"> {
  if (isNscError(cause, "ERR_CREDS_SOURCE")) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new NscError("ERR_CREDS_SOURCE", `the source of creds failed: ${why}`, { cause });
}
