import { assertString } from "../encoding/bytes.ts";
import { deepFreeze } from "../encoding/freeze.ts";
import { type JsonValue, readAny, writeAny } from "../encoding/json-any.ts";
import { JsonWriter } from "../encoding/json-codec.ts";
import { JsonReader } from "../encoding/json-reader.ts";
import { indentJson, quoteJson } from "../encoding/json-string.ts";
import { isNscError, NscError } from "../errors.ts";
import { invalid } from "./options.ts";

/** A context of the `nats` command: a server and who to be there, with the names of its file. Absent is what is empty. */
export interface NatsContext {
  /** For people. */
  readonly description?: string;
  /** URLs of servers, separated by commas. */
  readonly url?: string;
  /** URL of a SOCKS5 proxy. */
  readonly socks_proxy?: string;
  /** Token of a server without operator. */
  readonly token?: string;
  /** User name of a server without operator. */
  readonly user?: string;
  /** Password of that user. */
  readonly password?: string;
  /** Path of a creds file; or where else creds are: `nsc://operator/account/user`, `env://VARIABLE`, `data:;base64,…`. */
  readonly creds?: string;
  /** Path of a file with a user's seed. */
  readonly nkey?: string;
  /** Path of the client's certificate. */
  readonly cert?: string;
  /** Path of its private key. */
  readonly key?: string;
  /** Path of certificates of authorities. */
  readonly ca?: string;
  /** `nsc://operator/account/user`, as `nsc generate context` writes it; the `nats` command of today has it in `creds`. */
  readonly nsc?: string;
  /** JetStream domain. */
  readonly jetstream_domain?: string;
  /** Prefix of the subjects of JetStream's API. */
  readonly jetstream_api_prefix?: string;
  /** Prefix of the subjects of JetStream's events. */
  readonly jetstream_event_prefix?: string;
  /** Prefix of inboxes. */
  readonly inbox_prefix?: string;
  /** A user's token. */
  readonly user_jwt?: string;
  /** The seed for that token. */
  readonly user_seed?: string;
  /** Colours of the `nats` command. */
  readonly color_scheme?: string;
  /** Whether TLS begins before the server has said anything. */
  readonly tls_first?: boolean;
  /** Where Windows has the certificate: `user` or `machine`. */
  readonly windows_cert_store?: string;
  /** By what it is found: `issuer` or `subject`. */
  readonly windows_cert_match_by?: string;
  /** What that is to hold. */
  readonly windows_cert_match?: string;
  /** Which authorities of Windows are trusted. */
  readonly windows_ca_certs_match?: readonly string[];
  /** Members that are none of the above. The `nats` command drops them when it saves. */
  readonly others?: Readonly<Record<string, JsonValue>>;
}

/** Options of {@link formatNatsContext}. */
export interface FormatNatsContextOptions {
  /**
   * Whether it is one line with only the members that are there, in the order in which they are, as `nsc generate context`
   * writes it. False by default: all members over many lines, as the `nats` command writes it.
   */
  readonly compact?: boolean;
}

type Member = Exclude<keyof NatsContext, "others">;

/** THE table of members, in the order of the file. Go: `settings` of natscontext. */
const TYPES: { readonly [Name in Member]: "string" | "boolean" | "strings" } = {
  description: "string",
  url: "string",
  socks_proxy: "string",
  token: "string",
  user: "string",
  password: "string",
  creds: "string",
  nkey: "string",
  cert: "string",
  key: "string",
  ca: "string",
  nsc: "string",
  jetstream_domain: "string",
  jetstream_api_prefix: "string",
  jetstream_event_prefix: "string",
  inbox_prefix: "string",
  user_jwt: "string",
  user_seed: "string",
  color_scheme: "string",
  tls_first: "boolean",
  windows_cert_store: "string",
  windows_cert_match_by: "string",
  windows_cert_match: "string",
  windows_ca_certs_match: "strings",
};
const MEMBERS = Object.keys(TYPES) as readonly Member[];

/** What Go writes for a member that is empty. */
const EMPTY = { string: '""', boolean: "false", strings: "null" } as const;

const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

const FITS: { readonly [Type in (typeof TYPES)[Member]]: (value: unknown) => boolean } = {
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  strings: isStrings,
};

/**
 * Reads the text of a context of the `nats` command. Empty members are left out, and those that it does not know are kept.
 *
 * @param text - the JSON
 * @throws NscError `ERR_JSON_SYNTAX` for what is no JSON, `ERR_JSON_TYPE` for a member of another type; neither shows a value
 *
 * @example
 * ```ts
 * import { parseNatsContext } from "nsc.js";
 *
 * parseNatsContext('{"description":"","url":"nats://localhost:4222","tls_first":true}').url; // "nats://localhost:4222"
 * ```
 */
export function parseNatsContext(text: string): NatsContext {
  assertString(text, "the context");
  const value = readJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new NscError("ERR_JSON_TYPE", "a context must be an object");
  }
  const found: Record<string, unknown> = {};
  const others: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (!isMember(name)) others.push([name, member]);
    else if (member !== null) {
      if (!FITS[TYPES[name]](member))
        throw new NscError("ERR_JSON_TYPE", `the context has no ${TYPES[name]} as ${name}`);
      if (!isEmpty(member)) found[name] = member;
    }
  }
  return deepFreeze({ ...found, ...(others.length > 0 && { others: Object.fromEntries(others) }) }) as NatsContext;
}

/**
 * The text of a context, as the `nats` command writes its files: all members, also empty ones.
 *
 * @param context - the context
 * @param options - whether it is as `nsc generate context` writes it
 * @throws NscError `ERR_ARGUMENT_INVALID` for unknown members and wrong types, and what the `nats` command would refuse: more
 * than one of `user`, `creds`, `nkey`, `nsc` and `user_jwt` (but for `creds` beside `nsc`, which nsc itself writes), a seed
 * without its token, a store of Windows without what to look for
 *
 * @example
 * ```ts
 * import { formatNatsContext } from "nsc.js";
 *
 * const context = { nsc: "nsc://local/APP/alice", url: "nats://localhost:4222" };
 * formatNatsContext(context, { compact: true }); // "{\"nsc\":\"nsc://local/APP/alice\",\"url\":\"nats://localhost:4222\"}"
 * formatNatsContext(context).split("\n")[2]; // "  \"url\": \"nats://localhost:4222\","
 * ```
 */
export function formatNatsContext(context: NatsContext, options: FormatNatsContextOptions = {}): string {
  assertNatsContext(context);
  const { compact = false } = options ?? {};
  if (typeof compact !== "boolean") throw invalid("compact must be true or false");
  const present = (Object.keys(context) as (keyof NatsContext)[])
    .filter(isMember)
    .filter((name) => !isEmpty(context[name]));
  const json = [
    ...(compact ? present : MEMBERS).map((name) => [name, memberJson(context[name], TYPES[name])] as const),
    ...Object.entries(context.others ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, otherJson(name, value)] as const],
    ),
  ];
  const line = `{${json.map(([name, text]) => `${quoteJson(name)}:${text}`).join(",")}}`;
  return compact ? line : indentJson(line, 2);
}

/** Integers that no number holds are bigints, so that what is only kept stays what it is. */
function readJson(text: string): JsonValue {
  const reader = new JsonReader(text);
  try {
    const value = readAny(reader, true);
    reader.end();
    return value;
  } catch (error) {
    if (isNscError(error, "ERR_JSON_TYPE")) throw error;
    // What the reader says of the place may show a secret.
    throw new NscError("ERR_JSON_SYNTAX", "the context is no JSON");
  }
}

/** Refuses what is no context, and what the `nats` command would refuse. */
function assertNatsContext(context: unknown): asserts context is NatsContext {
  if (typeof context !== "object" || context === null) throw invalid("a context must be an object");
  const given = context as Partial<Record<keyof NatsContext, unknown>>;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || name === "others") continue;
    if (!isMember(name))
      throw invalid(`a context has no ${name}; what the nats command does not know goes into others`);
    if (!FITS[TYPES[name]](value)) throw invalid(`${name} of a context must be of type ${TYPES[name]}`);
  }
  const { others } = given;
  if (others !== undefined && (typeof others !== "object" || others === null || Object.keys(others).some(isMember))) {
    throw invalid("others of a context must be an object, with members that the nats command does not know");
  }
  const is = (name: Member): boolean => !isEmpty(given[name]);
  const ways = IDENTITIES.filter(is).filter((name) => name !== "nsc" || !is("creds"));
  if (ways.length > 1) throw invalid(`a context has one of ${IDENTITIES.join(", ")}, and not ${ways.join(" and ")}`);
  if (is("user_seed") && !is("user_jwt")) throw invalid("user_seed of a context needs user_jwt");
  if (is("windows_cert_store") && !is("windows_cert_match")) {
    throw invalid("windows_cert_store of a context needs windows_cert_match");
  }
}

/** The ways to say who one is, of which the `nats` command takes one. */
const IDENTITIES: readonly Member[] = ["user", "creds", "nkey", "nsc", "user_jwt"];

function isMember(name: string): name is Member {
  return Object.hasOwn(TYPES, name);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === "" || value === false || (Array.isArray(value) && value.length === 0);
}

function otherJson(name: string, value: JsonValue): string {
  try {
    return writeAny(value, new JsonWriter(true));
  } catch {
    throw invalid(`others of a context holds ${name}, and that is not what JSON can hold`);
  }
}

function memberJson(value: NatsContext[Member], type: (typeof TYPES)[Member]): string {
  if (value === undefined || isEmpty(value)) return EMPTY[type];
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" ? quoteJson(value) : `[${value.map(quoteJson).join(",")}]`;
}
