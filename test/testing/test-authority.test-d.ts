import type { Account, Nsc, Operator, User } from "nsc.js";
import {
  type ByUser,
  type PendingTestAuthority,
  type RunningNatsServer,
  type StartedTestAuthority,
  type TestAccountDescription,
  type TestAuthority,
  type TestAuthorityDescription,
  testAuthority,
} from "nsc.js/testing";
import { expectTypeOf } from "vitest";

const pending = testAuthority({
  accounts: {
    APP: { users: ["alice", "bob"], jetstream: "unlimited" },
    WEB: { roles: { web: { pub: ["in.>"] } }, users: { carol: { role: "web" } } },
    EMPTY: {},
  },
});
expectTypeOf(pending).toExtend<Promise<TestAuthority>>();

const made = await pending;
expectTypeOf(made.nsc).toEqualTypeOf<Nsc>();
expectTypeOf(made.operator).toEqualTypeOf<Operator>();
expectTypeOf(made.accounts.EMPTY).toEqualTypeOf<Account>();
expectTypeOf(made.users.APP.bob).toEqualTypeOf<User>();
expectTypeOf(made.creds.WEB.carol).toEqualTypeOf<string>();
expectTypeOf(made.systemCreds).toEqualTypeOf<string>();
expectTypeOf<keyof typeof made.creds.APP>().toEqualTypeOf<"alice" | "bob">();

// @ts-expect-error there is no such user
made.creds.APP.carol;
// @ts-expect-error there is no such account
made.accounts.OTHER;
// @ts-expect-error there is no such option
void testAuthority({ acounts: {} });
// @ts-expect-error names are not changed afterwards
made.creds.APP.alice = "";

const started = await pending.start({ jetstream: true, config: "max_payload: 1MB" });
expectTypeOf(started.server).toEqualTypeOf<RunningNatsServer>();
expectTypeOf(started.url).toEqualTypeOf<string>();
expectTypeOf(started.creds.APP.alice).toEqualTypeOf<string>();
expectTypeOf(started.stop).returns.toEqualTypeOf<Promise<void>>();
expectTypeOf(started).toExtend<AsyncDisposable>();

// Descriptions that are not known beforehand.
const description: TestAuthorityDescription = { accounts: { A: {} satisfies TestAccountDescription } };
expectTypeOf(testAuthority(description)).toEqualTypeOf<PendingTestAuthority<TestAuthorityDescription>>();
expectTypeOf<StartedTestAuthority>().toExtend<TestAuthority>();
expectTypeOf<ByUser<{ accounts: { A: { users: ["u"] } } }, number>>().toEqualTypeOf<{
  readonly A: { readonly u: number };
}>();
