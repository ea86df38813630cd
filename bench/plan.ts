import { apply, currentState, type DesiredState, Nsc, plan } from "nsc.js";
import { once } from "./measure.ts";

const ACCOUNTS = 1000;
const USERS = 10;

/** What it takes to bring a large tree to a description: the first time, when nothing differs, and when one entity does. */
export async function benchPlan(): Promise<void> {
  console.log(`\nplan and apply, ${ACCOUNTS} accounts of ${USERS} users`);
  for (const accounts of [ACCOUNTS / 10, ACCOUNTS]) await bench(accounts);
}

async function bench(count: number): Promise<void> {
  const operator = await new Nsc().addOperator("O", { signingKey: true });
  const desired = describedTree(count, 100);
  const first = await once(`plan of ${count} new accounts`, () => plan(operator, desired));
  await once("apply", () => apply(operator, first));
  await once("plan when nothing differs", () => plan(operator, desired));
  const one = await once("plan when one limit differs", () => plan(operator, describedTree(count, 50)));
  await once("apply", () => apply(operator, one));
  await once("currentState", () => currentState(operator));
}

function describedTree(count: number, conn: number): DesiredState {
  const accounts = Array.from({ length: count }, (_, index) => {
    const users = Array.from({ length: USERS }, (__, user) => [`u${user}`, { role: "web" }] as const);
    const account = {
      limits: { conn: index === 0 ? conn : 100 },
      roles: { web: { pub: ["orders.{{name()}}.>"] } },
      users: Object.fromEntries(users),
      exports: [{ subject: "orders.>", type: "stream", private: true }],
      imports: index === 0 ? [] : [{ from: `A${index - 1}`, subject: "orders.>", localSubject: "other.>" }],
    } as const;
    return [`A${index}`, account] as const;
  });
  return { accounts: Object.fromEntries(accounts) };
}
