import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Nsc } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { dryRunStore } from "../../src/cli/dry-run-store.ts";
import { friendlyNames, readEntries } from "../../src/cli/entries.ts";
import { testFolder } from "../node/folders.ts";

async function tree() {
  const allDirs = testFolder();
  const directory = nscDirectory({ allDirs, env: {} });
  const nsc = new Nsc({ store: directory });
  const operator = await nsc.addOperator("local", { signingKey: true });
  const accounts = [await operator.addAccount("B"), await operator.addAccount("A", { signingKey: true })] as const;
  const role = await accounts[1].addRole("web");
  const user = await accounts[1].addUser("alice");
  return { allDirs, directory, nsc, operator, b: accounts[0], a: accounts[1], role, user };
}

describe.each([
  ["as they are on disk", (store: Awaited<ReturnType<typeof tree>>["directory"]) => store],
  ["as a dry run sees them", dryRunStore],
] as const)("entries %s", (_, view) => {
  test("are what is directly below a prefix, by name", async () => {
    const { directory, operator, a, b, user } = await tree();
    const store = view(directory);
    const [operators, accounts, users] = [
      await readEntries(store, []),
      await readEntries(store, ["local"]),
      await readEntries(store, ["local", "A"]),
    ];
    expect(operators.entries.map(({ name, publicKey }) => [name, publicKey])).toEqual([["local", operator.publicKey]]);
    expect(accounts.entries.map(({ path, token }) => [path, token])).toEqual([
      [["local", "A"], a.token],
      [["local", "B"], b.token],
    ]);
    expect(accounts.entries[0]?.claims).toEqual(a.claims);
    expect(users.entries[0]?.claims.nats.issuer_account).toBe(user.claims.nats.issuer_account);
    expect(users.entries[0]?.claims.sub).toBe(user.publicKey);
    expect(users.damaged).toBeUndefined();
    expect((await readEntries(store, ["local", "B"])).entries).toEqual([]);
  });

  test("come all but damaged ones, which are told of", async () => {
    const { allDirs, directory } = await tree();
    const file = join(allDirs, "local/accounts/A/A.jwt");
    writeFileSync(file, "x");
    const { entries, damaged } = await readEntries(view(directory), ["local"]);
    expect(entries.map(({ name }) => name)).toEqual(["B"]);
    expect(damaged).toMatchObject({ code: "ERR_STORE_DAMAGED", message: expect.stringContaining(file) });
    expect((await friendlyNames(view(directory), "local")).size).toBe(3);
  });

  test("have friendly names, also by signing keys, and with the operator where it is another one", async () => {
    const { directory, nsc, operator, a, role } = await tree();
    const store = view(directory);
    const names = await friendlyNames(store, undefined);
    expect(names.get(operator.publicKey)).toBe("local");
    expect(names.get(a.publicKey)).toBe("A");
    expect(names.get(role)).toBe("A");
    await (await nsc.addOperator("other")).addAccount("A");
    expect([...(await friendlyNames(store, "local")).values()].sort()).toEqual(
      ["A", "A", "A", "B", "local", "local", "other", "other/A"].sort(),
    );
    expect((await friendlyNames(store, "other")).get(a.publicKey)).toBe("local/A");
  });
});

test("what a dry run changed is among them", async () => {
  const { directory } = await tree();
  const store = dryRunStore(directory);
  await (await new Nsc({ store }).operator("local")).addAccount("NEW");
  expect((await readEntries(store, ["local"])).entries.map(({ name }) => name)).toEqual(["A", "B", "NEW"]);
});

test("an entry that can't be read says so when its claims are asked for", async () => {
  const { allDirs, directory, a } = await tree();
  const payload = Buffer.from('{"sub":"x","nats":7}').toString("base64url");
  const [header, , signature] = (a.token ?? "").split(".");
  writeFileSync(join(allDirs, "local/accounts/A/A.jwt"), `${header}.${payload}.${signature}`);
  const [entry] = (await readEntries(directory, ["local"])).entries;
  expect(entry?.publicKey).toBe("x");
  expect(() => entry?.claims).toThrow();
});
