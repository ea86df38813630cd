import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { isNscError, NscError } from "../errors.ts";
import { randomId } from "./random-id.ts";

/** A request that any number of servers may answer. */
export interface Request {
  readonly subject: string;
  readonly payload?: string | Uint8Array;
  /** An answer came. */
  readonly onReply: (data: Uint8Array) => void;
  /** No more answers will come: nobody listens, it is not permitted, or the connection is gone. It is over by that. */
  readonly onFailure: (error: NscError) => void;
}

/** What the status of a connection may hold; the client's types differ between its versions. */
interface StatusEvent {
  readonly type: string;
  readonly error?: { readonly name?: string; readonly operation?: string; readonly subject?: string };
}

/**
 * Requests to many servers at a time, over one subscription. A request is sent again when the connection was lost and came
 * back, so that servers may answer twice: whatever is asked through it may be asked twice.
 */
export class Requests {
  readonly #connection: NatsConnection;
  readonly #inbox: string;
  readonly #open = new Map<string, Request>();
  readonly #release: () => void;
  #count = 0;
  #isReleased = false;
  #failure: NscError | undefined;

  /**
   * @param connection - a connection of a user of the system account
   * @param inboxPrefix - where its user may subscribe
   */
  constructor(connection: NatsConnection, inboxPrefix: string) {
    this.#connection = connection;
    this.#inbox = `${inboxPrefix}.${randomId()}`;
    const subscription = connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#dispatch(message);
        else this.#failAll(failureOf(error, "the answers can't be received"));
      },
    });
    const statuses = connection.status();
    this.#watch(statuses as AsyncIterable<StatusEvent>).catch((reason: unknown) => this.#failClosed(reason));
    this.#release = () => {
      this.#isReleased = true;
      // Only the iterator of the client itself can be stopped while nothing happens.
      (statuses as { stop?: () => void }).stop?.();
      if (!connection.isClosed()) subscription.unsubscribe();
    };
  }

  /** The size in bytes of the largest request that the server takes. */
  get maxPayload(): number {
    return this.#connection.info?.max_payload ?? 1024 * 1024;
  }

  /**
   * Sends a request.
   *
   * @returns ends it, so that no more of its answers are looked at
   */
  send(request: Request): () => void {
    this.#count += 1;
    const id = this.#count.toString(36);
    this.#open.set(id, request);
    const end = (): void => void this.#open.delete(id);
    const failure = this.#failure ?? this.#publish(id, request);
    // Never before this function has returned, on which callers rely.
    if (failure !== undefined) queueMicrotask(() => this.#fail(id, failure));
    return end;
  }

  /** Ends all requests and lets go of the connection, which stays open. */
  close(): void {
    this.#release();
    this.#failAll(new NscError("ERR_NATS_CONNECTION", "the requests were given up"));
  }

  #publish(id: string, { subject, payload = "" }: Request): NscError | undefined {
    try {
      this.#connection.publish(subject, payload, { reply: `${this.#inbox}.${id}` });
      return undefined;
    } catch (error) {
      return failureOf(error, `the request to ${subject} can't be sent`);
    }
  }

  #dispatch(message: Msg): void {
    const id = message.subject.slice(this.#inbox.length + 1);
    if (message.headers?.code === 503 && message.data.length === 0) {
      const subject = this.#open.get(id)?.subject;
      this.#fail(id, new NscError("ERR_NATS_NO_RESOLVER", `no server answers requests to ${subject}`));
    } else this.#open.get(id)?.onReply(message.data);
  }

  async #watch(statuses: AsyncIterable<StatusEvent>): Promise<void> {
    for await (const { type, error } of statuses) {
      if (type === "reconnect") for (const [id, request] of this.#open) this.#publish(id, request);
      if (error?.name !== "PermissionViolationError" || error.operation !== "publish") continue;
      for (const [id, { subject }] of this.#open) {
        if (subject === error.subject) this.#fail(id, failureOf(error, `requests to ${subject}`));
      }
    }
    // It ends with the connection, too. Whatever waits for that from the beginning would stay with a connection that does.
    if (!this.#isReleased) this.#failClosed(await this.#connection.closed());
  }

  #failClosed(reason: unknown): void {
    if (!this.#isReleased) this.#failAll(failureOf(reason ?? undefined, "the connection was closed"));
  }

  #fail(id: string, error: NscError): void {
    const request = this.#open.get(id);
    this.#open.delete(id);
    request?.onFailure(error);
  }

  #failAll(error: NscError): void {
    this.#failure ??= error;
    for (const id of [...this.#open.keys()]) this.#fail(id, error);
  }
}

/** What went wrong with a connection, coded. */
export function failureOf(cause: unknown, what: string): NscError {
  if (isNscError(cause)) return cause;
  const name = cause instanceof Error ? cause.name : "";
  const why = cause instanceof Error ? `${what}: ${cause.message}` : what;
  const options = cause === undefined ? {} : { cause };
  if (name === "PermissionViolationError") {
    return new NscError(
      "ERR_NATS_PERMISSION",
      `${what}: the user of the connection is not permitted to do it: ${(cause as Error).message}`,
      options,
    );
  }
  // The client does not send it, such as a message that is too large; the connection is none the worse.
  if (name === "InvalidArgumentError") return new NscError("ERR_NATS_REFUSED", why, options);
  if (name === "AuthorizationError" || name === "UserAuthenticationExpiredError") {
    return new NscError("ERR_NATS_AUTHORIZATION", why, options);
  }
  return new NscError("ERR_NATS_CONNECTION", why, options);
}
