/** Where nsc's commands are played with the calls of the library. */

import {
  type Account,
  type Claims,
  decode,
  isNscError,
  memoryStore,
  Nsc,
  type NscErrorCode,
  type Store,
  toJson,
} from "nsc.js";
import { expect } from "vitest";
import { tokensOf } from "../signer-fixtures.ts";
import { NOW } from "../tree-fixtures.ts";

/** The library, as a story uses it. */
export interface Stage {
  readonly nsc: Nsc;
  readonly store: Store;
  readonly names: KeyNames;
  /** The input files of the story. */
  file(name: string): string;
}

/** Plays the commands of a story of the corpus. */
export type Play = (stage: Stage) => Promise<unknown>;

/** Stories by their name in the corpus. */
export type Stories = Readonly<Record<string, Play>>;

/** A stage whose keys are named after each commit, in the order in which they appear. */
export function stageFor(files: Readonly<Record<string, string>> = {}): Stage {
  const inner = memoryStore();
  const names = new KeyNames();
  const store: Store = {
    ...{ read: inner.read, list: inner.list, find: inner.find, getKey: inner.getKey },
    ...{ listKeys: inner.listKeys, readMeta: inner.readMeta },
    commit: async (commit) => {
      await inner.commit(commit);
      await names.look(inner);
    },
  };
  for (const method of ["read", "list", "find", "getKey", "listKeys", "readMeta"] as const) {
    Object.assign(store, { [method]: inner[method].bind(inner) });
  }
  const nsc = new Nsc({ store, clock: () => new Date(NOW * 1000), signerPolicy: "identity-first" });
  return { nsc, store, names, file: (name) => files[name] as string };
}

/** An operator `local` with an account `APP`. */
export async function withAccount({ nsc }: Stage): Promise<Account> {
  return (await nsc.addOperator("local")).addAccount("APP");
}

/** An operator `local` with accounts `EXP` and `IMP`. */
export async function withTwo({ nsc }: Stage): Promise<{ readonly exporter: Account; readonly importer: Account }> {
  const operator = await nsc.addOperator("local");
  return { exporter: await operator.addAccount("EXP"), importer: await operator.addAccount("IMP") };
}

/** What nsc refuses, the library refuses, too. */
export async function refused(attempt: Promise<unknown>, code: NscErrorCode): Promise<void> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(isNscError(error) ? error.code : error).toBe(code);
}

/** Gives keys names by their role, as the corpus does: `O(local)`, `A(APP).sk0`, `U(APP/bob)`; the second one is `A(APP)#2`. */
export class KeyNames {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  async look(store: Store): Promise<void> {
    for (const { token } of (await tokensOf(store)).sort((a, b) => a.path.length - b.path.length))
      this.#see(decode(token));
  }

  /** Names a key that is of no entity. */
  add(publicKey: string, name: string): void {
    this.#names.set(publicKey, name);
  }

  apply(text: string): string {
    return text.replace(/\b[OAUX][A-Z2-7]{55}\b/g, (key) => this.#names.get(key) ?? key);
  }

  #see({ sub, iss = "", name = "", nats }: Claims): void {
    const account = "issuer_account" in nats && nats.issuer_account !== undefined ? nats.issuer_account : iss;
    if (nats.type === "operator") this.#number(sub, `O(${name})`);
    if (nats.type === "account") this.#number(sub, `A(${name})`);
    if (nats.type === "user") this.#number(sub, `U(${this.apply(account).replace(/^A\((.*)\)/, "$1")}/${name})`);
    const keys = "signing_keys" in nats ? (nats.signing_keys ?? []) : [];
    for (const key of keys.map((entry) => (typeof entry === "string" ? entry : entry.key))) {
      if (this.#names.has(key)) continue;
      const count = this.#counts.get(sub) ?? 0;
      this.#counts.set(sub, count + 1);
      this.#names.set(key, `${this.#names.get(sub)?.replace(/#\d+$/, "")}.sk${count}`);
    }
    const { xkey } = "authorization" in nats ? nats.authorization : {};
    if (xkey !== undefined) this.#number(xkey, `${this.#names.get(sub)}.x`);
  }

  #number(key: string, name: string): void {
    if (this.#names.has(key)) return;
    const taken = new Set(this.#names.values());
    let numbered = name;
    for (let number = 2; taken.has(numbered); number++) numbered = `${name}#${number}`;
    this.#names.set(key, numbered);
  }
}

/** The claims of all that the store has, by path, as the corpus has them. */
export async function claimsOf({ store, names }: Stage): Promise<Record<string, unknown>> {
  const tokens = await tokensOf(store);
  return Object.fromEntries(tokens.map(({ path, token }) => [path.join("/"), normal(plain(token, names))]));
}

function plain(token: string, names: KeyNames): Plain {
  // Decoding proves the signature.
  const claims = decode(token);
  const shown = JSON.parse(names.apply(toJson(claims))) as Plain;
  delete shown["iat"];
  delete shown["jti"];
  if (claims.nats.type === "operator" && claims.iss === claims.sub) shown["iss"] = "<own key>";
  const { imports } = shown.nats as { imports?: { token?: unknown }[] };
  for (const entry of imports ?? []) if (typeof entry.token === "string") entry.token = plain(entry.token, names);
  return shown;
}

interface Plain {
  [member: string]: unknown;
  nats: Record<string, unknown>;
}

/** nsc sorts some lists, which mean the same in any order, and writes times that the corpus has as distances from now. */
export function normal(value: unknown, name = ""): unknown {
  if (typeof value === "string") return timeOf(value);
  // What was issued or revoked in the same second of this clock is later by one each.
  if (typeof value === "number") return value >= NOW && value < NOW + 30 ? NOW : value;
  if (Array.isArray(value)) {
    const list = value.map((each) => normal(each));
    return UNORDERED.has(name) ? list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : list;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, normal(member, key)] as const);
  // In a role, what is not limited and unlimited are the same.
  const said = name === "template" ? entries.filter(([key, member]) => !isUnlimited(key, member)) : entries;
  return Object.fromEntries(said.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const UNORDERED = new Set(["tags", "allow", "deny", "src", "exports", "imports", "signing_keys", "auth_users"]);

function isUnlimited(name: string, value: unknown): boolean {
  return ["subs", "data", "payload"].includes(name) && value === -1;
}

function timeOf(text: string): string | number {
  const [, count, unit] = /^<now(?:\+(\d+)([sM]))?>$/.exec(text) ?? [];
  if (!text.startsWith("<now")) return text;
  const time = new Date(NOW * 1000);
  if (unit === "M") time.setUTCMonth(time.getUTCMonth() + Number(count));
  else time.setUTCSeconds(time.getUTCSeconds() + Number(count ?? 0));
  return time.getTime() / 1000;
}
