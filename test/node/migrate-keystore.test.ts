import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { type NscDirectory, nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { isPosix, lacksPosix } from "../support/posix.ts";
import { listOf, pairOf, seedOf } from "./entities.ts";
import { contentsOf, testFolder } from "./folders.ts";

const KEYS = [pairOf("operator", "O"), pairOf("account", "A"), pairOf("user", "u")] as const;

function keystore(files: Readonly<Record<string, string>>): {
  readonly home: string;
  readonly keys: string;
  readonly directory: NscDirectory;
} {
  const home = testFolder();
  const keys = join(home, "keys");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(keys, path)), { recursive: true });
    writeFileSync(join(keys, path), text);
  }
  return { home, keys, directory: nscDirectory({ storesDir: join(home, "stores"), keystoreDir: keys, env: {} }) };
}

const shardOf = ({ publicKey }: { readonly publicKey: string }) =>
  `keys/${publicKey[0]}/${publicKey.slice(1, 3)}/${publicKey}.nk`;

describe("migrateKeystore", () => {
  test("moves keys and creds of old versions, and keeps the old folder as it was", async () => {
    const [operator, account, user] = KEYS;
    const { home, keys, directory } = keystore({
      "O/CS/any.nk": `${seedOf(operator)}\n`,
      "A.nk": seedOf(account),
      "O/accounts/A/users/u.creds": "creds of u",
      [shardOf(user)]: seedOf(user),
      "creds/O/A/v.creds": "creds of v",
    });
    const before = contentsOf(keys);
    const { oldDir, entries } = await directory.migrateKeystore();
    expect(entries).toEqual([
      { path: "A.nk", outcome: "moved", to: shardOf(account) },
      { path: "O/CS/any.nk", outcome: "moved", to: shardOf(operator) },
      { path: "O/accounts/A/users/u.creds", outcome: "moved", to: "creds/O/A/u.creds" },
      { path: "creds/O/A/v.creds", outcome: "kept" },
      { path: shardOf(user), outcome: "kept" },
    ]);
    expect(contentsOf(oldDir as string)).toEqual(before);
    expect(dirname(oldDir as string)).toBe(home);
    expect(readdirSync(home).sort()).toEqual(["keys", (oldDir as string).slice(home.length + 1)]);
    for (const pair of KEYS) expect(await directory.getKey(pair.publicKey)).toBe(seedOf(pair));
    const after = contentsOf(keys);
    const files = Object.entries(after).filter(([path]) => !path.endsWith("/"));
    expect(files.map(([path]) => path).sort()).toEqual(
      [".gitignore", ...KEYS.map(shardOf), "creds/O/A/u.creds", "creds/O/A/v.creds"].sort(),
    );
    if (isPosix) {
      expect(new Set(files.map(([, text]) => text.slice(0, 4)))).toEqual(new Set(["0600"]));
      expect(after["creds/O/A/"]).toBe("0700");
    }
    const findings: string[] = [];
    for await (const { code } of directory.inspect()) findings.push(code);
    expect(findings).not.toContain("OLD_LAYOUT");
    expect(await directory.migrateKeystore()).toEqual({ oldDir: undefined, entries: [] });
  });

  test("leaves what it can't move, and moves the rest", async () => {
    const [operator, account, user] = KEYS;
    const { keys, directory } = keystore({
      "bad.nk": "SAAA",
      "public.nk": account.publicKey,
      "good.nk": seedOf(account),
      "twin.nk": seedOf(account),
      README: "hello",
      "O/u.creds": "too high",
      "O/accounts/A/users/u.creds": "old",
      "creds/O/A/u.creds": "new",
      [shardOf(user)]: "damaged already",
      "user.nk": seedOf(user),
      "o.nk": seedOf(operator),
      "large.nk": "x".repeat(5_000_000),
    });
    const { oldDir, entries } = await directory.migrateKeystore();
    const left = entries.filter(({ outcome }) => outcome === "left").map(({ path }) => path);
    expect(left).toEqual([
      "O/accounts/A/users/u.creds",
      "O/u.creds",
      "README",
      "bad.nk",
      "large.nk",
      "public.nk",
      "user.nk",
    ]);
    expect(JSON.stringify(entries)).not.toContain("SAAA");
    expect(await listOf(directory.listKeys())).toEqual([account, operator, user].map((pair) => pair.publicKey).sort());
    expect(contentsOf(keys)["creds/O/A/u.creds"]?.slice(-3)).toBe("new");
    expect(Object.keys(contentsOf(oldDir as string))).toEqual(expect.arrayContaining(left));
  });

  test("has nothing to do where all is in order, or nothing is there", async () => {
    const fine = keystore({ [shardOf(KEYS[1])]: seedOf(KEYS[1]), README: "x" });
    const before = contentsOf(fine.home);
    expect(await fine.directory.migrateKeystore()).toEqual({ oldDir: undefined, entries: [] });
    expect(contentsOf(fine.home)).toEqual(before);
    const none = keystore({});
    expect(await none.directory.migrateKeystore()).toEqual({ oldDir: undefined, entries: [] });
    expect(readdirSync(none.home)).toEqual([]);
  });

  test("finishes what another process began", async () => {
    const { home, keys, directory } = keystore({ "A.nk": seedOf(KEYS[1]) });
    await directory.migrateKeystore();
    // It ended between the two renames.
    renameSync(keys, join(home, "keys.nscjs-new-0011223344556677"));
    mkdirSync(join(home, "keys.nscjs-new-8899aabbccddeeff.part"));
    expect(await directory.migrateKeystore()).toEqual({ oldDir: undefined, entries: [] });
    expect(await directory.getKey(KEYS[1].publicKey)).toBe(seedOf(KEYS[1]));
  });

  test("is finished before a commit makes another keystore", async () => {
    const { home, keys, directory } = keystore({ "A.nk": seedOf(KEYS[1]) });
    await directory.migrateKeystore();
    renameSync(keys, join(home, "keys.nscjs-new-0011223344556677"));
    await directory.commit({ keys: [seedOf(KEYS[2])] });
    expect(await listOf(directory.listKeys())).toEqual([KEYS[1].publicKey, KEYS[2].publicKey]);
  });

  test("tells of what others wrote meanwhile, through other stores", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `${index}`);
    const seeds = names.map((name) => [`${name}.nk`, seedOf(pairOf("user", name))] as const);
    const { keys, directory } = keystore(Object.fromEntries(seeds));
    let isOver = false;
    const migrated = directory.migrateKeystore().finally(() => {
      isOver = true;
    });
    const written: string[] = [];
    for (let index = 0; !isOver; index++) {
      try {
        writeFileSync(join(keys, `late-${index}`), "");
        written.push(`late-${index}`);
      } catch {
        // The folder was not there for a moment.
      }
      await setImmediate();
    }
    const { entries } = await migrated;
    const places = [...entries.map(({ path }) => path), ...readdirSync(keys)];
    expect(written.filter((path) => !places.includes(path))).toEqual([]);
    expect(entries.map(({ message }) => message)).toContain("was written while the others were moved");
  });

  test.skipIf(lacksPosix)("goes to where the folder really is", async () => {
    const { home, keys, directory } = keystore({ "A.nk": seedOf(KEYS[1]) });
    mkdirSync(join(home, "real"));
    renameSync(keys, join(home, "real/keys"));
    symlinkSync(join(home, "real/keys"), keys);
    const { oldDir } = await directory.migrateKeystore();
    expect(dirname(oldDir as string)).toBe(join(home, "real"));
    expect(await directory.getKey(KEYS[1].publicKey)).toBe(seedOf(KEYS[1]));
    // There, too, it finishes what another process began.
    renameSync(join(home, "real/keys"), join(home, "real/keys.nscjs-new-0011223344556677"));
    await directory.migrateKeystore();
    expect(await directory.getKey(KEYS[1].publicKey)).toBe(seedOf(KEYS[1]));
  });

  test("leaves what is no text, which it could not write again", async () => {
    const { keys, directory } = keystore({ "A.nk": seedOf(KEYS[1]), "keys/x.txt": "€" });
    const bytes = new Uint8Array([0xff, 0x80, 1]);
    writeFileSync(join(keys, "keys/x.bin"), bytes);
    const { oldDir, entries } = await directory.migrateKeystore();
    expect(entries).toMatchObject([
      { path: "A.nk", outcome: "moved" },
      { path: "keys/x.bin", outcome: "left" },
      { path: "keys/x.txt", outcome: "kept" },
    ]);
    expect(new Uint8Array(readFileSync(join(oldDir as string, "keys/x.bin")))).toEqual(bytes);
    expect(readdirSync(join(keys, "keys")).sort()).toEqual(["A", "x.txt"]);
    expect(readFileSync(join(keys, "keys/x.txt"), "utf8")).toBe("€");
  });

  test.skipIf(lacksPosix)("refuses where a link leads to a folder that holds the stores", async () => {
    const home = testFolder();
    mkdirSync(join(home, "real"));
    writeFileSync(join(home, "real/A.nk"), seedOf(KEYS[1]));
    symlinkSync(join(home, "real"), join(home, "keys"));
    const options = { storesDir: join(home, "real/stores"), keystoreDir: join(home, "keys"), env: {} };
    await expect(nscDirectory(options).migrateKeystore()).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(readdirSync(join(home, "real"))).toEqual(["A.nk"]);
    expect(readdirSync(home).sort()).toEqual(["keys", "real"]);
  });

  test("refuses where the folder holds more than keys", async () => {
    const allDirs = testFolder();
    writeFileSync(join(allDirs, "A.nk"), seedOf(KEYS[1]));
    await expect(nscDirectory({ allDirs, env: {} }).migrateKeystore()).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(readdirSync(allDirs)).toEqual(["A.nk"]);
    const options = { storesDir: testFolder(), keystoreDir: allDirs, configDir: join(allDirs, "c/d"), env: {} };
    await expect(nscDirectory(options).migrateKeystore()).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(readdirSync(allDirs)).toEqual(["A.nk"]);
  });

  test("loses no key, wherever it lies", async () => {
    const names = ["keys", "creds", "A", "O", "accounts", "users", "x.nk", "y.nk", "z.creds", "w"];
    const path = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 5 });
    const entry = fc.tuple(path, fc.constantFrom("SAAA", ...KEYS.map(seedOf)));
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 6 }), async (entries) => {
        const { home, keys, directory } = keystore({});
        for (const [segments, text] of entries) {
          try {
            mkdirSync(dirname(join(keys, ...segments)), { recursive: true });
            writeFileSync(join(keys, ...segments), text);
          } catch {
            // A folder is a file, or the other way round.
          }
        }
        const before = contentsOf(home);
        const report = await directory.migrateKeystore();
        if (report.oldDir === undefined) expect(contentsOf(home)).toEqual(before);
        else {
          const old = Object.entries(before)
            .filter(([each]) => each.startsWith("keys/"))
            .map(([each, text]) => [each.slice(5), text]);
          expect(Object.entries(contentsOf(report.oldDir))).toEqual(old.filter(([each]) => each !== ""));
          for (const { to, outcome } of report.entries) {
            if (outcome === "moved") expect(contentsOf(keys)).toHaveProperty([to as string]);
          }
        }
        rmSync(home, { recursive: true });
      }),
      { numRuns: 60 },
    );
  });
});
