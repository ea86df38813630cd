import fc from "fast-check";
import { type Export, type Import, isNscError, lint, memoryStore, Nsc, type Operator, serverConfig } from "nsc.js";
import { startNatsServer } from "nsc.js/testing";
import { expect, test } from "vitest";
import { pick, type Random, randomFrom, runs } from "../../property/runs.ts";
import { isOlderThan } from "../../server/servers.ts";
import { describeWithServer } from "../../support/nats-server.ts";
import { enter } from "./lint-twins.ts";

const NAMES = ["A", "B", "C", "D", "E"];
const OFFERED = [">", ">", ">", "q.>", "q.*", "p.>", "*.1"];
const WANTED = ["q.>", "q.*", "q.1", "*.1", "q.1.x", "p.1", "p.>", "*.*"];
const TYPES = ["stream", "service"] as const;

/** What a subject may be called in the importing account. */
function localOf(subject: string, random: Random): Partial<Import> {
  if (random(2) === 0) return {};
  if (subject.endsWith(">")) return { local_subject: pick(random, ["q.>", "p.>", "z.>", "q.z.>"]) };
  const wildcards = subject.split("*").length - 1;
  const names =
    [
      ["q.1", "p.1", "z", "q.2"],
      ["q.$1", "z.$1", "$1.q"],
      ["$2.$1", "q.$1.$2"],
    ][wildcards] ?? [];
  return { local_subject: pick(random, names) };
}

/** Does what is not refused. */
async function attempt(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isNscError(error, "ERR_CLAIMS_INVALID")) throw error;
  });
}

/** Accounts that import from each other at random, without what would be there twice. */
async function market(random: Random): Promise<Operator> {
  const operator = await new Nsc({ store: memoryStore() }).addOperator("O", { systemAccount: true });
  const names = NAMES.slice(0, 2 + random(4));
  for (const name of names) {
    const account = await operator.addAccount(name);
    await account.addUser("u");
    for (const type of TYPES) {
      const offered: Export = { subject: pick(random, OFFERED), type };
      await account.edit(({ nats }) => {
        nats.exports = [...(nats.exports ?? []), offered];
      });
    }
  }
  for (const name of names) {
    const account = await operator.account(name);
    const known = new Set<string>();
    for (let count = random(4); count > 0; count--) {
      const exporter = await operator.account(pick(random, names));
      const [subject, type] = [pick(random, WANTED), pick(random, TYPES)];
      if (known.has(`${exporter.name} ${type} ${subject}`)) continue;
      known.add(`${exporter.name} ${type} ${subject}`);
      const entry: Import = { subject, type, account: exporter.publicKey, ...localOf(subject, random) };
      await attempt(
        account.edit(({ nats }) => {
          nats.imports = [...(nats.imports ?? []), entry];
        }),
      );
    }
  }
  return operator;
}

/** Why a server dropped which imports, by importer, exporter, type and subjects; empty for those that it took. */
async function served(operator: Operator): Promise<ReadonlyMap<string, string>> {
  await using server = await startNatsServer({
    config: await serverConfig(operator, { resolver: { type: "memory" } }),
    args: ["-D"],
  });
  for await (const account of operator.accounts()) {
    // Accounts are read when somebody of them comes.
    if (account.name !== "SYS") await (await enter(server, await (await account.user("u")).creds())).close();
  }
  const lines = server.log().split("\n");
  const outcomes = new Map<string, string>();
  for (const [at, line] of lines.entries()) {
    const import_ = /Adding (\S+) import \S+\/(\S+):"(.*?)" for \S+\/(\S+):"(.*?)"/.exec(line);
    if (import_ === null) continue;
    const why = /Error adding \S+ import to account \[.*?\]: (.*)/.exec(lines[at + 1] ?? "");
    outcomes.set(import_.slice(1).join(" "), why?.[1] ?? "");
  }
  return outcomes;
}

/** What the server's log calls an import. */
function titleOf({ type, subject, local_subject: local }: Import, exporter: string, importer: string): string {
  const [from, to] = type === "service" && local !== undefined ? [local, subject] : [subject, local ?? ""];
  return [type, exporter, from, importer, to].join(" ");
}

describeWithServer("imports that servers drop", () => {
  test.skipIf(isOlderThan("2.11.0"))("are those that lint finds", { timeout: 120_000 }, async () => {
    const seen = { dropped: 0, taken: 0, circles: 0 };
    await fc.assert(
      fc.asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
        const operator = await market(randomFrom(seed));
        const outcomes = await served(operator);
        const findings = await lint(operator);
        for await (const account of operator.accounts()) {
          for (const [index, entry] of (account.claims.nats.imports ?? []).entries()) {
            const exporter = (await operator.findAccount(entry.account))?.name ?? "";
            const title = titleOf(entry as Import, exporter, account.name);
            const found = findings.filter(({ entity, path }) => entity.path[1] === account.name && path[2] === index);
            const codes = found.map(({ code }) => code).filter((code) => code !== "IMPORT_OVERLAP");
            const why = outcomes.get(title);
            expect(why, title).toBeTypeOf("string");
            if (why === "import forms a cycle") expect(codes, title).toContain("IMPORT_CYCLE");
            else if (why?.endsWith("import not authorized")) expect(codes, title).toEqual(["IMPORT_UNMATCHED"]);
            // Which import of a circle is dropped is decided by what is read first.
            else expect([[], ["IMPORT_CYCLE"]], `${title}: ${why}`).toContainEqual(codes);
            seen[why === "" ? "taken" : "dropped"] += 1;
            if (why === "import forms a cycle") seen.circles += 1;
          }
        }
      }),
      { numRuns: runs(25), endOnFailure: true },
    );
    // A test that met none of them says nothing.
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(0);
  });
});
