import { isIP, isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCidr, parseIpAddress } from "../../src/encoding/cidr.ts";

/** What `net.ParseCIDR` of Go 1.26 accepts. */
const ACCEPTED: readonly string[] = [
  "1.2.3.4/8",
  "1.2.3.4/32",
  "1.2.3.4/08",
  "1.2.3.4/000000000000000000000032",
  "0.0.0.0/0",
  "255.255.255.255/0",
  "::/0",
  "::1/128",
  "1::/64",
  "1:2:3:4:5:6:7:8/64",
  "1::3:4:5:6:7:8/64",
  "::ffff:1.2.3.4/104",
  "::ffff:1.2.3.4/128",
  "1:2:3:4:5:6:1.2.3.4/64",
  "FE80::aBcD/10",
];

/** What it refuses. */
const REFUSED: readonly string[] = [
  "1.2.3.4/33",
  "1.2.3.4",
  "1.2.3.4/",
  "/8",
  "",
  "/",
  "01.2.3.4/8",
  "00.2.3.4/8",
  "1.2.3/8",
  "1.2.3.4.5/8",
  "1.2.3.256/8",
  "1.2.3.4/+8",
  "1.2.3.4/-1",
  " 1.2.3.4/8",
  "1.2.3.4/8 ",
  "1.2.3.4 /8",
  "1..3.4/8",
  ".1.2.3/8",
  "1.2.3./8",
  "1.2.3.4/8/9",
  "1.2.3.4/\uff18",
  "1.2.3.\u0664/8",
  "1.2.3.4/8\n",
  "0x1.2.3.4/8",
  "1.2.3.4/16777216",
  "::1/129",
  "1:2:3:4:5:6:7/64",
  "1:2:3:4:5:6:7:8:9/64",
  "1:2:3:4::5:6:7:8/64",
  "1::2::3/64",
  "12345::/64",
  "1:2:3:4:5:1.2.3.4/64",
  "1:2:3:4:5:6:7:1.2.3.4/64",
  "::1.2.3.4:5/64",
  "::01.2.3.4/8",
  "::1.2.3/8",
  "fe80::1%eth0/64",
  "fe80::1%/64",
  "%/8",
  "1.2.3.4%e/8",
  ":1/64",
  "1:/64",
  ":::/64",
  ":/64",
  "::g/64",
  "[::1]/64",
  "x/8",
  "::1 /64",
];

const hexGroup = fc.oneof(
  fc.constantFrom("", "0", "12345", "g"),
  fc.nat(0xffff).map((value) => value.toString(16)),
);
const octet = fc.oneof(
  { weight: 9, arbitrary: fc.nat(260).map(String) },
  { weight: 1, arbitrary: fc.constantFrom("", "01", "+1") },
);
const ipv4 = fc.array(octet, { minLength: 3, maxLength: 5 }).map((fields) => fields.join("."));
const ipv6 = fc
  .tuple(
    fc.array(hexGroup, { maxLength: 9 }),
    fc.constantFrom("", "::"),
    fc.array(hexGroup, { maxLength: 8 }),
    fc.option(ipv4),
  )
  .map(
    ([before, middle, after, last]) =>
      before.join(":") + middle + [...after, ...(last === null ? [] : [last])].join(":"),
  );

describe("isCidr", () => {
  test.each(ACCEPTED)("accepts %j", (text) => {
    expect(isCidr(text)).toBe(true);
  });

  test.each(REFUSED)("refuses %j", (text) => {
    expect(isCidr(text)).toBe(false);
  });

  test("has a bound for the bits of each version", () => {
    fc.assert(
      fc.property(fc.nat(300), (bits) => {
        expect(isCidr(`1.2.3.4/${bits}`)).toBe(bits <= 32);
        expect(isCidr(`::1/${bits}`)).toBe(bits <= 128);
        expect(isCidr(`::ffff:1.2.3.4/${bits}`)).toBe(bits <= 128);
      }),
    );
  });
});

describe("parseIpAddress", () => {
  test("agrees with Node on addresses and what resembles them", () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (text) => {
        const result = parseIpAddress(text);
        expect(result.error === undefined ? result.version : 0).toBe(isIP(text));
      }),
    );
  });

  test("agrees with Node on addresses that are right", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), (four, six) => {
        expect(isIPv4(four) && isIPv6(six)).toBe(true);
        expect(parseIpAddress(four)).toEqual({ version: 4, zone: "" });
        expect(parseIpAddress(six)).toEqual({ version: 6, zone: "" });
      }),
    );
  });

  test("keeps a zone, which a network can't have", () => {
    expect(parseIpAddress("fe80::1%eth0")).toEqual({ version: 6, zone: "eth0" });
    expect(parseIpAddress("fe80::1%a%b.:")).toEqual({ version: 6, zone: "a%b.:" });
    expect(parseIpAddress("%eth0")).toEqual({ error: 'ParseAddr("%eth0"): missing IPv6 address' });
    expect(isCidr("fe80::1%eth0/64")).toBe(false);
  });
});
