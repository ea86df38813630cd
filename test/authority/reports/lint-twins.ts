/**
 * Trees in pairs: one in which `lint` finds something, and one that is sound but for that, with what a real server does with
 * either.
 */

import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import {
  type Account,
  type AccountClaims,
  type ConfigMap,
  createKeyPair,
  createUserClaims,
  decode,
  encode,
  encodeCreds,
  formatServerConfig,
  isNscError,
  type KeyPair,
  keyPairFromSeed,
  type LintCode,
  memoryStore,
  Nsc,
  type OperatorClaims,
  type Store,
  type StorePath,
  type UserClaims,
  type UserClaimsInit,
} from "nsc.js";
import { type RunningNatsServer, startNatsServer } from "nsc.js/testing";
import { payloadOf } from "../../jwt/tokens.ts";

/** Now, in seconds: servers have no other clock. */
export const now: number = Math.floor(Date.now() / 1000);
export const HOUR = 3600;

/** A pair of trees that differ in what is wrong. */
export interface Twins {
  readonly code: LintCode;
  readonly title: string;
  /** Makes the tree of a fresh one, and puts in what is wrong, or the same without that. */
  readonly make: (tree: Tree, isWrong: boolean) => Promise<void>;
  /** What a server that has the tree shows of it. Without, only whether it starts is looked at. */
  readonly see?: (server: RunningNatsServer, tree: Tree) => Promise<string>;
  /** More of the server's configuration. */
  readonly config?: (tree: Tree) => ConfigMap;
  readonly jetstream?: boolean;
  /** The first nats-server that was seen to do so; older ones do otherwise. */
  readonly since?: string;
  /** What is seen where it is wrong, and where it is not. */
  readonly wrong: RegExp;
  readonly sound: RegExp;
  /** Other findings that come with it. */
  readonly besides?: readonly LintCode[];
}

/** An operator with accounts APP and SHOP, each with a signing key, put together in memory. */
export class Tree {
  readonly store: Store = memoryStore();
  readonly nsc: Nsc = new Nsc({ store: this.store });
  /** Public keys by name of account, as they were at first. */
  readonly #keys = new Map<string, string>();
  #app: Account | undefined;
  #shop: Account | undefined;

  static async make(): Promise<Tree> {
    const tree = new Tree();
    const operator = await tree.nsc.addOperator("local", { signingKey: true, systemAccount: true });
    tree.#app = await operator.addAccount("APP", { signingKey: true });
    tree.#shop = await operator.addAccount("SHOP", { signingKey: true });
    for await (const { name, publicKey } of operator.accounts()) tree.#keys.set(name, publicKey);
    return tree;
  }

  get app(): Account {
    return this.#app as Account;
  }

  get shop(): Account {
    return this.#shop as Account;
  }

  async pairOf(publicKey: string | undefined): Promise<KeyPair> {
    return keyPairFromSeed((await this.store.getKey(publicKey ?? "")) ?? "");
  }

  /** The signing key of an account that has no role. */
  async signingKey(account: Account): Promise<KeyPair> {
    return this.pairOf(account.claims.nats.signing_keys?.find((key) => typeof key === "string"));
  }

  /** Changes claims as no verb would; who signed before signs again. */
  async plant<Claims extends OperatorClaims | AccountClaims | UserClaims>(
    path: StorePath,
    change: (claims: Claims) => void,
    signer?: KeyPair,
  ): Promise<void> {
    const claims = decode((await this.store.read(path)) ?? "") as Claims;
    change(claims);
    await this.put(path, await encode(claims, signer ?? (await this.pairOf(claims.iss))));
  }

  async put(path: StorePath, token: string): Promise<void> {
    await this.store.commit({ tokens: [{ path, token }] });
  }

  /** Stores a user that no verb would make, and its key. */
  async plantUser(account: Account, signer: KeyPair, init: UserClaimsInit = {}, issuedAt = now): Promise<void> {
    const user = createKeyPair("user");
    const token = await encode(createUserClaims(user.publicKey, { name: "u", ...init }), signer, { issuedAt });
    const key = new TextDecoder().decode(user.getSeed());
    await this.store.commit({ tokens: [{ path: ["local", account.name, "u"], token }], keys: [key] });
  }

  /** The creds of a user that is stored. */
  async creds(account: string, user: string): Promise<string> {
    const token = (await this.store.read(["local", account, user])) ?? "";
    const pair = await this.pairOf(decode(token).sub);
    return credsOf(token, pair);
  }

  /** The creds of somebody who may do anything in an account. */
  async anybody(account: Account): Promise<string> {
    const { publicKey } = account;
    const user = createKeyPair("user");
    const claims = createUserClaims(user.publicKey, { nats: { issuer_account: publicKey } });
    return encodeCreds(claims, await this.signingKey(account), user);
  }

  /** Configuration of a server with all that is stored, whatever it is. */
  async config(more: ConfigMap): Promise<string> {
    const preload: Record<string, string> = {};
    for await (const name of this.store.list(["local"])) {
      const token = (await this.store.read(["local", name])) ?? "";
      preload[this.#keyOf(name, token)] = token;
    }
    const operator = (await this.store.read(["local"])) ?? "";
    return formatServerConfig({ operator, resolver: "MEMORY", resolver_preload: preload, ...more });
  }

  #keyOf(name: string, token: string): string {
    try {
      return (JSON.parse(payloadOf(token)) as AccountClaims).sub;
    } catch {
      return this.#keys.get(name) ?? "";
    }
  }
}

/** Without the checks that creds files undergo here. */
function credsOf(token: string, pair: KeyPair): string {
  const seed = new TextDecoder().decode(pair.getSeed());
  const line = (text: string) => `-----${text}-----`;
  return [
    line("BEGIN NATS USER JWT"),
    token,
    `-${line("END NATS USER JWT")}-`,
    "",
    line("BEGIN USER NKEY SEED"),
    seed,
    `-${line("END USER NKEY SEED")}-`,
    "",
  ].join("\n");
}

/** What a server makes of a tree: whether it starts, and what is seen then. */
export async function outcomeOf(twins: Twins, tree: Tree): Promise<string> {
  const config = await tree.config(twins.config?.(tree) ?? {});
  let server: RunningNatsServer;
  try {
    server = await startNatsServer({ config, args: ["-D"], ...(twins.jetstream && { jetstream: true }) });
  } catch (error) {
    if (isNscError(error, "ERR_SERVER_START")) return `does not start: ${error.message}`;
    throw error;
  }
  try {
    return (await twins.see?.(server, tree)) ?? "starts";
  } finally {
    await server.stop();
  }
}

export function enter(server: RunningNatsServer, creds: string): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
  return connect({ servers: server.url, authenticator, reconnect: false, maxReconnectAttempts: 0, timeout: 5000 });
}

/** Why a connection failed; where the socket was closed before that was read, the server knows. */
function reasonOf(server: RunningNatsServer, error: unknown): string {
  const exceeded = /maximum [a-z ]+ exceeded/i.exec(server.log())?.[0] ?? "";
  return `${error instanceof Error ? error.message : ""} ${exceeded}`;
}

/** What becomes of a user who connects, and sends something to itself. */
export async function login(server: RunningNatsServer, creds: string): Promise<string> {
  let connection: NatsConnection;
  try {
    connection = await enter(server, creds);
  } catch (error) {
    return `refused: ${reasonOf(server, error)}`;
  }
  const closed = connection.closed().then((error) => `cut off: ${reasonOf(server, error)}`);
  const echoed = new Promise<string>((resolve) => {
    connection.subscribe("a", {
      callback: (error) => resolve(error === null ? "works" : `cut off: ${reasonOf(server, error)}`),
    });
  });
  try {
    connection.publish("a", "x");
    return await Promise.race([echoed, closed]);
  } catch (error) {
    return `can't send: ${reasonOf(server, error)}`;
  } finally {
    await connection.close();
  }
}

/** {@link login} of a user that is stored. */
export const loginOf =
  (account: string, user: string) =>
  async (server: RunningNatsServer, tree: Tree): Promise<string> =>
    login(server, await tree.creds(account, user));

/** {@link login} of anybody of APP. */
export const loginToApp = async (server: RunningNatsServer, tree: Tree): Promise<string> =>
  login(server, await tree.anybody(tree.app));

/** What somebody of APP hears of what others publish, and of who answers. */
export async function hear(
  server: RunningNatsServer,
  tree: Tree,
  published: readonly (readonly [from: Account, subject: string])[],
): Promise<string> {
  const app = await enter(server, await tree.anybody(tree.app));
  const others = new Map<Account, NatsConnection>();
  for (const [account] of published) {
    if (!others.has(account)) others.set(account, await enter(server, await tree.anybody(account)));
  }
  try {
    const heard: string[] = [];
    app.subscribe(">", { callback: (_, { subject }) => void (subject.startsWith("_INBOX") || heard.push(subject)) });
    await app.flush();
    for (const [account, subject] of published) {
      others.get(account)?.publish(subject);
      await others.get(account)?.flush();
    }
    // What was published is on its way to APP before what it sends to itself now.
    await app.flush();
    return `hears ${heard.sort().join(", ")}`;
  } finally {
    for (const connection of [app, ...others.values()]) await connection.close();
  }
}

/** Who answers what somebody of APP asks for. Everybody there answers with the name of the account. */
export async function ask(
  server: RunningNatsServer,
  tree: Tree,
  subject: string,
  services: readonly (readonly [account: Account, subject: string])[],
): Promise<string> {
  const app = await enter(server, await tree.anybody(tree.app));
  const connections = [app];
  try {
    for (const [account, offered] of services) {
      const connection = await enter(server, await tree.anybody(account));
      connections.push(connection);
      connection.subscribe(offered, { callback: (_, message) => void message.respond(account.name) });
      await connection.flush();
    }
    const answers: string[] = [];
    const replies = await app.requestMany(subject, "", { strategy: "stall", stall: 500, maxWait: 5000 });
    for await (const reply of replies) answers.push(reply.string());
    return `answered by ${answers.sort().join(", ")}`;
  } catch (error) {
    return `not answered: ${(error as Error).message}`;
  } finally {
    for (const connection of connections) await connection.close();
  }
}
