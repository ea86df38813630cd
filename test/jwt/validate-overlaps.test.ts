import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../property/runs.ts";
import { matches } from "../subjects/matcher.ts";
import { account, findingsIn } from "./validate-cases.ts";

interface Entry {
  readonly subject: string;
  readonly type: "stream" | "service" | undefined;
  readonly account: string;
  readonly to?: string;
  readonly local_subject?: string;
}

const tokens = fc.constantFrom("a", "a", "b", "*", "*", ">", "$1", "");
const subject = fc.array(tokens, { minLength: 1, maxLength: 3 }).map((all) => all.join("."));
const entry: fc.Arbitrary<Entry> = fc.record(
  {
    subject,
    type: fc.constantFrom("service", "service", "service", "stream", undefined),
    account: fc.constantFrom("A", "A", "A", "B", ""),
    to: subject,
    local_subject: subject,
  },
  { requiredKeys: ["subject", "type", "account"] },
);
const entries = fc.array(fc.option(entry, { freq: 12 }), { maxLength: 14, size: "max" });

/** The issues of a code, as place and message, in their order. */
function found(claims: unknown, code: string): (readonly [place: string, message: string])[] {
  return findingsIn(claims)
    .filter((finding) => finding[1] === code)
    .map(([, , path, message]) => [path, message] as const);
}

const quote = JSON.stringify;

/** Go: `Exports.isContainedIn`, word for word: section 4.6, X13. */
function goContained(kind: string, subjects: readonly string[]): readonly string[] {
  const contained = new Map<string, string>();
  for (let i = 0; i < subjects.length; i++) {
    for (let j = 0; j < subjects.length; j++) {
      const [ti, tj] = [subjects[i] as string, subjects[j] as string];
      if (i !== j && matches(ti, tj) && !contained.has(tj)) contained.set(tj, ti);
    }
  }
  return [...contained].map(([tj, ti]) => `${kind} export subject ${quote(tj)} already exports ${quote(ti)}`);
}

/** The loop of Go's `Imports.Validate` over services, word for word: section 4.5, I1. */
function goOverlaps(imports: readonly (Entry | null)[]): (readonly [place: string, message: string])[][] {
  const recorded = new Map<string, Set<string>>();
  return imports.map((each, place) => {
    if (each?.type !== "service") return [];
    const { account: from } = each;
    const reference = /^\$[+-]?\d+$/;
    const renamed = (each.local_subject ?? "").split(".").map((token) => token.replace(reference, "*"));
    const local = each.to || renamed.join(".") || each.subject;
    const known = recorded.get(from) ?? new Set();
    recorded.set(from, known);
    const messages = [...known]
      .filter((earlier) => matches(local, earlier) || matches(earlier, local))
      .map(
        (earlier) =>
          `overlapping subject namespace for ${quote(local)} and ${quote(earlier)} in same account ${quote(from)}`,
      );
    if (known.has(local)) messages.push(`overlapping subject namespace for ${quote(local)} in account ${quote(from)}`);
    known.add(local);
    return messages.map((message) => [`nats.imports.${place}`, message] as const);
  });
}

describe("what overlaps is what Go finds by comparing each with each", () => {
  test("in exports", () => {
    let count = 0;
    fc.assert(
      fc.property(entries, (list) => {
        const exports = list.map((each) => each && { subject: each.subject, type: each.type });
        const present = list.filter((each) => each !== null);
        const subjectsOf = (isService: boolean) =>
          present.filter(({ type }) => (type === "service") === isService).map((each) => each.subject);
        const [services, streams] = [
          goContained("service", subjectsOf(true)),
          goContained("stream", subjectsOf(false)),
        ];
        const overlaps = found(account({ exports }), "EXPORT_OVERLAP");
        // Services come first; within them Go's order is that of a map.
        const messages = overlaps.map(([, message]) => message);
        expect(messages.slice(0, services.length).sort()).toEqual(services.toSorted());
        expect(messages.slice(services.length).sort()).toEqual(streams.toSorted());
        // Each is told of the first export with the containing subject.
        for (const [path, message] of overlaps) {
          const place = Number(path.split(".")[2]);
          const kind = message.startsWith("service ");
          const first = list.findIndex(
            (each) => each?.subject === list[place]?.subject && (each?.type === "service") === kind,
          );
          expect(place).toBe(first);
          expect(message).toContain(` export subject ${quote(list[place]?.subject)} already`);
        }
        count += overlaps.length;
      }),
      { numRuns: runs(500) },
    );
    expect(count).toBeGreaterThan(200);
  });

  test("in imports", () => {
    let count = 0;
    fc.assert(
      fc.property(entries, (imports) => {
        const overlaps = found(account({ imports }), "IMPORT_OVERLAP");
        const expected = goOverlaps(imports);
        for (const [place, ofEntry] of expected.entries()) {
          const mine = overlaps.filter(([path]) => path === `nats.imports.${place}`);
          // The earlier ones are in a map; that the very subject is there comes after them.
          expect(mine.toSorted()).toEqual(ofEntry.toSorted());
          expect(mine.at(-1)?.[1].includes(" in same account ")).toBe(
            ofEntry.at(-1)?.[1].includes(" in same account "),
          );
        }
        expect(overlaps).toHaveLength(expected.flat().length);
        count += overlaps.length;
      }),
      { numRuns: runs(500) },
    );
    expect(count).toBeGreaterThan(200);
  });
});
