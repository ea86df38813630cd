import { rm } from "node:fs/promises";
import { createKeyPair, type Operator } from "nsc.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";
import { plantTree, storedTree } from "../support/stored-tree.ts";

let home: CommandHome;
let operator: Operator;

beforeEach(async () => {
  home = await CommandHome.make();
  operator = await plantTree(home, ["APP", "IMP"]);
});
afterEach(() => home[Symbol.asyncDispose]());

async function claims() {
  return (await (await storedTree(home).operator("local")).account("APP")).claims.nats;
}

async function failure(...argv: string[]): Promise<string> {
  const before = await claims();
  const { code, stderr } = await home.run(["revocations", ...argv]);
  expect(code, argv.join(" ")).toBe(1);
  expect(await claims()).toEqual(before);
  expect(stderr).not.toContain("succeeded");
  return /^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr;
}

const revocations = async (...argv: string[]) => (await home.nsc("revocations", ...argv)).stdout;

test("a user is revoked by name, by key and as the only one, up to now or up to a time", async () => {
  const { publicKey: bob } = await (await operator.account("APP")).addUser("bob");
  const gone = createKeyPair("user").publicKey;
  expect(await revocations("add-user", "--at", "1600000000")).toBe(`[ OK ] revoked user "${bob}"\n`);
  expect((await claims()).revocations).toEqual({ [bob]: 1_600_000_000 });
  await revocations("add_user", "-n", "BOB", "--at", "2021-03-04T05:06:07Z");
  await revocations("add-user", "-u", gone, "--at", "7");
  expect((await claims()).revocations).toEqual({ [bob]: 1_614_834_367, [gone]: 7 });
  expect(await revocations("add-user", "-u", "*", "--at", "1500000000")).toContain(
    "[ OK ] revoked all users issued before 2017-07-14 ",
  );
  const now = Math.floor(Date.now() / 1000);
  await revocations("add-user", "-u", "bob", "--at", "0");
  expect((await claims()).revocations?.[bob]).toBeGreaterThanOrEqual(now);
});

test("an earlier time keeps the later one, and says so", async () => {
  await (await operator.account("APP")).addUser("bob");
  await revocations("add-user", "--at", "1600000000");
  const before = await claims();
  expect(await revocations("add-user", "--at", "1500000000")).toMatch(
    /^\[ OK \] revoked user ".*"\n\[WARN\] kept the revocation of what was issued before 2020-09-13 .*, which is later than --at\n/,
  );
  expect(await claims()).toEqual(before);
});

test("the revocation of a user is taken back, and is not there then", async () => {
  const { publicKey: bob } = await (await operator.account("APP")).addUser("bob");
  expect(await failure("delete-user", "-n", "bob")).toBe("no user revocations set in account APP");
  await revocations("add-user", "-u", "*");
  expect(await failure("delete-user", "-n", "bob")).toBe(`user with public key ${bob} is not revoked`);
  await revocations("add-user");
  expect(await revocations("delete_user")).toBe(`[ OK ] deleted user revocation for "${bob}"\n`);
  expect(await revocations("delete-user", "-u", "*")).toBe("[ OK ] deleted all user revocation\n");
  expect((await claims()).revocations).toBeUndefined();
});

test("whom it is about has to be there", async () => {
  expect(await failure("add-user")).toBe("no default user available for account APP");
  const { publicKey: bob } = await (await operator.account("APP")).addUser("bob");
  expect(await failure("add-user", "-n", "nobody")).toBe('user "nobody" not found');
  expect(await failure("add-user", "-n", "bob", "-u", bob)).toBe("user and user-public-key are mutually exclusive");
  expect(await failure("add-user", "-u", operator.publicKey)).toBe(
    `user ${operator.publicKey} does not exist in the current account`,
  );
  expect(await failure("add-user", "-n", "bob", "--at", "yesterday")).toContain(
    'provided value "yesterday" is not a number nor parsable as RFC3339',
  );
  expect(await failure("add-user", "-n", "bob", "--at", "-1")).toContain("the time -1 is before 1970");
  expect(await failure("add-user", "-n", "bob", "--at", "9999999999999")).toContain("it is counted in seconds");
});

test("revoked users are listed, with names for programs", async () => {
  const app = await operator.account("APP");
  const { publicKey: bob } = await app.addUser("bob");
  expect(await failure("list-users")).toBe("account APP does not have revoked users");
  expect((await home.nsc("revocations", "list-users", "--json")).json).toEqual([]);
  await app.revoke("*", { at: new Date(1_500_000_000_000) });
  await app.revoke(bob, { at: new Date(1_600_000_000_000) });
  const table = await revocations("list_users");
  expect(table).toContain("Revoked Users for APP");
  expect(table).toContain("| * [All Users] ");
  expect(table).toMatch(new RegExp(`\\| ${bob} +\\| Sun, 13 Sep 2020 `));
  expect((await home.nsc("revocations", "list-users", "--json")).json).toEqual([
    { public_key: "*", before: 1_500_000_000 },
    { public_key: bob, name: "bob", before: 1_600_000_000 },
  ]);
});

test("activations are revoked, listed and taken back", async () => {
  const app = await operator.account("APP");
  const importer = (await operator.account("IMP")).publicKey;
  await app.addExport({ subject: "p.>", type: "stream", private: true });
  await app.addExport({ subject: "q", type: "service", private: true, name: "quote" });
  expect(await revocations("add-activation", "-s", "p.a", "-t", "IMP", "--at", "1234567890")).toBe(
    `[ OK ] revoked activation "p.>" for account ${importer}\n`,
  );
  expect(await revocations("add_activation", "--service", "-t", "*", "--at", "2022-01-01T00:00:00+02:00")).toContain(
    '[ OK ] revoked all activations for "quote" issued before ',
  );
  const ofExports = async () => (await claims()).exports?.map((entry) => entry.revocations);
  expect(await ofExports()).toEqual([{ [importer]: 1_234_567_890 }, { "*": 1_640_988_000 }]);
  expect(await revocations("list_activations")).toContain("Revoked Accounts for stream p.>");
  expect((await home.nsc("revocations", "list-activations", "--json")).json).toEqual([
    { public_key: importer, name: "IMP", before: 1_234_567_890 },
  ]);
  expect(await revocations("delete_activation", "-t", importer)).toBe(
    `[ OK ] deleted stream p.> revocation for account ${importer}\n`,
  );
  expect(await revocations("delete-activation", "-t", importer)).toBe(
    `[WARN] stream p.> has no revocation for account ${importer}\n`,
  );
  expect(await revocations("delete-activation", "--service", "-t", "*")).toBe(
    "[ OK ] deleted service quote revocation for all accounts\n",
  );
  expect(await ofExports()).toEqual([undefined, undefined]);
  expect(await failure("list-activations")).toBe("stream p.> has no revocations");
});

test("the export has to be there", async () => {
  expect(await failure("add-activation", "-t", "*")).toBe('account "APP" doesn\'t have exports');
  const app = await operator.account("APP");
  await app.addExport({ subject: "p", type: "stream", private: true });
  expect(await failure("add-activation", "--service", "-t", "*")).toBe('account "APP" doesn\'t have service exports');
  expect(await failure("add-activation", "-t", "rubbish")).toBe(
    "account rubbish does not exist in the current operator",
  );
  expect(await failure("delete-activation", "-s", "zzz", "-t", "*")).toBe("unable to locate export");
  await app.addExport({ subject: "r", type: "stream" });
  expect(await failure("list-activations")).toBe("a subject is required");
  expect(await revocations("add-activation", "-s", "r", "-t", "*", "--at", "5")).toContain("[WARN] stream r is public");
});

test("listing needs no key", async () => {
  const app = await operator.account("APP");
  await app.addExport({ subject: "p", type: "stream", private: true });
  await app.revokeActivation("p", "*");

  await rm(`${home.path}/.local/share/nats/nsc/keys`, { recursive: true });
  expect(await revocations("list_activations")).toContain("* [All Accounts]");
});
