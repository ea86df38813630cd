/**
 * Finding what is wrong with claims.
 *
 * @module
 */

import { type CryptoEngine, defaultEngine } from "../crypto/engine.ts";
import { writeAny } from "../encoding/json-any.ts";
import { JsonWriter } from "../encoding/json-codec.ts";
import { describePath, JsonReader } from "../encoding/json-reader.ts";
import type { StructCodec } from "../encoding/json-struct.ts";
import { isNscError, NscError } from "../errors.ts";
import { decode } from "./decode.ts";
import { type GenericClaims, genericCodec } from "./generic.ts";
import { ClaimsError, type Issue, IssueCollector } from "./issues.ts";
import { type Claims, isClaimKind, KINDS, type KindEntry } from "./kinds.ts";
import type { ReadonlyDeep } from "./readonly-deep.ts";
import { type ValidationContext, validateTimes } from "./validate-rules.ts";

/** Options of {@link validate}. */
export interface ValidateOptions {
  /** The time to validate at: a date, or seconds since 1970; now by default. */
  readonly now?: Date | number;
  /** What verifies the activation tokens of imports; found by itself by default. */
  readonly engine?: CryptoEngine;
}

/**
 * Finds what is wrong with claims: the same issues with the same texts as the Go library, and with that what nats-server
 * would refuse. It looks at one set of claims, not at those of others, and does not change it. Go: `Validate`.
 *
 * @param claims - claims of any kind, from `decode` or made by hand
 * @param options - the time to validate at
 * @returns the issues in Go's order; where Go has none, in the order of names. Empty is valid
 * @throws NscError `ERR_CLAIMS_TYPE` when a member has another type than it must have, `ERR_CLAIMS_VALUE` when JSON has no
 * such number or a signing key's scope is of no known kind, `ERR_JSON_DEPTH`
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair, validate } from "nsc.js";
 *
 * const claims = createAccountClaims(createKeyPair("account").publicKey, {
 *   nats: { exports: [{ subject: "orders..new", type: "stream" }] },
 * });
 * const [issue] = validate(claims);
 * issue?.code; // "SUBJECT_EMPTY_TOKEN"
 * issue?.path.join("."); // "nats.exports.0.subject"
 * ```
 */
export function validate(
  claims: ReadonlyDeep<Claims | GenericClaims>,
  options: ValidateOptions = {},
): readonly Issue[] {
  const context = contextOf(options);
  const issues: Issue[] = [];
  const collector = new IssueCollector(issues);
  const kind: unknown = (claims as Partial<Claims> | null | undefined)?.nats?.type;
  if (!isClaimKind(kind)) {
    validateTimes(settle(claims, genericCodec), context.now, collector);
    return issues;
  }
  assertLists(claims as ReadonlyDeep<Claims>);
  const entry = KINDS[kind] as KindEntry;
  entry.validate(settle(claims, entry.claims), context, collector);
  return issues;
}

/** The same for claims that are as `decode` gave them, so that nobody has to look at the types of their members. */
export function validateDecoded(claims: Claims, options: ValidateOptions = {}): readonly Issue[] {
  const issues: Issue[] = [];
  const entry = KINDS[claims.nats.type] as KindEntry;
  entry.validate(claims, contextOf(options), new IssueCollector(issues));
  return issues;
}

function contextOf({ now = new Date(), engine = defaultEngine }: ValidateOptions): ValidationContext {
  return { now: secondsOf(now), decodeActivation: (token) => decode(token, { kind: "activation", engine }) };
}

/** Options of {@link assertValid}. */
export interface AssertValidOptions extends ValidateOptions {
  /** Whether expired and not yet valid claims pass; false by default. Go: `IsBlocking`. */
  readonly ignoreTimes?: boolean;
}

/**
 * Throws one error that carries all issues if claims have any that block. Warnings do not.
 *
 * @param claims - claims of any kind
 * @param options - the time to validate at, and whether it matters
 * @throws ClaimsError `ERR_CLAIMS_INVALID`, and what {@link validate} throws
 *
 * @example
 * ```ts
 * import { assertValid, ClaimsError, createKeyPair, createUserClaims } from "nsc.js";
 *
 * const claims = createUserClaims(createKeyPair("user").publicKey, { nats: { src: ["10.0.0.1"] } });
 * try {
 *   assertValid(claims);
 * } catch (error) {
 *   if (!(error instanceof ClaimsError)) throw error;
 *   error.issues.length; // 1
 * }
 * ```
 */
export function assertValid(claims: ReadonlyDeep<Claims | GenericClaims>, options: AssertValidOptions = {}): void {
  assertNoneBlocks(validate(claims, options), options.ignoreTimes);
}

/** Throws one error that carries all issues if any of them blocks. */
export function assertNoneBlocks(issues: readonly Issue[], ignoreTimes = false): void {
  const blocking = issues.filter(({ level }) => level === "error" || (level === "time" && !ignoreTimes));
  const [first] = blocking;
  if (first === undefined) return;
  const more = blocking.length === 1 ? "" : ` (and ${blocking.length - 1} more)`;
  throw new ClaimsError(`the claims are not valid: ${first.message}${more}`, issues);
}

/**
 * The claims as they would be read from a token, so that rules find types and absent members as they expect them. Not by
 * way of the writer of claims, which refuses some of what the rules are there to find.
 */
function settle<C extends Claims | GenericClaims>(claims: unknown, codec: StructCodec<C>): C {
  if (typeof claims !== "object" || claims === null) throw new NscError("ERR_CLAIMS_TYPE", "claims must be an object");
  const reader = new JsonReader(writeClaims(claims));
  try {
    const settled = codec.read(reader, undefined) as C;
    reader.end();
    return settled;
  } catch (error) {
    if (!isNscError(error, "ERR_JSON_TYPE")) throw error;
    // What is refused at once does not say where.
    const place = reader.path.length === 0 ? "" : `${describePath(reader.path)}: `;
    throw new NscError("ERR_CLAIMS_TYPE", place + error.message);
  }
}

function writeClaims(claims: object): string {
  try {
    return writeAny(claims, new JsonWriter(true));
  } catch (error) {
    if (!isNscError(error, "ERR_JSON_DEPTH")) refuseUnwritable(claims, new JsonWriter(true));
    throw error;
  }
}

/** Throws what the writer of free data throws, which does not say where, with the place. */
function refuseUnwritable(value: unknown, writer: JsonWriter): void {
  if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined && !Array.isArray(value)) continue;
      writer.path.push(Array.isArray(value) ? Number(name) : name);
      refuseUnwritable(member, writer);
      writer.path.pop();
    }
  }
  writeAny(value, writer);
}

/** Refuses what the reader of tokens would take or pass over, as Go does, but what is of the wrong type in claims. */
function assertLists({ nats }: ReadonlyDeep<Claims>): void {
  if (nats.type === "user" && typeof nats.src === "string") {
    throw new NscError("ERR_CLAIMS_TYPE", "nats.src must be a list, not a string");
  }
  if (nats.type !== "account" || !Array.isArray(nats.signing_keys)) return;
  for (const [index, key] of (nats.signing_keys as readonly unknown[]).entries()) {
    if (typeof key === "string" || (typeof key === "object" && key !== null && !Array.isArray(key))) continue;
    throw new NscError("ERR_CLAIMS_TYPE", `nats.signing_keys[${index}] must be a public key or a scope`);
  }
}

function secondsOf(time: Date | number): number {
  const seconds = time instanceof Date ? time.getTime() / 1000 : time;
  // Whole seconds, as claims have them: they are valid until the end of the second in which they expire.
  if (typeof seconds === "number" && Number.isFinite(seconds)) return Math.floor(seconds);
  throw new NscError("ERR_ARGUMENT_INVALID", "now must be a date or seconds since 1970");
}
