import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";

test("of a user without creds it is said whether there is one, and how it gets them", async () => {
  await using home = await CommandHome.make();
  for (const line of ["add operator local", "add account A", "add user alice"]) await home.nsc(...line.split(" "));
  const creds = join(home.path, ".local/share/nats/nsc/keys/creds/local/A/alice.creds");
  await rm(creds);
  const missing = async (user: string) => (await home.run(["tool", "pub", "-u", user, "x", "y"])).stderr.split("\n");
  expect((await missing("nobody"))[1]).toBe('the account "A" has no user "nobody"');
  const [problem, hint = ""] = await missing("alice");
  expect(problem).toBe(`Error: stat ${creds}: no such file or directory`);
  const [, line = ""] = /^'nsc (.+)' writes it, where the seed of the user is at hand$/.exec(hint) ?? [];
  const { json } = await home.nsc("describe", "account", "A", "--field", "sub");
  await home.nsc(...line.replace("KEY", json as string).split(" "));
  // Servers are the next that is missing.
  expect((await missing("alice"))[0]).toContain("doesn't have operator_service_urls set");
});
