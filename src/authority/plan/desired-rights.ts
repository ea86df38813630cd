import { copyData } from "../../encoding/copy.ts";
import { formatGoDuration } from "../../encoding/duration.ts";
import type { Int64 } from "../../encoding/json-types.ts";
import { NscError } from "../../errors.ts";
import type { UserPermissionLimits } from "../../jwt/limits.ts";
import type { Permission, Permissions } from "../../jwt/permissions.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { type ByteSize, limitOf } from "../jetstream.ts";
import { type PermissionsInit, permissionsOf } from "../permissions-input.ts";
import type { DesiredRights } from "./desired-state.ts";
import { isSameData } from "./same-data.ts";

const LIMITS = ["subs", "data", "payload"] as const;

/** Members that are there as they are said, or not at all; by the names of a description. */
const PLAIN = {
  src: "src",
  times: "times",
  timesLocation: "times_location",
  bearer: "bearer_token",
  proxyRequired: "proxy_required",
  allowedConnectionTypes: "allowed_connection_types",
} as const;

/** The names of the members of rights. */
export const RIGHTS: readonly string[] = ["pub", "sub", "responses", ...LIMITS, ...Object.keys(PLAIN)];

/** Gives a template or a user the rights of a description, and no others. */
export function writeRights(target: UserPermissionLimits, rights: DesiredRights): void {
  const { resp, ...permissions } = permissionsOf(rights);
  Object.assign(target, permissions);
  setOrDelete(target, "resp", resp);
  for (const name of LIMITS) target[name] = limitOf(rights[name] ?? "unlimited", name);
  for (const [name, member] of Object.entries(PLAIN)) {
    const value: unknown = rights[name as keyof typeof PLAIN];
    setOrDelete(target, member, isNothing(value) ? undefined : copyData(value));
  }
}

/** To servers these are the same as no member. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === false || value === "" || (Array.isArray(value) && value.length === 0);
}

function setOrDelete(target: object, name: string, value: unknown): void {
  if (value === undefined) delete (target as Record<string, unknown>)[name];
  else (target as Record<string, unknown>)[name] = value;
}

/** The rights of a template or user as a description says them. */
export function describeRights(rights: ReadonlyDeep<UserPermissionLimits>, absent: Int64): DesiredRights {
  const described: Record<string, unknown> = { ...describePermissions(rights) };
  for (const name of LIMITS) {
    const limit = describeLimit(rights[name] ?? absent);
    if (limit !== undefined) described[name] = limit;
  }
  for (const [name, member] of Object.entries(PLAIN)) {
    const value: unknown = rights[member];
    if (!isNothing(value)) described[name] = copyData(value);
  }
  return described as DesiredRights;
}

/** Whether a template or user has these rights and no others. */
export function hasRights(present: ReadonlyDeep<UserPermissionLimits>, rights: DesiredRights, absent: Int64): boolean {
  const [has, wants] = [describeRights(present, absent), rights].map((each) => {
    const target: UserPermissionLimits = { pub: {}, sub: {} };
    writeRights(target, each);
    // In a role limits are floating point numbers to whoever reads it.
    return { ...target, ...Object.fromEntries(LIMITS.map((name) => [name, Number(target[name])])) };
  });
  return isSameData(has, wants);
}

/** Permissions as a description says them. */
export function describePermissions({ pub, sub, resp }: ReadonlyDeep<Partial<Permissions>>): PermissionsInit {
  const [publish, subscribe] = [describePermission(pub), describePermission(sub)];
  return {
    ...(publish !== undefined && { pub: publish }),
    ...(subscribe !== undefined && { sub: subscribe }),
    ...(resp !== undefined && {
      responses: { max: describeCount(resp.max), ttl: formatGoDuration(BigInt(resp.ttl)) },
    }),
  };
}

/** An empty list is none: everything is allowed by it, and nothing denied. */
function describePermission(permission: ReadonlyDeep<Permission> | undefined): PermissionsInit["pub"] {
  const { allow = [], deny = [] } = permission ?? {};
  if (deny.length > 0) return { ...(allow.length > 0 && { allow: [...allow] }), deny: [...deny] };
  return allow.length > 0 ? [...allow] : undefined;
}

/** Any negative number is any number of replies, and so is one that nobody counts to. */
function describeCount(max: Int64): number {
  return Number(max) < 0 ? -1 : Math.min(Number(max), Number.MAX_SAFE_INTEGER);
}

/** A limit as a description says it: nothing for none, and what JSON can't hold as a text. */
export function describeLimit(limit: Int64): ByteSize | undefined {
  if (Number(limit) < 0) return undefined;
  return typeof limit === "bigint" && !Number.isSafeInteger(Number(limit)) ? String(limit) : Number(limit);
}

/** Refuses rights beside a role. */
export function assertNoRights(user: DesiredRights, role: string): void {
  const own = RIGHTS.find((name) => (user as Record<string, unknown>)[name] !== undefined);
  if (own === undefined) return;
  throw new NscError(
    "ERR_USER_SCOPED",
    `a user has its rights from the role ${JSON.stringify(role)}, or ${own} of its own, but not both`,
  );
}
