import fc from "fast-check";
import { expect, test } from "vitest";
import { CollidingSubjects } from "../../src/subjects/colliding-subjects.ts";

/** Whether a subject without wildcards is among those that a pattern stands for, by the text of NATS' documentation. */
function matches(subject: readonly string[], pattern: readonly string[]): boolean {
  const expression = pattern
    .map((token, index) => (token === "*" ? "[^.]+" : token === ">" && index === pattern.length - 1 ? ".+" : token))
    .join("\\.");
  return new RegExp(`^${expression}$`).test(subject.join("."));
}

/** All subjects of up to five tokens of `a` and `b`: none longer is needed to tell patterns of up to four apart. */
const subjects: (readonly string[])[] = [[]];
for (const subject of subjects)
  if (subject.length < 5) for (const token of ["a", "b"]) subjects.push([...subject, token]);

function collide(one: string, other: string): boolean {
  const [a, b] = [one.split("."), other.split(".")];
  return subjects.some((subject) => matches(subject, a) && matches(subject, b));
}

const pattern = fc
  .tuple(fc.array(fc.constantFrom("a", "b", "*"), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([tokens, isOpen]) => [...tokens, ...(isOpen ? [">"] : [])].join("."));

test("subjects are found that stand for something that another one stands for", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(pattern, fc.constant(">")), { maxLength: 12 }), pattern, (added, asked) => {
      const index = new CollidingSubjects<number>();
      for (const [place, subject] of added.entries()) index.add(subject, place);
      for (const each of [asked, ">"]) {
        expect(index.find(each)).toEqual([...added.keys()].filter((place) => collide(added[place] as string, each)));
        for (const rest of [0, 1]) {
          const accept = (place: number) => place % 2 === rest;
          expect(index.first(each, accept)).toBe(index.find(each).find(accept));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("neither need contain the other", () => {
  const index = new CollidingSubjects<string>();
  for (const subject of ["a.*", "*.b", "a.b.>", "a", "a.c", ">.a"]) index.add(subject, subject);
  expect(index.find("*.b")).toEqual(["a.*", "*.b"]);
  expect(index.find("a.>")).toEqual(["a.*", "*.b", "a.b.>", "a.c"]);
  expect(index.find("a.b.c")).toEqual(["a.b.>"]);
  expect(index.find("b")).toEqual([]);
  expect(new CollidingSubjects().find(">")).toEqual([]);
});

test("a subject may have any number of tokens", () => {
  const index = new CollidingSubjects<number>();
  const long = Array.from({ length: 300_000 }, () => "a").join(".");
  index.add(long, 1);
  expect(index.find(long.replaceAll("a", "*"))).toEqual([1]);
  expect(index.find("a.>")).toEqual([1]);
});
