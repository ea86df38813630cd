import { NscError } from "../../errors.ts";
import { addTags, type TagHolder } from "../../jwt/tags.ts";
import { isSameData } from "./same-data.ts";

/** What gives claims these tags, where they have others. */
export function tagsToWrite(
  present: { readonly tags?: readonly string[] },
  desired: readonly string[] | undefined,
): ((holder: TagHolder) => void) | undefined {
  if (desired === undefined) return undefined;
  if (!Array.isArray(desired) || !desired.every((tag) => typeof tag === "string")) {
    throw new NscError("ERR_ARGUMENT_INVALID", "tags must be a list of texts");
  }
  const holder: TagHolder = {};
  addTags(holder, ...(desired as readonly string[]));
  const { tags } = holder;
  if (isSameData([...(present.tags ?? [])].sort(), [...(tags ?? [])].sort())) return undefined;
  return (target) => {
    if (tags === undefined) delete target.tags;
    else target.tags = tags;
  };
}
