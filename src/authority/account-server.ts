/**
 * The account server that servers with a URL resolver, and nsc, ask by HTTP.
 *
 * @module
 */

import { parseDecoratedToken } from "../creds/creds.ts";
import { readAtMost } from "../encoding/byte-stream.ts";
import { decodeUtf8 } from "../encoding/bytes.ts";
import { isNscError, NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { decode, decodeUnverified } from "../jwt/decode.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import { toJson } from "../jwt/to-json.ts";
import { trustedKeys } from "../jwt/trusted-keys.ts";
import { validate } from "../jwt/validate.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { adoptAccount } from "./adopt-account.ts";
import { nowOf } from "./context.ts";
import type { Operator } from "./operator.ts";
import { assertOperatorHandle } from "./operator-input.ts";
import { assertKnownOptions } from "./options.ts";
import { accountPlaceIn, type OperatorPath } from "./paths.ts";

/** An account that was sent to an account server. */
export interface PostedAccount {
  readonly publicKey: string;
  /** A key of the operator signed it. */
  readonly token: string;
  readonly claims: AccountClaims;
}

/** What an account server answered. */
export interface AnsweredRequest {
  readonly method: string;
  /** What was asked for, below the path of the account server, such as "/operator"; it is the caller's text. */
  readonly path: string;
  readonly status: number;
  /** What went wrong, if the status is 500. */
  readonly error?: unknown;
}

/** Options of {@link accountServer}. */
export interface AccountServerOptions {
  /** Where it is on its host; "/jwt/v1" by default. */
  readonly path?: string;
  /**
   * Whether a token that is sent is stored. It is called once everything else speaks for it, and has to look who asks. Without it
   * nothing can be sent. What is newer in the store stays, whatever it says.
   */
  readonly accept?: (account: PostedAccount, request: Request) => boolean | Promise<boolean>;
  /** Called for an account that was stored, before the answer, to have servers told of it. */
  readonly onStored?: (account: PostedAccount) => void | Promise<void>;
  /** Called for each answer, to count them. */
  readonly onAnswer?: (answer: AnsweredRequest) => void;
}

/** Status, body and headers of an answer. */
interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: { readonly [name: string]: string };
}

/** The largest token, with lines around it. */
const MOST_BYTES = 1024 * 1024 + 4096;

/**
 * An account server over the store of an operator, as a function from requests to responses: for `Deno.serve`, `Bun.serve`,
 * workers at the edge, or `node:http` with a few lines around it. Servers with a URL resolver ask it for accounts, and nsc, `push`
 * and `pull` speak to it. It gives an account to whoever knows its public key, and only what a key of the operator signed. Does
 * what `nats-account-server` does, without its user interface and copies of itself.
 *
 * `GET` answers below the path: `/accounts/A…`, with the id of the token as `ETag`, and `?text=true`, `?decode=true` and
 * `?check=true` (404 if it has expired); `/operator`; `/` and `/accounts/`, which say that it is there. `POST /accounts/A…` takes
 * tokens if `accept` is given.
 *
 * @param operator - the operator
 * @param options - where it is, and whether it takes tokens
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_TRANSACTION` for an operator inside of a transaction
 *
 * @example
 * ```ts
 * import { accountServer, Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local", { systemAccount: true });
 * const app = await operator.addAccount("APP");
 * const answer = accountServer(operator);
 * const response = await answer(new Request(`https://accounts.example.com/jwt/v1/accounts/${app.publicKey}`));
 * (await response.text()) === app.token; // true
 * ```
 */
export function accountServer(
  operator: Operator,
  options: AccountServerOptions = {},
): (request: Request) => Promise<Response> {
  assertOperatorHandle(operator);
  assertKnownOptions(options, ["path", "accept", "onStored", "onAnswer"]);
  const { path = "/jwt/v1", accept, onStored, onAnswer } = options;
  if (typeof path !== "string" || !/^(?:\/[\w.~-]+)*$/.test(path)) {
    throw new NscError("ERR_ARGUMENT_INVALID", 'path must be one such as "/jwt/v1", or "" for the root');
  }
  for (const [name, value] of Object.entries({ accept, onStored, onAnswer })) {
    if (value === undefined || typeof value === "function") continue;
    throw new NscError("ERR_ARGUMENT_INVALID", `${name} must be a function`);
  }
  if (operator.cell.session.isTransaction) {
    throw new NscError("ERR_TRANSACTION", "an account server gives what is committed: make it after the transaction");
  }
  const server = new Server(operator, options);
  return async (request) => {
    const asked = askedFor(request.url, path);
    let answer: Answer & { readonly error?: unknown };
    try {
      answer = asked === undefined ? NOT_FOUND : await server.answer(request, asked);
    } catch (error) {
      // What it says is for whoever runs the server.
      answer = { status: 500, body: "the account server failed", error };
    }
    const { status, body, headers = {}, error } = answer;
    onAnswer?.({
      method: request.method,
      path: asked?.path ?? "",
      status,
      ...(error !== undefined && { error }),
    });
    const type = headers["content-type"] ?? "text/plain; charset=utf-8";
    const isBare = request.method === "HEAD" || status === 304;
    return new Response(isBare ? null : body, { status, headers: { ...headers, "content-type": type } });
  };
}

/** What a request asks for. */
interface Asked {
  readonly path: string;
  readonly query: readonly string[];
}

function askedFor(url: string, base: string): Asked | undefined {
  const [, path = "", query = ""] = /^[a-z]+:\/\/[^/?#]*([^?#]*)\??([^#]*)/i.exec(url) ?? [];
  const below = path.slice(base.length);
  if (!path.startsWith(base) || !/^(?:\/|$)/.test(below)) return undefined;
  return { path: below, query: query.split("&") };
}

const NOT_FOUND: Answer = { status: 404, body: "there is nothing here" };

class Server {
  readonly #operator: Operator;
  readonly #options: AccountServerOptions;

  constructor(operator: Operator, options: AccountServerOptions) {
    this.#operator = operator;
    this.#options = options;
  }

  async answer(request: Request, asked: Asked): Promise<Answer> {
    const { method } = request;
    const key = /^\/accounts\/([^/]+)$/.exec(asked.path)?.[1];
    const isPost = method === "POST" && key !== undefined && this.#options.accept !== undefined;
    if (method !== "GET" && method !== "HEAD" && !isPost) {
      const allow = key !== undefined && this.#options.accept !== undefined ? "GET, HEAD, POST" : "GET, HEAD";
      return { status: 405, body: "this is not taken here", headers: { allow } };
    }
    // What others signed and changed meanwhile counts.
    const { token, claims } = await this.#readOperator();
    if (/^(?:\/?|\/accounts\/?)$/.test(asked.path)) return { status: 200, body: "" };
    if (asked.path === "/operator") return shown(request, asked, token, claims);
    if (key === undefined) return NOT_FOUND;
    if (!isPublicKey(key, "account")) return { status: 400, body: "this is no public key of an account" };
    return isPost ? this.#store(request, key, claims) : this.#show(request, asked, key, claims);
  }

  async #readOperator(): Promise<{ readonly token: string; readonly claims: OperatorClaims }> {
    const { store, engine } = this.#operator.cell.session.context;
    const token = await store.read([this.#operator.name]);
    if (token === undefined) throw new NscError("ERR_ENTITY_NOT_FOUND", "the operator is not in the store any more");
    return { token, claims: decodeUnverified(token, "operator", engine) };
  }

  async #show(request: Request, asked: Asked, key: string, operator: OperatorClaims): Promise<Answer> {
    const { context } = this.#operator.cell.session;
    const unknown = { status: 404, body: "there is no such account" };
    const place = accountPlaceIn(await context.store.find(key), this.#operator.name);
    const token = place && (await context.store.read(place));
    if (token === undefined) return unknown;
    const claims = decodeUnverified(token, "account", context.engine);
    if (claims.sub !== key) return unknown;
    if (!trustedKeys(operator).includes(claims.iss ?? "")) {
      return { status: 404, body: "the operator has not signed this account" };
    }
    const { exp = 0 } = claims;
    if (asked.query.includes("check=true") && exp > 0 && exp <= nowOf(context)) {
      return { status: 404, body: "this account has expired" };
    }
    return shown(request, asked, token, claims);
  }

  async #store(request: Request, key: string, operator: OperatorClaims): Promise<Answer> {
    const { session, path } = this.#operator.cell;
    const { bytes, isWhole } = await readAtMost(request.body, MOST_BYTES);
    if (!isWhole) return { status: 413, body: "this is larger than any token" };
    const account = this.#check(parseDecoratedToken(decodeUtf8(bytes).trim()), key, operator);
    if ("status" in account) return account;
    if ((await this.#options.accept?.(account, request)) !== true) return { status: 403, body: "this is not taken" };
    const place = path as OperatorPath;
    const rules = { overwrite: false, foreign: false };
    const { value } = await session.run([place], (workspace) =>
      adoptAccount(workspace, place, key, account.token, rules),
    );
    if (value.status === "refused") return { status: 400, body: value.message };
    if (value.status === "kept") return { status: 409, body: value.message };
    await this.#options.onStored?.(account);
    return { status: 200, body: value.message };
  }

  /** What was sent, or what speaks against it. */
  #check(token: string, key: string, operator: OperatorClaims): PostedAccount | Answer {
    const { context } = this.#operator.cell.session;
    const refuse = (body: string): Answer => ({ status: 400, body });
    let claims: AccountClaims;
    try {
      claims = decode(token, { kind: "account", engine: context.engine });
    } catch (error) {
      if (isNscError(error)) return refuse(`this can't be read: ${error.message}`);
      throw error;
    }
    if (claims.sub !== key) return refuse("this is the token of another account");
    if (!trustedKeys(operator).includes(claims.iss ?? "")) return refuse("no key of the operator signed this account");
    const now = nowOf(context);
    const { exp = 0 } = claims;
    if (exp > 0 && exp <= now) return refuse("this account has expired");
    const issue = validate(claims, { now }).find(({ level }) => level === "error");
    return issue === undefined ? { publicKey: key, token, claims } : refuse(issue.message);
  }
}

/** A token, in the form that is asked for. */
function shown(request: Request, { query }: Asked, token: string, claims: AccountClaims | OperatorClaims): Answer {
  const isDecoded = query.includes("decode=true");
  const etag = claims.jti && `"${claims.jti}${isDecoded ? ".json" : ""}"`;
  // Others may have it, and ask whether it is still so.
  const headers = { "cache-control": "no-cache", ...(etag && { etag }) };
  const known = (request.headers.get("if-none-match") ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  if ((etag && known.includes(etag)) || known.includes("*")) return { status: 304, body: "", headers };
  if (isDecoded) {
    return {
      status: 200,
      body: toJson(claims, { indent: 2 }),
      headers: { ...headers, "content-type": "application/json" },
    };
  }
  if (query.includes("text=true")) return { status: 200, body: token, headers };
  return { status: 200, body: token, headers: { ...headers, "content-type": "application/jwt" } };
}
