import { afterAll, beforeAll, expect, test } from "vitest";
import { commands } from "../../src/cli/commands/index.ts";
import { expectJson } from "./support/check-json.ts";
import { commandLines, linesOf, serverLines, shellCommands } from "./support/command-lines.ts";
import { type PreparedHome, prepareHome } from "./support/prepared-home.ts";

let prepared: PreparedHome;
beforeAll(async () => {
  prepared = await prepareHome();
});
afterAll(() => prepared.home[Symbol.asyncDispose]());

test("every command has a command line here", () => {
  const names = [...Object.keys(commandLines), ...Object.keys(serverLines), ...shellCommands];
  expect(names.sort()).toEqual(commands.map(({ path }) => path.join(" ")).sort());
});

test.each(linesOf(commands, commandLines))(
  "nsc %s --json prints what its schema describes, and --dry-run changes nothing",
  async (_, command, line) => await expectJson(prepared, command, line),
);
