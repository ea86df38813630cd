import {
  type Account,
  type AccountClaims,
  type AuditEvent,
  type BulkReport,
  type BulkUser,
  type CompactedRevocation,
  type CompactRevocationsOptions,
  type EntityClaims,
  type ImportAccountOptions,
  type ImportUserOptions,
  Nsc,
  type NscOptions,
  type Operator,
  type OperatorClaims,
  type ReissuedOperator,
  type ReissueOperatorOptions,
  type ReissueUsersOptions,
  type RenewUsersOptions,
  type RoleDescription,
  type RoleVariables,
  type RotatedUserKey,
  type RotateIdentityOptions,
  type RotateUserKeyOptions,
  roleVariables,
  type SigningKeyRotation,
  type SkippedUser,
  type TransactionOptions,
  type User,
  type UserClaims,
  type UserSelection,
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
