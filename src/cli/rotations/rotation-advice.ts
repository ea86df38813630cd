import { quoteWord } from "../text/quote-word.ts";

/** A key that is rotated, in words and on the command line. */
export interface RotatedKey {
  /** As in "the signing key \"web\" of account \"SHOP\"". */
  readonly title: string;
  /** The command line that shows where its rotation is. */
  readonly command: string;
  readonly of: "account" | "operator" | "user";
  /** The name of the account that servers have to have at the end, unless it is a key of the operator. */
  readonly account?: string;
  /** Of the identity of an operator: whether servers trust signing keys alone, and whether its seed is here. */
  readonly identity?: { readonly signsNothing: boolean; readonly isAtHand: boolean };
}

const CONFIGURE = "put the operator's new token into the configuration of every server ('nsc generate config')";
const WAIT =
  "The seed of the old identity is not here: what it would sign has to wait until then, or to be signed with the new one by -K, which no server takes before its restart";

/** What is to be done next, in terms of this command. */
export function adviceFor(key: RotatedKey, stage: string, isInUse: boolean): string {
  if (key.identity?.signsNothing === true) return strictAdviceFor(stage, isInUse);
  const restart = `${CONFIGURE} and restart them`;
  const push = key.account === undefined ? "" : `'nsc push -a ${quoteWord(key.account)}'`;
  const done = "with --distributed it is taken for done";
  if (stage === "prepared") {
    if (key.of === "operator") {
      const wait = key.identity?.isAtHand === false ? `. ${WAIT}` : "";
      return `${restart}; then --advance asks them whether they trust the new key; ${done}${wait}`;
    }
    const effect = key.of === "user" ? "let the new key in" : "trust the new key";
    return `--advance pushes the account to every server, so that they ${effect}; ${done}`;
  }
  if (stage === "distributed") return "--advance has the new key sign what is stored and signed by the old one";
  if (stage === "cut-over") {
    if (isInUse) return "have the new key sign, or issue anew, what the old one has still signed, before --retire";
    if (key.of === "operator")
      return `--retire pushes what the new key signed, and has the old key trusted no more; ${done}`;
    return "hand out the new creds; --retire ends the old key, once nobody uses old creds any more";
  }
  if (key.of === "operator") return `${restart}: they trust the old key until then`;
  return `${push} ends the old key on servers`;
}

/** Servers of such an operator trust no identity, neither the old one nor the new one. */
function strictAdviceFor(stage: string, isInUse: boolean): string {
  const why = "servers trust the operator's signing keys alone, with the old token as with the new one";
  if (stage === "prepared") {
    return `${CONFIGURE}, for their next restart; --advance --distributed need not wait for it: ${why}`;
  }
  if (stage === "distributed") {
    return "--advance has a signing key sign the accounts that the old identity has signed, if there are any";
  }
  if (stage === "cut-over") {
    return isInUse ? "have a signing key sign what the old identity has still signed" : `--retire ends it: ${why}`;
  }
  return "nothing is left to be done but the next restart of the servers, with the operator's new token";
}
