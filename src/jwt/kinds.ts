import { sortLikeGo } from "../encoding/go-sort.ts";
import { compareUtf8 } from "../encoding/go-text.ts";
import { isNullEntry } from "../encoding/json-null.ts";
import type { JsonReader } from "../encoding/json-reader.ts";
import type { StructCodec } from "../encoding/json-struct.ts";
import { NscError } from "../errors.ts";
import type { KeyKind } from "../nkeys/kinds.ts";
import { type AccountClaims, accountCodec, accountNatsCodec } from "./account.ts";
import { type ActivationClaims, activationCodec, activationNatsCodec } from "./activation.ts";
import {
  type AuthorizationRequestClaims,
  authorizationRequestCodec,
  authorizationRequestNatsCodec,
} from "./authorization-request.ts";
import {
  type AuthorizationResponseClaims,
  authorizationResponseCodec,
  authorizationResponseNatsCodec,
} from "./authorization-response.ts";
import type { IssueCollector } from "./issues.ts";
import { JETSTREAM_LIMITS, type NatsLimits } from "./limits.ts";
import { accountServerUrlProblem, type OperatorClaims, operatorCodec, operatorNatsCodec } from "./operator.ts";
import { settleSigningKeys } from "./signing-keys.ts";
import { type UserClaims, userCodec, userNatsCodec } from "./user.ts";
import { validateAccount } from "./validate-account.ts";
import { validateActivation } from "./validate-activation.ts";
import { validateAuthorizationRequest, validateAuthorizationResponse } from "./validate-authorization.ts";
import { validateOperator } from "./validate-operator.ts";
import type { ValidationContext } from "./validate-rules.ts";
import { validateUser } from "./validate-user.ts";
import { migrateAccount, migrateActivation, migrateOperator, migrateUser } from "./version-1.ts";

/** The claims of each kind, by the name that `nats.type` has. */
export interface ClaimsByKind {
  operator: OperatorClaims;
  account: AccountClaims;
  user: UserClaims;
  activation: ActivationClaims;
  authorization_request: AuthorizationRequestClaims;
  authorization_response: AuthorizationResponseClaims;
}

/** The kinds of claims that NATS knows. */
export type ClaimKind = keyof ClaimsByKind;

/** Claims of any kind that NATS knows. */
export type Claims = ClaimsByKind[ClaimKind];

/** All that the code knows about a kind of claims. */
export interface KindEntry<C extends Claims = Claims> {
  readonly claims: StructCodec<C>;
  readonly nats: StructCodec<C["nats"]>;
  /** What claims of this kind begin with. Go: the `New…Claims` functions. */
  readonly defaults: () => C["nats"];
  /** Kinds of keys that may issue. */
  readonly issuers: readonly KeyKind[];
  /** The kind of key that the subject must be when encoding, and Go's text when it is not. */
  readonly subject?: { readonly kind: KeyKind; readonly message: string };
  /** Go's text when a token is not of this kind. */
  readonly notOfKind: string;
  /** Checks what Go checks before encoding, and gives the members that are not written as they are. */
  readonly prepare?: (nats: C["nats"]) => Partial<C["nats"]>;
  /** What happens after claims were read. */
  readonly settle?: (claims: C) => void;
  /** Finds what is wrong with claims. */
  readonly validate: (claims: C, context: ValidationContext, issues: IssueCollector) => void;
  /** Reads a version 1 token; kinds without it have one layout for all versions. */
  readonly readVersion1?: (reader: JsonReader) => C;
}

/** Go: `NoLimit`. */
const UNLIMITED = -1;

function noLimits(): NatsLimits {
  return { subs: UNLIMITED, data: UNLIMITED, payload: UNLIMITED };
}

/** THE table of kinds. */
export const KINDS: { readonly [Kind in ClaimKind]: KindEntry<ClaimsByKind[Kind]> } = {
  operator: {
    claims: operatorCodec,
    nats: operatorNatsCodec,
    defaults: () => ({ type: "operator" }),
    issuers: ["operator"],
    subject: { kind: "operator", message: "expected subject to be an operator public key" },
    notOfKind: "not operator claim",
    validate: validateOperator,
    prepare(nats) {
      const problem = accountServerUrlProblem(nats.account_server_url);
      if (problem !== undefined) throw new NscError("ERR_CLAIMS_VALUE", problem);
      return {};
    },
    readVersion1: migrateOperator,
  },
  account: {
    claims: accountCodec,
    nats: accountNatsCodec,
    defaults: () => ({
      limits: {
        ...noLimits(),
        imports: UNLIMITED,
        exports: UNLIMITED,
        wildcards: true,
        conn: UNLIMITED,
        leaf: UNLIMITED,
      },
      default_permissions: { pub: {}, sub: {} },
      authorization: {},
      type: "account",
    }),
    issuers: ["account", "operator"],
    subject: { kind: "account", message: "expected subject to be account public key" },
    notOfKind: "not account claim",
    validate: validateAccount,
    prepare: ({ imports, exports }) => ({
      ...(imports && { imports: sortedBySubject(imports) }),
      ...(exports && { exports: sortedBySubject(exports) }),
    }),
    settle({ nats }) {
      const { limits } = nats;
      if (limits.tiered_limits !== undefined) for (const name of JETSTREAM_LIMITS) delete limits[name];
      if (nats.signing_keys !== undefined) nats.signing_keys = settleSigningKeys(nats.signing_keys);
    },
    readVersion1: migrateAccount,
  },
  user: {
    claims: userCodec,
    nats: userNatsCodec,
    defaults: () => ({ pub: {}, sub: {}, ...noLimits(), type: "user" }),
    issuers: ["account"],
    subject: { kind: "user", message: "expected subject to be user public key" },
    notOfKind: "not user claim",
    validate: validateUser,
    readVersion1: migrateUser,
  },
  activation: {
    claims: activationCodec,
    nats: activationNatsCodec,
    defaults: () => ({ subject: "", type: "activation" }),
    issuers: ["account", "operator"],
    subject: { kind: "account", message: "expected subject to be an account" },
    notOfKind: "not activation claim",
    validate: validateActivation,
    readVersion1: migrateActivation,
  },
  authorization_request: {
    claims: authorizationRequestCodec,
    nats: authorizationRequestNatsCodec,
    defaults: () => ({
      server_id: { name: "", host: "", id: "" },
      user_nkey: "",
      client_info: {},
      connect_opts: { protocol: 0 },
      type: "authorization_request",
    }),
    issuers: ["server"],
    notOfKind: "not an authorization request claim",
    validate: validateAuthorizationRequest,
  },
  authorization_response: {
    claims: authorizationResponseCodec,
    nats: authorizationResponseNatsCodec,
    defaults: () => ({ type: "authorization_response" }),
    issuers: ["account"],
    // Go has the same text for both.
    notOfKind: "not an authorization request claim",
    validate: validateAuthorizationResponse,
  },
};

export function isClaimKind(value: unknown): value is ClaimKind {
  return typeof value === "string" && Object.hasOwn(KINDS, value);
}

/** A sorted copy, in the order in which Go's unstable sort leaves it. */
function sortedBySubject<T extends { readonly subject: string }>(entries: T[]): T[] {
  // The writer refuses what is no list, and what its entries should not be.
  if (!Array.isArray(entries)) return entries;
  const subjectOf = (entry: Partial<T> | null | undefined): string => {
    const subject: unknown = isNullEntry(entry) ? "" : entry?.subject;
    return typeof subject === "string" ? subject : "";
  };
  const sorted = [...entries];
  sortLikeGo(sorted, (a, b) => compareUtf8(subjectOf(a), subjectOf(b)) < 0);
  return sorted;
}
