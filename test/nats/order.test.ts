import fc from "fast-check";
import { createAccountClaims, createKeyPair } from "nsc.js";
import { expect, test } from "vitest";
import type { StoredAccount } from "../../src/nats/accounts.ts";
import { inPushOrder } from "../../src/nats/push-order.ts";

const SYSTEM = "A0";
const ANY = createAccountClaims(createKeyPair("account").publicKey);

/** An account by its number that imports from others, by theirs. */
function account(number: number, exporters: readonly number[]): StoredAccount {
  const publicKey = `A${number}`;
  const imports = exporters.map((exporter) => ({ account: `A${exporter}`, subject: "s", type: "service" as const }));
  const claims = { ...ANY, sub: publicKey, nats: { ...ANY.nats, ...(imports.length > 0 && { imports }) } };
  return { path: ["O", `N${number}`], name: `N${number}`, publicKey, token: publicKey, claims };
}

/** Up to a dozen accounts in any order that import from each other and from some that are not pushed. */
const accounts: fc.Arbitrary<readonly StoredAccount[]> = fc
  .uniqueArray(fc.record({ number: fc.nat(11), exporters: fc.array(fc.nat(14), { maxLength: 3 }) }), {
    selector: ({ number }) => number,
  })
  .map((list) => list.map(({ number, exporters }) => account(number, exporters)));

function exportersOf({ claims, publicKey }: StoredAccount): string[] {
  return (claims.nats.imports ?? []).map((entry) => entry.account ?? "").filter((key) => key !== publicKey);
}

/** Whether one can be reached from the other by going to exporters, past the system account. */
function reaches(all: readonly StoredAccount[], from: string, to: string): boolean {
  const byKey = new Map(all.map((each) => [each.publicKey, each]));
  const seen = new Set<string>();
  const waiting = [from];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const found = byKey.get(key);
    if (found === undefined || found.publicKey === SYSTEM) continue;
    for (const exporter of exportersOf(found)) {
      if (exporter === to) return true;
      if (!seen.has(exporter)) {
        seen.add(exporter);
        waiting.push(exporter);
      }
    }
  }
  return false;
}

test("every account is sent once", () => {
  fc.assert(
    fc.property(accounts, (all) => {
      const sent = inPushOrder(all, SYSTEM).flat();
      expect(sent).toHaveLength(all.length);
      expect(new Set(sent)).toEqual(new Set(all));
    }),
  );
});

test("no level is empty", () => {
  fc.assert(
    fc.property(accounts, (all) => {
      for (const level of inPushOrder(all, SYSTEM)) expect(level.length).toBeGreaterThan(0);
    }),
  );
});

test("the system account is sent alone and last", () => {
  fc.assert(
    fc.property(accounts, (all) => {
      const levels = inPushOrder(all, SYSTEM);
      const hasSystem = all.some(({ publicKey }) => publicKey === SYSTEM);
      if (hasSystem) expect(levels.at(-1)?.map(({ publicKey }) => publicKey)).toEqual([SYSTEM]);
      for (const level of levels.slice(0, -1)) expect(level.map(({ publicKey }) => publicKey)).not.toContain(SYSTEM);
    }),
  );
});

test("exporters are sent before importers, except where they import from each other", () => {
  fc.assert(
    fc.property(accounts, (all) => {
      const levels = inPushOrder(all, SYSTEM);
      const levelOf = new Map(levels.flatMap((level, index) => level.map(({ publicKey }) => [publicKey, index])));
      for (const importer of all) {
        if (importer.publicKey === SYSTEM) continue;
        for (const exporter of exportersOf(importer)) {
          const [first, then] = [levelOf.get(exporter), levelOf.get(importer.publicKey)];
          if (first === undefined || exporter === SYSTEM || reaches(all, exporter, importer.publicKey)) continue;
          expect(first, `${exporter} before ${importer.publicKey}`).toBeLessThan(then ?? -1);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("accounts that have nothing to do with each other are sent at a time", () => {
  expect(inPushOrder([account(3, []), account(1, []), account(2, [9])], undefined)).toHaveLength(1);
  expect(inPushOrder([], SYSTEM)).toEqual([]);
});

test("a long chain takes as many levels, in little time", () => {
  const count = 3000;
  const chain = Array.from({ length: count }, (_, index) => account(index + 1, [index + 2]));
  const begin = performance.now();
  const levels = inPushOrder(chain, SYSTEM);
  expect(performance.now() - begin).toBeLessThan(1000);
  expect(levels.map(([only]) => only?.publicKey)).toEqual(chain.map(({ publicKey }) => publicKey).toReversed());
});
