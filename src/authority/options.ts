import { NscError } from "../errors.ts";
import { addTags, type TagHolder } from "../jwt/tags.ts";

/** Refuses options that there are not: a slip would go unnoticed and give somebody more than he was meant to have. */
export function assertKnownOptions(options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new NscError("ERR_ARGUMENT_INVALID", "the options must be an object");
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new NscError("ERR_ARGUMENT_INVALID", `there is no option ${unknown}`);
}

/** Adds the tags of an option; a text is a list of characters to JavaScript, and no list of tags. */
export function addTagsOf(holder: TagHolder, tags: unknown): void {
  if (tags === undefined) return;
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string")) {
    throw new NscError("ERR_ARGUMENT_INVALID", "tags must be a list of texts");
  }
  addTags(holder, ...tags);
}
