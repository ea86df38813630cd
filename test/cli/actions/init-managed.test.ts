import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesOf } from "../support/files-of.ts";
import { HostedOperator } from "../support/hosted-operator.ts";
import { CommandHome } from "../support/run-command.ts";
import { storedTree } from "../support/stored-tree.ts";
import { DOWN, ENTER, runAtTerminal } from "../support/terminal.ts";

const TYPED_OVER = "\u0015";

describe("init -u and -o", () => {
  test("adopts the operator, and has its account server sign an account", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    hosted.change = ({ nats }) => {
      nats.limits.conn = 10;
    };
    const { stdout } = await home.nsc("init", "-n", "first", "-u", hosted.operatorUrl);
    expect(stdout).toBe(`[ OK ] add managed operator Hosted
[ OK ] push jwt to account server:
       [ OK ] pushed account jwt to the account server
       > account stored
[ OK ] pull jwt from account server
[ OK ] created account first
[ OK ] created user "first"
[ OK ] project jwt files created in \`~/.local/share/nats/nsc/stores\`
[ OK ] user creds file stored in \`~/.local/share/nats/nsc/keys/creds/Hosted/first/first.creds\`
all jobs succeeded
`);
    const stored = await (await storedTree(home).operator("Hosted")).account("first");
    expect(stored.token).toBe((await hosted.account("first")).token);
    expect((await stored.user("first")).claims.iss).toBe(stored.publicKey);
    const again = await home.run(["init", "-n", "first", "-u", hosted.operatorUrl]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('an account named "first" already exists')]);
    await home.nsc("init", "-n", "second", "-u", hosted.operatorUrl);
  });

  test("finds the operator that is there under another name", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    await home.nsc("add", "operator", "-u", hosted.operatorUrl, "-n", "mine");
    const { stdout } = await home.nsc("init", "-n", "first", "-u", hosted.operatorUrl);
    expect(stdout).toContain("[ OK ] add managed operator mine\n");
    expect((await (await storedTree(home).operator("mine")).account("first")).name).toBe("first");
    expect((await home.nsc("list", "operators", "--json")).json).toMatchObject([{ name: "mine" }]);
  });

  test("finds well known operators, and signs with a key of the account where that is demanded", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    await hosted.operator.requireSigningKeys();
    const env = { NSC_acme_OPERATOR: hosted.operatorUrl };
    expect((await home.run(["init", "-n", "x", "-o", "ACME", "-d", "here"], { env })).code).toBe(0);
    expect(await filesOf(join(home.path, "here"))).toContain("acme/accounts/x/users/x.jwt");
    const context = JSON.parse(await readFile(join(home.path, ".config/nats/nsc/nsc.json"), "utf8"));
    expect(context).toMatchObject({ store_root: join(home.path, "here"), operator: "acme", account: "x" });
    const account = await hosted.account("x");
    const token = await readFile(join(home.path, "here/acme/accounts/x/users/x.jwt"), "utf8");
    const { iss } = JSON.parse(Buffer.from(token.split(".")[1] as string, "base64url").toString());
    expect(account.claims.nats.signing_keys).toContain(iss);
  });

  test("refuses who has no account server, is not known, or is another one, and leaves nothing", async () => {
    await using hosted = await HostedOperator.start();
    await using other = await HostedOperator.start();
    await using home = await CommandHome.make();
    expect((await home.run(["init", "-n", "x", "-o", "nobody"])).stderr).toContain('operator "nobody" was not found');
    await home.nsc("init", "-n", "x", "-u", hosted.operatorUrl);
    const before = await filesOf(home.path);
    const another = await home.run(["init", "-n", "y", "-u", other.operatorUrl]);
    expect([another.code, another.stderr]).toEqual([1, expect.stringContaining('a different operator named "Hosted"')]);
    await other.operator.edit((claims) => {
      delete claims.nats.account_server_url;
    });
    const without = await home.run(["init", "-n", "y", "-u", other.operatorUrl]);
    expect(without.stderr).toContain("it doesn't define an account server url");
    expect(await filesOf(home.path)).toEqual(before);
    const dry = await home.run(["init", "-n", "y", "-u", hosted.operatorUrl, "--dry-run"]);
    expect([dry.code, dry.stderr]).toEqual([0, expect.stringContaining('would send account "y"')]);
    expect(await filesOf(home.path)).toEqual(before);
  });

  test("leaves the account as it signed itself where nats-servers take accounts", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    await hosted.operator.edit((claims) => {
      claims.nats.account_server_url = "nats://localhost:4222";
    });
    const { stdout } = await home.nsc("init", "-n", "first", "-u", hosted.operatorUrl);
    expect(stdout).toContain("[WARN] perform push/pull again or exchange self-signed JWT manually\n");
    const account = await (await storedTree(home).operator("Hosted")).account("first");
    expect(account.claims.iss).toBe(account.publicKey);
    expect((await account.user("first")).claims.iss).toBe(account.publicKey);
  });

  test("asks which operator is meant", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    const { code, stdout } = await runAtTerminal(
      home,
      ["init"],
      [
        ["enter a configuration directory", ENTER],
        ["Select an operator", `${DOWN}${ENTER}`],
        ["Operator URL", `${hosted.operatorUrl}${ENTER}`],
        ["name your account and user", `${TYPED_OVER}mine${ENTER}`],
      ],
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining("created account mine")]);
  });
});
