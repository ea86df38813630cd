/**
 * The errors of this library: one base class, a closed union of codes, and a guard that works across copies of the
 * package.
 *
 * @module
 */

/**
 * Every code an {@link NscError} can carry. Adding a code is a minor change, removing one is a major change; messages may
 * change at any time, except where they are the Go library's own.
 */
export type NscErrorCode =
  /** An argument has the wrong type or is outside the range that the function documents. */
  | "ERR_ARGUMENT_INVALID"
  /** The nkey holds a character that base32 does not have. */
  | "ERR_NKEY_CHARACTER"
  /** The nkey is written in lower case. */
  | "ERR_NKEY_CASE"
  /** The nkey is too short or too long. */
  | "ERR_NKEY_LENGTH"
  /** The nkey's checksum does not fit its content. */
  | "ERR_NKEY_CHECKSUM"
  /** The nkey is of another kind than the one needed (prefix byte). */
  | "ERR_NKEY_PREFIX"
  /** The text is a valid nkey but no seed, or a seed whose content is not 32 bytes of a known kind. */
  | "ERR_NKEY_SEED"
  /** The operation needs a private key and the pair holds only the public one. */
  | "ERR_NKEY_PUBLIC_ONLY"
  /** The operation does not exist for this kind of key: curve keys do not sign, others do not seal. */
  | "ERR_NKEY_OPERATION"
  /** The key pair was wiped with `clear()`. */
  | "ERR_NKEY_CLEARED"
  /** A sealed message is too short, has another version, or was not sealed for this key by that sender. */
  | "ERR_NKEY_SEALED"
  /** No source of secure randomness was found, or the injected one returned something else than the bytes asked for. */
  | "ERR_CRYPTO_RANDOM"
  /** The platform has no Web Crypto, or none with Ed25519. */
  | "ERR_CRYPTO_UNSUPPORTED"
  /** The JSON text is malformed. */
  | "ERR_JSON_SYNTAX"
  /** A JSON value has another type than its field, or a number is outside the field's range. */
  | "ERR_JSON_TYPE"
  /** The JSON text is nested too deeply. */
  | "ERR_JSON_DEPTH"
  /** The token is larger than 1 MiB. */
  | "ERR_JWT_SIZE"
  /** The token does not consist of three base64url chunks. */
  | "ERR_JWT_FORMAT"
  /** The token's header names another type or algorithm than NATS uses. */
  | "ERR_JWT_HEADER"
  /** The token was made for a version of the format that this library does not read. */
  | "ERR_JWT_VERSION"
  /** The token is of another kind than the one asked for, or of a kind that does not exist any more. */
  | "ERR_JWT_KIND"
  /** The signature does not belong to the token and its issuer. */
  | "ERR_JWT_SIGNATURE"
  /** The issuer is a key of a kind that may not issue such claims. */
  | "ERR_JWT_ISSUER"
  /** The claims are of no known kind, or not of the kind that is needed. */
  | "ERR_CLAIMS_KIND"
  /** A member of the claims is not known; see `allowUnknown`. */
  | "ERR_CLAIMS_UNKNOWN_FIELD"
  /** A member of the claims has the wrong JavaScript type. */
  | "ERR_CLAIMS_TYPE"
  /** A number in the claims is no integer, is not exact, or is outside the range of its field. */
  | "ERR_CLAIMS_INTEGER"
  /** A member of the claims has a value that cannot be encoded. */
  | "ERR_CLAIMS_VALUE"
  /** The claims were validated and have issues; the error carries them. */
  | "ERR_CLAIMS_INVALID"
  /** The subject of the claims is missing or a key of the wrong kind. */
  | "ERR_CLAIMS_SUBJECT"
  /** No signer was given, or what was given is neither a `Signer` nor a key pair. */
  | "ERR_SIGNER_INVALID"
  /** The signer is a key of a kind that may not issue such claims. */
  | "ERR_SIGNER_KIND"
  /** The signer failed, or what it returned is not its signature. */
  | "ERR_SIGNER_FAILED"
  /** The text holds no credentials, or a part of them is missing. */
  | "ERR_CREDS_FORMAT"
  /** The seed is not the one of the token's subject. */
  | "ERR_CREDS_MISMATCH"
  /** The token or the seed is of a kind that credentials are not made of. */
  | "ERR_CREDS_KIND"
  /** The text of a nats-server configuration is malformed; the message names line and column. */
  | "ERR_CONFIG_SYNTAX"
  /** A value cannot be written into a nats-server configuration, or the options contradict each other. */
  | "ERR_CONFIG_VALUE"
  /** An operator or account is not valid, or the system account is missing or contradicts the tokens. */
  | "ERR_CONFIG_ACCOUNT"
  /** An account is not signed by a key that the operator trusts. */
  | "ERR_CONFIG_TRUST"
  /** Something that a commit was decided on was changed meanwhile; reading again and retrying will do. */
  | "ERR_STORE_CONFLICT"
  /** The store can't keep an entity of this name. */
  | "ERR_STORE_NAME"
  /** A commit would leave a token without the one above it. */
  | "ERR_STORE_PARENT"
  /** The medium of the store failed: no space, no permission, no connection. */
  | "ERR_STORE_IO"
  /** Another process has the store locked and does not let go of it. */
  | "ERR_STORE_LOCKED"
  /** What the store holds can't be read: a broken token, a key that is another's. Nothing else is affected. */
  | "ERR_STORE_DAMAGED"
  /** A store does not do what the contract of stores says. */
  | "ERR_STORE_CONTRACT"
  /** A name is empty, too long, or holds what nsc, file systems or Kubernetes can't keep. */
  | "ERR_NAME_INVALID"
  /** A key that was given is none, or not one of the kind of the entity. */
  | "ERR_KEY_KIND"
  /** Stored tokens name a key whose seed is to be removed. */
  | "ERR_KEY_IN_USE"
  /** There is an entity of that name, or with that key, already. */
  | "ERR_ENTITY_EXISTS"
  /** There is no entity of that name or key. */
  | "ERR_ENTITY_NOT_FOUND"
  /** A handle is used with another `Nsc` than the one that it is from. */
  | "ERR_HANDLE_FOREIGN"
  /** A transaction that is over is used further, or its token is asked for before it was signed. */
  | "ERR_TRANSACTION"
  /** The audit function failed to take down a change, which was committed nonetheless. */
  | "ERR_AUDIT_FAILED"
  /** An edit changes what is set by other means; the message says by which. */
  | "ERR_CLAIMS_MANAGED"
  /** A user of a role was given permissions or limits of its own. */
  | "ERR_USER_SCOPED"
  /** Limits are such that servers would cut off a user or everybody, or are the opposite of what they look like. */
  | "ERR_LIMITS"
  /** The private key that would have to sign is not at hand; the message names the keys that would do. */
  | "ERR_SIGNER_MISSING"
  /** Several keys could sign and none was asked for. */
  | "ERR_SIGNER_AMBIGUOUS"
  /** There is no signing key or role of the name that was asked for. */
  | "ERR_SIGNER_UNKNOWN"
  /** The signer is no key of the issuer, so nobody would trust what it signs. */
  | "ERR_SIGNER_UNTRUSTED"
  /** The operator demands signing keys, and the signer is an identity. */
  | "ERR_SIGNER_STRICT"
  /** The operator demands signing keys, and there is none or something is signed by an identity. */
  | "ERR_SIGNING_KEY_REQUIRED"
  /** Entities are signed by a signing key that is to go. */
  | "ERR_SIGNING_KEY_IN_USE"
  /** A step of the rotation of a signing key is not due, or the key takes part in a rotation that is under way. */
  | "ERR_ROTATION_STAGE"
  /** A name or tag would become wildcards or more tokens in the subjects of a role. */
  | "ERR_ROLE_TEMPLATE"
  /** The account disallows bearer tokens. */
  | "ERR_BEARER_DISALLOWED"
  /** What is asked for can't be done to the system account, or would leave the operator without one. */
  | "ERR_SYSTEM_ACCOUNT"
  /** A token would have to be issued more than an hour ahead of the clock. */
  | "ERR_CLOCK_AHEAD"
  /** A request for signatures or its response can't be read, or a request shows something else than would be signed. */
  | "ERR_REQUEST_FORMAT"
  /** The response is to another request for signatures, or signs what was not asked for. */
  | "ERR_REQUEST_MISMATCH"
  /** What a plan would do is no longer what it says, since the tree has changed; plan again. */
  | "ERR_PLAN_OUTDATED"
  /** Creds can't be made, since the user's private key is not at hand. */
  | "ERR_CREDS_KEY_MISSING"
  /** A source of creds failed, was too slow, or gave what is none; the error has the reason as its cause. */
  | "ERR_CREDS_SOURCE"
  /** A file with a whole tree is cut off, was tampered with, is of an unknown version, or holds no tree. */
  | "ERR_ARCHIVE_FORMAT"
  /** The passphrase or the identities don't open a file with a whole tree. */
  | "ERR_ARCHIVE_KEY"
  /** A package that only this function needs is not installed; the message says which. */
  | "ERR_DEPENDENCY_MISSING"
  /** A request for authorization is not one for this service, not sealed as agreed, expired, or was opened before. */
  | "ERR_CALLOUT_REQUEST"
  /** Servers would not let in the user that a request for authorization is answered with; the message says why. */
  | "ERR_CALLOUT_USER"
  /** There is no connection to servers, or it was lost. */
  | "ERR_NATS_CONNECTION"
  /** The servers refused the credentials. */
  | "ERR_NATS_AUTHORIZATION"
  /** The user of the connection may not ask what is to be asked. */
  | "ERR_NATS_PERMISSION"
  /** No server behind the connection keeps accounts that can be pushed, or the connection is not the system account's. */
  | "ERR_NATS_NO_RESOLVER"
  /** Servers did not answer in time. */
  | "ERR_NATS_TIMEOUT"
  /** A server answered something that can't be read. */
  | "ERR_NATS_REPLY"
  /** Something has not reached all servers, or was refused; the report says what. */
  | "ERR_NATS_INCOMPLETE"
  /** What is asked for would break something on the servers; the message says how it can be insisted on. */
  | "ERR_NATS_REFUSED"
  /** No nats-server binary was found. */
  | "ERR_SERVER_NOT_FOUND"
  /** The nats-server did not start, or ended by itself; the message holds the end of its log. */
  | "ERR_SERVER_START"
  /** The nats-server refused to reload its configuration, or ended instead; the message holds its words. */
  | "ERR_SERVER_RELOAD";

/** Options of {@link NscError}. */
export interface NscErrorOptions {
  /** What led to this error. */
  readonly cause?: unknown;
}

const BRAND = Symbol.for("nsc.js.error");

/**
 * Anything that looks like a token, a seed or a private key, also where it is cut off or follows an escape such as `\n`.
 * Public keys are not secrets and stay readable: 56 characters of base32, of which the first is neither S nor P. No
 * alternative goes over one stretch of text twice, so that a hostile one takes no time.
 */
const SECRETS: readonly RegExp[] = [
  /eyJ[\w-]{8,}(?:\.[\w-]*)*|(?<![\w-])[\w-]+\.[\w-]+\.[\w-]{80,}(?:\.[\w-]*)*/g,
  /(?<![A-Z2-7])(?:(?:S[OAUNCX]|P[A-D])[A-Z2-7]{22,}|[A-Z2-7]{6,}(?=…))|S[OAUNCX][A-Z2-7]{56,}|P[A-D][A-Z2-7]{54,}/g,
  /(?<![a-z2-7])(?:s[oaunx]|p[a-d])[a-z2-7]{50,}/g,
];

/**
 * The last line of defence behind the rule that no message is built from secrets: where a message names a member of the
 * claims or quotes a piece of its input as the Go library does, that piece may hold one.
 */
export function redact(message: string): string {
  return SECRETS.reduce((text, secrets) => text.replace(secrets, "[redacted]"), message);
}

/**
 * The one error class of the library. `code` says what happened, for programs; `message` says it for people, together
 * with what would do. Neither ever holds a seed, a token or creds.
 *
 * @example
 * ```ts
 * import { decode, isNscError } from "nsc.js";
 *
 * try {
 *   decode("not a token");
 * } catch (error) {
 *   if (!isNscError(error)) throw error;
 *   console.log(error.code); // "ERR_JWT_FORMAT"
 * }
 * ```
 */
export class NscError<Code extends NscErrorCode = NscErrorCode> extends Error {
  override readonly name: string = "NscError";
  /** What happened, stable across versions. */
  readonly code: Code;

  constructor(code: Code, message: string, options?: NscErrorOptions) {
    super(redact(message), options);
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * Tells whether `value` is an error of this library, also when it comes from another copy of the package.
 *
 * @param value - anything, usually what was caught
 * @param code - if given, the code must be this one
 *
 * @example
 * ```ts
 * import { isNscError, NscError } from "nsc.js";
 *
 * const error: unknown = new NscError("ERR_NKEY_CASE", "nkeys are written in upper case");
 * isNscError(error); // true
 * isNscError(error, "ERR_NKEY_CHECKSUM"); // false
 * ```
 */
export function isNscError<Code extends NscErrorCode = NscErrorCode>(
  value: unknown,
  code?: Code,
): value is NscError<Code> {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Record<symbol, unknown>)[BRAND] === true &&
    (code === undefined || (value as NscError).code === code)
  );
}
