import { describe, expect, expectTypeOf, test } from "vitest";
import { NscError } from "../../src/errors.ts";

const error = new NscError("ERR_NKEY_CASE", "nkeys are written in upper case");
const throwing = (thrown: unknown) => (): never => {
  throw thrown;
};

describe("toThrowCode", () => {
  test("passes for a function that throws the code", () => {
    expect(throwing(error)).toThrowCode("ERR_NKEY_CASE");
    expect(throwing(error)).not.toThrowCode("ERR_NKEY_LENGTH");
  });

  test("passes for promises that reject with the code, and for functions that return one", async () => {
    await expect(Promise.reject(error)).toThrowCode("ERR_NKEY_CASE");
    await expect(async () => throwing(error)()).toThrowCode("ERR_NKEY_CASE");
    await expect(Promise.reject(error)).rejects.toThrowCode("ERR_NKEY_CASE");
    await expect(Promise.reject(error)).not.toThrowCode("ERR_NKEY_LENGTH");
  });

  test.each([
    ["another code", throwing(new NscError("ERR_NKEY_LENGTH", "too short"))],
    ["another error", throwing(new Error("ERR_NKEY_CASE"))],
    ["an error that only looks alike", throwing(Object.assign(new Error("fake"), { code: "ERR_NKEY_CASE" }))],
    ["no error", () => error],
  ])("fails for %s", (_, run) => {
    expect(() => expect(run).toThrowCode("ERR_NKEY_CASE")).toThrow("expected an NscError of code ERR_NKEY_CASE");
  });

  test("fails for a promise that resolves or rejects otherwise", async () => {
    const failing = [Promise.resolve(1), Promise.reject(new Error("other"))];
    for (const promise of failing) {
      await expect(async () => expect(promise).toThrowCode("ERR_NKEY_CASE")).rejects.toThrow("expected an NscError");
    }
  });

  test("refuses what can neither throw nor reject", () => {
    expect(() => expect(error).toThrowCode("ERR_NKEY_CASE")).toThrow(TypeError);
  });

  test("has to be awaited only for promises", () => {
    const [sync, promise] = [expect(throwing(error)), expect(Promise.reject(error))];
    expectTypeOf(sync.toThrowCode("ERR_NKEY_CASE")).toEqualTypeOf<void>();
    expectTypeOf(expect(() => 1).not.toThrowCode("ERR_NKEY_CASE")).toEqualTypeOf<void>();
    const awaited = promise.toThrowCode("ERR_NKEY_CASE");
    expectTypeOf(awaited).toEqualTypeOf<Promise<void>>();
    return awaited;
  });
});
