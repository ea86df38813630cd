import type { CommonClaims } from "../../jwt/common.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import type { TagHolder } from "../../jwt/tags.ts";
import type { EntityClaims } from "../managed-fields.ts";
import { applyValidity } from "../validity-verbs.ts";
import type { DesiredEntity } from "./desired-state.ts";
import { tagsToWrite } from "./desired-tags.ts";
import { timesToSet } from "./desired-times.ts";

/** What is there of an entity; nothing of a new one. */
type Present = ReadonlyDeep<Pick<CommonClaims, "exp" | "nbf"> & { nats: TagHolder }>;

/** What gives an entity the tags and times of a description, where it has others. */
export function entityEdits(
  { nats, ...claims }: Present,
  desired: DesiredEntity,
  now: number,
): readonly ((claims: EntityClaims) => void)[] {
  const tags = tagsToWrite(nats, desired.tags);
  const times = timesToSet(desired, claims, now);
  return [
    ...(tags === undefined ? [] : [(target: EntityClaims) => tags(target.nats)]),
    ...(Object.keys(times).length === 0 ? [] : [(target: EntityClaims) => applyValidity(target, times, now)]),
  ];
}
