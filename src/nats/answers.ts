import { decodeUtf8 } from "../encoding/bytes.ts";
import { NscError, redact } from "../errors.ts";

/** A server, as it says of itself. */
export interface ServerIdentity {
  /** Its id, `N…`, another one each time that it starts; of an account server its URL. */
  readonly id: string;
  /** The name in its configuration; its id if it has none there. */
  readonly name: string;
  /** Such as "2.15.1"; nothing where the server does not say it. */
  readonly version?: string;
  readonly cluster?: string;
}

/** Of a server what it is, and nothing else that is known of it. */
export function identityOf({ id, name, version, cluster }: ServerIdentity): ServerIdentity {
  return { id, name, ...(version !== undefined && { version }), ...(cluster !== undefined && { cluster }) };
}

/** What a server answered. */
export interface Answer {
  readonly server: ServerIdentity;
  /** The answer; nothing if it is an error. */
  readonly data: unknown;
  /** The server's words, if it is an error. */
  readonly error?: string;
}

/**
 * Reads what servers answer: `{"server": …, "data": …}`, or `error` in place of `data`. Members in other places are theirs
 * to add.
 *
 * @throws NscError `ERR_NATS_REPLY`
 */
export function readAnswer(bytes: Uint8Array): Answer {
  const answer = readObject(bytes);
  const server = serverOf(answer["server"]);
  const error = answer["error"];
  if (error === undefined || error === null) {
    // The statistics of a server have their own name.
    return { server, data: answer["data"] ?? answer["statsz"] };
  }
  const description: unknown = (error as { readonly description?: unknown }).description;
  const words = typeof description === "string" ? description : JSON.stringify(error);
  return { server, data: undefined, error: redact(words) };
}

/** What a server says of what it did; it may quote what it was sent. */
export function wordsOf({ data, error }: Answer): string {
  if (error !== undefined) return error;
  const { message } = (data ?? {}) as { readonly message?: unknown };
  return typeof message === "string" ? redact(message) : "";
}

/** What came of something at a server; the others of its outcomes are good ones. */
interface AtServer {
  readonly server: ServerIdentity;
  readonly outcome: string;
  readonly message: string;
}

/** Whether a server refused, or did not answer. */
export function wentWrong({ outcome }: Pick<AtServer, "outcome">): boolean {
  return outcome === "failed" || outcome === "missing";
}

/** What went wrong at each of some servers, for people. */
export function tellWrong(wrong: readonly AtServer[]): string {
  const texts = wrong.map(({ server, outcome, message }) =>
    outcome === "failed" ? `${server.name} said: ${message}` : `${server.name} did not answer`,
  );
  return texts.join("; ");
}

function readObject(bytes: Uint8Array): { readonly [name: string]: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(bytes));
  } catch (cause) {
    throw unreadable("it is no JSON", cause);
  }
  if (typeof value !== "object" || value === null) throw unreadable("it is no object");
  return value as { readonly [name: string]: unknown };
}

function serverOf(value: unknown): ServerIdentity {
  const { id, name, ver, cluster } = (value ?? {}) as { readonly [name: string]: unknown };
  if (typeof id !== "string" || id === "") throw unreadable("it does not say which server it is from");
  return {
    id,
    name: typeof name === "string" && name !== "" ? name : id,
    ...(typeof ver === "string" && { version: ver }),
    ...(typeof cluster === "string" && cluster !== "" && { cluster }),
  };
}

function unreadable(why: string, cause?: unknown): NscError {
  return new NscError(
    "ERR_NATS_REPLY",
    `a server's answer can't be read: ${why}`,
    cause === undefined ? {} : { cause },
  );
}
