import type { Flag } from "./flag.ts";
import { bool, text } from "./flag-types.ts";

/** How a client secures its connections to nats-servers. */
export const clientFlags: {
  readonly "tls-first": Flag<boolean>;
  readonly "ca-cert": Flag<string>;
  readonly "client-cert": Flag<string>;
  readonly "client-key": Flag<string>;
  readonly "tls-curves": Flag<string>;
} = {
  "tls-first": bool("use tls-first when connecting to the nats server"),
  "ca-cert": text("ca certificate file for tls connections", { completes: "file" }),
  "client-cert": text("client certificate file for tls connections", { completes: "file" }),
  "client-key": text("client key file for tls connections", { completes: "file" }),
  "tls-curves": text("comma-separated TLS curve preferences, such as P256,P384,P521", {
    completes: ["P256", "P384", "P521", "X25519"],
  }),
};

/** Which user of the system account asks nats-servers. */
export const systemUserFlags: {
  readonly "system-account": Flag<string>;
  readonly "system-user": Flag<string>;
} = {
  "system-account": text("system account to use with nats-servers; the operator's by default", {
    completes: "account",
  }),
  "system-user": text("user of the system account; by default one that is signed for the purpose", {
    completes: "user",
  }),
};
