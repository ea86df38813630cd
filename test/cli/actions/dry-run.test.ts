import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";

let home: CommandHome;

beforeAll(async () => {
  home = await CommandHome.make();
  await home.nsc("add", "operator", "--sys", "--generate-signing-key", "local");
  await home.nsc("add", "account", "A");
  await home.nsc("add", "user", "u");
  await home.nsc("add", "export", "--private", "--subject", "q");
});
afterAll(() => home[Symbol.asyncDispose]());

/** Every file of the home folder with its content. */
async function snapshot(): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(home.path, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return new Map(await Promise.all(paths.sort().map(async (path) => [path, await readFile(path, "utf8")] as const)));
}

test.each([
  "add operator x --sys",
  "add account Z",
  "edit operator --sk generate --tag x",
  "edit account A --sk generate",
  "edit authcallout A --curve generate",
  "edit signing-key -a A --sk generate --role r",
  "delete account A -DC",
  "reissue operator",
  "rename operator local prod",
  "rename account A B",
  "rename user -a A u v",
])("a dry run of %s leaves every file as it is", async (line) => {
  const before = await snapshot();
  const { code, stderr } = await home.run([...line.split(" "), "--dry-run"]);
  expect([code, stderr]).toEqual([0, expect.stringContaining("dry run: nothing was changed")]);
  expect(await snapshot()).toEqual(before);
});

test.each([
  "generate creds -n u -o x",
  "generate context -u u --context x",
  "generate profile nsc://local -o x",
  "generate activation -t SYS -o x",
  "generate diagram object -o x",
  "generate config --mem-resolver --config-file x",
  "generate config --mem-resolver --dir x",
  "describe account -o x",
  "template show -o x",
  "plan -o x",
])("a dry run of %s says which file it would write, and not that it did", async (line) => {
  const before = await snapshot();
  const { stdout, stderr } = await home.nsc(...line.split(" "), "--dry-run");
  expect(stderr).toMatch(/^would write \S+x/m);
  expect(stdout + stderr).not.toMatch(/\bwrote\b|Success/);
  expect(await snapshot()).toEqual(before);
});
