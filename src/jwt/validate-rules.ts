/** Rules that several kinds of claims share. The letters are those of the Go library's checks, in its order. */

import { utf8Length } from "../encoding/bytes.ts";
import { quoteGo } from "../encoding/go-text.ts";
import { parseGoUrl } from "../encoding/go-url.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { isReference } from "../subjects/subject.ts";
import type { ActivationClaims } from "./activation.ts";
import type { CommonClaims } from "./common.ts";
import type { IssueCollector } from "./issues.ts";
import type { Permissions } from "./permissions.ts";

/** What validation needs besides the claims. */
export interface ValidationContext {
  /** Seconds since 1970. */
  readonly now: number;
  /** Reads the token of an import, or throws. */
  readonly decodeActivation: (token: string) => ActivationClaims;
}

/** Go: `MaxInfoLength`. */
const MAX_INFO_LENGTH = 8 * 1024;

/** Go: `ClaimsData.validate`. */
export function validateTimes({ exp = 0, nbf = 0 }: CommonClaims, now: number, issues: IssueCollector): void {
  if (exp > 0 && now > exp) issues.time("CLAIMS_EXPIRED", "claim is expired", "exp");
  if (nbf > 0 && nbf > now) issues.time("CLAIMS_NOT_YET_VALID", "claim is not yet valid", "nbf");
}

/** Go: `Subject.Validate`. */
export function validateSubject(subject: string, issues: IssueCollector): void {
  if (subject === "") {
    issues.error("SUBJECT_EMPTY", "subject cannot be empty");
    return;
  }
  if (subject.includes(" ")) issues.error("SUBJECT_SPACES", `subject ${quoteGo(subject)} cannot have spaces`);
  if (subject.startsWith(".") || subject.endsWith(".")) {
    issues.error("SUBJECT_DOT_AT_END", `subject ${quoteGo(subject)} cannot start or end with a \`.\``);
  }
  if (subject.includes("..")) {
    issues.error("SUBJECT_EMPTY_TOKEN", `subject ${quoteGo(subject)} cannot contain consecutive \`.\``);
  }
}

/** Go: `RenamingSubject.Validate`. */
export function validateRenaming(renaming: string, from: string, issues: IssueCollector): void {
  validateSubject(renaming, issues);
  if (from === "") issues.error("SUBJECT_EMPTY", "subject cannot be empty");
  if (renaming.includes(" ")) issues.error("SUBJECT_SPACES", `subject ${quoteGo(renaming)} cannot have spaces`);
  if (hasTail(renaming) !== hasTail(from)) {
    issues.error("RENAMING_TAIL", "both, renaming subject and subject, need to end or not end in >");
  }
  const wildcards = from.split(".").filter((token) => token === "*").length;
  let references = 0;
  for (const token of renaming.split(".")) {
    if (token === "*") references += 1;
    if (!isReference(token)) continue;
    const number = BigInt(token.slice(1).replace("+", ""));
    if (number <= wildcards) references += 1;
    else {
      issues.error(
        "RENAMING_REFERENCE",
        `Reference $${number} in ${quoteGo(renaming)} reference * in ${quoteGo(from)} that do not exist`,
      );
    }
  }
  if (references !== wildcards) {
    issues.error("RENAMING_WILDCARDS", "subject does not contain enough * or reference wildcards $[0-9]");
  }
}

function hasTail(subject: string): boolean {
  return subject === ">" || subject.endsWith(".>");
}

/** Go: `Permissions.Validate`; subscriptions come before publications. */
export function validatePermissions({ sub, pub }: Permissions, issues: IssueCollector): void {
  validatePermission(sub?.allow, true, issues.at("sub", "allow"));
  validatePermission(sub?.deny, true, issues.at("sub", "deny"));
  validatePermission(pub?.allow, false, issues.at("pub", "allow"));
  validatePermission(pub?.deny, false, issues.at("pub", "deny"));
}

function validatePermission(
  subjects: readonly string[] | undefined,
  mayHaveQueue: boolean,
  issues: IssueCollector,
): void {
  for (const [index, entry] of (subjects ?? []).entries()) {
    const at = issues.at(index);
    const [subject = "", queue, ...rest] = entry.split(" ");
    if (rest.length > 0) {
      at.error("PERMISSION_SPACES", `Permission Subject "${entry}" contains too many spaces`);
      continue;
    }
    validateSubject(subject, at);
    if (queue === undefined) continue;
    validateSubject(queue, at);
    if (!mayHaveQueue) {
      at.error("PERMISSION_QUEUE", `Permission Subject "${entry}" is not allowed to contain queue`);
    }
  }
}

/** Go: `Info.Validate`. */
export function validateInfo(info: { description?: string; info_url?: string }, issues: IssueCollector): void {
  const { description = "", info_url = "" } = info;
  if (utf8Length(description) > MAX_INFO_LENGTH) {
    issues.error("DESCRIPTION_LENGTH", "Description is too long", "description");
  }
  if (info_url === "") return;
  if (utf8Length(info_url) > MAX_INFO_LENGTH) issues.error("INFO_URL_LENGTH", "Info URL is too long", "info_url");
  const url = parseGoUrl(info_url);
  const problem = "error" in url ? url.error : url.hostname === "" || url.scheme === "" ? "no hostname or scheme" : "";
  if (problem !== "") issues.error("INFO_URL_INVALID", `error parsing info url: ${problem}`, "info_url");
}

/** The account that stands behind a signing key; Go has two texts for it. */
export function validateIssuerAccount(key: string | undefined, name: string, issues: IssueCollector): void {
  if (key === undefined || key === "" || isPublicKey(key, "account")) return;
  issues.error("ISSUER_ACCOUNT", `${name} is not an account public key`, "issuer_account");
}
