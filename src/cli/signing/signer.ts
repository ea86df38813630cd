import type { Account } from "../../authority/account.ts";
import { keyPrefix } from "../../nkeys/codec.ts";
import type { KeyPair } from "../../nkeys/key-pair.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import type { Output } from "../output/output.ts";
import { quote } from "../text/quote.ts";
import { readKeyArgument, withoutSeed } from "../values/key-argument.ts";

/** A role, a public key, or a pair of keys. */
export type NamedSigner = string | KeyPair;

/** Who signs, as the library's calls take it: nothing where its policy chooses. */
export interface SignerOption {
  readonly signer?: NamedSigner;
}

/** The kinds of keys that may sign. */
export type SigningKind = "operator" | "account";

/**
 * Who signs by `--private-key`: a role of the account, a public key, a seed, or a file that holds a key. Nothing where the
 * flag was not given; then the library's policy chooses.
 *
 * @param kinds - whose keys may sign what the command changes
 * @param account - whose roles are meant, where an account's key signs
 * @throws CommandError for what is none of these: nsc would sign with the identity key then
 */
export async function requestedSigner(
  { globals, output }: Invocation,
  kinds: readonly SigningKind[],
  account?: Account,
): Promise<SignerOption> {
  const given = globals["private-key"];
  return given === undefined || given === "" ? {} : { signer: await resolveSigner(output, given, kinds, account) };
}

/** Who is meant by what was given as a signer; see `requestedSigner`. */
export async function resolveSigner(
  output: Output,
  given: string,
  kinds: readonly SigningKind[],
  account?: Account,
): Promise<NamedSigner> {
  if (kinds.includes("account") && account?.roles.some(({ role }) => role === given)) return given;
  const key = await readKeyArgument(given, output);
  if (key === undefined) {
    throw new CommandError(`unable to resolve the signing key ${quote(withoutSeed(given))}`, {
      code: "ERR_SIGNER_INVALID",
      hint: "-K takes the name of a role, a public key, a seed, or a file that holds one of the two",
    });
  }
  const kind = keyPrefix(key.publicKey);
  if (!kinds.some((allowed) => allowed === kind)) {
    throw new CommandError("unexpected resolved keytype type", {
      code: "ERR_SIGNER_KIND",
      hint: `this is signed by a key of ${kinds.map((kind) => `the ${kind}`).join(" or ")}`,
    });
  }
  return key.pair ?? key.publicKey;
}
