import { copyData } from "../encoding/copy.ts";
import { parseNanoseconds } from "../encoding/duration.ts";
import { NscError } from "../errors.ts";
import type { Permission, Permissions } from "../jwt/permissions.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { assertKnownOptions } from "./options.ts";

/** Publish and subscribe permissions in short. */
export interface PermissionsInit {
  /**
   * Subjects that may be published to, or what is allowed and denied. By default everything, and with `responses` only
   * replies. `{ deny: [">"] }` is nothing.
   */
  readonly pub?: readonly string[] | ReadonlyDeep<Permission>;
  /** Subjects that may be subscribed to, alone or with a queue (`"orders.> workers"`); everything by
   * default, and `{ deny: [">"] }` is nothing. */
  readonly sub?: readonly string[] | ReadonlyDeep<Permission>;
  /**
   * Whether replies to received messages may be published, how many for each (1 by default, -1 for any number) and for how
   * long, as a Go duration such as `"5s"` (2 minutes by default, as servers have it).
   */
  readonly responses?: boolean | { readonly max?: number; readonly ttl?: string };
}

/** The permissions of claims in their wire shape. */
export function permissionsOf({ pub, sub, responses }: PermissionsInit): Permissions {
  return {
    pub: permissionOf(pub, "pub"),
    sub: permissionOf(sub, "sub"),
    ...(responses !== undefined && responses !== false && { resp: responsesOf(responses) }),
  };
}

function permissionOf(given: PermissionsInit["pub"], title: string): Permission {
  if (given === undefined) return {};
  if (isList(given)) return { allow: subjectsOf(given, title) };
  if (typeof given !== "object" || given === null)
    throw invalid(`${title} must be a list of subjects, or { allow, deny }`);
  const unknown = Object.keys(given).find((name) => name !== "allow" && name !== "deny");
  if (unknown !== undefined) throw invalid(`${title} has allow and deny, but no ${unknown}`);
  const { allow, deny } = copyData(given) as Permission;
  return {
    ...(allow !== undefined && { allow: subjectsOf(allow, title) }),
    ...(deny !== undefined && { deny: subjectsOf(deny, title) }),
  };
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function subjectsOf(subjects: unknown, title: string): string[] {
  if (isList(subjects) && subjects.every((subject) => typeof subject === "string")) {
    if (subjects.length > 0) return [...subjects];
    const remedy = 'leave it out for everything, or say { deny: [">"] } for nothing';
    throw invalid(`${title} has an empty list, by which servers allow everything: ${remedy}`);
  }
  throw invalid(`${title} must hold lists of subjects`);
}

function responsesOf(responses: true | { readonly max?: number; readonly ttl?: string }): {
  max: number;
  ttl: bigint | number;
} {
  const init = responses === true ? {} : responses;
  assertKnownOptions(init, ["max", "ttl"]);
  const { max = 1, ttl = "0" } = init;
  const nanoseconds = parseNanoseconds(ttl);
  if (!Number.isSafeInteger(max) || nanoseconds === undefined) {
    throw invalid('responses must be true, or have max, an integer, and ttl, a duration such as "5s"');
  }
  return { max, ttl: nanoseconds };
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
