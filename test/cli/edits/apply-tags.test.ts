import { expect, it } from "vitest";
import { applyTags } from "../../../src/cli/edits/apply-tags.ts";
import { Report } from "../../../src/cli/output/report.ts";

function change(tags: string[] | undefined, added: string[], removed: string[] = []) {
  const holder = tags === undefined ? {} : { tags };
  const report = new Report();
  applyTags(holder, { tag: added, "rm-tag": removed }, report);
  return { holder, lines: report.entries.map(({ label, severity }) => `${severity} ${label}`) };
}

it("adds tags in lower case and sorted", () => {
  const { holder, lines } = change(["mango"], ["Zebra", "apple"]);
  expect(holder).toEqual({ tags: ["apple", "mango", "zebra"] });
  expect(lines).toEqual(['ok added tag "zebra"', 'ok added tag "apple"']);
});

it("removes tags in whatever case, and says which were not there", () => {
  const { holder, lines } = change(["a", "b"], [], ["A", "c"]);
  expect(holder).toEqual({ tags: ["b"] });
  expect(lines).toEqual(['ok removed tag "a"', 'warn no tag "c" to remove']);
});

it("leaves no empty list", () => {
  expect(change(["a"], [], ["a"]).holder).toEqual({});
});

it("leaves claims alone without flags", () => {
  const holder = { tags: ["b", "a"] };
  applyTags(holder, {}, new Report());
  expect(holder).toEqual({ tags: ["b", "a"] });
});
