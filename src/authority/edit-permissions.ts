import { NscError } from "../errors.ts";
import { assertHolder } from "../jwt/holder.ts";
import type { Permission, Permissions } from "../jwt/permissions.ts";
import { assertKnownOptions } from "./options.ts";
import { type PermissionsInit, permissionsOf } from "./permissions-input.ts";

const DIRECTIONS = ["pub", "sub"] as const;
const LISTS = ["allow", "deny"] as const;

/**
 * Adds to the permissions of a user, of a role's template or of an account's defaults; what is there already stays as it is.
 * nsc: `--allow-pub`, `--deny-sub` and so on.
 *
 * @param holder - what is changed: `claims.nats` of a user, `template` of a role, `claims.nats.default_permissions` of an account
 * @param init - what is added: a list of subjects is of allowed ones. `responses` takes the place of the rule that there is;
 * false takes it away
 * @throws NscError `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { addPermissions, Nsc } from "nsc.js";
 *
 * const app = await (await new Nsc().addOperator("local")).addAccount("APP");
 * const user = await app.addUser("alice", { pub: ["orders.>"] });
 * await user.edit(({ nats }) => {
 *   addPermissions(nats, { pub: { allow: ["quotes"], deny: ["orders.secret"] }, responses: { max: 5 } });
 * });
 * user.claims.nats.pub.allow?.join(); // "orders.>,quotes"
 * ```
 */
export function addPermissions(holder: Permissions, init: PermissionsInit): void {
  assertHolder(holder, "what has permissions");
  assertKnownOptions(init, [...DIRECTIONS, "responses"]);
  const added = permissionsOf(init);
  for (const direction of DIRECTIONS) {
    const permission: Permission = { ...holder[direction] };
    for (const list of LISTS) {
      const subjects = added[direction][list];
      if (subjects !== undefined) permission[list] = [...new Set([...(permission[list] ?? []), ...subjects])];
    }
    holder[direction] = permission;
  }
  if (init.responses === false) delete holder.resp;
  else if (added.resp !== undefined) holder.resp = added.resp;
}

/**
 * Takes subjects out of the permissions of a user, of a role's template or of an account's defaults, wherever they stand there,
 * as they are written; those that don't are passed over. nsc: `--rm`.
 *
 * The last one that is allowed stays: without any, servers allow everything. To mean that, delete `allow`.
 *
 * @param holder - what is changed
 * @param subjects - the subjects, with their queues
 * @throws NscError `ERR_ARGUMENT_INVALID` when nothing would be left of what is allowed; nothing is removed then
 *
 * @example
 * ```ts
 * import { Nsc, removePermissions } from "nsc.js";
 *
 * const app = await (await new Nsc().addOperator("local")).addAccount("APP");
 * await app.addRole("web", { pub: ["orders.>", "quotes"], sub: { deny: ["quotes"] } });
 * await app.editRole("web", ({ template }) => removePermissions(template, ["quotes"]));
 * app.roles[0]?.template.pub?.allow?.join(); // "orders.>"
 * ```
 */
export function removePermissions(holder: Permissions, subjects: readonly string[]): void {
  assertHolder(holder, "what has permissions");
  if (!Array.isArray(subjects)) throw invalid("subjects must be a list of texts");
  const next = DIRECTIONS.map((direction) => {
    const permission: Permission = { ...holder[direction] };
    for (const list of LISTS) {
      const left = permission[list]?.filter((subject) => !subjects.includes(subject));
      if (left === undefined || left.length === permission[list]?.length) continue;
      if (left.length > 0) permission[list] = left;
      else if (list === "deny") delete permission.deny;
      else
        throw invalid(
          `without ${subjects.join(", ")} nothing is left in allow of ${direction}, by which servers allow everything`,
        );
    }
    return [direction, permission] as const;
  });
  for (const [direction, permission] of next) holder[direction] = permission;
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
