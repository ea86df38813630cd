import { NscError, type NscErrorOptions, redact } from "../errors.ts";

/**
 * How bad an issue is. `error`: servers refuse or ignore the claims; `warning`: allowed, but to be avoided; `time`: the claims
 * are expired or not yet valid at the time asked about.
 */
export type IssueLevel = "error" | "warning" | "time";

/** What validation can find, stable across versions. */
export type IssueCode =
  | "CLAIMS_EXPIRED"
  | "CLAIMS_NOT_YET_VALID"
  | "SUBJECT_EMPTY"
  | "SUBJECT_SPACES"
  | "SUBJECT_DOT_AT_END"
  | "SUBJECT_EMPTY_TOKEN"
  | "RENAMING_TAIL"
  | "RENAMING_REFERENCE"
  | "RENAMING_WILDCARDS"
  | "PERMISSION_QUEUE"
  | "PERMISSION_SPACES"
  | "IMPORT_NULL"
  | "IMPORT_OVERLAP"
  | "IMPORT_TYPE"
  | "IMPORT_ALLOW_TRACE"
  | "IMPORT_ACCOUNT_MISSING"
  | "IMPORT_TO_DEPRECATED"
  | "IMPORT_TO_AND_LOCAL_SUBJECT"
  | "IMPORT_SHARE"
  | "IMPORT_TOKEN_INVALID"
  | "IMPORT_TOKEN_ISSUER"
  | "IMPORT_TOKEN_SUBJECT"
  | "IMPORT_TOKEN_KIND"
  | "IMPORT_TOKEN_SCOPE"
  | "EXPORT_NULL"
  | "EXPORT_TYPE"
  | "EXPORT_RESPONSE_TYPE"
  | "EXPORT_ALLOW_TRACE"
  | "EXPORT_LATENCY_TYPE"
  | "EXPORT_LATENCY_SAMPLING"
  | "EXPORT_LATENCY_RESULTS"
  | "EXPORT_RESPONSE_THRESHOLD"
  | "EXPORT_ACCOUNT_TOKEN_POSITION"
  | "EXPORT_OVERLAP"
  | "DESCRIPTION_LENGTH"
  | "INFO_URL_LENGTH"
  | "INFO_URL_INVALID"
  | "LIMITS_TIERS_AND_FLAT"
  | "LIMITS_TIER_NAME"
  | "LIMITS_IMPORTS"
  | "LIMITS_EXPORTS"
  | "LIMITS_WILDCARD_EXPORTS"
  | "LIMITS_SELF_SIGNED"
  | "MAPPING_WEIGHT"
  | "MAPPING_TOTAL_WEIGHT"
  | "AUTHORIZATION_USERS_MISSING"
  | "AUTHORIZATION_USER"
  | "AUTHORIZATION_ACCOUNT"
  | "AUTHORIZATION_XKEY"
  | "TRACE_DESTINATION"
  | "TRACE_SAMPLING"
  | "SIGNING_KEY_INVALID"
  | "CLUSTER_TRAFFIC"
  | "OPERATOR_ACCOUNT_SERVER_URL"
  | "OPERATOR_SERVICE_URL"
  | "OPERATOR_SYSTEM_ACCOUNT"
  | "OPERATOR_SERVER_VERSION"
  | "USER_SOURCE_NETWORK"
  | "USER_TIME_RANGE"
  | "USER_TIME_ZONE"
  | "ISSUER_ACCOUNT"
  | "ACTIVATION_KIND"
  | "REQUEST_USER_KEY"
  | "RESPONSE_SUBJECT"
  | "RESPONSE_AUDIENCE"
  | "RESPONSE_CONTENT";

/** One finding of validation. */
export interface Issue {
  readonly level: IssueLevel;
  /** What was found, for programs. */
  readonly code: IssueCode;
  /** Where: members and indexes from the claims on, such as `["nats", "exports", 2, "subject"]`. */
  readonly path: readonly (string | number)[];
  /** What was found, for people; Go's text. */
  readonly message: string;
}

/** What `assertValid` throws: an error that carries all issues. */
export class ClaimsError extends NscError<"ERR_CLAIMS_INVALID"> {
  override readonly name: string = "ClaimsError";
  /** All issues that were found, those that did not lead to the error among them. */
  readonly issues: readonly Issue[];

  constructor(message: string, issues: readonly Issue[], options?: NscErrorOptions) {
    super("ERR_CLAIMS_INVALID", message, options);
    this.issues = issues;
  }
}

type Path = readonly (string | number)[];

/** Collects issues below a place in the claims. */
export class IssueCollector {
  readonly #issues: Issue[];
  readonly #above: IssueCollector | undefined;
  readonly #path: Path;

  constructor(issues: Issue[] = [], path: Path = [], above?: IssueCollector) {
    this.#issues = issues;
    this.#above = above;
    this.#path = path;
  }

  get issues(): readonly Issue[] {
    return this.#issues;
  }

  /** A collector for what lies below; what it finds is among the issues of this one. */
  at(...path: Path): IssueCollector {
    // Nearly all claims are sound: the whole path is put together for what is not.
    return new IssueCollector(this.#issues, path, this);
  }

  error(code: IssueCode, message: string, ...path: Path): void {
    this.#add("error", code, message, path);
  }

  warning(code: IssueCode, message: string, ...path: Path): void {
    this.#add("warning", code, message, path);
  }

  time(code: IssueCode, message: string, ...path: Path): void {
    this.#add("time", code, message, path);
  }

  #add(level: IssueLevel, code: IssueCode, message: string, path: Path): void {
    // Go's texts quote what is at fault, which may be a seed in the place of a public key.
    const place = [...this.#place(), ...path].map((part) => (typeof part === "string" ? redact(part) : part));
    this.#issues.push({ level, code, path: place, message: redact(message) });
  }
  #place(): Path {
    return this.#above === undefined ? this.#path : [...this.#above.#place(), ...this.#path];
  }
}
