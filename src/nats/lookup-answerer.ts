import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import type { Operator } from "../authority/operator.ts";
import { isNscError, type NscError } from "../errors.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import type { AnsweredLookup, ServiceSettings } from "./account-service-options.ts";
import { findPlace, readAccount } from "./accounts.ts";
import { unservable } from "./push-guards.ts";
import { failureOf } from "./requests.ts";
import { LOOKUP, MARK } from "./resolvers.ts";
import { within } from "./timers.ts";

interface AnswererSettings extends Pick<ServiceSettings, "queue" | "answerUnknown" | "concurrency" | "timeout"> {
  readonly onLookup: (lookup: AnsweredLookup) => void;
  /** Called once no more questions will come: with what ended them. */
  readonly onEnd: (error: NscError) => void;
}

type Found = Pick<AnsweredLookup, "outcome" | "message"> & { readonly token: string | undefined };

/** Answers servers that ask for accounts. */
export class LookupAnswerer {
  readonly #connection: NatsConnection;
  readonly #operator: Operator;
  readonly #settings: AnswererSettings;
  readonly #waiting: Msg[] = [];
  #active = 0;
  #subscription: Subscription | undefined;
  #isStopped = false;
  #onIdle: () => void = () => undefined;

  constructor(connection: NatsConnection, operator: Operator, settings: AnswererSettings) {
    this.#connection = connection;
    this.#operator = operator;
    this.#settings = settings;
  }

  /** @throws NscError `ERR_NATS_CONNECTION`, `ERR_NATS_PERMISSION` */
  async start(): Promise<void> {
    let refusal: NscError | undefined;
    try {
      this.#subscription = this.#connection.subscribe(LOOKUP, {
        queue: this.#settings.queue,
        callback: (error, message) => {
          if (error === null) return this.#take(message);
          refusal = failureOf(error, `questions for accounts can't be heard (${LOOKUP})`);
          this.#fail(refusal);
        },
      });
      await this.#connection.flush();
    } catch (error) {
      throw failureOf(error, "the connection can't be used");
    }
    if (refusal !== undefined) throw refusal;
    this.#connection.closed().then(
      (reason) => this.#fail(failureOf(reason ?? undefined, "the connection was closed")),
      (reason: unknown) => this.#fail(failureOf(reason, "the connection was closed")),
    );
  }

  /** Takes no more questions, and resolves when those that came are answered. */
  async drain(): Promise<void> {
    if (this.#isStopped) return;
    // A connection that is lost may come back, and no server waits for longer.
    const { timeout } = this.#settings;
    await within(timeout, Promise.resolve(this.#subscription?.drain()));
    if (this.#active > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    // What was answered is sent.
    if (!this.#connection.isClosed()) await within(timeout, this.#connection.flush());
  }

  stop(): void {
    this.#isStopped = true;
    this.#waiting.length = 0;
    if (!this.#connection.isClosed()) this.#subscription?.unsubscribe();
  }

  #fail(error: NscError): void {
    if (!this.#isStopped) this.#settings.onEnd(error);
  }

  #take(message: Msg): void {
    if (this.#active >= this.#settings.concurrency) {
      this.#waiting.push(message);
      return;
    }
    this.#active += 1;
    this.#work(message).catch((error: unknown) => this.#settings.onEnd(failureOf(error, "a hook failed")));
  }

  async #work(first: Msg): Promise<void> {
    try {
      for (let message: Msg | undefined = first; message !== undefined; message = this.#waiting.shift()) {
        await this.#answer(message);
      }
    } finally {
      this.#active -= 1;
      if (this.#active === 0) this.#onIdle();
    }
  }

  async #answer(message: Msg): Promise<void> {
    const begin = performance.now();
    const publicKey = message.subject.split(".")[3] ?? "";
    // Servers don't answer that either.
    if (!isPublicKey(publicKey, "account")) return;
    const { token, ...found } = await this.#find(publicKey);
    if (this.#isStopped) return;
    const isToldNothing = found.outcome === "failed" || (token === undefined && !this.#settings.answerUnknown);
    // Who compares servers has to know that this is none.
    const mark = message.data.length > 0 ? MARK : "";
    if (!isToldNothing && !this.#connection.isClosed()) message.respond(`${mark}${token ?? ""}`);
    this.#settings.onLookup({ publicKey, ...found, milliseconds: performance.now() - begin });
  }

  async #find(publicKey: string): Promise<Found> {
    try {
      const place = await findPlace(this.#operator, publicKey);
      const account = place && (await readAccount(this.#operator, place));
      if (account === undefined || account.publicKey !== publicKey) {
        return { token: undefined, outcome: "unknown", message: "there is no such account" };
      }
      const check = () => unservable(account, this.#operator, this.#connection.info?.max_payload ?? 1024 * 1024);
      let violation = check();
      if (violation?.guard === "foreign-issuer") {
        // It may have been signed by a key that the operator has since.
        await this.#operator.refresh();
        violation = check();
      }
      if (violation !== undefined) return { token: undefined, outcome: "refused", message: violation.message };
      return { token: account.token, outcome: "served", message: "" };
    } catch (error) {
      if (!isNscError(error)) throw error;
      return { token: undefined, outcome: "failed", message: error.message };
    }
  }
}
