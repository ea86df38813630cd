import { expect, test } from "vitest";
import { ROOT } from "../../src/cli/command-table.ts";
import { commands, groups } from "../../src/cli/commands/index.ts";
import { formatHelp } from "../../src/cli/help.ts";

/** What help says in a terminal of 80 columns: whoever changes it sees what of it comes out otherwise. */
test("the help of the program, its groups and its commands is what was read and found good", async () => {
  const table = { commands, groups };
  const targets = [
    ROOT,
    ...groups.map((group) => ({ path: group.path, group })),
    ...commands.map((command) => ({ path: command.path, command })),
  ];
  const pages = targets.map((target) => {
    const page = formatHelp(table, target, { columns: 80 });
    // These are the same everywhere.
    const own = target === ROOT ? page : page.replace(/\n\nGlobal Flags:\n(?: .*\n)+/, "\n");
    return `=== ${["nsc", ...target.path, "--help"].join(" ")}\n${own}`;
  });
  const text = pages.join("\n");
  expect(text.split("\n").filter((line) => line.length > 80 && /^ *-/.test(line))).toEqual([]);
  await expect(text).toMatchFileSnapshot("help.snapshot.txt");
});
