import { expect, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";

test("nsc update says who replaces the program", async () => {
  await using home = await CommandHome.make();
  const { code, stdout, stderr } = await home.run(["update", "--version", "v2.1.0"]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(
    /^Error: nsc \d+\.\d+\.\d+ does not replace itself\n.*npm install --global nsc\.js@2\.1\.0'\n$/,
  );
});
