import { isPublicKey } from "../nkeys/codec.ts";
import type { ConfigMap } from "./format.ts";
import { assertKnown, definedMembers, filePath, refuse, stringList } from "./options.ts";
import { type TlsFiles, tlsConfig } from "./tls-files.ts";
import { checkUrl } from "./urls.ts";

/** Another server, or a cluster, that a server connects an account to as a leaf node. */
export interface LeafnodeRemote {
  /** Where the others listen for leaf nodes: schemes `nats-leaf`, `nats`, `tls`, or `ws` and `wss`, but not both sorts. */
  readonly urls: readonly string[];
  /** Public key of the account of this server that is connected. */
  readonly account: string;
  /**
   * Path of the creds file of a user there, which has to be written by you, readable for the server only. It is read whenever the
   * server connects. `~/` at its beginning is the home of the server's user; variables such as `$HOME`, which the server would
   * replace, are refused.
   */
  readonly credentials?: string;
  /** TLS of the connection. */
  readonly tls?: TlsFiles;
}

const NAMES: readonly (keyof LeafnodeRemote)[] = ["urls", "account", "credentials", "tls"];
const TCP: readonly string[] = ["nats-leaf", "nats", "tls"];
const WEBSOCKET: readonly string[] = ["ws", "wss"];

/** The value of `leafnodes` in a configuration. */
export function leafnodesConfig(remotes: readonly LeafnodeRemote[]): ConfigMap {
  if (!Array.isArray(remotes)) throw refuse("leafnodeRemotes must be a list");
  const entries = Array.from(remotes, remoteConfig);
  // Of those that differ in nothing the server says that they are duplicate.
  const names = entries.map(({ account, credentials, urls }) => JSON.stringify([account, credentials, urls]));
  if (new Set(names).size < names.length) throw refuse("two leafnodeRemotes are the same");
  return { remotes: entries };
}

function remoteConfig(remote: LeafnodeRemote, index: number): ConfigMap {
  const what = `leafnodeRemotes[${index}]`;
  assertKnown(remote, NAMES, what);
  const urls = stringList(`${what}: urls`, remote.urls);
  if (urls.length === 0) throw refuse(`${what} needs urls`);
  if (new Set(urls).size < urls.length) throw refuse(`${what} has a URL twice`);
  const schemes = urls.map((url) => checkUrl(`a URL of ${what}`, url, [...TCP, ...WEBSOCKET]).scheme);
  if (new Set(schemes.map((scheme) => WEBSOCKET.includes(scheme))).size > 1) {
    throw refuse(`${what} can't have WebSocket URLs and others`);
  }
  if (!isPublicKey(remote.account, "account")) throw refuse(`${what} needs the public key of an account: account`);
  return definedMembers({
    urls,
    account: remote.account,
    credentials: credsPath(`${what}: credentials`, remote.credentials),
    tls: remote.tls === undefined ? undefined : tlsConfig(`tls of ${what}`, remote.tls, false),
  });
}

/** Go: `os.ExpandEnv` leaves a dollar sign alone only where no name can follow it, and knows no way to write one else. */
function credsPath(what: string, value: unknown): string | undefined {
  const path = filePath(what, value);
  if (path !== undefined && /\$[\w*#$@!?{-]/.test(path)) {
    throw refuse(`${what} holds a $ that the server would take for the beginning of a variable`);
  }
  if (path?.startsWith("~") && !path.startsWith("~/")) {
    throw refuse(`${what} begins with ~, which the server replaces by the home of its user: write ./~`);
  }
  return path;
}
