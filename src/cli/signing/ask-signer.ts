import type { Account } from "../../authority/account.ts";
import type { Operator } from "../../authority/operator.ts";
import { signingKeyOf } from "../../jwt/signing-keys.ts";
import { keyPrefix } from "../../nkeys/codec.ts";
import { askUntilRead } from "../asking/ask-until-read.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";
import { type NamedSigner, requestedSigner, resolveSigner, type SignerOption, type SigningKind } from "./signer.ts";

/** How it is asked who signs. */
export interface SignerQuestion {
  readonly operator: Operator;
  /** Whose keys may sign, or whose roles are meant, where an account's key signs. */
  readonly account?: Account;
  readonly label?: string;
  /** Whether the key goes on signing an account that signed it before, as in nsc's edits of accounts alone. */
  readonly keepsIssuer?: boolean;
}

/**
 * Who signs: by `--private-key`, or picked with `-i` where more than one key could. Nothing where the library's policy is to
 * choose. nsc: `SignerParams.Edit`.
 */
export async function signerOrAsk(
  invocation: Invocation,
  kinds: readonly SigningKind[],
  question: SignerQuestion,
): Promise<SignerOption> {
  const { operator, account, keepsIssuer = false } = question;
  const isOfOperator = kinds.includes("operator");
  const isManaged = isOfOperator && operator.isManaged;
  const requested = isManaged
    ? await managedSigner(invocation, question)
    : await requestedSigner(invocation, kinds, account);
  if (requested.signer !== undefined || invocation.globals["private-key"]) return requested;
  if (invocation.globals.interactive === true && !operator.isManaged) {
    const signer = await askSigner(invocation, kinds, question);
    return signer === undefined ? {} : { signer };
  }
  return isOfOperator && account !== undefined && !keepsIssuer ? await firstSigner(invocation, operator) : {};
}

/** The first of the operator's keys that is at hand, whoever signed before. */
async function firstSigner({ tree }: Invocation, operator: Operator): Promise<SignerOption> {
  for (const signer of keysOf("operator", operator, undefined)) {
    if ((await tree.store.getKey(signer)) !== undefined) return { signer };
  }
  return {};
}

/** Below a managed operator an account signs itself, unless a key of the operator is there: -K may name it, too. */
export async function managedSigner(
  invocation: Invocation,
  { account }: Pick<SignerQuestion, "account">,
): Promise<SignerOption> {
  const requested = await requestedSigner(invocation, ["operator", "account"]);
  const key = typeof requested.signer === "object" ? requested.signer.publicKey : requested.signer;
  if (key === undefined || keyPrefix(key) !== "account") return requested;
  // A new account has no key yet that could be meant.
  if (account === undefined) return {};
  if (account.publicKey === key) return requested;
  throw new CommandError("invalid account signer", {
    code: "ERR_SIGNER_KIND",
    hint: `account ${quote(account.name)} is signed by a key of the operator, or by its identity ${account.publicKey}`,
  });
}

const OTHER = "Other...";

/** Asks which of the keys at hand signs; the only one does without a question. */
export async function askSigner(
  { output, prompts, tree }: Invocation,
  kinds: readonly SigningKind[],
  { operator, account, label = "select the key to use for signing" }: SignerQuestion,
): Promise<NamedSigner | undefined> {
  const keys = kinds.flatMap((kind) => keysOf(kind, operator, account));
  const here: string[] = [];
  for (const key of keys) if ((await tree.store.getKey(key)) !== undefined) here.push(key);
  const isWhole = here.length === keys.length;
  if (isWhole && here.length < 2) return here[0];
  const choices = [...here, ...(isWhole ? [] : [OTHER])].map((key) => ({ label: key, value: key }));
  const picked = await prompts.select(label, choices, choices[0]?.value);
  if (picked !== OTHER) return picked;
  const ask = () => prompts.text(`path to signer [${kinds.join(" ")}] nkey or nkey`);
  return (await askUntilRead(output, ask, (path) => resolveSigner(output, path, kinds, account))).value;
}

/** The keys that could sign, the identity first unless signing keys are demanded. */
function keysOf(kind: SigningKind, operator: Operator, account: Account | undefined): readonly string[] {
  const isStrict = operator.claims.nats.strict_signing_key_usage === true;
  const signer = kind === "operator" ? operator : account;
  if (signer === undefined) return [];
  const signingKeys = (signer.claims.nats.signing_keys ?? []).map((key) => signingKeyOf(key));
  return isStrict ? signingKeys : [signer.publicKey, ...signingKeys];
}
