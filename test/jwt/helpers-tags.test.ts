import { addTags, createUserClaims, hasTag, removeTags, type TagHolder } from "nsc.js";
import { describe, expect, test } from "vitest";
import { USER } from "../nkeys/fixtures.ts";

function added(tags: readonly string[] | undefined, ...more: readonly string[]): string[] | undefined {
  const holder: TagHolder = tags === undefined ? {} : { tags: [...tags] };
  addTags(holder, ...more);
  return holder.tags;
}

describe("addTags", () => {
  test.each<[string[] | undefined, string[], string[] | undefined]>([
    [undefined, ["a"], ["a"]],
    [undefined, [], undefined],
    [undefined, ["", " ", "\u0085\u3000"], undefined],
    [[], ["b", "a"], ["b", "a"]],
    [["a"], ["A", " a\t"], ["a"]],
    [["a"], ["b", "B", "a", "c"], ["a", "b", "c"]],
    // What is there stays, twice or in upper case.
    [["a", "a"], ["b"], ["a", "a", "b"]],
    [["a", "a"], ["a"], ["a", "a"]],
    [["A"], ["A"], ["A", "a"]],
    [["", ""], ["x"], ["", "", "x"]],
  ])("of %j: adding %j gives %j", (tags, more, expected) => {
    expect(added(tags, ...more)).toEqual(expected);
  });

  // Appendix E: each code point for itself, and other white space than that of JavaScript.
  test.each([
    ["\u0130stanbul", "istanbul"],
    ["ΟΔΟΣ", "οδοσ"],
    ["STRASSE ẞ", "strasse ß"],
    ["\u0085x\u3000", "x"],
    ["\ufeffx", "\ufeffx"],
    ["K", "k"],
    ["Ärger:日本", "ärger:日本"],
    ["\u{10400}", "\u{10428}"],
    ["a B", "a b"],
  ])("writes %j as %j", (tag, expected) => {
    expect(added([], tag)).toEqual([expected]);
    expect(hasTag({ tags: [expected] }, tag)).toBe(true);
  });

  test("leaves a list alone that another may have", () => {
    const tags = ["a"];
    const holder: TagHolder = { tags };
    addTags(holder, "b");
    expect([tags, holder.tags]).toEqual([["a"], ["a", "b"]]);
    const claims = createUserClaims(USER.publicKey);
    addTags(claims.nats, "Team:Blue");
    expect(claims.nats.tags).toEqual(["team:blue"]);
  });
});

describe("hasTag and removeTags", () => {
  test("do not find what is stored in upper case or with white space", () => {
    const holder: TagHolder = { tags: ["Upper", " space", "lower"] };
    expect(["Upper", "upper", " space", "space"].map((tag) => hasTag(holder, tag))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    removeTags(holder, "Upper", " space", "space");
    expect(holder.tags).toEqual(["Upper", " space", "lower"]);
    expect(hasTag(holder, " LOWER ")).toBe(true);
    removeTags(holder, " LOWER ");
    expect(holder.tags).toEqual(["Upper", " space"]);
  });

  test("take away the first of equal ones, each time", () => {
    const holder: TagHolder = { tags: ["a", "b", "a", "a"] };
    removeTags(holder, "a");
    expect(holder.tags).toEqual(["b", "a", "a"]);
    removeTags(holder, "A", "a", "a");
    expect(holder.tags).toEqual(["b"]);
  });

  test("do nothing where there is nothing", () => {
    const holder: TagHolder = {};
    removeTags(holder, "a");
    removeTags(holder);
    expect(holder).toEqual({});
    expect(hasTag(holder, "")).toBe(false);
    expect(hasTag({ tags: ["a"] }, "")).toBe(false);
    expect(hasTag({ tags: ["a"] }, "ab")).toBe(false);
  });
});
