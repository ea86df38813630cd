import type { Operator } from "../authority/operator.ts";
import { assertKnownOptions } from "../authority/options.ts";
import { isNscError, NscError } from "../errors.ts";
import { encodeGeneric } from "../jwt/encode.ts";
import { trustedKeys } from "../jwt/trusted-keys.ts";
import { type ForeignKeyPair, type Signer, toSigner } from "../nkeys/signer.ts";
import { type AccountList, assertOperator, keysOf, namesByKey } from "./accounts.ts";
import { type Answer, identityOf, type ServerIdentity, tellWrong, wentWrong, wordsOf } from "./answers.ts";
import { DISCOVERY_SUBJECTS, type Discovery, discover, type FoundServer } from "./discovery.ts";
import { overridden } from "./force.ts";
import { completeness, type ServersReport } from "./report.ts";
import { Resolvers } from "./resolvers.ts";
import { NATS_OPTIONS, type NatsOptions, type NatsTarget, type Talk, talk } from "./target.ts";

/** What came of an account at a server. */
export interface DeletedAtServer {
  readonly server: ServerIdentity;
  /** `deleted`: it is gone. `absent`: it was not there. `failed`: it is still there. `missing`: the server did not answer. */
  readonly outcome: "deleted" | "absent" | "failed" | "missing";
  /** The server's words. */
  readonly message: string;
}

/** What came of an account. */
export interface DeletedAccount {
  /** Its name in the store, or else its public key. */
  readonly name: string;
  readonly publicKey: string;
  /** `deleted`: no server has it any more. `absent`: none had it. `failed`: some have it, or did not answer. */
  readonly status: "deleted" | "absent" | "failed";
  readonly message: string;
  readonly servers: readonly DeletedAtServer[];
}

/** What came of a deletion. */
export interface DeleteReport extends ServersReport {
  readonly accounts: readonly DeletedAccount[];
}

/**
 * What is not done. `system-account`: the system account is not deleted; servers refuse it, too. `unheard-servers`: nothing is
 * deleted while a server is missing, since it would bring the accounts back to the others when it returns.
 */
export type DeleteGuard = "system-account" | "unheard-servers";

/** Options of {@link deleteAccounts}. */
export interface DeleteAccountsOptions extends NatsOptions {
  /** Who signs the request: a key of the operator, or its public key; by default one that is at hand. */
  readonly signer?: Signer | ForeignKeyPair | string;
  /** Guards that are overridden. */
  readonly force?: DeleteGuard | readonly DeleteGuard[];
}

const DELETE = "$SYS.REQ.CLAIMS.DELETE";
const GUARDS: readonly DeleteGuard[] = ["system-account", "unheard-servers"];

/** What a user needs to be permitted to delete. */
export const DELETE_SUBJECTS: readonly string[] = [...DISCOVERY_SUBJECTS, DELETE];

/** Accounts of one request; each takes 80 bytes of it, and servers take a mebibyte. */
const BATCH = 2000;

/** How often it is asked for: a server that was being given accounts by another one at that time has them again. */
const ROUNDS = 3;

/**
 * Deletes accounts from the servers; the store keeps them. Connections of their users are closed. Servers must allow it
 * (`allow_delete`) and don't tell each other: one that is down meanwhile brings an account back when it returns, so that nothing is
 * deleted while one is missing, and one that is given accounts by another at that moment is asked again. An account that is to
 * be unusable whatever happens is better pushed with no connections (`limits.conn` 0), and deleted when all servers have that.
 * To bring an account back, sign it anew (`reissue`) and push it: servers where it was in use keep the same token, and don't
 * apply it before they are restarted. Does what `nsc push --account-removal` does.
 *
 * @param target - a connection of a user of the system account, or servers to connect to
 * @param operator - the operator, one of whose keys signs the request
 * @param accounts - handles, names or public keys; as a public key it need not be in the store
 * @param options - what is overridden
 * @throws NscError `ERR_SYSTEM_ACCOUNT`, `ERR_NATS_REFUSED` while servers are missing, `ERR_SIGNER_MISSING` when no key of
 * the operator is at hand that the servers trust, `ERR_SIGNER_UNTRUSTED` when `signer` is none of these, and as {@link push} does
 *
 * @example
 * ```ts
 * import { connect } from "@nats-io/transport-node";
 * import { deleteAccounts, push } from "nsc.js/nats";
 * import { testAuthority } from "nsc.js/testing";
 *
 * const authority = testAuthority({ accounts: { APP: {} }, resolver: { type: "full", dir: "./jwt", allowDelete: true } });
 * const { operator, accounts, url, stop } = await authority.start();
 * const target = { connect, servers: url };
 * await push(target, operator);
 * const report = await deleteAccounts(target, operator, [accounts.APP]);
 * report.assertComplete();
 * await stop();
 * ```
 */
export async function deleteAccounts(
  target: NatsTarget,
  operator: Operator,
  accounts: AccountList,
  options: DeleteAccountsOptions = {},
): Promise<DeleteReport> {
  assertKnownOptions(options, [...NATS_OPTIONS, "force", "signer"]);
  const force = overridden(options.force, GUARDS);
  await assertOperator(operator);
  const keys = await keysOf(operator, accounts);
  const names = await namesByKey(operator).catch(withoutNames);
  return talk(target, operator, DELETE_SUBJECTS, options, async (conversation) => {
    const discovery = await discover(conversation, true);
    const system = systemAccountsOf(operator, discovery);
    const guarded = keys.find((key) => system.has(key));
    if (guarded !== undefined && !force.has("system-account")) {
      throw new NscError("ERR_SYSTEM_ACCOUNT", `${guarded} is the system account, which can't be deleted from servers`);
    }
    if (!force.has("unheard-servers")) assertAllHeard(discovery);
    return deleteKeys(conversation, operator, discovery, keys, names, options.signer);
  });
}

/** Names are for people; a store that can't be read is no reason to leave accounts on servers. */
function withoutNames(error: unknown): ReadonlyMap<string, string> {
  if (isNscError(error)) return new Map();
  throw error;
}

/** The system account by the operator and by the servers. */
export function systemAccountsOf(operator: Operator, { resolvers }: Discovery): ReadonlySet<string> {
  const all = [operator.claims.nats.system_account, ...[...resolvers.values()].map((server) => server.systemAccount)];
  return new Set(all.filter((key) => key !== undefined));
}

/** Refuses to delete what a server that is missing would bring back. */
export function assertAllHeard({ unheard }: Discovery): void {
  if (unheard.length === 0) return;
  const names = unheard.join(", ");
  throw new NscError(
    "ERR_NATS_REFUSED",
    `not heard of: ${names}, which would bring the accounts back; nothing was deleted (force "unheard-servers" does it all the same)`,
  );
}

/** Has accounts deleted, and looks what is left of them. */
export async function deleteKeys(
  conversation: Talk,
  operator: Operator,
  discovery: Discovery,
  keys: readonly string[],
  names: ReadonlyMap<string, string>,
  given?: Signer | ForeignKeyPair | string,
): Promise<DeleteReport> {
  const resolvers = new Resolvers(conversation, discovery);
  const servers = [...resolvers.servers.values()];
  const present = keys.filter((key) => resolvers.countHolders(key) > 0);
  const { answers, left } =
    present.length === 0
      ? NOTHING
      : await deletePresent(resolvers, operator, present, await signerFor(operator, servers, given));
  const accounts = keys.map((publicKey) => {
    const name = names.get(publicKey) ?? publicKey;
    return outcomeOf(
      { name, publicKey },
      servers.map((server) => atServer(server, publicKey, answers.get(publicKey)?.get(server.id), left.get(server.id))),
    );
  });
  const failing = accounts.filter(({ status }) => status === "failed");
  return {
    servers: servers.map(identityOf),
    unheard: discovery.unheard,
    accounts,
    ...completeness(failing, accounts.length, discovery.unheard, "accounts are deleted from all servers that answered"),
  };
}

/** What servers said of a deletion, and what they keep. */
interface Deletion {
  /** By account, and by the id of the server. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<string, Answer>>;
  /** By the id of the server, as far as it said so. */
  readonly left: ReadonlyMap<string, ReadonlySet<string>>;
}

const NOTHING: Deletion = { answers: new Map(), left: new Map() };

/** Has accounts deleted that servers have, again where a server has one back. */
async function deletePresent(
  resolvers: Resolvers,
  operator: Operator,
  present: readonly string[],
  signer: Signer,
): Promise<Deletion> {
  const { engine } = operator.cell.session.context;
  const answers = new Map<string, ReadonlyMap<string, Answer>>();
  const left = new Map<string, ReadonlySet<string>>();
  const isBack = (key: string): boolean =>
    [...(answers.get(key) ?? [])].some(([id, { error }]) => error === undefined && left.get(id)?.has(key) === true);
  let wanted = present;
  for (let round = 1; wanted.length > 0 && round <= ROUNDS; round++) {
    for (let from = 0; from < wanted.length; from += BATCH) {
      const batch = wanted.slice(from, from + BATCH);
      const claims = { sub: signer.publicKey, nats: { accounts: batch } };
      const said = await resolvers.ask(DELETE, await encodeGeneric(claims, signer, { engine }));
      // What was deleted before has to be reported on.
      if (said.failure !== undefined && said.answers.size === 0 && answers.size === 0) throw said.failure;
      for (const key of batch) answers.set(key, new Map([...(answers.get(key) ?? []), ...said.answers]));
    }
    // A server that does not answer any more has what it had.
    for (const [id, keys] of await resolvers.list()) left.set(id, keys);
    wanted = present.filter(isBack);
  }
  return { answers, left };
}

function atServer(
  server: FoundServer,
  publicKey: string,
  answer: Answer | undefined,
  left: ReadonlySet<string> | undefined,
): DeletedAtServer {
  const identity = identityOf(server);
  if (server.accounts?.has(publicKey) !== true) return { server: identity, outcome: "absent", message: "" };
  if (answer === undefined) return { server: identity, outcome: "missing", message: "" };
  const isLeft = left === undefined ? answer.error !== undefined : left.has(publicKey);
  const words = wordsOf(answer);
  if (!isLeft) return { server: identity, outcome: "deleted", message: words };
  const message = answer.error === undefined ? `${words}, and has it again from another server` : words;
  return { server: identity, outcome: "failed", message };
}

function outcomeOf(
  account: Pick<DeletedAccount, "name" | "publicKey">,
  servers: readonly DeletedAtServer[],
): DeletedAccount {
  const wrong = servers.filter(wentWrong);
  if (wrong.length > 0) return { ...account, status: "failed", message: tellWrong(wrong), servers };
  return servers.some(({ outcome }) => outcome === "deleted")
    ? { ...account, status: "deleted", message: "no server has it any more", servers }
    : { ...account, status: "absent", message: "no server had it", servers };
}

/** The key of the operator that was asked for, or else one that is at hand and that all servers trust. */
async function signerFor(
  operator: Operator,
  servers: readonly FoundServer[],
  given: Signer | ForeignKeyPair | string | undefined,
): Promise<Signer> {
  const keys = trustedKeys(operator.claims);
  const isTrusted = (key: string): boolean => servers.every((server) => server.trustedKeys?.has(key) !== false);
  const signer = given === undefined || typeof given === "string" ? undefined : toSigner(given);
  const wanted = signer?.publicKey ?? (given as string | undefined);
  if (wanted !== undefined && !(keys.includes(wanted) && isTrusted(wanted))) {
    const why = keys.includes(wanted)
      ? "servers don't trust it, since they were not restarted with the operator's newest token"
      : `it is no key of the operator ${JSON.stringify(operator.name)} that servers trust`;
    throw new NscError("ERR_SIGNER_UNTRUSTED", `${wanted} can't sign the request to delete: ${why}`);
  }
  if (signer !== undefined) return signer;
  const trusted = wanted === undefined ? keys.filter(isTrusted) : [wanted];
  for (const key of trusted) {
    const signer = await operator.cell.session.signers.find(key);
    if (signer !== undefined) return signer;
  }
  const title = `the operator ${JSON.stringify(operator.name)}`;
  const needed = trusted.length > 0 ? trusted.join(", ") : "none that all servers trust";
  throw new NscError(
    "ERR_SIGNER_MISSING",
    `the private key of ${title} that would sign the request to delete is not at hand: ${needed}`,
  );
}
