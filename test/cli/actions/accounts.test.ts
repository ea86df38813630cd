import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createKeyPair } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandHome, type Outcome } from "../support/run-command.ts";
import { storedTree } from "../support/stored-tree.ts";

let home: CommandHome;

beforeEach(async () => {
  home = await CommandHome.make();
  await home.nsc("add", "operator", "local");
});
afterEach(() => home[Symbol.asyncDispose]());

const operator = () => storedTree(home).operator("local");
const account = async (name = "APP") => (await operator()).account(name);
const limits = async () => (await account()).claims.nats.limits;
const errorOf = ({ stderr }: Outcome) => /^Error: (.*)$/m.exec(stderr)?.[1];
const hasKey = async (key: string) => (await nscDirectory({ env: { HOME: home.path } }).getKey(key)) !== undefined;
const credsFile = (...path: string[]) => join(home.path, ".local/share/nats/nsc/keys/creds", ...path);

async function failure(...argv: string[]): Promise<string | undefined> {
  const outcome = await home.run(argv);
  expect(outcome.code, argv.join(" ")).toBe(1);
  return errorOf(outcome);
}

async function context(): Promise<unknown> {
  return JSON.parse(await readFile(join(home.path, ".config/nats/nsc/nsc.json"), "utf8"));
}

describe("add account", () => {
  test("makes an account, and makes it the current one", async () => {
    const { stdout } = await home.nsc("add", "account", "APP");
    const { publicKey, claims } = await account();
    expect(stdout).toBe(`[ OK ] generated and stored account key "${publicKey}"\n[ OK ] added account "APP"\n`);
    expect(claims.nats.limits).toEqual({
      ...{ conn: -1, leaf: -1, imports: -1, exports: -1, subs: -1, data: -1, payload: -1, wildcards: true },
    });
    expect(await context()).toMatchObject({ operator: "local", account: "APP" });
  });

  test("adds it to another operator, which becomes the current one with it", async () => {
    await home.nsc("add", "operator", "other");
    await home.nsc("add", "account", "--operator", "local", "APP");
    expect((await account()).name).toBe("APP");
    expect(await context()).toMatchObject({ operator: "local", account: "APP" });
    expect(await failure("add", "account", "--operator", "nope", "B")).toMatch(/^operator "nope" not in/);
  });

  test("takes a validity, default permissions and a public key", async () => {
    const { publicKey } = createKeyPair("account");
    const { stdout } = await home.nsc(
      ...["add", "account", "APP", "-k", publicKey, "--start", "2023-01-01", "--expiry", "2041-12-31"],
      ...["--allow-pub", "a.>", "--deny-sub", "c", "--allow-pub-response=5", "--response-ttl", "1h"],
    );
    expect(stdout).toBe(
      '[ OK ] set max responses to 5\n[ OK ] set response ttl to 1h0m0s\n[ OK ] added pub "a.>"\n[ OK ] added deny sub "c"\n[ OK ] added account "APP"\n',
    );
    expect((await account()).claims).toMatchObject({
      sub: publicKey,
      nbf: 1672531200,
      exp: 2272060800,
      nats: {
        default_permissions: {
          pub: { allow: ["a.>"] },
          sub: { deny: ["c"] },
          resp: { max: 5, ttl: 3_600_000_000_000 },
        },
      },
    });
  });

  test("is signed by whom -K names, and by no other", async () => {
    const key = await (await operator()).addSigningKey();
    await home.nsc("add", "account", "APP", "-K", key);
    expect((await account()).claims.iss).toBe(key);
    const stranger = new TextDecoder().decode(createKeyPair("operator").getSeed());
    const wrong = new TextDecoder().decode(createKeyPair("account").getSeed());
    expect(await failure("add", "account", "X", "-K", stranger)).toBe("invalid account signer");
    expect(await failure("add", "account", "X", "-K", wrong)).toBe("invalid account signer");
    expect(await failure("add", "account", "X", "-K", "typo")).toMatch(/^unable to resolve/);
    const { publicKey } = await operator();
    await (await operator()).requireSigningKeys();
    expect(await failure("add", "account", "X", "-K", publicKey)).toBe("invalid account signer");
  });

  test("refuses what it can't make, and leaves nothing", async () => {
    await home.nsc("add", "account", "APP");
    const directory = nscDirectory({ env: { HOME: home.path } });
    const count = async () => {
      let keys = 0;
      for await (const _ of directory.listKeys()) keys++;
      return keys;
    };
    const keys = await count();
    expect(await failure("add", "account")).toBe("account name is required");
    expect(await failure("add", "account", "app")).toBe('the account "app" already exists');
    expect(await failure("add", "account", "a/b")).toBe("name cannot contain '/' or '\\'");
    expect(await failure("add", "account", "X", "--expiry", "later")).toBe(
      'expiry "later" is invalid: couldn\'t parse expiry: later',
    );
    expect(await failure("add", "account", "X", "--allow-pub", "a b")).toBe(
      'publish permission subject "a b" contains illegal space',
    );
    expect(await failure("add", "account", "X", "-k", createKeyPair("user").publicKey)).toBe(
      "specified key is not a valid account nkey",
    );
    expect(await failure("add", "account", "X", "-k", "rubbish")).toBe("a key is required");
    expect(await count()).toBe(keys);
    expect(await context()).toMatchObject({ account: "APP" });
  });
});

describe("edit account", () => {
  beforeEach(async () => {
    await home.nsc("add", "account", "APP");
  });

  test("changes the limits that flags name, and no others", async () => {
    await home.nsc("edit", "account", "APP", "--disallow-bearer", "--wildcard-exports=false");
    const { stdout } = await home.nsc(
      ...["edit", "account", "-n", "APP", "--conns", "10", "--leaf-conns", "3", "--data", "5mib"],
      ...["--payload", "64k", "--subscriptions", "100", "--exports", "2", "--imports", "3"],
    );
    expect(stdout).toBe(
      [
        "[ OK ] changed max connections to 10",
        "[ OK ] changed leaf node connections to 3",
        "[ OK ] changed max data to 5242880 bytes",
        "[ OK ] changed max exports to 2",
        "[ OK ] changed max imports to 3",
        "[ OK ] changed max payload size to 64000",
        "[ OK ] changed max subscriptions to 100",
        '[ OK ] edited account "APP"\n',
      ].join("\n"),
    );
    expect(await limits()).toEqual({
      ...{ conn: 10, leaf: 3, data: 5242880, payload: 64000, subs: 100, exports: 2, imports: 3 },
      disallow_bearer: true,
    });
  });

  test("warns of limits by which users can do nothing", async () => {
    const { stdout } = await home.nsc(
      "edit",
      "account",
      "APP",
      "--conns",
      "0",
      "--payload",
      "0",
      "--subscriptions",
      "0",
    );
    for (const what of ["connect any more", "send nothing", "listen to nothing"]) expect(stdout).toContain(what);
    const { conn = 0, payload = 0, subs = 0 } = await limits();
    expect([conn, payload, subs]).toEqual([0, 0, 0]);
  });

  test("changes texts, tags, times, traces and cluster traffic", async () => {
    await home.nsc(
      ...["edit", "account", "--description", "our application", "--info-url", "https://example.com"],
      ...["--tag", "b,a", "--expiry", "2041-12-31", "--trace-context-subject", "trace.here"],
      ...["--trace-context-sampling", "25", "--host-cluster-traffic", "--allow-pub", "a,b"],
    );
    expect((await account()).claims).toMatchObject({
      exp: 2272060800,
      nats: {
        description: "our application",
        info_url: "https://example.com",
        tags: ["a", "b"],
        trace: { dest: "trace.here", sampling: 25 },
        cluster_traffic: "owner",
        default_permissions: { pub: { allow: ["a", "b"] } },
      },
    });
    await home.nsc(
      ...["edit", "account", "--description", "", "--info-url", "", "--rm-tag", "a,b", "--expiry", "0"],
      ...["--trace-context-subject", "", "--host-cluster-traffic=false", "--rm", "a,b"],
    );
    const { claims } = await account();
    expect(claims).not.toHaveProperty("exp");
    expect(Object.keys(claims.nats).sort()).toEqual([
      ...["authorization", "default_permissions", "limits", "type", "version"],
    ]);
  });

  test("sets JetStream limits, for all tiers or each", async () => {
    const { stdout, stderr } = await home.nsc(
      ...["edit", "account", "APP", "--js-streams", "-1", "--js-consumer", "-1", "--js-disk-storage", "-1"],
      ...["--js-ha-resources", "-1", "--js-mem-storage", "-1"],
    );
    expect(stdout).toContain("[ OK ] changed global max disk storage to -1\n");
    expect(stderr).toMatch(/^Flag --js-ha-resources has been deprecated, .*--js-tier.*\n$/);
    const unlimited = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
    const unbounded = { mem_max_stream_bytes: -1, disk_max_stream_bytes: -1, max_ack_pending: -1 };
    expect(await limits()).toMatchObject({ ...unlimited, ...unbounded });
    await home.nsc("edit", "account", "--js-streams", "3", "--js-max-bytes-required");
    expect(await limits()).toMatchObject({ ...unlimited, ...unbounded, streams: 3, max_bytes_required: true });
    expect(await failure("edit", "account", "--js-tier", "1", "--js-streams", "1")).toBe(
      "cannot set a jetstream tier limit when a configuration has a global limit",
    );
    expect((await home.nsc("edit", "account", "--js-disable")).stdout).toContain("deleted global limit");
    expect(await limits()).not.toHaveProperty("streams");
    await home.nsc("edit", "account", "--js-tier", "3", "--js-disk-storage", "3G");
    await home.nsc("edit", "account", "--js-enable", "1");
    expect((await limits()).tiered_limits).toEqual({
      R1: { mem_storage: -1, disk_storage: -1 },
      R3: { disk_storage: 3_000_000_000, streams: -1, consumer: -1, ...unbounded },
    });
    expect(await failure("edit", "account", "--js-disk-storage", "5G")).toBe(
      "cannot set a jetstream global limit when a configuration has tiered limits 'R1,R3'",
    );
    expect(await failure("edit", "account", "--js-enable", "3")).toBe("jetstream tier R3 is already enabled");
    expect(await failure("edit", "account", "--rm-js-tier", "2")).toBe("account doesn't have tier R2 limit");
    await home.nsc("edit", "account", "--rm-js-tier", "3");
    await home.nsc("edit", "account", "--rm-js-tier", "1");
    expect(await limits()).not.toHaveProperty("tiered_limits");
  });

  test("takes the old names of JetStream's flags", async () => {
    const { stdout, stderr } = await home.nsc("edit", "account", "--mem-storage", "1G", "--streams", "3");
    expect(stdout).toBe('[ OK ] edited account "APP"\n');
    expect(stderr).toContain("Flag --streams has been deprecated, it got renamed to --js-streams\n");
    expect(await limits()).toMatchObject({ mem_storage: 1_000_000_000, streams: 3, consumer: -1 });
  });

  test.each([
    [["--rm-js-tier", "1", "--js-streams", "1"], "rm-js-tier is exclusive of all other js options"],
    [["--js-disable", "--js-streams", "1"], "js-disable is exclusive of all other js options"],
    [["--js-enable", "1", "--js-streams", "1"], "js-enable is exclusive of all other js options"],
    [["--js-disable", "--rm-js-tier", "0"], "js-disable is exclusive of all other js options"],
    [["--js-tier", "-1"], "js-tier must be 0, which is for all tiers, or more"],
    [["--rm-js-tier", "1"], "account doesn't have tier limits"],
    [["--trace-context-sampling", "10"], "trace-context-sampling requires a subject"],
    [["--trace-context-subject", "a.*"], 'tracing subjects cannot contain wildcards: "a.*"'],
    [["--trace-context-subject", "a b"], 'subject "a b" cannot have spaces'],
    [
      ["--trace-context-subject", "a", "--trace-context-sampling", "101"],
      "tracing sampling rate must be between 1-100",
    ],
    [["--tag", "x", "--sk", "notakey"], "a signing key is required"],
    [[], "specify an edit option"],
  ])("refuses %j, and changes nothing", async (flags, message) => {
    const { token } = await account();
    expect(await failure("edit", "account", "APP", ...flags)).toMatch(message);
    expect((await account()).token).toBe(token);
  });

  test("leaves the system account without JetStream", async () => {
    await home.nsc("edit", "operator", "--system-account", "APP");
    expect(await failure("edit", "account", "--js-disk-storage", "1G")).toBe(
      "system account cannot have jetstream related settings - please rerun without: --js-disk-storage",
    );
    expect(await failure("edit", "account", "--js-enable", "1")).toBe(
      "system account cannot have JetStream limits - please rerun with --js-disable",
    );
    expect(await failure("edit", "account", "--rm-js-tier", "1")).toBe("account doesn't have tier limits");
    await home.nsc("edit", "account", "--rm-js-tier", "0");
    expect((await home.nsc("edit", "account", "--js-streams", "-1")).stdout).toContain("[WARN]");
    expect(await limits()).not.toHaveProperty("streams");
  });

  test("lets nobody be a bearer where one is, and says who", async () => {
    await (await account()).addUser("bob", { bearer: true });
    expect(await failure("edit", "account", "--disallow-bearer")).toBe(
      'user "bob" in account "APP" uses bearer token (needs to be deleted/changed first)',
    );
  });

  test("adds and removes signing keys, and names the users that are left invalid", async () => {
    await home.nsc("edit", "account", "--sk", "generate,generate");
    const [first = "", second = ""] = (await account()).claims.nats.signing_keys as string[];
    expect(await hasKey(second)).toBe(true);
    const bob = await (await account()).addUser("bob", { signer: first });
    await (await account()).addUser("eve", { signer: second });
    const { stdout, stderr } = await home.nsc("edit", "account", "APP", "--rm-sk", first);
    expect(stdout).toBe(`[ OK ] removed signing key "${first}"\n[ OK ] edited account "APP"\n`);
    expect(stderr).toContain(`user "bob" in account "APP" was signed by ${first}, which is removed`);
    expect(stderr).not.toContain("eve");
    expect((await account()).claims.nats.signing_keys).toEqual([second]);
    const again = await home.run(["edit", "account", "APP", "--rm-sk", first, "--json"]);
    expect(again.json).toMatchObject({
      invalidated: [],
      report: [{ level: "warn", message: `no signing key "${first}" to remove` }, {}],
    });
    await (await account()).addSigningKey({ key: first });
    const json = (await home.run(["edit", "account", "APP", "--rm-sk", first, "--json"])).json;
    expect(json).toMatchObject({
      invalidated: [{ kind: "user", path: ["local", "APP", "bob"], public_key: bob.publicKey, issuer: first }],
    });
  });

  test("removes the signing key of a role by the role's name", async () => {
    await (await account()).addRole("web", { pub: ["a"] });
    await home.nsc("edit", "account", "--rm-sk", "web");
    expect((await account()).roles).toEqual([]);
  });

  test("is signed by the issuer that it has, or by whom -K names, and by no role", async () => {
    const key = await (await operator()).addSigningKey();
    await home.nsc("edit", "account", "--tag", "a", "-K", key);
    await home.nsc("edit", "account", "--tag", "b");
    expect((await account()).claims.iss).toBe(key);
    const { publicKey } = await operator();
    await home.nsc("edit", "account", "--tag", "b", "-K", publicKey);
    expect((await account()).claims.iss).toBe(publicKey);
    await (await account()).addRole("web", { pub: ["a"] });
    expect(await failure("edit", "account", "--tag", "c", "-K", "web")).toMatch(/^unable to resolve/);
    await home.nsc("edit", "account", "-K", key);
    expect((await account()).claims.iss).toBe(key);
  });

  test("changes nothing in a dry run", async () => {
    const { token } = await account();
    const { code, json } = await home.run(["edit", "account", "--sk", "generate", "--dry-run", "--json"]);
    expect(code).toBe(0);
    expect(json).toMatchObject({ dry_run: true, changes: [{ action: "changed", path: ["local", "APP"] }] });
    expect((await account()).token).toBe(token);
  });
});

describe("delete account", () => {
  beforeEach(async () => {
    await home.nsc("add", "account", "APP");
    await (await account()).addUser("bob");
  });

  test("deletes the account with its users, and keeps keys and creds", async () => {
    const { publicKey } = await account();
    const bob = await (await account()).user("bob");
    const { stdout } = await home.nsc("delete", "account", "APP");
    expect(stdout).toBe(
      `[ OK ] user bob [${bob.publicKey}]:\n       [ OK ] revoked user\n       [ OK ] user deleted\n[ OK ] expired account "APP"\n[ OK ] deleted account\n[ OK ] deleted account directory\n`,
    );
    await expect(account()).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
    expect(existsSync(join(home.path, ".local/share/nats/nsc/stores/local/accounts/APP"))).toBe(false);
    expect([await hasKey(publicKey), await hasKey(bob.publicKey)]).toEqual([true, true]);
    expect(existsSync(credsFile("local", "APP", "bob.creds"))).toBe(true);
  });

  test("needs a key that may sign the account", async () => {
    const { publicKey: own } = await account();
    const { publicKey } = await operator();
    const directory = nscDirectory({ env: { HOME: home.path } });
    const seed = (await directory.getKey(publicKey)) as string;
    await directory.commit({ deletedKeys: [publicKey] });
    const missing = `unable to resolve any of the following signing keys in the keystore: ${publicKey}`;
    expect(await failure("delete", "account", "APP")).toBe(missing);
    expect(await failure("delete", "account", "APP", "-K", publicKey)).toBe(missing);
    expect(await failure("delete", "account", "APP", "-K", own)).toBe("unexpected resolved keytype type");
    const other = new TextDecoder().decode(createKeyPair("operator").getSeed());
    expect(await failure("delete", "account", "APP", "-K", other)).toBe("invalid account signer");
    expect((await account()).publicKey).toBe(own);
    await home.nsc("delete", "account", "APP", "-K", seed);
    await expect(account()).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("deletes keys and creds, if asked to", async () => {
    const { publicKey } = await account();
    const key = await (await account()).addSigningKey();
    const { stdout } = await home.nsc("delete", "account", "-n", "APP", "-DC", "--revoke=false");
    expect(stdout).not.toContain("revoked");
    expect(stdout).toContain("[ OK ] deleted private key\n       [ OK ] removed creds file\n");
    expect(stdout).toContain(`[ OK ] deleted signing key "${key}"\n[ OK ] deleted privated key "${publicKey}"\n`);
    expect([await hasKey(publicKey), await hasKey(key)]).toEqual([false, false]);
    expect(existsSync(credsFile("local", "APP", "bob.creds"))).toBe(false);
  });

  test("leaves the system account, and what is not there", async () => {
    await home.nsc("edit", "operator", "--system-account", "APP");
    expect(await failure("delete", "account", "APP")).toContain("system account");
    expect(await failure("delete", "account", "NOPE")).toMatch(/^"NOPE" not in accounts for operator "local"/);
    expect((await account()).name).toBe("APP");
  });
});

describe("rename account", () => {
  beforeEach(async () => {
    await home.nsc("add", "account", "APP");
    await (await account()).addUser("bob");
  });

  test("moves the account with its users, their creds and the context", async () => {
    const { publicKey } = await account();
    await (await (await account()).addUser("gone")).delete({ keepCreds: true });
    const { stdout } = await home.nsc("rename", "account", "APP", "NEW", "--OK");
    expect(stdout).toContain('[ OK ] rename account "APP" to "NEW":\n');
    expect((await account("NEW")).claims).toMatchObject({ name: "NEW", sub: publicKey });
    expect((await (await account("NEW")).user("bob")).name).toBe("bob");
    expect(existsSync(credsFile("local", "NEW", "bob.creds"))).toBe(true);
    expect(existsSync(credsFile("local", "NEW", "gone.creds"))).toBe(true);
    expect(existsSync(credsFile("local", "APP"))).toBe(false);
    expect(await context()).toMatchObject({ account: "NEW" });
  });

  test("wants a word first, as nsc does, and a name that is free", async () => {
    const { code, stderr } = await home.run(["rename", "account", "APP", "NEW"]);
    expect(code).toBe(1);
    expect(stderr).toContain("  ~/.local/share/nats/nsc/stores\n");
    expect(stderr).toContain('Error: required flag "OK" not set\n');
    await home.nsc("add", "account", "OTHER");
    expect(await failure("rename", "account", "APP", "OTHER", "--OK")).toBe('account "OTHER" already exists');
    expect(await failure("rename", "account", "NOPE", "X", "--OK")).toBe(
      "account NOPE does not exist in the current operator",
    );
    expect((await account()).name).toBe("APP");
  });
});

describe("rename user", () => {
  test("gives a user another name, and moves the creds", async () => {
    await home.nsc("add", "account", "APP");
    const { publicKey } = await (await account()).addUser("bob");
    const { stdout } = await home.nsc("rename", "user", "-a", "APP", "bob", "robert");
    expect(stdout).toContain('renamed user "bob" to "robert" in account "APP"');
    expect((await (await account()).user("robert")).claims).toMatchObject({ name: "robert", sub: publicKey });
    expect(existsSync(credsFile("local", "APP", "robert.creds"))).toBe(true);
    expect(existsSync(credsFile("local", "APP", "bob.creds"))).toBe(false);
    expect(await failure("rename", "user", "bob", "x")).toBe("user bob does not exist in the current account");
  });
});
