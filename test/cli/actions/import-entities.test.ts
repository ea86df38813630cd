import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AccountClaims, createAccountClaims, createKeyPair, encode, type KeyPair, Nsc } from "nsc.js";
import { describe, expect, test } from "vitest";
import { filesOf } from "../support/files-of.ts";
import { CommandHome } from "../support/run-command.ts";
import { plantTree, storedTree } from "../support/stored-tree.ts";

const TENANT = createKeyPair("account");

async function writeAccount(
  home: CommandHome,
  file: string,
  { by = TENANT, edit = () => undefined }: { by?: KeyPair; edit?: (claims: AccountClaims) => void } = {},
): Promise<string> {
  const claims = createAccountClaims(TENANT.publicKey, { name: "EXT" });
  edit(claims);
  const token = await encode(claims, by, { issuedAt: 1_700_000_000 });
  await writeFile(join(home.path, file), token);
  return token;
}

async function account(home: CommandHome, name = "EXT") {
  return await (await storedTree(home).operator("local")).account(name);
}

describe("import account", () => {
  test("signs what signed itself, and keeps its limits", async () => {
    await using home = await CommandHome.make();
    const operator = await plantTree(home, []);
    await writeAccount(home, "a.jwt", {
      edit: ({ nats }) => {
        nats.limits.conn = 7;
      },
    });
    const { stdout } = await home.nsc("import", "account", "--file", "a.jwt");
    expect(stdout).toBe(
      "[WARN] validation resulted in: self-signed account JWTs shouldn't contain operator limits\n[ OK ] account EXT was successfully imported\n1 job succeeded - 1 have warnings\n",
    );
    const { claims } = await account(home);
    expect([claims.iss, claims.nats.limits.conn]).toEqual([operator.publicKey, 7]);
  });

  test("replaces only with --overwrite, and never another account of the name", async () => {
    await using home = await CommandHome.make();
    await plantTree(home, []);
    await writeAccount(home, "a.jwt");
    await home.nsc("import", "account", "-j", "a.jwt");
    const again = await home.run(["import", "account", "-j", "a.jwt"]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("overwrite with --overwrite")]);
    await writeAccount(home, "a.jwt", {
      edit: ({ nats }) => {
        nats.tags = ["older"];
      },
    });
    await home.nsc("import", "account", "-j", "a.jwt", "--overwrite");
    expect((await account(home)).claims.nats.tags).toEqual(["older"]);

    await using other = await CommandHome.make();
    await plantTree(other, ["EXT"]);
    await writeAccount(other, "a.jwt");
    const collision = await other.run(["import", "account", "-j", "a.jwt", "--overwrite"]);
    expect([collision.code, collision.stderr]).toEqual([1, expect.stringContaining("name collision only")]);
    expect((await account(other)).publicKey).not.toBe(TENANT.publicKey);
  });

  test("takes another operator's with --force alone, and what is invalid with --skip alone", async () => {
    await using home = await CommandHome.make();
    const operator = await plantTree(home, []);
    await writeAccount(home, "a.jwt", { by: createKeyPair("operator") });
    const foreign = await home.run(["import", "account", "-j", "a.jwt"]);
    expect(foreign.stderr).toContain("can only import account signed by same operator");
    await home.nsc("import", "account", "-j", "a.jwt", "--force");
    expect((await account(home)).claims.iss).toBe(operator.publicKey);

    await writeAccount(home, "a.jwt", {
      edit: (claims) => {
        claims.exp = 1_700_000_001;
      },
    });
    const expired = await home.run(["import", "account", "-j", "a.jwt", "--overwrite"]);
    expect(expired.stderr).toContain("[ERR ] validation is blocking, skip with --skip");
    await home.nsc("import", "account", "-j", "a.jwt", "--overwrite", "--skip");
    expect((await account(home)).claims.exp).toBe(1_700_000_001);
  });

  test.each(["../../evil", "a/b", ".."])("refuses the name %j", async (name) => {
    await using home = await CommandHome.make();
    await plantTree(home, ["A"]);
    await writeAccount(home, "a.jwt", {
      edit: (claims) => {
        claims.name = name;
      },
    });
    const before = await filesOf(home.path);
    const { code, stderr } = await home.run(["import", "account", "-j", "a.jwt", "--force", "--overwrite", "--skip"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("name of an account")]);
    expect(await filesOf(home.path)).toEqual(before);
  });

  test("says what is wrong with the file or the key", async () => {
    await using home = await CommandHome.make();
    await plantTree(home, ["A"]);
    await writeAccount(home, "a.txt");
    await writeAccount(home, "a.jwt");
    await writeFile(join(home.path, "junk.jwt"), "junk");
    const texts: [string[], string][] = [
      [[], "specify a file with --file"],
      [["-j", "no.jwt"], `open ${join(home.path, "no.jwt")}: no such file or directory`],
      [["-j", "a.txt"], "expected these file endings: [.jwt]"],
      [["-j", "junk.jwt"], "[ERR ] failed to decode `junk.jwt`: expected 3 chunks"],
      [["-j", "a.jwt", "-K", new TextDecoder().decode(createKeyPair("operator").getSeed())], "invalid account signer"],
    ];
    for (const [flags, text] of texts) {
      const { code, stderr } = await home.run(["import", "account", ...flags]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(text)]);
    }
    const dry = await home.run(["import", "account", "-j", "a.jwt", "--dry-run", "--json"]);
    expect(dry.json).toMatchObject({ dry_run: true, changes: [{ path: ["local", "EXT"] }] });
    expect(await (await storedTree(home).operator("local")).findAccount(TENANT.publicKey)).toBeUndefined();
  });
});

describe("import user", () => {
  test("keeps token and seed of creds, and writes creds", async () => {
    await using home = await CommandHome.make();
    const operator = await plantTree(home, ["A"]);
    const issued = await (await operator.account("A")).issueUser("u", { expires: "1h" });
    await writeFile(join(home.path, "u.creds"), issued.creds());
    const { stdout } = await home.nsc("import", "user", "-f", "u.creds");
    expect(stdout).toMatch(
      /^\[ OK \] key stored \S+\.nk\n\[ OK \] user u was successfully imported\nall jobs succeeded\n$/,
    );
    const creds = join(home.path, ".local/share/nats/nsc/keys/creds/local/A/u.creds");
    expect(await readFile(creds, "utf8")).toBe(issued.creds());
  });

  test("refuses what is there, of another key, of nobody here, and expired", async () => {
    await using home = await CommandHome.make();
    const operator = await plantTree(home, ["A"]);
    const a = await operator.account("A");
    await writeFile(join(home.path, "u.jwt"), (await a.issueUser("u", { expires: "1h" })).token);
    await home.nsc("import", "user", "-f", "u.jwt");
    expect((await home.run(["import", "user", "-f", "u.jwt"])).stderr).toContain("user already exists, overwrite with");
    await home.nsc("import", "user", "-f", "u.jwt", "--overwrite");
    await writeFile(join(home.path, "v.jwt"), (await a.issueUser("u", { expires: "1h" })).token);
    expect((await home.run(["import", "user", "-f", "v.jwt", "--overwrite"])).stderr).toContain(
      "existing User has a name",
    );

    const elsewhere = await (await new Nsc().addOperator("O")).addAccount("B");
    await writeFile(join(home.path, "w.jwt"), (await elsewhere.issueUser("w", { expires: "1h" })).token);
    expect((await home.run(["import", "user", "-f", "w.jwt"])).stderr).toContain(
      `[ERR ] referenced Account ${elsewhere.publicKey} not found, import first`,
    );
    await writeFile(join(home.path, "a.jwt"), a.token);
    expect((await home.run(["import", "user", "-f", "a.jwt"])).stderr).toContain("not user claim");
  });

  test("takes what servers don't let in, with a warning: nsc does", async () => {
    await using home = await CommandHome.make();
    await plantTree(home, ["A"]);
    await home.nsc("add", "user", "u", "-a", "A");
    await home.nsc("generate", "creds", "-a", "A", "-n", "u", "-o", "u.creds");
    const { token } = await (await account(home, "A")).user("u");
    await home.nsc("delete", "user", "u", "-a", "A", "--revoke", "--rm-nkey", "--rm-creds");
    const revoked = await home.nsc("import", "user", "-f", "u.creds");
    expect(revoked.stdout).toContain('[WARN] the account "A" has revoked this token');
    expect((await (await account(home, "A")).user("u")).token).toBe(token);
    expect(await readFile(join(home.path, ".local/share/nats/nsc/keys/creds/local/A/u.creds"), "utf8")).toContain(
      token,
    );

    await home.nsc("add", "user", "bearer", "-a", "A", "--bearer");
    await home.nsc("generate", "creds", "-a", "A", "-n", "bearer", "-o", "bearer.creds");
    await home.nsc("delete", "user", "bearer", "-a", "A");
    await home.nsc("edit", "account", "A", "--disallow-bearer");
    expect((await home.nsc("import", "user", "-f", "bearer.creds")).stdout).toContain("[WARN] ");
    expect((await (await account(home, "A")).user("bearer")).claims.nats.bearer_token).toBe(true);
  });
});
