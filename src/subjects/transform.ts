/**
 * How servers make one subject of another: the destinations of mappings, and the local subjects of imports.
 *
 * @module
 */

import { decodeUtf8, encodeUtf8 } from "../encoding/bytes.ts";
import { parseGoInteger } from "../encoding/go-time.ts";
import { NscError } from "../errors.ts";
import { assertServerVersion, hasChange, type ServerChange } from "./server-behaviour.ts";
import { isReference, tokensAreContainedIn } from "./subject.ts";

/** Options of {@link SubjectTransform}. */
export interface SubjectTransformOptions {
  /**
   * Whether the source must follow from the destination again, as for imports: wildcards are the only function then, and all of
   * them are used. False by default.
   */
  readonly reversible?: boolean;
  /** The nats-server that it is for, such as `"2.10.27"`, 2.9.0 or later; the newest that is known by default. */
  readonly serverVersion?: string;
}

/** What makes a token of the destination, or several. `source` are the tokens of the subject, with a character for each byte. */
type Part = (source: readonly string[]) => string;

/** A function of destinations as it stands in a token. */
interface Call {
  /** Wildcards of the source that it takes, counted from 1. */
  readonly wildcards: readonly number[];
  /** Given the tokens that those wildcards stand for. */
  readonly make: (taken: readonly string[], source: readonly string[]) => string;
}

interface FunctionRule {
  readonly pattern: RegExp;
  /** What brought it to servers, where not all have it. */
  readonly since?: ServerChange;
  readonly read: (args: readonly string[], token: string) => Call;
}

/** What takes a wildcard and a length, by the length that is given and above which a token is cut. */
const CUTS = {
  splitfromleft: (text: string, at: number): string[] => [text.slice(0, at), text.slice(at)],
  splitfromright: (text: string, at: number): string[] => [text.slice(0, -at), text.slice(-at)],
  slicefromleft: (text: string, size: number): string[] => slices(text, 0, size),
  slicefromright: (text: string, size: number): string[] => slices(text, text.length % size, size),
  right: (text: string, length: number): string[] => [text.slice(-length)],
  left: (text: string, length: number): string[] => [text.slice(0, length)],
} as const;

/** The functions, as nats-server reads them and in its order. */
const FUNCTIONS: readonly FunctionRule[] = [
  {
    pattern: functionPattern("[wW]ildcard"),
    read: (args, token) => {
      assertCount(args, 1, token);
      return { wildcards: [integerOf(args[0], token)], make: ([taken = ""]) => taken };
    },
  },
  {
    pattern: functionPattern("[pP]artition"),
    read: ([first, ...rest], token) => {
      const count = countOf(first, token);
      return {
        wildcards: rest.map((each) => integerOf(each, token)),
        make: (taken, source) => partitionOf(rest.length > 0 ? taken.join("") : source.join("."), count),
      };
    },
  },
  ..."[sS]plit[fF]rom[lL]eft [sS]plit[fF]rom[rR]ight [sS]lice[fF]rom[lL]eft [sS]lice[fF]rom[rR]ight [rR]ight [lL]eft"
    .split(" ")
    .map(
      (name): FunctionRule => ({
        pattern: functionPattern(name),
        ...(/^\[[rRlL]{2}\]/.test(name) && { since: "ENDS" as const }),
        read: (args, token) => {
          assertCount(args, 2, token);
          const size = Number(integerOf(args[1], token, 31));
          const cut = CUTS[name.replace(/\[(.).\]/g, "$1").toLowerCase() as keyof typeof CUTS];
          return {
            wildcards: [integerOf(args[0], token)],
            // What is too short stays whole.
            make: ([taken = ""]) => (size > 0 && size < taken.length ? cut(taken, size).join(".") : taken),
          };
        },
      }),
    ),
  {
    pattern: functionPattern("[sS]plit"),
    read: (args, token) => {
      assertCount(args, 2, token);
      const [, separator = ""] = args;
      if (separator.includes(" ")) throw invalid(`${JSON.stringify(token)} splits at a space`);
      return { wildcards: [integerOf(args[0], token)], make: ([taken = ""]) => split(taken, separator) };
    },
  },
  {
    pattern: functionPattern("[rR]andom"),
    since: "WHOLE_PARTITIONS",
    read: (args, token) => {
      assertCount(args, 1, token);
      countOf(args[0], token);
      return { wildcards: [], make: () => "*" };
    },
  },
];

/**
 * Makes one subject of another, as a mapping of an account does. nats-server: `NewSubjectTransform`, `ValidateMapping`.
 *
 * Destinations take wildcards of the source by `$1` or `{{wildcard(1)}}`, and have the functions `partition(n, 1, …)`,
 * `split(1, separator)`, `splitFromLeft(1, n)`, `splitFromRight(1, n)`, `sliceFromLeft(1, n)`, `sliceFromRight(1, n)`,
 * `left(1, n)`, `right(1, n)` and `random(n)`, whose lengths are in bytes; mappings of accounts have no spaces in them.
 *
 * @example
 * ```ts
 * import { SubjectTransform } from "nsc.js";
 *
 * const transform = new SubjectTransform("orders.*.*", "eu.{{partition(3,2)}}.$2.{{splitFromLeft(1,2)}}");
 * transform.apply("orders.abcd.7"); // "eu.0.7.ab.cd"
 * transform.apply("payroll"); // undefined
 * ```
 */
export class SubjectTransform {
  readonly #source: readonly string[];
  readonly #destination: readonly string[];
  readonly #parts: readonly Part[];

  /**
   * @param source - the subjects that it is for, with wildcards
   * @param destination - what it makes of them
   * @param options - of what kind it is
   * @throws NscError `ERR_ARGUMENT_INVALID` for what servers refuse
   */
  constructor(source: string, destination: string, options: SubjectTransformOptions = {}) {
    const { reversible = false, serverVersion, ...unknown } = options;
    if (Object.keys(unknown).length > 0) throw invalid(`there is no option ${Object.keys(unknown).join(", ")}`);
    assertServerVersion(serverVersion);
    const has = (change: ServerChange): boolean => hasChange(serverVersion, change);
    this.#source = tokensOf(source, "source");
    this.#destination = tokensOf(destination, "destination");
    const title = `${JSON.stringify(source)} can't become ${JSON.stringify(destination)}`;
    if (this.#destination.includes("*")) {
      throw invalid(`${title}: wildcards of the source are $1 and so on in a destination, and not *`);
    }
    if (isOpen(this.#source) !== isOpen(this.#destination)) throw invalid(`${title}: both or none must end in >`);
    const wildcards = this.#source.flatMap((token, index) => (token === "*" ? [index] : []));
    const isLiteral = wildcards.length === 0 && !isOpen(this.#source);
    // Before, what a source without wildcards becomes was taken as it stands.
    const isText = isLiteral && !has("WILDCARDS_OPTIONAL");
    let used = 0;
    this.#parts = this.#destination.map((token) => {
      const call = isText ? undefined : callOf(token, has);
      if (isText) findFunction(token, has);
      if (call === undefined) return () => toBytes(token);
      const { wildcards: numbers, make } = call;
      if (reversible && !isWildcard(token)) {
        throw invalid(`${title}: imports have no functions other than wildcards, and ${JSON.stringify(token)} is one`);
      }
      used += has("WILDCARDS_COUNTED") ? numbers.length : 1;
      const isFirm = has("WILDCARDS_OPTIONAL") && !has("WHOLE_PARTITIONS");
      if (isFirm && wildcards.length === 0) throw invalid(`${title}: the source has no wildcard`);
      // Of a source without wildcards the function is for the whole subject.
      if (isLiteral && isPartition(token)) return (tokens) => make([], tokens);
      const missing = numbers.find((number) => number > wildcards.length);
      if (missing !== undefined || (isLiteral && numbers.length > 0)) {
        throw invalid(`${title}: ${JSON.stringify(token)} is for a wildcard that the source does not have`);
      }
      // Servers take the first token for numbers below 1.
      const places = numbers.map((number) => wildcards[number - 1] ?? 0);
      return (tokens) =>
        make(
          places.map((place) => tokens[place] ?? ""),
          tokens,
        );
    });
    if ((reversible || !has("WILDCARDS_OPTIONAL")) && used < wildcards.length) {
      throw invalid(`${title}: each wildcard of the source must be used`);
    }
  }

  /** The subjects that it is for. */
  get source(): string {
    return this.#source.join(".");
  }

  /** What it makes of them, as it was given. */
  get destination(): string {
    return this.#destination.join(".");
  }

  /**
   * What becomes of a subject, or nothing where it is not among those of the source. What `random` makes is `*` here, since it
   * may be any token.
   *
   * @param subject - a subject; with wildcards only what the source covers, which are taken as tokens
   * @throws NscError `ERR_ARGUMENT_INVALID`
   */
  apply(subject: string): string | undefined {
    const tokens = tokensOf(subject, "subject");
    return tokensAreContainedIn(tokens, this.#source) ? this.applyTo(tokens) : undefined;
  }

  /** What becomes of tokens that are among those of the source. @internal */
  applyTo(tokens: readonly string[]): string {
    const bytes = tokens.map(toBytes);
    const made = this.#parts.map((part, index) => (this.#destination[index] === ">" ? "" : part(bytes)));
    if (isOpen(this.#destination)) made.splice(-1, 1, ...bytes.slice(this.#source.length - 1));
    return fromBytes(made.join("."));
  }

  /**
   * The other way round. Like servers, it hands on the references in the order of the destination, which is right for all but
   * three wildcards or more that change places in a circle. nats-server: `subjectTransform.reverse`.
   */
  reverse(): SubjectTransform {
    const references = this.#destination.filter(isWildcard);
    const source = this.#destination.map((token) => (isWildcard(token) ? "*" : token));
    const destination = this.#source.map((token) => (token === "*" ? (references.shift() ?? token) : token));
    return new SubjectTransform(source.join("."), destination.join("."), { reversible: true });
  }
}

/** The destination that leaves the subjects of a source as they are. nats-server: `transformTokenize`. */
export function referencesTo(source: string): string {
  let count = 0;
  return source
    .split(".")
    .map((token) => (token === "*" ? `$${++count}` : token))
    .join(".");
}

function tokensOf(subject: string, title: string): readonly string[] {
  const tokens = typeof subject === "string" ? subject.split(".") : [""];
  // The white space in functions is theirs.
  const isSubject = tokens.every((token, index) => {
    const isCall = title === "destination" && token.startsWith("{{") && token.endsWith("}}");
    return token !== "" && (isCall || !/[\t\n\f\r ]/.test(token)) && (token !== ">" || index === tokens.length - 1);
  });
  if (isSubject) return tokens;
  throw invalid(`the ${title} must be a subject: tokens without white space, with dots between them`);
}

function isOpen(tokens: readonly string[]): boolean {
  return tokens.at(-1) === ">";
}

function isWildcard(token: string): boolean {
  return isReference(token) || (FUNCTIONS[0] as FunctionRule).pattern.test(token);
}

function isPartition(token: string): boolean {
  return (FUNCTIONS[1] as FunctionRule).pattern.test(token);
}

/** nats-server: `indexPlaceHolders`. */
function callOf(token: string, has: (change: ServerChange) => boolean): Call | undefined {
  if (isReference(token)) return { wildcards: [Number(token.slice(1))], make: ([taken = ""]) => taken };
  const [rule, args] = findFunction(token, has) ?? [];
  if (rule === undefined || args === undefined) return undefined;
  if (isPartition(token) && args.length === 1 && !has("WHOLE_PARTITIONS")) {
    throw invalid(`${JSON.stringify(token)} takes a count and wildcards`);
  }
  return rule.read(args, token);
}

/** The function that a token is, and its arguments; nothing for what is no function. */
function findFunction(
  token: string,
  has: (change: ServerChange) => boolean,
): readonly [rule: FunctionRule, args: readonly string[]] | undefined {
  if (token.length < 5 || !token.startsWith("{{") || !token.endsWith("}}")) return undefined;
  for (const rule of FUNCTIONS) {
    if (rule.since !== undefined && !has(rule.since)) continue;
    const [, args] = rule.pattern.exec(token) ?? [];
    if (args !== undefined) return [rule, args.split(/,[\t\n\f\r ]*/)];
  }
  throw invalid(`mappings have no function ${JSON.stringify(token)}`);
}

function functionPattern(name: string): RegExp {
  return new RegExp(`\\{\\{[\\t\\n\\f\\r ]*${name}[\\t\\n\\f\\r ]*\\(([^\\n]*)\\)[\\t\\n\\f\\r ]*\\}\\}`);
}

function assertCount(args: readonly string[], count: number, token: string): void {
  const isEmpty = args.length === 1 && args[0] === "";
  if (args.length === count && !isEmpty) return;
  throw invalid(`${JSON.stringify(token)} takes ${count} argument${count === 1 ? "" : "s"}`);
}

function integerOf(text: string | undefined, token: string, bits = 53): number {
  const value = parseGoInteger((text ?? "").replace(/^ +| +$/g, ""));
  const most = 2 ** bits;
  if (value !== undefined && value < most && value >= -most) return Number(value);
  throw invalid(`${JSON.stringify(token)} takes whole numbers that servers can hold`);
}

/** A count of partitions; servers keep 32 bits of what is below 0. */
function countOf(text: string | undefined, token: string): number {
  const value = integerOf(text, token);
  if (value <= 0x7fff_ffff) return value >>> 0;
  throw invalid(`${JSON.stringify(token)} takes 2147483647 at most`);
}

/** FNV-1a with 32 bits, modulo the count. */
function partitionOf(key: string, count: number): string {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x0100_0193);
  return count === 0 ? "0" : String((hash >>> 0) % count);
}

/** Pieces of a size after the first `rest` characters; what is left over at the end is a piece of its own. */
function slices(text: string, rest: number, size: number): string[] {
  const pieces = rest > 0 ? [text.slice(0, rest)] : [];
  for (let at = rest; at < text.length; at += size) pieces.push(text.slice(at, at + size));
  return pieces;
}

/** As servers put pieces together: empty ones are left out, and what is left has dots between, with some exceptions of theirs. */
function split(text: string, separator: string): string {
  const pieces = text.split(toBytes(separator));
  return pieces
    .map((piece, index) => {
      const hasDot = index < pieces.length - 1 && pieces[index + 1] !== "" && !(index === 0 && piece === "");
      return hasDot ? `${piece}.` : piece;
    })
    .join("");
}

/** A character for each byte: servers cut and hash bytes. */
function toBytes(text: string): string {
  return Array.from(encodeUtf8(text), (byte) => String.fromCharCode(byte)).join("");
}

function fromBytes(text: string): string {
  return decodeUtf8(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
