import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createKeyPair, serverConfig } from "nsc.js";
import { pendingAccounts } from "nsc.js/nats";
import { expect, onTestFinished, test } from "vitest";
import { serveCluster } from "../../nats/servers.ts";
import { fileOf, manyNames } from "../../nats/tools.ts";
import { CERTIFICATE, PRIVATE_KEY } from "../../support/certificate.ts";
import { describeWithServer } from "../../support/nats-server.ts";
import { expectNoSecret } from "../../support/secrets.ts";
import { operatorHome, servedHome } from "../servers/served-home.ts";
import { CommandHome } from "../support/run-command.ts";

interface Pushed {
  readonly dry_run: boolean;
  readonly system_account: string;
  readonly push: {
    readonly servers: readonly { readonly name: string }[];
    readonly accounts: readonly {
      readonly name: string;
      readonly status: string;
      readonly guard?: string;
      readonly servers: readonly { readonly outcome: string; readonly message: string }[];
    }[];
  };
}

describeWithServer("nsc push", () => {
  test("brings the accounts that it is asked for to the servers, in nsc's words", async () => {
    const { home, operator, server, system } = await servedHome(["APP", "B"]);
    const { stdout, stderr } = await home.nsc("push", "-a", "APP");
    const name = / to nats-server (\S+): jwt updated/.exec(stdout)?.[1];
    expect(stdout).toBe(
      [
        `[ OK ] push to nats-server "${server.url}" using system account "SYS":`,
        "       [ OK ] push APP to nats-server with nats account resolver:",
        `              [ OK ] pushed "APP" to nats-server ${name}: jwt updated`,
        "              [ OK ] pushed to a total of 1 nats-server",
        "",
      ].join("\n"),
    );
    expect(stderr).toBe("");
    const app = await operator.account("APP");
    expect(fileOf(server, app.publicKey)).toBe(app.token);
    expect(fileOf(server, (await operator.account("B")).publicKey)).toBeUndefined();

    const all = await home.nsc("push", "-A");
    expect(all.stdout.match(/pushed "\w+" to nats-server/g)).toHaveLength(3);
    expect(fileOf(server, system)).toBe((await operator.account("SYS")).token);
  });

  test("says in JSON what came of each account at each server", async () => {
    const { home } = await servedHome(["APP"]);
    const outcome = await home.nsc("push", "-A", "--json");
    const { dry_run, system_account, push } = outcome.json as Pushed;
    expect([dry_run, system_account]).toEqual([false, "SYS"]);
    expect(push.servers).toHaveLength(1);
    expect(push.accounts.map(({ name, status }) => `${name} ${status}`)).toEqual(["APP pushed", "SYS pushed"]);
    expect(push.accounts[0]?.servers).toMatchObject([{ outcome: "stored", message: "jwt updated" }]);
    expectNoSecret(outcome.stdout);
  });

  test("goes over WebSockets, with and without TLS", async () => {
    const plain = await servedHome(["APP"], { config: 'websocket { host: "127.0.0.1", port: -1, no_tls: true }' });
    const port = (world: typeof plain) =>
      /Listening for websocket clients on wss?:\/\/127\.0\.0\.1:(\d+)/.exec(world.server.log())?.[1];
    await plain.home.nsc("push", "-A", "-u", `ws://127.0.0.1:${port(plain)}`);
    const app = await plain.operator.account("APP");
    expect(fileOf(plain.server, app.publicKey)).toBe(app.token);

    const files = await CommandHome.make();
    onTestFinished(() => files[Symbol.asyncDispose]());
    const [certificate, key] = [join(files.path, "cert.pem"), join(files.path, "key.pem")];
    await writeFile(certificate, CERTIFICATE);
    await writeFile(key, PRIVATE_KEY);
    const secured = await servedHome(["APP"], {
      config: `websocket { host: "127.0.0.1", port: -1, tls { cert_file: "${certificate}", key_file: "${key}" } }`,
    });
    const url = `wss://127.0.0.1:${port(secured)}`;
    const refused = await secured.home.run(["push", "-A", "-u", url]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("no servers available")]);
    await secured.home.nsc("push", "-A", "-u", url, "--ca-cert", certificate);
    const { token, publicKey } = await secured.operator.account("APP");
    expect(fileOf(secured.server, publicKey)).toBe(token);
  });

  test("pushes nothing as long as one account would break", async () => {
    const { home, operator, server } = await servedHome(["A", "B"]);
    const b = await operator.account("B");
    await b.edit((claims) => {
      claims.exp = Math.floor(Date.now() / 1000) - 10;
    });
    const { code, stderr, stdout } = await home.run(["push", "-A"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain('Error: unable to push account "B" as it has validation issues: claim is expired\n');
    expect(fileOf(server, (await operator.account("A")).publicKey)).toBeUndefined();

    const forced = await home.nsc("push", "-A", "-F", "--json");
    expect((forced.json as Pushed).push.accounts.map(({ status }) => status)).toEqual(["pushed", "pushed", "pushed"]);
  });

  test("leaves what servers have newer, unless it is forced", async () => {
    const { home, operator, server, directory } = await servedHome(["APP"]);
    const app = await operator.account("APP");
    const before = app.token;
    await app.edit(({ nats }) => {
      nats.limits.conn = 5;
    });
    await home.nsc("push", "-a", "APP");
    // As after a restore of an old copy.
    await writeFile(join(directory.storesDir, "local/accounts/APP/APP.jwt"), before);
    const { code, stderr } = await home.run(["push", "-a", "APP"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/\[ERR \] failed to push account: servers have a token that is \d+ s newer: pull it first/);
    expect(stderr).toContain("Error: all jobs failed\n");
    expect(fileOf(server, app.publicKey)).toBe(app.token);
    const both = await home.run(["push", "-A"]);
    expect(both.stderr).toContain("Error: 1 job failed - 1 job succeeded and 0 had warnings\n");
    await home.nsc("push", "-a", "APP", "-F");
    expect(fileOf(server, app.publicKey)).toBe(before);
  });

  test("says of each server of a cluster what came of each account", async () => {
    const { home, operator } = await operatorHome(["APP"]);
    const config = await serverConfig(operator, { resolver: { type: "full", dir: "./jwt" } });
    const systemCreds = await (await (await operator.account("SYS")).user("sys")).creds();
    const servers = await serveCluster({ config, systemCreds }, [{ name: "n1" }, { name: "n2" }]);
    const app = await operator.account("APP");
    const { stdout } = await home.nsc("push", "-a", "APP", "-u", servers.map(({ url }) => url).join(","));
    for (const name of ["n1", "n2"])
      expect(stdout).toContain(`[ OK ] pushed "APP" to nats-server ${name}: jwt updated`);
    expect(stdout).toContain("[ OK ] pushed to a total of 2 nats-server");
    for (const server of servers) expect(fileOf(server, app.publicKey)).toBe(app.token);
  });

  test("only says what it would push, with --dry-run", async () => {
    const { home, operator, server } = await servedHome(["APP"]);
    const app = await operator.account("APP");
    const first = await home.nsc("push", "-A", "--dry-run");
    expect(first.stdout).toContain('[ OK ] would push "APP": no server has it');
    expect(first.stderr).toContain("dry run");
    expect(fileOf(server, app.publicKey)).toBeUndefined();
    await home.nsc("push", "-A");
    await app.edit(({ nats }) => {
      nats.limits.conn = 5;
    });
    const { stdout } = await home.nsc("push", "-A", "--dry-run");
    expect(stdout).toMatch(/would push "APP": 1 server has an older token/);
    expect(stdout).toContain("nats.limits.conn");
    expect(stdout).toContain('would push "SYS" again');
    expect(fileOf(server, app.publicKey)).not.toBe(app.token);
  });

  test("prunes what the store does not have, and says what is there", async () => {
    const { home, operator, server } = await servedHome(["A", "B"]);
    const b = await operator.account("B");
    await home.nsc("push", "-A");
    await b.delete();
    const dry = await home.nsc("push", "-P", "--dry-run");
    expect(dry.stdout).toContain(`would prune account ${b.publicKey} named B`);
    expect(fileOf(server, b.publicKey)).toBe(b.token);

    const { stdout } = await home.nsc("push", "--prune");
    expect(stdout).toMatch(
      /^\[ OK \] prune nats-server with nats account resolver:\n {7}\[ OK \] list 3 accounts from/,
    );
    expect(stdout).toContain(`              [ OK ] account ${b.publicKey} only exists in server\n`);
    expect(stdout).toMatch(/ {7}\[ OK \] pruned nats-server \S+: deleted 1 accounts\n$/);
    expect(fileOf(server, b.publicKey)).toBeUndefined();
    expect((await home.nsc("push", "-P")).stdout).toContain("[ OK ] nothing to prune");
  });

  test("says what kept it from pruning, also after accounts that could not be pushed", async () => {
    const { home, operator, directory } = await servedHome(["A", "B"]);
    const a = await operator.account("A");
    const before = a.token;
    await a.edit(({ nats }) => {
      nats.limits.conn = 5;
    });
    await home.nsc("push", "-A");
    await writeFile(join(directory.storesDir, "local/accounts/A/A.jwt"), before);
    await (await operator.account("B")).delete();
    await directory.commit({ deletedKeys: [operator.publicKey, ...(operator.claims.nats.signing_keys ?? [])] });
    const { code, stderr } = await home.run(["push", "-A", "-P"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: 1 job failed - 1 job succeeded and 0 had warnings\n.*is not at hand/m);
  });

  test("fails when servers don't let accounts be deleted", async () => {
    const { home, operator } = await servedHome(["A"], { allowDelete: false });
    await home.nsc("push", "-A");
    await (await operator.account("A")).delete();
    const { code, stderr } = await home.run(["push", "-P"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /server \S+ responded with error: delete accounts request by O\w+ failed - delete must be en/,
    );
    expect(stderr).toContain("Fewer server responded to 'prune' (0) than to 'list' (1).");
    expect(stderr).toContain("Error: all jobs failed");
  });

  test("removes an account by name or public key, never the system account", async () => {
    const { home, operator, server, system } = await servedHome(["A", "B"]);
    const [a, b] = [await operator.account("A"), await operator.account("B")];
    await home.nsc("push", "-A");
    await home.nsc("push", "-R", "A", "--dry-run");
    expect(fileOf(server, a.publicKey)).toBe(a.token);
    const { stdout } = await home.nsc("push", "-R", "A");
    expect(stdout).toMatch(
      /^\[ OK \] prune nats-server with .*:\n {7}\[ OK \] pruned nats-server \S+: deleted 1 accounts\n$/,
    );
    await home.nsc("push", "--account-removal", b.publicKey);
    expect(fileOf(server, a.publicKey)).toBeUndefined();
    expect(fileOf(server, b.publicKey)).toBeUndefined();
    const unknown = await home.run(["push", "-R", "NOPE"]);
    expect([unknown.code, unknown.stderr.split("\n")[0]]).toEqual([
      1,
      "Error: account NOPE does not exist in the current operator",
    ]);
    const { code, stderr } = await home.run(["push", "-R", system]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("system account")]);
  });

  test("signs a request to delete with -K where the keystore has no key of the operator", async () => {
    const { home, operator, directory, server } = await servedHome(["A"]);
    const a = await operator.account("A");
    await home.nsc("push", "-A");
    const key = operator.claims.nats.signing_keys?.[0] as string;
    const seed = (await directory.getKey(key)) as string;
    await directory.commit({ deletedKeys: [key, operator.publicKey] });
    const { code, stderr } = await home.run(["push", "-R", "A"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("is not at hand")]);
    const stranger = await home.run([
      "push",
      "-R",
      "A",
      "-K",
      new TextDecoder().decode(createKeyPair("operator").getSeed()),
    ]);
    expect([stranger.code, stranger.stderr]).toEqual([1, expect.stringContaining("no key of the operator")]);
    await home.nsc("push", "-R", "A", "-K", seed);
    expect(fileOf(server, a.publicKey)).toBeUndefined();
  });

  test("compares what servers have with the store, and goes on to say it", async () => {
    const { home, operator } = await servedHome(["A", "B"]);
    const [a, b] = [await operator.account("A"), await operator.account("B")];
    await home.nsc("push", "-A");
    await b.delete();
    await operator.addAccount("C");
    await a.edit(({ nats }) => {
      nats.limits.conn = 7;
    });
    const { stdout, code } = await home.run(["push", "--diff"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`account ${a.publicKey} named A exists`);
    expect(stdout).toContain(`account ${b.publicKey} only exists in server`);
    expect(stdout).toMatch(/\[WARN\] account \w+ named C differs from the store: no server has it/);
    expect(stdout).toContain("nats.limits.conn");
    const { diff } = (await home.nsc("push", "-D", "--json")).json as {
      diff: { accounts: readonly { name: string; status: string }[] };
    };
    expect(diff.accounts.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "A older",
      "B unknown",
      "C missing",
      "SYS same",
    ]);
  });

  test("asks as a stored user of the system account, if that is said", async () => {
    const { home, operator, directory } = await servedHome(["APP"]);
    await home.nsc("push", "-a", "APP", "--system-account", "SYS", "--system-user", "sys");
    const { code, stderr } = await home.run(["push", "-A", "--system-user", "nobody"]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      "error obtaining system account user: no system account user with corresponding nkey found",
    );
    // Without the keys of the account its stored user steps in.
    const system = await operator.account("SYS");
    const keys = (system.claims.nats.signing_keys ?? []).filter((key) => typeof key === "string");
    await directory.commit({ deletedKeys: [system.publicKey, ...keys] });
    await home.nsc("push", "-a", "APP");
    await home.nsc("push", "-A", "--system-user", "sys");
    await (await system.user("sys")).delete();
    const nobody = await home.run(["push", "-a", "APP"]);
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toContain("error obtaining system account user: no private key of the system account");
    expect(nobody.stderr).toContain("--system-user");
  });

  test("says who could not be reached, and who is not let in", async () => {
    const { home, operator } = await servedHome(["APP"]);
    const gone = await home.run(["push", "-A", "-u", "nats://user:secret@127.0.0.1:1"]);
    expect([gone.code, gone.stdout]).toEqual([1, ""]);
    expect(gone.stderr).toContain("Error: failed to connect: nats: no servers available for connection");
    expect(gone.stderr).not.toContain("secret");
    const other = await home.run(["push", "-A", "--system-account", "APP"]);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain("nats: Authorization Violation");
    await operator.edit(({ nats }) => {
      delete nats.account_server_url;
    });
    const nowhere = await home.run(["push", "-A"]);
    expect(nowhere.stderr).toContain(
      "Error: no account server url or nats-server url was provided by the operator jwt",
    );
  });

  test.each([
    [["-A", "-a", "APP"], "specify only one of --account or --all"],
    [["-P", "-D"], "--prune and --diff are mutually exclusive"],
    [["-P", "-R", "APP"], "--prune/--diff and --account-removal <account> are mutually exclusive"],
    [["-A", "-u", "ftp://x"], 'scheme "ftp" is not supported (http, https, nats, tls, ws, wss)'],
    [["-A", "-u", "https://"], 'invalid url "https://"'],
    [["-P", "-u", "http://127.0.0.1:1"], "prune only works for nats based account resolver"],
    [["-R", "APP", "-u", "http://127.0.0.1:1"], "account removal only works for nats based account resolver"],
    [["-A", "--tls-curves", "P1"], 'unknown TLS curve "P1" (accepted: P256, P384, P521, X25519)'],
    [["-a", "NOPE"], '"NOPE" not in accounts for operator "local"'],
  ])("refuses %j", async (words, message) => {
    const { home } = await servedHome(["APP"]);
    const { code, stderr, stdout } = await home.run(["push", ...words]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr.split("\n")[0]).toContain(message);
  });

  test("gives up at once when it is interrupted, and leaves every account whole", async () => {
    const names = manyNames(150);
    const { home, operator, server } = await servedHome(names);
    const controller = new AbortController();
    const running = home.run(["push", "-A"], { signal: controller.signal });
    const first = await operator.account(names[0] as string);
    await expect.poll(() => fileOf(server, first.publicKey), { interval: 1, timeout: 20_000 }).toBeDefined();
    controller.abort();
    const { code, stderr } = await running;
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted");
    // What is left is known, and pushed by the next one.
    const left = await pendingAccounts(operator);
    expect(left.length).toBeGreaterThan(0);
    await home.nsc("push", "-A");
    expect(await pendingAccounts(operator)).toEqual([]);
    for (const name of names.slice(-3)) {
      const account = await operator.account(name);
      expect(fileOf(server, account.publicKey)).toBe(account.token);
    }
  });
});
