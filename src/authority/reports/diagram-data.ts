/**
 * What diagrams of a tree show, whatever they are drawn with.
 *
 * @module
 */

import type { AccountClaims } from "../../jwt/account.ts";
import type { Export } from "../../jwt/exports.ts";
import type { Import } from "../../jwt/imports.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { findSigningKey } from "../../jwt/scopes.ts";
import type { StorePath } from "../../store/store.ts";
import { isCoveredBy } from "../../subjects/subject.ts";
import type { Operator } from "../operator.ts";
import { soundCells } from "../sound-cells.ts";

/** An operator, account or user. */
export interface DrawnEntity {
  readonly name: string;
  readonly publicKey: string;
  /** What signed it, for people: the identity of what is above it, a signing key, a role, or a key that is not there. */
  readonly signedBy: string;
}

/** An account, and what it exchanges. */
export interface DrawnAccount extends DrawnEntity {
  readonly isSystem: boolean;
  readonly exports: readonly ReadonlyDeep<Export>[];
  readonly imports: readonly ReadonlyDeep<Import>[];
  readonly users: readonly DrawnEntity[];
}

/** A tree as it is drawn. */
export interface DrawnTree {
  readonly operator: DrawnEntity;
  readonly accounts: readonly DrawnAccount[];
  /** Paths of what can't be read. */
  readonly damaged: readonly (readonly string[])[];
}

/** Reads what is drawn. */
export async function drawnTree(operator: Operator, withUsers: boolean): Promise<DrawnTree> {
  const { session, snapshot } = operator.cell;
  const damaged: StorePath[] = [];
  const onDamaged = (path: StorePath): void => void damaged.push(path);
  const accounts: DrawnAccount[] = [];
  const above = operator.claims;
  for await (const [path, cell] of soundCells(session, [operator.name] as const, onDamaged)) {
    const claims = cell.snapshot.claims as ReadonlyDeep<AccountClaims>;
    const users: DrawnEntity[] = [];
    const below = withUsers ? soundCells(session, path, onDamaged) : [];
    for await (const [userPath, user] of below) {
      users.push(entityOf(userPath, user.snapshot, claims));
    }
    accounts.push({
      ...entityOf(path, cell.snapshot, above),
      isSystem: above.nats.system_account === claims.sub,
      exports: (claims.nats.exports ?? []).filter((entry) => entry !== null),
      imports: (claims.nats.imports ?? []).filter((entry) => entry !== null),
      users,
    });
  }
  return { operator: entityOf([operator.name], snapshot, above), accounts, damaged };
}

type Keys = Parameters<typeof findSigningKey>[0];

function entityOf(
  path: StorePath,
  { publicKey, claims }: { readonly publicKey: string; readonly claims: { readonly iss?: string } },
  issuer: { readonly sub: string; readonly nats: Keys },
): DrawnEntity {
  const { iss = "" } = claims;
  return { name: path.at(-1) as string, publicKey, signedBy: signedBy(iss, issuer) };
}

function signedBy(iss: string, { sub, nats }: { readonly sub: string; readonly nats: Keys }): string {
  if (iss === sub) return "identity";
  const key = findSigningKey(nats, iss);
  if (key === undefined) return `unknown key ${iss}`;
  return typeof key === "string" ? `signing key ${iss}` : `role ${key.role ?? ""}`;
}

/** The export that an import is of, as the first one of its type that covers the subject. */
export function exportOf(
  { account, type, subject }: ReadonlyDeep<Import>,
  accounts: readonly DrawnAccount[],
): { readonly of: DrawnAccount | undefined; readonly index: number } {
  const of = accounts.find(({ publicKey }) => publicKey === account);
  const index = (of?.exports ?? []).findIndex((entry) => entry.type === type && isCoveredBy(subject, entry.subject));
  return { of, index };
}

/** The subject that an import has in its account. */
export function localSubjectOf({ subject, local_subject, to }: ReadonlyDeep<Import>): string {
  return local_subject || to || subject;
}

/** Whether an export or import is for everybody, and what it is of. */
export function offerOf({ type }: ReadonlyDeep<Export | Import>, isPrivate: boolean): string {
  return `${isPrivate ? "private" : "public"} ${type ?? "stream or service"}`;
}
