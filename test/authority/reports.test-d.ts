import {
  type Describable,
  type DescribedRow,
  type DescribedSection,
  type DescribedValue,
  type DescribeOptions,
  type Description,
  describe,
  type FormatDescriptionOptions,
  formatDescription,
} from "nsc.js";
import { expectTypeOf, test } from "vitest";

test("a description is data with a text", () => {
  expectTypeOf(describe).parameters.toEqualTypeOf<[what: Describable, options?: DescribeOptions | undefined]>();
  expectTypeOf(describe).returns.toEqualTypeOf<Promise<Description>>();
  expectTypeOf<Description["sections"]>().toEqualTypeOf<readonly DescribedSection[]>();
  expectTypeOf<DescribedSection["groups"]>().toEqualTypeOf<readonly (readonly DescribedRow[])[]>();
  expectTypeOf<DescribedRow["values"]>().toEqualTypeOf<readonly DescribedValue[]>();
  expectTypeOf(formatDescription).parameters.toEqualTypeOf<
    [description: Pick<Description, "sections">, options?: FormatDescriptionOptions | undefined]
  >();
  // @ts-expect-error claims have a subject
  describe({});
});
