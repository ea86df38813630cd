import type { Invocation } from "./invocation.ts";
import { importManagedOperator } from "./managed-operator.ts";

/** An account and a user of an operator that is managed elsewhere. */
export interface ManagedInit {
  /** Of the account and the user. */
  readonly name: string;
  /** Where the operator's token is, or the name of a well known one. */
  readonly operator: string;
}

/** Adopts an operator whose keys are elsewhere, and makes an account and a user of it. nsc: `init -u`, `init -o`. */
export async function initManaged(invocation: Invocation, { operator }: ManagedInit): Promise<void> {
  await importManagedOperator(invocation, { url: operator } as Parameters<typeof importManagedOperator>[1]);
}
