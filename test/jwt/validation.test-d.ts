import type * as theirs from "@nats-io/jwt";
import {
  type AccountClaims,
  type AccountNats,
  type Claims,
  type ClaimsError,
  createAccountClaims,
  type Export,
  type GenericClaims,
  type Import,
  type Issue,
  type IssueCode,
  type IssueLevel,
  type OperatorClaims,
  type OperatorNats,
  type ReadonlyDeep,
  type UserClaims,
  type UserNats,
  type UserScope,
  validate,
} from "nsc.js";
import { expectTypeOf, test } from "vitest";

declare const claims: Claims;
declare const generic: GenericClaims;
declare const frozen: ReadonlyDeep<AccountClaims>;
declare const issues: readonly Issue[];
declare const error: ClaimsError;

test("an issue has four members, none of which can be assigned", () => {
  expectTypeOf<Issue>().toEqualTypeOf<{
    readonly level: IssueLevel;
    readonly code: IssueCode;
    readonly path: readonly (string | number)[];
    readonly message: string;
  }>();
  const [issue] = issues;
  if (issue === undefined) return;
  // @ts-expect-error it is read-only
  issue.level = "warning";
  // @ts-expect-error it is read-only
  issue.message = "";
  // @ts-expect-error so is its path
  issue.path.push("nats");
});

test("the list of issues can't be changed", () => {
  const found = validate(claims);
  // @ts-expect-error it is read-only
  found.push(...issues);
  // @ts-expect-error it is read-only
  found.sort();
  // @ts-expect-error it is read-only
  error.issues = issues;
  // @ts-expect-error it is read-only
  error.issues.pop();
  // @ts-expect-error validation waits for nothing
  found.then(String);
});

test("the codes are a closed union of texts, so that a switch over them can be checked", () => {
  expectTypeOf<IssueCode>().toExtend<string>();
  expectTypeOf<string>().not.toExtend<IssueCode>();
  expectTypeOf<
    "CLAIMS_EXPIRED" | "IMPORT_TOKEN_SCOPE" | "LIMITS_SELF_SIGNED" | "RESPONSE_CONTENT"
  >().toExtend<IssueCode>();
  expectTypeOf<ClaimsError["code"]>().toEqualTypeOf<"ERR_CLAIMS_INVALID">();
  expectTypeOf<Extract<IssueCode, Lowercase<string>>>().toEqualTypeOf<never>();
});

test("claims of all kinds are taken, read-only at any depth or not", () => {
  expectTypeOf(validate).toBeCallableWith(claims);
  expectTypeOf(validate).toBeCallableWith(generic);
  expectTypeOf(validate).toBeCallableWith(frozen, { now: 0 });
  validate(createAccountClaims("A") satisfies ReadonlyDeep<AccountClaims>);
  validate(Object.freeze({ sub: "x", nats: Object.freeze({ type: "mine" }) }));
  // @ts-expect-error a token is no claims
  validate("token");
  // @ts-expect-error a subject is always there
  validate({ nats: { type: "mine" } });
  // @ts-expect-error a text says no time
  validate(claims, { now: "2026-11-23" });
});

test("ReadonlyDeep is read-only at any depth", () => {
  expectTypeOf<ReadonlyDeep<{ a: { b: string[] }[]; c?: number }>>().toEqualTypeOf<{
    readonly a: readonly { readonly b: readonly string[] }[];
    readonly c?: number;
  }>();
  expectTypeOf<ReadonlyDeep<string | bigint | null>>().toEqualTypeOf<string | bigint | null>();
  expectTypeOf<AccountClaims>().toExtend<ReadonlyDeep<AccountClaims>>();
  // @ts-expect-error it is read-only
  frozen.nats.limits.conn = 5;
  // @ts-expect-error it is read-only
  frozen.nats.exports?.push({ subject: "a" });
  // @ts-expect-error it is read-only
  if (frozen.nats.revocations !== undefined) frozen.nats.revocations["*"] = 5;
});

// docs/coming-from-nats-io-jwt.md says so.
test("members have types that @nats-io/jwt has none for", () => {
  expectTypeOf<OperatorNats>().toHaveProperty("assert_server_version").toEqualTypeOf<string | undefined>();
  expectTypeOf<OperatorNats>().toHaveProperty("strict_signing_key_usage");
  expectTypeOf<"mappings" | "trace" | "cluster_traffic">().toExtend<keyof AccountNats>();
  expectTypeOf<"allow_trace">().toExtend<keyof Import & keyof Export>();
  expectTypeOf<"advertise">().toExtend<keyof Export>();
  expectTypeOf<"proxy_required" | "times_location">().toExtend<keyof UserNats & keyof UserScope["template"]>();
  expectTypeOf<"assert_server_version" & keyof theirs.Operator>().toEqualTypeOf<never>();
  expectTypeOf<"strict_signing_key_usage" & keyof theirs.Operator>().toEqualTypeOf<never>();
  expectTypeOf<("mappings" | "trace" | "cluster_traffic") & keyof theirs.Account>().toEqualTypeOf<never>();
  expectTypeOf<"allow_trace" & (keyof theirs.Import | keyof theirs.Export)>().toEqualTypeOf<never>();
  expectTypeOf<"advertise" & keyof theirs.Export>().toEqualTypeOf<never>();
  expectTypeOf<("proxy_required" | "times_location") & keyof theirs.User>().toEqualTypeOf<never>();
  expectTypeOf<AccountNats["limits"]["tiered_limits"]>().exclude<undefined>().toHaveProperty("any");
});

test("kinds are told apart by their type", () => {
  if (claims.nats.type === "user") expectTypeOf(claims.nats).toEqualTypeOf<UserClaims["nats"]>();
  if (claims.nats.type === "operator") expectTypeOf(claims.nats).toEqualTypeOf<OperatorClaims["nats"]>();
});
