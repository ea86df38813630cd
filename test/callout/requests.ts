/** Servers as tests of callouts need them: their keys, and what they ask. */

import {
  type AuthorizationRequestClaims,
  type AuthorizationRequestNats,
  createKeyPair,
  decode,
  encode,
  type KeyPair,
} from "nsc.js";
import { utf8 } from "../crypto/engines.ts";

/** 2026-01-01T00:00:00Z, where the clocks of these tests stand. */
export const NOW = 1_767_225_600;

export class AskingServer {
  readonly key: KeyPair = createKeyPair("server");
  readonly xkey: KeyPair = createKeyPair("curve");

  /** What it asks; `change` makes it something that no server would. */
  claims(callout: string, change: (claims: AuthorizationRequestClaims) => void = () => undefined) {
    const nats: AuthorizationRequestNats = {
      server_id: {
        name: "n1",
        host: "127.0.0.1",
        id: this.key.publicKey,
        version: "2.15.1",
        xkey: this.xkey.publicKey,
      },
      user_nkey: createKeyPair("user").publicKey,
      client_info: { host: "127.0.0.1", id: 7, user: "alice", kind: "Client", type: "nats" },
      connect_opts: { user: "alice", pass: "open sesame", protocol: 1 },
      type: "authorization_request",
    };
    const claims: AuthorizationRequestClaims = { aud: "nats-authorization-request", exp: NOW + 2, sub: callout, nats };
    change(claims);
    return claims;
  }

  async ask(callout: string, change?: (claims: AuthorizationRequestClaims) => void): Promise<Uint8Array> {
    return utf8(await encode(this.claims(callout, change), this.key, { issuedAt: NOW, allowUnknown: true }));
  }

  async askSealed(
    callout: string,
    xkey: string,
    change?: (claims: AuthorizationRequestClaims) => void,
  ): Promise<Uint8Array> {
    return this.xkey.seal(await this.ask(callout, change), xkey);
  }
}

/** The claims of a response that is not sealed. */
export function responseOf(payload: Uint8Array | undefined) {
  return decode(new TextDecoder().decode(payload), { kind: "authorization_response" });
}
