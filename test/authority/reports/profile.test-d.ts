import {
  formatProfile,
  type Nsc,
  type NscUrl,
  type Profile,
  type ProfileEntity,
  type ProfileOptions,
  profile,
} from "nsc.js";
import { expectTypeOf } from "vitest";

expectTypeOf(profile).toEqualTypeOf<(nsc: Nsc, url: string | NscUrl, options?: ProfileOptions) => Promise<Profile>>();
expectTypeOf(formatProfile).toEqualTypeOf<(profile: Profile) => string>();
expectTypeOf<Profile["operator"]>().toEqualTypeOf<ProfileEntity>();
expectTypeOf<Profile["account" | "user"]>().toEqualTypeOf<ProfileEntity | undefined>();
expectTypeOf<ProfileEntity["service"]>().toEqualTypeOf<readonly string[] | undefined>();
expectTypeOf<() => undefined>().toExtend<NonNullable<ProfileOptions["credsFile"]>>();
expectTypeOf<() => number>().not.toExtend<NonNullable<ProfileOptions["credsFile"]>>();
