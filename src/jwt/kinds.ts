import { sortLikeGo } from "../encoding/go-sort.ts";
import { compareUtf8, quoteGo } from "../encoding/go-text.ts";
import { parseGoUrl } from "../encoding/go-url.ts";
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
import { JETSTREAM_LIMITS } from "./limits.ts";
import { isNullEntry } from "./null-entry.ts";
import { type OperatorClaims, operatorCodec, operatorNatsCodec } from "./operator.ts";
import { settleSigningKeys } from "./signing-keys.ts";
import { type UserClaims, userCodec, userNatsCodec } from "./user.ts";
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
  /** Reads a version 1 token; kinds without it have one layout for all versions. */
  readonly readVersion1?: (reader: JsonReader) => C;
}

/** THE table of kinds. */
export const KINDS: { readonly [Kind in ClaimKind]: KindEntry<ClaimsByKind[Kind]> } = {
  operator: {
    claims: operatorCodec,
    nats: operatorNatsCodec,
    issuers: ["operator"],
    subject: { kind: "operator", message: "expected subject to be an operator public key" },
    notOfKind: "not operator claim",
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
    issuers: ["account", "operator"],
    subject: { kind: "account", message: "expected subject to be account public key" },
    notOfKind: "not account claim",
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
    issuers: ["account"],
    subject: { kind: "user", message: "expected subject to be user public key" },
    notOfKind: "not user claim",
    readVersion1: migrateUser,
  },
  activation: {
    claims: activationCodec,
    nats: activationNatsCodec,
    issuers: ["account", "operator"],
    subject: { kind: "account", message: "expected subject to be an account" },
    notOfKind: "not activation claim",
    readVersion1: migrateActivation,
  },
  authorization_request: {
    claims: authorizationRequestCodec,
    nats: authorizationRequestNatsCodec,
    issuers: ["server"],
    notOfKind: "not an authorization request claim",
  },
  authorization_response: {
    claims: authorizationResponseCodec,
    nats: authorizationResponseNatsCodec,
    issuers: ["account"],
    // Go has the same text for both.
    notOfKind: "not an authorization request claim",
  },
};

export function isClaimKind(value: unknown): value is ClaimKind {
  return typeof value === "string" && Object.hasOwn(KINDS, value);
}

/** What is wrong with an operator's `account_server_url`, in Go's words. */
export function accountServerUrlProblem(url: unknown): string | undefined {
  if (typeof url !== "string" || url === "") return undefined;
  const parsed = parseGoUrl(url);
  if ("error" in parsed) return `error parsing account server url: ${parsed.error}`;
  return parsed.scheme === "" ? `account server url ${quoteGo(url)} requires a protocol` : undefined;
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
