/**
 * The templates of roles as nats-server 2.9 and 2.10 expand them: a variable is a whole token, in any case of the letters and
 * without white space.
 *
 * @module
 */

import { toGoLower } from "../encoding/go-text.ts";
import { PLAIN_VARIABLES, TAG_VARIABLES } from "./template-variables.ts";
import { isServerSubject, MOST_SUBJECTS, type TemplateSources, tagValues } from "./templates.ts";

/** What comes of a list. Where a server would refuse the user for an entry of what is denied, nothing does. */
export function expandTokens(list: readonly string[], denied: boolean, sources: TemplateSources): readonly string[] {
  if (!list.some((subject) => subject.split(".").some(isVariable))) return list;
  return list.flatMap((subject) => {
    const subjects = expand(subject, sources);
    const valid = subjects.filter(isServerSubject);
    return denied && valid.length < subjects.length ? [] : valid;
  });
}

function isVariable(token: string): boolean {
  return token.startsWith("{{") && token.endsWith("}}");
}

function expand(subject: string, sources: TemplateSources): readonly string[] {
  const tags: (readonly string[])[] = [];
  const tokens = subject.split(".").map((token) => {
    if (!isVariable(token)) return token;
    const operation = toGoLower(token.slice(2, -2));
    for (const { call, of, takes } of Object.values(PLAIN_VARIABLES)) {
      if (operation === call) return takes === "name" ? sources[of].name : sources[of].publicKey;
    }
    for (const { call, of } of Object.values(TAG_VARIABLES)) {
      if (!operation.startsWith(`${call}(`) || !operation.endsWith(")")) continue;
      const values = tagValues(sources[of].tags, operation.slice(call.length + 1, -1));
      if (values.length > 0) tags.push(values);
      return "";
    }
    // What is no variable makes no subject.
    return " ";
  });
  // Servers without a limit would make more of it, and nobody could look through them.
  if (tags.reduce((count, values) => count * values.length, 1) > MOST_SUBJECTS) return [];
  // Values go where a token is empty, one after the other, be it that of a tag or a name.
  let combinations: (readonly string[])[] = [[]];
  for (const values of tags) combinations = combinations.flatMap((taken) => values.map((value) => [...taken, value]));
  return combinations.map((taken) => {
    const left = [...taken];
    return tokens.map((token) => (token === "" ? (left.shift() ?? "") : token)).join(".");
  });
}
