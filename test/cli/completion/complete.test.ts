import { describe, expect, test } from "vitest";
import { type Command, command } from "../../../src/cli/command.ts";
import { complete } from "../../../src/cli/completion/complete.ts";
import type { Flags } from "../../../src/cli/flags/flag.ts";
import { bool, list, text } from "../../../src/cli/flags/flag-types.ts";
import { CommandHome } from "../support/run-command.ts";

function make(path: string, flags: Flags, more: Partial<Command> = {}): Command {
  const load = () => Promise.reject(new Error("not run"));
  return command({ path: path.split(" "), summary: `${path} it`, flags, library: "none", load, ...more });
}

const table = {
  groups: [
    { path: ["add"], summary: "add it", aliases: ["create"] },
    { path: ["rename"], summary: "rename it", isHidden: true },
  ],
  commands: [
    make(
      "add user",
      {
        account: text("whose", { short: "a", completes: "account" }),
        tag: list("tags", { completes: ["red", "green"] }),
        bearer: bool("bearer", { short: "b" }),
        "conn-type": list("", { completes: ["MQTT", "STANDARD"] }),
        secret: text("", { isHidden: true }),
        old: text("", { deprecated: "use --new" }),
        file: text("", { completes: "file" }),
        plain: text(""),
      },
      { arguments: { usage: "[name]", min: 0, max: 1, completes: "user" } },
    ),
    make("help", {}, { arguments: { usage: "", min: 0, max: 9, completes: "command" } }),
    make("push", {}),
    make("rename account", {}, { isHidden: true }),
  ],
};

const names = { operator: ["O"], account: ["APP", "AUX", "B"], user: ["u1", "u2"], role: ["web"] };

/** The words that are offered behind a line, and the directive. */
async function offer(...words: string[]): Promise<string> {
  const { candidates, directive } = await complete(table, words, async (kind) => names[kind]);
  return [...candidates.map(({ word }) => word), `:${directive}`].join(" ");
}

describe("what may stand at the end of a line", () => {
  test.each([
    [[""], "add help push :4"],
    [["p"], "push :4"],
    [["c"], "create :4"],
    [["ren"], ":4"],
    [["add", ""], "user :4"],
    [["create", "u"], "user :4"],
    [["nope", ""], ":4"],
    [["push", ""], ":4"],
    [["help", "a"], "add :4"],
    [["help", "add", ""], "user :4"],
    [["help", "nope", ""], ":4"],
    [["add", "user", ""], "u1 u2 :4"],
    [["add", "user", "u2"], "u2 :4"],
    [["add", "user", "u1", ""], ":4"],
    [["add", "user", "--bearer", "u1"], "u1 :4"],
    [["add", "user", "-a", ""], "APP AUX B :4"],
    [["add", "user", "-ba", "A"], "APP AUX :4"],
    [["--account", "A", "add", "user", ""], "u1 u2 :4"],
    [["add", "user", "--account=A"], "APP AUX :4"],
    [["add", "user", "--bearer="], "true false :4"],
    [["add", "user", "--tag", ""], "red green :4"],
    [["add", "user", "--tag", "red,g"], "red,green :4"],
    [["add", "user", "--file", ""], ":0"],
    [["add", "user", "--plain", ""], ":4"],
    [["add", "user", "--unknown=", ""], "u1 u2 :4"],
    [["-K", "w"], "web :0"],
    [["--config-dir", ""], ":16"],
    [["add", "user", "--be"], "--bearer :4"],
    [["add", "user", "--s"], ":4"],
    [["add", "user", "--ol"], ":4"],
    [["add", "user", "--bearer", "--b"], ":4"],
    [["add", "user", "-b", "--b"], ":4"],
    [["add", "user", "--tag", "x", "--ta"], "--tag :4"],
    [["add", "user", "--", "--b"], ":4"],
    [["--ver"], "--version :4"],
    [["add", "--ver"], ":4"],
    [[], "add help push :4"],
  ])("%j", async (words, expected) => {
    expect(await offer(...words)).toBe(expected);
  });
});

describe("__complete", () => {
  test("offers what is on disk", async () => {
    await using home = await CommandHome.make();
    const [{ nscDirectory }, { Nsc }] = await Promise.all([
      import("../../../src/node/nsc-directory.ts"),
      import("../../../src/authority/nsc.ts"),
    ]);
    const store = nscDirectory({ env: { HOME: home.path }, cwd: home.path });
    const operator = await new Nsc({ store }).addOperator("local");
    await operator.addAccount("APP");
    const other = await operator.addAccount("OTHER");
    await other.addRole("web", { pub: ["a"] });
    await store.setContext({ operator: "local", account: "OTHER" });

    expect((await home.nsc("__complete", "select", "operator", "")).stdout).toBe("local\n:4\n");
    expect((await home.nsc("__completeNoDesc", "select", "account", "")).stdout).toBe("APP\nOTHER\n:4\n");
    expect((await home.nsc("__complete", "-K", "")).stdout).toBe("web\n:0\n");
    // The folders that the line names are those that are looked into.
    expect((await home.nsc("__complete", "-H", `${home.path}/none`, "select", "operator", "")).stdout).toBe(":4\n");
  });

  test("makes nothing, and says nothing where there is nothing", async () => {
    await using home = await CommandHome.make();
    const { readdir } = await import("node:fs/promises");
    expect(await home.nsc("__complete", "select", "account", "")).toMatchObject({ stdout: ":4\n", stderr: "" });
    expect(await home.nsc("__complete")).toMatchObject({ stderr: "" });
    expect(await readdir(home.path)).toEqual([]);
  });

  test("leaves descriptions out where they are not wanted", async () => {
    await using home = await CommandHome.make();
    expect((await home.nsc("__complete", "sel")).stdout).toBe("select\tSet the current operator or account\n:4\n");
    expect((await home.nsc("__completeNoDesc", "sel")).stdout).toBe("select\n:4\n");
    const [described, bare] = await Promise.all([
      home.nsc("completion", "bash"),
      home.nsc("completion", "bash", "--no-descriptions"),
    ]);
    expect(described.stdout).toContain(" __complete ");
    expect(bare.stdout).toContain(" __completeNoDesc ");
  });
});
