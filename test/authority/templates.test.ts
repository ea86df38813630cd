import { createKeyPair, createScope, type UserScope } from "nsc.js";
import { describe, expect, test } from "vitest";
import { assertVariables, templateViolation } from "../../src/authority/templates.ts";

const KEY = createKeyPair("account").publicKey;
const ACCOUNT = { publicKey: KEY, name: "APP", tags: ["env:prod", "empty:"] };
const USER = { publicKey: createKeyPair("user").publicKey, name: "alice", tags: ["team:blue", "Team:a b", "t:a:b"] };

type List = "allow" | "deny";

function scope(list: List, ...subjects: string[]): UserScope {
  return createScope(KEY, { role: "web", template: { sub: { [list]: subjects } } });
}

/** What a server would say of one list. */
function said(list: List, subjects: readonly string[], user: Partial<typeof USER> = {}): string | undefined {
  return templateViolation(scope(list, ...subjects), { account: ACCOUNT, user: { ...USER, ...user } });
}

describe("variables that servers know", () => {
  test.each([
    "{{name()}}",
    "{{NAME()}}",
    "{{ Subject() }}",
    // Go folds letters of all alphabets.
    "{{\u017fubject()}}",
    "{{\tAccount-Name()\u2003}}",
    "{{account-subject()}}",
    "{{tag(team)}}",
    "{{tag(TEAM)}}",
    "{{tag()}}",
    "{{tag( a)b )}}",
    "a_{{account-tag(env)}}_b.{{name()}}{{name()}}",
  ])("%o can be in a role", (subject) => {
    expect(() => assertVariables(scope("allow", subject))).not.toThrow();
    expect(() => assertVariables(scope("deny", "a", subject))).not.toThrow();
  });

  test.each(["{{}}", "{name()}", "{{name()}", "{{na}me()}}", "{ {name()}}", "name()"])("%o is none", (subject) => {
    expect(() => assertVariables(scope("allow", subject))).not.toThrow();
    expect(said("deny", [subject, "b queue"])).toBeUndefined();
  });

  test.each([
    "{{name}}",
    "{{name(x)}}",
    "{{user-name()}}",
    "{{account-tag(env) x}}",
    "{{accounttag(env)}}",
    "{{{name()}}}",
    "{{tag(team}}",
    "{{na\u200bme()}}",
    "{{TAG(team)}}",
    "{{Account-tag(env)}}",
  ])("%o can't be in a role, wherever it stands", (subject) => {
    for (const list of ["allow", "deny"] as const) {
      expect(() => assertVariables(scope(list, "{{name()}}", `a_${subject}`))).toThrowCode("ERR_ROLE_TEMPLATE");
    }
  });
});

describe("a template that a server expands", () => {
  test.each<[string, List, string[]]>([
    ["has what it denies", "deny", ["{{name()}}.{{subject()}}.{{account-name()}}.{{account-subject()}}.{{tag(team)}}"]],
    ["has the tags of the account", "deny", ["x.{{account-tag(ENV)}}"]],
    ["has all after the first colon as the value of a tag", "deny", ["{{tag(t)}}", "{{tag(t:a)}}"]],
    ["may lack what it allows", "allow", ["{{tag(none)}}", "{{account-tag(empty)}}.a"]],
    ["may be a part of a token beside an empty tag", "deny", ["x{{account-tag(empty)}}"]],
    ["may have queue groups where nothing is to be expanded", "deny", ["b queue", "c"]],
  ])("%s", (_, list, subjects) => {
    expect(said(list, subjects)).toBeUndefined();
  });

  test.each<[string, List, string[], RegExp]>([
    ["lacks a denied tag", "deny", ["a", "x.{{tag(none)}}"], /the user has no tag "none"/],
    ["lacks a denied tag of the account", "deny", ["{{account-tag(team)}}"], /the account has no tag "team"/],
    ["finds keys of tags as they are written", "deny", ["{{tag( team)}}"], /no tag " team"/],
    ["denies an empty token", "deny", ["x.{{account-tag(empty)}}"], /becomes "x\."/],
    ["has an unknown variable among what it allows", "allow", ["{{name()}}", "{{nmae()}}"], /"\{\{nmae\(\)\}\}"/],
    ["denies a queue group beside a variable", "deny", ["{{name()}}", "b queue"], /becomes "b queue"/],
  ])("but not when it %s", (_, list, subjects, message) => {
    expect(said(list, subjects)).toMatch(message);
    expect(said(list, subjects)).toMatch(/^the role "web" /);
  });

  test.each([" ", "a\tb", "a..b", "", ".a", ">.a"])("but not with the name %o in what it denies", (name) => {
    expect(said("deny", ["x.{{name()}}"], { name })).toBeDefined();
    expect(said("allow", ["x.{{name()}}"], { name })).toBeUndefined();
  });

  test.each([">", "*", "a.b", "$`", "a\u00a0b", "{{name()}}"])("with the name %o in what it denies", (name) => {
    expect(said("deny", ["x.{{name()}}"], { name })).toBeUndefined();
  });

  test("counts the subjects of a list, not those that come to nothing", () => {
    const tags = (count: number, value = "") => Array.from({ length: count }, (_, index) => `n:${index}${value}`);
    const product = "{{tag(n)}}.{{tag(n)}}";
    expect(said("allow", [product], { tags: tags(64) })).toBeUndefined();
    expect(said("allow", [product], { tags: tags(65) })).toMatch(/4096/);
    expect(said("allow", [product, "{{tag(n)}}"], { tags: tags(64) })).toMatch(/4096/);
    expect(said("allow", ["x", product], { tags: tags(64) })).toMatch(/4096/);
    expect(said("allow", [product, "x"], { tags: tags(64) })).toBeUndefined();
    expect(said("allow", [product, product], { tags: tags(64, " ") })).toBeUndefined();
    const both = createScope(KEY, { template: { sub: { allow: [product] }, pub: { allow: [product] } } });
    expect(templateViolation(both, { account: ACCOUNT, user: { ...USER, tags: tags(64) } })).toBeUndefined();
  });

  test("does not grow without end by values that hold variables", { timeout: 5000 }, () => {
    const name = "{{name()}}".repeat(400);
    expect(said("deny", [Array(50).fill("{{name()}}").join(".")], { name })).toBeUndefined();
  });
});
