import type { NscError } from "../errors.ts";
import type { Answer } from "./answers.ts";
import type { FoundServer } from "./discovery.ts";
import type { TokenInForce } from "./in-force.ts";

/** What the servers that keep accounts answered to a request. */
export interface Answers {
  /** By the id of the server. */
  readonly answers: ReadonlyMap<string, Answer>;
  /** Why no more will come; nothing when all answered or the time was over. */
  readonly failure?: NscError;
}

/** The tokens of an account, an empty text for none. */
export interface FoundTokens {
  /** At servers that keep accounts, or at an account server. */
  readonly kept: readonly string[];
  /** At account services, which answer in place of such servers. */
  readonly served: readonly string[];
}

/** What keeps accounts: servers behind a connection, or an account server. */
export interface AccountKeepers {
  /** Those that keep accounts, by id. */
  readonly servers: ReadonlyMap<string, FoundServer>;
  /** Servers that are there, or are expected, and did not answer. */
  readonly unheard: readonly string[];
  /** The size in bytes of the largest token that they take. */
  readonly maxPayload: number;
  /** Whether they take accounts that signed themselves, to have them signed. */
  readonly takesUnsigned: boolean;
  /** How many accounts are asked for at a time, where nobody says it. */
  readonly concurrency: number;
  /** How long an answer may take, in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  /** Why nothing more can be asked, if it can't. */
  readonly broken: NscError | undefined;
  /** Why they can't be asked what they have, if they can't. */
  readonly lookupFailure: NscError | undefined;
  /** Why they can't be asked what they go by, if they can't. */
  readonly inForceFailure: NscError | undefined;
  /** How many of them may have an account. */
  countHolders(publicKey: string): number;
  /**
   * The token of an account at each that answers; nothing if they can't be asked.
   *
   * @throws NscError when this one can't be asked for
   */
  lookup(publicKey: string): Promise<FoundTokens | undefined>;
  /** The tokens that they go by, by the id of the server; nothing where they don't say. */
  inForce(publicKey: string): Promise<ReadonlyMap<string, TokenInForce>>;
  /** Gives them a token. */
  update(publicKey: string, token: string): Promise<Answers>;
}
