import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAccountClaims, createKeyPair, encode } from "nsc.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandHome, type Outcome } from "../support/run-command.ts";
import { storedTree } from "../support/stored-tree.ts";

let home: CommandHome;

beforeEach(async () => {
  home = await CommandHome.make();
});
afterEach(() => home[Symbol.asyncDispose]());

const stores = () => join(home.path, ".local/share/nats/nsc/stores");
const operator = (name = "local") => storedTree(home).operator(name);
const errorOf = ({ stderr }: Outcome) => /^Error: (.*)$/m.exec(stderr)?.[1];

async function failure(...argv: string[]): Promise<string | undefined> {
  const outcome = await home.run(argv);
  expect(outcome.code, argv.join(" ")).toBe(1);
  return errorOf(outcome);
}

async function keyFile(publicKey: string): Promise<string> {
  const [kind = "", ...rest] = publicKey;
  const folder = join(home.path, ".local/share/nats/nsc/keys/keys", kind, rest.slice(0, 2).join(""));
  return join(folder, `${publicKey}.nk`);
}

async function context(): Promise<unknown> {
  return JSON.parse(await readFile(join(home.path, ".config/nats/nsc/nsc.json"), "utf8"));
}

describe("add operator", () => {
  test("makes an operator, and makes it the current one", async () => {
    const { stdout } = await home.nsc("add", "operator", "local");
    const { publicKey, claims } = await operator();
    expect(stdout).toBe(
      `[ OK ] generated and stored operator key "${publicKey}"\n[ OK ] added operator "local"\n[ OK ] When running your own nats-server, make sure they run at least version 2.2.0\n`,
    );
    expect(claims).toMatchObject({ iss: publicKey, name: "local", nats: { type: "operator", version: 2 } });
    expect(existsSync(await keyFile(publicKey))).toBe(true);
    expect(await context()).toMatchObject({ operator: "local", account: "" });
    await home.nsc("add", "operator", "-n", "other", "ignored");
    expect(await context()).toMatchObject({ operator: "other" });
  });

  test("makes a system account, which the signing key signs where there is one", async () => {
    const { stdout } = await home.nsc("add", "operator", "--generate-signing-key", "--sys", "--name", "local");
    const made = await operator();
    const system = await made.systemAccount();
    const user = await system?.user("sys");
    expect(made.claims.nats.signing_keys).toEqual([system?.claims.iss]);
    expect(system?.claims.nats.signing_keys).toEqual([user?.claims.iss]);
    expect(stdout.split("\n").slice(3)).toEqual([
      `[ OK ] created operator signing key: ${system?.claims.iss}`,
      `[ OK ] created system_account: name:SYS id:${system?.publicKey}`,
      `[ OK ] created system account user: name:sys id:${user?.publicKey}`,
      "[ OK ] system account user creds file stored in `~/.local/share/nats/nsc/keys/creds/local/SYS/sys.creds`",
      "",
    ]);
    await home.nsc("add", "operator", "plain", "-s");
    const plain = await operator("plain");
    expect((await plain.systemAccount())?.claims.iss).toBe(plain.publicKey);
  });

  test("takes a validity", async () => {
    await home.nsc("add", "operator", "local", "--start", "2024-01-15", "--expiry", "2041-12-31");
    expect((await operator()).claims).toMatchObject({ nbf: 1705276800, exp: 2272060800 });
  });

  test("takes a seed, and keeps it, which nsc forgets", async () => {
    const pair = createKeyPair("operator");
    const seed = new TextDecoder().decode(pair.getSeed());
    const { stdout, stderr } = await home.run(["add", "operator", "local", "-K", seed]);
    expect((await operator()).publicKey).toBe(pair.publicKey);
    expect(stdout).not.toContain("generated");
    expect(stderr).toContain(pair.publicKey);
    expect(stdout + stderr).not.toContain(seed);
    await home.nsc("edit", "operator", "--tag", "a");
  });

  test("gives a name to what is called *", async () => {
    await home.nsc("add", "operator", "*");
    const names: string[] = [];
    for await (const { name } of storedTree(home).operators()) names.push(name);
    expect(names).toEqual([expect.stringMatching(/^[a-z]+_[a-z]+$/)]);
  });

  test("refuses what it can't make, and leaves nothing", async () => {
    expect(await failure("add", "operator")).toBe("operator name is required");
    expect(await failure("add", "operator", "a/b")).toBe("name cannot contain '/' or '\\'");
    expect(await failure("add", "operator", "..")).toBeDefined();
    expect(await failure("add", "operator", "x", "--force")).toBe("force only works with -u");
    expect(await failure("add", "operator", "x", "--expiry", "1.5d")).toBe(
      'expiry "1.5d" is invalid: start/expiry must be an integer value: 1.5d',
    );
    expect(await failure("add", "operator", "x", "-K", "/nowhere.nk")).toBe("a key is required");
    const account = createKeyPair("account").publicKey;
    expect(await failure("add", "operator", "x", "-K", account)).toBe("specified key is not a valid operator nkey");
    const seed = new TextDecoder().decode(createKeyPair("operator").getSeed());
    expect(await failure("add", "operator", "x", "--generate-signing-key", "-K", seed)).toBe(
      "signing key can not be added when importing the operator",
    );
    expect(existsSync(join(stores(), "x"))).toBe(false);
    expect(existsSync(join(home.path, ".local/share/nats/nsc/keys/keys"))).toBe(false);
  });

  test("refuses an operator that is there, as nsc does", async () => {
    await home.nsc("add", "operator", "local");
    const { publicKey } = await operator();
    const { code, stdout, stderr } = await home.run(["add", "operator", "local"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe("[ERR ] operator named local exists already\nError: all jobs failed\n");
    expect((await operator()).publicKey).toBe(publicKey);
  });

  test("does nothing in a dry run, but says what it would do", async () => {
    const { code, json } = await home.run(["add", "operator", "local", "--sys", "--dry-run", "--json"]);
    expect(code).toBe(0);
    expect(json).toMatchObject({ dry_run: true });
    expect(existsSync(stores())).toBe(false);
  });

  test("leaves the context alone where the working directory says it", async () => {
    const outcome = await home.run(["add", "operator", "one", "--data-dir", join(home.path, "st")], {
      env: { NSC_CWD_ONLY: "1" },
    });
    expect(outcome.code).toBe(0);
    expect(existsSync(join(home.path, ".config/nats/nsc/nsc.json"))).toBe(false);
    const added = await home.run(["add", "account", "A"], {
      env: { NSC_CWD_ONLY: "1" },
      cwd: join(home.path, "st/one"),
    });
    expect(added.code).toBe(0);
    expect(existsSync(join(home.path, "st/one/accounts/A/A.jwt"))).toBe(true);
  });

  test("makes it in the working directory, where that alone has a say", async () => {
    const env = { NSC_CWD_ONLY: "1" };
    expect((await home.run(["add", "operator", "one"], { env })).code).toBe(0);
    expect((await home.run(["add", "account", "A"], { env })).code).toBe(0);
    expect(existsSync(join(home.path, "one/accounts/A/A.jwt"))).toBe(true);
    expect(existsSync(stores())).toBe(false);
  });

  test("leaves a folder alone that holds something else", async () => {
    await mkdir(join(stores(), "free"), { recursive: true });
    await mkdir(join(stores(), "left/accounts"), { recursive: true });
    await home.nsc("add", "operator", "free");
    const text = `operator "left" already exists in \`${stores()}\``;
    expect(await failure("add", "operator", "left")).toBe(text);
    expect(await failure("init", "--name", "left")).toBe(text);
    const token = join(stores(), "free/free.jwt");
    expect(await failure("add", "operator", "-u", token, "-n", "left")).toBe(text);
    expect(await readdir(join(stores(), "left"))).toEqual(["accounts"]);
    expect(await failure("add", "operator", "..")).toBe("the name of an operator must not be . or ..");
  });

  test("leaves the context of other stores alone", async () => {
    await home.nsc("add", "operator", "one");
    const { code } = await home.run(["add", "operator", "two", "--data-dir", join(home.path, "st")]);
    expect(code).toBe(0);
    expect(await context()).toMatchObject({ operator: "one" });
  });
});

describe("edit operator", () => {
  beforeEach(async () => {
    await home.nsc("add", "operator", "local");
  });

  test("changes what flags name, and nothing else", async () => {
    await home.nsc("add", "account", "SYS");
    const { stdout } = await home.nsc(
      ...["edit", "operator", "--tag", "B,a", "--expiry", "2041-12-31", "-u", "nats://localhost:4222"],
      ...["--system-account", "SYS", "-n", "tls://Host:4443", "-n", "nats://a:1,wss://b"],
    );
    const system = (await (await operator()).account("SYS")).publicKey;
    expect(stdout).toContain('[ OK ] set account jwt server url to "nats://localhost:4222"\n');
    expect(stdout).toContain(`[ OK ] set system account "${system}"\n[ OK ] added service url "tls://Host:4443"\n`);
    expect((await operator()).claims).toMatchObject({
      exp: 2272060800,
      nats: {
        tags: ["a", "b"],
        account_server_url: "nats://localhost:4222",
        system_account: system,
        operator_service_urls: ["tls://host:4443", "nats://a:1", "wss://b"],
      },
    });
    const removed = await home.nsc(
      ...["edit", "operator", "--rm-account-jwt-server-url", "--rm-tag", "B", "--expiry", "0"],
      ...["--rm-service-url", "NATS://a:1", "--rm-service-url", "nats://gone:1"],
    );
    expect(removed.stdout).toContain("[ OK ] removed account server url\n");
    expect(removed.stdout).toContain('[WARN] no service url "nats://gone:1" to remove\n');
    const { claims } = await operator();
    expect([claims.exp, claims.nats.tags, claims.nats.account_server_url]).toEqual([undefined, ["a"], undefined]);
    expect(claims.nats.operator_service_urls).toEqual(["tls://host:4443", "wss://b"]);
  });

  test("adds signing keys, and demands them in the same go", async () => {
    await home.nsc("edit", "operator", "--sk", "generate", "--require-signing-keys");
    const { claims } = await operator();
    expect(claims).toMatchObject({ iss: claims.sub, nats: { strict_signing_key_usage: true } });
    await home.nsc("add", "account", "APP");
    expect((await (await operator()).account("APP")).claims.iss).toBe(claims.nats.signing_keys?.[0]);
    await home.nsc("edit", "operator", "--require-signing-keys=false");
    expect((await operator()).claims.nats).not.toHaveProperty("strict_signing_key_usage");
  });

  test("demands no signing keys where an identity has signed, and says what to do", async () => {
    expect(await failure("edit", "operator", "--require-signing-keys")).toBe(
      "operator requires at least one signing key",
    );
    await home.nsc("add", "account", "APP");
    const { code, stderr } = await home.run(["edit", "operator", "--sk", "generate", "--require-signing-keys"]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('Error: account "APP" needs to be issued with a signing key first\nnsc edit account APP'),
    ]);
    expect((await operator()).claims.nats).not.toHaveProperty("signing_keys");
    const key = await (await operator()).addSigningKey();
    await home.nsc("edit", "account", "APP", "--tag", "x", "-K", key);
    await (await (await operator()).account("APP")).addUser("bob");
    expect(await failure("edit", "operator", "--require-signing-keys")).toBe(
      'user "bob" in account "APP" needs to be issued with a signing key first',
    );
  });

  test("removes a signing key, and says which accounts are left invalid", async () => {
    const key = await (await operator()).addSigningKey();
    await home.nsc("add", "account", "APP", "-K", key);
    const { stderr, json } = await home.run(["edit", "operator", "--rm-sk", key, "--json"]);
    expect(stderr).toContain(`account "APP" was signed by ${key}`);
    const { publicKey } = await (await operator()).account("APP");
    expect(json).toMatchObject({
      invalidated: [{ kind: "account", path: ["local", "APP"], public_key: publicKey, issuer: key }],
    });
    expect((await operator()).claims.nats).not.toHaveProperty("signing_keys");
  });

  test("signs with a signing key where the identity is kept elsewhere, and says so", async () => {
    await home.nsc("edit", "operator", "--sk", "generate");
    const { publicKey, claims } = await operator();
    await rm(await keyFile(publicKey));
    const { stderr } = await home.nsc("edit", "operator", "--tag", "a");
    expect(stderr).toContain("identity is not in the keystore");
    expect((await operator()).claims).toMatchObject({ iss: claims.nats.signing_keys?.[0], nats: { tags: ["a"] } });
    await rm(await keyFile(claims.nats.signing_keys?.[0] ?? ""));
    expect(await failure("edit", "operator", "--tag", "b")).toBe(
      `unable to resolve any of the following signing keys in the keystore: ${publicKey}`,
    );
  });

  test("refuses what is wrong, and changes nothing", async () => {
    const { token } = await operator();
    expect(await failure("edit", "operator")).toBe("specify an edit option");
    expect(await failure("edit", "operator", "--service-url", "http://x")).toBe(
      `operator service url "http://x" - protocol not supported (only 'nats', 'tls', 'ws', 'wss' only)`,
    );
    expect(await failure("edit", "operator", "--system-account", "NOPE")).toBe(
      "account NOPE does not exist in the current operator",
    );
    expect(await failure("edit", "operator", "--sk", "notakey")).toBe("a signing key is required");
    const account = createKeyPair("account").publicKey;
    expect(await failure("edit", "operator", "--tag", "x", "--sk", account)).toBe(
      `invalid operator signing key "${account}"`,
    );
    expect(await failure("edit", "operator", "--tag", "x", "-K", "typo")).toBeDefined();
    expect((await operator()).token).toBe(token);
  });

  test("makes no account with JetStream the system account, by name or key", async () => {
    await (await operator()).addAccount("RICH", { jetstream: "unlimited" });
    const { publicKey } = await (await operator()).account("RICH");
    for (const which of ["RICH", publicKey]) {
      expect(await failure("edit", "operator", "--system-account", which)).toBe(
        'system accounts cannot have JetStream limits - run "nsc edit account RICH --js-disable" first',
      );
    }
  });
});

describe("reissue operator", () => {
  beforeEach(async () => {
    await home.nsc("add", "operator", "local");
    await home.nsc("add", "account", "APP");
  });

  test("gives another identity, which signs the accounts of the old one", async () => {
    const before = await operator();
    const { stdout } = await home.nsc("reissue", "operator");
    const after = await operator();
    expect(after.publicKey).not.toBe(before.publicKey);
    expect(stdout).toBe(
      `[ OK ] operator "local" successfully changed identity to: ${after.publicKey}\n[ OK ] account "APP" re-signed\nall jobs succeeded\n`,
    );
    expect((await after.account("APP")).claims.iss).toBe(after.publicKey);
    expect(existsSync(await keyFile(before.publicKey))).toBe(true);
  });

  test("says which accounts it left as they were, and why", async () => {
    const accounts = join(stores(), "local/accounts");
    for (const name of ["damaged", "foreign"]) await mkdir(join(accounts, name));
    await writeFile(join(accounts, "damaged/damaged.jwt"), "?");
    const stranger = createKeyPair("operator");
    const claims = createAccountClaims(createKeyPair("account").publicKey, { name: "foreign" });
    await writeFile(join(accounts, "foreign/foreign.jwt"), await encode(claims, stranger));
    const { stdout } = await home.nsc("reissue", "operator");
    expect(stdout).toContain('[WARN] account "damaged" is left as it is: ');
    expect(stdout).toContain(
      `[WARN] account "foreign" is signed by ${stranger.publicKey}, which is no key of the operator`,
    );
  });

  test("keeps the old identity as a signing key, if asked to", async () => {
    const before = await operator();
    const { stdout } = await home.nsc("reissue", "operator", "--convert-to-signing-key");
    expect(stdout).toContain(`old operator key "${before.publicKey}" turned into signing key`);
    const after = await operator();
    expect(after.claims.nats.signing_keys).toEqual([before.publicKey]);
    expect((await after.account("APP")).claims.iss).toBe(before.publicKey);
  });

  test("takes the identity from a file, and refuses what is none", async () => {
    const pair = createKeyPair("operator");
    await writeFile(join(home.path, "op.nk"), pair.getSeed());
    await home.nsc("reissue", "operator", "-n", "local", "-K", "op.nk");
    expect((await operator()).publicKey).toBe(pair.publicKey);
    expect(await failure("reissue", "operator", "-K", "typo")).toBe("a key is required");
    expect((await operator()).publicKey).toBe(pair.publicKey);
  });
});

describe("rename operator", () => {
  test("moves all that is the operator's, and the context", async () => {
    await home.nsc("add", "operator", "local", "--sys");
    const { publicKey } = await operator();
    await home.nsc("rename", "operator", "local", "prod");
    expect((await operator("prod")).publicKey).toBe(publicKey);
    expect(existsSync(join(stores(), "local"))).toBe(false);
    expect(existsSync(join(home.path, ".local/share/nats/nsc/keys/creds/prod/SYS/sys.creds"))).toBe(true);
    expect(await context()).toMatchObject({ operator: "prod", account: "SYS" });
    expect(await failure("rename", "operator", "nope", "x")).toMatch(/^operator "nope" not in/);
    expect(await failure("rename", "operator", "prod", "prod")).toBe('operator "prod" already exists');
  });
});
