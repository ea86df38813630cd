import type { ExportType } from "../../jwt/export-type.ts";
import type { AccountPath, OperatorPath } from "../paths.ts";
import type { Workspace } from "../workspace.ts";
import type { Place } from "./within.ts";

/** An activation that is to be signed, for an import that waits for it. */
export interface AwaitedActivation {
  readonly importer: AccountPath;
  readonly exporter: AccountPath;
  readonly subject: string;
  readonly type: ExportType;
  /** Where the import is described. */
  readonly place: Place;
}

/** What it takes to bring a tree to a description, and what came up on the way. */
export class Reconciliation {
  readonly workspace: Workspace;
  readonly operator: OperatorPath;
  /** Seconds since 1970, which expiries count from. */
  readonly now: number;
  /** Whether goes what is not described. */
  readonly remove: boolean;
  /** What public keys stand for that were made on the way. */
  readonly fresh: Map<string, string> = new Map();
  readonly activations: AwaitedActivation[] = [];
  /** Public keys of users that go, whose tokens are revoked when that is done. */
  readonly revoked: Set<string> = new Set();
  /** What is there, is not described, and stays. */
  readonly unlisted: Place[] = [];
  #accounts: ReadonlyMap<string, AccountPath> | undefined;

  constructor(
    workspace: Workspace,
    operator: OperatorPath,
    options: { readonly now: number; readonly remove: boolean },
  ) {
    this.workspace = workspace;
    this.operator = operator;
    this.now = options.now;
    this.remove = options.remove;
  }

  /** The account of the operator that has a public key; asked for once all that are described are there. */
  async accountWith(publicKey: string): Promise<AccountPath | undefined> {
    this.#accounts ??= await accountsByKey(this.workspace, this.operator);
    return this.#accounts.get(publicKey);
  }
}

/** The accounts of an operator by public key; those that can't be read are left out. */
export async function accountsByKey(
  workspace: Workspace,
  [operator]: OperatorPath,
): Promise<ReadonlyMap<string, AccountPath>> {
  const accounts = new Map<string, AccountPath>();
  for (const name of await workspace.names([operator])) {
    const path: AccountPath = [operator, name];
    const claims = await workspace.readSound(path);
    if (claims !== undefined) accounts.set(claims.sub, path);
  }
  return accounts;
}
