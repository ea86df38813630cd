import { randomInt } from "node:crypto";

const ADJECTIVES: readonly string[] = words(`
  airy amber ample ardent autumn balmy blithe brisk bronze candid cheery cobalt copper coral crisp dapper deft dewy
  earnest fabled fleet frosty gilded glossy hardy hazel humble ivory jaunty lively lofty lucid mellow merry mossy nimble
  ochre patient placid plucky prompt quaint radiant rustic saffron sandy scarlet silken snowy spry steady sunlit tidal
  tranquil velvet verdant vernal wily windy
`);

/** Composers, painters, writers and explorers. */
const SURNAMES: readonly string[] = words(`
  amundsen andersen austen bach balzac bartok bellini bernini brahms bronte bruegel cabot cervantes cezanne chekhov chopin
  dante debussy defoe delibes dickens drake durer dvorak elgar eliot erasmus faure gauguin goya grieg handel haydn hokusai
  holst homer ibsen kafka klee lindgren liszt magellan mahler manet matisse milton monet mozart nansen orwell petrarch
  puccini purcell ravel rilke rossini schiller sibelius vermeer vivaldi
`);

/** How often a name that is taken is thrown away before one gets a number. */
const ATTEMPTS = 20;

/** Where a random name comes from. */
export interface RandomNameOptions {
  /** Whether a name can't be used. */
  readonly isTaken?: (name: string) => boolean;
  /** A whole number from 0 up to below a limit. */
  readonly random?: (limit: number) => number;
}

/** A name for what is called `*`: an adjective and a surname. */
export function randomName({ isTaken = () => false, random = randomInt }: RandomNameOptions = {}): string {
  const pick = () => `${ADJECTIVES[random(ADJECTIVES.length)]}_${SURNAMES[random(SURNAMES.length)]}`;
  let name = pick();
  for (let i = 1; i < ATTEMPTS && isTaken(name); i++) name = pick();
  if (!isTaken(name)) return name;
  let number = 2;
  while (isTaken(`${name}${number}`)) number += 1;
  return `${name}${number}`;
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
