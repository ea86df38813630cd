import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Profile } from "../authority/reports/profile.ts";
import type { NatsContext } from "../config/nats-context.ts";
import { parseCreds, parseDecoratedSeed } from "../creds/creds.ts";
import { NscError } from "../errors.ts";
import { keyPrefix } from "../nkeys/codec.ts";
import { keyPairFromSeed } from "../nkeys/key-pair.ts";
import { invalid } from "./assert-arguments.ts";
import type { NscDirectoryOptions } from "./directory.ts";
import { ioError } from "./io-error.ts";
import { nscProfile } from "./nsc-profile.ts";
import { type Environment, expandHome } from "./roots.ts";

/** Who to be at a server, with the secrets for it. */
export type NatsContextAuthentication =
  /** The text of a creds file, for a `credsAuthenticator`. */
  | { readonly type: "creds"; readonly creds: string }
  /** A user's seed, for an `nkeyAuthenticator`. */
  | { readonly type: "nkey"; readonly seed: string }
  /** A user's token, for a `jwtAuthenticator`; without a seed it is a bearer token. */
  | { readonly type: "jwt"; readonly token: string; readonly seed: string | undefined }
  /** A user name of a server without operator. */
  | { readonly type: "password"; readonly user: string; readonly password: string }
  /** A token of a server without operator. */
  | { readonly type: "token"; readonly token: string };

/** What a context of the `nats` command comes down to. */
export interface ResolvedNatsContext {
  /** The name of the context; nothing if none is selected. */
  readonly name: string | undefined;
  /** URLs of servers, at least one. */
  readonly servers: readonly string[];
  /** Who to be there; nothing for nobody. A function, so that what prints the rest shows no secret. */
  readonly authentication: () => NatsContextAuthentication | undefined;
  /** Files of TLS with absolute paths, as the NATS clients take them; nothing if the context says nothing of TLS. */
  readonly tls: NatsContextTls | undefined;
  /** Prefix of inboxes. */
  readonly inboxPrefix: string | undefined;
  /** JetStream domain. */
  readonly jetstreamDomain: string | undefined;
  /** Prefix of the subjects of JetStream's API. */
  readonly jetstreamApiPrefix: string | undefined;
  /** URL of a SOCKS5 proxy. */
  readonly socksProxy: string | undefined;
}

/** What a context says of TLS. */
export interface NatsContextTls {
  /** The client's certificate. */
  readonly certFile?: string;
  /** Its private key. */
  readonly keyFile?: string;
  /** Certificates of authorities. */
  readonly caFile?: string;
  /** Whether TLS begins before the server has said anything. */
  readonly handshakeFirst?: boolean;
}

/** Go: `DefaultURL` of nats.go. */
const DEFAULT_URL = "nats://127.0.0.1:4222";

/** What a context comes down to. */
export async function resolveNatsContext(
  name: string | undefined,
  context: NatsContext,
  env: Environment,
  nsc: NscDirectoryOptions,
): Promise<ResolvedNatsContext> {
  const { inbox_prefix, jetstream_domain, jetstream_api_prefix, socks_proxy } = context;
  const source = new SecretSource(env, nsc);
  // An nsc URL says servers only where the context does not.
  const looked =
    context.nsc !== undefined && !(context.url && context.creds) ? await source.profile(context.nsc) : undefined;
  const url = context.url ?? looked?.operator.service?.join(",") ?? DEFAULT_URL;
  const authentication = await authenticationOf(context, source, looked);
  return Object.freeze({
    name,
    servers: Object.freeze(
      url
        .split(",")
        .map((server) => server.trim())
        .filter((server) => server !== ""),
    ),
    authentication: () => authentication,
    tls: tlsOf(context, source),
    inboxPrefix: inbox_prefix,
    jetstreamDomain: jetstream_domain,
    jetstreamApiPrefix: jetstream_api_prefix,
    socksProxy: socks_proxy,
  });
}

/** In the order of the `nats` command, which takes the first of them. */
async function authenticationOf(
  context: NatsContext,
  source: SecretSource,
  looked: Profile | undefined,
): Promise<NatsContextAuthentication | undefined> {
  const { user, password = "", creds, nkey, user_jwt, user_seed, token } = context;
  if (user !== undefined) return Object.freeze({ type: "password", user, password: await source.literal(password) });
  if (creds !== undefined || looked !== undefined) {
    const text = creds !== undefined ? await source.text(creds, "creds") : await source.credsOf(looked);
    parseCreds(text);
    return Object.freeze({ type: "creds", creds: text });
  }
  if (nkey !== undefined) {
    const seed = userSeed(parseDecoratedSeed(await source.text(nkey, "nkey")));
    return Object.freeze({ type: "nkey", seed });
  }
  if (user_jwt !== undefined) {
    const seed = user_seed === undefined ? undefined : userSeed(await source.literal(user_seed));
    return Object.freeze({ type: "jwt", token: await source.literal(user_jwt), seed });
  }
  return token === undefined ? undefined : Object.freeze({ type: "token", token: await source.literal(token) });
}

function userSeed(seed: string): string {
  const pair = keyPairFromSeed(seed);
  const kind = keyPrefix(pair.publicKey);
  pair.clear();
  if (kind === "user") return seed;
  throw new NscError("ERR_CREDS_KIND", `the context has the seed of a key of kind ${kind}, and a user's is needed`);
}

function tlsOf({ cert, key, ca, tls_first }: NatsContext, source: SecretSource): NatsContextTls | undefined {
  const files = Object.entries({ certFile: cert, keyFile: key, caFile: ca }).flatMap(([name, file]) =>
    file === undefined ? [] : [[name, source.path(file)] as const],
  );
  if (files.length === 0 && tls_first === undefined) return undefined;
  return Object.freeze({ ...Object.fromEntries(files), ...(tls_first !== undefined && { handshakeFirst: tls_first }) });
}

/** Gets a secret from where a reference says that it is. */
type Read = (source: SecretSource, reference: string) => Promise<string>;

/** Where contexts keep secrets, by the scheme of what they say. Go: the resolvers of natscontext. */
const SCHEMES: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["file", (source, reference) => source.file(reference)],
  ["env", async (source, reference) => source.variable(reference.replace(/^env:\/\//i, ""))],
  ["data", async (_, reference) => dataOf(reference)],
  ["nsc", async (source, reference) => source.credsOf(await source.profile(reference))],
  [
    "op",
    async () => {
      throw invalid("the context has a secret in 1Password (op://), which only its command op can read");
    },
  ],
]);

class SecretSource {
  readonly #env: Environment;
  readonly #nsc: NscDirectoryOptions;

  constructor(env: Environment, nsc: NscDirectoryOptions) {
    this.#env = env;
    this.#nsc = nsc;
  }

  /** What may be the path of a file, or a reference. */
  async text(reference: string, title: string): Promise<string> {
    const scheme = schemeOf(reference);
    if (scheme === undefined) return await this.file(reference);
    const read = SCHEMES.get(scheme);
    if (read === undefined) throw invalid(`${title} of the context is of a kind that is not known: ${scheme}:`);
    return await read(this, reference);
  }

  /** What may be the secret itself, or a reference. */
  async literal(reference: string): Promise<string> {
    const read = SCHEMES.get(schemeOf(reference) ?? "");
    return read === undefined ? reference : (await read(this, reference)).replace(/[\r\n]+$/, "");
  }

  async file(reference: string): Promise<string> {
    const file = this.path(reference);
    try {
      return await readFile(file, "utf8");
    } catch (cause) {
      throw ioError(`reading ${file}`, cause);
    }
  }

  /** The absolute path of what may be a `file:` URL with variables. Go: `expandHomedir` of natscontext. */
  path(reference: string): string {
    const scheme = schemeOf(reference);
    if (scheme !== undefined && scheme !== "file") throw invalid(`the context has ${scheme}: where it needs a file`);
    const path = reference
      .replace(/^file:\/\//i, "")
      .replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced: string, bare: string) => this.variable(braced ?? bare));
    return resolve(expandHome(path, this.#env));
  }

  /** One that is not set would be nothing for the `nats` command, and another path. */
  variable(name: string): string {
    const value = this.#env[name];
    if (value) return value;
    throw invalid(`the context needs the environment variable ${name}, which is not set or empty`);
  }

  /** The text of nsc itself may be a path of names without the scheme. */
  async profile(url: string): Promise<Profile> {
    return await nscProfile(/^nsc:/i.test(url) ? url : `nsc://${url}`, this.#nsc);
  }

  async credsOf(profile: Profile | undefined): Promise<string> {
    const creds = profile?.user_creds;
    if (creds !== undefined) return await this.file(creds);
    throw new NscError("ERR_ENTITY_NOT_FOUND", "the nsc URL of the context names no user with a creds file");
  }
}

/** Of one letter it is a drive of Windows. */
function schemeOf(reference: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):/i.exec(reference)?.[1]?.toLowerCase();
}

function dataOf(reference: string): string {
  const [, header, payload = ""] = /^data:([^,]*),(.*)$/is.exec(reference) ?? [];
  const isBase64 =
    header?.split(";").some((part) => part.trim() === "base64") && /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(payload);
  if (isBase64) return Buffer.from(payload, "base64").toString("utf8");
  throw invalid("the context has a data: URL that is none with base64");
}
