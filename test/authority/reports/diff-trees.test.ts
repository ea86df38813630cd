import { copyTree, diffTrees, formatTreeDiff, memoryStore, Nsc, type Operator, type Store } from "nsc.js";
import { describe, expect, test } from "vitest";

interface Two {
  readonly operator: Operator;
  readonly before: Operator;
  readonly backup: Store;
}

/** An operator with an account A of users u and v, and a copy of it. */
async function copied(): Promise<Two> {
  const [store, backup] = [memoryStore(), memoryStore()];
  const operator = await new Nsc({ store }).addOperator("O");
  const a = await operator.addAccount("A");
  await a.addUser("u");
  await a.addUser("v");
  await operator.addAccount("B");
  await copyTree(store, backup);
  return { operator, before: await new Nsc({ store: backup }).operator("O"), backup };
}

describe("the difference of two trees", () => {
  test("of a copy is none", async () => {
    const { operator, before } = await copied();
    expect(await diffTrees(before, operator)).toEqual({ entities: [], damaged: [] });
  });

  test("says what came, went, changed, and got another name", async () => {
    const { operator, before } = await copied();
    const a = await operator.account("A");
    await a.rename("C");
    await a.edit(({ nats }) => {
      nats.limits.conn = 5;
    });
    await (await a.user("u")).delete({ revoke: false });
    const w = await a.addUser("w");
    await (await operator.account("B")).edit(({ nats }) => {
      nats.tags = ["x"];
    });
    const { entities } = await diffTrees(before, operator);
    expect(entities.map(({ action, path, from }) => [action, from?.join("/"), path.join("/")])).toEqual([
      ["changed", undefined, "O/B"],
      ["renamed", "O/A", "O/C"],
      ["renamed", "O/A/v", "O/C/v"],
      ["added", undefined, "O/C/w"],
      ["removed", undefined, "O/A/u"],
    ]);
    expect(entities[1]?.changes.map(({ path }) => path.join("."))).toEqual(["name", "nats.limits.conn"]);
    expect(entities[3]).toMatchObject({ kind: "user", publicKey: w.publicKey, changes: [] });
    expect(formatTreeDiff({ entities, damaged: [["O", "D"]] })).toBe(
      [
        '~ account "O/B"',
        '  + nats.tags: ["x"]',
        '~ account "O/C" (was "O/A")',
        '  ~ name: "A" -> "C"',
        "  ~ nats.limits.conn: -1 -> 5",
        '~ user "O/C/v" (was "O/A/v")',
        '+ user "O/C/w"',
        '- user "O/A/u"',
        '! account "O/D" can\'t be read',
      ].join("\n"),
    );
  });

  test("is not hidden by a new entity with an old name", async () => {
    const { operator, before } = await copied();
    await (await operator.account("B")).delete();
    await operator.addAccount("B");
    const { entities } = await diffTrees(before, operator);
    expect(entities.map(({ action, path }) => `${action} ${path.join("/")}`)).toEqual(["added O/B", "removed O/B"]);
  });

  test("of operators with other names is that of what they have", async () => {
    const { operator, before } = await copied();
    await operator.rename("P");
    const { entities } = await diffTrees(before, operator);
    expect(entities.map(({ action, path, from }) => [action, from?.join("/"), path.join("/")])).toEqual([
      ["renamed", "O", "P"],
    ]);
  });

  test("passes over what can't be read, and says so", async () => {
    const { operator, backup } = await copied();
    // A token of another kind.
    await backup.commit({ tokens: [{ path: ["O", "A", "u"], token: operator.token }] });
    const { entities, damaged } = await diffTrees(await new Nsc({ store: backup }).operator("O"), operator);
    expect(damaged).toEqual([["O", "A", "u"]]);
    // It says so, and does not pretend that it is new.
    expect(entities).toEqual([]);
    // In both trees it is said once.
    const same = await new Nsc({ store: backup }).operator("O");
    expect((await diffTrees(same, await new Nsc({ store: backup }).operator("O"))).damaged).toEqual([["O", "A", "u"]]);
  });

  test("is of operators", async () => {
    const { operator } = await copied();
    await expect(diffTrees(operator, {} as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(diffTrees(undefined as never, operator)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
