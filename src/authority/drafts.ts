import { copyClaims } from "../jwt/copy-claims.ts";
import { toJson } from "../jwt/to-json.ts";
import type { StorePath } from "../store/store.ts";
import type { EntityClaims } from "./managed-fields.ts";
import type { RequestedSigner } from "./signer-choice.ts";
import type { StoredEntity } from "./store-reader.ts";

/** An entity that is made, changed or moved. */
export interface Draft<Claims extends EntityClaims = EntityClaims> {
  readonly path: StorePath;
  /** To be changed. */
  readonly claims: Claims;
  /** What it was read from; nothing for a new entity. */
  readonly before: StoredEntity | undefined;
  /** The JSON of the claims as they were read. */
  readonly beforeJson: string | undefined;
  /** Whether it came from another place. */
  readonly moved: boolean;
  /** The keys that it had before its present one. */
  replacedKeys: readonly string[];
  /** Who was asked to sign. */
  requested: RequestedSigner | undefined;
  /** Whether it is signed again even if nothing changed. */
  reissue: boolean;
  /** Whether permissions and limits may be dropped, where the signer's scope has them instead. */
  dropPermissions: boolean;
  /** Whether it is signed although servers would not load it, or it has expired. */
  allowInvalid: boolean;
  /** Whether stores write no creds file of it. */
  withoutCreds: boolean;
}

const UNASKED = {
  replacedKeys: [],
  requested: undefined,
  reissue: false,
  dropPermissions: false,
  allowInvalid: false,
  withoutCreds: false,
} as const;

/** A new entity. */
export function newDraft(path: StorePath, claims: EntityClaims): Draft {
  return { path, claims, before: undefined, beforeJson: undefined, moved: false, ...UNASKED };
}

/** An entity as it was read, here or at another place. */
export function draftOf(path: StorePath, before: StoredEntity, moved: boolean): Draft {
  const claims = copyClaims(before.claims as EntityClaims);
  return { path, claims, before, beforeJson: toJson(before.claims), moved, ...UNASKED };
}

/** A draft that stays what it is while the original is changed. */
export function copyDraft(draft: Draft): Draft {
  return { ...draft, claims: copyClaims(draft.claims) };
}

/** Whether a draft is more than what it was read from. */
export function isChanged(draft: Draft): boolean {
  return draft.moved || mustSign(draft);
}

export function mustSign({ before, beforeJson, reissue, claims }: Draft): boolean {
  return before === undefined || reissue || toJson(claims) !== beforeJson;
}

/** Remembers who was asked to sign. A token that somebody else signed is signed again, even if nothing changed. */
export function request(draft: Draft, signer: RequestedSigner | undefined): void {
  if (signer === undefined) return;
  draft.requested = signer;
  draft.reissue = true;
}

/** Remembers which key was asked to sign, which shows already while the draft waits for the commit of a transaction. */
export function requestShown(draft: Draft, publicKey: string): void {
  request(draft, publicKey);
  draft.claims.iss = publicKey;
}

/** Gives an entity another key. */
export function replaceKey(draft: Draft, publicKey: string): void {
  draft.replacedKeys = [...draft.replacedKeys, draft.claims.sub];
  draft.claims.sub = publicKey;
}
