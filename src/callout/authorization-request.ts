import type { CryptoEngine } from "../crypto/engine.ts";
import { encodeUtf8 } from "../encoding/bytes.ts";
import { deepFreeze } from "../encoding/freeze.ts";
import { isNscError } from "../errors.ts";
import type {
  AuthorizationRequestClaims,
  ClientInformation,
  ClientTls,
  ConnectOptions,
  ServerId,
} from "../jwt/authorization-request.ts";
import { decode } from "../jwt/decode.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { verifySignature } from "../jwt/verify.ts";

/**
 * A server's question whether somebody may connect, and as whom. What the client sent to connect is hostile until it was
 * checked, passwords and tokens are in it; printing the request shows neither.
 *
 * @example
 * ```ts
 * import type { AuthorizationRequest } from "nsc.js";
 *
 * function whoIs(request: AuthorizationRequest): string {
 *   const { user, pass } = request.connectOptions;
 *   return user === "alice" && pass === "s3cr3t" ? "alice" : "nobody";
 * }
 * ```
 */
export class AuthorizationRequest {
  /** The public key that the user's token must be about; another one for each attempt to connect. */
  readonly userKey: string;
  /** Public key of the server that asks. */
  readonly serverId: string;
  /** When the server stops waiting for the response, in seconds since 1970 by its clock. */
  readonly expires: number;
  /** Whether it was sealed for the service. */
  readonly isSealed: boolean;
  readonly #claims: ReadonlyDeep<AuthorizationRequestClaims>;
  readonly #engine: CryptoEngine;

  /** @internal */
  constructor(claims: AuthorizationRequestClaims, expires: number, isSealed: boolean, engine: CryptoEngine) {
    this.userKey = claims.nats.user_nkey;
    this.serverId = claims.nats.server_id.id;
    this.expires = expires;
    this.isSealed = isSealed;
    this.#claims = deepFreeze(claims);
    this.#engine = engine;
  }

  /** All that the server said. */
  get claims(): ReadonlyDeep<AuthorizationRequestClaims> {
    return this.#claims;
  }

  /** The server that asks. */
  get server(): ReadonlyDeep<ServerId> {
    return this.#claims.nats.server_id;
  }

  /** The connection, as the server sees it. */
  get client(): ReadonlyDeep<ClientInformation> {
    return this.#claims.nats.client_info;
  }

  /** What the client sent to connect: user and password, a token, an nkey, a user's token. */
  get connectOptions(): ReadonlyDeep<ConnectOptions> {
    return this.#claims.nats.connect_opts;
  }

  /** The TLS connection with the client's certificates, if it is one. */
  get tls(): ReadonlyDeep<ClientTls> | undefined {
    return this.#claims.nats.client_tls;
  }

  /**
   * The public user key that the client proved to hold, by its signature over what the server had it sign: the nkey that it
   * sent, or the subject of the user token that it sent. Servers don't look at such signatures when they ask; whoever
   * goes by `connectOptions.nkey` alone lets in everybody.
   *
   * @returns nothing when the client sent no signature, or a wrong one. Whether the key is anybody's, and whether the token is
   * good, it does not say
   *
   * @example
   * ```ts
   * import type { AuthorizationRequest } from "nsc.js";
   *
   * const members = new Map([["UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3", "alice"]]);
   * const memberOf = (request: AuthorizationRequest) => members.get(request.provenKey() ?? "");
   * ```
   */
  provenKey(): string | undefined {
    const { nonce = "" } = this.client;
    const { sig = "", nkey = "" } = this.connectOptions;
    if (nonce === "" || sig === "") return undefined;
    const key = nkey === "" ? this.#subjectOfToken() : nkey;
    // As servers read it: base64url without padding, or what was usual before.
    const text = sig.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    const signature = this.#engine.decodeBase64Url(text);
    if (key === undefined || typeof signature === "number") return undefined;
    return verifySignature(this.#engine, key, encodeUtf8(nonce), signature) ? key : undefined;
  }

  #subjectOfToken(): string | undefined {
    try {
      return decode(this.connectOptions.jwt ?? "", { kind: "user", engine: this.#engine }).sub;
    } catch (error) {
      if (!isNscError(error)) throw error;
      return undefined;
    }
  }
}
