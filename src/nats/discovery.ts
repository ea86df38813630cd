/**
 * Which servers there are behind a connection. No protocol says it, so that several are asked.
 *
 * @module
 */

import { compareVersions, isVersion } from "../encoding/server-version.ts";
import { isNscError, NscError } from "../errors.ts";
import { decodeUnverified } from "../jwt/decode.ts";
import { trustedKeys } from "../jwt/trusted-keys.ts";
import { type Answer, readAnswer, type ServerIdentity } from "./answers.ts";
import type { Talk } from "./target.ts";

/** How long it has to be quiet before nobody else is expected to answer, in milliseconds. */
export const QUIET = 300;
/** The same while fewer have answered than there are by what these say: some may be on the other side of the world. */
const MISSING_QUIET = 1000;

export const LIST = "$SYS.REQ.CLAIMS.LIST";
/** Why there is nobody to push to, where servers answer other questions. */
export const NO_KEEPERS = "no server has a NATS resolver: the memory resolver has its accounts from the configuration";
/** What servers are asked who they are; `…PING.IDZ` is shorter, but does not say how many there are. */
export const PING = "$SYS.REQ.SERVER.PING.STATSZ";
const VARZ = "$SYS.REQ.SERVER.PING.VARZ";

/** What a user needs to be permitted for {@link discover}; all but the first may be refused. */
export const DISCOVERY_SUBJECTS: readonly string[] = [LIST, PING, VARZ];

/** A server that was found. */
export interface FoundServer extends ServerIdentity {
  /** The accounts that it keeps; nothing for servers without a NATS resolver, or where it was not asked. */
  readonly accounts: ReadonlySet<string> | undefined;
  /** The issuers of accounts that it trusts; nothing where it does not say. */
  readonly trustedKeys: ReadonlySet<string> | undefined;
  /** Its system account; nothing where it does not say. */
  readonly systemAccount: string | undefined;
}

/** What was found. */
export interface Discovery {
  /** The servers that keep accounts, by id; all servers, where they were not asked for lists. */
  readonly resolvers: ReadonlyMap<string, FoundServer>;
  /** Whether the servers said which accounts they keep. */
  readonly isListed: boolean;
  /** Servers that are there, or are expected, and did not answer. */
  readonly unheard: readonly string[];
}

/** The accounts that servers said they keep, each once. */
export function accountsAt(servers: ReadonlyMap<string, FoundServer>): ReadonlySet<string> {
  return new Set([...servers.values()].flatMap(({ accounts }) => [...(accounts ?? [])]));
}

/**
 * Finds the servers that keep accounts.
 *
 * @param listed - whether they have to say which; a server with 10,000 accounts takes some 650 ms for that
 * @throws NscError `ERR_NATS_NO_RESOLVER` when there are none, `ERR_NATS_PERMISSION`, `ERR_NATS_TIMEOUT`, `ERR_NATS_CONNECTION`
 */
export async function discover(talk: Talk, listed: boolean): Promise<Discovery> {
  // A server answers one after the other: of one that has answered the last question and not what it keeps, no list will
  // come, and one that has answered only the first is looking through what it keeps.
  const survey = new Survey(talk, listed ? ["ping", "list", "varz"] : ["ping", "varz"]);
  await survey.done;
  // Who may not ask how many servers there are can still ask what they have.
  if (!listed && (survey.isForbidden || survey.hasSilentLookups)) return discover(talk, true);
  return survey.result();
}

type Question = "list" | "ping" | "varz";

const SUBJECTS: Readonly<Record<Question, string>> = { list: LIST, ping: PING, varz: VARZ };

class Survey {
  readonly done: Promise<void>;
  readonly #talk: Talk;
  readonly #questions: readonly Question[];
  readonly #begin = performance.now();
  readonly #answers: Readonly<Record<Question, Map<string, Answer>>> = {
    list: new Map(),
    ping: new Map(),
    varz: new Map(),
  };
  readonly #failures = new Map<Question, NscError>();
  readonly #ends: (() => void)[] = [];
  #finish: () => void = () => undefined;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #unreadable: NscError | undefined;

  constructor(talk: Talk, questions: readonly Question[]) {
    this.#talk = talk;
    this.#questions = questions;
    const deadline = setTimeout(() => this.#end(), talk.timeout);
    this.done = new Promise<void>((resolve) => {
      this.#finish = resolve;
    }).finally(() => clearTimeout(deadline));
    for (const question of questions) {
      const end = talk.requests.send({
        subject: SUBJECTS[question],
        onReply: (data) => this.#take(question, data),
        onFailure: (error) => this.#fail(question, error),
      });
      this.#ends.push(end);
    }
  }

  get isForbidden(): boolean {
    return this.#failures.get("ping")?.code === "ERR_NATS_PERMISSION";
  }

  /** Whether a server says nothing when it is asked for an account that it does not have. */
  get hasSilentLookups(): boolean {
    return [...this.#answers.ping.values()].some(({ server: { version = "" } }) => {
      return isVersion(version) && compareVersions(version, "2.9.17") < 0;
    });
  }

  result(): Discovery {
    const { list, ping, varz } = this.#answers;
    const isListed = this.#vital === "list";
    if (this.#answers[this.#vital].size === 0) {
      const failure = this.#failures.get(this.#vital);
      throw failure === undefined ? this.#nobody() : this.#explain(failure);
    }
    const ids = new Set([...list.keys(), ...ping.keys(), ...varz.keys()]);
    const found = [...ids].map((id) => this.#serverOf(id));
    const resolvers = isListed ? found.filter(({ accounts }) => accounts !== undefined) : found;
    return {
      resolvers: new Map(resolvers.map((server) => [server.id, server])),
      isListed,
      unheard: this.#unheard(found),
    };
  }

  /** What nothing can be done without. */
  get #vital(): "list" | "ping" {
    return this.#questions.includes("list") ? "list" : "ping";
  }

  #take(question: Question, data: Uint8Array): void {
    try {
      const answer = readAnswer(data);
      this.#answers[question].set(answer.server.id, answer);
    } catch (error) {
      if (!isNscError(error)) throw error;
      this.#unreadable ??= error;
    }
    clearTimeout(this.#quiet);
    if (this.#isComplete() || this.#failures.has(this.#vital)) this.#end();
    else if (this.#answers[this.#vital].size > 0 && !this.#isAnyoneBusy()) {
      // Where one server has to look through many accounts, others have to do so, too.
      const isShort = this.#answers.ping.size < this.#count();
      const quiet = Math.max(isShort ? MISSING_QUIET : QUIET, performance.now() - this.#begin);
      this.#quiet = setTimeout(() => this.#end(), quiet);
    }
  }

  #fail(question: Question, error: NscError): void {
    this.#failures.set(question, error);
    // Nothing can be done without an answer to it; the others may say why there is none.
    const isOver =
      this.#failures.size === this.#questions.length || (question === "list" && this.#answers.ping.size > 0);
    const isLost = error.code === "ERR_NATS_CONNECTION" || error.code === "ERR_NATS_AUTHORIZATION";
    if (isOver || isLost || (question === "ping" && this.#vital === "ping") || this.#isComplete()) this.#end();
  }

  #end(): void {
    clearTimeout(this.#quiet);
    for (const end of this.#ends) end();
    this.#finish();
  }

  /** Whether everybody has said everything, so that there is nothing to wait for. */
  #isComplete(): boolean {
    const { list, ping, varz } = this.#answers;
    const count = this.#count();
    const wasHeard = (answers: ReadonlyMap<string, Answer>, question: Question): boolean =>
      this.#failures.has(question) || answers.size >= count;
    const answers = { list, ping, varz };
    return ping.size > 0 && this.#questions.every((question) => wasHeard(answers[question], question));
  }

  /** Whether a server that is there is at its list; how many accounts it has, nobody knows. */
  #isAnyoneBusy(): boolean {
    const { ping, varz } = this.#answers;
    if (this.#vital !== "list" || this.#failures.has("varz")) return false;
    return [...ping.keys()].some((id) => !varz.has(id));
  }

  /** How many servers there are by whoever asks; 0 if it was not said. */
  get #expected(): number {
    const { expectServers } = this.#talk;
    return typeof expectServers === "number" ? expectServers : expectServers.length;
  }

  /** How many servers there are, as far as anybody knows. */
  #count(): number {
    const known = [...this.#answers.ping.values()].map(({ data }) => activeServers(data));
    return Math.max(this.#expected, this.#answers.ping.size, ...known);
  }

  #serverOf(id: string): FoundServer {
    const { list, ping, varz } = this.#answers;
    const { server } = (list.get(id) ?? ping.get(id) ?? varz.get(id)) as Answer;
    const accounts = list.get(id)?.data;
    const { trusted_operators_jwt: tokens, system_account: systemAccount } = (varz.get(id)?.data ?? {}) as Varz;
    return {
      ...server,
      accounts: Array.isArray(accounts) ? new Set(accounts.filter((key) => typeof key === "string")) : undefined,
      trustedKeys: Array.isArray(tokens) && tokens.length > 0 ? keysOf(tokens) : undefined,
      systemAccount: typeof systemAccount === "string" && systemAccount !== "" ? systemAccount : undefined,
    };
  }

  #unheard(found: readonly FoundServer[]): readonly string[] {
    const { expectServers } = this.#talk;
    const heard = new Set(found.flatMap(({ id, name }) => [id, name]));
    const routed = [...this.#answers.ping.values()].flatMap(({ data }) => {
      const { routes } = statistics(data);
      return Array.isArray(routes) ? routes.map((route: { readonly name?: unknown } | null) => route?.name) : [];
    });
    const expected = typeof expectServers === "number" ? [] : expectServers;
    const names = [...routed, ...expected].filter(
      (name) => typeof name === "string" && name !== "" && !heard.has(name),
    );
    const unheard = [...new Set(names as string[])];
    // Servers count one that crashed for minutes, even when it is back, so that whoever says how many there are knows better.
    const count = this.#expected > 0 ? this.#expected : this.#count();
    while (found.length + unheard.length < count) unheard.push("a server whose name is not known");
    return unheard;
  }

  #nobody(): NscError {
    return this.#unreadable ?? new NscError("ERR_NATS_TIMEOUT", `no server answered within ${this.#talk.timeout} ms`);
  }

  #explain(failure: NscError): NscError {
    if (failure.code !== "ERR_NATS_NO_RESOLVER") return failure;
    const isSystem = this.#answers.ping.size > 0;
    const why = isSystem
      ? NO_KEEPERS
      : "nobody answers: either no server has a NATS resolver, or the connection is not one of the system account";
    return new NscError("ERR_NATS_NO_RESOLVER", why);
  }
}

interface Varz {
  readonly trusted_operators_jwt?: unknown;
  readonly system_account?: unknown;
}

function statistics(data: unknown): { readonly active_servers?: unknown; readonly routes?: unknown } {
  return (data ?? {}) as { readonly active_servers?: unknown; readonly routes?: unknown };
}

/** More than anybody runs; who says so is no server. */
const MOST_SERVERS = 10_000;

function activeServers(data: unknown): number {
  const { active_servers: count } = statistics(data);
  return typeof count === "number" && count <= MOST_SERVERS ? count : 1;
}

/** The issuers that a server trusts by the tokens in its configuration, which it has checked. */
function keysOf(tokens: readonly unknown[]): ReadonlySet<string> | undefined {
  try {
    return new Set(tokens.flatMap((token) => trustedKeys(decodeUnverified(token as string, "operator"))));
  } catch (error) {
    // A server of the future may have tokens that are not known here.
    if (isNscError(error)) return undefined;
    throw error;
  }
}
