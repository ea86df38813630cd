import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { snapshotOf } from "./support/prepared-home.ts";
import { lacksTerminal, runInTerminal, type Terminal } from "./support/pty.ts";
import { CommandHome } from "./support/run-command.ts";
import { storedTree } from "./support/stored-tree.ts";

const ENTER = "\r";
const CONTROL_C = "\x03";
const CONTROL_D = "\x04";

async function homeWithUser(): Promise<CommandHome> {
  const home = await CommandHome.make();
  onTestFinished(() => home[Symbol.asyncDispose]());
  for (const words of ["add operator local", "add account APP", "add user bob"]) await home.nsc(...words.split(" "));
  return home;
}

async function usersOf(home: CommandHome): Promise<string[]> {
  const account = await (await storedTree(home).operator("local")).account("APP");
  const names: string[] = [];
  for await (const { name } of account.users()) names.push(name);
  return names;
}

/** Answers one question after the other. */
async function answer(terminal: Terminal, answers: readonly (readonly [question: string | RegExp, keys: string])[]) {
  for (const [question, keys] of answers) {
    await terminal.waitFor(question);
    terminal.type(keys);
  }
}

describe.skipIf(lacksTerminal)("in a terminal", () => {
  test("nsc add user -i asks for what it is to be", async () => {
    const home = await homeWithUser();
    await using terminal = runInTerminal(["add", "user", "-i"], { cwd: home.path, columns: 100 });
    await answer(terminal, [
      ["user name", `carol${ENTER}`],
      ["generate an user nkey", ENTER],
      ["valid from", ENTER],
      // What is there is taken away: a backspace.
      ["valid until (0 is always)", `\x7f30d${ENTER}`],
    ]);
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.screen).toContain('added user "carol" to account "APP"');
    const account = await (await storedTree(home).operator("local")).account("APP");
    expect((await account.user("carol")).claims.exp).toBeGreaterThan(Date.now() / 1000 + 29 * 24 * 3600);
  });

  test.each([
    ["Ctrl-C", CONTROL_C],
    ["Ctrl-D", CONTROL_D],
  ])("%s at a question leaves everything as it was", async (_, keys) => {
    const home = await homeWithUser();
    const before = await snapshotOf(home.path);
    await using terminal = runInTerminal(["add", "user", "-i"], { cwd: home.path });
    await terminal.waitFor("user name");
    terminal.type(keys);
    expect(await terminal.exitCode()).toBe(130);
    expect(terminal.output.lastIndexOf("\x1b[?25h")).toBeGreaterThan(terminal.output.lastIndexOf("\x1b[?25l"));
    expect(terminal.screen).toMatch(/interrupted$/);
    expect(await snapshotOf(home.path)).toEqual(before);
  });

  test("nsc delete user asks, and no means no", async () => {
    const home = await homeWithUser();
    for (const [keys, code, users] of [
      ["n", 1, ["bob"]],
      [CONTROL_C, 130, ["bob"]],
      ["y", 0, []],
    ] as const) {
      await using terminal = runInTerminal(["delete", "user", "bob"], { cwd: home.path });
      await answer(terminal, [["cannot be undone - continue", keys]]);
      expect(await terminal.exitCode()).toBe(code);
      expect(await usersOf(home)).toEqual(users);
    }
  });

  test("--force asks nothing", async () => {
    const home = await homeWithUser();
    await using terminal = runInTerminal(["delete", "user", "bob", "--force"], { cwd: home.path });
    expect(await terminal.exitCode()).toBe(0);
    expect(await usersOf(home)).toEqual([]);
  });

  test("Ctrl-C ends a push to a server that does not answer", async () => {
    const home = await homeWithUser();
    const connections: { destroy: () => void }[] = [];
    const server = createServer((socket) => void connections.push(socket.on("error", () => undefined)));
    onTestFinished(() => {
      for (const connection of connections) connection.destroy();
      server.close();
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as { readonly port: number };
    const before = await snapshotOf(home.path);
    await using terminal = runInTerminal(["push", "-A", "-u", `http://127.0.0.1:${port}/jwt/v1`], { cwd: home.path });
    await expect.poll(() => connections.length, { timeout: 15_000 }).toBeGreaterThan(0);
    terminal.type(CONTROL_C);
    expect(await terminal.exitCode()).toBe(130);
    expect(terminal.screen).toContain("interrupted");
    // Beside what was there is a note of what is still to be pushed.
    expect(await snapshotOf(home.path)).toMatchObject(before);
  });

  test.each([0, 60, 200])("Ctrl-C %i ms into a large commit leaves all of it or nothing", async (delay) => {
    const home = await homeWithUser();
    const users = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`u${index}`, {}]));
    await writeFile(join(home.path, "tree.json"), JSON.stringify({ accounts: { APP: { users } } }));
    await using terminal = runInTerminal(["apply", "tree.json"], { cwd: home.path });
    await terminal.waitFor("is not described, and stays");
    await new Promise((resolve) => setTimeout(resolve, delay));
    terminal.type(CONTROL_C);
    const code = await terminal.exitCode();
    expect([0, 130]).toContain(code);
    expect([1, 401]).toContain((await usersOf(home)).length);
    expect((await home.run(["inspect"])).stderr).toBe("everything is as it should be\n");
  });
});
