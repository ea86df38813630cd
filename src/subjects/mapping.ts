/**
 * Where the mappings of an account send a subject.
 *
 * @module
 */

import { isNscError } from "../errors.ts";
import { intersectionOf } from "./intersection.ts";
import { hasWildcards, isReference, tokensAreContainedIn } from "./subject.ts";
import { referencesTo, SubjectTransform } from "./transform.ts";

/** A destination of a mapping, as claims have it. */
export interface MappingDestination {
  readonly subject: string;
  readonly weight?: number;
  readonly cluster?: string;
}

/** The mappings of an account by their sources. */
export interface Mappings {
  readonly [source: string]: readonly MappingDestination[] | null;
}

/** For which server it is asked. */
export interface MappingOptions {
  /** The cluster of the server, for which there may be destinations of its own. */
  readonly cluster?: string | undefined;
  /** Its version; the newest that is known by default. */
  readonly serverVersion?: string | undefined;
}

/** Where messages of a subject go. */
export interface MappedSubject {
  /** The source of the mapping. */
  readonly source: string;
  /** The subject that they get; `*` stands for a token that only the server knows. */
  readonly subject: string;
  /** The share of the messages that go there, in percent. */
  readonly share: number;
}

/**
 * Where messages of a subject go, or nothing where no mapping is for it. What shares leave of 100 is dropped. Of several mappings
 * that are for it servers take any, so that all are given, each with shares of its own. nats-server: `selectMappedSubject`.
 */
export function mapSubject(
  mappings: Mappings,
  subject: string,
  options: MappingOptions = {},
): readonly MappedSubject[] | undefined {
  const tokens = subject.split(".");
  const found = Object.entries(mappings).flatMap(([source, given]) => {
    if (!tokensAreContainedIn(tokens, source.split("."))) return [];
    const destinations = destinationsOf(source, given ?? [], options);
    return destinations === undefined ? [] : [{ source, destinations }];
  });
  if (found.length === 0) return undefined;
  return found.flatMap(({ source, destinations }) =>
    destinations.map(({ transform, weight }) => ({ source, subject: destinationOf(transform, tokens), share: weight })),
  );
}

/** For a source without wildcards servers may split the subject or not, and then a partition is that of nothing. */
function destinationOf(transform: SubjectTransform, tokens: readonly string[]): string {
  const subject = transform.applyTo(tokens);
  if (hasWildcards(transform.source)) return subject;
  const other = transform.applyTo([]).split(".");
  return subject
    .split(".")
    .map((token, index) => (token === other[index] ? token : "*"))
    .join(".");
}

interface Weighted {
  readonly transform: SubjectTransform;
  readonly weight: number;
}

/** The destinations with weights above 0, or nothing for what servers leave out. nats-server: `AddWeightedMappings`. */
function destinationsOf(
  source: string,
  given: readonly MappingDestination[],
  { cluster, serverVersion }: MappingOptions,
): Weighted[] | undefined {
  const options = serverVersion === undefined ? {} : { serverVersion };
  if (new Set(given.map(({ subject }) => subject)).size < given.length) return undefined;
  const transforms = new Map<MappingDestination, SubjectTransform>();
  const sums = new Map<string, number>();
  try {
    for (const each of given) {
      transforms.set(each, new SubjectTransform(source, each.subject, options));
      const sum = (sums.get(each.cluster ?? "") ?? 0) + weightOf(each);
      if (sum > 100) return undefined;
      sums.set(each.cluster ?? "", sum);
    }
  } catch (error) {
    if (isNscError(error, "ERR_ARGUMENT_INVALID")) return undefined;
    throw error;
  }
  // A cluster without destinations of its own has those for all.
  const chosen = cluster !== undefined && sums.has(cluster) ? cluster : "";
  const weighted = given.flatMap((each) => {
    const transform = transforms.get(each) as SubjectTransform;
    return (each.cluster ?? "") === chosen ? [{ transform, weight: weightOf(each) }] : [];
  });
  const rest = 100 - (sums.get(chosen) ?? 0);
  // The rest stays where it is, unless the source is spelled out as a destination: then it is meant to be lost.
  if (rest > 0 && !given.some(({ subject }) => subject === source)) {
    weighted.push({ transform: new SubjectTransform(source, referencesTo(source)), weight: rest });
  }
  return weighted;
}

/** Subjects that a mapping makes others of. */
export interface MappedSource {
  /** The source of the mapping. */
  readonly source: string;
  /** Those of its subjects that may become what was asked for, as a pattern. */
  readonly subject: string;
}

/**
 * The subjects that mappings may make such of that a pattern is for, itself not among them. Of functions that depend on what a token
 * is, all tokens are taken.
 */
export function mappedInto(
  mappings: Mappings,
  pattern: readonly string[],
  options: MappingOptions = {},
): readonly MappedSource[] {
  return Object.entries(mappings).flatMap(([source, given]) => {
    const found = new Set<string>();
    for (const { transform } of destinationsOf(source, given ?? [], options) ?? []) {
      const made = transform.destination.split(".").map(asReference);
      // What keeps its subject is as if it was not mapped.
      if (made.join(".") === referencesTo(source)) continue;
      const subject = sourceOf(source, made, pattern);
      if (subject !== undefined) found.add(subject);
    }
    return [...found].map((subject) => ({ source, subject }));
  });
}

/** `{{wildcard(1)}}` is `$1`. */
function asReference(token: string): string {
  const [, number] = /^\{\{\s*wildcard\s*\(\s*(\d+)\s*\)\s*\}\}$/i.exec(token) ?? [];
  return number === undefined ? token : `$${number}`;
}

/** The part of a source that becomes what a pattern is for. */
function sourceOf(source: string, made: readonly string[], pattern: readonly string[]): string | undefined {
  // Some functions make several tokens of one, and where those after them are can't be known.
  const open = made.findIndex((token) => /^\{\{\s*s(?:plit|lice)/i.test(token));
  const known = open === -1 ? made : [...made.slice(0, open), ">"];
  const common = intersectionOf(
    known.map((token) => (isReference(token) || token.startsWith("{{") ? "*" : token)),
    pattern,
  );
  if (common === undefined) return undefined;
  const tokens = source.split(".");
  const wildcards = tokens.flatMap((token, index) => (token === "*" ? [index] : []));
  for (const [index, token] of known.entries()) {
    const [place, there] = [wildcards[Number(token.slice(1)) - 1], common[index]];
    // What these make is a number.
    if (/^\{\{\s*(?:partition|random)/i.test(token) && !/^(?:\*|-?\d+)$/.test(there ?? "")) return undefined;
    if (!isReference(token) || place === undefined || there === undefined || there === "*") continue;
    // What stands there twice is the same twice.
    if (tokens[place] !== "*" && tokens[place] !== there) return undefined;
    tokens[place] = there;
  }
  if (open === -1 && tokens.at(-1) === ">") tokens.splice(-1, 1, ...common.slice(known.length - 1));
  return tokens.join(".");
}

/** The weight of a destination, in percent; none is all. */
export function weightOf({ weight = 0 }: Pick<MappingDestination, "weight">): number {
  return weight === 0 ? 100 : weight;
}
