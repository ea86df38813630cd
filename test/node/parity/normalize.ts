import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { decode, keyPairFromSeed, toJson } from "nsc.js";

/** A file or folder as the corpus has it. */
export interface GoldenFile {
  readonly mode: string;
  readonly text?: string;
  readonly json?: unknown;
  readonly jwt?: { readonly claims: unknown };
}

/**
 * Gives keys names by their role, as the corpus does: `O(local)`, `A(APP).sk0`, `U(APP/bob)`. Signing keys are numbered in
 * the order in which they were seen.
 */
export class KeyNames {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** Names the keys of the tokens below a folder that were not there before. */
  async look(stores: string): Promise<void> {
    for (const file of (await filesBelow(stores)).filter((name) => name.endsWith(".jwt")).sort()) {
      const claims = decode(await readFile(join(stores, file), "utf8"));
      const account = /\/accounts\/([^/]+)\/users\//.exec(file)?.[1];
      const role = { operator: "O", account: "A", user: "U" }[claims.nats.type as "user"];
      const name = `${role}(${account === undefined ? "" : `${account}/`}${claims.name})`;
      this.#names.set(claims.sub, name);
      const keys = "signing_keys" in claims.nats ? (claims.nats.signing_keys ?? []) : [];
      for (const key of keys.map((entry) => (typeof entry === "string" ? entry : entry.key))) {
        if (this.#names.has(key)) continue;
        const count = this.#counts.get(name) ?? 0;
        this.#counts.set(name, count + 1);
        this.#names.set(key, `${name}.sk${count}`);
      }
    }
  }

  apply(text: string): string {
    return text
      .replace(/S[OAU][A-Z2-7]{56}/g, (seed) => `<seed of ${keyPairFromSeed(seed).publicKey}>`)
      .replace(/[OAU][A-Z2-7]{55}/g, (key) => this.#names.get(key) ?? key);
  }
}

/** The times that the corpus writes as distances. */
export interface Clock {
  readonly start: Date;
}

/** The files and folders below a home folder, with keys, tokens and times as in the corpus. */
export async function normalizedTree(
  home: string,
  names: KeyNames,
  clock: Clock,
): Promise<{ readonly files: Record<string, GoldenFile>; readonly dirs: Record<string, string> }> {
  const files: Record<string, GoldenFile> = {};
  const dirs: Record<string, string> = {};
  const tokens = new Map<string, string>();
  const all = (await filesBelow(home)).sort();
  for (const file of all.filter((name) => name.endsWith(".jwt")))
    tokens.set(await readFile(join(home, file), "utf8"), file);
  for (const file of all) {
    const mode = await modeOf(join(home, file));
    const text = await readFile(join(home, file), "utf8");
    files[withoutShard(names.apply(file))] = { mode, ...contentOf(file, text, tokens, names, clock) };
    for (let dir = parentOf(file); dir !== ""; dir = parentOf(dir)) {
      dirs[withoutShard(dir)] = await modeOf(join(home, dir));
    }
  }
  return { files, dirs };
}

function contentOf(
  file: string,
  text: string,
  tokens: ReadonlyMap<string, string>,
  names: KeyNames,
  clock: Clock,
): Omit<GoldenFile, "mode"> {
  if (file.endsWith(".jwt")) return { jwt: { claims: claimsOf(text, names, clock) } };
  if (file.endsWith("/.nsc")) return { json: JSON.parse(text) as unknown };
  let shown = text;
  for (const [token, place] of tokens) shown = shown.replaceAll(token, `<jwt in ${place}>`);
  return { text: names.apply(shown) };
}

function claimsOf(token: string, names: KeyNames, clock: Clock): unknown {
  // Decoding proves the signature; the id is computed here.
  const claims = JSON.parse(toJson(decode(token))) as Record<string, unknown> & { nats: Record<string, unknown> };
  const { jti, nats: _, ...hashed } = claims;
  const order = ["aud", "exp", "jti", "iat", "iss", "name", "nbf", "sub"];
  const json = JSON.stringify(Object.fromEntries(order.flatMap((key) => (key in hashed ? [[key, hashed[key]]] : []))));
  const id = base32(createHash("sha512-256").update(json).digest());
  const now = Math.floor(clock.start.getTime() / 1000);
  const isOwn = claims["iss"] === claims["sub"] && claims.nats["type"] === "operator";
  const shown = {
    ...claims,
    jti: id === jti ? "<jti>" : `wrong: ${String(jti)}`,
    iss: isOwn ? "<own key>" : claims["iss"],
    iat: isAbout(claims["iat"], now) ? "<now>" : claims["iat"],
    ...("exp" in claims && { exp: timeOf(claims["exp"] as number, clock) }),
  };
  const named = JSON.parse(names.apply(JSON.stringify(shown))) as { nats: { signing_keys?: unknown[] } };
  named.nats.signing_keys?.sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
  for (const key of named.nats.signing_keys ?? []) withoutUnlimited(key);
  return named;
}

/** Unlimited is what a scope is without a limit, so the corpus takes both. */
function withoutUnlimited(key: unknown): void {
  const template = (key as { template?: Record<string, unknown> }).template ?? {};
  for (const name of ["subs", "data", "payload"]) if (template[name] === -1) delete template[name];
}

function keyOf(key: unknown): string {
  return typeof key === "string" ? key : (key as { key: string }).key;
}

/** Times of issue run ahead by a second for each change. */
function isAbout(time: unknown, now: number): boolean {
  return typeof time === "number" && time >= now && time <= now + 30;
}

function timeOf(time: number, { start }: Clock): number | string {
  const later = new Date(start);
  later.setUTCMonth(later.getUTCMonth() + 2);
  if (time === Math.floor(later.getTime() / 1000)) return "<now+2M>";
  const distance = time - Math.floor(start.getTime() / 1000);
  return distance === 43_200 ? "<now+43200s>" : time;
}

function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const digits = bits.match(/.{1,5}/g) ?? [];
  return digits.map((digit) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(digit.padEnd(5, "0"), 2)]).join("");
}

function withoutShard(path: string): string {
  return path.replace(/^(.*\/keys\/[OAUX])\/[A-Z2-7]{2}(?=\/|$)/, "$1/<shard>");
}

function parentOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
