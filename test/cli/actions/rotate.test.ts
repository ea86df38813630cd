import { createKeyPair } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyHome, type PreparedHome, prepareHome, snapshotOf } from "../support/prepared-home.ts";
import type { CommandHome } from "../support/run-command.ts";
import { storedTree } from "../support/stored-tree.ts";
import { runAtTerminal } from "../support/terminal.ts";

interface Rotation {
  readonly from: string;
  readonly to: string;
  readonly stage: string;
  readonly next: string | null;
  readonly advice: string;
  readonly signed_by_from: readonly string[];
  readonly signed_by_to: readonly string[];
}

let prepared: PreparedHome;
beforeAll(async () => {
  prepared = await prepareHome();
});
afterAll(() => prepared.home[Symbol.asyncDispose]());

async function rotate(home: CommandHome, ...words: readonly string[]): Promise<Rotation> {
  return (await home.nsc("rotate", ...words, "--json")).json as Rotation;
}

async function accountOf(home: CommandHome, name = "A") {
  return await (await storedTree(home).operator("local")).account(name);
}

async function seedOf(home: CommandHome, key: string): Promise<string | undefined> {
  return await nscDirectory({ env: { HOME: home.path }, cwd: home.path }).getKey(key);
}

describe("nsc rotate signing-key", () => {
  test("goes through all stages", async () => {
    await using home = await copyHome(prepared);
    const { from, to } = await rotate(home, "signing-key", "web");
    expect(await rotate(home, "signing-key", "web")).toMatchObject({ from, to, stage: "prepared" });
    const shown = await home.nsc("rotate", "signing-key", "web");
    expect(shown.stdout).toBe(
      [
        '[ OK ] rotation of the signing key "web" of account "A": prepared:',
        `       [ OK ] old key: ${from}`,
        `       [ OK ] new key: ${to}`,
        "       [ OK ] signed by the old key: wendy",
        "       [ OK ] next, distributed: --advance pushes the account to every server, so that they trust the new key; with --distributed it is taken for done",
        "",
      ].join("\n"),
    );
    expect(await rotate(home, "signing-key", "web", "--advance", "--distributed")).toMatchObject({
      stage: "distributed",
    });
    const cutOver = await rotate(home, "signing-key", "web", "--advance");
    expect(cutOver).toMatchObject({ stage: "cut-over", signed_by_from: [], signed_by_to: ["wendy"] });
    expect((await (await accountOf(home)).user("wendy")).claims.iss).toBe(to);
    const retired = await rotate(home, "signing-key", "web", "--retire", "--delete-key");
    expect(retired).toMatchObject({
      stage: "retired",
      next: null,
      advice: "'nsc push -a A' ends the old key on servers",
    });
    const keys = (await accountOf(home)).claims.nats.signing_keys?.map((key) =>
      typeof key === "string" ? key : key.key,
    );
    expect(keys).toContain(to);
    expect(keys).not.toContain(from);
    expect(await seedOf(home, from)).toBeUndefined();
    expect(await seedOf(home, to)).toMatch(/^SA/);
  });

  test("a step takes only what is under way, and only when it is due", async () => {
    await using home = await copyHome(prepared);
    const before = await snapshotOf(home.path);
    for (const step of ["--advance", "--retire", "--cancel"]) {
      const { code, stderr } = await home.run(["rotate", "signing-key", "web", step]);
      expect(code).toBe(1);
      expect(stderr).toContain('no rotation of the signing key "web" of account "A" is under way');
      expect(stderr).toContain("'nsc rotate signing-key web -a A' begins one");
    }
    for (const flags of [
      ["--retire", "--cancel"],
      ["--delete-key"],
      ["--advance", "--to", prepared.keys.A],
      ["-K", "x"],
    ]) {
      expect((await home.run(["rotate", "signing-key", "web", ...flags])).code).toBe(1);
    }
    expect((await home.run(["rotate", "signing-key", "nope"])).stderr).toContain('no role "nope"');
    expect(await snapshotOf(home.path)).toEqual(before);

    await rotate(home, "signing-key", "web");
    const early = await home.run(["rotate", "signing-key", "web", "--retire"]);
    expect(early.stderr).toContain("is at the stage prepared, and --retire is due at cut-over");
    const nowhere = await home.run(["rotate", "signing-key", "web", "--advance"]);
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining("or --distributed if every server")]);
    expect((await accountOf(home)).roles).toHaveLength(2);
  });

  test("is cancelled, and its key deleted", async () => {
    await using home = await copyHome(prepared);
    const before = (await accountOf(home)).claims.nats.signing_keys;
    const { to } = await rotate(home, "signing-key", "web");
    expect(await seedOf(home, to)).toMatch(/^SA/);
    await home.nsc("rotate", "signing-key", "web", "--cancel", "--delete-key");
    expect((await accountOf(home)).claims.nats.signing_keys).toEqual(before);
    expect(await seedOf(home, to)).toBeUndefined();
  });

  test("takes a key that is given, and keys of the operator", async () => {
    await using home = await copyHome(prepared);
    const pair = createKeyPair("operator");
    const seed = new TextDecoder().decode(pair.getSeed());
    const { signingKey } = prepared.keys;
    const begun = await rotate(home, "signing-key", "--operator", signingKey, "--to", seed);
    expect(begun).toMatchObject({ from: signingKey, to: pair.publicKey, signed_by_from: ["SYS"] });
    await rotate(home, "signing-key", "--operator", signingKey, "--advance", "--distributed");
    await rotate(home, "signing-key", "--operator", signingKey, "--advance");
    expect((await accountOf(home, "SYS")).claims.iss).toBe(pair.publicKey);
    await rotate(home, "signing-key", "--operator", signingKey, "--retire", "--distributed");
    expect((await storedTree(home).operator("local")).claims.nats.signing_keys).toEqual([pair.publicKey]);
    expect((await home.run(["lint", "--level", "error"])).code).toBe(0);
  });

  test("asks at a terminal before a key is trusted no more", async () => {
    await using home = await copyHome(prepared);
    await rotate(home, "signing-key", "web");
    await rotate(home, "signing-key", "web", "--advance", "--distributed");
    await rotate(home, "signing-key", "web", "--advance");
    const no = await runAtTerminal(home, ["rotate", "signing-key", "web", "--retire"], [["trust A\\w+ no more", "n"]]);
    expect(no.code).toBe(1);
    expect(await rotate(home, "signing-key", "web")).toMatchObject({ stage: "cut-over" });
  });
});

describe("nsc rotate identity", () => {
  test("replaces the identity of the operator, and takes it back", async () => {
    await using home = await copyHome(prepared);
    const { from, to, signed_by_from } = await rotate(home, "identity");
    expect(from).toBe(prepared.keys.operator);
    expect(signed_by_from).toEqual(["A", "B"]);
    expect((await storedTree(home).operator("local")).publicKey).toBe(to);
    await home.nsc("rotate", "identity", "--cancel");
    expect((await storedTree(home).operator("local")).publicKey).toBe(from);

    const again = await rotate(home, "identity");
    await rotate(home, "identity", "--advance", "--distributed");
    await rotate(home, "identity", "--advance");
    expect(await rotate(home, "identity", "--retire", "--distributed")).toMatchObject({ stage: "retired" });
    expect((await accountOf(home)).claims.iss).toBe(again.to);
    expect((await home.run(["lint", "--level", "error"])).code).toBe(0);
  });
});

describe("nsc rotate user", () => {
  test("lets old creds and new ones be valid together, until the old ones are revoked", async () => {
    await using home = await copyHome(prepared);
    const { alice } = prepared.keys;
    const { to, stage } = await rotate(home, "user", "alice");
    expect(stage).toBe("cut-over");
    expect((await (await accountOf(home)).user("alice")).publicKey).toBe(to);
    expect((await accountOf(home)).revocations).toEqual([]);
    expect((await home.run(["rotate", "user", "alice", "--cancel"])).stderr).toContain("--cancel is due at prepared");
    expect(await rotate(home, "user", "alice")).toMatchObject({ from: alice, to });
    await rotate(home, "user", "alice", "--retire");
    expect((await accountOf(home)).revocations.map(({ publicKey }) => publicKey)).toEqual([alice]);
  });

  test("a user that an auth callout names is let in before it has the new key", async () => {
    await using home = await copyHome(prepared);
    const { alice } = prepared.keys;
    await home.nsc("edit", "authcallout", "A", "--auth-user", alice, "--allowed-account", "*");
    const { to, stage } = await rotate(home, "user", "alice");
    expect(stage).toBe("prepared");
    expect(await rotate(home, "user", "alice", "--advance", "--distributed")).toMatchObject({ stage: "cut-over" });
    expect((await (await accountOf(home)).user("alice")).publicKey).toBe(to);
  });

  test("no step begins one", async () => {
    await using home = await copyHome(prepared);
    const before = await snapshotOf(home.path);
    for (const step of ["--advance", "--retire", "--cancel"]) {
      const { code, stderr } = await home.run(["rotate", "user", "alice", step]);
      expect([code, stderr]).toEqual([1, expect.stringContaining("is under way")]);
    }
    expect(await snapshotOf(home.path)).toEqual(before);
  });
});
