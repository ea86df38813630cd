import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createKeyPair, Nsc } from "nsc.js";
import { exportKeys, nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { filesOf } from "../support/files-of.ts";
import { HostedOperator } from "../support/hosted-operator.ts";
import { CommandHome } from "../support/run-command.ts";
import { plantTree, storedTree } from "../support/stored-tree.ts";

const STORES = ".local/share/nats/nsc/stores";

describe("load", () => {
  test("brings an operator, an account and its key, and makes a user", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    const key = createKeyPair("account");
    const account = await hosted.operator.addAccount("TEAM", { key });
    const seed = new TextDecoder().decode(key.getSeed());
    const env = { NSC_acme_OPERATOR: hosted.operatorUrl };
    const { code, stdout, stderr } = await home.run(["load", "--profile", `nsc://acme?secret=${seed}&user=me`], {
      env,
    });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining(seed)]);
    expect(stdout).toMatch(
      /^\[ OK \] generated and stored user key "U\w+"\n\[ OK \] generated and stored user credentials at ".*me\.creds"\n$/,
    );
    const stored = await (await storedTree(home).operator("acme")).account("TEAM");
    expect(stored.token).toBe(account.token);
    expect((await stored.user("me")).claims.iss).toBe(key.publicKey);
    expect(hosted.requests.filter((request) => request.startsWith("POST"))).toEqual([]);
    const context = JSON.parse(await readFile(join(home.path, ".config/nats/nsc/nsc.json"), "utf8"));
    expect(context).toMatchObject({ operator: "acme", account: "TEAM" });

    const again = await home.run(["load", "--profile", "nsc://acme?user=me", "--seed", seed], { env });
    expect([again.code, again.stdout]).toEqual([0, '[WARN] the user "me" already exists\n']);
    const other = await home.run(["load", "--url", hosted.operatorUrl, "--seed", seed, "--user", "you"]);
    // It is known by its key, whatever it is called here.
    expect([other.code, await filesOf(home.path)]).toEqual([
      0,
      expect.arrayContaining([expect.stringMatching(/acme\/accounts\/TEAM\/users\/you\.jwt$/)]),
    ]);
  });

  test("refuses what it can't go by, and leaves nothing then", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    const seed = new TextDecoder().decode(createKeyPair("account").getSeed());
    await home.run(["completion", "bash"]);
    const texts: [string[], string][] = [
      [[], "missing account server URL"],
      [["--profile", `nsc://nobody?secret=${seed}`], "operator not found"],
      [["--url", hosted.operatorUrl], "expected account seed to initialize"],
      [["--url", hosted.operatorUrl, "--seed", seed], "404 Not Found"],
      [["--url", `${hosted.url}/nothing`, "--seed", seed], "404 Not Found"],
    ];
    for (const [flags, text] of texts) {
      const { code, stderr } = await home.run(["load", ...flags]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(text)]);
      expect(stderr).not.toContain(seed);
    }
    expect((await filesOf(home.path)).filter((file) => /\.(?:jwt|nk)$/.test(file))).toEqual([]);
  });
});

describe("migrate", () => {
  test("has accounts of another operator signed by the current one, with their users", async () => {
    await using home = await CommandHome.make();
    await plantTree(home, ["A", "B"]);
    await home.nsc("add", "user", "u", "-a", "A");
    await home.nsc("add", "operator", "next");
    const { stdout } = await home.nsc("migrate", "--operator-dir", join(home.path, STORES, "local"));
    expect(stdout).toBe(
      '[ OK ] migrated "A" to operator "next" [1 users migrated]\n[ OK ] migrated "B" to operator "next" [no users migrated]\n',
    );
    const next = await storedTree(home).operator("next");
    const a = await next.account("A");
    expect(a.claims.iss).toBe(next.publicKey);
    expect((await a.user("u")).claims.iss).toBe(a.publicKey);
    expect((await (await storedTree(home).operator("local")).account("A")).publicKey).toBe(a.publicKey);

    const again = await home.run(["migrate", "--operator-dir", join(home.path, STORES, "local")]);
    expect(again.stderr).toContain('[ERR ] account "A" already exists, specify --force to overwrite');
    await home.nsc("migrate", "--operator-dir", join(home.path, STORES, "local"), "--force");
    const itself = await home.run(["migrate", "-u", join(home.path, STORES, "next/accounts/A/A.jwt"), "-F"]);
    expect(itself.stderr).toContain("onto itself");
  });

  test("needs a key of the account, and never replaces another one", async () => {
    await using home = await CommandHome.make();
    await plantTree(home, ["A"]);
    const stranger = await (await new Nsc().addOperator("O")).addAccount("X");
    await writeFile(join(home.path, "x.jwt"), stranger.token);
    expect((await home.run(["migrate", "-u", "x.jwt"])).stderr).toContain('unable to find an account key for "X"');
    const other = await (await new Nsc().addOperator("O")).addAccount("A");
    await writeFile(join(home.path, "a.jwt"), other.token);
    expect((await home.run(["migrate", "-u", "a.jwt", "--force"])).stderr).toContain("name collision only");
    expect((await home.run(["migrate"])).stderr).toContain("an url or path to the account jwt is required");
    expect((await home.run(["migrate", "--operator-dir", "nowhere"])).stderr).toContain("error loading operator");
  });
});

describe("fix", () => {
  test("makes folders of loose files, of creds only when told", async () => {
    await using home = await CommandHome.make();
    await plantTree(home, ["A"]);
    await home.nsc("add", "user", "u");
    const loose = join(home.path, "loose");
    await mkdir(loose);
    const directory = nscDirectory({ env: { HOME: home.path } });
    await exportKeys(directory, loose, {});
    for (const path of [["local"], ["local", "A"]] as const) {
      await writeFile(join(loose, `${path.at(-1)}.jwt`), (await directory.read(path as never)) ?? "");
    }
    const creds = await directory.credsFile(["local", "A", "u"]);
    await writeFile(join(loose, "u.creds"), await readFile(creds as string));

    const { stdout, stderr } = await home.nsc("fix", "--in", "loose", "--out", "plain");
    expect(stdout).toMatch(/\[ OK \] Generate:\n {7}\[ OK \] operator local \[O\w+\]:\n/);
    expect(stderr).toContain(`stored 1 operators\nstored 1 accounts\nstored 0 users\n`);
    await home.nsc("fix", "--in", "loose", "--out", "whole", "--creds");
    const whole = nscDirectory({
      storesDir: join(home.path, "whole/operators"),
      keystoreDir: join(home.path, "whole/keys"),
      configDir: join(home.path, "whole"),
    });
    const user = await (await (await new Nsc({ store: whole }).operator("local")).account("A")).user("u");
    expect(user.hasSeed).toBe(true);
    expect(await filesOf(join(home.path, "plain"))).not.toContain("operators/local/accounts/A/users/u.jwt");

    const files = ["local.jwt", "A.jwt", "u.creds"].map((name) => `loose/${name}`);
    const single = await home.nsc("fix", "--in", ["nowhere", ...files].join(), "--out", "single", "--creds");
    expect(single.stdout).toContain(`[WARN] \`${join(home.path, "nowhere")}\` is not there\n`);
    expect(single.stderr).toContain("stored 1 operators\nstored 1 accounts\nstored 1 users\nstored 1 nkeys\n");

    const dry = await home.nsc("fix", "--in", "loose", "--out", "dry", "--dry-run");
    // Nobody can go there.
    expect(dry.stderr).not.toContain("cd ");
    expect((await filesOf(home.path)).some((file) => file.startsWith("dry/"))).toBe(false);
  });

  test("needs an operator, and folders", async () => {
    await using home = await CommandHome.make();
    await mkdir(join(home.path, "empty"));
    expect((await home.run(["fix", "--in", "empty"])).stderr).toContain("no operator found");
    expect((await home.run(["fix", "--in", "nowhere"])).code).toBe(1);
    expect((await home.run(["fix"])).stderr).toContain('required flag(s) "in" not set');
    expect((await filesOf(home.path)).filter((file) => file.startsWith("fix_"))).toEqual([]);
  });
});
