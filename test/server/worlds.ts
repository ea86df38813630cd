/**
 * What servers do with the trees of this library, by the scenarios of the specification of servers and the tests for them.
 * Tests that start from here run on the newest server and on those of Debian 12 and 13.
 *
 * | scenario | test |
 * | --- | --- |
 * | 36 nonces, 38 expiry, 42 bearers, 47 words of refusals, 49 no subscriptions, 50 large tokens | `users.server.test.ts` |
 * | 37 creds files | `connect.server.test.ts` (clients, leaf nodes), `config-options.server.test.ts` |
 * | 39 to 41 revocation | `../nats/revocation.test.ts`, `../authority/rotation.server.test.ts` |
 * | 43 networks, 44 times | `times-and-networks.server.test.ts` |
 * | 45 connection types, 46 cookies | `connection-types.server.test.ts`, `mqtt.server.test.ts` |
 * | 47 permissions | `../authority/reports/permissions.server.test.ts`, compared with `can` |
 * | 48 default permissions, 51 limits that are lowered, 52 accounts that expire | `limits.server.test.ts` |
 * | 53 to 59 roles and templates | `roles.server.test.ts`; all that goes into templates: `../authority/reports/explain.server.test.ts` |
 * | 60 to 65 imports and exports | `exchange.server.test.ts`; `../nats/exchange.test.ts`, `../authority/reports/routes.server.test.ts` |
 * | 66 mappings, 67 JetStream | `mappings.server.test.ts`, `jetstream.server.test.ts`; `../subjects/transform.server.test.ts` |
 * | 68 what servers do not start with | `config-refusals.server.test.ts` |
 * | 69 reload | `reload.server.test.ts` |
 * | 70 pinned accounts | `config-options.server.test.ts` |
 * | 71 leaf nodes | `leafnodes.server.test.ts` |
 * | 72 account servers over HTTP | `url-resolver.server.test.ts` |
 * | 73 pushes to them | `../nats/http.test.ts` |
 * | 74 to 84 auth callout | `../callout/*.server.test.ts`, `../nats/cluster-services.test.ts`; sentinels: `config-conflicts.server.test.ts` |
 *
 * @module
 */

import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import {
  type Account,
  type AccountClaims,
  type AddAccountOptions,
  createKeyPair,
  createUserClaims,
  decode,
  encode,
  encodeCreds,
  type IssueUserOptions,
  type KeyPair,
  type Operator,
  type UserClaimsInit,
} from "nsc.js";
import { type PushOptions, push } from "nsc.js/nats";
import { type RunningNatsServer, startNatsServer, testAuthority } from "nsc.js/testing";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { compareVersions } from "../../src/encoding/server-version.ts";
import { natsServers } from "../support/nats-server.ts";
import { ask, type Reply } from "./servers.ts";

/** What a server has of more than the tree. */
export interface WorldInit {
  /** More configuration. */
  readonly config?: string;
  readonly args?: readonly string[];
  readonly jetstream?: boolean;
}

/** What servers answer to a push. */
export interface PushAnswer {
  readonly code: number;
  readonly text: string;
}

/** An operator and a server with a full resolver, to which accounts are pushed. */
export class World {
  readonly operator: Operator;
  readonly server: RunningNatsServer;
  /** Of a user of the system account. */
  readonly system: NatsConnection;
  readonly #operatorKey: KeyPair;
  #count = 0;

  static async start(binary: string, { config = "", ...init }: WorldInit = {}): Promise<World> {
    const operatorKey = createKeyPair("operator");
    const authority = await testAuthority({
      operator: { key: operatorKey },
      resolver: { type: "full", dir: "./jwt", timeout: "300ms" },
    });
    const server = await startNatsServer({ ...init, config: `${authority.config}\n${config}`, server: binary });
    const authenticator = credsAuthenticator(new TextEncoder().encode(authority.systemCreds));
    const system = await connect({ servers: server.url, authenticator });
    return new World(authority.operator, operatorKey, server, system);
  }

  private constructor(operator: Operator, operatorKey: KeyPair, server: RunningNatsServer, system: NatsConnection) {
    this.operator = operator;
    this.#operatorKey = operatorKey;
    this.server = server;
    this.system = system;
  }

  async stop(): Promise<void> {
    await this.system.close();
    await this.server.stop();
  }

  isSince(version: string): boolean {
    return compareVersions(this.server.version, version) >= 0;
  }

  /** An account of a name of its own, which is on the server, and its key. */
  async account(options: AddAccountOptions = {}): Promise<{ account: Account; key: KeyPair }> {
    const key = createKeyPair("account");
    this.#count += 1;
    const account = await this.operator.addAccount(`A${this.#count}`, { ...options, key });
    await this.push(account);
    return { account, key };
  }

  /** Brings accounts to the server, in an order that the push chooses. */
  async push(...accounts: readonly Account[]): Promise<void> {
    (await push(this.system, this.operator, { accounts })).assertComplete();
  }

  async pushWith(account: Account, options: PushOptions): Promise<void> {
    (await push(this.system, this.operator, { ...options, accounts: [account] })).assertComplete();
  }

  /** Edits an account and pushes it. */
  async edit(account: Account, edit: (nats: AccountClaims["nats"]) => void): Promise<void> {
    await account.edit((claims) => edit(claims.nats));
    await this.push(account);
  }

  /** Pushes an account past the library, with what no verb would do to it. */
  async pushRaw(account: Account, edit: (claims: AccountClaims) => void): Promise<PushAnswer> {
    const claims = decode(account.token, { kind: "account" });
    edit(claims);
    const token = await encode(claims, this.#operatorKey, { issuedAt: (claims.iat ?? 0) + 1 });
    const reply: Reply<{ code: number; message: string }> = await ask(this.system, "$SYS.REQ.CLAIMS.UPDATE", token);
    if (reply.error !== undefined) return { code: reply.error.code, text: reply.error.description };
    return { code: reply.data?.code ?? 0, text: reply.data?.message ?? "" };
  }
}

/** Tests on each server that is there, with a world that they share. */
export function describeWorlds(
  title: string,
  init: WorldInit,
  tests: (world: () => World, binary: string) => void,
): void {
  describe.each(natsServers)(`${title}, on nats-server $version`, ({ path }) => {
    let world: World;
    beforeAll(async () => {
      world = await World.start(path, init);
    });
    afterAll(() => world?.stop());
    tests(() => world, path);
  });
}

/** Creds of a user that an account issues for an hour. */
export async function issue(account: Account, options: Partial<IssueUserOptions> = {}, name = "user"): Promise<string> {
  return (await account.issueUser(name, { expires: "1h", ...options })).creds();
}

/** Creds of a user that a key signs past the library. */
export function forge(signer: KeyPair, init: UserClaimsInit): Promise<string> {
  const user = createKeyPair("user");
  return encodeCreds(createUserClaims(user.publicKey, { name: "user", ...init }), signer, user);
}

/** Waits for what comes soon. */
export function until<T>(check: () => T | Promise<T>, timeout = 5000): Promise<T> {
  return vi.waitFor(check, { timeout, interval: 20 });
}
