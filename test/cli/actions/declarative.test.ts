import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostedOperator } from "../support/hosted-operator.ts";
import { copyHome, type PreparedHome, prepareHome, snapshotOf } from "../support/prepared-home.ts";
import { CommandHome, runMain } from "../support/run-command.ts";
import { storedTree } from "../support/stored-tree.ts";
import { runAtTerminal } from "../support/terminal.ts";

const YAML = `
accounts:
  SYS: {}
  A:
    limits: { conn: 7 }
    users: { alice: {}, wendy: { role: web } }
  B: { users: {} }
  C: { users: { carl: { pub: [c.>] } } }
`;

let prepared: PreparedHome;
beforeAll(async () => {
  prepared = await prepareHome();
});
afterAll(() => prepared.home[Symbol.asyncDispose]());

async function homeWith(files: Readonly<Record<string, string>>): Promise<CommandHome> {
  const home = await copyHome(prepared);
  for (const [name, text] of Object.entries(files)) await writeFile(join(home.path, name), text);
  return home;
}

async function accountsOf(home: CommandHome): Promise<string[]> {
  const operator = await storedTree(home).operator("local");
  const names: string[] = [];
  for await (const account of operator.accounts()) {
    for await (const user of account.users()) names.push(`${account.name}/${user.name}`);
  }
  return names;
}

describe("nsc plan and apply", () => {
  test("bring the tree to a description in YAML", async () => {
    await using home = await homeWith({ "tree.yaml": YAML });
    const before = await snapshotOf(home.path);
    const planned = await home.run(["plan", "tree.yaml", "--exit-code"]);
    expect([planned.code, planned.stderr]).toEqual([3, "the tree is not as it is described\n"]);
    expect(planned.stdout).toContain('~ account "local/A"\n  ~ nats.limits.conn: -1 -> 7\n');
    expect(planned.stdout).toContain("? accounts.B.users.bob is not described, and stays\n");
    expect(await snapshotOf(home.path)).toEqual(before);

    await home.nsc("apply", "tree.yaml");
    expect(await accountsOf(home)).toEqual(["A/alice", "A/wendy", "B/bob", "C/carl", "SYS/sys"]);
    const again = await home.run(["plan", "tree.yaml", "--exit-code"]);
    expect([again.code, again.stderr]).toEqual([0, "the tree is as it is described\n"]);
  });

  test("have the account server of a managed operator sign the accounts that change", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    await home.nsc("init", "-n", "first", "-u", hosted.operatorUrl);
    await writeFile(join(home.path, "tree.json"), JSON.stringify({ accounts: { first: { limits: { conn: 7 } } } }));
    const dry = await home.nsc("apply", "tree.json", "--dry-run");
    expect(dry.stderr).toContain('would send account "first"');
    const { stdout } = await home.nsc("apply", "tree.json");
    expect(stdout).toContain("[ OK ] pull jwt from account server\n[ OK ] applied 1 change");
    const stored = await (await storedTree(home).operator("Hosted")).account("first");
    expect(stored.token).toBe((await hosted.account("first")).token);
    expect(stored.claims.nats.limits.conn).toBe(7);
    expect(stored.claims.iss).toMatch(/^O/);
  });

  test("take no key to sign with, rather than overlook it", async () => {
    await using home = await homeWith({ "tree.yaml": YAML });
    const before = await snapshotOf(home.path);
    const { code, stderr } = await home.run(["apply", "tree.yaml", "-K", "web"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("-K has no effect here")]);
    expect(await snapshotOf(home.path)).toEqual(before);
  });

  test("the tree as it is says nothing is to be done, from a file and from standard input", async () => {
    await using home = await homeWith({});
    const { stdout } = await home.nsc("plan");
    await writeFile(join(home.path, "tree.json"), stdout);
    expect((await home.nsc("plan", "tree.json", "--remove", "--exit-code")).stdout).toBe("");
    const stdin = new PassThrough();
    stdin.end(stdout);
    const piped = await runMain(["plan", "-", "--remove", "--exit-code"], {
      stdin,
      cwd: home.path,
      env: { HOME: home.path },
    });
    expect([piped.code, piped.stdout]).toEqual([0, ""]);
  });

  test("a plan is applied later, once, and not to a tree that has changed", async () => {
    await using home = await homeWith({ "tree.yaml": YAML });
    await home.nsc("plan", "tree.yaml", "-o", "plan.json");
    const later = await copyHome({ ...prepared, home });
    await later.nsc("apply", "plan.json");
    expect(await accountsOf(later)).toContain("C/carl");
    const again = await later.run(["apply", "plan.json"]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("plan again")]);

    await home.nsc("delete", "user", "-a", "A", "wendy");
    const before = await snapshotOf(home.path);
    const outdated = await home.run(["apply", "plan.json", "--json"]);
    expect([outdated.code, outdated.stderr]).toEqual([1, expect.stringContaining("ERR_PLAN_OUTDATED")]);
    expect(await snapshotOf(home.path)).toEqual(before);
    await later[Symbol.asyncDispose]();
  });

  test("what is removed is asked for at a terminal", async () => {
    await using home = await homeWith({ "tree.yaml": YAML });
    const before = await accountsOf(home);
    const no = await runAtTerminal(home, ["apply", "tree.yaml", "--remove"], [["remove one account or user?", "n"]]);
    expect(no.code).toBe(1);
    expect(no.shown).toContain("nothing was applied");
    expect(await accountsOf(home)).toEqual(before);
    const yes = await runAtTerminal(home, ["apply", "tree.yaml", "--remove"], [["remove one account or user?", "y"]]);
    expect(yes.code, yes.shown).toBe(0);
    expect(await accountsOf(home)).toEqual(["A/alice", "A/wendy", "C/carl", "SYS/sys"]);
  });

  test.each([
    ["x.json", "{", "`x.json` is no JSON"],
    ["x.yaml", "a: b: c", "`x.yaml` is neither JSON nor YAML"],
    ["x.yaml", "[1]", "`x.yaml` holds no object"],
    ["x.json", '{"acounts":{}}', "there is no option acounts"],
    ["x.json", '{"accounts":{"A":{"users":{"a":{"role":"nope"}}}}}', 'accounts.A.users.a: the account "A" has no role'],
    ["x.json", '{"desired":{},"changes":2}', "this is no plan"],
    ["x.json", '{"operator":{"publicKey":"O"},"at":1,"remove":false,"desired":{},"changes":[1]}', "this is no plan"],
    ["missing.json", undefined, "no such file"],
  ])("apply refuses %s with %s, and changes nothing", async (name, text, message) => {
    await using home = await homeWith(text === undefined ? {} : { [name]: text });
    const before = await snapshotOf(home.path);
    const { code, stdout, stderr } = await home.run(["apply", name]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(message);
    expect(await snapshotOf(home.path)).toEqual(before);
  });

  test("refuse flags that say nothing", async () => {
    await using home = await homeWith({ "tree.yaml": YAML });
    await home.nsc("plan", "tree.yaml", "-o", "plan.json");
    expect((await home.run(["plan", "--remove"])).stderr).toContain("a description is needed");
    expect((await home.run(["apply", "plan.json", "--remove"])).stderr).toContain("a plan says itself");
  });
});

describe("nsc template", () => {
  test("makes one account after the pattern of another one", async () => {
    await using home = await homeWith({});
    await home.nsc("edit", "account", "A", "--conns", "9");
    await home.nsc("template", "show", "-a", "A", "-o", "a.json");
    const template = JSON.parse(await readFile(join(home.path, "a.json"), "utf8")) as Record<string, unknown>;
    expect(template).toMatchObject({ limits: { conn: 9 }, roles: { web: {} } });
    expect(template).not.toHaveProperty("users");

    await home.nsc("template", "apply", "a.json", "-a", "NEW", "--create");
    const operator = await storedTree(home).operator("local");
    const made = await operator.account("NEW");
    expect(made.claims.nats.limits.conn).toBe(9);
    expect(made.roles.map(({ role }) => role)).toEqual(["web"]);
    expect(made.publicKey).not.toBe(prepared.keys.A);
    expect((await home.nsc("template", "show", "-a", "NEW", "--json")).json).toEqual(template);
  });

  test.each([
    [["t.json", "-a", "NEW"], '"NEW" not in accounts'],
    [["t.json", "--create"], "account name is required"],
    [["bad.json", "-a", "NEW", "--create"], "there is no option foo"],
  ])("apply refuses %j, and changes nothing", async (words, message) => {
    await using home = await homeWith({ "t.json": '{"limits":{"conn":1}}', "bad.json": '{"foo":1}' });
    const before = await snapshotOf(home.path);
    const { code, stderr } = await home.run(["template", "apply", ...words]);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(await snapshotOf(home.path)).toEqual(before);
  });
});
