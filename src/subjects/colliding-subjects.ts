interface Node<T> {
  /** What was added with the subject that ends here. */
  readonly here: Added<T>[];
  readonly next: Map<string, Node<T>>;
}

interface Added<T> {
  readonly order: number;
  readonly value: T;
}

function node<T>(): Node<T> {
  return { here: [], next: new Map() };
}

/**
 * Finds which subjects stand for something that another one stands for, too, without comparing each with each. Of two that
 * do, neither need contain the other, as `a.*` and `*.b`. nats-server: `SubjectsCollide`.
 */
export class CollidingSubjects<T> {
  readonly #root: Node<T> = node();
  #count = 0;

  add(subject: string, value: T): void {
    let place = this.#root;
    for (const token of subject.split(".")) {
      let next = place.next.get(token);
      if (next === undefined) {
        next = node();
        place.next.set(token, next);
      }
      place = next;
    }
    place.here.push({ order: this.#count, value });
    this.#count += 1;
  }

  /** The values of the subjects that collide with this one, in the order in which they were added. */
  find(subject: string): readonly T[] {
    const found = [...this.#colliding(subject)].flat();
    return found.sort((a, b) => a.order - b.order).map(({ value }) => value);
  }

  /** The first of {@link find} that is accepted, without putting the others together. */
  first(subject: string, accept: (value: T) => boolean): T | undefined {
    let first: Added<T> | undefined;
    for (const here of this.#colliding(subject)) {
      const found = here.find(({ value }) => accept(value));
      if (found !== undefined && (first === undefined || found.order < first.order)) first = found;
    }
    return first?.value;
  }

  /** What was added with each of the subjects that collide with this one, in the order in which it was. */
  *#colliding(subject: string): Generator<readonly Added<T>[]> {
    const tokens = subject.split(".");
    const places: [place: Node<T>, depth: number][] = [[this.#root, 0]];
    for (let at = places.pop(); at !== undefined; at = places.pop()) {
      const [{ here, next }, depth] = at;
      const token = tokens[depth];
      if (token === undefined) {
        yield here;
        continue;
      }
      const isOpen = token === ">" && depth === tokens.length - 1;
      for (const [name, place] of token === "*" || isOpen ? next : literals(next, token)) {
        if (name === ">") yield place.here;
        else if (isOpen) yield* below(place);
        else places.push([place, depth + 1]);
      }
    }
  }
}

/** Where a token that is no wildcard leads. */
function* literals<T>(next: ReadonlyMap<string, Node<T>>, token: string): Generator<[string, Node<T>]> {
  for (const name of new Set([token, "*", ">"])) {
    const place = next.get(name);
    if (place !== undefined) yield [name, place];
  }
}

function* below<T>(place: Node<T>): Generator<readonly Added<T>[]> {
  const places = [place];
  for (let at = places.pop(); at !== undefined; at = places.pop()) {
    yield at.here;
    places.push(...at.next.values());
  }
}
