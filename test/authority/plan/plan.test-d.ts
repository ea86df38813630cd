import {
  type Account,
  type AccountTemplate,
  type AddAccountOptions,
  apply,
  currentState,
  type DesiredAccount,
  type DesiredAuthCallout,
  type DesiredEntity,
  type DesiredExpiry,
  type DesiredImport,
  type DesiredLimits,
  type DesiredOperator,
  type DesiredRights,
  type DesiredRole,
  type DesiredState,
  type DesiredUser,
  type EditOptions,
  formatPlan,
  type Operator,
  type Plan,
  type PlannedActivation,
  type PlannedChange,
  type PlanOptions,
  plan,
} from "nsc.js";
import { expectTypeOf, test } from "vitest";

declare const operator: Operator;
declare const account: Account;

test("a plan goes from a description to what is applied", () => {
  expectTypeOf(plan).parameters.toEqualTypeOf<[Operator, DesiredState, (PlanOptions | undefined)?]>();
  expectTypeOf(plan).returns.toEqualTypeOf<Promise<Plan>>();
  expectTypeOf(apply).toEqualTypeOf<(operator: Operator, planned: Plan) => Promise<void>>();
  expectTypeOf(formatPlan).toEqualTypeOf<(planned: Plan) => string>();
  expectTypeOf(currentState).toEqualTypeOf<(operator: Operator) => Promise<DesiredState>>();
  expectTypeOf<Plan["changes"]>().toEqualTypeOf<readonly PlannedChange[]>();
  expectTypeOf<Plan["activations"]>().toEqualTypeOf<readonly PlannedActivation[]>();
});

test("a description is typed down to its leaves", () => {
  expectTypeOf<NonNullable<DesiredState["accounts"]>[string]>().toEqualTypeOf<DesiredAccount>();
  expectTypeOf<DesiredState["operator"]>().toEqualTypeOf<DesiredOperator | undefined>();
  expectTypeOf<NonNullable<DesiredAccount["users"]>[string]>().toEqualTypeOf<DesiredUser>();
  expectTypeOf<NonNullable<DesiredAccount["roles"]>[string]>().toEqualTypeOf<DesiredRole>();
  expectTypeOf<DesiredAccount["limits"]>().toEqualTypeOf<DesiredLimits | undefined>();
  expectTypeOf<DesiredAccount["authCallout"]>().toEqualTypeOf<DesiredAuthCallout | null | undefined>();
  expectTypeOf<NonNullable<DesiredAccount["imports"]>[number]>().toEqualTypeOf<DesiredImport>();
  expectTypeOf<DesiredEntity["expires"]>().toEqualTypeOf<DesiredExpiry | undefined>();
  expectTypeOf<DesiredUser>().toExtend<DesiredRights & DesiredEntity>();
  const written = { accounts: { A: { users: { u: { pub: ["a"] } }, expires: "never" } } } as const;
  expectTypeOf(written).toExtend<DesiredState>();
  // @ts-expect-error a slip would go unnoticed
  plan(operator, { accounts: { A: { user: {} } } });
  // @ts-expect-error a time span alone would begin anew each time
  plan(operator, { accounts: { A: { expires: { in: "90d" } } } });
});

test("templates have nothing that is an account's own", () => {
  expectTypeOf(account.template).toEqualTypeOf<() => Promise<AccountTemplate>>();
  expectTypeOf(account.applyTemplate).parameters.toEqualTypeOf<[AccountTemplate, (EditOptions | undefined)?]>();
  expectTypeOf(account.clone).returns.toEqualTypeOf<Promise<Account>>();
  expectTypeOf<AddAccountOptions["template"]>().toEqualTypeOf<AccountTemplate | undefined>();
  expectTypeOf<AccountTemplate>().not.toHaveProperty("users");
  expectTypeOf<DesiredAccount>().toExtend<AccountTemplate>();
});
