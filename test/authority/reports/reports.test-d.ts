import {
  type Account,
  type Claims,
  type DeadImport,
  type Diagram,
  type DiagramOptions,
  type DiffOptions,
  diagram,
  diff,
  diffTrees,
  type EntityChange,
  type Expiration,
  type ExpirationReport,
  type ExpirationsOptions,
  expirations,
  type FieldChange,
  formatDiff,
  formatTreeDiff,
  type ImportStep,
  type JsonValue,
  type LintCode,
  type LintLevel,
  type LintRule,
  lintRules,
  type MappingStep,
  type Operator,
  type ReadonlyDeep,
  type Route,
  type RouteEnd,
  type RouteProblem,
  type RouteStep,
  type RoutesOptions,
  type RoutesReport,
  routes,
  type TreeDiff,
  type User,
} from "nsc.js";
import { expectTypeOf, test } from "vitest";

declare const operator: Operator;

test("expirations are data that is not changed", () => {
  expectTypeOf(expirations).parameters.toEqualTypeOf<[operator: Operator, options?: ExpirationsOptions | undefined]>();
  expectTypeOf(expirations).returns.toEqualTypeOf<Promise<ExpirationReport>>();
  expectTypeOf<ExpirationReport["expirations"]>().toEqualTypeOf<readonly Expiration[]>();
  expectTypeOf<Expiration["expires"]>().toEqualTypeOf<number | undefined>();
  // @ts-expect-error a bare number may be anything
  expirations(operator, { within: 30 });
});

test("tokens and claims are compared in any mix", () => {
  type Side = string | ReadonlyDeep<Claims>;
  expectTypeOf(diff).parameters.toEqualTypeOf<[before: Side, after: Side, options?: DiffOptions | undefined]>();
  expectTypeOf(diff).returns.toEqualTypeOf<readonly FieldChange[]>();
  expectTypeOf<FieldChange["before"]>().toEqualTypeOf<JsonValue | undefined>();
  expectTypeOf(formatDiff).toEqualTypeOf<(changes: readonly FieldChange[]) => string>();
});

test("trees are compared by their operators", () => {
  expectTypeOf(diffTrees).returns.toEqualTypeOf<Promise<TreeDiff>>();
  expectTypeOf<TreeDiff["entities"]>().toEqualTypeOf<readonly EntityChange[]>();
  expectTypeOf<EntityChange["action"]>().toEqualTypeOf<"added" | "removed" | "renamed" | "changed">();
  expectTypeOf(formatTreeDiff).toEqualTypeOf<(difference: TreeDiff) => string>();
  // @ts-expect-error a token is no tree
  diffTrees(operator.token, operator);
});

test("a diagram says what it is of", () => {
  expectTypeOf(diagram).parameters.toEqualTypeOf<[operator: Operator, options: DiagramOptions]>();
  expectTypeOf(diagram).returns.toEqualTypeOf<Promise<Diagram>>();
  // @ts-expect-error there are two languages
  diagram(operator, { of: "exchange", format: "svg" });
  // @ts-expect-error what it is of has to be said
  diagram(operator, {});
});

test("the codes of lint are data", () => {
  expectTypeOf(lintRules).toEqualTypeOf<{ readonly [Code in LintCode]: LintRule }>();
  expectTypeOf<LintRule["levels"][0]>().toEqualTypeOf<LintLevel>();
  // @ts-expect-error there is no such code
  lintRules.NOTHING;
});

test("routes are data, of an account or a user", () => {
  expectTypeOf(routes).parameters.toEqualTypeOf<
    [from: Account | User, action: "publish" | "subscribe", subject: string, options?: RoutesOptions | undefined]
  >();
  expectTypeOf(routes).returns.toEqualTypeOf<Promise<RoutesReport>>();
  expectTypeOf<RoutesReport["routes"]>().toEqualTypeOf<readonly Route[]>();
  expectTypeOf<Route["from"]>().toEqualTypeOf<RouteEnd>();
  expectTypeOf<RouteStep>().toEqualTypeOf<MappingStep | ImportStep>();
  expectTypeOf<RoutesReport["dead"]>().toEqualTypeOf<readonly DeadImport[]>();
  expectTypeOf<DeadImport>().toExtend<RouteProblem>();
  expectTypeOf<RouteProblem["code"]>().toEqualTypeOf<LintCode>();
  // @ts-expect-error routes begin at an account
  routes(operator, "publish", "a");
});
