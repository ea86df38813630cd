import { describe, expect, test } from "vitest";
import { lacksTerminal, runInTerminal } from "./support/pty.ts";
import { CommandHome } from "./support/run-command.ts";

describe.skipIf(lacksTerminal)("in a terminal", () => {
  test.each([40, 60, 100])("help is not wider than its %i columns", async (columns) => {
    await using home = await CommandHome.make();
    await using terminal = runInTerminal(["--help"], { cwd: home.path, columns });
    expect(await terminal.exitCode()).toBe(0);
    const widths = terminal.output.split("\r\n").map((line) => plain(line).length);
    expect(widths.length).toBeGreaterThan(20);
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
  });

  test("the version is one line", async () => {
    await using home = await CommandHome.make();
    await using terminal = runInTerminal(["--version"], { cwd: home.path });
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.screen).toMatch(/^nsc version \d+\.\d+\.\d+$/);
  });

  test.each([
    ["NO_COLOR", { NO_COLOR: "1" }],
    ["a terminal that knows no colours", { TERM: "dumb" }],
  ])("nothing is coloured with %s", async (_, env) => {
    await using home = await CommandHome.make();
    await home.nsc("add", "operator", "local");
    await using terminal = runInTerminal(["add", "account", "A"], { cwd: home.path, env });
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.output).toBe(plain(terminal.output));
  });
});

test.skipIf(lacksTerminal)("what went well is green where colours are welcome", async () => {
  await using home = await CommandHome.make();
  await home.nsc("add", "operator", "local");
  await using terminal = runInTerminal(["add", "account", "A"], { cwd: home.path });
  expect(await terminal.exitCode()).toBe(0);
  expect(terminal.output).toMatch(/\x1b\[32m/);
});

function plain(text: string): string {
  return text.replace(/\x1b\[[\d;?]*[@-~]/g, "");
}
