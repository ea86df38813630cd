import { isNscError, NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { UserPermissionLimits } from "../jwt/limits.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { scopesOf } from "../jwt/scopes.ts";
import { pathBelow } from "../store/paths.ts";
import type { Cell } from "./cell.ts";
import { loadCell } from "./handle.ts";
import { type AccountPath, titleOf } from "./paths.ts";

/** A role, and who has it. */
export interface RoleDescription {
  readonly role: string;
  /** Public keys of its signing keys; more than one while one is rotated. */
  readonly keys: readonly string[];
  /** For people. */
  readonly description: string | undefined;
  /** What its users may do, with variables as they stand there. */
  readonly template: ReadonlyDeep<UserPermissionLimits>;
  /** Names of the stored users that have it, sorted. What was issued and not stored is not among them. */
  readonly users: readonly string[];
  /** Names of the stored users that can't be read, and may have it. */
  readonly damaged: readonly string[];
}

/** Looks up a role as the store has it. */
export async function describeRole(account: Cell, role: string): Promise<RoleDescription> {
  const { snapshot } = await loadCell(account, account.path);
  const path = account.path as AccountPath;
  const scopes = scopesOf((snapshot.claims as ReadonlyDeep<AccountClaims>).nats).filter((scope) => scope.role === role);
  const [scope] = scopes;
  if (scope === undefined) {
    throw new NscError("ERR_ENTITY_NOT_FOUND", `the ${titleOf(path)} has no role ${JSON.stringify(role)}`);
  }
  const keys = scopes.map(({ key }) => key);
  const users: string[] = [];
  const damaged: string[] = [];
  for await (const name of account.session.names(path)) {
    try {
      const user = await account.session.find(pathBelow(path, name), true);
      if (user !== undefined && keys.includes(user.snapshot.claims.iss ?? "")) users.push(name);
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      damaged.push(name);
    }
  }
  return { role, keys, description: scope.description, template: scope.template, users, damaged };
}
