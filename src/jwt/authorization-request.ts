import type { Codec } from "../encoding/json-codec.ts";
import { always, type Members, optional, pointer, StructCodec } from "../encoding/json-struct.ts";
import { type Int64, int64, list, text, uint64 } from "../encoding/json-types.ts";
import { type CommonClaims, type CommonNats, commonClaims, commonNats } from "./common.ts";

/** The server that asks. Go: `ServerID`. */
export interface ServerId {
  name: string;
  host: string;
  /** Public key of the server; the audience of the response. */
  id: string;
  version?: string;
  cluster?: string;
  tags?: string[];
  /** Public curve key of the server, for sealing the response. */
  xkey?: string;
}

/** The connection. Go: `ClientInformation`. */
export interface ClientInformation {
  host?: string;
  id?: Int64;
  user?: string;
  name?: string;
  tags?: string[];
  name_tag?: string;
  kind?: string;
  type?: string;
  mqtt_id?: string;
  nonce?: string;
}

/** What the client sent to connect. Go: `ConnectOptions`. */
export interface ConnectOptions {
  jwt?: string;
  nkey?: string;
  /** The signed nonce. */
  sig?: string;
  /** The token of token authentication. */
  auth_token?: string;
  user?: string;
  pass?: string;
  name?: string;
  lang?: string;
  version?: string;
  protocol: Int64;
}

/** Go: `ClientTLS`. */
export interface ClientTls {
  version?: string;
  cipher?: string;
  /** PEM certificates, when they were not verified. */
  certs?: string[];
  /** Chains of PEM certificates; a chain may be `null` on the wire. */
  verified_chains?: (string[] | null)[];
}

/** The `nats` object of an authorization request. Go: `AuthorizationRequest`. */
export interface AuthorizationRequestNats extends CommonNats<"authorization_request"> {
  server_id: ServerId;
  /** The user key that the response must be about. */
  user_nkey: string;
  client_info: ClientInformation;
  connect_opts: ConnectOptions;
  client_tls?: ClientTls;
  request_nonce?: string;
}

/** Claims of an authorization request, by which a server asks an auth callout service. Go: `AuthorizationRequestClaims`. */
export interface AuthorizationRequestClaims extends CommonClaims {
  nats: AuthorizationRequestNats;
}

const serverId: StructCodec<ServerId> = new StructCodec<ServerId>({
  name: always(text),
  host: always(text),
  id: always(text),
  version: optional(text),
  cluster: optional(text),
  tags: optional(list(text)),
  xkey: optional(text),
});

const clientInformation: StructCodec<ClientInformation> = new StructCodec<ClientInformation>({
  host: optional(text),
  id: optional(uint64),
  user: optional(text),
  name: optional(text),
  tags: optional(list(text)),
  name_tag: optional(text),
  kind: optional(text),
  type: optional(text),
  mqtt_id: optional(text),
  nonce: optional(text),
});

const connectOptions: StructCodec<ConnectOptions> = new StructCodec<ConnectOptions>({
  jwt: optional(text),
  nkey: optional(text),
  sig: optional(text),
  auth_token: optional(text),
  user: optional(text),
  pass: optional(text),
  name: optional(text),
  lang: optional(text),
  version: optional(text),
  protocol: always(int64),
});

const clientTls: StructCodec<ClientTls> = new StructCodec<ClientTls>({
  version: optional(text),
  cipher: optional(text),
  certs: optional(list(text)),
  verified_chains: optional(list(list(text)) as Codec<(string[] | null)[]>),
});

export const authorizationRequestNats: Members<AuthorizationRequestNats> = {
  server_id: always(serverId),
  user_nkey: always(text),
  client_info: always(clientInformation),
  connect_opts: always(connectOptions),
  client_tls: optional(pointer(clientTls)),
  request_nonce: optional(text),
  ...commonNats<"authorization_request">(),
};

export const authorizationRequestNatsCodec: StructCodec<AuthorizationRequestNats> =
  new StructCodec<AuthorizationRequestNats>(authorizationRequestNats);

export const authorizationRequestCodec: StructCodec<AuthorizationRequestClaims> =
  new StructCodec<AuthorizationRequestClaims>({ ...commonClaims, nats: always(authorizationRequestNatsCodec) });
