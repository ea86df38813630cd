import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";
import { storedTree } from "../support/stored-tree.ts";
import { type Answer, ENTER, runAtTerminal, SPACE } from "../support/terminal.ts";

let home: CommandHome;

beforeEach(async () => {
  home = await CommandHome.make();
});
afterEach(() => home[Symbol.asyncDispose]());

const operator = () => storedTree(home).operator("local");
const account = async (name: string) => (await operator()).account(name);

async function answer(argv: readonly string[], answers: readonly Answer[]) {
  const outcome = await runAtTerminal(home, argv, answers);
  expect(outcome.code, outcome.shown).toBe(0);
  return outcome;
}

async function addOperator(): Promise<void> {
  await home.nsc("add", "operator", "local");
}

test("add operator asks for everything that nsc asks for", async () => {
  await answer(
    ["add", "operator", "-i"],
    [
      ["import operator from a JWT", "n"],
      ["operator name", `local${ENTER}`],
      ["valid from", ENTER],
      ["valid until", `2041-12-31${ENTER}`],
      ["Generate system account?", "n"],
      ["Generate signing key?", "y"],
      ["generate an operator nkey", "y"],
    ],
  );
  const { claims } = await operator();
  expect([claims.exp, claims.nats.signing_keys?.length, claims.nats.system_account]).toEqual([
    2272060800,
    1,
    undefined,
  ]);
});

test("edit operator asks for everything that nsc asks for", async () => {
  await addOperator();
  await home.nsc("add", "account", "SYS");
  await answer(
    ["edit", "operator", "-i"],
    [
      ["valid from", ENTER],
      ["valid until", ENTER],
      ["add a tags", "y"],
      ["enter a tags", `new${ENTER}`],
      ["add another tags", "n"],
      ["account jwt server url", `nats://a:1${ENTER}`],
      ["add a service url", "y"],
      ["operator service url", `nats://b:2${ENTER}`],
      ["add another service url", "n"],
      ["Set system account", "y"],
      ["add a signing key", "y"],
      ["path to sk nkey or nkey", `generate${ENTER}`],
      ["add another signing key", "n"],
    ],
  );
  expect((await operator()).claims.nats).toMatchObject({
    tags: ["new"],
    account_server_url: "nats://a:1",
    operator_service_urls: ["nats://b:2"],
    system_account: (await account("SYS")).publicKey,
    signing_keys: [expect.stringMatching(/^O/)],
  });
});

test("add account asks for everything that nsc asks for, and again what is wrong", async () => {
  await addOperator();
  const key = await (await operator()).addSigningKey();
  await answer(
    ["add", "account", "-i"],
    [
      ["account name", `APP${ENTER}`],
      ["generate an account nkey", "y"],
      ["valid from", ENTER],
      ["valid until", `later${ENTER}`],
      ["couldn't parse expiry", `\b\b\b\b\b1d${ENTER}`],
      ["select the key to sign the account", `\u001b[B${ENTER}`],
    ],
  );
  const { claims } = await account("APP");
  expect([claims.iss, claims.exp === undefined]).toEqual([key, false]);
});

test("edit account asks for everything that nsc asks for, and changes what is answered otherwise", async () => {
  await addOperator();
  await home.nsc("add", "account", "APP");
  await home.nsc("edit", "account", "--tag", "old", "--conns", "5");
  const { stdout } = await answer(
    ["edit", "account", "-i"],
    [
      ["add a signing key", "n"],
      ["max connections", `\b10${ENTER}`],
      ["max leaf node connections", ENTER],
      ["max data", ENTER],
      ["max exports", ENTER],
      ["max imports", ENTER],
      ["max payload", `\b\b1k${ENTER}`],
      ["max subscriptions", ENTER],
      ["set JetStream limits", "y"],
      ["edit tier", `\b3${ENTER}`],
      ["max mem storage", ENTER],
      ["max disk storage", `\b1G${ENTER}`],
      ["max streams", ENTER],
      ["max consumer", ENTER],
      ["max size for a memory stream", ENTER],
      ["max size for a disk stream", ENTER],
      ["max number of pending acks", ENTER],
      ["require max bytes", "y"],
      ["valid from", ENTER],
      ["valid until", ENTER],
      ["remove tags", "y"],
      ["select tags to remove", `${SPACE}${ENTER}`],
      ["add another tags", "n"],
      ["Account Description", `ours${ENTER}`],
      ["Info url", ENTER],
      ["Enable context tracing", "n"],
    ],
  );
  expect(stdout).not.toContain("max data");
  const { nats } = (await account("APP")).claims;
  expect(nats).toMatchObject({ description: "ours", limits: { conn: 10, payload: 1000, subs: -1 } });
  expect(nats.limits.tiered_limits).toMatchObject({
    R3: { disk_storage: 1_000_000_000, streams: -1, max_bytes_required: true },
  });
  expect(nats).not.toHaveProperty("tags");
});

test("delete account asks before it deletes, and leaves all after a no", async () => {
  await addOperator();
  await home.nsc("add", "account", "APP");
  const question = "deleting account or account nkey files cannot be undone - continue";
  const refused = await runAtTerminal(home, ["delete", "account"], [[question, "n"]]);
  expect([refused.code, refused.shown]).toEqual([1, expect.stringContaining("delete cancelled")]);
  expect((await account("APP")).name).toBe("APP");
  await answer(
    ["delete", "account", "-i"],
    [
      ["revoke all account users before deleting", "y"],
      ["delete associated account and user nkeys", "n"],
      ["delete associated user creds files", "n"],
      [question, "y"],
    ],
  );
  await expect(account("APP")).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
});

test("nobody is asked without a terminal", async () => {
  const { code, stderr } = await home.run(["add", "operator", "-i"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("there is no terminal")]);
});
