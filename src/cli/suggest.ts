const MOST_EDITS = 2;

/** The names that someone who typed `word` may have meant: they begin so, or differ by few letters. The nearest first. */
export function suggest(word: string, names: Iterable<string>): readonly string[] {
  const typed = word.toLowerCase();
  if (typed === "") return [];
  return [...new Set(names)]
    .map((name) => ({ name, edits: countEdits(typed, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= MOST_EDITS || name.toLowerCase().startsWith(typed))
    .sort((a, b) => a.edits - b.edits)
    .map(({ name }) => name);
}

/** How many letters have to be added, removed or replaced. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] as number) + (letter === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
}
