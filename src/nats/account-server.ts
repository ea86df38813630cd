import { parseDecoratedToken } from "../creds/creds.ts";
import { isNscError, NscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import { trustedKeys } from "../jwt/trusted-keys.ts";
import { type AccountServerAddress, type AccountServerTarget, addressOf } from "./account-server-target.ts";
import type { Answer } from "./answers.ts";
import type { FoundServer } from "./discovery.ts";
import { exchange, type HttpAnswer } from "./exchange.ts";
import type { TokenInForce } from "./in-force.ts";
import type { AccountKeepers, Answers, FoundTokens } from "./keepers.ts";
import { readable } from "./newest.ts";
import { type NatsOptions, type Waiting, waitingOf } from "./target.ts";

/** So many requests in a row that reach nobody, and it is gone. */
const MOST_FAILURES = 16;

/** The token of the operator that an account server has. */
interface ServedOperator {
  readonly token: string;
  readonly claims: OperatorClaims;
}

/** An account server that speaks HTTP. */
export class AccountServer implements AccountKeepers {
  readonly unheard: readonly string[] = [];
  readonly maxPayload: number = 1024 * 1024;
  readonly takesUnsigned: boolean = true;
  readonly concurrency: number = 16;
  readonly lookupFailure: undefined;
  readonly inForceFailure: undefined;
  readonly servers: ReadonlyMap<string, FoundServer>;
  /** The token of its operator, if it shows one. */
  readonly operatorToken: string | undefined;
  readonly #address: AccountServerAddress;
  readonly #waiting: Waiting;
  readonly #server: FoundServer;
  /** How many requests in a row reached nobody. */
  #failures = 0;
  #broken: NscError | undefined;

  private constructor(address: AccountServerAddress, waiting: Waiting, operator: ServedOperator | undefined) {
    this.#address = address;
    this.#waiting = waiting;
    this.operatorToken = operator?.token;
    this.#server = {
      id: address.url,
      name: address.url,
      accounts: undefined,
      trustedKeys: operator && new Set(trustedKeys(operator.claims)),
      systemAccount: operator?.claims.nats.system_account,
    };
    this.servers = new Map([[address.url, this.#server]]);
  }

  /**
   * Looks whether it is there, and has work done with it.
   *
   * @throws NscError `ERR_NATS_CONNECTION`, `ERR_NATS_TIMEOUT`, `ERR_ARGUMENT_INVALID`
   */
  static async use<T>(
    target: AccountServerTarget,
    options: NatsOptions,
    work: (server: AccountServer) => Promise<T>,
  ): Promise<T> {
    const address = addressOf(target);
    const waiting = waitingOf(options);
    if (options.expectServers !== undefined) {
      throw new NscError("ERR_ARGUMENT_INVALID", "an account server is one: leave expectServers out");
    }
    const result = await work(new AccountServer(address, waiting, await findOperator(address, waiting)));
    waiting.signal?.throwIfAborted();
    return result;
  }

  get timeout(): number {
    return this.#waiting.timeout;
  }

  get signal(): AbortSignal | undefined {
    return this.#waiting.signal;
  }

  get broken(): NscError | undefined {
    return this.#broken;
  }

  countHolders(): number {
    return 1;
  }

  async lookup(publicKey: string): Promise<FoundTokens> {
    const { status, body, words } = await this.#ask("GET", publicKey);
    if (status === 404) return { kept: [""], served: [] };
    if (status !== 200) throw new NscError("ERR_NATS_REFUSED", `${this.#at(publicKey)} answers ${status} ${words}`);
    const token = parseDecoratedToken(body.trim());
    const found = readable(token)?.sub;
    if (found === publicKey) return { kept: [token], served: [] };
    const what = found === undefined ? "something that is no token of an account" : `the token of ${found}`;
    throw new NscError("ERR_NATS_REPLY", `${this.#at(publicKey)} answers with ${what}`);
  }

  async inForce(): Promise<ReadonlyMap<string, TokenInForce>> {
    return new Map();
  }

  async update(publicKey: string, token: string): Promise<Answers> {
    try {
      const answer = answerOf(this.#server, await this.#ask("POST", publicKey, token));
      return { answers: new Map([[this.#server.id, answer]]) };
    } catch (failure) {
      if (!isNscError(failure) || this.signal?.aborted === true) throw failure;
      return { answers: new Map(), failure };
    }
  }

  #at(publicKey: string): string {
    return `${this.#address.url}/accounts/${publicKey}`;
  }

  async #ask(method: "GET" | "POST", publicKey: string, body?: string): Promise<HttpAnswer> {
    if (this.#broken !== undefined) throw this.#broken;
    const path = `accounts/${publicKey}`;
    try {
      const question = { method, path, ...this.#waiting, ...(body !== undefined && { body }) };
      const answer = await exchange(this.#address, question);
      this.#failures = 0;
      return answer;
    } catch (error) {
      if (isUnreachable(error) && this.signal?.aborted !== true) {
        this.#failures += 1;
        if (this.#failures >= MOST_FAILURES) this.#broken ??= error;
      }
      throw error;
    }
  }
}

/** What an account server says of a token, as servers say it. */
function answerOf(server: FoundServer, { status, words }: HttpAnswer): Answer {
  if (status === 200 || status === 204) return { server, data: { code: 200, message: words } };
  // It has the token, and has to have it signed.
  if (status === 201 || status === 202) return { server, data: { code: 202, message: words } };
  return { server, data: undefined, error: `${status} ${words}` };
}

/** The token of the operator; nothing where it is not shown, or can't be read. */
async function findOperator(address: AccountServerAddress, waiting: Waiting): Promise<ServedOperator | undefined> {
  // The older interface may have it in the older format.
  const newer = /^(?<root>.*)\/jwt\/v1$/.exec(address.url)?.groups?.["root"];
  if (newer !== undefined) {
    const found = await operatorAt({ ...address, url: `${newer}/jwt/v2` }, waiting);
    if (found !== undefined) return found;
  }
  return operatorAt(address, waiting);
}

async function operatorAt(address: AccountServerAddress, waiting: Waiting): Promise<ServedOperator | undefined> {
  try {
    const { status, body } = await exchange(address, { method: "GET", path: "operator", ...waiting });
    if (status !== 200) return undefined;
    const token = parseDecoratedToken(body.trim());
    return { token, claims: decode(token, { kind: "operator" }) };
  } catch (error) {
    if (!isNscError(error) || isUnreachable(error) || waiting.signal?.aborted === true) throw error;
    return undefined;
  }
}

function isUnreachable(error: unknown): error is NscError {
  return isNscError(error, "ERR_NATS_CONNECTION") || isNscError(error, "ERR_NATS_TIMEOUT");
}
