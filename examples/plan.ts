/**
 * A tree under version control: a file says what there is to be, a plan says what that takes, and is applied once somebody
 * has looked at it.
 *
 * Run it with `npx tsx examples/plan.ts`, after `npm run build`.
 */

import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { apply, currentState, type DesiredState, formatPlan, isNscError, Nsc, type Plan, plan } from "nsc.js";
import { nscDirectory } from "nsc.js/node";

/** What the story needs from outside. */
export interface Stage {
  /** Where everything goes; a fresh temporary folder by default. */
  readonly folder?: string;
  /** Where the story goes, line by line. */
  readonly tell?: (line: string) => void;
}

const TENANT = {
  limits: { conn: 50 },
  jetstream: { disk: "1GiB" },
  roles: { app: { pub: ["orders.>"], sub: ["_INBOX.>"] } },
} as const;

const DESIRED: DesiredState = {
  operator: { systemAccount: "SYS" },
  accounts: {
    SYS: { users: { sys: {} } },
    T1: { ...TENANT, users: { backend: { role: "app" } } },
    T2: { ...TENANT, limits: { conn: 500 }, users: { backend: { role: "app" }, reader: { sub: ["orders.>"] } } },
  },
};

export async function planAndApply({ folder, tell = console.log }: Stage = {}): Promise<void> {
  const root = folder ?? (await mkdtemp(join(tmpdir(), "nsc-plan-")));
  const file = (name: string) => join(root, name);
  const nsc = new Nsc({ store: nscDirectory({ allDirs: file("nsc") }) });
  const operator = await nsc.addOperator("prod", { signingKey: true });

  // In review: the description is a file, and so is the plan.
  await writeFile(file("tree.json"), JSON.stringify(DESIRED, undefined, 2));
  const described = async (): Promise<DesiredState> => JSON.parse(await readFile(file("tree.json"), "utf8"));
  const planned = await plan(operator, await described(), { remove: true });
  for (const line of formatPlan(planned).split("\n")) tell(line);
  await writeFile(file("plan.json"), JSON.stringify(planned));

  // Approved.
  const approved: Plan = JSON.parse(await readFile(file("plan.json"), "utf8"));
  await apply(operator, approved);
  tell(`applied: ${approved.changes.length} changes in one commit`);
  tell(`left to do: ${(await plan(operator, await described(), { remove: true })).changes.length}`);

  // Somebody goes around the file, and the next plan takes it back.
  const t1 = await operator.account("T1");
  await t1.edit(({ nats }) => {
    nats.limits.conn = -1;
  });
  await t1.addUser("backdoor");
  const drift = await plan(operator, await described(), { remove: true });
  for (const line of formatPlan(drift).split("\n")) tell(line);

  // Meanwhile the same was mended by hand, so that the plan is none any more.
  await (await t1.user("backdoor")).delete();
  const refused = await apply(operator, drift).catch((error: unknown) => error);
  if (!isNscError(refused, "ERR_PLAN_OUTDATED")) throw refused;
  tell(`refused: ${refused.message}`);
  await apply(operator, await plan(operator, await described(), { remove: true }));

  const state = await currentState(operator);
  tell(`T1 may have ${state.accounts?.["T1"]?.limits?.conn} connections`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await planAndApply();
