import { toGoLower, trimGoSpace } from "../encoding/go-text.ts";
import { assertHolder } from "./holder.ts";

/** Tags are compared without white space around them and without case. */
function normalize(tag: string): string {
  return toGoLower(trimGoSpace(tag));
}

/** What has tags: the `nats` object of any claims. */
export interface TagHolder {
  tags?: string[];
}

/**
 * Adds tags that are not there, in lower case and without white space around them; empty ones are left out. Go:
 * `TagList.Add`.
 *
 * @param holder - claims to change: `claims.nats`
 * @param tags - the tags, usually of the form `key:value`
 *
 * @example
 * ```ts
 * import { addTags, createKeyPair, createUserClaims } from "nsc.js";
 *
 * const claims = createUserClaims(createKeyPair("user").publicKey);
 * addTags(claims.nats, "Team:Blue", " team:blue ");
 * claims.nats.tags?.join(); // "team:blue"
 * ```
 */
export function addTags(holder: TagHolder, ...tags: readonly string[]): void {
  assertHolder(holder, "what holds the tags");
  const known = new Set(holder.tags);
  const added = new Set(tags.map(normalize).filter((tag) => tag !== "" && !known.has(tag)));
  if (added.size > 0) holder.tags = [...(holder.tags ?? []), ...added];
}

/**
 * Removes tags, whatever the case they are given in. Go: `TagList.Remove`.
 *
 * @param holder - claims to change
 * @param tags - the tags
 *
 * @example
 * ```ts
 * import { removeTags } from "nsc.js";
 *
 * const holder = { tags: ["team:blue", "region:eu"] };
 * removeTags(holder, "TEAM:blue");
 * holder.tags.join(); // "region:eu"
 * ```
 */
export function removeTags(holder: TagHolder, ...tags: readonly string[]): void {
  assertHolder(holder, "what holds the tags");
  for (const tag of tags.map(normalize)) {
    const index = holder.tags?.indexOf(tag) ?? -1;
    if (index >= 0) holder.tags?.splice(index, 1);
  }
}

/**
 * Whether a tag is there. A tag that is stored in upper case, which only other tools do, is not found, as in Go.
 * Go: `TagList.Contains`.
 *
 * @param holder - the claims
 * @param tag - the tag, in any case
 *
 * @example
 * ```ts
 * import { hasTag } from "nsc.js";
 *
 * hasTag({ tags: ["team:blue"] }, "Team:Blue"); // true
 * ```
 */
export function hasTag(holder: { readonly tags?: readonly string[] }, tag: string): boolean {
  return (holder.tags ?? []).includes(normalize(tag));
}
