import { deepFreeze } from "../encoding/freeze.ts";
import { NscError } from "../errors.ts";
import { copyClaims } from "../jwt/copy-claims.ts";
import { decode } from "../jwt/decode.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { StorePath } from "../store/store.ts";
import type { Context } from "./context.ts";
import type { EntityClaims } from "./managed-fields.ts";
import type { Session } from "./session.ts";
import { kindAt, titleOf } from "./workspace.ts";

/** What is known of an entity beside its claims. */
export interface Extras {
  /** Whether the seed of its key is in the store; looked up for users only. */
  readonly hasSeed: boolean;
  /** Whether its keys are elsewhere; looked up for operators only. */
  readonly isManaged: boolean;
}

export const NO_EXTRAS: Extras = { hasSeed: false, isManaged: false };

/** What handles of an entity show. */
export interface Snapshot extends Extras {
  readonly publicKey: string;
  /** Nothing as long as it waits to be signed. */
  readonly token: string | undefined;
  /** Frozen. */
  readonly claims: ReadonlyDeep<EntityClaims>;
}

/** An entity as a commit wrote it. */
export interface WrittenEntity {
  readonly path: StorePath;
  readonly token: string;
  readonly publicKey: string;
  readonly extras: Extras;
}

/** The snapshot of a token of our own; its claims are read when they are asked for. */
export function snapshotOfToken(
  { path, token, publicKey, extras }: WrittenEntity,
  { engine }: Pick<Context, "engine">,
): Snapshot {
  let claims: ReadonlyDeep<EntityClaims> | undefined;
  return {
    ...extras,
    publicKey,
    token,
    get claims() {
      claims ??= deepFreeze(decode(token, { kind: kindAt(path), engine }));
      return claims;
    },
  };
}

/** The snapshot of claims that wait to be signed. */
export function snapshotOfClaims(draft: EntityClaims, extras: Extras): Snapshot {
  return { ...extras, publicKey: draft.sub, token: undefined, claims: deepFreeze(copyClaims(draft)) };
}

/** What all handles of an entity share: where it is, what it looked like last, and by whom it changes. */
export class Cell {
  session: Session;
  path: StorePath;
  snapshot: Snapshot;
  /** The cell of what is above it, for what needs no look into the store. */
  parent: Cell | undefined;

  constructor(session: Session, path: StorePath, snapshot: Snapshot, parent: Cell | undefined) {
    this.session = session;
    this.path = path;
    this.snapshot = snapshot;
    this.parent = parent;
  }

  get name(): string {
    return this.path.at(-1) as string;
  }

  get token(): string {
    const { token } = this.snapshot;
    if (token !== undefined) return token;
    throw new NscError("ERR_TRANSACTION", `the ${titleOf(this.path)} is signed when its transaction is committed`);
  }
}
