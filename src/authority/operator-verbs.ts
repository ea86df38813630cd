import { parseDecoratedToken } from "../creds/creds.ts";
import { NscError } from "../errors.ts";
import { createAccountClaims, createOperatorClaims, createUserClaims } from "../jwt/create-claims.ts";
import { decode } from "../jwt/decode.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import { signingKeyOf } from "../jwt/signing-keys.ts";
import { systemAccountExports } from "../jwt/system-account.ts";
import { assertValid } from "../jwt/validate.ts";
import { MANAGED } from "../store/meta-names.ts";
import { nowOf } from "./context.ts";
import { request } from "./drafts.ts";
import { applyInit, assertKeyFree, type EntityInit } from "./entity-init.ts";
import { type EntityKey, entityKey, freshPair, type KeyInput, signingKeyOfNew } from "./key-input.ts";
import { assertEntityName } from "./names.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, type OperatorPath, titleOf, type UserPath } from "./paths.ts";
import { addSigningKey } from "./signing-keys.ts";
import type { Workspace } from "./workspace.ts";

/** Options of `Nsc.addOperator`. */
export interface AddOperatorOptions extends EntityInit<OperatorClaims> {
  /** An identity that is there already: a seed or key pair, or a `Signer` or public key whose private key stays elsewhere. */
  readonly key?: KeyInput;
  /** Whether it gets a signing key (true), or which; false by default. */
  readonly signingKey?: boolean | KeyInput;
  /**
   * Whether it gets a system account `SYS` with the two exports that nsc gives it, a signing key and a user `sys`; a text
   * is its name instead. False by default.
   */
  readonly systemAccount?: boolean | string;
  /** Where account tokens are served: a `nats` or an `http` URL. */
  readonly accountServerUrl?: string;
  /** URLs of the NATS servers. */
  readonly serviceUrls?: readonly string[];
}

const ADD_OPERATOR = "key signingKey systemAccount accountServerUrl serviceUrls tags expires notBefore claims".split(
  " ",
);

/** Adds an operator. */
export async function addOperator(workspace: Workspace, name: string, options: AddOperatorOptions): Promise<void> {
  assertKnownOptions(options, ADD_OPERATOR);
  assertEntityName(name, "the name of an operator");
  const path: OperatorPath = [name];
  await workspace.assertFree(path);
  const { context } = workspace;
  const { signingKey = false, systemAccount = false, accountServerUrl, serviceUrls } = options;
  const systemName: unknown = systemAccount === true ? "SYS" : systemAccount;
  if (systemName !== false) assertEntityName(systemName, "the name of the system account");
  const key = entityKey("operator", options.key, context);
  if (options.key !== undefined) await assertKeyFree(workspace, path, key.publicKey);
  const signing = signingKeyOfNew("operator", signingKey, key, context);
  if (signing !== undefined && signingKey !== true) await assertKeyFree(workspace, path, signing.publicKey);
  const system = systemName === false ? undefined : systemKeys(workspace);
  const claims = createOperatorClaims(key.publicKey, {
    name,
    nats: {
      ...(signing && { signing_keys: [signing.publicKey] }),
      ...(accountServerUrl !== undefined && { account_server_url: accountServerUrl }),
      ...(serviceUrls !== undefined && { operator_service_urls: [...serviceUrls] }),
      ...(system && { system_account: system.account.publicKey }),
    },
  });
  applyInit(claims, options, nowOf(workspace.context));
  await workspace.create(path, claims);
  workspace.addKey(key);
  if (signing !== undefined) workspace.addKey(signing);
  if (system !== undefined) await addSystemAccount(workspace, [name, systemName as string], system);
}

interface SystemKeys {
  readonly account: EntityKey;
  readonly signing: EntityKey;
  readonly user: EntityKey;
}

function systemKeys({ context }: Workspace): SystemKeys {
  const fresh = (kind: "account" | "user"): EntityKey => {
    const pair = freshPair(kind, context);
    return { publicKey: pair.publicKey, pair };
  };
  return { account: fresh("account"), signing: fresh("account"), user: fresh("user") };
}

/** What nsc makes for `--sys`. */
async function addSystemAccount(
  workspace: Workspace,
  path: AccountPath,
  { account, signing, user }: SystemKeys,
): Promise<void> {
  const [, name] = path;
  const nats = { exports: systemAccountExports(), signing_keys: [signing.publicKey] };
  await workspace.create(path, createAccountClaims(account.publicKey, { name, nats }));
  const userPath: UserPath = [...path, "sys"];
  const sys = await workspace.create(userPath, createUserClaims(user.publicKey, { name: "sys" }));
  // Whatever the policy says.
  request(sys, signing.publicKey);
  for (const key of [account, signing, user]) workspace.addKey(key);
}

/** Options of `Nsc.importOperator`. */
export interface ImportOperatorOptions {
  /** The name to keep it under; the one in the token by default. */
  readonly name?: string;
  /** Whether a token of the same operator that is there already is replaced; false by default. */
  readonly replace?: boolean;
}

/** Adopts an operator whose keys are elsewhere. */
export async function importOperator(
  workspace: Workspace,
  text: string,
  options: ImportOperatorOptions,
): Promise<OperatorPath> {
  assertKnownOptions(options, ["name", "replace"]);
  const { name: wanted, replace = false } = options;
  const token = parseDecoratedToken(text);
  const claims = decode(token, { kind: "operator", engine: workspace.context.engine });
  assertValid(claims, { now: nowOf(workspace.context) });
  const name: unknown = wanted ?? claims.name ?? "";
  assertEntityName(name, "the name of an operator");
  const path: OperatorPath = [name];
  if (claims.iss !== claims.sub && !(claims.nats.signing_keys ?? []).includes(claims.iss ?? "")) {
    throw new NscError("ERR_SIGNER_UNTRUSTED", "the token of an operator must be signed by the operator itself");
  }
  const present = await workspace.read(path);
  if (present === undefined) await assertKeyFree(workspace, path, claims.sub);
  if (present === undefined) await workspace.adopt(path, claims, token);
  else if (present.sub !== claims.sub || !replace) {
    const other = present.sub === claims.sub ? ": pass replace to have its token replaced" : ", which is another one";
    throw new NscError("ERR_ENTITY_EXISTS", `there is an ${titleOf(path)} already${other}`);
  } else {
    // Anybody can make a token in which he is a signing key himself.
    if (claims.iss !== present.sub && !(present.nats.signing_keys ?? []).includes(claims.iss ?? "")) {
      throw new NscError("ERR_SIGNER_UNTRUSTED", `${claims.iss} is no key of the ${titleOf(path)} that is there`);
    }
    if ((claims.iat ?? 0) < (present.iat ?? 0)) {
      throw new NscError("ERR_ENTITY_EXISTS", `a newer token of the ${titleOf(path)} is there already`);
    }
    await workspace.adopt(path, claims, token);
  }
  // One whose keys are here stays so, wherever its newest token is from.
  if (present === undefined) workspace.setMeta(name, MANAGED, "true");
  return path;
}

/** Options of `Operator.requireSigningKeys`. */
export interface RequireSigningKeysOptions {
  /**
   * Whether accounts and the operator get signing keys where they need one and have none; false by default, which is an
   * error then.
   */
  readonly addSigningKeys?: boolean;
}

/** What `Operator.requireSigningKeys` did. */
export interface RequiredSigningKeys {
  /** Paths of the accounts and users that were signed again. */
  readonly reissued: readonly (readonly string[])[];
  /** Public keys of the signing keys that were added. */
  readonly added: readonly string[];
}

/** Has signing keys demanded, and signs again what an identity has signed. */
export async function requireSigningKeys(
  workspace: Workspace,
  path: OperatorPath,
  options: RequireSigningKeysOptions,
): Promise<RequiredSigningKeys> {
  assertKnownOptions(options, ["addSigningKeys"]);
  const { addSigningKeys = false } = options;
  const operator = await workspace.draft(path);
  const added: string[] = [];
  const reissued: (readonly string[])[] = [];
  if ((operator.claims.nats.signing_keys ?? []).length === 0 && addSigningKeys) {
    added.push(await addSigningKey(workspace, path, {}));
  }
  operator.claims.nats.strict_signing_key_usage = true;
  for (const name of await workspace.names(path)) {
    const accountPath: AccountPath = [path[0], name];
    const account = await workspace.readSound(accountPath);
    if (account === undefined) continue;
    if (account.iss === operator.claims.sub) {
      (await workspace.draft(accountPath)).reissue = true;
      reissued.push(accountPath);
    }
    const users = await identitySigned(workspace, accountPath, account.sub);
    if (users.length === 0) continue;
    const unscoped = (account.nats.signing_keys ?? []).filter((key) => typeof key === "string").map(signingKeyOf);
    if (unscoped.length === 0 && addSigningKeys) added.push(await addSigningKey(workspace, accountPath, {}));
    for (const user of users) {
      (await workspace.draft(user)).reissue = true;
      reissued.push(user);
    }
  }
  return { reissued, added };
}

async function identitySigned(workspace: Workspace, path: AccountPath, identity: string): Promise<UserPath[]> {
  const found: UserPath[] = [];
  for (const name of await workspace.names(path)) {
    const user: UserPath = [...path, name];
    const claims = await workspace.readSound(user);
    // What was made in this transaction is not signed yet.
    if (claims?.iss === identity) found.push(user);
  }
  return found;
}

/** Gives an operator another name. What stands below it stays as it is. */
export async function renameOperator(workspace: Workspace, path: OperatorPath, name: string): Promise<void> {
  const to: OperatorPath = [name];
  await workspace.assertFree(to);
  const managed = await workspace.meta(path[0], MANAGED);
  const places: (AccountPath | UserPath)[] = [];
  for (const account of await workspace.names(path)) {
    places.push([path[0], account]);
    for (const user of await workspace.names([path[0], account])) places.push([path[0], account, user]);
  }
  // What can't be read is found before anything moves.
  for (const place of places) await workspace.need(place);
  const draft = await workspace.move(path, to);
  // The token of a managed operator is another's; only the name that it is kept under changes.
  if (managed === undefined) draft.claims.name = name;
  await workspace.moveMeta(path[0], name);
  for (const place of places) {
    const [, account, user] = place;
    await workspace.move(place, user === undefined ? [name, account] : [name, account, user]);
  }
}
