import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyHome, type PreparedHome, prepareHome } from "../support/prepared-home.ts";
import { runMain } from "../support/run-command.ts";

const STORES = ".local/share/nats/nsc/stores";

let prepared: PreparedHome;
beforeAll(async () => {
  prepared = await prepareHome();
});
afterAll(() => prepared.home[Symbol.asyncDispose]());

describe("nsc lint", () => {
  test("tells what does not work, and exits with 3", async () => {
    await using home = await copyHome(prepared);
    await home.nsc("delete", "export", "-a", "A", "--subject", "a.>");
    const { code, stdout, stderr } = await home.run(["lint", "--level", "error"]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^error {3}account local\/B: .*exports no stream "a\.>" \(IMPORT_UNMATCHED\)\n {8}\S/);
    expect(stderr).toBe("1 error, 0 warnings, 0 more\nsomething does not work\n");
  });

  test("lets warnings pass unless it is strict, and looks at accounts that are named alone", async () => {
    await using home = await copyHome(prepared);
    const all = await home.run(["lint"]);
    expect([all.code, all.stderr]).toEqual([0, "0 errors, 1 warning, 0 more\n"]);
    expect((await home.run(["lint", "--strict"])).code).toBe(3);
    const one = await home.run(["lint", "--strict", "-a", "A"]);
    expect([one.code, one.stdout]).toEqual([0, ""]);
  });

  test("tells what expires soon", async () => {
    await using home = await copyHome(prepared);
    await home.nsc("edit", "user", "-a", "A", "alice", "--expiry", "3d");
    const codes = async (...within: string[]) => {
      const { json } = await home.run(["lint", "-a", "A", "--json", ...within]);
      return (json as readonly { readonly code: string }[]).map(({ code }) => code);
    };
    expect(await codes("--within", "7d")).toEqual(["EXPIRES_SOON"]);
    expect(await codes("--within", "1d")).toEqual([]);
  });

  test.each([
    [["--level", "bad"], 'there is no level "bad"'],
    [["--within", "soon"], '--within must be a date, a time span such as "30d"'],
    [["-a", "C"], '"C" not in accounts'],
  ])("refuses %j", async (flags, message) => {
    const { code, stdout, stderr } = await prepared.home.run(["lint", ...flags]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(message);
  });
});

describe("nsc can", () => {
  test.each([
    ["publish orders.x -u alice", 0, '"orders.>" allows orders.x\n', ""],
    ["pub out -u wendy", 3, "nothing in pub.allow allows out\n", 'user "wendy" may not publish to out\n'],
    ["subscribe in.> -a B", 0, "nothing speaks against in.>\n", ""],
  ])("answers %s", async (words, code, stdout, stderr) => {
    expect(await prepared.home.run(["can", ...words.split(" ")])).toMatchObject({ code, stdout, stderr });
  });

  test.each([
    ["eat x -u alice", 'nobody can "eat"'],
    ["publish x", "user is required"],
    ["publish x -u nobody", "user nobody does not exist"],
    ["publish a..b -u alice", "to publish takes a subject without wildcards, with no token that is empty"],
    ["publish x -u alice --server-version new", "--server-version takes 2.9.0 or later"],
  ])("refuses %s", async (words, message) => {
    const { code, stdout, stderr } = await prepared.home.run(["can", ...words.split(" ")]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(message);
  });
});

describe("nsc explain", () => {
  test("explains stored users, creds and tokens alike", async () => {
    await using home = await copyHome(prepared);
    const stored = await home.run(["explain", "-u", "wendy", "--json"]);
    expect(stored.json).toMatchObject({ accepted: true, chain: [{ name: "wendy", role: "web" }, {}, {}] });
    await home.nsc("generate", "creds", "-n", "wendy", "-o", "wendy.creds");
    const { stdout: token } = await home.nsc("describe", "user", "wendy", "-R");
    for (const source of ["wendy.creds", token.trim()]) {
      expect((await home.run(["explain", source, "--json"])).json).toEqual(stored.json);
    }
    const stdin = new PassThrough();
    stdin.end(token);
    const piped = await runMain(["explain", "-", "--json"], { stdin, cwd: home.path, env: { HOME: home.path } });
    expect(piped.json).toEqual(stored.json);
  });

  test("says which rule refuses it, and exits with 3", async () => {
    const { code, stdout, stderr } = await prepared.home.run(["explain", "-a", "B", "-u", "bob"]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^refused: .*\(REVOCATION\)\n/);
    expect(stdout).toContain("\n  FAIL REVOCATION: ");
    expect(stderr).toBe("servers would refuse it\n");
  });

  test("takes no flags for what says itself whose it is", async () => {
    const { code, stderr } = await prepared.home.run(["explain", "x.creds", "-u", "alice"]);
    expect(code).toBe(1);
    expect(stderr).toContain("--account and --user are for stored ones");
    expect((await prepared.home.run(["explain", "x.creds"])).stderr).toContain("x.creds: no such file");
  });
});

describe("nsc diff", () => {
  test("compares the tree with a backup, and two backups", async () => {
    await using home = await copyHome(prepared);
    await cp(join(home.path, STORES), join(home.path, "backup"), { recursive: true });
    const same = await home.run(["diff", "backup", "--exit-code"]);
    expect(same).toMatchObject({ code: 0, stdout: "", stderr: "there are no differences\n" });
    await home.nsc("edit", "account", "A", "--conns", "5");
    await home.nsc("add", "user", "-a", "A", "carol");
    const changed = '~ account "local/A"\n  ~ nats.limits.conn: -1 -> 5\n+ user "local/A/carol"\n';
    const differs = await home.run(["diff", "backup", "--exit-code"]);
    expect(differs).toMatchObject({ code: 3, stdout: changed, stderr: "there are differences\n" });
    expect((await home.nsc("diff", "backup", STORES)).stdout).toBe(changed);
    expect((await home.nsc("diff", STORES, "backup")).stdout).toContain('- user "local/A/carol"');
  });

  test("says which file holds no token, and which folder no operator", async () => {
    await using home = await copyHome(prepared);
    await writeFile(join(home.path, "a.jwt"), "nothing");
    const token = `${STORES}/local/local.jwt`;
    const noToken = await home.run(["diff", token, "a.jwt"]);
    expect([noToken.code, noToken.stderr]).toEqual([1, "Error: `a.jwt`: expected 3 chunks\n"]);
    expect((await home.run(["diff", token])).stderr).toContain("files are compared in pairs");
    const noOperator = await home.run(["diff", ".config"]);
    expect(noOperator.code).toBe(1);
    expect(noOperator.stderr).toContain('there is no operator "local" in');
  });
});

describe("nsc inspect", () => {
  test("finds what is damaged, and exits with 3", async () => {
    await using home = await copyHome(prepared);
    expect((await home.run(["inspect"])).stderr).toBe("everything is as it should be\n");
    const path = join(home.path, STORES, "local/accounts/A/A.jwt");
    await writeFile(path, "damaged");
    const { code, stdout, stderr } = await home.run(["inspect"]);
    expect(code).toBe(3);
    expect(stdout).toContain(path);
    expect(stderr).toMatch(/found\n$/);
    const { json } = await home.run(["inspect", "--json"]);
    expect(json).toContainEqual(expect.objectContaining({ path }));
  });
});
