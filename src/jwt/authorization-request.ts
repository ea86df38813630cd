import type { Codec } from "../encoding/json-codec.ts";
import { always, type Members, optional, pointer, StructCodec } from "../encoding/json-struct.ts";
import { type Int64, int64, list, text, uint64 } from "../encoding/json-types.ts";
import { type CommonClaims, type CommonNats, commonClaims, commonNats } from "./common.ts";

/** The server that asks. Go: `ServerID`. */
export interface ServerId {
  /** Name of the server. */
  name: string;
  /** Address that the server listens on. */
  host: string;
  /** Public key of the server; the audience of the response. */
  id: string;
  /** Version of the server. */
  version?: string;
  /** Name of the cluster. */
  cluster?: string;
  /** Tags of the server. */
  tags?: string[];
  /** Public curve key of the server, for sealing the response. */
  xkey?: string;
}

/** The connection. Go: `ClientInformation`. */
export interface ClientInformation {
  /** Address of the client. */
  host?: string;
  /** Number of the connection at the server. */
  id?: Int64;
  /** What the server calls the user. */
  user?: string;
  /** Name that the client gave itself. */
  name?: string;
  /** Tags of the user. */
  tags?: string[];
  /** Name of the user's token. */
  name_tag?: string;
  /** `Client`, `Leafnode` and so on. */
  kind?: string;
  /** `nats`, `mqtt` or `websocket`. */
  type?: string;
  /** The client's id in MQTT. */
  mqtt_id?: string;
  /** What the client had to sign. */
  nonce?: string;
}

/** What the client sent to connect. Go: `ConnectOptions`. */
export interface ConnectOptions {
  /** A user's token. */
  jwt?: string;
  /** A user's public key. */
  nkey?: string;
  /** The signed nonce. */
  sig?: string;
  /** The token of token authentication. */
  auth_token?: string;
  /** The user name. */
  user?: string;
  /** The password. */
  pass?: string;
  /** Name that the client gave itself. */
  name?: string;
  /** Language of the client library. */
  lang?: string;
  /** Version of the client library. */
  version?: string;
  /** Version of the client protocol. */
  protocol: Int64;
}

/** Go: `ClientTLS`. */
export interface ClientTls {
  /** Version of TLS. */
  version?: string;
  /** Cipher suite. */
  cipher?: string;
  /** PEM certificates, when they were not verified. */
  certs?: string[];
  /** Chains of PEM certificates; a chain may be `null` on the wire. */
  verified_chains?: (string[] | null)[];
}

/** The `nats` object of an authorization request. Go: `AuthorizationRequest`. */
export interface AuthorizationRequestNats extends CommonNats<"authorization_request"> {
  /** The server that asks. */
  server_id: ServerId;
  /** The user key that the response must be about. */
  user_nkey: string;
  /** The connection. */
  client_info: ClientInformation;
  /** What the client sent to connect. */
  connect_opts: ConnectOptions;
  /** The TLS connection, if it is one. */
  client_tls?: ClientTls;
  /** What tells requests apart. */
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

const clientInformation: StructCodec<ClientInformation> = new StructCodec<ClientInformation>(
  {
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
  },
  // What Go calls MQTT is `mqtt_id` on the wire. Claims that have it under the former name are written as Go writes them,
  // without it.
  { ignored: ["mqtt"] },
);

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
