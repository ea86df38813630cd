import { type MappedPublication, type PermissionAnswer, SubjectTransform, type SubjectTransformOptions } from "nsc.js";
import { expectTypeOf, test } from "vitest";

test("a transform is made of two subjects", () => {
  expectTypeOf(SubjectTransform).constructorParameters.toEqualTypeOf<
    [source: string, destination: string, options?: SubjectTransformOptions | undefined]
  >();
  expectTypeOf(new SubjectTransform("a.*", "b.$1").reverse()).toEqualTypeOf<SubjectTransform>();
});

test("what mappings make of a subject is part of an answer", () => {
  expectTypeOf<PermissionAnswer["mapped"]>().toEqualTypeOf<readonly MappedPublication[] | undefined>();
});
