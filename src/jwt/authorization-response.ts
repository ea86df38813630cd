import { always, type Members, optional, StructCodec } from "../encoding/json-struct.ts";
import { text } from "../encoding/json-types.ts";
import { type CommonClaims, type CommonNats, commonClaims, commonNats } from "./common.ts";

/** The `nats` object of an authorization response: a user's token or a refusal. Go: `AuthorizationResponse`. */
export interface AuthorizationResponseNats extends CommonNats<"authorization_response"> {
  /** The user token that grants access. */
  jwt?: string;
  /** Why access is refused. */
  error?: string;
  /** Public key of the account, needed when one of its signing keys is the issuer. */
  issuer_account?: string;
}

/** Claims of an authorization response; `aud` is the public key of the server. Go: `AuthorizationResponseClaims`. */
export interface AuthorizationResponseClaims extends CommonClaims {
  nats: AuthorizationResponseNats;
}

export const authorizationResponseNats: Members<AuthorizationResponseNats> = {
  jwt: optional(text),
  error: optional(text),
  issuer_account: optional(text),
  ...commonNats<"authorization_response">(),
};

export const authorizationResponseNatsCodec: StructCodec<AuthorizationResponseNats> =
  new StructCodec<AuthorizationResponseNats>(authorizationResponseNats);

export const authorizationResponseCodec: StructCodec<AuthorizationResponseClaims> =
  new StructCodec<AuthorizationResponseClaims>({ ...commonClaims, nats: always(authorizationResponseNatsCodec) });
