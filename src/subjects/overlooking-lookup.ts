/**
 * Whether a list has a subject, as nats-server 2.10.22 to 2.11.11 and 2.12.0 to 2.12.3 look it up for publications: where another
 * entry goes on beyond the subject by tokens that are spelled out, they overlook `*` in the place of the last token. Of `a.*` and
 * `a.b.c` nothing has `a.b`. nats-server: `matchLevelForAny`.
 */
export function hasUnlessOverlooked(list: readonly string[], subject: string): boolean {
  return hasFrom(
    list.map((entry) => entry.split(".")),
    subject.split("."),
    0,
  );
}

/** Of entries that fit the tokens before `from`. */
function hasFrom(entries: readonly (readonly string[])[], tokens: readonly string[], from: number): boolean {
  let [level, stars] = [entries, entries.slice(0, 0)];
  for (let at = from; at < tokens.length; at++) {
    if (level.length === 0) return false;
    if (level.some((entry) => entry[at] === ">" && entry.length === at + 1)) return true;
    stars = level.filter((entry) => entry[at] === "*");
    if (stars.length > 0 && hasFrom(stars, tokens, at + 1)) return true;
    level = level.filter((entry) => entry[at] === tokens[at] && entry[at] !== "*");
  }
  if (from === tokens.length) return false;
  return (level.length > 0 ? level : stars).some((entry) => entry.length === tokens.length);
}
