import { expect, test } from "vitest";
import { Tree } from "../../../src/cli/tree/tree.ts";
import { CommandHome } from "../support/run-command.ts";

test("a dry run finds by its key what it would have added, renamed or deleted, and what it leaves", async () => {
  await using home = await CommandHome.make();
  for (const line of ["add operator local", "add account A", "add account B", "add user -a A alice"]) {
    await home.nsc(...line.split(" "));
  }
  const io = { cwd: home.path, env: { HOME: home.path } };
  const tree = new Tree({ "dry-run": true }, io as never);
  const operator = await tree.operator();
  const [a, b] = [await operator.account("A"), await operator.account("B")];
  const alice = await a.user("alice");
  expect(await tree.nameOf(a.publicKey, ["local"])).toBe("A");
  const c = await operator.addAccount("C");
  await a.rename("Z");
  await b.delete();
  expect(await tree.nameOf(c.publicKey, ["local"])).toBe("C");
  expect(await tree.nameOf(a.publicKey, ["local"])).toBe("Z");
  expect(await tree.nameOf(b.publicKey, ["local"])).toBeUndefined();
  expect(await tree.nameOf(alice.publicKey, ["local", "Z"])).toBe("alice");
  expect(await tree.accountName(c.publicKey)).toBe("C");
  // On disk nothing has changed.
  expect(await new Tree({}, io as never).nameOf(c.publicKey, ["local"])).toBeUndefined();
});
