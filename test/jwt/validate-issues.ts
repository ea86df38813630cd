import type { Issue, IssueCode, IssueLevel } from "nsc.js";

const SUBJECT_PLACES =
  /^nats\.(?:(?:imports|exports)\.\d+\.(?:subject|local_subject|token|service_latency\.results)|(?:default_permissions\.)?(?:pub|sub)\.(?:allow|deny)\.\d+|mappings\.[\s\S]*|subject)$/;

/** Every code of the closed union, with the places in claims that it may name. That none is missing the compiler checks. */
const PLACES: Readonly<Record<IssueCode, RegExp>> = {
  CLAIMS_EXPIRED: /^exp$/,
  CLAIMS_NOT_YET_VALID: /^nbf$/,
  SUBJECT_EMPTY: SUBJECT_PLACES,
  SUBJECT_SPACES: SUBJECT_PLACES,
  SUBJECT_DOT_AT_END: SUBJECT_PLACES,
  SUBJECT_EMPTY_TOKEN: SUBJECT_PLACES,
  RENAMING_TAIL: /^nats\.imports\.\d+\.local_subject$/,
  RENAMING_REFERENCE: /^nats\.imports\.\d+\.local_subject$/,
  RENAMING_WILDCARDS: /^nats\.imports\.\d+\.local_subject$/,
  PERMISSION_QUEUE: /^nats\.(?:default_permissions\.)?pub\.(?:allow|deny)\.\d+$/,
  PERMISSION_SPACES: /^nats\.(?:default_permissions\.)?(?:pub|sub)\.(?:allow|deny)\.\d+$/,
  IMPORT_NULL: /^nats\.imports\.\d+$/,
  IMPORT_OVERLAP: /^nats\.imports\.\d+$/,
  IMPORT_TYPE: /^nats\.imports\.\d+\.type$/,
  IMPORT_ALLOW_TRACE: /^nats\.imports\.\d+\.allow_trace$/,
  IMPORT_ACCOUNT_MISSING: /^nats\.imports\.\d+\.account$/,
  IMPORT_TO_DEPRECATED: /^nats\.imports\.\d+\.to$/,
  IMPORT_TO_AND_LOCAL_SUBJECT: /^nats\.imports\.\d+\.to$/,
  IMPORT_SHARE: /^nats\.imports\.\d+\.share$/,
  IMPORT_TOKEN_INVALID: /^nats\.imports\.\d+\.token$/,
  IMPORT_TOKEN_ISSUER: /^nats\.imports\.\d+\.token$/,
  IMPORT_TOKEN_SUBJECT: /^nats\.imports\.\d+\.token$/,
  IMPORT_TOKEN_KIND: /^nats\.imports\.\d+\.token$/,
  IMPORT_TOKEN_SCOPE: /^nats\.imports\.\d+\.token$/,
  EXPORT_NULL: /^nats\.exports\.\d+$/,
  EXPORT_TYPE: /^nats\.exports\.\d+\.type$/,
  EXPORT_RESPONSE_TYPE: /^nats\.exports\.\d+\.response_type$/,
  EXPORT_ALLOW_TRACE: /^nats\.exports\.\d+\.allow_trace$/,
  EXPORT_LATENCY_TYPE: /^nats\.exports\.\d+\.service_latency$/,
  EXPORT_LATENCY_SAMPLING: /^nats\.exports\.\d+\.service_latency\.sampling$/,
  EXPORT_LATENCY_RESULTS: /^nats\.exports\.\d+\.service_latency\.results$/,
  EXPORT_RESPONSE_THRESHOLD: /^nats\.exports\.\d+\.response_threshold$/,
  EXPORT_ACCOUNT_TOKEN_POSITION: /^nats\.exports\.\d+\.account_token_position$/,
  EXPORT_OVERLAP: /^nats\.exports\.\d+\.subject$/,
  DESCRIPTION_LENGTH: /^nats\.(?:exports\.\d+\.)?description$/,
  INFO_URL_LENGTH: /^nats\.(?:exports\.\d+\.)?info_url$/,
  INFO_URL_INVALID: /^nats\.(?:exports\.\d+\.)?info_url$/,
  LIMITS_TIERS_AND_FLAT: /^nats\.limits\.tiered_limits$/,
  LIMITS_TIER_NAME: /^nats\.limits\.tiered_limits\.$/,
  LIMITS_IMPORTS: /^nats\.imports$/,
  LIMITS_EXPORTS: /^nats\.exports$/,
  LIMITS_WILDCARD_EXPORTS: /^nats\.exports\.\d+$/,
  LIMITS_SELF_SIGNED: /^nats\.limits$/,
  MAPPING_WEIGHT: /^nats\.mappings\.[\s\S]*\.\d+\.weight$/,
  MAPPING_TOTAL_WEIGHT: /^nats\.mappings\./,
  AUTHORIZATION_USERS_MISSING: /^nats\.authorization\.auth_users$/,
  AUTHORIZATION_USER: /^nats\.authorization\.auth_users\.\d+$/,
  AUTHORIZATION_ACCOUNT: /^nats\.authorization\.allowed_accounts\.\d+$/,
  AUTHORIZATION_XKEY: /^nats\.authorization\.xkey$/,
  TRACE_DESTINATION: /^nats\.trace\.dest$/,
  TRACE_SAMPLING: /^nats\.trace\.sampling$/,
  SIGNING_KEY_INVALID: /^nats\.signing_keys\.\d+(?:\.key)?$/,
  CLUSTER_TRAFFIC: /^nats\.cluster_traffic$/,
  OPERATOR_ACCOUNT_SERVER_URL: /^nats\.account_server_url$/,
  OPERATOR_SERVICE_URL: /^nats\.operator_service_urls\.\d+$/,
  OPERATOR_SYSTEM_ACCOUNT: /^nats\.system_account$/,
  OPERATOR_SERVER_VERSION: /^nats\.assert_server_version$/,
  USER_SOURCE_NETWORK: /^nats\.src\.\d+$/,
  USER_TIME_RANGE: /^nats\.times\.\d+\.(?:start|end)$/,
  USER_TIME_ZONE: /^nats\.times_location$/,
  ISSUER_ACCOUNT: /^nats\.(?:issuer_account|imports\.\d+\.token)$/,
  ACTIVATION_KIND: /^nats\.(?:kind|imports\.\d+\.token)$/,
  REQUEST_USER_KEY: /^nats\.user_nkey$/,
  RESPONSE_SUBJECT: /^sub$/,
  RESPONSE_AUDIENCE: /^aud$/,
  RESPONSE_CONTENT: /^nats$/,
};

/** An issue as the tests write it: level, code, path as one text, message. */
export type Finding = readonly [level: IssueLevel, code: IssueCode, path: string, message: string];

export function findingOf({ level, code, path, message }: Issue): Finding {
  return [level, code, path.join("."), message];
}

/**
 * What is wrong with the code or the path of an issue of these claims, or nothing. A path leads to something that is there,
 * or to a member that is missing and is named by its last step.
 */
export function pathProblem({ code, path }: Issue, claims: unknown): string | undefined {
  const text = path.join(".");
  if (!PLACES[code]?.test(text)) return `${code} at ${text}`;
  let place: unknown = claims;
  for (const [index, step] of path.entries()) {
    if (typeof place !== "object" || place === null) return `${text} leads through what is no object`;
    if (Array.isArray(place) !== (typeof step === "number")) return `${text} has a wrong kind of step`;
    if (!Object.hasOwn(place, step)) {
      const isMissingMember = index === path.length - 1 && typeof step === "string";
      return isMissingMember ? undefined : `${text} leads nowhere`;
    }
    place = (place as Record<string | number, unknown>)[step];
  }
  return undefined;
}
