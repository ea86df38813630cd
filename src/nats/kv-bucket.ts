import type { MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { decodeUtf8, encodeUtf8 } from "../encoding/bytes.ts";
import { NscError } from "../errors.ts";
import { type Deadline, Unclear } from "./kv-deadline.ts";

/** What a key holds. */
export interface KvEntry {
  readonly revision: number;
  /** Nothing after a deletion, and where nothing was ever. */
  readonly text: string | undefined;
  readonly time: string;
}

const NOTHING: KvEntry = { revision: 0, text: undefined, time: "" };

/** How the stream of a bucket is made. */
export interface BucketInit {
  readonly replicas: number;
  readonly history: number;
}

interface ApiError {
  readonly code: number;
  readonly err_code?: number;
  readonly description?: string;
}

interface StoredMessage {
  readonly seq: number;
  readonly hdrs?: string;
  readonly data?: string;
  readonly time: string;
}

const NO_MESSAGE = 10_037;
const NO_STREAM = 10_059;
/** JetStream is off, for the server or for the account. */
const NO_JETSTREAM: readonly number[] = [10_039, 10_076];
/** Another message is the last of the subject, or one that is about to be. */
const WRONG_REVISION: readonly number[] = [10_071, 10_164];
/** The client has given up for good, or it was not permitted. */
const FATAL =
  /^(?:ClosedConnection|DrainingConnection|PermissionViolation|Authorization|UserAuthenticationExpired|Invalid\w+)Error$/;
/** What stands around a value in a message. */
const OVERHEAD = 4096;

/**
 * A bucket as the leader of its stream has it. It speaks the wire protocol of JetStream: what reads for clients of buckets
 * may ask a replica that lags behind, and makes a consumer for each list.
 */
export class KvBucket {
  readonly name: string;
  readonly #connection: NatsConnection;
  readonly #headers: () => MsgHdrs;
  readonly #stream: string;
  readonly #subject: string;

  /**
   * @param connection - of a user of the account that has the bucket
   * @param headers - makes headers of a message
   * @param name - name of the bucket
   */
  constructor(connection: NatsConnection, headers: () => MsgHdrs, name: string) {
    this.name = name;
    this.#connection = connection;
    this.#headers = headers;
    this.#stream = `KV_${name}`;
    this.#subject = `$KV.${name}.`;
  }

  get connection(): NatsConnection {
    return this.#connection;
  }

  /** The size in bytes of the largest value. */
  get largest(): number {
    return (this.#connection.info?.max_payload ?? 1024 * 1024) - OVERHEAD;
  }

  /** The subject of a key. */
  subjectOf(key: string): string {
    return this.#subject + key;
  }

  /** Makes the stream unless it is there. What is there is looked at. */
  async open(init: BucketInit | undefined, deadline: Deadline): Promise<void> {
    const found = await this.#api("STREAM.INFO", {}, deadline, [NO_STREAM]);
    const config =
      found === undefined && init !== undefined
        ? await this.#api("STREAM.CREATE", this.#configOf(init), deadline)
        : found;
    if (config === undefined) {
      throw deadline.failure(`there is no bucket ${JSON.stringify(this.name)}: create it with { create: true }`);
    }
    const { allow_rollup_hdrs: rolls, mirror, max_age: age = 0, sealed } = (config as { config: BucketConfig }).config;
    if (rolls === true && mirror === undefined && age === 0 && sealed !== true) return;
    throw new NscError(
      "ERR_ARGUMENT_INVALID",
      `the bucket ${JSON.stringify(this.name)} can't be a store: it is a mirror, sealed, without rollups, or forgets by age`,
    );
  }

  #configOf({ replicas, history }: BucketInit): object {
    return {
      name: this.#stream,
      description: "nsc.js",
      subjects: [`${this.#subject}>`],
      retention: "limits",
      storage: "file",
      discard: "new",
      num_replicas: replicas,
      max_msgs_per_subject: history,
      max_msgs: -1,
      max_bytes: -1,
      max_age: 0,
      max_msg_size: -1,
      max_consumers: -1,
      // Nobody looks for a publication that was made twice by its id: revisions tell.
      duplicate_window: 1_000_000_000,
      allow_rollup_hdrs: true,
      deny_delete: true,
      allow_direct: false,
    };
  }

  /** What a key holds. */
  get(key: string, deadline: Deadline): Promise<KvEntry> {
    return this.#message({ last_by_subj: this.subjectOf(key) }, deadline);
  }

  /** What a key held at a revision or, if that is another key's, at its next one. */
  next(key: string, revision: number, deadline: Deadline): Promise<KvEntry> {
    return this.#message({ seq: revision, next_by_subj: this.subjectOf(key) }, deadline);
  }

  async #message(question: object, deadline: Deadline): Promise<KvEntry> {
    const answer = await this.#api("STREAM.MSG.GET", question, deadline, [NO_MESSAGE]);
    if (answer === undefined) return NOTHING;
    const { seq, hdrs, data = "", time } = (answer as { message: StoredMessage }).message;
    const isDeleted = hdrs !== undefined && /^(?:KV-Operation: *(?:DEL|PURGE)|Nats-Marker-Reason:)/m.test(atob(hdrs));
    return { revision: seq, text: isDeleted ? undefined : decodeUtf8(bytesOf(data)), time };
  }

  /**
   * Writes a key once, or removes it, if the key is at a revision still.
   *
   * @param isAlone - whether what it held before goes, instead of being history
   * @returns the new revision; nothing if the key is at another one
   * @throws Unclear when there is no answer, `ERR_STORE_IO` when it can't be
   */
  async put(
    key: string,
    text: string | undefined,
    revision: number,
    isAlone: boolean,
    deadline: Deadline,
  ): Promise<number | undefined> {
    const headers = this.#headers();
    headers.set("Nats-Expected-Last-Subject-Sequence", String(revision));
    if (text === undefined) headers.set("KV-Operation", isAlone ? "PURGE" : "DEL");
    if (isAlone) headers.set("Nats-Rollup", "sub");
    const value = encodeUtf8(text ?? "");
    const answer = await this.#request(this.subjectOf(key), value, deadline, headers);
    const { error, seq } = answer as { readonly error?: ApiError; readonly seq?: number };
    if (error === undefined && typeof seq === "number") return seq;
    if (error?.err_code !== undefined && WRONG_REVISION.includes(error.err_code)) return undefined;
    throw this.#refusal(error, deadline);
  }

  /** Forgets what keys held before a revision. */
  async purge(keys: string, before: number, deadline: Deadline): Promise<void> {
    await this.#api("STREAM.PURGE", { filter: this.subjectOf(keys), seq: before }, deadline);
  }

  /** Asks until there is an answer; nothing for errors that are none. */
  #api(api: string, body: object, deadline: Deadline, absent: readonly number[] = []): Promise<unknown> {
    return deadline.retry(async () => {
      const answer = await this.#request(`$JS.API.${api}.${this.#stream}`, encodeUtf8(JSON.stringify(body)), deadline);
      const { error } = answer as { readonly error?: ApiError };
      if (error === undefined) return answer;
      if (error.err_code !== undefined && absent.includes(error.err_code)) return undefined;
      throw this.#refusal(error, deadline);
    });
  }

  async #request(subject: string, payload: Uint8Array, deadline: Deadline, headers?: MsgHdrs): Promise<object> {
    if (this.#connection.isClosed()) throw deadline.failure("the connection was closed");
    let data: Uint8Array;
    try {
      const options = { timeout: deadline.attempt, ...(headers && { headers }) };
      ({ data } = await this.#connection.request(subject, payload, options));
    } catch (error) {
      const cause = error instanceof Error && error.name === "RequestError" && error.cause ? error.cause : error;
      const { name, message } = cause as Error;
      if (FATAL.test(name)) throw deadline.failure(message, error);
      throw new Unclear(message, { cause: error });
    }
    try {
      const answer: unknown = JSON.parse(decodeUtf8(data));
      if (typeof answer === "object" && answer !== null) return answer;
    } catch {
      // As good as any other answer that is none.
    }
    throw deadline.failure("the server answered something that can't be read");
  }

  #refusal(error: ApiError | undefined, deadline: Deadline): Error {
    const { code = 0, err_code: number = 0, description = "no reason" } = error ?? {};
    const why = `the server answered: ${description}`;
    // There is no leader at the moment.
    if (code === 503 && !NO_JETSTREAM.includes(number)) return new Unclear(why);
    return deadline.failure(why);
  }
}

interface BucketConfig {
  readonly allow_rollup_hdrs?: boolean;
  readonly mirror?: unknown;
  readonly max_age?: number;
  readonly sealed?: boolean;
}

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
