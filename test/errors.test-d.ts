import { isNscError, NscError, type NscErrorCode, type NscErrorOptions } from "nsc.js";
import { expectTypeOf, test } from "vitest";

test("codes are a closed union, which an error narrows to its own", () => {
  expectTypeOf(new NscError("ERR_NKEY_CASE", "").code).toEqualTypeOf<"ERR_NKEY_CASE">();
  expectTypeOf<NscError["code"]>().toEqualTypeOf<NscErrorCode>();
  expectTypeOf<NscErrorOptions["cause"]>().toEqualTypeOf<unknown>();
  // @ts-expect-error no such code
  new NscError("ERR_ODD", "");
});

test("the guard narrows anything", () => {
  const error: unknown = undefined;
  if (isNscError(error, "ERR_JWT_SIZE")) expectTypeOf(error).toEqualTypeOf<NscError<"ERR_JWT_SIZE">>();
});
