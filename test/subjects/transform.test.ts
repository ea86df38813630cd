import fc from "fast-check";
import { SubjectTransform } from "nsc.js";
import { describe, expect, test } from "vitest";

const word = fc.stringMatching(/^[a-z]{1,6}$/);

describe("a transform of subjects", () => {
  // The table of the mapping functions in the documentation of nats-server, and its own tests.
  test.each([
    ["foo.*.*", "bar.$2.$1", "foo.a.b", "bar.b.a"],
    ["foo.*.>", "bar.{{wildcard(1)}}.>", "foo.a.b.c", "bar.a.b.c"],
    ["foo.*", "bar.{{partition(97,1)}}", "foo.foobar", `bar.${0xbf9c_f968 % 97}`],
    ["*", "{{splitfromleft(1,3)}}", "12345", "123.45"],
    ["*", "{{SplitFromRight(1,3)}}", "12345", "12.345"],
    ["*", "{{SliceFromLeft(1,3)}}", "1234567890", "123.456.789.0"],
    ["*", "{{SliceFromRight(1,3)}}", "1234567890", "1.234.567.890"],
    ["*", "{{split(1,-)}}", "-abc-def--ghi-", "abc.def.ghi"],
    ["*", "{{left(1,6)}}", "1234567890", "123456"],
    ["*", "{{right(1,3)}}", "1234567890", "890"],
    ["*", "x.{{random(9)}}", "a", "x.*"],
    ["orders", "in.orders", "orders", "in.orders"],
    [">", ">", "a.b", "a.b"],
  ])("of %s to %s", (source, destination, subject, expected) => {
    const transform = new SubjectTransform(source, destination);
    expect(transform.apply(subject)).toBe(expected);
    expect([transform.source, transform.destination]).toEqual([source, destination]);
    expect(transform.apply("quite.another.subject.of.five")).toBe(
      source === ">" ? "quite.another.subject.of.five" : undefined,
    );
  });

  test("takes the FNV-1a hash of the whole subject where no wildcards are named", () => {
    const transform = new SubjectTransform("a", "p.{{partition(4294967)}}");
    // The published value of FNV-1a with 32 bits for "a"; that for "foobar" is above.
    expect(transform.apply("a")).toBe(`p.${0xe40c_292c % 4_294_967}`);
  });

  test("leads back where it is reversible", () => {
    fc.assert(
      fc.property(word, word, word, (first, second, last) => {
        const transform = new SubjectTransform("in.*.x.*.>", "$2.out.$1.>", { reversible: true });
        const subject = `in.${first}.x.${second}.${last}`;
        expect(transform.reverse().apply(transform.apply(subject) as string)).toBe(subject);
      }),
    );
  });

  test.each([
    ["a", "b.*"],
    ["a.>", "b"],
    ["a", "b.>"],
    ["a.*", "b.$2"],
    ["a", "b.$1"],
    ["a.*", "b.{{left(1)}}"],
    ["a.*", "b.{{left(1,x)}}"],
    ["a.*", "b.{{left(1,99999999999)}}"],
    ["a.*", "b.{{wildcard()}}"],
    ["a.*", "b.{{wildcard(1,2)}}"],
    ["a.*", "b.{{partition(2147483648)}}"],
    ["a.*", "b.{{split(1, -)}}.{{split(1,- -)}}"],
    ["a.*", "b.{{reverse(1)}}"],
    ["a.*", "b..c"],
    ["", "b"],
    ["a.>.b", "b"],
    ["a b", "b"],
    [5, "b"],
  ])("refuses %s to %s", (source, destination) => {
    expect(() => new SubjectTransform(source as string, destination)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("refuses what does not lead back, and what is no subject", () => {
    const imported = (destination: string) => new SubjectTransform("a.*.*", destination, { reversible: true });
    expect(() => imported("b.$1")).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => imported("b.$1.{{partition(2,2)}}")).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(imported("b.$1.$2").apply("a.x.y")).toBe("b.x.y");
    expect(() => imported("b.$1.$2").apply("a..b")).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => new SubjectTransform("a", "b", { strict: true } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test.each([
    // What servers had when: see `server-behaviour.ts`.
    ["a.*", "b.{{left(1,2)}}", "2.14.5", "2.15.0"],
    ["a.*", "b.{{random(3)}}", "2.11.17", "2.12.0"],
    ["a", "b.{{partition(3)}}", "2.11.17", "2.12.0"],
    ["a.*", "b.{{partition(3)}}", "2.11.17", "2.12.0"],
    ["a.>", "b.{{random(3)}}.>", "2.11.17", "2.12.0"],
    ["a.>", "b.$0.>", "2.11.17", "2.12.0"],
    ["a.*.*", "b.$1", "2.9.25", "2.10.0"],
    ["a.*.*", "b.{{partition(3,1,2)}}", "2.9.14", "2.9.15"],
  ])("refuses %s to %s for %s, and not for %s", (source, destination, before, since) => {
    expect(() => new SubjectTransform(source, destination, { serverVersion: before })).toThrowCode(
      "ERR_ARGUMENT_INVALID",
    );
    expect(() => new SubjectTransform(source, destination, { serverVersion: since })).not.toThrow();
    expect(() => new SubjectTransform(source, destination, { serverVersion: "2.1" })).toThrowCode(
      "ERR_ARGUMENT_INVALID",
    );
  });

  test("leaves references as they are where 2.9 did", () => {
    const make = (serverVersion: string) => new SubjectTransform("a", "b.$1.{{partition(3,1)}}", { serverVersion });
    expect(make("2.9.10").apply("a")).toBe("b.$1.{{partition(3,1)}}");
    expect(() => make("2.10.0")).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => new SubjectTransform("a", "{{reverse(1)}}", { serverVersion: "2.9.10" })).toThrowCode(
      "ERR_ARGUMENT_INVALID",
    );
  });
});
