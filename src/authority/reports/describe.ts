/**
 * What stands in claims, for people.
 *
 * @module
 */

import type { CryptoEngine } from "../../crypto/engine.ts";
import { deepFreeze } from "../../encoding/freeze.ts";
import { NscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import { activationHashId } from "../../jwt/activation-hash.ts";
import type { AuthorizationRequestNats } from "../../jwt/authorization-request.ts";
import { decode, decodeGeneric } from "../../jwt/decode.ts";
import type { GenericClaims } from "../../jwt/generic.ts";
import { type Claims, type ClaimsByKind, isClaimKind } from "../../jwt/kinds.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { findSigningKey } from "../../jwt/scopes.ts";
import { signingKeyOf } from "../../jwt/signing-keys.ts";
import type { UserClaims } from "../../jwt/user.ts";
import type { Account } from "../account.ts";
import type { Cell } from "../cell.ts";
import type { Operator } from "../operator.ts";
import { assertOperatorHandle } from "../operator-input.ts";
import { assertKnownOptions } from "../options.ts";
import type { Session } from "../session.ts";
import type { User } from "../user.ts";
import { describeAccount, describeScope } from "./describe-account.ts";
import {
  dateText,
  keyValue,
  limitRows,
  listRow,
  type NamesByKey,
  plain,
  row,
  textRow,
  withPermissions,
  yesNo,
} from "./describe-rows.ts";
import { type DescribedRow, type DescribedSection, Description } from "./description.ts";

/** Options of {@link describe}. */
export interface DescribeOptions {
  /**
   * Where names of entities are looked up, and the role of a user. Handles know it themselves; without it claims and tokens
   * are described by what stands in them alone.
   */
  readonly operator?: Operator;
}

/** What can be described: a handle, claims of any kind, or a token. */
export type Describable = Operator | Account | User | ReadonlyDeep<Claims> | ReadonlyDeep<GenericClaims> | string;

/**
 * Describes an entity, claims or a token: all that `nsc describe` shows, as data, and as text by `toString()`. Of a user of a
 * role the role is shown, too. Keys of entities that the store knows come with their names. The signature of a token is
 * checked; whether anybody trusts it, `explain` says.
 *
 * Where nsc would mislead, this tells what is there: a limit of 0 of a user is no unlimited one, and latency that is
 * sampled by header is not `0%`.
 *
 * @param what - a handle, claims or a token
 * @param options - where names are looked up
 * @throws NscError `ERR_ARGUMENT_INVALID`, those of `decode` for a token, those of the store
 *
 * @example
 * ```ts
 * import { describe, Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const account = await operator.addAccount("APP");
 * const description = await describe(account);
 * description.sections[0]?.title; // "Account Details"
 * description.toString().includes("| Max Connections           | Unlimited"); // true
 * ```
 */
export async function describe(what: Describable, options: DescribeOptions = {}): Promise<Description> {
  assertKnownOptions(options, ["operator"]);
  const { operator } = options;
  if (operator !== undefined) assertOperatorHandle(operator);
  const cell = cellOf(what);
  const session = cell?.session ?? operator?.cell.session;
  const engine = session?.context.engine;
  const claims = cell?.snapshot.claims ?? claimsOf(what as Exclude<Describable, Operator | Account | User>, engine);
  const own = cell?.path[0] ?? operator?.name;
  const names = session === undefined ? new Map<string, string>() : await namesOf(claims, session, own, cell);
  const kind = claims.nats?.["type"];
  if (!isClaimKind(kind))
    return new Description("generic", deepFreeze(describeGeneric(claims as GenericClaims, names)));
  const account = kind === "user" ? await accountOf(claims as UserClaims, cell, operator) : undefined;
  const context: Context = { names, engine, account };
  const describeKind = KINDS[kind] as (claims: ReadonlyDeep<Claims>, context: Context) => readonly DescribedSection[];
  return new Description(kind, deepFreeze(describeKind(claims as ReadonlyDeep<Claims>, context)));
}

function cellOf(what: unknown): Cell | undefined {
  // Not by its class, since a program may have two copies of this library.
  const { cell } = (typeof what === "object" && what !== null ? what : {}) as Partial<Operator>;
  return typeof cell?.session === "object" ? cell : undefined;
}

function claimsOf(
  what: string | ReadonlyDeep<Claims> | ReadonlyDeep<GenericClaims>,
  engine: CryptoEngine | undefined,
): ReadonlyDeep<Claims> | ReadonlyDeep<GenericClaims> {
  if (typeof what === "string") {
    const options = engine === undefined ? {} : { engine };
    const generic = decodeGeneric(what, options);
    const { type } = generic.nats ?? {};
    // What has no known kind is free data; decode would refuse it.
    return type === undefined || isClaimKind(type) ? decode(what, options) : generic;
  }
  const { sub, nats } = (what ?? {}) as Partial<Claims>;
  if (typeof sub === "string" && typeof (nats ?? {}) === "object") return what;
  throw new NscError("ERR_ARGUMENT_INVALID", "what is described must be a handle, claims or a token");
}

/** The names of the entities whose keys stand in claims. */
async function namesOf(
  { iss, sub, nats }: ReadonlyDeep<Claims> | ReadonlyDeep<GenericClaims>,
  session: Session,
  own: string | undefined,
  cell: Cell | undefined,
): Promise<NamesByKey> {
  const { imports, authorization } = (nats ?? {}) as Partial<ReadonlyDeep<AccountClaims>["nats"]>;
  const { system_account: system, issuer_account: issuer } = (nats ?? {}) as Record<string, unknown>;
  const keys = new Set<unknown>([iss, sub, system, issuer, ...(imports ?? []).map((entry) => entry?.account)]);
  for (const key of [...(authorization?.auth_users ?? []), ...(authorization?.allowed_accounts ?? [])]) keys.add(key);
  const names = new Map<string, string>();
  const known = knownAround(cell);
  for (const key of keys) {
    if (typeof key !== "string" || key === "*" || key === "") continue;
    if (known.has(key)) {
      const name = known.get(key);
      if (name !== undefined) names.set(key, name);
      continue;
    }
    const places = await session.findKey(key);
    const place = places.find(([operator]) => operator === own) ?? places[0];
    if (place === undefined) continue;
    const name = place.at(-1) as string;
    // A user is named with its account, and what is of another operator with that.
    const path = place[0] === own ? place.slice(1) : place;
    names.set(key, path.length > 1 ? path.join("/") : name);
  }
  return names;
}

/**
 * What the keys of an entity and of what is above it stand for: their names, and nothing for signing keys. To look such a
 * key up would be to look through the whole store.
 */
function knownAround(cell: Cell | undefined): ReadonlyMap<string, string | undefined> {
  const known = new Map<string, string | undefined>();
  for (let at = cell; at !== undefined; at = at.parent) {
    const { sub, nats } = at.snapshot.claims;
    const { signing_keys: keys } = nats as ReadonlyDeep<AccountClaims>["nats"];
    for (const key of keys ?? []) known.set(signingKeyOf(key), undefined);
    known.set(sub, at.path.length > 1 ? at.path.slice(1).join("/") : at.path[0]);
  }
  return known;
}

async function accountOf(
  { iss = "", nats }: ReadonlyDeep<UserClaims>,
  cell: Cell | undefined,
  operator: Operator | undefined,
): Promise<ReadonlyDeep<AccountClaims> | undefined> {
  if (cell !== undefined) return cell.parent?.snapshot.claims as ReadonlyDeep<AccountClaims> | undefined;
  const account = await operator?.findAccount(nats.issuer_account ?? iss);
  return account?.claims;
}

interface Context {
  readonly names: NamesByKey;
  readonly engine: CryptoEngine | undefined;
  /** Of a user: its account. */
  readonly account: ReadonlyDeep<AccountClaims> | undefined;
}

/** What all kinds begin with. */
function headRows(
  claims: ReadonlyDeep<Claims> | ReadonlyDeep<GenericClaims>,
  title: string,
  names: NamesByKey,
): DescribedRow[] {
  const { name, sub, iss, iat, exp, nbf } = claims;
  const { issuer_account: issuer, tags } = (claims.nats ?? {}) as { issuer_account?: string; tags?: readonly string[] };
  return [
    ...textRow("Name", name),
    row(title, keyValue(sub, names)),
    row("Issuer ID", keyValue(iss ?? "", names)),
    ...listRow("Issuer Account", issuer === undefined ? [] : [keyValue(issuer, names)]),
    row("Issued", dateText(iat)),
    // nsc does not show it, and it decides as much as the expiry.
    ...(nbf === undefined || nbf <= 0 ? [] : [row("Valid From", dateText(nbf))]),
    row("Expires", dateText(exp)),
    ...listRow("Tags", tags),
  ];
}

/** THE table of what is described of each kind. */
const KINDS: {
  readonly [Kind in keyof ClaimsByKind]: (
    claims: ReadonlyDeep<ClaimsByKind[Kind]>,
    context: Context,
  ) => readonly DescribedSection[];
} = {
  operator(claims, { names }) {
    const { nats } = claims;
    const { system_account: system } = nats;
    const name = system === undefined ? undefined : names.get(system);
    const value = system === undefined ? undefined : keyValue(system, names);
    const rows = [
      ...headRows(claims, "Operator ID", names),
      ...textRow("Account JWT Server", nats.account_server_url),
      ...listRow("Operator Service URLs", nats.operator_service_urls),
      ...listRow("System Account", value && [name === undefined ? value : { ...value, text: `${system} / ${name}` }]),
      row("Require Signing Keys", String(nats.strict_signing_key_usage === true)),
    ];
    return [{ title: "Operator Details", groups: groupsOf(rows, listRow("Signing Keys", nats.signing_keys)) }];
  },
  account: (claims, { names, engine }) => describeAccount(claims, headRows(claims, "Account ID", names), names, engine),
  user(claims, { names, account }) {
    const { nats, iss = "" } = claims;
    const key = account && findSigningKey(account.nats, iss);
    const head = headRows(claims, "User ID", names);
    if (typeof key === "object") {
      const first = { title: "User", groups: [[...head, row("Issuer Scoped", "Yes")]] };
      return [first, describeScope(key)];
    }
    const rows = withPermissions([...head, row("Bearer Token", yesNo(nats.bearer_token))], nats);
    const types = listRow("Allowed Connection Types", nats.allowed_connection_types);
    return [{ title: "User", groups: groupsOf(...rows, limitRows(nats), types) }];
  },
  activation(claims, { names, engine }) {
    const { subject, kind } = claims.nats;
    const hasHash = (claims.iss ?? "") !== "" && (subject ?? "") !== "";
    const hash = hasHash ? activationHashId(claims, engine === undefined ? {} : { engine }) : "";
    return [
      {
        title: "Activation",
        groups: [
          headRows(claims, "Account ID", names),
          [row("Hash ID", hash)],
          [
            row("Import Type", kind === undefined ? "" : kind === "stream" ? "Stream" : "Service"),
            row("Import Subject", subject ?? ""),
          ],
        ],
      },
    ];
  },
  authorization_request(claims, { names }) {
    const { server_id: server, client_info: client, connect_opts: options, user_nkey: user } = claims.nats;
    const parts = [objectRows("Server", server), objectRows("Client", client), connectRows(options)];
    const head = [...headRows(claims, "Subject", names), ...textRow("User ID", user)];
    return [{ title: "Authorization Request", groups: groupsOf(head, ...parts) }];
  },
  authorization_response(claims, { names }) {
    const { jwt, error } = claims.nats;
    const rows = [
      ...headRows(claims, "User ID", names),
      ...textRow("Server ID", claims.aud),
      row("Access", (jwt ?? "") === "" ? "Refused" : "Granted"),
      ...textRow("Error", error),
    ];
    return [{ title: "Authorization Response", groups: [rows] }];
  },
};

function groupsOf(...groups: readonly (readonly DescribedRow[])[]): readonly (readonly DescribedRow[])[] {
  return groups.filter(({ length }) => length > 0);
}

/** Rows of the members of an object that are texts, numbers or lists of these. */
function objectRows(title: string, members: object | undefined): readonly DescribedRow[] {
  return Object.entries(members ?? {}).flatMap(([name, value]: [string, unknown]) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    const shown = values.filter((each) => ["string", "number", "bigint", "boolean"].includes(typeof each));
    return listRow(
      `${title} ${name}`,
      shown.filter((each) => each !== "").map((each) => plain(each)),
    );
  });
}

/** What a client sent to connect: of secrets only that they were given. */
function connectRows(options: ReadonlyDeep<AuthorizationRequestNats["connect_opts"]>): readonly DescribedRow[] {
  const { jwt, sig, auth_token: token, pass, ...open } = options ?? {};
  const secrets = Object.entries({ jwt, sig, auth_token: token, pass }).filter(([, value]) => (value ?? "") !== "");
  return [...objectRows("Connect", open), ...secrets.map(([name]) => row(`Connect ${name}`, "(given)"))];
}

/** Free data may hold anything, secrets too: only its names are told. */
function describeGeneric(claims: ReadonlyDeep<GenericClaims>, names: NamesByKey): readonly DescribedSection[] {
  const { type, ...members } = claims.nats ?? {};
  const data = Object.keys(members).filter((name) => name !== "tags" && name !== "version");
  const rows = [...headRows(claims, "Subject", names), ...textRow("Type", typeof type === "string" ? type : undefined)];
  return [{ title: "Generic", groups: groupsOf(rows, listRow("Data", data)) }];
}
