import { credsText } from "../creds/decorated.ts";
import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { encode } from "../jwt/encode.ts";
import type { Expires } from "../jwt/expiry.ts";
import { IssueCollector } from "../jwt/issues.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { UserClaims } from "../jwt/user.ts";
import { assertNoneBlocks, assertValid } from "../jwt/validate.ts";
import { validateUser } from "../jwt/validate-user.ts";
import { type KeyPair, ownSeedOf } from "../nkeys/key-pair.ts";
import { auditIssued } from "./audit.ts";
import type { Cell } from "./cell.ts";
import { nowOf } from "./context.ts";
import { applyInit } from "./entity-init.ts";
import { issuedAtFor, revokedAt } from "./issued-at.ts";
import { entityKey, type KeyInput } from "./key-input.ts";
import { assertIssuedName } from "./names.ts";
import { assertKnownOptions } from "./options.ts";
import type { AccountPath } from "./paths.ts";
import { parseRotations } from "./rotation-state.ts";
import { assertAllowed, assertRole, fitToScope } from "./scoped-users.ts";
import { chooseSigner } from "./signer-choice.ts";
import { ISSUE_USER, type UserInit, userClaims } from "./user-verbs.ts";
import { tokenWarnings, type Warning } from "./warnings.ts";

/** Options of `Account.issueUser`. */
export interface IssueUserOptions extends UserInit {
  /** When the token expires; `"never"` has to be said. */
  readonly expires: Expires;
  /** A key that is there already, such as the public key of a client that made its own; a fresh one by default. */
  readonly key?: KeyInput;
}

/** A user that was signed and not stored. */
export class IssuedUser {
  readonly name: string;
  readonly publicKey: string;
  readonly #token: string;
  /** When the token expires, in seconds since 1970; nothing for never. */
  readonly expires: number | undefined;
  readonly #pair: KeyPair | undefined;

  /** @internal */
  constructor(name: string, token: string, publicKey: string, expires: number | undefined, pair: KeyPair | undefined) {
    this.name = name;
    this.publicKey = publicKey;
    this.#token = token;
    this.expires = expires;
    this.#pair = pair;
  }

  /** The signed token; like the creds not among what is printed of this object. */
  get token(): string {
    return this.#token;
  }

  /** Whether the key is here, so that creds can be made. */
  get hasSeed(): boolean {
    return this.#pair !== undefined;
  }

  /** What is worth knowing before the token is used, such as its size. */
  get warnings(): readonly Warning[] {
    return tokenWarnings(this.name, this.token);
  }

  /**
   * The text of the creds file.
   *
   * @throws NscError `ERR_CREDS_KEY_MISSING` when only the public key of the user was given
   */
  creds(): string {
    const seed = this.#pair && ownSeedOf(this.#pair);
    if (seed !== undefined) return credsText(this.token, seed);
    throw new NscError(
      "ERR_CREDS_KEY_MISSING",
      `the seed of ${this.publicKey} is with whoever gave the public key, and makes creds together with the token`,
    );
  }
}

/** Signs a user by the snapshot of its account. */
export async function issueUser(account: Cell, name: string, options: IssueUserOptions): Promise<IssuedUser> {
  const { context, signers } = account.session;
  account.assertThere();
  if (account.snapshot.token === undefined) {
    const why = "has changes that wait for the commit of a transaction, after which it can issue users";
    throw new NscError("ERR_TRANSACTION", `the account ${JSON.stringify(account.name)} ${why}`);
  }
  assertKnownOptions(options, ISSUE_USER);
  assertIssuedName(name);
  if (options.expires === undefined) {
    throw new NscError("ERR_ARGUMENT_INVALID", 'expires must be said for users that are issued, even if it is "never"');
  }
  const now = nowOf(context);
  const key = entityKey("user", options.key, context);
  const claims = userClaims(key.publicKey, name, options);
  applyInit(claims, options, now);

  const accountClaims = account.snapshot.claims as ReadonlyDeep<AccountClaims>;
  const operatorClaims = account.parent?.snapshot.claims as ReadonlyDeep<OperatorClaims> | undefined;
  const title = `user ${JSON.stringify(name)}`;
  if (options.role !== undefined)
    assertRole(accountClaims, `the account ${JSON.stringify(account.name)}`, options.role);
  const choice = await chooseSigner({
    what: `the ${title}`,
    issuer: {
      title: `the account ${JSON.stringify(account.name)}`,
      claims: accountClaims,
      strict: operatorClaims?.nats.strict_signing_key_usage === true,
      rotations: parseRotations(account.snapshot.rotations, account.path as AccountPath),
    },
    requested: options.role === undefined ? options.signer : { role: options.role },
    current: undefined,
    policy: context.signerPolicy,
    find: (publicKey) => signers.find(publicKey),
  });
  const { signer, scope } = choice;
  const draft = { title, claims, dropPermissions: false };
  fitToScope(draft, choice, undefined);
  assertAllowed(draft, { name: account.name, claims: accountClaims }, scope);
  if (signer.publicKey !== accountClaims.sub) claims.nats.issuer_account = accountClaims.sub;
  const issuedAt = issuedAtFor(`the ${title}`, now, revokedAt(accountClaims.nats, claims.sub));
  assertSound(claims, options, now);
  const token = await encode(claims, signer, { issuedAt, engine: context.engine });
  await auditIssued(context, "user", [...account.path, name], token);
  // What changed the claims may have said otherwise; nothing and less are never.
  const { exp = 0 } = claims;
  return new IssuedUser(name, token, key.publicKey, exp > 0 ? exp : undefined, key.pair);
}

/** What is made of the options alone has the types that it must have, so that it need not be read as if from a token. */
function assertSound(claims: UserClaims, options: IssueUserOptions, now: number): void {
  if (options.claims !== undefined) {
    assertValid(claims, { now });
    return;
  }
  const issues = new IssueCollector();
  validateUser(claims, { now }, issues);
  assertNoneBlocks(issues.issues);
}
