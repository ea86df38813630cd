/**
 * The accounts that are to be pushed, as the store has them now.
 *
 * @module
 */

import type { Account } from "../authority/account.ts";
import { pathOf } from "../authority/handle.ts";
import { accountOfPushName } from "../authority/meta.ts";
import type { Operator } from "../authority/operator.ts";
import { assertOperatorHandle } from "../authority/operator-input.ts";
import { type AccountPath, accountPlaceIn } from "../authority/paths.ts";
import { isNscError, NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { decodeUnverified } from "../jwt/decode.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { forEachLimited } from "../store/for-each-limited.ts";

/** An account and its token. */
export interface StoredAccount {
  readonly path: AccountPath;
  readonly name: string;
  readonly publicKey: string;
  readonly token: string;
  readonly claims: AccountClaims;
}

/** Accounts by handle, name or public key. */
export type AccountList = readonly (Account | string)[];

/** Refuses an operator that is none, or whose changes wait for a commit. */
export async function assertOperator(operator: Operator): Promise<void> {
  assertOperatorHandle(operator);
  await operator.refresh();
  // What waits to be signed throws here.
  void operator.token;
  if (operator.cell.session.isTransaction) {
    throw new NscError("ERR_TRANSACTION", "servers are told of what is committed: call this after the transaction");
  }
}

/** The places of accounts, in the order in which they are given. */
export async function placesOf(operator: Operator, accounts: AccountList): Promise<readonly AccountPath[]> {
  if (!Array.isArray(accounts)) throw notAList();
  const places = new Map<string, AccountPath>();
  for (const account of accounts as AccountList) {
    const place = await placeOf(operator, account);
    places.set(JSON.stringify(place), place);
  }
  return [...places.values()];
}

function notAList(): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", "accounts must be a list of handles, names or public keys");
}

async function placeOf(operator: Operator, account: Account | string): Promise<AccountPath> {
  if (typeof account === "string") {
    const found = isPublicKey(account, "account")
      ? await operator.findAccount(account)
      : await operator.account(account);
    if (found !== undefined) return found.cell.path as AccountPath;
    throw new NscError(
      "ERR_ENTITY_NOT_FOUND",
      `the operator ${JSON.stringify(operator.name)} has no account ${account}`,
    );
  }
  const path = pathOfHandle(operator, account);
  account.cell.assertThere();
  return path;
}

function pathOfHandle(operator: Operator, account: Account): AccountPath {
  const { cell } = (account ?? {}) as Partial<Account>;
  if (cell?.path === undefined) throw notAList();
  const path = pathOf(account, operator.cell);
  if ((path as readonly string[]).length !== 2) throw notAList();
  if (path[0] === operator.name) return path;
  throw new NscError("ERR_HANDLE_FOREIGN", `the account ${JSON.stringify(account.name)} is another operator's`);
}

/** The public keys of accounts; one that is given as such, or by a handle, need not be in the store any more. */
export async function keysOf(operator: Operator, accounts: AccountList): Promise<readonly string[]> {
  if (!Array.isArray(accounts)) throw notAList();
  const keys = new Set<string>();
  for (const account of accounts as AccountList) {
    if (typeof account !== "string") {
      pathOfHandle(operator, account);
      keys.add(account.publicKey);
    } else keys.add(isPublicKey(account, "account") ? account : (await operator.account(account)).publicKey);
  }
  return [...keys];
}

/** The places of all accounts of the store. */
export async function allPlaces(operator: Operator): Promise<readonly AccountPath[]> {
  const places: AccountPath[] = [];
  for await (const name of operator.cell.session.names([operator.name])) places.push([operator.name, name]);
  return places;
}

/** The places of the accounts that a push did not bring to all servers; those that are gone since are passed over. */
export async function pendingPlaces(operator: Operator): Promise<readonly AccountPath[]> {
  const { session } = operator.cell;
  const places: AccountPath[] = [];
  for (const name of (await session.context.store.readMeta(operator.name)).keys()) {
    const publicKey = accountOfPushName(name);
    if (publicKey === undefined) continue;
    const found = await findPlace(operator, publicKey);
    if (found !== undefined) places.push(found);
  }
  return places;
}

/** The place of an account of the store, by its public key; nothing if it is not there. */
export async function findPlace(operator: Operator, publicKey: string): Promise<AccountPath | undefined> {
  return accountPlaceIn(await operator.cell.session.findKey(publicKey), operator.name);
}

/**
 * What is at a place; nothing if it is gone. Its signature is for the servers to check, each of which does.
 *
 * @throws NscError `ERR_STORE_DAMAGED`, and those of the store
 */
export async function readAccount(operator: Operator, path: AccountPath): Promise<StoredAccount | undefined> {
  const { store, engine } = operator.cell.session.context;
  const token = await store.read(path);
  if (token === undefined) return undefined;
  try {
    const claims = decodeUnverified(token, "account", engine);
    return { path, name: path[1], publicKey: claims.sub, token, claims };
  } catch (error) {
    if (!isNscError(error)) throw error;
    const title = `the token of the account ${JSON.stringify(path[1])}`;
    throw new NscError("ERR_STORE_DAMAGED", `${title} can't be read: ${error.message}`, { cause: error });
  }
}

/**
 * The names of all accounts of the store, by public key.
 *
 * @throws NscError `ERR_STORE_DAMAGED` when one can't be read, and those of the store
 */
export async function namesByKey(operator: Operator): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  await forEachLimited(await allPlaces(operator), async (path) => {
    const account = await readAccount(operator, path);
    if (account !== undefined) names.set(account.publicKey, account.name);
  });
  return names;
}
