import fc from "fast-check";
import { addPermissions, type Permissions, type PermissionsInit, removePermissions } from "nsc.js";
import { describe, expect, test } from "vitest";

const holder = (): Permissions => ({ pub: { allow: ["a"], deny: ["b"] }, sub: {} });

describe("permissions are added", () => {
  test("to those that are there, once each", () => {
    const held = holder();
    addPermissions(held, { pub: ["a", "c"], sub: { allow: ["d q"], deny: ["e"] }, responses: { max: 2, ttl: "1s" } });
    expect(held).toEqual({
      pub: { allow: ["a", "c"], deny: ["b"] },
      sub: { allow: ["d q"], deny: ["e"] },
      resp: { max: 2, ttl: 1_000_000_000 },
    });
    addPermissions(held, { responses: false });
    expect(held.resp).toBeUndefined();
    expect(held.pub.allow).toEqual(["a", "c"]);
  });

  test.each([
    ["a text", { pub: "a" }],
    ["an empty list", { pub: [] }],
    ["an option that there is not", { publish: ["a"] }],
    ["what is no duration", { responses: { ttl: "5" } }],
    ["nothing", undefined],
  ])("but not %s", (_, init) => {
    const held = holder();
    expect(() => addPermissions(held, init as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(held).toEqual(holder());
  });
});

describe("permissions are removed", () => {
  test("wherever they stand, as they are written", () => {
    const held: Permissions = { pub: { allow: ["a", "b"], deny: ["a"] }, sub: { allow: ["a q", "c"] } };
    removePermissions(held, ["a", "nowhere"]);
    expect(held).toEqual({ pub: { allow: ["b"] }, sub: { allow: ["a q", "c"] } });
    removePermissions(held, ["a q"]);
    expect(held.sub).toEqual({ allow: ["c"] });
  });

  test("but not the last that is allowed, by which everything would be", () => {
    const held: Permissions = { pub: { allow: ["a"], deny: ["x"] }, sub: { allow: ["a", "b"] } };
    const before = structuredClone(held);
    expect(() => removePermissions(held, ["x", "a"])).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(held).toEqual(before);
  });

  test("from what has permissions", () => {
    expect(() => removePermissions("SUA" as never, ["a"])).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => addPermissions(undefined as never, {})).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => removePermissions(holder(), "a" as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

test("what was added and removed again leaves what was there", () => {
  const subject = fc.constantFrom("a", "b.*", "c.>", "d q");
  const others = fc.constantFrom("w", "x.*", "y.>", "z q");
  const permission = (subjects: fc.Arbitrary<string>) =>
    fc.record(
      { allow: fc.uniqueArray(subjects, { minLength: 1 }), deny: fc.uniqueArray(subjects, { minLength: 1 }) },
      { requiredKeys: ["allow"] },
    );
  const both = (subjects: fc.Arbitrary<string>) => fc.record({ pub: permission(subjects), sub: permission(subjects) });
  fc.assert(
    fc.property(both(subject), both(others), (before, added) => {
      const held = structuredClone(before) as Permissions;
      addPermissions(held, added as PermissionsInit);
      removePermissions(
        held,
        [added.pub, added.sub].flatMap(({ allow, deny = [] }) => [...allow, ...deny]),
      );
      expect(held).toEqual(before);
    }),
  );
});
