import { compareUtf8, toGoLower } from "../../encoding/go-text.ts";
import { addTags, hasTag, removeTags, type TagHolder } from "../../jwt/tags.ts";
import type { Prompts } from "../output/prompts.ts";
import type { Report } from "../output/report.ts";
import { quote } from "../text/quote.ts";

/** The values of the flags `--tag` and `--rm-tag`. */
export interface TagChange {
  readonly tag?: readonly string[] | undefined;
  readonly "rm-tag"?: readonly string[] | undefined;
}

/**
 * Adds and removes tags, sorts them, as nsc does, and reports that.
 *
 * @param holder - the `nats` object of claims
 */
export function applyTags(
  holder: TagHolder,
  { tag: added = [], "rm-tag": removed = [] }: TagChange,
  report: Report,
): void {
  if (added.length === 0 && removed.length === 0) return;
  addTags(holder, ...added);
  for (const tag of added) report.ok(`added tag ${quote(toGoLower(tag))}`);
  for (const tag of removed) {
    if (hasTag(holder, tag)) report.ok(`removed tag ${quote(toGoLower(tag))}`);
    else report.warn(`no tag ${quote(toGoLower(tag))} to remove`);
    removeTags(holder, tag);
  }
  holder.tags?.sort(compareUtf8);
  if (holder.tags?.length === 0) delete holder.tags;
}

/**
 * Asks which tags go and which are added.
 *
 * @param present - the tags that are there
 */
export async function askTags(
  prompts: Prompts,
  given: TagChange,
  present: readonly string[] = [],
): Promise<Required<TagChange>> {
  const removed = [...(given["rm-tag"] ?? [])];
  if (present.length > 0 && (await prompts.confirm("remove tags", false))) {
    const choices = present.map((tag) => ({ label: tag, value: tag }));
    removed.push(...(await prompts.selectSeveral("select tags to remove", choices)));
  }
  const added = [...(given.tag ?? [])];
  let isFirst = present.length === 0;
  while (await prompts.confirm(isFirst ? "add a tags" : "add another tags", false)) {
    isFirst = false;
    added.push(await prompts.text("enter a tags"));
  }
  return { tag: added, "rm-tag": removed };
}
