import type { Store } from "nsc.js";
import { type NscDirectory, type NscDirectoryOptions, nscDirectory } from "nsc.js/node";
import { expectTypeOf, test } from "vitest";

test("nscDirectory", () => {
  expectTypeOf(nscDirectory).parameter(0).toEqualTypeOf<NscDirectoryOptions | undefined>();
  expectTypeOf(nscDirectory).returns.toEqualTypeOf<NscDirectory>();
  expectTypeOf<NscDirectory>().toExtend<Store>();
  expectTypeOf<NscDirectory["storesDir" | "keystoreDir" | "configDir"]>().toEqualTypeOf<string>();
  expectTypeOf(process.env).toExtend<NonNullable<NscDirectoryOptions["env"]>>();
  // Time is text with a unit, never a bare number.
  expectTypeOf<NscDirectoryOptions["lockTimeout"]>().toEqualTypeOf<string | undefined>();
});
