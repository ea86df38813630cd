import { deepFreeze } from "../encoding/freeze.ts";
import { NscError } from "../errors.ts";
import { copyClaims } from "../jwt/copy-claims.ts";
import { decode } from "../jwt/decode.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { MANAGED } from "../store/meta-names.ts";
import type { StorePath } from "../store/store.ts";
import type { Context } from "./context.ts";
import { parseFormerKeys } from "./former-keys.ts";
import type { EntityClaims } from "./managed-fields.ts";
import { formerName, rotationName } from "./meta.ts";
import { kindAt, notFound, titleOf } from "./paths.ts";
import type { Session } from "./session.ts";
import type { StoredEntity } from "./store-reader.ts";

/** What is known of an entity beside its claims. */
export interface Extras {
  /** Whether the seed of its key is in the store; looked up for users only. */
  readonly hasSeed: boolean;
  /** Whether its keys are elsewhere; looked up for operators only. */
  readonly isManaged: boolean;
  /** What is kept of the rotations of its signing keys, to be read when they matter; looked up for operators and accounts. */
  readonly rotations: string | undefined;
  /**
   * The public keys that the same entity had before, whose handles are its handles: of an operator all of them; of a user
   * those that the change which is shown replaces.
   */
  readonly formerKeys: readonly string[];
}

const NO_EXTRAS: Extras = { hasSeed: false, isManaged: false, rotations: undefined, formerKeys: [] };

/** Where extras are looked up. */
export interface ExtrasSource {
  meta(operator: string, name: string): Promise<string | undefined>;
  hasSeed(publicKey: string): Promise<boolean>;
}

/**
 * Looks up what is known of an entity beside its claims.
 *
 * @param replacedKeys - the keys that a change replaces by its present one, if there is one
 */
export async function extrasOf(
  path: StorePath,
  publicKey: string,
  source: ExtrasSource,
  replacedKeys: readonly string[] = [],
): Promise<Extras> {
  if (path.length === 3) {
    return { ...NO_EXTRAS, hasSeed: await source.hasSeed(publicKey), formerKeys: replacedKeys };
  }
  const rotations = await source.meta(path[0], rotationName(publicKey));
  if (path.length === 2) return { ...NO_EXTRAS, rotations };
  const isManaged = (await source.meta(path[0], MANAGED)) !== undefined;
  const formerKeys = parseFormerKeys(await source.meta(path[0], formerName(publicKey)));
  return { ...NO_EXTRAS, isManaged, rotations, formerKeys };
}

/** The extras of an entity after a commit, as far as it changed them or was decided on them; the others as they were. */
export function extrasAfter(path: StorePath, publicKey: string, before: Extras, meta: KnownMeta): Extras {
  const { hasSeed } = before;
  if (path.length === 3) return { ...NO_EXTRAS, hasSeed };
  const managed = path.length === 1 ? meta(path[0], MANAGED) : undefined;
  const rotations = meta(path[0], rotationName(publicKey));
  const former = path.length === 1 ? meta(path[0], formerName(publicKey)) : undefined;
  return {
    hasSeed,
    isManaged: managed === undefined ? before.isManaged : managed.value !== undefined,
    rotations: rotations === undefined ? before.rotations : rotations.value,
    formerKeys: former === undefined ? before.formerKeys : parseFormerKeys(former.value),
  };
}

/** What is known to be kept beside the tokens of an operator under a name; nothing if that is not known. */
export type KnownMeta = (operator: string, name: string) => { readonly value: string | undefined } | undefined;

/** What handles of an entity show. */
export interface Snapshot extends Extras {
  /** `iat` of the token; of the token before, while the claims wait to be signed. */
  readonly issuedAt: number;
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
  readonly issuedAt: number;
  readonly extras: Extras;
}

/** The snapshot of a token of our own; its claims are read when they are asked for. */
export function snapshotOfToken(
  { path, token, publicKey, issuedAt, extras }: WrittenEntity,
  { engine }: Pick<Context, "engine">,
): Snapshot {
  let claims: ReadonlyDeep<EntityClaims> | undefined;
  return {
    ...extras,
    publicKey,
    issuedAt,
    token,
    get claims() {
      claims ??= deepFreeze(decode(token, { kind: kindAt(path), engine }));
      return claims;
    },
  };
}

/** The snapshot of claims that wait to be signed. */
export function snapshotOfClaims(draft: EntityClaims, extras: Extras): Snapshot {
  const { sub, iat = 0 } = draft;
  return { ...extras, publicKey: sub, issuedAt: iat, token: undefined, claims: deepFreeze(copyClaims(draft)) };
}

/** The snapshot of what was read. */
export function snapshotOfRead({ token, claims }: StoredEntity, extras: Extras): Snapshot {
  return { ...extras, publicKey: claims.sub, issuedAt: claims.iat ?? 0, token, claims };
}

/** What all handles of an entity share: where it is, what it looked like last, and by whom it changes. */
export class Cell {
  session: Session;
  path: StorePath;
  snapshot: Snapshot;
  /** Whether the entity was deleted by what this shows. */
  isDeleted = false;
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

  assertThere(): void {
    if (this.isDeleted) throw notFound(this.path);
  }

  get token(): string {
    const { token } = this.snapshot;
    if (token !== undefined) return token;
    throw new NscError("ERR_TRANSACTION", `the ${titleOf(this.path)} is signed when its transaction is committed`);
  }
}
