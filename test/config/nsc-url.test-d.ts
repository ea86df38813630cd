import { formatNscUrl, type NscUrl, type NscUrlKind, type NscUrlMembers, parseNscUrl } from "nsc.js";
import { expectTypeOf } from "vitest";

expectTypeOf(parseNscUrl).toEqualTypeOf<(url: string) => NscUrl>();
expectTypeOf(formatNscUrl).toEqualTypeOf<(url: NscUrl) => string>();
expectTypeOf<NscUrlKind>().toEqualTypeOf<"operator" | "account" | "user">();
expectTypeOf<{ operator: string }>().toExtend<NscUrl>();
expectTypeOf<{ account: string }>().not.toExtend<NscUrl>();
expectTypeOf<NscUrlMembers["seed"]>().toEqualTypeOf<boolean | string | undefined>();
expectTypeOf<{ operator: string; show: { user: { id: true } } }>().toExtend<NscUrl>();
expectTypeOf<{ operator: string; show: { role: { id: true } } }>().not.toExtend<NscUrl>();
