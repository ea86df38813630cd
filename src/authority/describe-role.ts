import type { AccountClaims } from "../jwt/account.ts";
import type { UserPermissionLimits } from "../jwt/limits.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { scopesNamed } from "../jwt/scopes.ts";
import type { StorePath } from "../store/store.ts";
import { noRole } from "./account-verbs.ts";
import type { Cell } from "./cell.ts";
import { loadCell } from "./handle.ts";
import type { AccountPath } from "./paths.ts";
import { soundCells } from "./sound-cells.ts";

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
  const scopes = scopesNamed((snapshot.claims as ReadonlyDeep<AccountClaims>).nats, role);
  const [scope] = scopes;
  if (scope === undefined) throw noRole(path, role);
  const keys = scopes.map(({ key }) => key);
  const users: string[] = [];
  const damaged: string[] = [];
  const onDamaged = (place: StorePath): void => void damaged.push(place.at(-1) as string);
  for await (const [[, , name], user] of soundCells(account.session, path, onDamaged)) {
    if (keys.includes(user.snapshot.claims.iss ?? "")) users.push(name);
  }
  return { role, keys, description: scope.description, template: scope.template, users, damaged };
}
