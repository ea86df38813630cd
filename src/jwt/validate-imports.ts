import { quoteGo } from "../encoding/go-text.ts";
import { isNullEntry } from "../encoding/json-null.ts";
import { isNscError } from "../errors.ts";
import { isContainedIn, resolveReferences } from "../subjects/subject.ts";
import { SubjectIndex } from "../subjects/subject-index.ts";
import type { ActivationClaims } from "./activation.ts";
import type { Import } from "./imports.ts";
import { IssueCollector } from "./issues.ts";
import { validateActivationContent } from "./validate-activation.ts";
import { type ValidationContext, validateRenaming, validateSubject } from "./validate-rules.ts";

/** Go: `Imports.Validate`. */
export function validateImports(
  imports: readonly Import[],
  account: string,
  context: ValidationContext,
  issues: IssueCollector,
): void {
  const services = new Map<string, ServiceSubjects>();
  for (const [index, entry] of imports.entries()) {
    const at = issues.at(index);
    if (isNullEntry(entry)) {
      at.error("IMPORT_NULL", "null import is not allowed");
      continue;
    }
    if (entry.type === "service") {
      let subjects = services.get(entry.account);
      if (subjects === undefined) {
        subjects = new ServiceSubjects();
        services.set(entry.account, subjects);
      }
      subjects.check(localSubject(entry), entry.account, at);
    }
    validateImport(entry, account, context, at);
  }
}

/** The subject by which a service is requested in the importing account. */
function localSubject({ to = "", local_subject = "", subject }: Import): string {
  return to || resolveReferences(local_subject) || subject;
}

/** The local subjects of the services that are imported from one account; they must not overlap. */
class ServiceSubjects {
  readonly #index = new SubjectIndex<string>();
  readonly #known = new Set<string>();

  check(subject: string, account: string, issues: IssueCollector): void {
    const others = new Set([...this.#index.containedIn(subject), ...this.#index.containing(subject)]);
    for (const other of others) {
      issues.error(
        "IMPORT_OVERLAP",
        `overlapping subject namespace for ${quoteGo(subject)} and ${quoteGo(other)} in same account ${quoteGo(account)}`,
      );
    }
    if (this.#known.has(subject)) {
      issues.error(
        "IMPORT_OVERLAP",
        `overlapping subject namespace for ${quoteGo(subject)} in account ${quoteGo(account)}`,
      );
      return;
    }
    this.#known.add(subject);
    this.#index.add(subject, subject);
  }
}

/** Go: `Import.Validate`. */
function validateImport(entry: Import, account: string, context: ValidationContext, issues: IssueCollector): void {
  const { subject, type, to = "", local_subject = "", token = "" } = entry;
  const isService = type === "service";
  if (type === undefined) issues.error("IMPORT_TYPE", 'invalid import type: "unknown"', "type");
  if (isService && entry.allow_trace === true) {
    issues.error("IMPORT_ALLOW_TRACE", "AllowTrace only valid for stream import", "allow_trace");
  }
  if (entry.account === "") {
    issues.error("IMPORT_ACCOUNT_MISSING", "account to import from is not specified", "account");
  }
  if (to !== "") {
    issues.warning("IMPORT_TO_DEPRECATED", "the field to has been deprecated (use LocalSubject instead)", "to");
  }
  validateSubject(subject, issues.at("subject"));
  if (local_subject !== "") {
    validateRenaming(local_subject, subject, issues.at("local_subject"));
    if (to !== "") issues.error("IMPORT_TO_AND_LOCAL_SUBJECT", "Local Subject replaces To", "to");
  }
  if (entry.share === true && !isService) {
    issues.error(
      "IMPORT_SHARE",
      `sharing information (for latency tracking) is only valid for services: ${quoteGo(subject)}`,
      "share",
    );
  }
  if (token === "") return;
  const activation = readActivation(token, context);
  if (activation === undefined) {
    issues.error("IMPORT_TOKEN_INVALID", `import ${quoteGo(subject)} contains an invalid activation token`, "token");
  } else {
    validateToken(activation, entry, account, issues.at("token"));
  }
}

function readActivation(token: string, context: ValidationContext): ActivationClaims | undefined {
  try {
    return context.decodeActivation(token);
  } catch (error) {
    if (isNscError(error)) return undefined;
    throw error;
  }
}

/** What a token must be for the import that it stands in; its times are looked at by the server only. */
function validateToken(activation: ActivationClaims, entry: Import, account: string, issues: IssueCollector): void {
  const { subject, type, to = "" } = entry;
  const { nats, iss, sub } = activation;
  if (iss !== entry.account && nats.issuer_account !== entry.account) {
    issues.error("IMPORT_TOKEN_ISSUER", `activation token doesn't match account for import ${quoteGo(subject)}`);
  }
  if (sub !== account) {
    issues.error(
      "IMPORT_TOKEN_SUBJECT",
      `activation token doesn't match account it is being included in, ${quoteGo(subject)}`,
    );
  }
  if (nats.kind !== type) {
    issues.error(
      "IMPORT_TOKEN_KIND",
      `mismatch between token import type ${nats.kind ?? "unknown"} and type of import ${type ?? "unknown"}`,
    );
  }
  // Paths go no deeper than the token, which is a text in these claims.
  const inside = new IssueCollector();
  validateActivationContent(nats, inside);
  for (const { code, message } of inside.issues) issues.error(code, message);
  const imported = type === "service" && to !== "" ? to : subject;
  if (!isContainedIn(imported, nats.subject)) {
    issues.error(
      "IMPORT_TOKEN_SCOPE",
      `activation token import subject ${quoteGo(nats.subject)} doesn't match import ${quoteGo(subject)}`,
    );
  }
}
