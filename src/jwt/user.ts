import { always, type Members, optional, StructCodec } from "../encoding/json-struct.ts";
import { text } from "../encoding/json-types.ts";
import { type CommonClaims, type CommonNats, commonClaims, commonNats } from "./common.ts";
import { type UserPermissionLimits, userPermissionLimits } from "./limits.ts";

/** The `nats` object of a user. Go: `User`. */
export interface UserNats extends UserPermissionLimits, CommonNats<"user"> {
  /** Public key of the account, needed when one of its signing keys is the issuer. */
  issuer_account?: string;
}

/** Claims of a user. Go: `UserClaims`. */
export interface UserClaims extends CommonClaims {
  nats: UserNats;
}

export const userNats: Members<UserNats> = {
  ...userPermissionLimits,
  issuer_account: optional(text),
  ...commonNats<"user">(),
};

/** The members that a scope's template has in place of the user. */
export const userPermissionMembers: readonly (keyof UserPermissionLimits)[] = Object.keys(
  userPermissionLimits,
) as (keyof UserPermissionLimits)[];

export const userNatsCodec: StructCodec<UserNats> = new StructCodec<UserNats>(userNats);

export const userCodec: StructCodec<UserClaims> = new StructCodec<UserClaims>({
  ...commonClaims,
  nats: always(userNatsCodec),
});
