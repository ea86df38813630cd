import { decodeUtf8 } from "../encoding/bytes.ts";
import { isNscError, NscError } from "../errors.ts";
import { type Answer, readAnswer, type ServerIdentity } from "./answers.ts";
import { type Discovery, type FoundServer, LIST, NO_KEEPERS, PING, QUIET } from "./discovery.ts";
import { InForce, type TokenInForce } from "./in-force.ts";
import type { AccountKeepers, Answers, FoundTokens } from "./keepers.ts";
import type { Talk } from "./target.ts";

export const UPDATE = "$SYS.REQ.CLAIMS.UPDATE";
export const LOOKUP = "$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP";
/** What answers of account services begin with, which are none of servers, where it is asked for them: no token has it. */
export const MARK = "nsc.js|";
export const PACK = "$SYS.REQ.CLAIMS.PACK";

/**
 * The servers that keep accounts, and what they are asked. A request is over when all have answered. A server that does not
 * answer in time, and has said nothing else meanwhile, is not waited for by other requests until it is heard of again.
 */
export class Resolvers implements AccountKeepers {
  readonly servers: Map<string, FoundServer>;
  readonly unheard: readonly string[];
  readonly takesUnsigned: boolean = false;
  readonly concurrency: number = 256;
  readonly #talk: Talk;
  readonly #inForce: InForce;
  readonly #isListed: boolean;
  /** Servers of which it is not known whether they keep accounts. */
  readonly #unsure = new Set<string>();
  /** Whether these are asked. */
  #isAsked = false;
  readonly #lastHeard = new Map<string, number>();
  readonly #silent = new Set<string>();
  /** Looks again whether a request is over. */
  readonly #waiting = new Set<() => void>();
  #broken: NscError | undefined;
  /** How many servers answer look-ups, which those that cache don't; nothing as long as it is not known. */
  #lookupCount: number | undefined;
  #lookupFailure: NscError | undefined;

  constructor(talk: Talk, { resolvers, isListed, unheard }: Discovery) {
    this.#talk = talk;
    this.unheard = unheard;
    this.#isListed = isListed;
    this.servers = new Map(resolvers);
    this.#inForce = new InForce(talk, this.servers);
    for (const id of resolvers.keys()) {
      this.#lastHeard.set(id, performance.now());
      if (!isListed) this.#unsure.add(id);
    }
  }

  get maxPayload(): number {
    return this.#talk.requests.maxPayload;
  }

  get timeout(): number {
    return this.#talk.timeout;
  }

  get signal(): AbortSignal | undefined {
    return this.#talk.signal;
  }

  /** Why nothing more can be asked: the connection is gone, the user is not permitted to, or no server answers any more. */
  get broken(): NscError | undefined {
    return this.#broken;
  }

  /** Why servers can't be asked what they have, if they can't. */
  get lookupFailure(): NscError | undefined {
    return this.#lookupFailure;
  }

  /** How many servers may have an account, by what they said in the beginning. */
  countHolders(publicKey: string): number {
    if (!this.#isListed) return this.servers.size;
    return [...this.servers.values()].filter(({ accounts }) => accounts?.has(publicKey) === true).length;
  }

  get inForceFailure(): NscError | undefined {
    return this.#inForce.failure;
  }

  inForce(publicKey: string): Promise<ReadonlyMap<string, TokenInForce>> {
    return this.#inForce.of(publicKey);
  }

  /** Gives a token to all servers. */
  update(_publicKey: string, token: string): Promise<Answers> {
    return this.ask(UPDATE, token);
  }

  /** Asks all servers. */
  async ask(subject: string, payload: string): Promise<Answers> {
    if (this.#broken !== undefined) return { answers: new Map(), failure: this.#broken };
    const answers = new Map<string, Answer>();
    let unreadable: NscError | undefined;
    const failure = await new Promise<NscError | undefined>((resolve) => {
      const finish = (error?: NscError): void => {
        end();
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(error);
      };
      const check = (): void => {
        if (this.#broken !== undefined) finish(this.#broken);
        else if (this.#haveAll(answers)) finish(unreadable);
      };
      const end = this.#talk.requests.send({
        subject,
        payload,
        onReply: (data) => {
          try {
            const answer = readAnswer(data);
            answers.set(answer.server.id, answer);
            this.#hear(answer);
          } catch (error) {
            if (!isNscError(error)) throw error;
            unreadable ??= error;
          }
          check();
        },
        onFailure: (error) => {
          if (error.code === "ERR_NATS_NO_RESOLVER") {
            // Nobody has shown yet that it keeps accounts.
            if (this.#unsure.size === this.servers.size) this.#break(new NscError(error.code, NO_KEEPERS));
          } else if (error.code !== "ERR_NATS_REFUSED") this.#break(error);
          finish(this.#broken ?? error);
        },
      });
      const timer = setTimeout(() => {
        this.#noteSilent(answers, unreadable);
        finish(unreadable);
      }, this.#talk.timeout);
      this.#waiting.add(check);
      if (this.#unsure.size > 0) this.#askWhoIsThere();
    });
    return { answers, ...(failure && { failure }) };
  }

  /** What servers keep now, by the id of the server. */
  async list(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const { answers } = await this.ask(LIST, "");
    const lists = new Map<string, ReadonlySet<string>>();
    for (const [id, { data }] of answers) if (Array.isArray(data)) lists.set(id, new Set(data));
    return lists;
  }

  /**
   * Asks for the tokens that servers have of an account; those that cache accounts don't answer, and nobody says which server
   * it is.
   *
   * @returns what each of those has that answered, an empty text for none; nothing if they can't be asked
   */
  async lookup(publicKey: string): Promise<FoundTokens | undefined> {
    if (this.#lookupFailure !== undefined || this.#broken !== undefined) return undefined;
    const kept: string[] = [];
    const served: string[] = [];
    const failure = await new Promise<NscError | undefined>((resolve) => {
      let quiet: ReturnType<typeof setTimeout> | undefined;
      const finish = (error?: NscError): void => {
        end();
        clearTimeout(timer);
        clearTimeout(quiet);
        resolve(error);
      };
      const timer = setTimeout(finish, this.#talk.timeout);
      const end = this.#talk.requests.send({
        subject: LOOKUP.replace("*", publicKey),
        // Servers pay no attention to it.
        payload: MARK,
        onReply: (data) => {
          const text = decodeUtf8(data);
          if (text.startsWith(MARK)) served.push(text.slice(MARK.length));
          else kept.push(text);
          clearTimeout(quiet);
          if (kept.length >= (this.#lookupCount ?? this.servers.size)) finish();
          else {
            quiet = setTimeout(() => {
              this.#lookupCount ??= kept.length;
              finish();
            }, QUIET);
          }
        },
        onFailure: finish,
      });
    });
    if (failure !== undefined) {
      this.#lookupFailure = failure;
      return undefined;
    }
    return { kept, served };
  }

  /**
   * Asks for the tokens of all accounts, of which any one server gives its own.
   *
   * @returns the tokens by account, and why there may be more
   */
  async pack(): Promise<{ readonly tokens: ReadonlyMap<string, string>; readonly failure?: NscError }> {
    const tokens = new Map<string, string>();
    const failure = await new Promise<NscError | undefined>((resolve) => {
      const finish = (error?: NscError): void => {
        end();
        clearTimeout(gap);
        resolve(error);
      };
      const wait = (): ReturnType<typeof setTimeout> =>
        setTimeout(
          () => finish(new NscError("ERR_NATS_TIMEOUT", `nothing came for ${this.#talk.timeout} ms`)),
          this.#talk.timeout,
        );
      let gap = wait();
      const end = this.#talk.requests.send({
        subject: PACK,
        onReply: (data) => {
          clearTimeout(gap);
          if (data.length === 0) {
            finish();
            return;
          }
          for (const line of decodeUtf8(data).split("\n")) {
            const bar = line.indexOf("|");
            if (bar > 0) tokens.set(line.slice(0, bar), line.slice(bar + 1));
          }
          gap = wait();
        },
        onFailure: finish,
      });
    });
    return { tokens, ...(failure && { failure }) };
  }

  #haveAll(answers: ReadonlyMap<string, Answer>): boolean {
    for (const id of this.servers.keys()) if (!answers.has(id) && !this.#silent.has(id)) return false;
    return answers.size > 0;
  }

  /**
   * Those that have nothing to say to what keepers of accounts answer don't keep any. A server answers one after the other, so
   * that it has had its say when it answers what was asked later; one that is slow, or silent, has not.
   */
  #askWhoIsThere(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#talk.requests.send({
      subject: PING,
      onReply: (data) => {
        const id = idIn(data);
        if (this.#unsure.has(id)) setTimeout(() => this.#dropUnsure(id), QUIET);
      },
      // Then it is not known, and they are waited for.
      onFailure: () => undefined,
    });
  }

  #dropUnsure(id: string): void {
    if (!this.#unsure.delete(id)) return;
    this.servers.delete(id);
    for (const check of [...this.#waiting]) check();
  }

  #hear({ server }: Answer): void {
    this.#lastHeard.set(server.id, performance.now());
    this.#silent.delete(server.id);
    this.#unsure.delete(server.id);
    // It was started meanwhile, or did not answer before.
    if (!this.servers.has(server.id)) {
      this.#forget(server);
      this.servers.set(server.id, { ...server, accounts: new Set(), trustedKeys: undefined, systemAccount: undefined });
    }
  }

  /** A server that was restarted has another id, and the one that it had will never answer again. */
  #forget({ id, name }: ServerIdentity): void {
    if (name === id) return;
    for (const [other, server] of this.servers) {
      if (server.name !== name) continue;
      this.servers.delete(other);
      this.#unsure.delete(other);
      this.#silent.delete(other);
    }
  }

  #noteSilent(answers: ReadonlyMap<string, Answer>, unreadable: NscError | undefined): void {
    const before = performance.now() - this.#talk.timeout;
    for (const { id } of this.servers.values()) {
      if (!answers.has(id) && (this.#lastHeard.get(id) ?? 0) <= before) this.#silent.add(id);
    }
    if (this.#silent.size === this.servers.size) {
      this.#break(unreadable ?? new NscError("ERR_NATS_TIMEOUT", `no server answered within ${this.#talk.timeout} ms`));
    } else for (const check of [...this.#waiting]) check();
  }

  #break(error: NscError): void {
    this.#broken ??= error;
    for (const check of [...this.#waiting]) check();
  }
}

/** The id of the server that answered; empty if it can't be read. */
function idIn(data: Uint8Array): string {
  try {
    return readAnswer(data).server.id;
  } catch (error) {
    if (isNscError(error)) return "";
    throw error;
  }
}

/** The tokens of all accounts at a server that is alone: what it gives at once is all there is. Of others, none. */
export async function packOf(keepers: AccountKeepers): Promise<ReadonlyMap<string, string>> {
  const isAlone = keepers instanceof Resolvers && keepers.servers.size === 1;
  return isAlone ? (await keepers.pack()).tokens : new Map();
}
