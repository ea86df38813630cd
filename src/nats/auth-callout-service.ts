import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { assertKnownOptions } from "../authority/options.ts";
import { AuthCallout } from "../callout/auth-callout.ts";
import type { AuthorizationRequest } from "../callout/authorization-request.ts";
import type { AuthorizationVerdict } from "../callout/verdict.ts";
import { parseWaitTime } from "../encoding/wait-time.ts";
import { NscError } from "../errors.ts";
import { assertCount, assertFunction, assertQueue } from "./option-checks.ts";
import { failureOf } from "./requests.ts";
import { within } from "./timers.ts";

/**
 * What came of a request. `allowed`, `denied`, `ignored`: as `authorize` said. `failed`: it threw, was too slow, or gave a user
 * whom servers would not let in; the client is refused. `refused`: it was no request for this service, and has no answer. `dropped`:
 * too many were waiting, or it waited for too long; it has no answer.
 */
export type AuthCalloutOutcome = "allowed" | "denied" | "ignored" | "failed" | "refused" | "dropped";

/** What came of a request, for metrics and logs. */
export interface AuthCalloutEvent {
  readonly outcome: AuthCalloutOutcome;
  /** The request; nothing when it was refused or dropped. */
  readonly request: AuthorizationRequest | undefined;
  /** How long it took since it was received, in milliseconds. */
  readonly milliseconds: number;
  /** Why it failed, was refused or dropped: what `authorize` threw, or an `NscError`. */
  readonly error: unknown;
}

/** Options of {@link serveAuthCallout}. */
export interface ServeAuthCalloutOptions {
  /**
   * Says who is let in: looks at `request.connectOptions` and the like. What it throws is for `onEvent` alone: servers and clients
   * hear only that it failed.
   *
   * @param signal - aborts when it is too late for an answer
   */
  readonly authorize: (
    request: AuthorizationRequest,
    signal: AbortSignal,
  ) => AuthorizationVerdict | Promise<AuthorizationVerdict>;
  /** Name of the queue group, in which instances of the service share requests; `auth-callout` by default. */
  readonly queue?: string;
  /** How many requests are under way at a time; 256 by default. */
  readonly concurrency?: number;
  /** How many more wait for that; those beyond have no answer. 4096 by default. */
  readonly maxWaiting?: number;
  /**
   * How long a request may take since it was received. It should be somewhat less than `authorization.timeout` of the servers,
   * which is 2 seconds unless it is configured. `"1500ms"` by default.
   */
  readonly timeout?: string;
  /** Called for each request when it is done. What it throws is passed over. */
  readonly onEvent?: (event: AuthCalloutEvent) => void;
}

/** A running auth callout service, one of any number of instances. With `await using` it is stopped at the end of the block. */
export interface AuthCalloutService extends AsyncDisposable {
  /** How many requests came to which end so far. */
  readonly counts: { readonly [Outcome in AuthCalloutOutcome]: number };
  /** How many are under way or wait. */
  readonly pending: number;
  /**
   * Resolves when it is over: with nothing after `stop()`, and with an `NscError` when the connection was closed, or its user may
   * not subscribe to requests. It never rejects.
   */
  readonly closed: Promise<NscError | undefined>;
  /**
   * Takes no more requests, answers those that have come, and resolves when servers have the answers, or when they are gone for
   * as long as `timeout`. The connection stays open. Other instances get what comes later: nobody is refused by it. May be called again.
   */
  stop(): Promise<void>;
}

const SUBJECT = "$SYS.REQ.USER.AUTH";
const XKEY = "Nats-Server-Xkey";
const OPTIONS = ["authorize", "queue", "concurrency", "maxWaiting", "timeout", "onEvent"];
/** What servers log where the reason stays here. */
const FAILED = "the auth callout service failed";

/**
 * Runs an auth callout: answers the requests of servers by what `authorize` says. Any number of instances share the work.
 * Requests that no server sent for this service have no answer, and everything else that goes wrong refuses the client. Like
 * `NewAuthorizationService` of `synadia-io/callout.go`, without its micro service.
 *
 * @param connection - a connection of the user of the service, who is in the account that has the callout and among its
 * `auth_users`; it stays open. It should reconnect for ever (`maxReconnectAttempts: -1`)
 * @param callout - keys and settings: `await authCallout(account)`, or `new AuthCallout(…)`
 * @param options - who is let in, and how much at a time
 * @returns the running service; it has subscribed
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_NATS_CONNECTION`, `ERR_NATS_PERMISSION`
 *
 * @example
 * ```ts
 * import { connect, credsAuthenticator } from "@nats-io/transport-node";
 * import { authCallout, serverConfig } from "nsc.js";
 * import { serveAuthCallout } from "nsc.js/nats";
 * import { startNatsServer, testAuthority } from "nsc.js/testing";
 *
 * const { operator, accounts } = await testAuthority({ accounts: { APP: { signingKey: true } } });
 * const { account, service, sentinel } = await operator.addAuthCalloutAccount("AUTH", { accounts: [accounts.APP] });
 * const server = await startNatsServer({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
 * const as = (creds: string) => credsAuthenticator(new TextEncoder().encode(creds));
 *
 * const connection = await connect({ servers: server.url, authenticator: as(await service.creds()) });
 * const running = await serveAuthCallout(connection, await authCallout(account), {
 *   authorize: async ({ userKey, connectOptions }) => {
 *     if (connectOptions.pass !== "s3cr3t") return { deny: "wrong password" };
 *     return accounts.APP.issueUser(connectOptions.user ?? "", { key: userKey, expires: "1h" });
 *   },
 * });
 *
 * const authenticator = [as((await sentinel?.creds()) ?? ""), () => ({ user: "alice", pass: "s3cr3t" })];
 * const client = await connect({ servers: server.url, authenticator });
 * running.counts.allowed; // 1
 *
 * await client.close();
 * await running.stop();
 * await connection.close();
 * await server.stop();
 * ```
 */
export async function serveAuthCallout(
  connection: NatsConnection,
  callout: AuthCallout,
  options: ServeAuthCalloutOptions,
): Promise<AuthCalloutService> {
  if (typeof (connection as Partial<NatsConnection> | undefined)?.subscribe !== "function") {
    throw invalid("the connection must be one of a NATS client");
  }
  if (!(callout instanceof AuthCallout))
    throw invalid("callout must be an AuthCallout, as authCallout(account) gives it");
  const service = new Service(connection, callout, settingsOf(options));
  await service.start();
  return service;
}

type Settings = Required<Omit<ServeAuthCalloutOptions, "timeout">> & { readonly timeout: number };

function settingsOf(options: ServeAuthCalloutOptions): Settings {
  assertKnownOptions(options, OPTIONS);
  const {
    authorize,
    queue = "auth-callout",
    concurrency = 256,
    maxWaiting = 4096,
    onEvent = () => undefined,
  } = options;
  if (typeof authorize !== "function") throw invalid("authorize must be a function");
  assertFunction(onEvent, "onEvent");
  assertQueue(queue);
  assertCount(concurrency, "concurrency", 1);
  assertCount(maxWaiting, "maxWaiting", 0);
  const timeout = parseWaitTime(options.timeout ?? "1500ms", "timeout");
  return { authorize, queue, concurrency, maxWaiting, timeout, onEvent };
}

/** A message, and when it came. */
interface Received {
  readonly message: Msg;
  readonly since: number;
}

interface Ending {
  readonly outcome: AuthCalloutOutcome;
  readonly request?: AuthorizationRequest;
  readonly error?: unknown;
}

class Service implements AuthCalloutService {
  readonly counts: { [Outcome in AuthCalloutOutcome]: number } = {
    allowed: 0,
    denied: 0,
    ignored: 0,
    failed: 0,
    refused: 0,
    dropped: 0,
  };
  readonly closed: Promise<NscError | undefined>;
  readonly #connection: NatsConnection;
  readonly #callout: AuthCallout;
  readonly #settings: Settings;
  /** The first is the next; from `#next` on, so that none has to move up. */
  #waiting: Received[] = [];
  #next = 0;
  #active = 0;
  #subscription: Subscription | undefined;
  #stopping: Promise<void> | undefined;
  #failure: NscError | undefined;
  #onIdle: () => void = () => undefined;
  #close: (failure: NscError | undefined) => void = () => undefined;

  constructor(connection: NatsConnection, callout: AuthCallout, settings: Settings) {
    this.#connection = connection;
    this.#callout = callout;
    this.#settings = settings;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  get pending(): number {
    return this.#active + this.#waiting.length - this.#next;
  }

  async start(): Promise<void> {
    try {
      this.#subscription = this.#connection.subscribe(SUBJECT, {
        queue: this.#settings.queue,
        callback: (error, message) => {
          if (error === null) this.#receive({ message, since: performance.now() });
          else this.#fail(failureOf(error, "requests for authorization can't be received"));
        },
      });
      // The answer to it comes after a refusal of the subscription.
      await this.#connection.flush();
    } catch (error) {
      throw failureOf(error, "requests for authorization can't be subscribed to");
    }
    if (this.#failure !== undefined) throw this.#failure;
    const gone = (reason: unknown): void => this.#fail(failureOf(reason ?? undefined, "the connection was closed"));
    this.#connection.closed().then(gone, gone);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#drain();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #drain(): Promise<void> {
    // A connection that is lost may come back, and no server waits for longer.
    const { timeout } = this.#settings;
    // Over after the servers' answer to it, before which all comes that they sent to this instance.
    const isDrained = await within(timeout, Promise.resolve(this.#subscription?.drain()));
    if (!isDrained && !this.#connection.isClosed()) this.#subscription?.unsubscribe();
    if (this.pending > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    if (!this.#connection.isClosed()) await within(timeout, this.#connection.flush());
    this.#close(this.#failure);
  }

  #fail(error: NscError): void {
    if (this.#stopping !== undefined) return;
    this.#failure ??= error;
    this.#close(this.#failure);
  }

  #receive(received: Received): void {
    if (this.#active < this.#settings.concurrency) this.#begin(received);
    else if (this.#waiting.length - this.#next < this.#settings.maxWaiting) this.#waiting.push(received);
    else this.#end(received, { outcome: "dropped", error: dropped("too many requests are waiting") });
  }

  #begin(received: Received): void {
    this.#active += 1;
    const done = (ending: Ending): void => {
      this.#end(received, ending);
      this.#active -= 1;
      this.#beginNext();
    };
    this.#answer(received).then(done, (error: unknown) => done({ outcome: "failed", error }));
  }

  #beginNext(): void {
    const received = this.#waiting[this.#next];
    if (received === undefined) {
      this.#waiting = [];
      this.#next = 0;
      if (this.#active === 0) this.#onIdle();
      return;
    }
    this.#next += 1;
    if (this.#next > this.#settings.maxWaiting) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    this.#begin(received);
  }

  #end({ since }: Received, { outcome, request, error }: Ending): void {
    this.counts[outcome] += 1;
    try {
      this.#settings.onEvent({ outcome, request, milliseconds: performance.now() - since, error });
    } catch {
      // Whoever watches must not get in the way of who logs in.
    }
  }

  /** Answers a request, and says what came of it. */
  async #answer({ message, since }: Received): Promise<Ending> {
    const left = this.#settings.timeout - (performance.now() - since);
    if (left <= 0) return { outcome: "dropped", error: dropped("it waited for too long") };
    let request: AuthorizationRequest;
    try {
      request = this.#callout.open(message.data, message.headers?.get(XKEY) || undefined);
    } catch (error) {
      return { outcome: "refused", error };
    }
    try {
      const verdict = await this.#decide(request, left);
      const payload = await this.#callout.respond(request, verdict);
      if (payload !== undefined) message.respond(payload);
      return { outcome: outcomeOf(verdict), request };
    } catch (error) {
      return { outcome: "failed", request, error: await this.#denyFailed(message, request, error) };
    }
  }

  async #denyFailed(message: Msg, request: AuthorizationRequest, error: unknown): Promise<unknown> {
    try {
      const payload = await this.#callout.respond(request, { deny: FAILED });
      if (payload !== undefined) message.respond(payload);
      return error;
    } catch (second) {
      // Nobody is let in by silence either.
      return error instanceof NscError ? error : second;
    }
  }

  /** What `authorize` says, as long as somebody waits for it. */
  async #decide(request: AuthorizationRequest, left: number): Promise<AuthorizationVerdict> {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = new NscError("ERR_NATS_TIMEOUT", `authorize has not decided within ${this.#settings.timeout} ms`);
        controller.abort(error);
        reject(error);
      }, left);
    });
    try {
      return await Promise.race([this.#settings.authorize(request, controller.signal), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function outcomeOf(verdict: AuthorizationVerdict): AuthCalloutOutcome {
  if ("deny" in verdict) return "denied";
  return "ignore" in verdict ? "ignored" : "allowed";
}

function dropped(why: string): NscError {
  return new NscError("ERR_NATS_TIMEOUT", `the request for authorization has no answer: ${why}`);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
