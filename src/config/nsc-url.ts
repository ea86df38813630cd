import { assertString } from "../encoding/bytes.ts";
import type { NscError } from "../errors.ts";
import { invalid } from "./options.ts";

/** What a profile is to say of an entity. */
export interface NscUrlMembers {
  /** Whether it says the name. */
  readonly name?: boolean;
  /** Whether it says the public key, as `id`. */
  readonly id?: boolean;
  /**
   * Whether it says a seed: that of the identity, or else of the first signing key whose seed is at hand. With a public key
   * it is the seed of exactly that key of the entity.
   */
  readonly seed?: boolean | string;
}

/** What an `nsc://` URL says: an entity, and what its profile is to have. */
export interface NscUrl {
  /** The name of an operator. */
  readonly operator: string;
  /** The name of one of its accounts. */
  readonly account?: string;
  /** The name of one of its users, in any case, or the user's public key. */
  readonly user?: string;
  /** What the profile says of these beyond the servers and the creds file. */
  readonly show?: { readonly [Kind in NscUrlKind]?: NscUrlMembers };
  /** The folder of the stores, if it is another one than nsc's. */
  readonly store?: string;
  /** The folder of the keystore, if it is another one than nsc's. */
  readonly keystore?: string;
}

/** The kinds of entities that an `nsc://` URL can name. */
export type NscUrlKind = "operator" | "account" | "user";

const SCHEME = "nsc://";
const KINDS: readonly NscUrlKind[] = ["operator", "account", "user"];

/** The query's word for each member: alone, after a kind, and in the plural. */
const WORDS = { name: "name", id: "key", seed: "seed" } as const;
type Member = keyof typeof WORDS;
const MEMBERS = Object.keys(WORDS) as readonly Member[];

/** What an option of the query, in lower case, asks for. */
interface Wish {
  readonly member: Member;
  /** The kinds of the named entities that it is about. */
  readonly of: (named: readonly NscUrlKind[]) => readonly NscUrlKind[];
  /** The kind that the URL has to name, and whose seed a value chooses. */
  readonly kind?: NscUrlKind;
}

const all = (named: readonly NscUrlKind[]): readonly NscUrlKind[] => named;
const last = (named: readonly NscUrlKind[]): readonly NscUrlKind[] => named.slice(-1);

/** THE table of options: nsc's, of which `key` alone is about the last entity, and `name` and `seed` about all. */
const WISHES: ReadonlyMap<string, Wish> = /* @__PURE__ */ new Map(
  MEMBERS.flatMap((member): [string, Wish][] => [
    [WORDS[member], { member, of: member === "id" ? last : all }],
    [`${WORDS[member]}s`, { member, of: all }],
    ...KINDS.map((kind): [string, Wish] => [`${kind}${WORDS[member]}`, { member, of: () => [kind], kind }]),
  ]),
);

/**
 * Reads an `nsc://operator/account/user` URL, as contexts of the `nats` command have it. The query has nsc's options, in any
 * case: `operatorName`, `accountKey`, `userSeed` and so on for one member of one entity, with `accountSeed=PUBLIC_KEY` for the
 * seed of a certain key; `names`, `keys`, `seeds`, `name` and `seed` for all entities of the path, `key` for the last;
 * `store=FOLDER` and `keystore=FOLDER`. Names stand as they are, blanks and `+` included, but for escapes such as `%3F`.
 *
 * It refuses what nsc passes over or fails on: unknown options, options about an entity that the path does not have, values
 * where none belong, and a path with a fourth name. Unlike nsc's, paths of folders keep their case.
 *
 * @param url - the URL
 * @throws NscError `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { parseNscUrl } from "nsc.js";
 *
 * const { account, show } = parseNscUrl("nsc://My Company/APP/alice?userKey&names");
 * account; // "APP"
 * show?.user?.id; // true
 * show?.operator?.name; // true
 * ```
 */
export function parseNscUrl(url: string): NscUrl {
  assertString(url, "the nsc URL");
  if (url.slice(0, SCHEME.length).toLowerCase() !== SCHEME) throw invalid("an nsc URL begins with nsc://");
  const rest = url.slice(SCHEME.length);
  const mark = rest.indexOf("?");
  const path = mark < 0 ? rest : rest.slice(0, mark);
  const names = path.replace(/\/$/, "").split("/").map(decodeName);
  if (names[0] === "") throw invalid("an nsc URL names an operator: nsc://operator/account/user");
  if (names.includes("")) throw invalid("an nsc URL has a name between its slashes: nsc://operator/account/user");
  if (names.length > 3) throw invalid("an nsc URL has no more than three names: nsc://operator/account/user");
  const [operator = "", account, user] = names;
  return {
    operator,
    ...(account !== undefined && { account }),
    ...(user !== undefined && { user }),
    ...parseQuery(mark < 0 ? "" : rest.slice(mark + 1), KINDS.slice(0, names.length)),
  };
}

/**
 * Writes an `nsc://` URL. Names are written as nsc writes and reads them; what would not come back so (question marks,
 * slashes, control characters, and percent signs before two hexadecimal digits) is escaped, which nsc itself does not read.
 *
 * @param url - the names, and what the profile is to have
 * @throws NscError `ERR_ARGUMENT_INVALID` for empty names, a user without an account, options of an entity that is not named,
 * and unknown members
 *
 * @example
 * ```ts
 * import { formatNscUrl } from "nsc.js";
 *
 * formatNscUrl({ operator: "My Company", account: "APP", user: "why?", show: { user: { id: true } } });
 * // "nsc://My Company/APP/why%3F?userKey"
 * ```
 */
export function formatNscUrl(url: NscUrl): string {
  assertNscUrl(url);
  const { show = {}, store, keystore } = url;
  const path = namedKinds(url).map((kind) => encodeName(url[kind] as string));
  const options: string[] = [];
  for (const kind of KINDS) {
    for (const member of MEMBERS) {
      const wished = show[kind]?.[member];
      const word = WORDS[member];
      const option = `${kind}${word[0]?.toUpperCase()}${word.slice(1)}`;
      if (wished === true) options.push(option);
      else if (typeof wished === "string") options.push(`${option}=${encodeValue(wished)}`);
    }
  }
  if (store !== undefined) options.push(`store=${encodeValue(store)}`);
  if (keystore !== undefined) options.push(`keystore=${encodeValue(keystore)}`);
  return `${SCHEME}${path.join("/")}${options.length > 0 ? `?${options.join("&")}` : ""}`;
}

/** The kinds of the entities that a URL names, from the operator down. */
function namedKinds({ account, user }: NscUrl): readonly NscUrlKind[] {
  return KINDS.slice(0, user !== undefined ? 3 : account !== undefined ? 2 : 1);
}

/** Refuses what is no URL as data. */
export function assertNscUrl(url: unknown): asserts url is NscUrl {
  if (typeof url !== "object" || url === null) throw invalid("the nsc URL must be a text, or its parts as an object");
  const unknown = Object.keys(url).find((name) => !URL_MEMBERS.includes(name));
  if (unknown !== undefined) throw invalid(`an nsc URL has no ${unknown}`);
  const given = url as { readonly [Name in keyof NscUrl]: unknown };
  for (const kind of KINDS) {
    const isNeeded = kind === "operator" || (kind === "account" && given.user !== undefined);
    if ((isNeeded || given[kind] !== undefined) && (typeof given[kind] !== "string" || given[kind] === "")) {
      throw invalid(`the ${kind} of an nsc URL must be a name`);
    }
  }
  for (const folder of ["store", "keystore"] as const) {
    if (given[folder] !== undefined && (typeof given[folder] !== "string" || given[folder] === "")) {
      throw invalid(`the ${folder} of an nsc URL must be the path of a folder`);
    }
  }
  assertShow(given.show, namedKinds(url as NscUrl));
}

const URL_MEMBERS: readonly string[] = [...KINDS, "show", "store", "keystore"];

function assertShow(show: unknown, named: readonly NscUrlKind[]): void {
  if (show === undefined) return;
  if (typeof show !== "object" || show === null) throw invalid("what an nsc URL shows must be an object");
  for (const [kind, members] of Object.entries(show)) {
    if (members === undefined) continue;
    if (typeof members !== "object" || members === null)
      throw invalid(`what an nsc URL shows of ${kind} must be an object`);
    if (!named.includes(kind as NscUrlKind)) throw notNamed(kind);
    for (const [member, wished] of Object.entries(members)) {
      if (!MEMBERS.includes(member as Member)) throw invalid(`an nsc URL shows no ${member}`);
      const isKey = member === "seed" && typeof wished === "string" && wished !== "";
      if (wished !== undefined && typeof wished !== "boolean" && !isKey) {
        throw invalid(`whether an nsc URL shows a ${member} must be true or false`);
      }
    }
  }
}

function parseQuery(query: string, named: readonly NscUrlKind[]): Pick<NscUrl, "show" | "store" | "keystore"> {
  const show: { [Kind in NscUrlKind]?: { [Name in Member]?: boolean | string } } = {};
  const folders: { store?: string; keystore?: string } = {};
  for (const option of query.split("&")) {
    if (option === "") continue;
    const equals = option.indexOf("=");
    const name = (equals < 0 ? option : option.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? "" : decodeValue(option.slice(equals + 1), name);
    if (name === "store" || name === "keystore") {
      if (value === "") throw invalid(`the option ${name} of an nsc URL needs the path of a folder`);
      folders[name] = value;
      continue;
    }
    const wish = WISHES.get(name);
    if (wish === undefined) throw invalid(`an nsc URL has no option ${JSON.stringify(name)}`);
    const { member, kind } = wish;
    if (kind !== undefined && !named.includes(kind)) throw notNamed(kind);
    if (value !== "" && (member !== "seed" || kind === undefined)) {
      throw invalid(`the option ${name} of an nsc URL has no value`);
    }
    for (const of of wish.of(named)) {
      // `seeds` does not take back the choice of one key.
      show[of] = { ...show[of], [member]: value !== "" ? value.toUpperCase() : (show[of]?.[member] ?? true) };
    }
  }
  return { ...(Object.keys(show).length > 0 && { show: show as NonNullable<NscUrl["show"]> }), ...folders };
}

function notNamed(kind: string): NscError {
  return invalid(`an nsc URL that names no ${kind} can't show anything of one`);
}

/** Of each name the escapes alone; a plus sign is one. */
function decodeName(text: string): string {
  try {
    return text.replace(/(?:%[0-9a-fA-F]{2})+/g, decodeURIComponent);
  } catch {
    throw invalid("an escape in the names of an nsc URL is no UTF-8");
  }
}

function encodeName(name: string): string {
  return name.replace(/%(?=[0-9a-fA-F]{2})|[?/\0-\x1f\x7f]/g, escapeCharacter);
}

/** Go: `url.QueryUnescape`. */
function decodeValue(text: string, option: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw invalid(`the value of the option ${option} of an nsc URL has an escape that is none`);
  }
}

function encodeValue(text: string): string {
  return text.replace(/[%&+#?\0-\x20\x7f]/g, escapeCharacter);
}

function escapeCharacter(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
