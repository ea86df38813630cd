import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Account, createKeyPair, parseCreds, type User } from "nsc.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandHome, type Outcome } from "../support/run-command.ts";
import { plantTree, storedTree } from "../support/stored-tree.ts";
import { CONTROL_C, DOWN, ENTER, runAtTerminal, SPACE } from "../support/terminal.ts";

let home: CommandHome;

beforeEach(async () => {
  home = await CommandHome.make();
  await plantTree(home, ["APP", "OTHER"]);
});
afterEach(() => home[Symbol.asyncDispose]());

const account = async (name = "APP"): Promise<Account> =>
  await (await storedTree(home).operator("local")).account(name);
const user = async (name: string, of = "APP"): Promise<User> => await (await account(of)).user(name);
const credsFile = (name: string): string =>
  join(home.path, ".local/share/nats/nsc/keys/creds/local/APP", `${name}.creds`);
const seedOf = (kind: "account" | "user"): string => new TextDecoder().decode(createKeyPair(kind).getSeed());
const errorOf = ({ stderr }: Outcome): string | undefined => /^Error: (.*)$/m.exec(stderr)?.[1];

async function disallowBearer(): Promise<void> {
  await (await account()).edit(({ nats }) => {
    nats.limits.disallow_bearer = true;
  });
}

const inSeconds = (days: number): number => Math.floor(Date.now() / 1000) + days * 86_400;

describe("add user", () => {
  test("writes the token, the seed and the creds, and says so in nsc's words", async () => {
    const { stdout } = await home.nsc("add", "user", "bob", "--allow-pub", "b.>,a", "--allow-pub-response=5");
    const bob = await user("bob");
    expect(stdout.split("\n")).toEqual([
      "[ OK ] set max responses to 5",
      '[ OK ] added pub "b.>"',
      '[ OK ] added pub "a"',
      `[ OK ] generated and stored user key "${bob.publicKey}"`,
      "[ OK ] generated user creds file `~/.local/share/nats/nsc/keys/creds/local/APP/bob.creds`",
      '[ OK ] added user "bob" to account "APP"',
      "",
    ]);
    expect(bob.claims.nats).toEqual({
      pub: { allow: ["a", "b.>"] },
      sub: {},
      resp: { max: 5, ttl: 0 },
      subs: -1,
      data: -1,
      payload: -1,
      type: "user",
      version: 2,
    });
    expect(await readFile(credsFile("bob"), "utf8")).toBe(await bob.creds());
    expect(bob.claims.iss).toBe((await account()).publicKey);
  });

  test("takes limits in the same step, which nsc has for edits only", async () => {
    const flags = ["--subs", "5", "--payload", "1kib", "--data", "2m", "--conn-type", "mqtt,websocket", "--bearer"];
    const times = ["--time", "08:00:00-12:00:00", "--locale", "Europe/Berlin", "--source-network", "10.0.0.0/8"];
    const { stdout } = await home.nsc("add", "user", "bob", "--tag", "Web,db", "--expiry", "3d", ...flags, ...times);
    expect(stdout).toContain("[ OK ] changed max payload to 1024\n[ OK ] changed max data to 2000000\n");
    const { claims } = await user("bob");
    expect(claims.nats).toMatchObject({
      subs: 5,
      payload: 1024,
      data: 2_000_000,
      allowed_connection_types: ["MQTT", "WEBSOCKET"],
      bearer_token: true,
      times: [{ start: "08:00:00", end: "12:00:00" }],
      times_location: "Europe/Berlin",
      src: ["10.0.0.0/8"],
      tags: ["db", "web"],
    });
    expect(Math.abs(Number(claims.exp) - inSeconds(3))).toBeLessThan(90);
  });

  test("keeps a seed that it is given, and makes no creds for a public key", async () => {
    const seed = seedOf("user");
    await home.nsc("add", "user", "kept", "-k", seed);
    expect(parseCreds(await readFile(credsFile("kept"), "utf8")).seed).toEqual(seed);
    const { publicKey } = createKeyPair("user");
    const { stdout } = await home.nsc("add", "user", "elsewhere", "--public-key", publicKey);
    expect(stdout).toContain("[ OK ] skipped generating creds file - user private key is not available\n");
    expect((await user("elsewhere")).publicKey).toBe(publicKey);
    expect(existsSync(credsFile("elsewhere"))).toBe(false);
  });

  test("signs with a role, which leaves the user nothing of its own", async () => {
    await (await account()).addRole("web", { pub: ["orders.>"] });
    await home.nsc("add", "user", "bob", "-K", "web");
    const bob = await user("bob");
    expect([bob.role, bob.claims.nats.issuer_account]).toEqual(["web", (await account()).publicKey]);
    expect(bob.claims.nats.subs).toBeUndefined();
    const refused = await home.run(["add", "user", "eve", "-K", "web", "--subs", "3"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr.split("\n").slice(0, 2)).toEqual([
      "[ERR ] scoped users require no permissions or limits set",
      "[WARN] user was NOT edited as the edits conflict with signing key scope",
    ]);
    const misspelt = await home.run(["add", "user", "eve", "-K", "wbe"]);
    expect(errorOf(misspelt)).toBe('unable to resolve the signing key "wbe"');
    await expect(user("eve")).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("goes to the account that is named, and finds a name by itself for *", async () => {
    await home.nsc("add", "user", "-a", "OTHER", "-n", "u1");
    await home.nsc("add", "user", "u2", "-a", (await account("OTHER")).publicKey);
    expect((await user("u2", "OTHER")).name).toBe("u2");
    const { json } = await home.nsc("add", "user", "*", "--json");
    expect(json).toMatchObject({ changes: [{ action: "added", kind: "user" }] });
    const { changes } = json as { changes: { path: string[] }[] };
    expect(changes[0]?.path.at(-1)).toMatch(/^[a-z]+_[a-z]+$/);
  });

  test.each<[string, readonly string[], string]>([
    ["no name", [], "user name is required"],
    ["a path as a name", ["a/b"], "name cannot contain '/' or '\\'"],
    ["a name that is taken", ["bob"], 'the user "bob" already exists'],
    ["a key of another kind", ["x", "-k", createKeyPair("account").publicKey], "invalid user key"],
    ["a blank in a subject", ["x", "--allow-pub", "a b"], 'publish permission subject "a b" contains illegal space'],
    ["no expiry", ["x", "--expiry", "never"], 'expiry "never" is invalid: couldn\'t parse expiry: never'],
    ["an unknown connection type", ["x", "--conn-type", "pigeon"], "unknown connection type PIGEON"],
    ["an account that there is not", ["x", "-a", "NOPE"], '"NOPE" not in accounts for operator "local" in '],
    ["two names", ["x", "y"], "accepts at most 1 arg(s), received 2"],
  ])("refuses %s, and writes nothing", async (_, argv, message) => {
    await home.nsc("add", "user", "bob");
    const outcome = await home.run(["add", "user", ...argv]);
    expect([outcome.code, errorOf(outcome)?.startsWith(message)]).toEqual([1, true]);
    expect((await home.nsc("list", "keys", "-u", "--json")).json).toHaveLength(1);
    expect((await home.nsc("list", "keys", "--not-referenced", "--json")).json).toEqual([]);
  });

  test("refuses bearer tokens where the account does, and identities where the operator does", async () => {
    await disallowBearer();
    const bearer = await home.run(["add", "user", "x", "--bearer"]);
    expect(errorOf(bearer)).toBe('account "APP" forbids the use of bearer token');
    const strict = await storedTree(home).addOperator("strict", { signingKey: true });
    await strict.requireSigningKeys();
    await strict.addAccount("A");
    await home.nsc("select", "operator", "strict");
    expect(errorOf(await home.run(["add", "user", "x"]))).toBe(
      "unable to issue users when operator requires signing keys and the account has none",
    );
  });

  test("writes nothing in a dry run, and says what it would", async () => {
    const { stdout, stderr } = await home.nsc("add", "user", "bob", "--dry-run");
    expect(stdout).toContain("generated user creds file `~/.local/share/nats/nsc/keys/creds/local/APP/bob.creds`");
    expect(stderr).toBe("dry run: nothing was changed\n");
    await expect(user("bob")).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
    expect((await home.nsc("list", "keys", "--not-referenced", "--json")).json).toEqual([]);
  });

  test("asks for everything that nsc asks for", async () => {
    await (await account()).addSigningKey();
    const { code, shown } = await runAtTerminal(
      home,
      ["add", "user", "-i"],
      [
        ["select account", ENTER],
        ["user name", `bob${ENTER}`],
        ["generate an user nkey", `n`],
        ["path to an user nkey or nkey", `nonsense${ENTER}`],
        [/invalid user key|a key is required/, ""],
        ["path to an user nkey or nkey", `${seedOf("user")}${ENTER}`],
        ["valid from", ENTER],
        ["valid until", `2y${ENTER}`],
        ["select the key to sign the user", `${DOWN}${ENTER}`],
      ],
    );
    expect([code, shown]).toEqual([0, expect.stringContaining("bob")]);
    const bob = await user("bob");
    expect(bob.claims.nats.issuer_account).toBe((await account()).publicKey);
    expect(Number(bob.claims.exp)).toBeGreaterThan(inSeconds(700));
  });
});

describe("edit user", () => {
  beforeEach(async () => {
    await home.nsc("add", "user", "bob", "--allow-pub", "a,b.>", "--allow-sub", "c", "--tag", "one,two");
  });

  test("changes what is named and nothing else", async () => {
    const { stdout } = await home.nsc(
      ...["edit", "user", "bob", "--rm", "a,nowhere", "--deny-sub", "e", "--rm-tag", "ONE", "--subs", "50"],
    );
    expect(stdout.split("\n")).toEqual([
      '[ OK ] removed tag "one"',
      "[ OK ] changed max number of subs to 50",
      '[ OK ] removed pub "a"',
      '[ OK ] added deny sub "e"',
      '[WARN] no permission "nowhere" to remove',
      "[ OK ] generated user creds file `~/.local/share/nats/nsc/keys/creds/local/APP/bob.creds`",
      '[ OK ] edited user "bob"',
      "",
    ]);
    expect((await user("bob")).claims.nats).toEqual({
      pub: { allow: ["b.>"] },
      sub: { allow: ["c"], deny: ["e"] },
      subs: 50,
      data: -1,
      payload: -1,
      tags: ["two"],
      type: "user",
      version: 2,
    });
  });

  test("takes the last allowed subject away, as nsc does, but says what that means", async () => {
    const { stdout } = await home.nsc("edit", "user", "bob", "--rm", "c");
    expect(stdout).toContain("[WARN] no sub is left that is allowed, by which servers allow all");
    expect((await user("bob")).claims.nats.sub).toEqual({});
  });

  test("sets and clears bounds, bearer and the rule of replies", async () => {
    await home.nsc(..."edit user bob --expiry 24h --bearer --allow-pub-response --response-ttl 1m".split(" "));
    expect((await user("bob")).claims).toMatchObject({
      exp: expect.any(Number),
      nats: { bearer_token: true, resp: { max: 1, ttl: 60_000_000_000 } },
    });
    await home.nsc(..."edit user bob --expiry 0 --bearer=false --rm-response-perms --allow-pub z".split(" "));
    const { exp, nats } = (await user("bob")).claims;
    expect([exp, nats.bearer_token, nats.resp, nats.pub.allow]).toEqual([
      undefined,
      undefined,
      undefined,
      ["a", "b.>", "z"],
    ]);
  });

  test("says validity before tags, and sorts networks, as nsc does", async () => {
    await home.nsc("add", "user", "eve", "--source-network", "192.168.0.0/16,10.0.0.0/8");
    expect((await user("eve")).claims.nats.src).toEqual(["192.168.0.0/16", "10.0.0.0/8"]);
    const { stdout } = await home.nsc("edit", "user", "eve", "--tag", "x", "--expiry", "2100-01-01");
    expect(stdout.split("\n")[0]).toContain("changed jwt expiry to 2100-01-01 00:00:00 UTC");
    expect((await user("eve")).claims.nats.src).toEqual(["10.0.0.0/8", "192.168.0.0/16"]);
  });

  test("writes the creds file again, even if nothing changed", async () => {
    await rm(credsFile("bob"));
    await home.nsc("edit", "user", "--tag", "one");
    const bob = await user("bob");
    expect(await readFile(credsFile("bob"), "utf8")).toBe(await bob.creds());
  });

  test("signs with the key that signed before, and with another one for -K alone", async () => {
    const key = await (await account()).addSigningKey();
    await home.nsc("edit", "user", "bob", "-K", key);
    await home.nsc("edit", "user", "bob", "--tag", "three");
    expect((await user("bob")).claims).toMatchObject({
      iss: key,
      nats: { issuer_account: (await account()).publicKey },
    });
    await home.nsc("edit", "user", "bob", "-K", (await account()).publicKey);
    const { iss, nats } = (await user("bob")).claims;
    const { publicKey } = await account();
    expect([iss, nats.issuer_account]).toEqual([publicKey, publicKey]);
  });

  test("moves users out of roles, and not into them, where they have limits of their own", async () => {
    await (await account()).addRole("web", { pub: ["orders.>"] });
    const refused = await home.run(["edit", "user", "bob", "-K", "web"]);
    expect([refused.code, refused.stderr.includes("scoped users require no permissions")]).toEqual([1, true]);
    await home.nsc("add", "user", "eve", "-K", "web");
    expect((await user("eve")).role).toBe("web");
    await home.nsc("edit", "user", "eve", "-K", (await account()).publicKey);
    expect((await user("eve")).claims.nats).toMatchObject({ subs: -1, data: -1, payload: -1 });
  });

  test.each<[string, readonly string[], string]>([
    ["nothing to do", ["bob"], "specify an edit option"],
    ["a user that there is not", ["nobody", "--tag", "x"], 'user "nobody" not found'],
    ["several users and none named", ["--tag", "x"], "user name is required"],
    ["an unknown connection type", ["bob", "--rm-conn-type", "pigeon"], "unknown rm connection type PIGEON"],
    [
      "a seed of an operator",
      ["bob", "--tag", "x", "-K", "SOAIM5U7HMCPTNIO7AHZC2YO6UBEU2SWOVZNN2KP4ZCBMXMRDLYPNHIF5I"],
      "unexpected resolved keytype type",
    ],
  ])("refuses %s, and leaves the user as it was", async (_, argv, message) => {
    await home.nsc("add", "user", "eve");
    const before = (await user("bob")).token;
    const outcome = await home.run(["edit", "user", ...argv]);
    expect([outcome.code, errorOf(outcome)]).toEqual([1, expect.stringContaining(message)]);
    expect((await user("bob")).token).toBe(before);
  });

  test("refuses bearer tokens where the account does", async () => {
    await disallowBearer();
    expect(errorOf(await home.run(["edit", "user", "bob", "--bearer"]))).toBe("account disallows bearer token");
  });

  test("asks for everything that nsc asks for", async () => {
    await home.nsc("add", "user", "eve");
    const { code } = await runAtTerminal(
      home,
      ["edit", "user", "-i", "-a", "APP"],
      [
        ["select account", ENTER],
        ["select user", ENTER],
        ["max payload", `\b\b1k${ENTER}`],
        ["valid from", ENTER],
        ["valid until", `1d${ENTER}`],
        ["remove tags", "y"],
        ["select tags to remove", `${SPACE}${ENTER}`],
        ["add another tags", "y"],
        ["enter a tags", `new${ENTER}`],
        ["add another tags", "n"],
      ],
    );
    expect(code).toBe(0);
    const { exp, nats } = (await user("bob")).claims;
    expect([exp !== undefined, nats.payload, nats.tags]).toEqual([true, 1000, ["new", "two"]]);
  });
});

describe("delete user", () => {
  beforeEach(async () => {
    for (const name of ["bob", "eve", "joe"]) await home.nsc("add", "user", name);
  });

  test("leaves seeds, creds and the account alone, unless told otherwise", async () => {
    const { publicKey } = await user("bob");
    const before = (await account()).token;
    const { stdout } = await home.nsc("delete", "user", "bob");
    expect(stdout).toBe(
      `[ OK ] delete users:\n       [ OK ] user bob [${publicKey}]:\n              [ OK ] user deleted\n`,
    );
    await expect(user("bob")).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
    expect([existsSync(credsFile("bob")), (await account()).token]).toEqual([true, before]);
    expect((await home.nsc("list", "keys", "--not-referenced", "--json")).json).toHaveLength(1);
  });

  test("revokes users and removes their files", async () => {
    const keys = [(await user("bob")).publicKey, (await user("eve")).publicKey];
    await rm(credsFile("eve"));
    const { stdout } = await home.nsc("delete", "user", "-n", "bob,eve", "-RDC");
    expect(stdout.split("\n").slice(1)).toEqual([
      `       [ OK ] user bob [${keys[0]}]:`,
      "              [ OK ] revoked user",
      "              [ OK ] user deleted",
      "              [ OK ] deleted private key",
      "              [ OK ] removed creds file",
      `       [ OK ] user eve [${keys[1]}]:`,
      "              [ OK ] revoked user",
      "              [ OK ] user deleted",
      "              [ OK ] deleted private key",
      "              [ OK ] creds file is not stored",
      '       [ OK ] edited account "APP"',
      "",
    ]);
    expect(Object.keys((await account()).claims.nats.revocations ?? {}).sort()).toEqual(keys.sort());
    expect(existsSync(credsFile("bob"))).toBe(false);
    expect((await home.nsc("list", "keys", "--not-referenced", "--json")).json).toEqual([]);
  });

  test("says of a user that is revoked already that it is", async () => {
    const { publicKey } = await user("bob");
    await (await account()).revoke(publicKey);
    const before = (await account()).token;
    const { stdout } = await home.nsc("delete", "user", "bob", "--revoke");
    expect(stdout).toContain("[ OK ] user is already revoked");
    expect((await account()).token).toBe(before);
  });

  test("deletes all of them or none", async () => {
    const outcome = await home.run(["delete", "user", "-n", "bob,nobody", "eve"]);
    expect([outcome.code, errorOf(outcome)]).toEqual([1, "user nobody does not exist in the current account"]);
    await user("bob");
    expect(errorOf(await home.run(["delete", "user"]))).toBe("please specify an user to delete");
    await home.nsc("delete", "user", "-n", "bob", "eve", "--dry-run");
    await user("eve");
  });

  test("asks before at a terminal, but not with --force", async () => {
    const question = "deleting a user, nkey or creds file cannot be undone - continue";
    const refused = await runAtTerminal(home, ["delete", "user", "bob"], [[question, "n"]]);
    expect([refused.code, refused.shown.includes("Error: delete cancelled")]).toEqual([1, true]);
    expect((await runAtTerminal(home, ["delete", "user", "bob"], [[question, CONTROL_C]])).code).toBe(130);
    await user("bob");
    expect((await runAtTerminal(home, ["delete", "user", "bob", "--force"], [])).code).toBe(0);
    await expect(user("bob")).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("asks for everything that nsc asks for", async () => {
    const { code } = await runAtTerminal(
      home,
      ["delete", "user", "-i"],
      [
        ["select account", ENTER],
        ["select users", `${SPACE}${DOWN}${SPACE}${ENTER}`],
        ["revoke users before deleting", "y"],
        ["delete associated nkeys", "n"],
        ["delete associated creds files", "y"],
        ["deleting users, nkeys or creds files cannot be undone", "y"],
      ],
    );
    expect(code).toBe(0);
    expect((await home.nsc("list", "keys", "-u", "--json")).json).toHaveLength(1);
    expect(Object.keys((await account()).claims.nats.revocations ?? {})).toHaveLength(2);
    expect([existsSync(credsFile("bob")), existsSync(credsFile("joe"))]).toEqual([false, true]);
  });
});
