import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createKeyPair } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";
import { plantTree, storedTree } from "../support/stored-tree.ts";

let home: CommandHome;

beforeEach(async () => {
  home = await CommandHome.make();
  await plantTree(home, ["APP", "OTHER"]);
});
afterEach(() => home[Symbol.asyncDispose]());

const account = async (name = "APP") => (await storedTree(home).operator("local")).account(name);
const hasKey = async (key: string) => (await nscDirectory({ env: { HOME: home.path } }).getKey(key)) !== undefined;

async function failure(...argv: string[]): Promise<string | undefined> {
  const { token } = await account();
  const { code, stderr } = await home.run(argv);
  expect(code, argv.join(" ")).toBe(1);
  expect((await account()).token).toBe(token);
  return /^Error: (.*)$/m.exec(stderr)?.[1];
}

describe("edit signing-key", () => {
  test.each([
    ["--subs", "0", /^\[WARN\] subs of the role "web" is 0, which servers read as unlimited/m],
    ["--payload", "0", /^\[WARN\] payload of the role "web" is 0/m],
    ["--allow-pub", "{{nobody()}}.x", /^\[WARN\] the role "web" has the variable "{{nobody\(\)}}" in a subject/m],
  ])("makes a role with %s %s as nsc does, and says what is wrong with it", async (flag, value, warning) => {
    const { stdout } = await home.nsc("edit", "signing-key", "--sk", "generate", "--role", "web", flag, value);
    expect(stdout).toMatch(warning);
    expect((await account()).roles).toMatchObject([{ role: "web" }]);
    // It is said once.
    const again = await home.nsc("edit", "signing-key", "--role", "web", "--description", "d");
    expect(again.stdout).not.toMatch(warning);
  });

  test("has users whom its variables give other rights than were meant, or who are bearers, with a warning", async () => {
    const role = ["edit", "signing-key", "--sk", "generate", "--role"] as const;
    await home.nsc(...role, "mine", "--allow-pub", "{{name()}}.>");
    const warning =
      '[WARN] the role "mine" puts the name of the user into subjects, and "a.b" would become other tokens';
    expect((await home.nsc("add", "user", "a.b", "-K", "mine")).stdout).toContain(warning);
    expect((await home.nsc("edit", "user", "a.b", "--tag", "x")).stdout).toContain(warning);
    await home.nsc(...role, "bearer", "--bearer");
    await home.nsc("add", "user", "first", "-K", "bearer");
    const disallowed = (user: string) =>
      `[WARN] the account "APP" disallows bearer tokens, and the user "${user}" is one`;
    expect((await home.nsc("edit", "account", "--disallow-bearer")).stdout).toContain(disallowed("first"));
    expect((await home.nsc("add", "user", "second", "-K", "bearer")).stdout).toContain(disallowed("second"));
    const users = await Promise.all(["a.b", "first", "second"].map(async (name) => (await account()).user(name)));
    expect(users.map((user) => user.role)).toEqual(["mine", "bearer", "bearer"]);
  });

  test("makes a role with a fresh key", async () => {
    const { stdout } = await home.nsc(
      ...["edit", "signing-key", "-a", "APP", "--sk", "generate", "--role", "web", "--description", "browsers"],
      ...["--allow-pub", "orders.>", "--allow-sub", "b,c q", "--allow-pub-response=3", "--subs", "5"],
    );
    const [role] = (await account()).roles;
    expect(role).toMatchObject({
      role: "web",
      description: "browsers",
      template: {
        pub: { allow: ["orders.>"] },
        sub: { allow: ["b", "c q"] },
        resp: { max: 3, ttl: 0 },
        subs: 5,
        data: -1,
        payload: -1,
      },
    });
    expect(stdout).toMatch(/\n\[ OK \] edited signing key "A[A-Z2-7]{55}"\n$/);
    expect(await hasKey(role?.key ?? "")).toBe(true);
  });

  test("changes what flags name of a role, by word, key, --sk or --role", async () => {
    const key = await (await account()).addRole("web", {
      pub: ["a"],
      template: (template) => {
        template.subs = 7;
      },
    });
    await home.nsc("edit", "signing-key", "web", "--allow-pub", "b");
    await home.nsc("edit", "signing-key", key, "--allow-pub", "c");
    await home.nsc("edit", "signing-key", "--sk", "web", "--rm", "a");
    await home.nsc("edit", "signing-key", "--role", "web", "--description", "d");
    expect((await account()).roles).toEqual([
      {
        ...{ kind: "user_scope", key, role: "web", description: "d" },
        template: { pub: { allow: ["b", "c"] }, sub: {}, subs: 7, data: -1, payload: -1 },
      },
    ]);
    await home.nsc("edit", "signing-key", "web", "--role", "renamed");
    expect((await account()).roles[0]?.role).toBe("renamed");
  });

  test("makes a role of a signing key, without taking its users' limits away", async () => {
    const key = await (await account()).addSigningKey();
    await home.nsc("edit", "signing-key", key, "--role", "promoted", "--allow-pubsub", "x");
    expect((await account()).roles).toMatchObject([
      { key, role: "promoted", template: { pub: { allow: ["x"] }, sub: { allow: ["x"] }, subs: -1, payload: -1 } },
    ]);
  });

  test("names the users that it leaves invalid by making a role of the key that signed them", async () => {
    const key = await (await account()).addSigningKey();
    const bob = await (await account()).addUser("bob", { signer: key });
    const { stderr, json } = await home.nsc("edit", "signing-key", key, "--role", "r", "--json");
    expect(stderr).toContain(`user "bob" in account "APP" was signed by ${key}, which has become the key of a role`);
    const invalid = { kind: "user", path: ["local", "APP", "bob"], public_key: bob.publicKey, issuer: key };
    expect(json).toMatchObject({ invalidated: [invalid] });
    expect((await account()).roles).toMatchObject([{ key, role: "r" }]);
    expect(await hasKey(key)).toBe(true);
  });

  test("warns where a role gets a second key", async () => {
    const key = await (await account()).addRole("web", { pub: ["a"] });
    const { stdout } = await home.nsc("edit", "signing-key", "--sk", "generate", "--role", "web");
    expect(stdout).toContain(`[WARN] role "web" has another signing key, ${key}`);
  });

  test("takes a key from a file", async () => {
    const pair = createKeyPair("account");
    await writeFile(join(home.path, "k.nk"), pair.getSeed());
    await home.nsc("edit", "signing-key", "--sk", "k.nk", "--role", "f", "--deny-sub", "x");
    expect((await account()).roles).toMatchObject([{ key: pair.publicKey, role: "f" }]);
    expect(await hasKey(pair.publicKey)).toBe(true);
  });

  test("refuses what is no key of an account", async () => {
    expect(await failure("edit", "signing-key")).toBe("signing key is required");
    expect(await failure("edit", "signing-key", "--role", "missing")).toBe("signing key is required");
    expect(await failure("edit", "signing-key", "--sk", "nothere")).toBe("a signing key is required");
    expect(await failure("edit", "signing-key", "nothere")).toBe("signing-key not found");
    const operator = createKeyPair("operator").publicKey;
    expect(await failure("edit", "signing-key", "--sk", operator)).toBe(`invalid account signing key "${operator}"`);
    expect(await failure("edit", "signing-key", operator)).toBe(`invalid account signing key "${operator}"`);
    expect(await failure("edit", "signing-key", "-a", "NOPE", "--sk", "generate")).toMatch(/^"NOPE" not in accounts/);
  });
});

describe("edit authcallout", () => {
  const authorization = async () => (await account()).claims.nats.authorization;

  test("sets users, accounts and curve key, and takes them away", async () => {
    const bob = (await (await account()).addUser("bob")).publicKey;
    const eve = (await (await account()).addUser("eve")).publicKey;
    const other = (await account("OTHER")).publicKey;
    const { stdout } = await home.nsc(
      ...["edit", "authcallout", "APP", "--auth-user", `${bob},${eve}`, "--allowed-account", other],
      ...["--curve", "generate"],
    );
    const { xkey = "" } = await authorization();
    expect(await authorization()).toEqual({ auth_users: [bob, eve], allowed_accounts: [other], xkey });
    expect(stdout).toBe(
      `[ OK ] added user "${bob}"\n[ OK ] added user "${eve}"\n[ OK ] added account "${other}"\n[ OK ] set curve key ${xkey}\n`,
    );
    expect(await hasKey(xkey)).toBe(true);
    const removed = await home.nsc(
      ...["edit", "authcallout", "-a", "APP", "--rm-auth-user", bob, "--rm-allowed-account", "*"],
      ...["--auth-user", eve, "--rm-curve"],
    );
    expect(removed.stdout).toBe(
      `[ OK ] skipped adding user "${eve}" - as it's already set\n[ OK ] deleted user "${bob}"\n[ OK ] skipping account "*" - as it's not currently set\n[ OK ] removed ${xkey} curve key\n`,
    );
    expect(await authorization()).toEqual({ auth_users: [eve], allowed_accounts: [other] });
    expect((await home.nsc("edit", "authcallout", "APP", "--disable")).stdout).toBe(
      "[ OK ] removed external authorization configuration\n",
    );
    expect(await authorization()).toEqual({});
  });

  test("allows any account", async () => {
    const bob = (await (await account()).addUser("bob")).publicKey;
    await home.nsc("edit", "authcallout", "--auth-user", bob, "--allowed-account", "*");
    expect(await authorization()).toEqual({ auth_users: [bob], allowed_accounts: ["*"] });
  });

  test("refuses what makes no sense, and keeps no key for it", async () => {
    const { publicKey: accountKey } = createKeyPair("account");
    const { publicKey: userKey } = createKeyPair("user");
    expect(await failure("edit", "authcallout", "APP")).toBe("please specify some options");
    expect(await failure("edit", "authcallout", "APP", "--disable", "--rm-curve")).toBe(
      "--disable is exclusive of all other options",
    );
    expect(await failure("edit", "authcallout", "--auth-user", "bob")).toBe('"bob" is not a valid user key');
    expect(await failure("edit", "authcallout", "--auth-user", accountKey)).toBe(
      `"${accountKey}" is not a valid user key`,
    );
    expect(await failure("edit", "authcallout", "--allowed-account", userKey)).toBe(
      `"${userKey}" is not a valid account key`,
    );
    expect(await failure("edit", "authcallout", "--curve", userKey)).toBe(`invalid x25519 curve key "${userKey}"`);
    expect(await failure("edit", "authcallout", "--allowed-account", accountKey, "--curve", "generate")).toBe(
      "External authorization cannot have accounts without users specified",
    );
    const curves: string[] = [];
    for await (const key of nscDirectory({ env: { HOME: home.path } }).listKeys()) {
      if (key.startsWith("X")) curves.push(key);
    }
    expect(curves).toEqual([]);
  });
});
