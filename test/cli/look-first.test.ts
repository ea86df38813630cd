import { afterAll, beforeAll, expect, test } from "vitest";
import { createKeyPair } from "../../src/nkeys/key-pair.ts";
import { copyHome, type PreparedHome, prepareHome, snapshotOf } from "./support/prepared-home.ts";
import { CommandHome } from "./support/run-command.ts";
import { ENTER, runAtTerminal } from "./support/terminal.ts";

/** One account, so that nobody asks which is meant. */
async function homeWithOneAccount(): Promise<CommandHome> {
  const home = await CommandHome.make();
  const stranger = createKeyPair("account").publicKey;
  for (const line of [
    "add operator local",
    "add account A",
    "add user alice",
    "add user bob",
    "add export --subject a",
    "add export --subject b",
    `add import --src-account ${stranger} --remote-subject c`,
    `add import --src-account ${stranger} --remote-subject d`,
    "add mapping --from m --to n",
    "revocations add-user -u *",
  ]) {
    await home.nsc(...line.split(" "));
  }
  return home;
}

let one: CommandHome;
let many: PreparedHome;
beforeAll(async () => {
  one = await homeWithOneAccount();
  many = await prepareHome();
});
afterAll(async () => {
  await one[Symbol.asyncDispose]();
  await many.home[Symbol.asyncDispose]();
});

const QUESTION = /[◆▲]/;
const NO_ACCOUNT = '"NOPE" not in accounts for operator "local"';

test.each([
  ["rename account NOPE B", "account NOPE does not exist in the current operator"],
  ["rename account A a/b", "name cannot contain '/' or '\\'"],
  ["rename account A A", 'account "A" already exists'],
  ["rename operator NOPE x", 'operator "NOPE" not in'],
  ["rename user NOPE x -i", "user NOPE does not exist in the current account"],
  ["rename user alice bob -i", 'user "bob" already exists'],
  ["rename user alice a/b -i", "name cannot contain '/' or '\\'"],
  ["delete account NOPE -i", NO_ACCOUNT],
  ["delete user NOPE -i", "user NOPE does not exist in the current account"],
  ["delete user -n alice,NOPE", "user NOPE does not exist in the current account"],
  ["delete export --subject nope -i", 'no export matching "nope" found'],
  ["delete import --subject nope -i", 'no import matching "nope" found'],
  ["delete import --src-account NOPE -i", "no import found from account NOPE"],
  ["delete mapping --from nope -i", "no mapping for nope"],
  ["edit account NOPE -i", NO_ACCOUNT],
  ["edit user NOPE -i", 'user "NOPE" not found'],
  ["edit export --subject nope -i", 'no export with subject "nope" found'],
  ["edit signing-key NOPE -i", "signing-key not found"],
  ["edit authcallout NOPE --curve generate -i", NO_ACCOUNT],
  ["reissue operator -n NOPE", 'operator "NOPE" not in'],
  ["revocations add-user -n NOPE -i", 'user "NOPE" not found'],
  ["revocations add-user -u NOPE -i", "user NOPE does not exist in the current account"],
  ["revocations add_activation --subject nope -t * -i", "unable to locate export"],
  ["revocations delete_activation --subject nope -t * -i", "unable to locate export"],
  ["push -a NOPE -i", NO_ACCOUNT],
  ["push -R NOPE", "account NOPE does not exist in the current operator"],
  ["pull -a NOPE -i", NO_ACCOUNT],
  ["rotate user NOPE", "user NOPE does not exist in the current account"],
])("nsc %s asks nothing about what is not there", async (line, message) => {
  const before = await snapshotOf(one.path);
  const { stdout, shown } = await runAtTerminal(one, line.split(" "), []);
  expect(shown + stdout).toContain(message);
  expect(shown).not.toMatch(QUESTION);
  expect(await snapshotOf(one.path)).toEqual(before);
});

test("the system account is not deleted, and nothing is asked about it", async () => {
  await using home = await copyHome(many);
  for (const words of [
    ["delete", "account", "SYS"],
    ["push", "-R", "SYS"],
  ]) {
    const { code, shown } = await runAtTerminal(home, words, []);
    expect([code, shown]).toEqual([1, expect.stringContaining("is the system account")]);
    expect(shown).not.toMatch(QUESTION);
  }
});

test("keys that are not here are not removed, so nobody is asked", async () => {
  await using home = await copyHome(many);
  const { publicKey } = createKeyPair("account");
  await home.nsc("add", "account", "-n", "E", "-k", publicKey);
  const words = ["export", "keys", "--accounts", "-a", "E", "--remove", "--dir", "keys"];
  const { shown } = await runAtTerminal(home, words, []);
  expect(shown).not.toMatch(QUESTION);
});

test("a user that is missing in another account is said to be missing there", async () => {
  const { home } = many;
  const errorOf = async (...words: string[]) => (await home.run(words)).stderr;
  expect(await errorOf("describe", "user", "-a", "B", "alice")).toContain('user alice does not exist in account "B"');
  expect(await errorOf("describe", "user", "NOPE")).toContain("user NOPE does not exist in the current account");
  expect(await errorOf("export", "keys", "--users", "--user", "NOPE", "--dir", "x")).toContain(
    'user NOPE does not exist in any account of operator "local"',
  );
});

test("a name that is taken is asked for again", async () => {
  await using home = await copyHome(many);
  for (const [words, question, problem] of [
    [["add", "operator", "-i", "local"], "operator name", 'the operator "local" already exists'],
    [["add", "account", "-i", "A"], "account name", 'the account "A" already exists'],
    [["add", "user", "-i", "alice"], "user name", 'the user "alice" already exists'],
  ] as const) {
    const before =
      words[1] === "operator" ? [["import operator", "n"]] : words[1] === "user" ? [["select account", ENTER]] : [];
    const answers = [...before, [question, ENTER], [problem, "\u0003"]] as never;
    expect((await runAtTerminal(home, words, answers)).code).toBe(130);
  }
});
