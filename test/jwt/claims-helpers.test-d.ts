import {
  type AccountClaims,
  type AssertValidOptions,
  accountIsUnlimited,
  activationHashId,
  addSigningKeys,
  addTags,
  areClaimsRevoked,
  assertValid,
  ClaimsError,
  clearRevocation,
  compactRevocations,
  type createActivationClaims,
  createScope,
  type createUserClaims,
  didSign,
  type Expires,
  type Export,
  encodeScopedUser,
  findSigningKey,
  hasEmptyPermissions,
  hasJetStream,
  hasTag,
  type Issue,
  type IssueCode,
  type IssueLevel,
  isRevoked,
  isSelfSigned,
  isUnlimited,
  jetStreamIsUnlimited,
  limitsAreEmpty,
  type NscError,
  natsIsUnlimited,
  type OperatorClaims,
  type OperatorLimits,
  type ReadonlyDeep,
  type RevocationHolder,
  removeSigningKeys,
  removeTags,
  revoke,
  type ScopedUserOptions,
  type ScopeInit,
  type Signer,
  type SigningKey,
  scopeViolation,
  systemAccountExports,
  type TagHolder,
  type UserScope,
  type ValidateOptions,
  validate,
} from "nsc.js";
import { expectTypeOf, test } from "vitest";

declare const account: AccountClaims;
declare const frozen: ReadonlyDeep<AccountClaims>;
declare const operator: OperatorClaims;
declare const scope: UserScope;
declare const signer: Signer;
declare const user: ReturnType<typeof createUserClaims>;
declare const activation: ReturnType<typeof createActivationClaims>;

test("what validation finds is data that can't be changed", () => {
  expectTypeOf(validate(frozen)).toEqualTypeOf<readonly Issue[]>();
  expectTypeOf<Parameters<typeof validate>[1]>().toEqualTypeOf<ValidateOptions | undefined>();
  expectTypeOf<ValidateOptions["now"]>().toEqualTypeOf<Date | number | undefined>();
  expectTypeOf<Issue["level"]>().toEqualTypeOf<IssueLevel>();
  expectTypeOf<IssueLevel>().toEqualTypeOf<"error" | "warning" | "time">();
  expectTypeOf<Issue["path"]>().toEqualTypeOf<readonly (string | number)[]>();
  expectTypeOf<"SUBJECT_EMPTY">().toExtend<IssueCode>();
  // @ts-expect-error the codes are a closed union
  "SUBJECT_ODD" satisfies IssueCode;
});

test("assertValid gives nothing back and throws a ClaimsError, which is an NscError", () => {
  expectTypeOf(assertValid(frozen, { ignoreTimes: true } satisfies AssertValidOptions)).toEqualTypeOf<void>();
  expectTypeOf<ClaimsError>().toExtend<NscError<"ERR_CLAIMS_INVALID">>();
  expectTypeOf(new ClaimsError("", []).issues).toEqualTypeOf<readonly Issue[]>();
});

test("revocations are changed where they are, and asked about in what is frozen", () => {
  expectTypeOf(account.nats).toExtend<RevocationHolder>();
  expectTypeOf<Export>().toExtend<RevocationHolder>();
  expectTypeOf(revoke(account.nats, "*", new Date())).toEqualTypeOf<void>();
  expectTypeOf(clearRevocation(account.nats, "*")).toEqualTypeOf<void>();
  expectTypeOf(compactRevocations(account.nats)).items.toHaveProperty("publicKey").toEqualTypeOf<string>();
  expectTypeOf(isRevoked(frozen.nats, "*", 1)).toEqualTypeOf<boolean>();
  expectTypeOf(areClaimsRevoked(frozen.nats, user)).toEqualTypeOf<boolean>();
  // @ts-expect-error the time has to be said
  revoke(account.nats, "*");
});

test("issuers are operators and accounts", () => {
  expectTypeOf(didSign(operator, frozen)).toEqualTypeOf<boolean>();
  expectTypeOf(isSelfSigned(frozen)).toEqualTypeOf<boolean>();
  // @ts-expect-error a user issues nothing
  didSign(user, account);
});

test("signing keys are keys or scopes", () => {
  expectTypeOf(createScope("A", { role: "web" } satisfies ScopeInit)).toEqualTypeOf<UserScope>();
  expectTypeOf(findSigningKey(account.nats, "A")).toEqualTypeOf<SigningKey | undefined>();
  expectTypeOf(addSigningKeys(account.nats, "A", scope)).toEqualTypeOf<void>();
  expectTypeOf(removeSigningKeys(account.nats, "A")).toEqualTypeOf<void>();
  expectTypeOf(hasEmptyPermissions(user.nats)).toEqualTypeOf<boolean>();
  expectTypeOf(scopeViolation(scope, user)).toEqualTypeOf<string | undefined>();
  // @ts-expect-error what is frozen can't be changed
  addSigningKeys(frozen.nats, "A");
});

test("a scoped user's token says when it expires", () => {
  expectTypeOf<Expires>().toEqualTypeOf<Date | string>();
  expectTypeOf<ScopedUserOptions["expires"]>().toEqualTypeOf<Expires>();
  expectTypeOf(encodeScopedUser("U", "A", signer, { expires: "never" })).toEqualTypeOf<Promise<string>>();
  // @ts-expect-error never has to be said
  encodeScopedUser("U", "A", signer, {});
  // @ts-expect-error a bare number says no unit
  encodeScopedUser("U", "A", signer, { expires: 3600 });
});

test("limits are asked about in what is frozen", () => {
  const limits = frozen.nats.limits satisfies ReadonlyDeep<OperatorLimits>;
  for (const ask of [
    accountIsUnlimited,
    hasJetStream,
    isUnlimited,
    jetStreamIsUnlimited,
    limitsAreEmpty,
    natsIsUnlimited,
  ]) {
    expectTypeOf(ask(limits)).toEqualTypeOf<boolean>();
  }
});

test("tags are changed where they are", () => {
  expectTypeOf(account.nats).toExtend<TagHolder>();
  expectTypeOf(addTags(account.nats, "a")).toEqualTypeOf<void>();
  expectTypeOf(removeTags(account.nats, "a")).toEqualTypeOf<void>();
  expectTypeOf(hasTag(frozen.nats, "a")).toEqualTypeOf<boolean>();
});

test("ids and exports are plain", () => {
  expectTypeOf(activationHashId(activation)).toEqualTypeOf<string>();
  expectTypeOf(systemAccountExports()).toEqualTypeOf<Export[]>();
});
