import { always, type Members, optional, optionalOrEmpty, pointer, StructCodec } from "../encoding/json-struct.ts";
import { type Int64, int64, list, text } from "../encoding/json-types.ts";

/** Subjects that are allowed and denied in one direction. Go: `Permission`. */
export interface Permission {
  /** Allowed subjects; absent or empty allows all that is not denied. */
  allow?: string[];
  /** Denied subjects; they win over allowed ones. */
  deny?: string[];
}

/** The right to publish to the reply subject of a message received. Go: `ResponsePermission`. */
export interface ResponsePermission {
  /** How many replies; 0 is the server's default of 1, negative is unlimited. */
  max: Int64;
  /** For how long, in nanoseconds; 0 is the server's default of two minutes, negative is unlimited. */
  ttl: Int64;
}

/** Go: `Permissions`. */
export interface Permissions {
  /** Subjects to publish to. */
  pub: Permission;
  /** Subjects to subscribe to; an entry may name a queue group after one space. */
  sub: Permission;
  /** Replies; absent is none beyond what `pub` allows. */
  resp?: ResponsePermission;
}

const permission: StructCodec<Permission> = new StructCodec<Permission>({
  allow: optionalOrEmpty(list(text)),
  deny: optionalOrEmpty(list(text)),
});

const responsePermission: StructCodec<ResponsePermission> = new StructCodec<ResponsePermission>({
  max: always(int64),
  ttl: always(int64),
});

export const permissionMembers: Members<Permissions> = {
  pub: always(permission),
  sub: always(permission),
  resp: optional(pointer(responsePermission)),
};

/** Go: `Permissions` as a member of its own, such as an account's `default_permissions`. */
export const permissions: StructCodec<Permissions> = new StructCodec<Permissions>(permissionMembers);
