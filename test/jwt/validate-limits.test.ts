import { decode } from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { claimsText, tokenOf } from "./tokens.ts";
import { account, findingsIn, limited, PUBLIC_KEYS, testRules } from "./validate-cases.ts";
import type { Finding } from "./validate-issues.ts";

function error(code: Finding[1], place: string, message: string): Finding {
  return ["error", code, `nats.${place}`, message];
}

const imported = (subject: string): object => ({ subject, account: PUBLIC_KEYS.exporter, type: "stream" });
const exported = (subject: string): object => ({ subject, type: "stream" });

const TOO_MANY_IMPORTS = error(
  "LIMITS_IMPORTS",
  "imports",
  "the account contains more imports than allowed by the operator",
);
const TOO_MANY_EXPORTS = error(
  "LIMITS_EXPORTS",
  "exports",
  "the account contains more exports than allowed by the operator",
);
const wildcardExport = (place: number) =>
  error(
    "LIMITS_WILDCARD_EXPORTS",
    `exports.${place}`,
    "the account contains wildcard exports that are not allowed by the operator",
  );

describe("limits (L)", () => {
  const exclusive = error(
    "LIMITS_TIERS_AND_FLAT",
    "limits.tiered_limits",
    "JetStream Limits and tiered JetStream Limits are mutually exclusive",
  );
  const tiers = { tiered_limits: { R1: { disk_storage: -1 } } };
  testRules([
    ...["mem_storage", "disk_storage", "streams", "consumer", "max_ack_pending", "mem_max_stream_bytes"].map(
      (name) =>
        [
          `L1 tiers beside ${name}`,
          limited({ ...tiers, [name]: 1 }),
          [exclusive],
          limited({ ...tiers, [name]: 0 }),
          limited({ tiered_limits: {}, [name]: 1 }),
        ] as const,
    ),
    [
      "L1 with -1, or 2^62",
      limited({ ...tiers, disk_max_stream_bytes: -1, streams: 2n ** 62n }),
      [exclusive],
      limited(tiers),
    ],
    [
      "L1 with a flag",
      limited({ ...tiers, max_bytes_required: true }),
      [exclusive],
      limited({ ...tiers, max_bytes_required: false }),
    ],
    [
      "L2 a tier without name",
      limited({ tiered_limits: { "": {} } }),
      [
        error(
          "LIMITS_TIER_NAME",
          "limits.tiered_limits.",
          'Tiered JetStream Limits can not contain a blank "" tier name',
        ),
      ],
      limited({ tiered_limits: { " ": {}, R1: {} } }),
    ],
  ]);

  test("are any numbers otherwise", () => {
    const odd = { subs: -7, data: 0, payload: 2n ** 62n, conn: -(2n ** 62n), leaf: -2, mem_storage: -9, streams: -9 };
    expect(findingsIn(limited(odd))).toEqual([]);
  });
});

describe("numbers of imports and exports (A8 to A11)", () => {
  const two = { imports: [imported("a"), imported("b")] };
  const twoExports = { exports: [exported("a"), exported("b")] };
  testRules([
    [
      "A8 and A9: too many imports are reported twice",
      limited({ imports: 1 }, two),
      [TOO_MANY_IMPORTS, TOO_MANY_IMPORTS],
      limited({ imports: 2 }, two),
      limited({ imports: -1 }, two),
      limited({ imports: 2n ** 62n }, two),
    ],
    [
      "A9 alone when there are no limits at all",
      account({ limits: {}, imports: [imported("a")] }),
      [TOO_MANY_IMPORTS],
      account({ limits: {} }),
    ],
    ["A9 alone below -1, even without imports", limited({ imports: -2 }), [TOO_MANY_IMPORTS], limited({ imports: -1 })],
    [
      "A8 and A9 as soon as there is a tier",
      account({ limits: { tiered_limits: { R1: {} } }, imports: [imported("a")] }),
      [TOO_MANY_IMPORTS, TOO_MANY_IMPORTS],
    ],
    [
      "A8 and A9 count what is null",
      limited({ imports: 1 }, { imports: [null, imported("b")] }),
      [error("IMPORT_NULL", "imports.0", "null import is not allowed"), TOO_MANY_IMPORTS, TOO_MANY_IMPORTS],
    ],
    [
      "A10 too many exports",
      limited({ exports: 1 }, twoExports),
      [TOO_MANY_EXPORTS],
      limited({ exports: 2 }, twoExports),
      limited({ exports: -1 }, twoExports),
    ],
    ["A10 below -1, even without exports", limited({ exports: -2 }), [TOO_MANY_EXPORTS], limited({ exports: 0 })],
    [
      "A10 counts what is null",
      limited({ exports: 0 }, { exports: [null] }),
      [error("EXPORT_NULL", "exports.0", "null export is not allowed"), TOO_MANY_EXPORTS],
    ],
    [
      "A11 each export with wildcards",
      limited({ exports: 3, wildcards: false }, { exports: [exported("a.*"), exported("b"), exported(">.c.>")] }),
      [wildcardExport(0), wildcardExport(2)],
      limited({ exports: 3, wildcards: true }, { exports: [exported("a.*")] }),
      limited({ exports: 3, wildcards: false }, { exports: [exported("a.>.b")] }),
      limited({ exports: -1, wildcards: false }, { exports: [exported("a.*")] }),
    ],
    [
      "A11 passes over null, where Go crashes",
      limited({ exports: 2, wildcards: false }, { exports: [null, exported("*")] }),
      [error("EXPORT_NULL", "exports.0", "null export is not allowed"), wildcardExport(1)],
    ],
    [
      "A10 and A11",
      limited({ exports: 0, wildcards: false }, { exports: [exported("*")] }),
      [TOO_MANY_EXPORTS, wildcardExport(0)],
    ],
  ]);

  test("members that this version does not know are no limits", () => {
    const key = keyNamed("account");
    const read = (limits: string) => {
      const nats = `{"limits":${limits},"imports":[{"subject":"a","account":"A","type":"stream"}],"type":"account","version":2}`;
      return decode(tokenOf({ key, payload: claimsText({ iss: key.publicKey, sub: key.publicKey }, nats) }));
    };
    expect(findingsIn(read('{"cpu":1}'))).toEqual([TOO_MANY_IMPORTS]);
    expect(findingsIn(read('{"cpu":{"cores":1},"other":true}'))).toEqual([TOO_MANY_IMPORTS]);
    expect(findingsIn(read('{"conn":1}'))).toHaveLength(3);
  });
});
