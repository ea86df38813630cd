/**
 * What differs between two tokens.
 *
 * @module
 */

import { escapeUnprintable } from "../encoding/go-text.ts";
import { type JsonValue, readAny } from "../encoding/json-any.ts";
import { JsonReader } from "../encoding/json-reader.ts";
import { NscError, redact } from "../errors.ts";
import { type DecodeOptions, decode } from "./decode.ts";
import { type Claims, isClaimKind } from "./kinds.ts";
import type { ReadonlyDeep } from "./readonly-deep.ts";
import { toJson } from "./to-json.ts";

/** Options of {@link diff}. */
export interface DiffOptions extends Pick<DecodeOptions, "engine"> {
  /** Whether `iat` and `jti` are compared, which differ whenever something was signed again; false by default. */
  readonly all?: boolean;
}

/** A member of claims, or an entry of one of their lists, that differs. */
export interface FieldChange {
  /**
   * Where it is: names of members, and what an entry of a list is known by, such as `["nats", "exports", "stream orders.>"]`.
   */
  readonly path: readonly string[];
  readonly kind: "added" | "removed" | "changed";
  /** Nothing for what was added. */
  readonly before?: JsonValue;
  /** Nothing for what was removed. */
  readonly after?: JsonValue;
}

/**
 * What differs between two tokens, or the claims of two, member by member. Entries of lists are compared by what they are: an
 * export by its type and subject, an import by that and its account, a signing key by its key, a mapping by its subject, a
 * text by itself. The order of lists does not matter.
 *
 * @param before - a token or claims, of any kind
 * @param after - likewise
 * @param options - what is compared
 * @returns the differences, in the order of the paths
 * @throws NscError `ERR_CLAIMS_KIND`, and those of `decode` and of `toJson`
 *
 * @example
 * ```ts
 * import { diff, Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const account = await operator.addAccount("APP");
 * const before = account.token;
 * await account.edit(({ nats }) => {
 *   nats.limits.conn = 10;
 *   nats.tags = ["eu"];
 * });
 * diff(before, account.token).map(({ kind, path }) => `${kind} ${path.join(".")}`).join();
 * // "changed nats.limits.conn,added nats.tags"
 * ```
 */
export function diff(
  before: string | ReadonlyDeep<Claims>,
  after: string | ReadonlyDeep<Claims>,
  options: DiffOptions = {},
): readonly FieldChange[] {
  const { all = false } = options;
  const [old, now] = [before, after].map((value) => {
    const data = dataOf(value, options);
    if (!all) for (const name of ["iat", "jti"]) delete data[name];
    return data;
  }) as [JsonValue, JsonValue];
  const changes: FieldChange[] = [];
  compare([], old, now, changes);
  return changes;
}

/**
 * Differences as text, a line each: `+` for what was added, `-` for what was removed, `~` for what was changed. Tokens are
 * not printed.
 *
 * @param changes - what {@link diff} gave
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair, diff, formatDiff } from "nsc.js";
 *
 * const { publicKey } = createKeyPair("account");
 * const before = createAccountClaims(publicKey);
 * const after = createAccountClaims(publicKey);
 * after.nats.limits.conn = 10;
 * formatDiff(diff(before, after)); // "~ nats.limits.conn: -1 -> 10"
 * ```
 */
export function formatDiff(changes: readonly FieldChange[]): string {
  return changes.map((change) => redact(lineOf(change))).join("\n");
}

/** A place in data as people write it. */
export function fieldPath(path: readonly (string | number)[]): string {
  return path
    .map((name, index) => {
      const isWord = typeof name === "string" && /^\w+$/.test(name);
      return isWord ? `${index > 0 ? "." : ""}${name}` : `[${quote(name)}]`;
    })
    .join("");
}

function lineOf({ path, kind, before, after }: FieldChange): string {
  const at = fieldPath(path);
  switch (kind) {
    case "added":
      return `+ ${at}: ${quote(after)}`;
    case "removed":
      return `- ${at}: ${quote(before)}`;
    case "changed":
      return `~ ${at}: ${quote(before)} -> ${quote(after)}`;
  }
}

/** JSON in one line, whatever the names and texts hold. */
export function quote(value: JsonValue | undefined): string {
  if (typeof value === "bigint") return String(value);
  const text = JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? `${item}` : item)) ?? "";
  return escapeUnprintable(text);
}

function dataOf(value: string | ReadonlyDeep<Claims>, options: DiffOptions): { [name: string]: JsonValue } {
  const { engine } = options;
  const claims = typeof value === "string" ? decode(value, engine === undefined ? {} : { engine }) : value;
  const kind: unknown = (claims as Partial<Claims> | null | undefined)?.nats?.type;
  if (!isClaimKind(kind)) {
    throw new NscError("ERR_CLAIMS_KIND", "what is compared must be a token, or claims of a kind that there is");
  }
  return readAny(new JsonReader(toJson(claims)), true) as { [name: string]: JsonValue };
}

function compare(
  path: readonly string[],
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  changes: FieldChange[],
): void {
  if (before === undefined || after === undefined) {
    if (after !== undefined) changes.push({ path, kind: "added", after });
    else if (before !== undefined) changes.push({ path, kind: "removed", before });
    return;
  }
  const [old, now] = [membersOf(before), membersOf(after)];
  if (old === undefined || now === undefined || Array.isArray(before) !== Array.isArray(after)) {
    if (quote(before) !== quote(after)) changes.push({ path, kind: "changed", before, after });
    return;
  }
  for (const name of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    compare([...path, name], old.get(name), now.get(name), changes);
  }
}

/** Differences in which each entry of a list that was added stands for itself. */
export function splitLists(changes: readonly FieldChange[]): readonly FieldChange[] {
  return changes.flatMap((change): FieldChange[] => {
    const { path, kind, after } = change;
    if (kind !== "added" || !Array.isArray(after) || after.every((entry) => typeof entry !== "object")) return [change];
    return [...(membersOf(after) ?? [])].map(([name, entry]) => ({ path: [...path, name], kind, after: entry }));
  });
}

/** The members of an object by name, or the entries of a list by what they are known by; nothing for a plain value. */
function membersOf(value: JsonValue): ReadonlyMap<string, JsonValue> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const members = new Map<string, JsonValue>();
  for (const entry of value) {
    const label = labelOf(entry);
    let name = label;
    for (let count = 2; members.has(name); count++) name = `${label} #${count}`;
    members.set(name, entry);
  }
  return members;
}

/** What an entry is, in the order in which people say it. */
const IDENTITY = ["key", "type", "account", "subject", "cluster"] as const;

function labelOf(entry: JsonValue): string {
  if (typeof entry === "string") return entry;
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return quote(entry);
  const parts = IDENTITY.map((name) => entry[name]).filter((part) => typeof part === "string");
  return parts.length > 0 ? parts.join(" ") : quote(entry);
}
