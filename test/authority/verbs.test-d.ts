import {
  type Account,
  type AccountClaims,
  type AdvanceUserKeyOptions,
  type AuditEvent,
  type AuthCalloutInit,
  addPermissions,
  type BulkReport,
  type BulkUser,
  type CompactedRevocation,
  type CompactRevocationsOptions,
  type EditOptions,
  type EntityClaims,
  type ImportAccountOptions,
  type ImportInit,
  type ImportUserOptions,
  type MatchingImportInit,
  Nsc,
  type NscOptions,
  type Operator,
  type OperatorClaims,
  type Permissions,
  type PermissionsInit,
  type ReissuedOperator,
  type ReissueOperatorOptions,
  type ReissueUsersOptions,
  type RemoveAuthCalloutOptions,
  type RenewUsersOptions,
  type RetireUserKeyOptions,
  type RoleDescription,
  type RoleVariables,
  type RotatedUserKey,
  type RotateIdentityOptions,
  type RotateUserKeyInStagesOptions,
  type RotateUserKeyOptions,
  removePermissions,
  roleVariables,
  type SigningKeyRotation,
  type SkippedUser,
  type TransactionOptions,
  type User,
  type UserClaims,
  type UserKeyRotation,
  type UserKeyRotationPlan,
  type UserKeyRotationStage,
  type UserSelection,
  type ValidityOptions,
} from "nsc.js";
import { expectTypeOf, test } from "vitest";

declare const account: Account;
declare const operator: Operator;
declare const user: User;

test("an audit function is told of events that it does not change", () => {
  expectTypeOf<NonNullable<NscOptions["audit"]>>().parameters.toEqualTypeOf<[events: readonly AuditEvent[]]>();
  expectTypeOf<AuditEvent["at"]>().toEqualTypeOf<Date>();
  const log: AuditEvent[] = [];
  new Nsc({ audit: async (events) => void log.push(...events) });
  // @ts-expect-error events are not changed
  (({}) as AuditEvent).jti = "";
});

test("a transaction gives what its work gives", () => {
  const nsc = new Nsc();
  expectTypeOf(nsc.transaction(async () => 5, { attempts: 3 })).toEqualTypeOf<Promise<number>>();
  expectTypeOf<TransactionOptions["attempts"]>().toEqualTypeOf<number | undefined>();
});

test("many users are selected by what they have", () => {
  expectTypeOf(account.reissueUsers).parameters.toEqualTypeOf<[options?: ReissueUsersOptions | undefined]>();
  expectTypeOf(account.renewUsers).parameters.toEqualTypeOf<[options: RenewUsersOptions]>();
  expectTypeOf(operator.renewUsers).returns.toEqualTypeOf<Promise<BulkReport>>();
  expectTypeOf<RenewUsersOptions["which"]>().toEqualTypeOf<UserSelection | undefined>();
  expectTypeOf<BulkReport["users"]>().toEqualTypeOf<readonly BulkUser[]>();
  expectTypeOf<BulkReport["skipped"]>().toEqualTypeOf<readonly SkippedUser[]>();
  // @ts-expect-error it has to be said until when
  account.renewUsers({});
});

test("accounts and users come from tokens", () => {
  expectTypeOf(operator.importAccount).parameters.toEqualTypeOf<
    [token: string, options?: ImportAccountOptions | undefined]
  >();
  expectTypeOf(operator.importAccount).returns.toEqualTypeOf<Promise<Account>>();
  expectTypeOf(account.importUser).parameters.toEqualTypeOf<
    [tokenOrCreds: string, options?: ImportUserOptions | undefined]
  >();
  expectTypeOf(account.importUser).returns.toEqualTypeOf<Promise<User>>();
});

test("tokens of all kinds get other bounds of time", () => {
  type Options = [options: ValidityOptions];
  expectTypeOf(operator.setValidity).parameters.toEqualTypeOf<Options>();
  expectTypeOf(account.setValidity).parameters.toEqualTypeOf<Options>();
  expectTypeOf(user.setValidity).parameters.toEqualTypeOf<Options>();
  // @ts-expect-error a bare number says no unit
  user.setValidity({ expires: 1_800_000_000 });
});

test("who authorizes users is said by handles or keys", () => {
  expectTypeOf(account.setAuthCallout).parameters.toEqualTypeOf<
    [init: AuthCalloutInit, options?: EditOptions | undefined]
  >();
  expectTypeOf(account.removeAuthCallout).parameters.toEqualTypeOf<[options?: RemoveAuthCalloutOptions | undefined]>();
  account.setAuthCallout({ users: [user, "U"], accounts: [account] });
  // @ts-expect-error any account is a text, and no list of any texts
  account.setAuthCallout({ accounts: "A" });
});

test("permissions of users, roles and accounts are edited alike", () => {
  expectTypeOf(addPermissions).parameters.toEqualTypeOf<[holder: Permissions, init: PermissionsInit]>();
  expectTypeOf(removePermissions).parameters.toEqualTypeOf<[holder: Permissions, subjects: readonly string[]]>();
  user.edit(({ nats }) => addPermissions(nats, { pub: ["a"] }));
  account.edit(({ nats }) => removePermissions(nats.default_permissions, ["a"]));
  account.editRole("r", ({ template }) => removePermissions(template, ["a"]));
});

test("an operator gets another identity at once or in stages", () => {
  expectTypeOf(operator.reissue).parameters.toEqualTypeOf<[options?: ReissueOperatorOptions | undefined]>();
  expectTypeOf(operator.reissue).returns.toEqualTypeOf<Promise<ReissuedOperator>>();
  expectTypeOf(operator.rotateIdentity).parameters.toEqualTypeOf<[options?: RotateIdentityOptions | undefined]>();
  expectTypeOf(operator.rotateIdentity).returns.toEqualTypeOf<Promise<SigningKeyRotation<Account>>>();
});

test("a user gets another key, and both are named", () => {
  expectTypeOf(user.rotateKey).parameters.toEqualTypeOf<[options?: RotateUserKeyOptions | undefined]>();
  expectTypeOf(user.rotateKey).returns.toEqualTypeOf<Promise<RotatedUserKey>>();
  expectTypeOf<RotatedUserKey>().toEqualTypeOf<{ readonly from: string; readonly to: string }>();
});

test("an export makes what others import", () => {
  expectTypeOf(account.matchingImport).parameters.toEqualTypeOf<[init: MatchingImportInit]>();
  expectTypeOf(account.matchingImport).returns.toEqualTypeOf<Promise<ImportInit>>();
  expectTypeOf<MatchingImportInit["subject"]>().toEqualTypeOf<string | undefined>();
  // @ts-expect-error it has to be said for whom
  account.matchingImport({ subject: "a" });
});

test("a user's key is rotated in stages, which an account lists", () => {
  expectTypeOf(user.rotateKeyInStages).parameters.toEqualTypeOf<[options?: RotateUserKeyInStagesOptions | undefined]>();
  expectTypeOf(user.rotateKeyInStages).returns.toEqualTypeOf<Promise<UserKeyRotation>>();
  expectTypeOf(account.userKeyRotations).returns.toEqualTypeOf<Promise<readonly UserKeyRotation[]>>();
  expectTypeOf<UserKeyRotation["stage"]>().toEqualTypeOf<UserKeyRotationStage>();
  expectTypeOf<UserKeyRotationStage>().toEqualTypeOf<"prepared" | "cut-over" | "retired">();
  expectTypeOf<UserKeyRotation["advance"]>().parameters.toEqualTypeOf<[options: AdvanceUserKeyOptions]>();
  expectTypeOf<UserKeyRotation["retire"]>().parameters.toEqualTypeOf<[options?: RetireUserKeyOptions | undefined]>();
  expectTypeOf<UserKeyRotation["plan"]>().returns.toEqualTypeOf<Promise<UserKeyRotationPlan>>();
  expectTypeOf<UserKeyRotationPlan["user"]>().toEqualTypeOf<User | undefined>();
});

test("variables of roles are texts of their own types", () => {
  expectTypeOf(roleVariables).toEqualTypeOf<RoleVariables>();
  expectTypeOf(roleVariables.accountName).toEqualTypeOf<"{{account-name()}}">();
  expectTypeOf(roleVariables.tag("team")).toEqualTypeOf<"{{tag(team)}}">();
  // @ts-expect-error a tag has a key
  roleVariables.tag();
});

test("a role is described, and revocations that go say why", () => {
  expectTypeOf(account.describeRole).returns.toEqualTypeOf<Promise<RoleDescription>>();
  expectTypeOf(account.compactRevocations).parameters.toEqualTypeOf<
    [options?: CompactRevocationsOptions | undefined]
  >();
  expectTypeOf(account.compactRevocations).returns.toEqualTypeOf<Promise<readonly CompactedRevocation[]>>();
  expectTypeOf<CompactedRevocation["reason"]>().toEqualTypeOf<"covered" | "outlived">();
});

test("entities are of three kinds", () => {
  expectTypeOf<EntityClaims>().toEqualTypeOf<OperatorClaims | AccountClaims | UserClaims>();
});
