import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copyData } from "../../src/encoding/copy.ts";

describe("copyData", () => {
  test("gives the same data in other objects", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const before = structuredClone(value);
        const copy = copyData(value);
        deepStrictEqual(copy, value);
        if (typeof copy === "object" && copy !== null) {
          expect(copy).not.toBe(value);
          for (const name of Object.keys(copy)) {
            const inner = (copy as Record<string, unknown>)[name];
            if (typeof inner === "object" && inner !== null)
              expect(inner).not.toBe((value as Record<string, unknown>)[name]);
            Reflect.set(copy, name, "changed");
          }
        }
        deepStrictEqual(value, before);
      }),
    );
  });

  test("touches no prototype", () => {
    const copy = copyData(JSON.parse('{"__proto__":{"polluted":1}}'));
    expect(Object.keys(copy)).toEqual(["__proto__"]);
    expect(copy.polluted).toBeUndefined();
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  test("refuses data that contains itself", () => {
    const ring: unknown[] = [];
    ring.push({ ring });
    expect(() => copyData(ring)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
