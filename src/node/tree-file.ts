import { isNscError, NscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import { pathBelow, pathKey, prefixOf } from "../store/paths.ts";
import type { StoredToken, StoreMetaChange, StorePath, StorePrefix } from "../store/store.ts";
import { describePath } from "./describe-path.ts";
import { publicKeyOf } from "./tree.ts";

/** What a whole tree is, in a file. */
export interface TreeContent {
  /** From the operators down. */
  readonly tokens: readonly StoredToken[];
  /** What operators keep beside their tokens. */
  readonly meta: readonly StoreMetaChange[];
  readonly seeds: readonly string[];
}

const FORMAT = "nsc.js tree";
const VERSION = 1;
const KINDS = ["operator", "account", "user"] as const;

/** What stands in the file for one entity; lists say the same of what is below it. */
interface Entry {
  readonly name: string;
  readonly token: string;
  readonly meta?: Readonly<Record<string, string>>;
  readonly accounts?: Entry[];
  readonly users?: Entry[];
}

export function formatTree({ tokens, meta, seeds }: TreeContent): string {
  const operators: Entry[] = [];
  const byPath = new Map<string, Entry>();
  for (const { path, token } of tokens) {
    const name = path.at(-1) as string;
    const values = path.length === 1 ? meta.filter(({ operator }) => operator === path[0]) : [];
    const entry: Entry = {
      name,
      token,
      ...(values.length > 0 && { meta: Object.fromEntries(values.map((each) => [each.name, each.value as string])) }),
      ...(path.length === 1 && { accounts: [] }),
      ...(path.length === 2 && { users: [] }),
    };
    byPath.set(pathKey(path), entry);
    const above = byPath.get(pathKey(prefixOf(path)));
    (above?.accounts ?? above?.users ?? operators).push(entry);
  }
  return JSON.stringify({ format: FORMAT, version: VERSION, operators, seeds });
}

/**
 * Reads what {@link formatTree} has written. Who has only a public key of somebody can make files for them, so nothing is
 * taken that is not what it should be.
 *
 * @throws NscError `ERR_ARCHIVE_FORMAT`
 */
export function parseTree(text: string): TreeContent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed("it is no JSON");
  }
  const { format, version, operators, seeds } = objectOf(value, "the content");
  if (format !== FORMAT) throw malformed("it is something else");
  if (version !== VERSION) {
    const shown = typeof version === "number" ? `version ${version}` : "no known version";
    throw malformed(`it is of ${shown}, and this library reads version ${VERSION}`);
  }
  const tokens: StoredToken[] = [];
  const meta: StoreMetaChange[] = [];
  for (const operator of listOf(operators, "operators")) {
    const path = entityOf(operator, [], tokens) as readonly [string];
    for (const [name, each] of Object.entries(objectOf(operator["meta"] ?? {}, "meta"))) {
      if (name === "" || typeof each !== "string") throw malformed("what is kept beside a token is no text");
      meta.push({ operator: path[0], name, value: each });
    }
    for (const account of listOf(operator["accounts"], "accounts")) {
      const accountPath = entityOf(account, path, tokens) as readonly [string, string];
      for (const user of listOf(account["users"], "users")) entityOf(user, accountPath, tokens);
    }
  }
  if (new Set(tokens.map(({ path }) => pathKey(path))).size < tokens.length) throw malformed("it has a name twice");
  if (!Array.isArray(seeds) || !seeds.every((seed) => typeof seed === "string" && publicKeyOf(seed) !== undefined)) {
    throw malformed("what should be a seed is none");
  }
  return { tokens, meta, seeds };
}

function entityOf(
  { name, token }: Readonly<Record<string, unknown>>,
  above: StorePrefix,
  tokens: StoredToken[],
): StorePath {
  if (typeof name !== "string" || name === "" || /\p{Surrogate}/u.test(name)) throw malformed("it has a bad name");
  const path = pathBelow(above, name);
  if (typeof token !== "string") throw malformed(`there is no token for ${describePath(path)}`);
  assertToken(path, token, "ERR_ARCHIVE_FORMAT");
  tokens.push({ path, token });
  return path;
}

/** Refuses a token that can't be read, before it is too late for somebody to mend it. */
export function assertToken(path: StorePath, token: string, code: "ERR_ARCHIVE_FORMAT" | "ERR_STORE_DAMAGED"): void {
  try {
    decode(token, { kind: KINDS[path.length - 1] as (typeof KINDS)[number] });
  } catch (error) {
    if (!isNscError(error)) throw error;
    throw new NscError(code, `the token of ${describePath(path)} can't be read: ${error.message}`);
  }
}

function objectOf(value: unknown, title: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw malformed(`${title} is no object`);
}

function listOf(value: unknown, title: string): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) throw malformed(`${title} is no list`);
  return value.map((each) => objectOf(each, `one of the ${title}`));
}

function malformed(problem: string): NscError {
  return new NscError("ERR_ARCHIVE_FORMAT", `the file holds no tree: ${problem}`);
}
