import { afterAll, beforeAll, expect, test } from "vitest";
import type { Command } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands/index.ts";
import { shellCommands, wordsOf } from "./support/command-lines.ts";
import { mismatchOf } from "./support/json-schema.ts";
import { copyHome, type PreparedHome, prepareHome } from "./support/prepared-home.ts";
import type { CommandHome } from "./support/run-command.ts";

/** For each command a command line that it refuses before anything is done. */
const refused: Readonly<Record<string, string>> = {
  help: "help nope",
  env: "env -o NOPE",
  init: "init --name SYS",
  update: "update",
  validate: "validate -a NOPE",
  "upgrade-jwt": "upgrade-jwt NOPE",
  "list operators": "list operators NOPE",
  "list accounts": "list accounts -o NOPE",
  "list users": "list users -a NOPE",
  "list keys": "list keys --account NOPE",
  "generate diagram component": "generate diagram component -o none/x",
  "generate diagram object": "generate diagram object -o none/x",
  "generate config": "generate config --mem-resolver --config-file none/x",
  "generate creds": "generate creds -n NOPE",
  "generate context": "generate context -u NOPE --context x",
  "generate profile": "generate profile nsc://NOPE",
  "generate nkey": "generate nkey",
  "generate activation": "generate activation --subject q.svc --target-account B -o none/x",
  expirations: "expirations --within NOPE",
  "describe account": "describe account -o none/x",
  "describe jwt": "describe jwt -f NOPE",
  "describe operator": "describe operator NOPE",
  "describe user": "describe user NOPE",
  "add account": "add account A",
  "add export": "add export --subject a.>",
  "add import": "add import -a B --src-account NOPE --remote-subject x",
  "add mapping": "add mapping --from x",
  "add operator": "add operator a/b",
  "add user": "add user alice",
  "edit account": "edit account A",
  "edit authcallout": "edit authcallout A --allowed-account *",
  "edit export": "edit export --subject NOPE --name x",
  "edit operator": "edit operator --system-account NOPE",
  "edit signing-key": "edit signing-key NOPE",
  "edit user": "edit user NOPE --tag x",
  "delete account": "delete account SYS",
  "delete export": "delete export --subject NOPE",
  "delete import": "delete import -a B --subject NOPE",
  "delete mapping": "delete mapping",
  "delete user": "delete user -n alice,NOPE",
  "rename account": "rename account A B --OK",
  "rename operator": "rename operator local other",
  "rename user": "rename user alice wendy",
  "reissue operator": "reissue operator -n NOPE",
  "completion bash": "completion bash NOPE",
  "completion fish": "completion fish NOPE",
  "completion powershell": "completion powershell NOPE",
  "completion zsh": "completion zsh NOPE",
  "export keys": "export keys --dir x --account NOPE",
  "import keys": "import keys --dir NOPE",
  "keys migrate": "keys migrate NOPE",
  "import account": "import account -j NOPE",
  "import user": "import user -f NOPE",
  load: "load --profile NOPE",
  migrate: "migrate --operator-dir NOPE",
  fix: "fix --out x",
  "revocations add-user": "revocations add-user -n NOPE",
  "revocations delete-user": "revocations delete-user -n alice",
  "revocations list-users": "revocations list-users -a NOPE",
  "revocations add_activation": "revocations add_activation --subject NOPE -t *",
  "revocations delete_activation": "revocations delete_activation --subject NOPE -t *",
  "revocations list_activations": "revocations list_activations --subject NOPE",
  "select operator": "select operator NOPE",
  "select account": "select account NOPE",
  lint: "lint -a NOPE",
  can: "can publish x -u NOPE",
  explain: "explain NOPE",
  diff: "diff NOPE NOPE",
  inspect: "inspect NOPE",
  plan: "plan NOPE",
  apply: "apply NOPE",
  "template show": "template show -a NOPE",
  "template apply": "template apply NOPE",
  "rotate signing-key": "rotate signing-key NOPE",
  "rotate identity": "rotate identity --advance",
  "rotate user": "rotate user alice --retire",
  push: "push -a NOPE",
  pull: "pull -a NOPE",
  "tool pub": "tool pub -u NOPE x y",
  pub: "pub -u NOPE x y",
  "tool sub": "tool sub -u NOPE x",
  sub: "sub -u NOPE x",
  "tool req": "tool req -u NOPE x y",
  req: "req -u NOPE x y",
  "tool reply": "tool reply -u NOPE x",
  reply: "reply -u NOPE x",
  "tool rtt": "tool rtt -u NOPE",
  rtt: "rtt -u NOPE",
};

let prepared: PreparedHome;
beforeAll(async () => {
  prepared = await prepareHome();
});
afterAll(() => prepared.home[Symbol.asyncDispose]());

test("every command is refused something here", () => {
  const names = [...Object.keys(refused), ...shellCommands];
  expect(names.sort()).toEqual(commands.map(({ path }) => path.join(" ")).sort());
});

async function failureOf(home: CommandHome, line: string) {
  const outcome = await home.run([...wordsOf(line, prepared.keys), "--json"]);
  // What is said beside the error is not for programs.
  const { error } = JSON.parse(outcome.stderr.trimEnd().split("\n").at(-1) ?? "") as {
    readonly error: Readonly<Record<string, unknown>>;
  };
  return { outcome, error };
}

test.each(Object.values(refused))("nsc %s --json says why on standard error, and nothing else", async (line) => {
  await using home = await copyHome(prepared);
  const { outcome, error } = await failureOf(home, line);
  expect([outcome.code, outcome.stdout]).toEqual([1, ""]);
  expect(error).toMatchObject({
    code: expect.stringMatching(/^(?:ERR_|E[A-Z]+$)/),
    message: expect.stringMatching(/./),
  });
  expect(error["message"]).not.toMatch(/jobs? failed|defect/);
  const { hint = "", code: _, message: __, ...more } = error;
  expect([typeof hint, more]).toEqual(["string", {}]);
});

test.each<readonly [line: string, command: string, before: readonly string[], message: string]>([
  ["add operator local", "add operator", [], "operator named local exists already"],
  [
    "edit user wendy --allow-pub x",
    "edit user",
    [],
    'the user "wendy" gets its permissions and limits from the role "web", so it can\'t have any of its own',
  ],
  [
    "import account -j A.jwt",
    "import account",
    ["describe account A -R -o A.jwt"],
    "account already exists, overwrite with --overwrite",
  ],
  ["export keys --all --dir keys", "export keys", ["export keys --all --dir keys"], "all jobs failed"],
])("nsc %s --json says on standard output what was done until then", async (line, name, before, message) => {
  await using home = await copyHome(prepared);
  for (const words of before) await home.nsc(...words.split(" "));
  const { outcome, error } = await failureOf(home, line);
  const command = commands.find(({ path }) => path.join(" ") === name) as Command;
  expect([outcome.code, error["message"], mismatchOf(command, outcome.json)]).toEqual([1, message, undefined]);
});

test("what can't be read as a command line is an error in JSON, however JSON is asked for", async () => {
  const { home } = prepared;
  for (const words of [["--json"], ["--json=true"], ["-J"], ["-iJ"], ["-J=1"]]) {
    const { code, stdout, stderr } = await home.run(["add", "account", "--nope", ...words]);
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(/^\{"error":\{"code":"ERR_USAGE"/)]);
  }
  for (const words of [["--", "--json"], ["--json=false"], ["-j"]]) {
    expect((await home.run(["add", "account", "--nope", ...words])).stderr).toMatch(/^Error: unknown flag/);
  }
});

test.each([[], ["add"], ["add", "account", "--help"], ["--help"], ["list"], ["rename", "-h"]])(
  "help of %j is data with --json",
  async (...words) => {
    const { home } = prepared;
    const path = words.filter((word) => !word.startsWith("-"));
    const { code, json, stderr } = await home.run([...words, "--json"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(json).toEqual((await home.nsc("help", ...path, "--json")).json);
    expect(mismatchOf(commands.find(({ path }) => path[0] === "help") as Command, json)).toBeUndefined();
  },
);

test("the version is data with --json", async () => {
  const { json } = await prepared.home.nsc("--version", "--json");
  expect(json).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
});
