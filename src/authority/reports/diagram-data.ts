/**
 * What diagrams of a tree show, whatever they are drawn with.
 *
 * @module
 */

import type { AccountClaims } from "../../jwt/account.ts";
import type { Export } from "../../jwt/exports.ts";
import { type Import, importSubjects } from "../../jwt/imports.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { findSigningKey } from "../../jwt/scopes.ts";
import type { StorePath } from "../../store/store.ts";
import { coveringExports } from "../covering-exports.ts";
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
  /** The places of the accounts in the list, by public key. */
  readonly byKey: ReadonlyMap<string, number>;
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
  const byKey = new Map(accounts.map(({ publicKey }, index) => [publicKey, index]));
  return { operator: entityOf([operator.name], snapshot, above), accounts, byKey, damaged };
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

/** An import as it is drawn. */
export interface DrawnImport {
  readonly entry: ReadonlyDeep<Import>;
  /** The subject as the exporting account has it. */
  readonly remote: string;
  /** The subject as it is here. */
  readonly local: string;
  /** The exporting account, by its place in the list; nothing where it is not here. */
  readonly from: number | undefined;
  /** The first of its exports that is of that type and covers the subject, by its place; nothing if there is none. */
  readonly exported: number | undefined;
}

/** The imports of an account. */
export function drawnImports({ accounts, byKey }: DrawnTree, { imports }: DrawnAccount): readonly DrawnImport[] {
  return imports.map((entry) => {
    const subjects = importSubjects(entry);
    const from = byKey.get(entry.account);
    const exports = from === undefined ? [] : (accounts[from] as DrawnAccount).exports;
    const exported = coveringExports(exports, subjects.remote).find(({ type }) => type === entry.type);
    return { entry, ...subjects, from, exported: exported && exports.indexOf(exported) };
  });
}

/** Whether an export or import is for everybody, and what it is of. */
export function offerOf({ type }: ReadonlyDeep<Export | Import>, isPrivate: boolean): string {
  return `${isPrivate ? "private" : "public"} ${type ?? "stream or service"}`;
}
