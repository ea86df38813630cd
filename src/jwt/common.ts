import { type Members, optional, required } from "../encoding/json-struct.ts";
import { list, seconds, text } from "../encoding/json-types.ts";

/** What all kinds of claims have at their top level. Go: `ClaimsData`. */
export interface CommonClaims {
  /** Audience. In authorization responses the public key of the server, otherwise unused by NATS. */
  aud?: string;
  /** Expiry in seconds since 1970; absent, 0 or negative is never. */
  exp?: number;
  /** Hash of the common claims; set by `encode`. */
  jti?: string;
  /** When the token was issued, in seconds since 1970; set by `encode`. */
  iat?: number;
  /** Public key of the issuer; set by `encode`. */
  iss?: string;
  /** A name for people. */
  name?: string;
  /** Not valid before, in seconds since 1970; absent or 0 is always. */
  nbf?: number;
  /** Public key that the claims are about. */
  sub: string;
}

/** What the `nats` object of all kinds but generic has besides its own members. Go: `GenericFields`. */
export interface CommonNats<Kind extends string> {
  /** Tags, usually in the form `key:value` and in lower case. */
  tags?: string[];
  /** The kind of claims. */
  type: Kind;
  /** Version of the format: 2, set by `encode`; 1 after a token of that version was read. */
  version?: number;
}

export const commonClaims: Members<CommonClaims> = {
  aud: optional(text),
  exp: optional(seconds),
  jti: optional(text),
  iat: optional(seconds),
  iss: optional(text),
  name: optional(text),
  nbf: optional(seconds),
  sub: required(text),
};

/** The members that end every `nats` object, always in this order. */
export function commonNats<Kind extends string>(): Members<CommonNats<Kind>> {
  return {
    tags: optional(list(text)),
    type: optional(text as never),
    version: optional(seconds),
  };
}
