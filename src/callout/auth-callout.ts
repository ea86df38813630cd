/**
 * Auth callout without its transport: requests of servers are opened, and responses made.
 *
 * @module
 */

import { nowOf } from "../authority/context.ts";
import { assertKnownOptions } from "../authority/options.ts";
import { type CryptoEngine, defaultEngine } from "../crypto/engine.ts";
import { assertBytes, decodeUtf8, encodeUtf8 } from "../encoding/bytes.ts";
import { parseTimeSpan } from "../encoding/duration.ts";
import { escapeUnprintable } from "../encoding/go-text.ts";
import { parseWaitTime } from "../encoding/wait-time.ts";
import { NscError, redact } from "../errors.ts";
import type { AuthorizationRequestClaims } from "../jwt/authorization-request.ts";
import { decode } from "../jwt/decode.ts";
import { encode } from "../jwt/encode.ts";
import { assertNoneBlocks, validate } from "../jwt/validate.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { curvePairOf, type EncryptionKey } from "../nkeys/encryption-key.ts";
import type { KeyPair } from "../nkeys/key-pair.ts";
import { type ForeignKeyPair, type Signer, toSigner } from "../nkeys/signer.ts";
import { AuthorizationRequest } from "./authorization-request.ts";
import { assertToken, signUser, type UserRules } from "./callout-user.ts";
import { RequestMemory } from "./request-memory.ts";
import { type AuthorizationVerdict, readVerdict } from "./verdict.ts";

/** Settings of an {@link AuthCallout} that do not depend on who signs. */
export interface AuthCalloutSettings {
  /**
   * The curve key for which servers seal requests. With one, requests that are not sealed are refused; without one, those that
   * are.
   */
  readonly encryptionKey?: EncryptionKey;
  /** Former curve keys, for servers that don't know the present one yet; they open, too. */
  readonly olderEncryptionKeys?: readonly EncryptionKey[];
  /**
   * How long users may be let in for at most, as a time span such as `"8h"`. Tokens that live longer are refused, and users that
   * are signed here get it as their expiry. As long as they say by default.
   */
  readonly maxLifetime?: string;
  /** How far clocks of servers may be behind or ahead, such as `"500ms"`; `"1s"` by default. */
  readonly leeway?: string;
}

/** Options of {@link AuthCallout}. */
export interface AuthCalloutOptions extends AuthCalloutSettings {
  /**
   * Who signs responses: the account of the callout or one of its signing keys; or, where servers have accounts in their
   * configuration, the issuer that is named there, who signs users, too.
   */
  readonly signer: Signer | ForeignKeyPair;
  /** Public key of the account that has the callout. Left out, servers have no operator, and accounts in their configuration. */
  readonly account?: string;
  /** The time; the clock of the machine by default. */
  readonly clock?: () => Date;
  /** What computes; found by itself by default. */
  readonly engine?: CryptoEngine;
}

/** What a request was sealed between, since the server expects the response the same way. */
interface Seal {
  readonly pair: KeyPair;
  /** The curve key of the server. */
  readonly xkey: string;
}

/** The audience of requests, which servers write into them. */
const AUDIENCE = "nats-authorization-request";
/** The first bytes of a token, and of what is sealed. */
const PLAIN = "eyJ";
const SEALED = "xkv1";
/** A token of that size, sealed. Servers send no more than a mebibyte, unless they are told to. */
const MOST_BYTES: number = 1024 * 1024 + 44;
/** Servers write the reason into one line of their log. */
const MOST_REASON = 256;

const SETTINGS = ["encryptionKey", "olderEncryptionKeys", "maxLifetime", "leeway"];

/**
 * The part of an auth callout service that needs no connection: it opens requests, and makes responses. Each request is opened
 * once; what is no request of a server for this service is refused. `serveAuthCallout` of `nsc.js/nats` does the rest;
 * {@link authCallout} makes one of an account in a store.
 *
 * @example
 * ```ts
 * import { AuthCallout, createKeyPair } from "nsc.js";
 *
 * const issuer = createKeyPair("account"); // authorization { auth_callout { issuer: A…, auth_users: [service], xkey: X… } }
 * const xkey = createKeyPair("curve");
 * const callout = new AuthCallout({ signer: issuer, encryptionKey: xkey, maxLifetime: "8h" });
 *
 * // What a transport does with the message that it received.
 * async function answer(data: Uint8Array, header: string | undefined): Promise<Uint8Array | undefined> {
 *   const request = callout.open(data, header);
 *   if (request.connectOptions.pass !== "s3cr3t") return callout.respond(request, { deny: "wrong password" });
 *   return callout.respond(request, { user: { account: "APP", name: "alice", pub: ["orders.>"], expires: "1h" } });
 * }
 * callout.account === issuer.publicKey; // true
 * ```
 */
export class AuthCallout {
  /** Public key of the account that has the callout, or of the issuer where servers have accounts in their configuration. */
  readonly account: string;
  /** Whether there is an operator, so that users are let in by tokens of accounts. */
  readonly hasOperator: boolean;
  /** The public curve key for which servers are to seal requests. */
  readonly xkey: string | undefined;
  readonly #signer: Signer;
  readonly #pairs: readonly KeyPair[];
  readonly #maxLifetime: number | undefined;
  readonly #leeway: number;
  readonly #clock: () => Date;
  readonly #engine: CryptoEngine;
  readonly #memory = new RequestMemory();
  readonly #seals = new WeakMap<AuthorizationRequest, Seal | undefined>();

  /**
   * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_KEY_KIND` when the account or the signer is no key of an account,
   * `ERR_SIGNER_INVALID`, and those of `keyPairFromSeed`
   */
  constructor(options: AuthCalloutOptions) {
    assertKnownOptions(options, ["signer", "account", "clock", "engine", ...SETTINGS]);
    const { account, encryptionKey, olderEncryptionKeys = [], clock = () => new Date(), engine } = options;
    this.#signer = toSigner(options.signer);
    this.hasOperator = account !== undefined;
    this.account = account ?? this.#signer.publicKey;
    for (const key of [this.account, this.#signer.publicKey]) {
      if (!isPublicKey(key, "account"))
        throw new NscError("ERR_KEY_KIND", "account and signer must be keys of an account");
    }
    if (!Array.isArray(olderEncryptionKeys)) throw invalid("olderEncryptionKeys must be a list of curve keys");
    if (encryptionKey === undefined && olderEncryptionKeys.length > 0) {
      throw invalid("olderEncryptionKeys need an encryptionKey, without which requests are not sealed");
    }
    const pairs = olderEncryptionKeys.map((each) => curvePairOf(each, "each of olderEncryptionKeys"));
    if (encryptionKey !== undefined) pairs.unshift(curvePairOf(encryptionKey, "encryptionKey"));
    this.#pairs = pairs;
    this.xkey = pairs[0]?.publicKey;
    this.#maxLifetime = options.maxLifetime === undefined ? undefined : lifetimeOf(options.maxLifetime);
    this.#leeway = parseWaitTime(options.leeway ?? "1s", "leeway", "none") / 1000;
    this.#clock = clock;
    this.#engine = engine ?? defaultEngine;
  }

  /**
   * Opens a request: unseals it, and checks that a server's key signed it, for an auth callout, for this one, not long ago, and
   * that it was not opened before. That the key is one of *your* servers, nothing in a request proves: they make new keys when they
   * start. Servers see to it that no client can publish to the subject of requests.
   *
   * @param data - the payload of the message
   * @param xkey - the value of the header `Nats-Server-Xkey`, if the message has it
   * @throws NscError `ERR_CALLOUT_REQUEST` when it is not sealed as agreed, for somebody else, expired or was opened before;
   * `ERR_NKEY_SEALED` and others of that area when it can't be unsealed, `ERR_CLAIMS_INVALID`, and those of `decode`
   */
  open(data: Uint8Array, xkey?: string): AuthorizationRequest {
    assertBytes(data, "the request");
    if (data.length > MOST_BYTES) throw refused(`it has ${data.length} bytes, and requests are not larger than 1 MiB`);
    const begin = String.fromCharCode(...data.subarray(0, 4));
    const isSealed = begin === SEALED;
    if (!isSealed && !begin.startsWith(PLAIN)) throw refused("it is neither a token nor sealed");
    if (isSealed !== this.#pairs.length > 0) {
      const advice = "the callout of the account and the encryptionKey of the service must be of one key";
      throw refused(`it is ${isSealed ? "" : "not "}sealed: ${advice}`);
    }
    const { plain, seal } = isSealed ? this.#unseal(data, xkey) : { plain: data, seal: undefined };
    const claims = decode(decodeUtf8(plain), { kind: "authorization_request", engine: this.#engine });
    const expires = this.#assertRequest(claims, seal?.xkey);
    const request = new AuthorizationRequest(claims, expires, isSealed, this.#engine);
    this.#seals.set(request, seal);
    return request;
  }

  /**
   * Makes the response to a request, sealed for the server if the request was sealed.
   *
   * @param request - what {@link AuthCallout.open} gave
   * @param verdict - a user, a denial, or silence
   * @returns the payload of the message to reply with; nothing for silence
   * @throws NscError `ERR_CALLOUT_USER` when servers would not let the user in, `ERR_ARGUMENT_INVALID` for what is no verdict and
   * for a request of another callout, `ERR_NAME_INVALID`, `ERR_SIGNER_FAILED`
   */
  async respond(request: AuthorizationRequest, verdict: AuthorizationVerdict): Promise<Uint8Array | undefined> {
    if (!this.#seals.has(request)) throw invalid("the request was not opened by this callout");
    const answer = readVerdict(verdict);
    if (answer.kind === "ignore") return undefined;
    if (answer.kind === "deny") return this.#encode(request, { error: reasonOf(answer.reason) });
    const rules: UserRules = {
      userKey: request.userKey,
      issuer: this.hasOperator ? undefined : this.account,
      maxLifetime: this.#maxLifetime,
      now: this.#now(),
      engine: this.#engine,
    };
    if (answer.kind === "token") {
      assertToken(answer.token, rules);
      return this.#encode(request, { jwt: answer.token });
    }
    if (this.hasOperator) {
      const how = "account.issueUser(name, { key: request.userKey, expires })";
      throw invalid(`with an operator, a user is answered as a token of its account, as ${how} gives it`);
    }
    return this.#encode(request, { jwt: await signUser(answer.user, this.#signer, rules) });
  }

  #unseal(data: Uint8Array, xkey: string | undefined): { readonly plain: Uint8Array; readonly seal: Seal } {
    if (xkey === undefined) throw refused("it is sealed, and the message does not say by which key");
    let failure: unknown;
    for (const pair of this.#pairs) {
      try {
        return { plain: pair.open(data, xkey), seal: { pair, xkey } };
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }

  /** When the request expires. */
  #assertRequest(claims: AuthorizationRequestClaims, xkey: string | undefined): number {
    const { aud, iss, sub, exp = 0, nbf = 0, nats } = claims;
    if (aud !== AUDIENCE) throw refused("its audience is not an auth callout service");
    if (iss !== nats.server_id.id) throw refused("it is signed by another key than that of the server that it names");
    if (xkey !== undefined && nats.server_id.xkey !== xkey) {
      throw refused("it was sealed by another key than that of the server that it names");
    }
    if (sub !== this.account) throw refused(`it is for the callout of ${sub}, and this is that of ${this.account}`);
    const now = this.#now();
    assertNoneBlocks(validate(claims, { now, engine: this.#engine }), true);
    if (exp <= 0) throw refused("it does not expire");
    if (exp + this.#leeway < now) throw refused(`it expired ${now - exp} s ago: look at the clocks, or at the load`);
    if (nbf - this.#leeway > now) throw refused("it is not valid yet: look at the clocks");
    if (this.#memory.add(nats.user_nkey, exp + this.#leeway, now)) throw refused("it was opened before");
    return exp;
  }

  async #encode(
    request: AuthorizationRequest,
    content: { readonly jwt: string } | { readonly error: string },
  ): Promise<Uint8Array> {
    const { publicKey } = this.#signer;
    const nats = {
      ...content,
      ...(publicKey !== this.account && { issuer_account: this.account }),
      type: "authorization_response",
    } as const;
    // The server that asked does not wait for longer, and its clock is the one that counts.
    const claims = { sub: request.userKey, aud: request.serverId, exp: request.expires, nats };
    const token = await encode(claims, this.#signer, { issuedAt: this.#now(), engine: this.#engine });
    const payload = encodeUtf8(token);
    const seal = this.#seals.get(request);
    return seal === undefined ? payload : seal.pair.seal(payload, seal.xkey);
  }

  #now(): number {
    return nowOf({ clock: this.#clock });
  }
}

function lifetimeOf(text: unknown): number {
  const span = typeof text === "string" ? parseTimeSpan(text) : undefined;
  const seconds = span === undefined || span.months > 0 ? 0 : span.days * 24 * 60 * 60 + span.seconds;
  if (seconds > 0) return seconds;
  throw invalid('maxLifetime must be a time span such as "8h" or "7d", without months and years');
}

/** A reason as one line of a log, without what looks like a secret. */
function reasonOf(reason: string): string {
  const line = escapeUnprintable(redact(reason));
  return line.length > MOST_REASON ? `${line.slice(0, MOST_REASON)}…` : line;
}

function refused(why: string): NscError {
  return new NscError("ERR_CALLOUT_REQUEST", `this is no request for authorization to be answered: ${why}`);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
