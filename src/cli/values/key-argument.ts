import { readFile } from "node:fs/promises";
import { isNscError } from "../../errors.ts";
import { decodePublicKey, isPublicKey, keyPrefix } from "../../nkeys/codec.ts";
import { createKeyPair, type KeyPair, keyPairFromSeed } from "../../nkeys/key-pair.ts";
import { type KeyKind, PREFIXES } from "../../nkeys/kinds.ts";
import { saysMissing } from "../../node/io-error.ts";
import { CommandError } from "../command-error.ts";
import { quote, quotePath } from "../text/quote.ts";

const OR_GENERATE = ', or "generate"';

/** A key that was given on the command line. */
export interface KeyArgument {
  readonly publicKey: string;
  /** The pair, if a seed was given or made. */
  readonly pair?: KeyPair;
  /** Whether `generate` made it just now. */
  readonly isGenerated: boolean;
}

/** Turns a path that was typed into an absolute one. */
export interface PathResolver {
  readonly path: (typed: string) => string;
}

/**
 * Reads a key: a public key, a seed, or a file that holds one of the two. nsc: `ResolveKey`.
 *
 * @returns nothing for an empty text, and for one that is neither a key nor a file
 * @throws CommandError for a file that holds anything else; no error says what
 */
export async function readKeyArgument(value: string, paths: PathResolver): Promise<KeyArgument | undefined> {
  if (value === "") return undefined;
  const key = asKey(value);
  if (key !== undefined) return key;
  const path = paths.path(value);
  const content = await readKeyFile(path);
  if (content === undefined) return undefined;
  const stored = asKey(content.trim());
  if (stored !== undefined) return stored;
  throw new CommandError(`${quotePath(path)} holds no key: ${reasonOf(content.trim())}`, {
    code: "ERR_KEY_INVALID",
    hint: "a file of a key holds one seed or public key, and nothing else",
  });
}

/**
 * Reads a key of an entity, as `--public-key` takes it.
 *
 * @throws CommandError
 */
export async function readIdentityKey(
  value: string,
  kind: "operator" | "account" | "user",
  paths: PathResolver,
): Promise<KeyArgument> {
  const key = await readKeyArgument(value, paths);
  if (key !== undefined && isPublicKey(key.publicKey, kind)) return key;
  if (kind === "user") throw invalid("invalid user key", kind);
  throw invalid(key === undefined ? "a key is required" : `specified key is not a valid ${kind} nkey`, kind);
}

/**
 * Reads a signing or encryption key, as `--sk` and `--curve` take it. The word `generate` makes one, which is stored
 * nowhere yet.
 *
 * @throws CommandError
 */
export async function readSigningKey(
  value: string,
  kind: "operator" | "account" | "curve",
  paths: PathResolver,
): Promise<KeyArgument> {
  if (value === "") throw invalid("signing key cannot be empty", kind, OR_GENERATE);
  if (value === "generate") {
    const pair = createKeyPair(kind);
    return { publicKey: pair.publicKey, pair, isGenerated: true };
  }
  const use = kind === "curve" ? "curve" : "signing";
  const key = await readKeyArgument(value, paths);
  if (key === undefined) throw invalid(`a ${use} key is required`, kind, OR_GENERATE);
  if (isPublicKey(key.publicKey, kind)) return key;
  throw invalid(`invalid ${PREFIXES[kind].goName} ${use} key ${quote(nameOf(value, key))}`, kind, OR_GENERATE);
}

/**
 * Reads the public key of an account or user, as `--auth-user` and `--allowed-account` take it.
 *
 * @throws CommandError
 */
export async function readPublicKey(value: string, kind: "account" | "user", paths: PathResolver): Promise<string> {
  const key = await readKeyArgument(value, paths);
  if (key !== undefined && isPublicKey(key.publicKey, kind)) return key.publicKey;
  throw invalid(`${quote(nameOf(value, key))} is not a valid ${kind} key`, kind);
}

function invalid(message: string, kind: KeyKind, others = ""): CommandError {
  const { goName, letter } = PREFIXES[kind];
  const article = /^[ao]/.test(goName) ? "an" : "a";
  return new CommandError(message, {
    code: "ERR_KEY_INVALID",
    hint: `give ${article} ${goName} public key (${letter}…), a seed (S${letter}…), a file that holds one of them${others}`,
  });
}

/** What to call a key in messages: never a seed. */
function nameOf(value: string, key: KeyArgument | undefined): string {
  return key !== undefined && keyPrefix(value) !== "unknown" ? key.publicKey : withoutSeed(value);
}

/** What was given in place of a key, but for what may be a seed with a mistake in it. */
export function withoutSeed(value: string): string {
  return /^[SP][A-Z0-9]{20,}$/i.test(value) ? `${value.slice(0, 2)}…` : value;
}

function asKey(text: string): KeyArgument | undefined {
  try {
    const pair = keyPairFromSeed(text);
    return { publicKey: pair.publicKey, pair, isGenerated: false };
  } catch {
    // It may be a public key.
  }
  try {
    decodePublicKey(text);
    return { publicKey: text, isGenerated: false };
  } catch {
    return undefined;
  }
}

/** Why a text is no key, without a word of what it holds. */
function reasonOf(text: string): string {
  try {
    if (keyPrefix(text) === "seed" || /^S/.test(text)) keyPairFromSeed(text);
    else decodePublicKey(text);
  } catch (error) {
    if (isNscError(error)) return error.message;
  }
  return "it is of an unknown kind";
}

async function readKeyFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // A text with a NUL is no path at all.
    if (saysMissing(cause) || code === "ERR_INVALID_ARG_VALUE") return undefined;
    throw new CommandError(`reading ${quotePath(path)} failed: ${code ?? "unknown reason"}`, {
      code: "ERR_SOURCE_UNREADABLE",
      cause,
    });
  }
}
