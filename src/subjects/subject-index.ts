import { tokensAreContainedIn } from "./subject.ts";

/** Patterns of further shapes are looked at one by one; real claims have a handful of shapes. */
const MOST_SHAPES = 64;

interface Entry<T> {
  readonly tokens: readonly string[];
  readonly value: T;
}

/**
 * Which positions of a pattern hold a fixed token, how many tokens it has, and whether it goes on. Two subjects of which one
 * is contained in the other have the same tokens at the fixed positions of the containing one.
 */
interface Shape {
  readonly length: number;
  /** Whether the pattern ends in `>`, which stands for one token or more. */
  readonly open: boolean;
  readonly fixed: readonly number[];
}

interface ShapeIndex<T> {
  readonly shape: Shape;
  /** All subjects that are long enough, by their tokens at the fixed positions. */
  readonly subjects: Map<string, Entry<T>[]>;
  /** The subjects that have this very shape, by the same. */
  readonly patterns: Map<string, Entry<T>[]>;
}

/**
 * Finds which subjects contain one another without comparing each with each. Go compares each with each, which takes a
 * hundred million comparisons for the ten thousand exports that fit into a token.
 */
export class SubjectIndex<T> {
  readonly #entries: Entry<T>[] = [];
  /** The patterns whose shape has no index. */
  readonly #others: Entry<T>[] = [];
  /** By their text: all that a subject without wildcards contains, and most subjects have none. */
  readonly #bySubject = new Map<string, Entry<T>[]>();
  readonly #shapes = new Map<string, ShapeIndex<T>>();

  add(subject: string, value: T): void {
    const entry = { tokens: subject.split("."), value };
    const own = isPattern(entry.tokens) ? this.#shapeOf(entry.tokens) : undefined;
    this.#entries.push(entry);
    append(this.#bySubject, subject, entry);
    for (const { shape, subjects } of this.#shapes.values()) {
      if (fits(entry.tokens, shape)) append(subjects, project(entry.tokens, shape), entry);
    }
    if (own !== undefined) append(own.patterns, project(entry.tokens, own.shape), entry);
    else if (isPattern(entry.tokens)) this.#others.push(entry);
  }

  /** The values of the subjects that are contained in `pattern`, itself included, in the order in which they were added. */
  containedIn(pattern: string, most: number = Number.POSITIVE_INFINITY): T[] {
    const tokens = pattern.split(".");
    const values: T[] = [];
    const found = isPattern(tokens) ? this.#candidates(tokens) : (this.#bySubject.get(pattern) ?? []);
    for (const entry of found) {
      if (values.length >= most) break;
      if (tokensAreContainedIn(entry.tokens, tokens)) values.push(entry.value);
    }
    return values;
  }

  /** The values of the subjects that contain `subject`, itself included. */
  containing(subject: string): T[] {
    const tokens = subject.split(".");
    const equal = isPattern(tokens) ? [] : (this.#bySubject.get(subject) ?? []);
    const indexed = [...this.#shapes.values()].flatMap(({ shape, patterns }) =>
      fits(tokens, shape) ? (patterns.get(project(tokens, shape)) ?? []) : [],
    );
    const found = [...indexed, ...this.#others].filter((entry) => tokensAreContainedIn(tokens, entry.tokens));
    return [...equal, ...found].map(({ value }) => value);
  }

  #candidates(pattern: readonly string[]): readonly Entry<T>[] {
    const index = this.#shapeOf(pattern);
    return index === undefined ? this.#entries : (index.subjects.get(project(pattern, index.shape)) ?? []);
  }

  /** The index for patterns of this shape, made now if need be; nothing if there would be too many. */
  #shapeOf(tokens: readonly string[]): ShapeIndex<T> | undefined {
    const shape = describeShape(tokens);
    const key = `${shape.length}${shape.open ? ">" : ""}:${shape.fixed.join(",")}`;
    let index = this.#shapes.get(key);
    if (index === undefined && this.#shapes.size < MOST_SHAPES) {
      index = { shape, subjects: new Map(), patterns: new Map() };
      this.#shapes.set(key, index);
      for (const entry of this.#entries) {
        if (fits(entry.tokens, shape)) append(index.subjects, project(entry.tokens, shape), entry);
      }
    }
    return index;
  }
}

/** Whether a subject contains others than itself. */
function isPattern(tokens: readonly string[]): boolean {
  return tokens[tokens.length - 1] === ">" || tokens.includes("*");
}

function describeShape(tokens: readonly string[]): Shape {
  const open = tokens[tokens.length - 1] === ">";
  const fixed: number[] = [];
  for (let i = 0; i < tokens.length - (open ? 1 : 0); i++) if (tokens[i] !== "*") fixed.push(i);
  return { length: tokens.length, open, fixed };
}

function fits(tokens: readonly string[], shape: Shape): boolean {
  return shape.open ? tokens.length >= shape.length : tokens.length === shape.length;
}

function project(tokens: readonly string[], { fixed }: Shape): string {
  let key = "";
  for (const position of fixed) key += `${tokens[position]}.`;
  return key;
}

function append<T>(map: Map<string, Entry<T>[]>, key: string, entry: Entry<T>): void {
  const entries = map.get(key);
  if (entries === undefined) map.set(key, [entry]);
  else entries.push(entry);
}
