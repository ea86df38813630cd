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
  /** Whether the library knows more than is known here, as of identities that sign nothing. */
  readonly isSpecial?: boolean;
}

/** What is to be done next, in terms of this command; nothing where the library's own words are to be taken. */
export function adviceFor(key: RotatedKey, stage: string, isInUse: boolean): string | undefined {
  if (key.isSpecial === true) return undefined;
  const restart =
    "put the operator's new token into the configuration of every server ('nsc generate config') and restart them";
  const push = key.account === undefined ? "" : `'nsc push -a ${quoteWord(key.account)}'`;
  const done = "with --distributed it is taken for done";
  if (stage === "prepared") {
    if (key.of === "operator") return `${restart}; then --advance asks them whether they trust the new key; ${done}`;
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
