import { existsSync } from "node:fs";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Operator, parseCreds } from "nsc.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandHome, type Outcome } from "../support/run-command.ts";
import { plantTree } from "../support/stored-tree.ts";
import { DOWN, ENTER, runAtTerminal } from "../support/terminal.ts";

let home: CommandHome;
let operator: Operator;

beforeEach(async () => {
  home = await CommandHome.make();
  operator = await plantTree(home, ["APP"]);
  await (await operator.account("APP")).addUser("bob");
});
afterEach(() => home[Symbol.asyncDispose]());

const at = (...path: string[]): string => join(home.path, ...path);
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
const errorOf = ({ stderr }: Outcome): string | undefined => /^Error: (.*)$/m.exec(stderr)?.[1];
const addEve = async () => await (await operator.account("APP")).addUser("eve");

describe("generate creds", () => {
  test("prints the creds of the only user, or writes them to a file for its owner alone", async () => {
    const bob = await (await operator.account("APP")).user("bob");
    expect((await home.nsc("generate", "creds")).stdout).toBe(`${await bob.creds()}\n`);
    const { stdout, stderr } = await home.nsc("generate", "creds", "-o", "bob.creds");
    expect([stdout, stderr]).toEqual([
      "[ OK ] wrote credentials to `bob.creds`\n",
      "Success!! - generated `bob.creds`\n",
    ]);
    expect([await readFile(at("bob.creds"), "utf8"), await modeOf(at("bob.creds"))]).toEqual([
      await bob.creds(),
      0o600,
    ]);
    const { json } = await home.nsc("generate", "creds", "-n", "bob", "--json");
    expect(parseCreds((json as { creds: string }).creds).token).toBe(bob.token);
    const file = await home.nsc("generate", "creds", "-n", "bob", "--json", "-o", "again.creds");
    expect(file.json).toEqual({ account: "APP", user: "bob", public_key: bob.publicKey, path: at("again.creds") });
  });

  test("refuses to guess, and says what is missing", async () => {
    expect(errorOf(await home.run(["generate", "creds", "-n", "nobody"]))).toBe('user "nobody" not found in "APP"');
    const eve = await addEve();
    expect(errorOf(await home.run(["generate", "creds"]))).toBe("user is required");
    await home.nsc("export", "keys", "-u", "--user", "eve", "--remove", "--dir", "out");
    const missing = await home.run(["generate", "creds", "-n", "eve"]);
    expect(errorOf(missing)).toBe("user was not found - please specify it");
    expect(missing.stderr).toContain(`the seed of ${eve.publicKey} is not in the keystore`);
    await operator.addAccount("EMPTY");
    expect(errorOf(await home.run(["generate", "creds", "-a", "EMPTY"]))).toBe('account "EMPTY" has no users');
  });

  test("lets the user be picked", async () => {
    const eve = await addEve();
    const { stdout } = await runAtTerminal(home, ["generate", "creds", "-i"], [["select user", `${DOWN}${ENTER}`]]);
    expect(stdout).toBe(`${await eve.creds()}\n`);
  });
});

describe("generate context", () => {
  const contextFile = (name: string): string => at(".config/nats/context", `${name}.json`);

  test("writes what the nats command reads, with nsc's bytes and modes", async () => {
    await operator.edit(({ nats }) => {
      nats.operator_service_urls = ["nats://localhost:4222", "nats://other:4222"];
    });
    const { stdout, stderr } = await home.nsc("generate", "context", "--context", "mine");
    expect([stdout, stderr]).toEqual([
      "[ OK ] wrote nats cli context file to `~/.config/nats/context/mine.json`\n",
      `${contextFile("mine")}\n`,
    ]);
    const creds = at(".local/share/nats/nsc/keys/creds/local/APP/bob.creds");
    expect(await readFile(contextFile("mine"), "utf8")).toBe(
      `{"nsc":"nsc://local/APP/bob","url":"nats://localhost:4222","creds":"${creds}"}`,
    );
    expect(await modeOf(contextFile("mine"))).toBe(0o666 & ~process.umask());
    expect(await modeOf(at(".config/nats/context"))).toBe(0o755 & ~process.umask());
    const { json } = await home.nsc("generate", "context", "--context", "second.json", "--user", "bob", "--json");
    expect(json).toMatchObject({ context: "second", path: contextFile("second"), nsc: "nsc://local/APP/bob", creds });
  });

  test("fails where there is one already, which nsc does not, unless it may write over it", async () => {
    await home.nsc("generate", "context", "--context", "c");
    const again = await home.run(["generate", "context", "--context", "c"]);
    expect([again.code, errorOf(again)]).toEqual([
      1,
      `failed to write context file: \`${contextFile("c")}\` already exists`,
    ]);
    await home.nsc("generate", "context", "--context", "c", "--force");
    await home.nsc("generate", "context", "--context", "dry", "--dry-run");
    expect(existsSync(contextFile("dry"))).toBe(false);
  });

  test.each([
    [[], "context name is required"],
    [["--context", "a/b"], "context name cannot contain filepath separators"],
    [["--context", ".."], '".." is no name of a context'],
    [["--context", "c", "--user", "nobody"], 'user "nobody" not found in "APP"'],
  ])("refuses %j", async (flags, message) => {
    const outcome = await home.run(["generate", "context", ...flags]);
    expect([outcome.code, errorOf(outcome)]).toEqual([1, message]);
  });

  test("refuses users without a creds file", async () => {
    await rm(at(".local/share/nats/nsc/keys/creds/local/APP/bob.creds"));
    const outcome = await home.run(["generate", "context", "--context", "c"]);
    expect([outcome.code, errorOf(outcome)]).toEqual([
      1,
      'there is no creds file of the user "bob", which a context is about',
    ]);
    expect(outcome.stderr).not.toContain("is not in the keystore");
    const [, hint = ""] = /'nsc (edit user bob -K A\w+)' writes one/.exec(outcome.stderr) ?? [];
    await home.nsc(...hint.split(" "));
    await home.nsc("generate", "context", "--context", "c");
  });
});

describe("generate profile", () => {
  test("answers the nats command in nsc's form, and writes no context", async () => {
    await operator.edit(({ nats }) => {
      nats.operator_service_urls = ["nats://h:4222"];
    });
    const before = await readFile(at(".config/nats/nsc/nsc.json"), "utf8");
    const { stdout } = await home.nsc("generate", "profile", "nsc://local/APP/bob");
    expect(stdout).toBe(`{
  "user_creds": "${at(".local/share/nats/nsc/keys/creds/local/APP/bob.creds")}",
  "operator": {
    "service": [
      "nats://h:4222"
    ]
  }
}
`);
    expect(await readFile(at(".config/nats/nsc/nsc.json"), "utf8")).toBe(before);
  });

  test("says what the URL asks for, of another store, too", async () => {
    const app = await operator.account("APP");
    const url = "nsc://local/APP/BOB?names&accountKey&userSeed";
    const { json } = await home.nsc("generate", "profile", url, "--json");
    expect(json).toMatchObject({
      operator: { name: "local" },
      account: { name: "APP", id: app.publicKey },
      user: { name: "bob", seed: expect.stringMatching(/^SU[A-Z2-7]{56}$/) },
    });
    const elsewhere = `store=${at("Other/stores")}&keystore=~/Other/keys`;
    await home.nsc("generate", "profile", "nsc://local?key").catch(() => undefined);
    const missing = await home.run(["generate", "profile", `nsc://local?${elsewhere}`]);
    expect([missing.code, missing.stdout]).toEqual([1, ""]);
  });

  test("writes files that are not there, with seeds for their owner alone", async () => {
    const { stdout } = await home.nsc("generate", "profile", "nsc://local/APP?key", "-o", "p.json");
    expect(stdout).toBe("[ OK ] wrote tool configuration to `p.json`\n");
    expect(await modeOf(at("p.json"))).toBe(0o666 & ~process.umask());
    const seeds = await home.nsc("generate", "profile", "nsc://local/APP?seeds", "-o", "s.json", "--json");
    expect([seeds.json, await modeOf(at("s.json"))]).toEqual([{ path: at("s.json") }, 0o600]);
    const again = await home.run(["generate", "profile", "nsc://local", "-o", "p.json"]);
    expect([again.code, errorOf(again)]).toEqual([1, `\`${at("p.json")}\` already exists`]);
  });

  test.each([
    [["http://local"], "error parsing \"http://local\": invalid nsc url: expecting 'nsc://'"],
    [["nsc://"], 'error parsing "nsc://": '],
    [["nsc://local?nonsense"], 'error parsing "nsc://local?nonsense": '],
    [["nsc://nope"], 'operator "nope" not in `'],
    [["nsc://local/NOPE"], '"NOPE" not in accounts for operator "local" in `'],
    [[], "requires at least 1 arg(s), only received 0"],
  ])("refuses %j", async (args, message) => {
    const outcome = await home.run(["generate", "profile", ...args]);
    expect([outcome.code, outcome.stdout, errorOf(outcome)]).toEqual([1, "", expect.stringContaining(message)]);
  });
});
