import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeError } from "../../src/cli/say-error.ts";
import { assertAllHeard } from "../../src/nats/delete-accounts.ts";
import { keyPath } from "../../src/node/layout.ts";
import { copyHome, type PreparedHome, prepareHome } from "./support/prepared-home.ts";
import type { CommandHome } from "./support/run-command.ts";

const KEYS = ".local/share/nats/nsc/keys";
const STEP = "--advance --distributed";
const STRICT = ["add operator s --generate-signing-key", "edit operator --require-signing-keys", "add account X"];

/** A command line, with keys in braces; those of a rotation are what its last step said. */
type Step = string | ((home: CommandHome) => Promise<unknown>);

let prepared: PreparedHome;
beforeAll(async () => {
  prepared = await prepareHome();
});
afterAll(() => prepared.home[Symbol.asyncDispose]());

async function outcomeOf(home: CommandHome, steps: readonly Step[]) {
  const known: Record<string, string> = { ...prepared.keys };
  let outcome = { code: 0, stdout: "", stderr: "" };
  for (const step of steps) {
    if (typeof step !== "string") {
      await step(home);
      continue;
    }
    const words = step.replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? "").split(" ");
    const run = await home.run(words);
    outcome = run;
    if (words.includes("--json")) Object.assign(known, run.json);
  }
  return outcome;
}

const described =
  (tree: object): Step =>
  (home) =>
    writeFile(join(home.path, "tree.json"), JSON.stringify(tree));

const withoutRoles = described({ accounts: { A: { roles: {} } } });

test.each<readonly [what: string, steps: readonly Step[], said: string]>([
  [
    "a key at hand that has a role",
    [
      async (home) => {
        for (const key of [prepared.keys.A, prepared.keys.accountKey]) await rm(join(home.path, KEYS, keyPath(key)));
      },
      "add user zed",
    ],
    ", which signs where -K names it",
  ],
  [
    "a strict operator and roles alone",
    [...STRICT, "edit signing-key --sk generate --role r", "add user zed"],
    "; or name one of its roles with -K: ",
  ],
  [
    "a user whose role is gone",
    [
      async (home) => {
        const { json } = await home.nsc("describe", "account", "A", "--field", "nats.signing_keys");
        const web = (json as readonly (string | { readonly key: string })[]).find((key) => typeof key === "object");
        await home.nsc("edit", "account", "A", "--rm-sk", (web as { readonly key: string }).key);
      },
      "edit user wendy --tag x",
    ],
    ": name its role or another key with -K",
  ],
  [
    "a role that is rotated and no longer described",
    ["rotate signing-key web", withoutRoles, "apply tree.json --remove"],
    "is under way (prepared): end it with --retire or --cancel",
  ],
  [
    "a role that is in use and no longer described",
    [withoutRoles, "apply tree.json --remove"],
    "have it signed by another key first, as 'nsc rotate signing-key' does",
  ],
  [
    "an identity that is rotated",
    ["rotate identity", "reissue operator"],
    "is under way (prepared): end it with --retire or --cancel first",
  ],
  [
    "an old key that is in use",
    [
      "rotate signing-key web --json",
      `rotate signing-key web ${STEP}`,
      `rotate signing-key web ${STEP}`,
      "add user zed -K {from}",
      "rotate signing-key web --retire --distributed",
    ],
    ": --force has it retired all the same",
  ],
  [
    "a new key that is in use",
    ["rotate signing-key {accountKey} --json", "add user zed -K {to}", "rotate signing-key {accountKey} --cancel"],
    "first, which -K asks for",
  ],
  [
    "the identity in place of a signing key",
    ["rotate signing-key --operator {operator}"],
    "which 'nsc rotate identity' replaces",
  ],
  [
    "a keystore that holds the stores",
    [
      async (home) => {
        await mkdir(join(home.path, "all/local"), { recursive: true });
        await writeFile(join(home.path, "all/local/x.nk"), "SUAA");
      },
      "keys migrate -H all",
    ],
    "bring its keys to another one with 'nsc import keys'",
  ],
  [
    "an identity that is to go to another key than before",
    ["rotate identity", "rotate identity --to {operator}"],
    "leave out --to to see where it is",
  ],
  [
    "a role that is to go to another key than before",
    ["rotate signing-key web", "rotate signing-key web --to {accountKey}"],
    "leave out --to to see where it is",
  ],
])("of %s it is said what to do with this command", async (_, steps, said) => {
  await using home = await copyHome(prepared);
  const { code, stderr } = await outcomeOf(home, steps);
  expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
  expect(stderr.replaceAll(home.path, "")).not.toMatch(/\b(?:as|which) signer\b|\bpass \w+|\b[a-z]+[A-Z]\w*\(?/);
});

test.each<readonly [what: string, before: readonly string[], steps: readonly string[]]>([
  ["an identity that signs accounts", [], ["", STEP, STEP, "--retire --distributed"]],
  ["an identity of which there is no seed", ["rm"], [""]],
  ["an identity that signs nothing", STRICT, ["", STEP, STEP, "--retire --distributed"]],
])("rotating %s, each stage says what comes next with this command", async (_, before, steps) => {
  await using home = await copyHome(prepared);
  if (before[0] === "rm") {
    for (const name of ["A", "B", "SYS"]) await home.nsc("edit", "account", name, "-K", prepared.keys.signingKey);
    await rm(join(home.path, KEYS, keyPath(prepared.keys.operator)));
  } else for (const line of before) await home.nsc(...line.split(" "));
  for (const step of steps) {
    const { json } = await home.nsc(..."rotate identity --json".split(" "), ...step.split(" ").filter(Boolean));
    const { advice } = json as { readonly advice: string };
    expect(advice).toMatch(/'nsc |--\w|^nothing is left|^have a signing key/);
    expect(advice).not.toMatch(/\bdistribute\b|\badvance\b(?<!--advance)|\bretire\b(?<!--retire)|\(signer\)/);
  }
});

test("of servers that are missing it is said which flag goes on without them", () => {
  const refusal = (): void => assertAllHeard({ resolvers: new Map(), isListed: true, unheard: ["n2"] });
  expect(refusal).toThrowCode("ERR_NATS_REFUSED");
  try {
    refusal();
  } catch (error) {
    expect(describeError(error).message).toBe(
      "not heard of: n2, which would bring the accounts back; nothing was deleted (--force does it all the same)",
    );
  }
});
