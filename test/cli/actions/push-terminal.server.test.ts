import { describe, expect, test } from "vitest";
import { fileOf } from "../../nats/tools.ts";
import { describeWithServer } from "../../support/nats-server.ts";
import { operatorHome, servedHome } from "../servers/served-home.ts";
import { DOWN, ENTER, runAtTerminal } from "../support/terminal.ts";

describeWithServer("nsc push, pull and tool with somebody at the terminal", () => {
  test("show what would be pruned, and ask", async () => {
    const { home, operator, server } = await servedHome(["A", "B", "C"]);
    await home.nsc("push", "-A");
    const [b, c] = [await operator.account("B"), await operator.account("C")];
    await b.delete();
    const question = "delete these 1 accounts from the servers?";
    const refused = await runAtTerminal(home, ["push", "-P"], [[question, "n"]]);
    expect(refused.code).toBe(1);
    expect(refused.shown).toContain(`${b.publicKey} "B"`);
    expect(fileOf(server, b.publicKey)).toBe(b.token);
    expect((await runAtTerminal(home, ["push", "-P"], [[question, "y"]])).code).toBe(0);
    expect(fileOf(server, b.publicKey)).toBeUndefined();
    // Nothing to prune is nothing to ask.
    expect((await runAtTerminal(home, ["push", "-P"], [])).code).toBe(0);
    await c.delete();
    expect((await runAtTerminal(home, ["push", "-P", "-F"], [])).code).toBe(0);
    expect(fileOf(server, c.publicKey)).toBeUndefined();
  });

  test("ask before an account is removed from servers", async () => {
    const { home, operator, server } = await servedHome(["A"]);
    await home.nsc("push", "-A");
    const a = await operator.account("A");
    const question = "delete account A from the servers?";
    expect((await runAtTerminal(home, ["push", "-R", "A"], [[question, "n"]])).code).toBe(1);
    expect(fileOf(server, a.publicKey)).toBe(a.token);
    expect((await runAtTerminal(home, ["push", "-R", "A"], [[question, "y"]])).code).toBe(0);
    expect(fileOf(server, a.publicKey)).toBeUndefined();
  });

  test("show how far a push of several accounts is", async () => {
    const { home } = await servedHome(["A", "B"]);
    const { code, shown, stdout } = await runAtTerminal(home, ["push", "-A"], []);
    expect(code).toBe(0);
    expect(shown).toContain("pushing accounts");
    expect(stdout).not.toContain("pushing accounts");
  });

  test("ask for the account and the servers with -i", async () => {
    const { home, operator, server } = await servedHome(["A", "B"]);
    const [a, b] = [await operator.account("A"), await operator.account("B")];
    const { code } = await runAtTerminal(
      home,
      ["push", "-i"],
      [
        ["select account", `${DOWN}${ENTER}`],
        ["Account Server URL or nats-resolver enabled nats-server URL", ENTER],
      ],
    );
    expect(code).toBe(0);
    expect(fileOf(server, a.publicKey)).toBeUndefined();
    expect(fileOf(server, b.publicKey)).toBe(b.token);
    // What only compares pushes nothing before.
    const compared = await runAtTerminal(
      home,
      ["push", "-D", "-i"],
      [["Account Server URL or nats-resolver enabled nats-server URL", ENTER]],
    );
    expect(compared.code).toBe(0);
    expect(fileOf(server, a.publicKey)).toBeUndefined();
    const pulled = await runAtTerminal(home, ["pull", "-i"], [['pull operator "local" and all accounts', ENTER]]);
    expect(pulled.code).toBe(0);
    await b.addUser("bob");
    await b.addUser("carol");
    await home.nsc("push", "-A");
    const { code: done, stdout } = await runAtTerminal(
      home,
      ["tool", "rtt", "-i"],
      [
        ["select account", `${DOWN}${ENTER}`],
        ["select user", ENTER],
      ],
    );
    expect([done, stdout]).toEqual([0, expect.stringContaining("round trip time")]);
  });
});

describe("nsc push -i", () => {
  test("asks again for a URL that accounts can't be pushed to", async () => {
    const { home } = await operatorHome();
    const { code, shown } = await runAtTerminal(
      home,
      ["push", "-i"],
      [
        ["nats-server URL", `ftp://x${ENTER}`],
        ['scheme "ftp" is not supported', "\u0003"],
      ],
    );
    expect(code).toBe(130);
    expect(shown).toContain("interrupted");
  });

  test("is an error without a terminal", async () => {
    const { home } = await operatorHome();
    const { code, stderr } = await home.run(["push", "-A", "-i"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("there is no terminal to ask for")]);
  });
});
