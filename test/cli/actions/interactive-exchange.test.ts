import { createKeyPair, decode, type Operator } from "nsc.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";
import { plantTree, storedTree } from "../support/stored-tree.ts";
import { type Answer, DOWN, ENTER, runAtTerminal } from "../support/terminal.ts";

let home: CommandHome;
let operator: Operator;

beforeEach(async () => {
  home = await CommandHome.make();
  operator = await plantTree(home, ["APP", "IMP"]);
});
afterEach(() => home[Symbol.asyncDispose]());

const nats = async (name: string) => (await (await storedTree(home).operator("local")).account(name)).claims.nats;

async function answer(argv: readonly string[], answers: readonly Answer[]) {
  const outcome = await runAtTerminal(home, [...argv, "-i"], answers);
  expect(outcome.code, outcome.shown).toBe(0);
  return outcome;
}

test("add export asks for a service, and again what is wrong", async () => {
  await answer(
    ["add", "export"],
    [
      ["select account", ENTER],
      ["export type", `${DOWN}${ENTER}`],
      ["subject", `a b${ENTER}`],
      ["cannot have spaces", `\b\b.b${ENTER}`],
      ["name", ENTER],
      ["private service", "y"],
      ["track service latency", "y"],
      ["sampling percentage", `101${ENTER}`],
      ["sampling must be between 1 and 100", `\b${ENTER}`],
      ["latency metrics subject", `lat${ENTER}`],
      ["service response type", `${DOWN}${ENTER}`],
      ["response threshold", `\b\b1m${ENTER}`],
      ["allow tracing", "n"],
    ],
  );
  expect((await nats("APP")).exports).toEqual([
    {
      name: "a.b",
      subject: "a.b",
      type: "service",
      token_req: true,
      service_latency: { sampling: 10, results: "lat" },
      response_type: "Stream",
      response_threshold: 60_000_000_000,
    },
  ]);
});

test("edit export proposes what there is, so that nothing is lost", async () => {
  await home.nsc("add", "export", "-r", "-s", "q", "--latency", "lat", "--sampling", "5", "--response-type", "Chunked");
  await home.nsc("edit", "export", "--description", "what it costs", "--info-url", "https://example.com");
  const before = (await nats("APP")).exports;
  await answer(
    ["edit", "export"],
    [
      ["select account", ENTER],
      ["select export to edit", ENTER],
      ["export type", ENTER],
      ["subject", ENTER],
      ["name", `uote${ENTER}`],
      ["private service", "n"],
      ["track service latency", "y"],
      ["sampling percentage", ENTER],
      ["latency metrics subject", ENTER],
      ["service response type", ENTER],
      ["response threshold", ENTER],
      ["Export Description", ENTER],
      ["Info url", ENTER],
    ],
  );
  expect((await nats("APP")).exports).toEqual(before?.map((entry) => ({ ...entry, name: "quote" })));
});

test("delete export picks from a list, and asks once more", async () => {
  await home.nsc("add", "export", "-s", "a");
  await home.nsc("add", "export", "-s", "b", "-p");
  const refused = await runAtTerminal(home, ["delete", "export", "-s", "a"], [['delete stream export "a"?', "n"]]);
  expect(refused.code).toBe(1);
  await answer(
    ["delete", "export"],
    [
      ["select account", ENTER],
      [/select export to delete[\s\S]*APP -> a[\s\S]*APP -> b \[!\]/, `${DOWN}${ENTER}`],
      ['delete stream export "b"?', "y"],
    ],
  );
  expect((await nats("APP")).exports?.map(({ subject }) => subject)).toEqual(["a"]);
  const { code } = await runAtTerminal(home, ["delete", "export", "--force"], []);
  expect(code).toBe(0);
});

test("add import picks an export of another account, and has it activated", async () => {
  const app = await operator.account("APP");
  await app.addExport({ subject: "q.*", type: "service", accountTokenPosition: 2, name: "quote" });
  await app.addExport({ subject: "sec.>", type: "stream", private: true });
  const importer = (await operator.account("IMP")).publicKey;
  const heading = `APP: [${app.publicKey}]`;
  const { shown } = await answer(
    ["add", "import"],
    [
      ["select account", `${DOWN}${ENTER}`],
      ["pick from locally available exports", "y"],
      ["select the export", ENTER],
      ["is an account grouping not an export", ""],
      ["select the export", `${DOWN}${ENTER}`],
      ["export subject", ENTER],
      ["share information when tracking latency?", "n"],
      ["name", ENTER],
      ["local subject", ENTER],
    ],
  );
  expect(shown).toContain(`${JSON.stringify(heading)} is an account grouping not an export`);
  await answer(
    ["add", "import", "-a", "IMP"],
    [
      ["select account", ENTER],
      ["pick from locally available exports", "y"],
      ["select the export", `${DOWN}${DOWN}${ENTER}`],
      ["name", ENTER],
      ["local subject", `mine.>${ENTER}`],
      ["allow tracing", "n"],
    ],
  );
  const [service, stream] = (await nats("IMP")).imports ?? [];
  expect(service).toEqual({
    name: "quote",
    subject: `q.${importer}`,
    account: app.publicKey,
    type: "service",
    local_subject: "q",
  });
  expect(stream).toMatchObject({ subject: "sec.>", type: "stream", local_subject: "mine.>" });
  expect(decode(stream?.token ?? "", { kind: "activation" }).sub).toBe(importer);
});

test("add import takes what is elsewhere", async () => {
  const key = createKeyPair("account").publicKey;
  await answer(
    ["add", "import"],
    [
      ["select account", ENTER],
      ["is the export public?", "y"],
      ["src-account public key", `nonsense${ENTER}`],
      ["is not a valid", `${"\b".repeat(8)}${key}${ENTER}`],
      ["remote subject", `far.>${ENTER}`],
      ["is import a service", "n"],
      ["name", ENTER],
      ["local subject", ENTER],
      ["allow tracing", "y"],
    ],
  );
  expect((await nats("APP")).imports).toEqual([
    { name: "far.>", subject: "far.>", account: key, type: "stream", allow_trace: true },
  ]);
});

test("generate activation asks for whom and for how long, and which key signs", async () => {
  const app = await operator.account("APP");
  await app.addExport({ subject: "sec.>", type: "stream", private: true });
  const key = await app.addSigningKey();
  const importer = (await operator.account("IMP")).publicKey;
  const { stdout } = await answer(
    ["generate", "activation"],
    [
      ["select account", ENTER],
      ["select the export", ENTER],
      ["subject", `\ba${ENTER}`],
      ["target-account public key", `${importer}${ENTER}`],
      ["valid from", ENTER],
      ["valid until", `\b1d${ENTER}`],
      ["select the key to use for signing", `${DOWN}${ENTER}`],
    ],
  );
  const [, token = ""] = stdout.split("\n");
  const claims = decode(token, { kind: "activation" });
  expect(claims).toMatchObject({ iss: key, sub: importer, nats: { subject: "sec.a" } });
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBeGreaterThan(86_000);
});

test("revocations are asked for by name, and taken back from a list", async () => {
  const { publicKey: bob } = await (await operator.account("APP")).addUser("bob");
  await answer(
    ["revocations", "add-user"],
    [
      ["select account", ENTER],
      ["Revoke a user by name", "y"],
      ["Select the user to revoke", ENTER],
      ["revoke all credentials created before", `\b1600000000${ENTER}`],
    ],
  );
  expect((await nats("APP")).revocations).toEqual({ [bob]: 1_600_000_000 });
  await answer(
    ["revocations", "delete-user"],
    [
      ["select account", ENTER],
      [/select revoked user to clear[\s\S]*: bob/, ENTER],
    ],
  );
  expect((await nats("APP")).revocations).toBeUndefined();
});

test("a key that is not at hand is asked for", async () => {
  await operator.addSigningKey({ key: createKeyPair("operator").publicKey });
  const { shown } = await answer(
    ["add", "mapping"],
    [
      ["select account", ENTER],
      ["from subject", `a${ENTER}`],
      ["to subject", `b${ENTER}`],
      ["select the key to use for signing", `${DOWN}${ENTER}`],
      ["path to signer", `nowhere${ENTER}`],
      ["path to signer", `${operator.publicKey}${ENTER}`],
    ],
  );
  expect(shown).toContain('unable to resolve the signing key "nowhere"');
  expect((await nats("APP")).mappings).toEqual({ a: [{ subject: "b" }] });
});

test("init asks on first contact", async () => {
  const { code, shown } = await runAtTerminal(
    home,
    ["init"],
    [
      ["enter a configuration directory", ENTER],
      ["Select an operator", ENTER],
      ["name your operator, account and user", `${"\b".repeat(60)}mine${ENTER}`],
    ],
  );
  expect(code, shown).toBe(0);
  expect((await (await storedTree(home).operator("mine")).account("mine")).name).toBe("mine");
});
