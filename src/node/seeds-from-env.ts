import { isNscError, NscError } from "../errors.ts";
import { keyPrefix } from "../nkeys/codec.ts";
import { type KeyPair, keyPairFromSeed } from "../nkeys/key-pair.ts";
import { isKeyKind } from "../nkeys/kinds.ts";
import { assertOptions, invalid } from "./assert-arguments.ts";
import type { Environment } from "./roots.ts";

/** Options of {@link seedsFromEnv}. */
export interface SeedsFromEnvOptions {
  /** How the names of the variables begin; `NSC_SEED_` by default. */
  readonly prefix?: string;
}

/**
 * Seeds from environment variables, as what an `Nsc` takes for `resolveSigner`: so a service needs no file with a key. Each
 * variable whose name begins with the prefix holds one seed, or several between blanks, commas or line ends. What is
 * behind the prefix is free; if it is a public key, the seed must be that key's. The variables are read once. Keys that
 * are in none of them are looked for in the store, as always.
 *
 * An environment is visible to whatever the process starts, and in crash reports: a `resolveSigner` of your own that asks
 * a vault, or holds no seed at all, is better where you have one.
 *
 * @param env - the variables; those of the process by default
 * @param options - how their names begin
 * @returns a function for `resolveSigner`
 * @throws NscError `ERR_NKEY_SEED` for a variable that holds what is no seed, `ERR_KEY_KIND` for one whose seed is another
 * key's than its name says, `ERR_ARGUMENT_INVALID`. None says what the variable holds
 *
 * @example
 * ```ts
 * import { createKeyPair, Nsc } from "nsc.js";
 * import { seedsFromEnv } from "nsc.js/node";
 *
 * const pair = createKeyPair("operator");
 * const env = { NSC_SEED_OPERATOR: new TextDecoder().decode(pair.getSeed()) };
 *
 * const nsc = new Nsc({ resolveSigner: seedsFromEnv(env) });
 * const operator = await nsc.addOperator("local", { key: pair.publicKey });
 * (await operator.addAccount("APP")).claims.iss === pair.publicKey; // true
 * ```
 */
export function seedsFromEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
  options: SeedsFromEnvOptions = {},
): (publicKey: string) => KeyPair | undefined {
  assertOptions(options, ["prefix"]);
  if (typeof env !== "object" || env === null) throw invalid("the environment must be an object");
  const { prefix = "NSC_SEED_" } = options;
  if (typeof prefix !== "string" || prefix === "") throw invalid("the prefix must be a text that is not empty");
  const pairs = pairsIn(env, prefix);
  return (publicKey) => pairs.get(publicKey);
}

function pairsIn(env: Environment, prefix: string): ReadonlyMap<string, KeyPair> {
  const pairs = new Map<string, KeyPair>();
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(prefix) || value === undefined) continue;
    if (typeof value !== "string") throw invalid(`the variable ${name} must be a text`);
    const expected = name.slice(prefix.length);
    for (const seed of value.split(/[\s,]+/).filter((part) => part !== "")) {
      const pair = pairOf(seed, name);
      if (isKeyKind(keyPrefix(expected)) && pair.publicKey !== expected) {
        throw new NscError("ERR_KEY_KIND", `the variable ${name} holds the seed of another key, ${pair.publicKey}`);
      }
      pairs.set(pair.publicKey, pair);
    }
  }
  return pairs;
}

function pairOf(seed: string, variable: string): KeyPair {
  try {
    return keyPairFromSeed(seed);
  } catch (cause) {
    if (!isNscError(cause)) throw cause;
    throw new NscError("ERR_NKEY_SEED", `the variable ${variable} holds what is no seed: ${cause.code}`);
  }
}
