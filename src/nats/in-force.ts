import { isNscError, type NscError } from "../errors.ts";
import { type Answer, readAnswer } from "./answers.ts";
import type { Talk } from "./target.ts";

export const ACCOUNTZ = "$SYS.REQ.SERVER.PING.ACCOUNTZ";

/** What a server goes by for an account. */
export interface TokenInForce {
  readonly token: string;
  /** Whether it does not let anybody in by it any more: it has expired, or the account was deleted there. */
  readonly isExpired: boolean;
}

/** Asks servers which tokens of accounts they go by, which need not be those that they keep. */
export class InForce {
  readonly #talk: Talk;
  readonly #servers: ReadonlyMap<string, unknown>;
  /** Servers that did not answer once. */
  readonly #silent = new Set<string>();
  #failure: NscError | undefined;

  constructor(talk: Talk, servers: ReadonlyMap<string, unknown>) {
    this.#talk = talk;
    this.#servers = servers;
  }

  /** Why they can't be asked, if they can't. */
  get failure(): NscError | undefined {
    return this.#failure;
  }

  /** The tokens by the id of the server; nothing of servers that have not used the account since they were started. */
  async of(publicKey: string): Promise<ReadonlyMap<string, TokenInForce>> {
    const answers = new Map<string, Answer>();
    if (this.#failure === undefined) await this.#ask(publicKey, answers);
    const tokens = new Map<string, TokenInForce>();
    for (const [id, { data }] of answers) {
      const { jwt, expired } = ((data ?? {}) as Accountz).account_detail ?? {};
      if (typeof jwt === "string" && jwt !== "") tokens.set(id, { token: jwt, isExpired: expired === true });
    }
    return tokens;
  }

  #ask(publicKey: string, answers: Map<string, Answer>): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        end();
        clearTimeout(timer);
        resolve();
      };
      const awaited = (): string[] =>
        [...this.#servers.keys()].filter((id) => !answers.has(id) && !this.#silent.has(id));
      const end = this.#talk.requests.send({
        subject: ACCOUNTZ,
        payload: JSON.stringify({ account: publicKey }),
        onReply: (data) => {
          try {
            const answer = readAnswer(data);
            if (this.#servers.has(answer.server.id)) answers.set(answer.server.id, answer);
          } catch (error) {
            if (!isNscError(error)) throw error;
          }
          if (awaited().length === 0) finish();
        },
        onFailure: (error) => {
          this.#failure ??= error;
          finish();
        },
      });
      const timer = setTimeout(() => {
        for (const id of awaited()) this.#silent.add(id);
        finish();
      }, this.#talk.timeout);
    });
  }
}

interface Accountz {
  readonly account_detail?: { readonly jwt?: unknown; readonly expired?: unknown };
}
