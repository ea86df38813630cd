import fc from "fast-check";
import { expect, test } from "vitest";
import { mappedInto, mapSubject } from "../../src/subjects/mapping.ts";
import { isContainedIn } from "../../src/subjects/subject.ts";
import { runs } from "../property/runs.ts";

test.each([
  ["m.*", "to.$1", "to.a", ["m.a"]],
  ["m.*", "to.$1", "to.>", ["m.*"]],
  ["m.*.*", "to.$2.$1", "to.x.*", ["m.*.x"]],
  ["m.>", "to.>", "to.a.*", ["m.a.*"]],
  ["m.>", "to.>", "other", []],
  ["m.*", "m.$1", "m.a", []],
  ["m.*", "to.{{wildcard(1)}}", "to.a", ["m.a"]],
  ["m.*.*", "to.{{Wildcard( 2 )}}.$1", "to.x.*", ["m.*.x"]],
  ["m.*", "m.{{wildcard(1)}}", "m.a", []],
  ["m.*", "to.$1.$1", "to.a.*", ["m.a"]],
  ["m.*", "to.$1.$1", "to.a.b", []],
  ["m.*", "to.{{partition(3,1)}}", "to.2", ["m.*"]],
  ["m.*", "to.{{partition(3,1)}}", "to.a", []],
  ["m.*", "to.{{split(1,-)}}.$1", "to.a.b.c", ["m.*"]],
  ["m.*", "to.{{split(1,-)}}.$1", "off.a.b.c", []],
  ["m.*", "to.$2", "to.a", []],
])("of %s to %s, %s is made of %o", (source, subject, pattern, expected) => {
  const found = mappedInto({ [source]: [{ subject }] }, pattern.split("."));
  expect(found).toEqual(expected.map((each) => ({ source, subject: each })));
});

test("whatever becomes such a subject is among those that may", () => {
  const source = fc.constantFrom("m.*", "m.*.*", "m.>", "m.*.b.*", "m.a");
  const destination = fc
    .array(fc.constantFrom("a", "b", "$1", "$2", "{{split(1,x)}}", "{{partition(2,1)}}", "{{left(1,1)}}", ">"), {
      minLength: 1,
      maxLength: 3,
    })
    .map((tokens) => tokens.join("."));
  const pattern = fc
    .tuple(fc.array(fc.constantFrom("a", "b", "0", "*"), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([tokens, isOpen]) => [...tokens, ...(isOpen ? [">"] : [])].join("."));
  const tail = fc.array(fc.constantFrom("a", "b", "axb", "xa"), { minLength: 1, maxLength: 3 });
  let made = 0;
  fc.assert(
    fc.property(source, destination, pattern, tail, (from, to, asked, tokens) => {
      const mappings = { [from]: [{ subject: to }] };
      const subject = ["m", ...tokens].join(".");
      const mapped = mapSubject(mappings, subject) ?? [];
      if (!mapped.some((each) => each.subject !== subject && isContainedIn(each.subject, asked))) return;
      made += 1;
      expect(mappedInto(mappings, asked.split(".")).some((each) => isContainedIn(subject, each.subject))).toBe(true);
    }),
    { numRuns: runs(8000) },
  );
  expect(made).toBeGreaterThan(50);
});
