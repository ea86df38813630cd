import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Flag, FlagError } from "../../../src/cli/flags/flag.ts";
import {
  bool,
  date,
  duration,
  int,
  int64,
  list,
  optionalInt,
  ranges,
  size,
  text,
  uint,
  uint8,
  zone,
} from "../../../src/cli/flags/flag-types.ts";

function read<T>(flag: Flag<T>, ...texts: string[]): T | undefined {
  return texts.reduce<T | undefined>((before, value) => flag.parse(value, before), undefined);
}

function refuse<T>(flag: Flag<T>, value: string): string {
  try {
    flag.parse(value, undefined);
  } catch (error) {
    if (error instanceof FlagError) return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(value)} was taken`);
}

/** Whatever is typed, a flag takes it or gives a reason. */
function neverCrashes<T>(flag: Flag<T>, alphabet: string) {
  const typed = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...alphabet) }));
  fc.assert(
    fc.property(typed, (value) => {
      try {
        flag.parse(value, undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(FlagError);
      }
    }),
  );
}

describe("text and bool", () => {
  test("any text is itself", () => {
    fc.assert(fc.property(fc.string(), (value) => read(text(""), value) === value));
  });

  test.each(["1", "t", "T", "TRUE", "true", "True"])("%s is on", (value) => {
    expect(read(bool(""), value)).toBe(true);
  });

  test.each(["0", "f", "F", "FALSE", "false", "False"])("%s is off", (value) => {
    expect(read(bool(""), value)).toBe(false);
  });

  test("anything else is no bool", () => {
    expect(refuse(bool(""), "yes")).toBe('strconv.ParseBool: parsing "yes": invalid syntax');
    expect(refuse(bool(""), "")).toBe('strconv.ParseBool: parsing "": invalid syntax');
    expect(refuse(bool(""), "é\n")).toBe('strconv.ParseBool: parsing "é\\n": invalid syntax');
  });
});

describe("lists", () => {
  test.each([
    ["a,b", ["a", "b"]],
    ["", []],
    [",", ["", ""]],
    ["a,", ["a", ""]],
    [" a , b ", [" a ", " b "]],
    ['"a,b",c', ["a,b", "c"]],
    ['"a ""b"" c"', ['a "b" c']],
    ['""', [""]],
    ['"a\nb",c', ["a\nb", "c"]],
    ["a\r\n", ["a"]],
    ["\n\na,b\n", ["a", "b"]],
    ["orders.>", ["orders.>"]],
  ])("%j", (value, expected) => {
    expect(read(list(""), value)).toEqual(expected);
  });

  test("occurrences add up", () => {
    expect(read(list(""), "a,b", "", "c")).toEqual(["a", "b", "c"]);
  });

  test.each([
    ['a"b', 'parse error on line 1, column 2: bare " in non-quoted-field'],
    ['x,a"b', 'parse error on line 1, column 4: bare " in non-quoted-field'],
    ['é"', 'parse error on line 1, column 3: bare " in non-quoted-field'],
    ['"a"b', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
    ['"a', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
    ['"a\nbc', 'record on line 1; parse error on line 2, column 3: extraneous or missing " in quoted-field'],
    ["\n", "EOF"],
  ])("%j is refused as Go does", (value, message) => {
    expect(refuse(list(""), value)).toBe(message);
  });

  test("a second line, which Go passes over, is refused", () => {
    expect(refuse(list(""), "a\nb")).toContain("more than one line");
  });

  test("every list survives being written as CSV", () => {
    const line = fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 });
    fc.assert(
      fc.property(line, (values) => {
        const fields = values.map((value) => value.replaceAll("\r", ""));
        fc.pre(fields.length > 1 || fields[0] !== "");
        const csv = fields.map((value) => `"${value.replaceAll('"', '""')}"`).join(",");
        expect(read(list(""), csv)).toEqual(fields);
      }),
    );
  });

  test("nothing crashes it", () => neverCrashes(list(""), 'a,"\n\r '));
});

describe("whole numbers", () => {
  test.each([
    ["0", 0],
    ["-1", -1],
    ["+5", 5],
    ["007", 7],
    ["0x1F", 31],
    ["0b101", 5],
    ["0o17", 15],
    ["-0x_ff", -255],
    ["1_000", 1000],
    ["0_7", 7],
  ])("%s", (value, expected) => {
    expect(read(int(""), value)).toBe(expected);
    expect(read(int64(""), value)).toBe(expected);
  });

  test.each(["", "x", "-", "1.5", "1e3", " 1", "08", "0x", "0b2", "_1", "1_", "1__0", "0x_", "１"])("%j", (value) => {
    expect(refuse(int(""), value)).toBe(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  });

  test("int64 is exact to its ends", () => {
    expect(read(int64(""), "9223372036854775807")).toBe(2n ** 63n - 1n);
    expect(read(int64(""), "-9223372036854775808")).toBe(-(2n ** 63n));
    expect(read(int64(""), "9007199254740993")).toBe(9007199254740993n);
    expect(refuse(int64(""), "9223372036854775808")).toBe(
      'strconv.ParseInt: parsing "9223372036854775808": value out of range',
    );
    expect(refuse(int64(""), "-99999999999999999999x")).toContain("value out of range");
  });

  test("what a number can't hold is no int", () => {
    expect(refuse(int(""), "9007199254740993")).toBe("9007199254740993 is too large");
  });

  test("without sign", () => {
    expect(read(uint(""), "7")).toBe(7);
    expect(refuse(uint(""), "-1")).toBe('strconv.ParseUint: parsing "-1": invalid syntax');
    expect(refuse(uint(""), "+1")).toBe('strconv.ParseUint: parsing "+1": invalid syntax');
    expect(read(uint8(""), "255")).toBe(255);
    expect(refuse(uint8(""), "300")).toBe('strconv.ParseUint: parsing "300": value out of range');
    expect(refuse(uint8(""), "300x")).toBe('strconv.ParseUint: parsing "300x": value out of range');
  });

  test("an optional one is 1", () => {
    expect(optionalInt("").bare).toBe("1");
    expect(read(optionalInt(""), "5")).toBe(5);
  });

  test("every number is read as it is written", () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
        expect(BigInt(read(int64(""), String(value)) as number | bigint)).toBe(value);
        const digits = `0x${(value < 0n ? -value : value).toString(16)}`;
        expect(BigInt(read(int64(""), value < 0n ? `-${digits}` : digits) as number | bigint)).toBe(value);
      }),
    );
  });

  test("nothing crashes it", () => neverCrashes(int64(""), "-+0123456789abfox_"));
});

describe("sizes", () => {
  test.each([
    ["", 0],
    ["-1", -1],
    ["0", 0],
    ["5", 5],
    ["1k", 1000],
    ["1KB", 1000],
    ["4kib", 4096],
    ["4 KiB", 4096],
    ["1.5k", 1500],
    ["1,000", 1000],
    ["2g", 2_000_000_000],
    ["2Gi", 2 * 1024 ** 3],
    ["1t", 1e12],
    ["1p", 1e15],
    ["7b", 7],
    ["0.1", 0],
    [".5k", 500],
    ["5.", 5],
    ["-1.9", -1],
  ])("%j", (value, expected) => {
    expect(read(size(""), value)).toBe(expected);
  });

  test("whole numbers are exact", () => {
    expect(read(size(""), "9007199254740993")).toBe(9007199254740993n);
    expect(read(size(""), "9223372036854775807")).toBe(2n ** 63n - 1n);
    expect(read(size(""), "7EiB")).toBe(7n * 1024n ** 6n);
  });

  test.each([
    ["lots", 'strconv.ParseFloat: parsing "": invalid syntax'],
    ["kb", 'strconv.ParseFloat: parsing "": invalid syntax'],
    ["--1", 'strconv.ParseFloat: parsing "": invalid syntax'],
    ["+1", 'strconv.ParseFloat: parsing "": invalid syntax'],
    ["1.2.3", 'strconv.ParseFloat: parsing "1.2.3": invalid syntax'],
    ["5xb", "unhandled size name: xb"],
    ["5 I", "unhandled size name: i"],
    ["5ib", "unhandled size name: ib"],
    ["99999999999999999999eb", "too large: 99999999999999999999eb"],
    ["9223372036854775808", "too large: 9223372036854775808"],
  ])("%j is refused", (value, message) => {
    expect(refuse(size(""), value)).toBe(message);
  });

  test("nothing crashes it, and what comes out fits", () => {
    neverCrashes(size(""), "-0123456789.,kmgtpeib ");
    const typed = fc.tuple(fc.bigInt(0n, 2n ** 70n), fc.constantFrom("", "k", "Mi", "gb", "TiB", "e"));
    fc.assert(
      fc.property(typed, ([count, unit]) => {
        try {
          const value = BigInt(read(size(""), `-${count}${unit}`) as number | bigint);
          expect(value <= 0n && value > -(2n ** 63n)).toBe(true);
        } catch (error) {
          expect((error as Error).message).toMatch(/^too large: /);
        }
      }),
    );
  });
});

describe("times", () => {
  test.each([
    ["0", 0],
    ["5s", 5e9],
    ["1h0m0s", 3600e9],
    ["1.5s", 1.5e9],
    ["300ms", 3e8],
    ["1us", 1000],
    ["1\u00b5s", 1000],
    ["-2m", -120e9],
    ["2540400h10m10.000000000s", 9145440610000000000n],
  ])("the duration %s", (value, expected) => {
    expect(read(duration(""), value)).toBe(expected);
  });

  test.each([
    ["", 'time: invalid duration ""'],
    ["x", 'time: invalid duration "x"'],
    ["5", 'time: missing unit in duration "5"'],
    ["1h5", 'time: missing unit in duration "1h5"'],
    ["5d", 'time: unknown unit "d" in duration "5d"'],
    ["1hm", 'time: unknown unit "hm" in duration "1hm"'],
    ["1h 5m", 'time: unknown unit "h " in duration "1h 5m"'],
    [".s", 'time: invalid duration ".s"'],
    ["9999999999h", 'time: invalid duration "9999999999h"'],
    ['5é"', 'time: unknown unit "\\xc3\\xa9\\"" in duration "5\\xc3\\xa9\\""'],
  ])("the duration %j is refused as Go does", (value, message) => {
    expect(refuse(duration(""), value)).toBe(message);
  });

  test.each([
    ["0", 0],
    [" 0 ", 0],
    ["1700000000", 1_700_000_000],
    ["+5", 5],
    ["2021-01-01T00:00:00Z", 1_609_459_200],
    ["2021-01-01T00:00:00.999Z", 1_609_459_200],
    ["2021-01-01T01:30:00+01:30", 1_609_459_200],
    ["2020-12-31T23:00:00-01:00", 1_609_459_200],
    ["2020-02-29T0:00:00Z", 1_582_934_400],
  ])("the date %s", (value, expected) => {
    expect(read(date(""), value)).toBe(expected);
  });

  test.each(["", "x", "2021-01-01", "2021-02-29T00:00:00Z", "2021-01-01t00:00:00Z", "1.5", "2021-01-01T24:00:00Z"])(
    "the date %j is refused",
    (value) => {
      expect(refuse(date(""), value)).toBe(
        `provided value ${JSON.stringify(value)} is not a number nor parsable as RFC3339`,
      );
    },
  );

  test("a date is one at which there were tokens, and no more than a date can be", () => {
    for (const early of ["-5", "1969-12-31T23:59:59Z"]) {
      expect(refuse(date(""), early)).toBe(`the time ${early} is before 1970, when there were no tokens`);
    }
    expect(read(date(""), "8640000000000")).toBe(8_640_000_000_000);
    expect(refuse(date(""), "8640000000001")).toContain("it is counted in seconds");
  });

  test("every date is read as it is written", () => {
    const dates = fc.date({ min: new Date("1970-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (value) => {
        expect(read(date(""), value.toISOString())).toBe(Math.floor(value.getTime() / 1000));
      }),
    );
  });

  test("time ranges", () => {
    expect(read(ranges(""), "08:00:00-17:30:00", "22:00:00-06:00:00")).toEqual([
      { start: "08:00:00", end: "17:30:00" },
      { start: "22:00:00", end: "06:00:00" },
    ]);
    const format = 'require format: "15:04:05-15:04:05"';
    expect(refuse(ranges(""), "08:00:00")).toBe(`${format} got "08:00:00"`);
    expect(refuse(ranges(""), "1-2-3")).toBe(`${format} got "1-2-3"`);
    expect(refuse(ranges(""), "25:00:00-06:00:00")).toBe(`${format} could not parse start time "25:00:00"`);
    expect(refuse(ranges(""), "08:00:00-6")).toBe(`${format} could not parse end time "6"`);
  });

  test("zones", () => {
    expect(read(zone(""), "Europe/Berlin")).toBe("Europe/Berlin");
    expect(read(zone(""), "Local")).toBe("Local");
    expect(read(zone(""), "")).toBe("UTC");
    expect(refuse(zone(""), "Mars/Base")).toBe("unknown time zone Mars/Base");
    expect(refuse(zone(""), "../etc")).toBe("time: invalid location name");
  });

  test("nothing crashes them", () => {
    neverCrashes(duration(""), "-+0123456789.hmsnu\u00b5");
    neverCrashes(date(""), "-+0123456789:TZ.");
    neverCrashes(ranges(""), "-0123456789:");
    neverCrashes(zone(""), "Europe/BlinUTC.");
  });
});
