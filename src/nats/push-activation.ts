import { assertKnownOptions } from "../authority/options.ts";
import { NscError } from "../errors.ts";
import { activationHashId } from "../jwt/activation-hash.ts";
import { decode } from "../jwt/decode.ts";
import { type AccountServerTarget, addressOf } from "./account-server-target.ts";
import { exchange } from "./exchange.ts";
import { type NatsOptions, waitingOf } from "./target.ts";

/** Options of `pushActivation`. */
export type PushActivationOptions = Pick<NatsOptions, "timeout" | "signal">;

/** An activation that an account server has. */
export interface PushedActivation {
  /** Where it is found from now on. */
  readonly url: string;
  /** What the server says to people; nothing if it says nothing. */
  readonly message: string;
}

/**
 * Puts an activation onto an account server that speaks HTTP, from where whoever is to import by it can fetch it. Servers with
 * resolvers keep none. nsc: `generate activation --push`.
 *
 * @param target - the account server, such as `{ url: operator.claims.nats.account_server_url }`
 * @param token - the activation
 * @throws NscError those of `decode`, `ERR_ARGUMENT_INVALID`, `ERR_NATS_CONNECTION`, `ERR_NATS_TIMEOUT`, `ERR_NATS_AUTHORIZATION`,
 * `ERR_NATS_REFUSED` when the server does not take it; the reason of the signal
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { createKeyPair, Nsc } from "nsc.js";
 * import { pushActivation } from "nsc.js/nats";
 *
 * const server = createServer((_request, response) => response.end()).listen(0, "127.0.0.1");
 * await new Promise((listening) => server.once("listening", listening));
 * const { port } = server.address() as { port: number };
 *
 * const shop = await (await new Nsc().addOperator("local")).addAccount("SHOP");
 * await shop.addExport({ subject: "orders.>", type: "stream", private: true });
 * const token = await shop.issueActivation({ to: createKeyPair("account").publicKey, subject: "orders.>" });
 * const { url } = await pushActivation({ url: `http://127.0.0.1:${port}/jwt/v1` }, token);
 * url.includes("/jwt/v1/activations/"); // true
 * server.close();
 * ```
 */
export async function pushActivation(
  target: AccountServerTarget,
  token: string,
  options: PushActivationOptions = {},
): Promise<PushedActivation> {
  assertKnownOptions(options, ["timeout", "signal"]);
  const hash = activationHashId(decode(token, { kind: "activation" }));
  const address = addressOf(target);
  const question = { method: "POST", path: "activations", body: token, ...waitingOf(options) } as const;
  const { status, words, body } = await exchange(address, question);
  const url = `${address.url}/activations`;
  if (status < 200 || status > 299) throw new NscError("ERR_NATS_REFUSED", `${url} answers ${status} ${words}`);
  return { url: `${url}/${hash}`, message: body === "" ? "" : words };
}
