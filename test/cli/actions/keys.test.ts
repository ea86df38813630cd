import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createKeyPair, keyPairFromSeed, type Operator } from "nsc.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";
import { plantTree, storedTree } from "../support/stored-tree.ts";

const KEYSTORE = ".local/share/nats/nsc/keys";

let home: CommandHome;
let operator: Operator;

beforeEach(async () => {
  home = await CommandHome.make();
  operator = await plantTree(home, ["APP", "OTHER"]);
  const app = await operator.account("APP");
  await app.addUser("bob");
  await app.addSigningKey();
  await (await operator.account("OTHER")).addUser("eve");
});
afterEach(() => home[Symbol.asyncDispose]());

const seedOf = (kind: "account" | "user" | "curve"): string => new TextDecoder().decode(createKeyPair(kind).getSeed());
const fileOf = (publicKey: string): string =>
  join(home.path, KEYSTORE, "keys", publicKey[0] as string, publicKey.slice(1, 3), `${publicKey}.nk`);

interface Listed {
  readonly name: string;
  readonly pub: string;
  readonly parent?: string;
  readonly signing: boolean;
  readonly key_path: string;
  readonly invalid: boolean;
  readonly jwt?: string;
  readonly expected_kind: string;
  readonly seed?: string;
}
const list = async (...flags: string[]): Promise<readonly Listed[]> =>
  (await home.nsc("list", "keys", "--json", ...flags)).json as readonly Listed[];
const names = async (...flags: string[]): Promise<string> =>
  (await list(...flags)).map(({ name, signing }) => (signing ? `${name}*` : name)).join();

describe("list keys", () => {
  test("has the keys of the operator and of the current account, unless told which", async () => {
    expect(await names()).toBe("local,APP,APP*,bob");
    expect(await names("--account", "OTHER")).toBe("local,OTHER,eve");
    expect(await names("--all")).toBe("local,APP,APP*,bob,OTHER,eve");
    expect(await names("--operator")).toBe("local");
    expect(await names("-a")).toBe("APP,APP*,OTHER");
    expect(await names("-u", "--user", "eve")).toBe("eve");
    expect(await names("-a", "--account", (await operator.account("OTHER")).publicKey)).toBe("OTHER");
  });

  test("says what the keystore has of each key", async () => {
    const [bob] = await list("--users", "--account", "APP", "-S");
    const app = await operator.account("APP");
    const user = await app.user("bob");
    expect(bob).toEqual({
      name: "bob",
      pub: user.publicKey,
      parent: app.publicKey,
      signing: false,
      curve: false,
      key_path: fileOf(user.publicKey),
      invalid: false,
      jwt: user.token,
      expected_kind: "user",
      seed: (await readFile(fileOf(user.publicKey), "utf8")).trim(),
    });
    await writeFile(fileOf(user.publicKey), seedOf("user"));
    expect(await list("-u", "--account", "APP", "-S")).toMatchObject([{ invalid: true }]);
    await rm(fileOf(user.publicKey));
    expect(await list("-u", "--account", "APP", "-S")).toMatchObject([{ invalid: false, key_path: "" }]);
    const text = (await home.nsc("list", "keys", "-u", "-S", "--account", "APP")).stdout;
    expect(text).toContain(`|   bob  | ${user.publicKey} [!] |`);
  });

  test("prints a table for people, by the width of their terminal if they have one", async () => {
    const { stdout } = await home.nsc("list", "keys");
    expect(stdout).toContain("| Entity | Key ");
    expect(stdout).toMatch(/\|\s{2}APP\s+\| A[A-Z2-7]{55} \| \*\s+\| \* /);
    expect(stdout.endsWith("[ T ] auth callout encryption target\n\n")).toBe(true);
  });

  test("takes the keys of all accounts for referenced ones, which nsc does not", async () => {
    expect(await names("--not-referenced")).toBe("");
    expect((await home.nsc("list", "keys", "--not-referenced")).stdout).toBe("no keys matched query\n");
    await home.nsc("generate", "nkey", "-a", "-x", "--store");
    expect((await list("--not-referenced", "-A")).map(({ expected_kind: kind, name }) => `${kind} ${name}`)).toEqual([
      "account ?",
      "x25519 ?",
    ]);
    expect(await names("--not-referenced", "--curve")).toBe("?");
    expect((await home.nsc("list", "keys", "--not-referenced")).stdout).toContain("[?] unreferenced key");
  });

  test("filters by a part of the public key, in any case", async () => {
    const { publicKey } = await operator.account("OTHER");
    expect(await names("-A", "--filter", publicKey.slice(5, 25).toLowerCase())).toBe("OTHER");
  });

  test("refuses what can't be", async () => {
    const both = await home.run(["list", "keys", "--show-seeds", "--not-referenced"]);
    expect([both.code, both.stderr.split("\n")[0]]).toEqual([
      1,
      "Error: specify one of --show-seeds or --not-referenced",
    ]);
    expect((await home.run(["list", "keys", "--account", "NOPE"])).code).toBe(1);
    expect((await home.run(["list", "keys", "-u", "--user", "nobody"])).stderr).toContain("nobody does not exist");
    await using empty = await CommandHome.make();
    expect((await empty.run(["list", "keys"])).stderr).toContain("does not exist");
  });
});

describe("export keys", () => {
  test("writes seeds and tokens, and leaves files alone that are there", async () => {
    const first = await home.nsc("export", "keys", "--dir", "out", "--accounts", "--include-jwts");
    const files = await readdir(join(home.path, "out"));
    expect(files).toHaveLength(5);
    expect(first.stdout.split("\n").at(-2)).toBe("all jobs succeeded");
    for (const file of files) expect((await stat(join(home.path, "out", file))).mode & 0o777).toBe(0o600);
    const { publicKey, token } = await operator.account("APP");
    expect(await readFile(join(home.path, "out", `${publicKey}.jwt`), "utf8")).toBe(token);

    await rm(join(home.path, "out", `${publicKey}.nk`));
    const second = await home.run(["export", "keys", "--dir", "out", "-a"]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("already exists - specify --force to overwrite");
    expect(keyPairFromSeed(await readFile(join(home.path, "out", `${publicKey}.nk`), "utf8")).publicKey).toBe(
      publicKey,
    );
    expect((await home.run(["export", "keys", "--dir", "out", "-a", "--force"])).code).toBe(0);
  });

  test("moves seeds out of the keystore, but only those that were written", async () => {
    const bob = (await (await operator.account("APP")).user("bob")).publicKey;
    const eve = (await (await operator.account("OTHER")).user("eve")).publicKey;
    await mkdir(join(home.path, "gone"));
    await writeFile(join(home.path, "gone", `${eve}.nk`), "taken");
    const { code } = await home.run(["export", "keys", "--users", "--remove", "--dir", "gone"]);
    expect([code, existsSync(fileOf(bob)), existsSync(fileOf(eve))]).toEqual([1, false, true]);
    await home.nsc("import", "keys", "--dir", "gone").catch(() => undefined);
    expect(existsSync(fileOf(bob))).toBe(true);
  });

  test("exports curve keys, which nsc's flags for them don't", async () => {
    await home.nsc("generate", "nkey", "-x", "-u", "--store");
    const [curve] = await list("--not-referenced", "--curve");
    await home.nsc("export", "keys", "--not-referenced", "--curve", curve?.pub as string, "--dir", "x");
    expect(await readdir(join(home.path, "x"))).toEqual([`${curve?.pub}.nk`]);
  });

  test("says which seeds it does not have, and fails for none at all", async () => {
    const bob = (await (await operator.account("APP")).user("bob")).publicKey;
    await rm(fileOf(bob));
    const { stdout } = await home.nsc("export", "keys", "-u", "--account", "APP", "--dir", "out");
    expect(stdout).toContain(`[WARN] skipped "${bob}" - no seed available`);
    const none = await home.run(["export", "keys", "--filter", "1", "--dir", "out"]);
    expect([none.code, none.stderr]).toEqual([1, "Error: no keys found to export\n"]);
    expect((await home.run(["export", "keys"])).stderr).toContain('required flag(s) "dir" not set');
  });

  test("writes nothing in a dry run", async () => {
    await home.nsc("export", "keys", "-A", "--remove", "--dir", "out", "--dry-run");
    expect(existsSync(join(home.path, "out"))).toBe(false);
    expect(existsSync(fileOf(operator.publicKey))).toBe(true);
  });
});

describe("import keys", () => {
  test("adds every seed of a folder, and says which files hold none", async () => {
    const [top, below] = [createKeyPair("account"), createKeyPair("user")];
    await mkdir(join(home.path, "in", "deep"), { recursive: true });
    await writeFile(join(home.path, "in", "a.nk"), top.getSeed());
    await writeFile(join(home.path, "in", "deep", "b.nk"), below.getSeed());
    const { stdout } = await home.nsc("import", "keys", "--dir", "in");
    expect(stdout).toBe(`[ OK ] ${top.publicKey} was added to the keystore\n`);
    await home.nsc("import", "keys", "--dir", "in", "--recurse");
    expect(existsSync(fileOf(below.publicKey))).toBe(true);
    await writeFile(join(home.path, "in", "c.nk"), top.publicKey);
    const { code, stderr } = await home.run(["import", "keys", "--dir", "in"]);
    expect(code).toBe(1);
    expect(stderr).toContain("[ERR ] failed to import ");
    expect(stderr).toContain("Error: 1 job failed - 1 job succeeded");
  });

  test.each([
    ["nothere", /^Error: stat .*nothere: no such file or directory/],
    ["empty", /^Error: no nkey \(\.nk\) files found/],
    ["file", /^Error: `.*file` is not a directory/],
  ])("refuses %s", async (dir, message) => {
    await mkdir(join(home.path, "empty"));
    await writeFile(join(home.path, "file"), "");
    const { code, stderr } = await home.run(["import", "keys", "--dir", dir]);
    expect([code, message.test(stderr)]).toEqual([1, true]);
  });
});

describe("keys migrate", () => {
  const old = (...path: string[]): string => join(home.path, KEYSTORE, ...path);

  test("is what every other command asks for with a keystore of old", async () => {
    expect((await home.nsc("keys", "migrate")).stderr).toBe(`keystore \`~/${KEYSTORE}\` does not need migration\n`);
    const pair = createKeyPair("account");
    await mkdir(old("local", "accounts", "X"), { recursive: true });
    await writeFile(old("local", "accounts", "X", "X.nk"), pair.getSeed());
    const refused = await home.run(["list", "keys"]);
    expect([refused.code, refused.stderr.split("\n")[0]]).toEqual([
      1,
      `Error: the keystore \`~/${KEYSTORE}\` needs migration - type \`nsc keys migrate\` to update`,
    ]);
    expect((await home.nsc("keys", "migrate", "--json", "--dry-run")).json).toMatchObject({ migrated: true });
    expect((await home.run(["list", "keys"])).code).toBe(1);

    const { json, stderr } = await home.nsc("keys", "migrate", "--json");
    expect(json).toMatchObject({ migrated: true, dry_run: false });
    expect(stderr).toMatch(
      /was migrated - old store was renamed to `.*keys_[0-9a-f]+` - remove at your convenience\n$/,
    );
    expect(existsSync(fileOf(pair.publicKey))).toBe(true);
    await home.nsc("list", "keys");
  });

  test("fails for keys that are only in the old keystore, and says which", async () => {
    await mkdir(old("local"), { recursive: true });
    await writeFile(old("local", "broken.nk"), "no seed");
    await writeFile(old("local", "notes.txt"), "notes");
    const { code, stderr } = await home.run(["keys", "migrate"]);
    expect(code).toBe(1);
    expect(stderr).toContain("[ERR ] `local/broken.nk` is only in the old keystore: it holds no seed");
    expect(stderr).toContain("[WARN] `local/notes.txt` is only in the old keystore: it is neither a key nor creds");
  });
});

describe("generate nkey", () => {
  test("prints seeds and public keys in nsc's order", async () => {
    const lines = (await home.nsc("generate", "nkey", "-x", "-u", "-a", "-o")).stdout.split("\n");
    expect(lines).toHaveLength(13);
    for (const [index, letter] of ["O", "A", "U", "X"].entries()) {
      const [seed = "", publicKey = "", blank] = lines.slice(index * 3);
      expect([seed.slice(0, 2), publicKey[0], blank]).toEqual([`S${letter}`, letter, ""]);
      expect(keyPairFromSeed(seed).publicKey).toBe(publicKey);
    }
  });

  test("stores keys without printing their seeds", async () => {
    const { stdout } = await home.nsc("generate", "nkey", "--user", "--store");
    const [publicKey = "", stored] = stdout.split("\n");
    expect(stored).toBe(`user key stored ${fileOf(publicKey)}`);
    expect(await storedTree(home).operator("local")).toBeDefined();
    expect(existsSync(fileOf(publicKey))).toBe(true);
    const dry = (await home.nsc("generate", "nkey", "-u", "-S", "--dry-run", "--json")).json as { key_path: string }[];
    expect(existsSync(dry[0]?.key_path ?? "")).toBe(false);
  });

  test("needs no operator, but a kind", async () => {
    await using empty = await CommandHome.make();
    expect((await empty.run(["generate", "nkey", "-a"])).code).toBe(0);
    const { code, stderr } = await empty.run(["generate", "nkey"]);
    expect([code, stderr.split("\n")[0]]).toEqual([1, "Error: set --operator, --account, --user, or --curve"]);
  });
});
