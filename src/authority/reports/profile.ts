/**
 * What a tool needs of an entity to connect, as `nsc generate profile` prints it.
 *
 * @module
 */

import { assertNscUrl, type NscUrl, type NscUrlKind, type NscUrlMembers, parseNscUrl } from "../../config/nsc-url.ts";
import { toGoLower } from "../../encoding/go-text.ts";
import { indentJson, quoteJson } from "../../encoding/json-string.ts";
import { isNscError, NscError } from "../../errors.ts";
import { signingKeyOf } from "../../jwt/signing-keys.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import type { Account } from "../account.ts";
import type { Nsc } from "../nsc.ts";
import type { Operator } from "../operator.ts";
import { assertKnownOptions } from "../options.ts";
import { type AccountPath, titleOf, type UserPath, userPlacesIn } from "../paths.ts";
import type { User } from "../user.ts";

/** Options of {@link profile}. */
export interface ProfileOptions {
  /**
   * Says where the creds file of a user is, if there is one; without it no profile has `user_creds`. `nscProfile` of
   * `nsc.js/node` looks in nsc's folders.
   */
  readonly credsFile?: (
    path: readonly [operator: string, account: string, user: string],
  ) => string | undefined | Promise<string | undefined>;
}

/** What a profile says of an entity, with nsc's names. */
export interface ProfileEntity {
  /** Of the operator: the URLs of its servers, if its token has any. */
  readonly service?: readonly string[];
  /** The name; of the operator that of its store. */
  readonly name?: string;
  /** A seed, in the clear. */
  readonly seed?: string;
  /** The public key. */
  readonly id?: string;
}

/** A profile, with nsc's names. */
export interface Profile {
  /** The path of the user's creds file. */
  readonly user_creds?: string;
  /** The operator: its servers, and what else was asked for. */
  readonly operator: ProfileEntity;
  /** The account, if anything of it was asked for. */
  readonly account?: ProfileEntity;
  /** The user, if anything of it was asked for. */
  readonly user?: ProfileEntity;
}

/**
 * What a tool needs of an entity: the servers of its operator, the creds file of the user, and what else the `nsc://` URL asks
 * for: names, public keys, seeds. nsc: `generate profile`. Seeds are in it in the clear, if they were asked for.
 *
 * @param nsc - the tree
 * @param url - the URL, or what `parseNscUrl` makes of one; its `store` and `keystore` need `nscProfile` of `nsc.js/node`
 * @param options - where creds files are
 * @returns the profile, whose JSON `formatProfile` writes
 * @throws NscError `ERR_ARGUMENT_INVALID` for the URL, also where it fits several users; `ERR_ENTITY_NOT_FOUND` for an operator, an
 * account, a user or a key that is not there; `ERR_SIGNER_MISSING` when a seed is asked for that is not in the store;
 * `ERR_NAME_INVALID`, `ERR_STORE_DAMAGED`, and those of the store
 *
 * @example
 * ```ts
 * import { Nsc, profile } from "nsc.js";
 *
 * const nsc = new Nsc();
 * const operator = await nsc.addOperator("local");
 * await operator.edit((claims) => {
 *   claims.nats.operator_service_urls = ["nats://localhost:4222"];
 * });
 * const app = await operator.addAccount("APP");
 *
 * const found = await profile(nsc, "nsc://local/APP?key");
 * found.operator.service?.[0]; // "nats://localhost:4222"
 * found.account?.id === app.publicKey; // true
 * ```
 */
export async function profile(nsc: Nsc, url: string | NscUrl, options: ProfileOptions = {}): Promise<Profile> {
  if (typeof (nsc as Partial<Nsc> | null | undefined)?.addOperator !== "function") {
    throw new NscError("ERR_ARGUMENT_INVALID", "a profile is of a tree: an Nsc is needed");
  }
  assertKnownOptions(options, ["credsFile"]);
  const given: NscUrl = typeof url === "string" ? parseNscUrl(url) : url;
  assertNscUrl(given);
  if (given.store !== undefined || given.keystore !== undefined) {
    throw new NscError("ERR_ARGUMENT_INVALID", "store and keystore are folders, which nscProfile of nsc.js/node opens");
  }
  const operator = await nsc.operator(given.operator);
  const account = given.account === undefined ? undefined : await operator.account(given.account);
  const user = account && given.user !== undefined ? await findUser(account, given.user) : undefined;

  const creds = user && (await options.credsFile?.(user.cell.path as UserPath));
  const { operator_service_urls: service = [] } = operator.claims.nats;
  const shown = (entity: Operator | Account | User | undefined, kind: NscUrlKind) =>
    entity && show(entity, given.show?.[kind]);
  const [ofAccount, ofUser] = [await shown(account, "account"), await shown(user, "user")];
  return {
    ...(creds !== undefined && { user_creds: creds }),
    operator: { ...(service.length > 0 && { service: [...service] }), ...(await shown(operator, "operator")) },
    ...(ofAccount && { account: ofAccount }),
    ...(ofUser && { user: ofUser }),
  };
}

/**
 * The JSON of a profile, as `nsc generate profile` prints it: spread over lines, with a line end.
 *
 * @param profile - what {@link profile} or `nscProfile` gave
 * @throws NscError `ERR_ARGUMENT_INVALID` for what is no profile
 *
 * @example
 * ```ts
 * import { formatProfile } from "nsc.js";
 *
 * formatProfile({ operator: { service: ["nats://localhost:4222"] } }).split("\n")[1]; // "  \"operator\": {"
 * ```
 */
export function formatProfile(profile: Profile): string {
  if (typeof (profile as Partial<Profile> | null | undefined)?.operator !== "object" || profile.operator === null) {
    throw new NscError("ERR_ARGUMENT_INVALID", "a profile has an operator");
  }
  const { user_creds, operator, account, user } = profile;
  const json = membersJson([
    ["user_creds", user_creds === undefined ? undefined : quoteJson(user_creds)],
    ["operator", entityJson(operator)],
    ["account", account && entityJson(account)],
    ["user", user && entityJson(user)],
  ]);
  return `${indentJson(json, 2)}\n`;
}

function entityJson({ service, name, seed, id }: ProfileEntity): string {
  const texts = Object.entries({ name, seed, id }).map(
    ([member, value]) => [member, value === undefined ? undefined : quoteJson(value)] as const,
  );
  return membersJson([["service", service && `[${service.map(quoteJson).join(",")}]`], ...texts]);
}

function membersJson(members: readonly (readonly [name: string, json: string | undefined])[]): string {
  const present = members.filter(([, json]) => json !== undefined);
  return `{${present.map(([name, json]) => `"${name}":${json}`).join(",")}}`;
}

/** What of an entity was asked for, in nsc's order; nothing if nothing was. */
async function show(
  entity: Operator | Account | User,
  members: NscUrlMembers = {},
): Promise<ProfileEntity | undefined> {
  const { name, id, seed } = members;
  if (!name && !id && !seed) return undefined;
  return {
    // An operator's folder may have another name than its token.
    ...(name && { name: entity.cell.path.length === 1 ? entity.name : (entity.claims.name ?? entity.name) }),
    ...(seed && { seed: await seedOf(entity, seed === true ? undefined : seed.toUpperCase()) }),
    ...(id && { id: entity.publicKey }),
  };
}

/** The seed of a certain key of an entity, or of the first whose seed is in the store. */
async function seedOf(entity: Operator | Account | User, key: string | undefined): Promise<string> {
  const { path, session } = entity.cell;
  const { nats } = entity.claims;
  const signingKeys = "signing_keys" in nats ? (nats.signing_keys ?? []) : [];
  const keys = [entity.publicKey, ...signingKeys.map(signingKeyOf)];
  if (key !== undefined && !keys.includes(key)) {
    throw new NscError("ERR_ENTITY_NOT_FOUND", `the ${titleOf(path)} has no key ${JSON.stringify(key)}`);
  }
  const wanted = key === undefined ? keys : [key];
  for (const candidate of wanted) {
    const seed = await session.context.store.getKey(candidate);
    if (seed !== undefined) return seed;
  }
  throw new NscError("ERR_SIGNER_MISSING", `the store has no seed of the ${titleOf(path)}: ${wanted.join(", ")}`);
}

/** By name; else by a name that differs in case alone; else by public key. */
async function findUser(account: Account, name: string): Promise<User> {
  try {
    return await account.user(name);
  } catch (error) {
    if (!isNscError(error, "ERR_ENTITY_NOT_FOUND")) throw error;
    const { session } = account.cell;
    const path = account.cell.path as AccountPath;
    const names: string[] = [];
    for await (const other of session.names(path)) if (toGoLower(other) === toGoLower(name)) names.push(other);
    const key = name.toUpperCase();
    if (names.length === 0 && isPublicKey(key, "user")) {
      const places = await session.findKey(key);
      names.push(...userPlacesIn(places, path).map(([, , user]) => user));
    }
    const [only] = names;
    if (only === undefined) throw error;
    if (names.length === 1) return await account.user(only);
    const list = names.map((other) => JSON.stringify(other)).join(", ");
    throw new NscError("ERR_ARGUMENT_INVALID", `several users fit ${JSON.stringify(name)}: ${list}`);
  }
}
