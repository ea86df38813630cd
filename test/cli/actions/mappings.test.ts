import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";
import { plantTree, storedTree } from "../support/stored-tree.ts";

let home: CommandHome;

beforeEach(async () => {
  home = await CommandHome.make();
  await plantTree(home, ["APP"]);
});
afterEach(() => home[Symbol.asyncDispose]());

async function mappings(): Promise<object | undefined> {
  return (await (await storedTree(home).operator("local")).account("APP")).claims.nats.mappings;
}

async function failure(...argv: string[]): Promise<string> {
  const before = await mappings();
  const { code, stderr } = await home.run(argv);
  expect(code, argv.join(" ")).toBe(1);
  expect(await mappings()).toEqual(before);
  return /^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr;
}

test("add mapping adds destinations, and changes those of the same subject and cluster", async () => {
  expect((await home.nsc("add", "mapping", "--from", "a", "--to", "b")).stdout).toBe(
    "[ OK ] added mapping a -> b, weight 100%\n",
  );
  await home.nsc("add", "mapping", "-f", "a", "-t", "b", "--weight", "60");
  await home.nsc("add", "mapping", "-f", "a", "-t", "c", "--weight", "40");
  await home.nsc("add", "mapping", "-f", "a", "-t", "b", "--weight", "50", "--cluster", "east");
  await home.nsc("add", "mapping", "-f", "x.*", "-t", "y.$1");
  expect(await mappings()).toEqual({
    a: [
      { subject: "b", weight: 60 },
      { subject: "c", weight: 40 },
      { subject: "b", weight: 50, cluster: "east" },
    ],
    "x.*": [{ subject: "y.$1" }],
  });
});

test("add mapping refuses what nsc refuses", async () => {
  expect(await failure("add", "mapping")).toBe("from subject is required");
  expect(await failure("add", "mapping", "--from", "a")).toBe("to subject is required");
  expect(await failure("add", "mapping", "-f", "a", "-t", "b", "--weight", "101")).toBe(
    'mapping validation failed: [Mapping "a" has a weight 101 that exceeds 100 Mapping "a" exceeds 100% among all of it\'s weighted to mappings]',
  );
  await home.nsc("add", "mapping", "-f", "a", "-t", "b", "--weight", "60");
  expect(await failure("add", "mapping", "-f", "a", "-t", "c", "--weight", "60")).toBe(
    'mapping validation failed: [Mapping "a" exceeds 100% among all of it\'s weighted to mappings]',
  );
  expect(await failure("add", "mapping", "-f", "a", "-t", "b", "--weight", "300")).toContain("value out of range");
});

test("delete mapping takes what is named and no neighbour, and nothing of other clusters", async () => {
  for (const to of ["b", "c", "d", "e"]) await home.nsc("add", "mapping", "-f", "a", "-t", to, "--weight", "10");
  await home.nsc("add", "mapping", "-f", "a", "-t", "b", "--weight", "50", "--cluster", "east");
  await home.nsc("add", "mapping", "-f", "a", "-t", "c", "--weight", "50", "--cluster", "west");
  await home.nsc("add", "mapping", "-f", "z", "-t", "y");
  // nsc drops the entries behind the third.
  expect((await home.nsc("delete", "mapping", "-f", "a", "-t", "d")).stdout).toBe("[ OK ] deleted mapping a -> d\n");
  expect((await home.nsc("delete", "mapping", "-f", "a", "-t", "b", "--cluster", "east")).stdout).toBe(
    "[ OK ] deleted mapping a -> b in cluster east\n",
  );
  // nsc deletes all of them.
  expect((await home.nsc("delete", "mapping", "-f", "a", "--cluster", "west")).stdout).toBe(
    "[ OK ] deleted all mapping in cluster west for a\n",
  );
  expect(await mappings()).toEqual({
    a: ["b", "c", "e"].map((subject) => ({ subject, weight: 10 })),
    z: [{ subject: "y" }],
  });
  await home.nsc("delete", "mapping", "--from", "a");
  await home.nsc("delete", "mapping", "--from", "z", "--to", "y");
  expect(await mappings()).toBeUndefined();
});

test("delete mapping does not say that it deleted what is not there", async () => {
  await home.nsc("add", "mapping", "-f", "a", "-t", "b", "--cluster", "east");
  expect(await failure("delete", "mapping")).toBe("from subject is required");
  const { stdout } = await home.nsc("delete", "mapping", "-f", "a", "-t", "b");
  expect(stdout).toBe("[WARN] no mapping a -> b: there are a -> b in cluster east\n");
  expect((await home.nsc("delete", "mapping", "-f", "q")).stdout).toBe("[WARN] no mapping for q\n");
  expect(await mappings()).toEqual({ a: [{ subject: "b", cluster: "east" }] });
});

test("a source may have any name", async () => {
  await home.nsc("add", "mapping", "-f", "__proto__", "-t", "b");
  expect(Object.keys((await mappings()) ?? {})).toEqual(["__proto__"]);
  await home.nsc("delete", "mapping", "-f", "__proto__");
  await home.nsc("delete", "mapping", "-f", "constructor");
  expect(await mappings()).toBeUndefined();
});
