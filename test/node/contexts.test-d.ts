import type { NscUrl, Profile } from "nsc.js";
import { type NscDirectory, type NscDirectoryOptions, nscProfile } from "nsc.js/node";
import { expectTypeOf, test } from "vitest";

test("profiles", () => {
  expectTypeOf(nscProfile).toEqualTypeOf<(url: string | NscUrl, options?: NscDirectoryOptions) => Promise<Profile>>();
  expectTypeOf<NscDirectory["credsFile"]>().parameter(0).toEqualTypeOf<readonly [string, string, string]>();
  expectTypeOf<NscDirectory["credsFile"]>().returns.resolves.toEqualTypeOf<string | undefined>();
});
