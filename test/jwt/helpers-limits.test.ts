import {
  accountIsUnlimited,
  createAccountClaims,
  decode,
  hasJetStream,
  isUnlimited,
  jetStreamIsUnlimited,
  limitsAreEmpty,
  natsIsUnlimited,
  type OperatorLimits,
  systemAccountExports,
  validate,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { ACCOUNT, keyNamed } from "../nkeys/fixtures.ts";
import { claimsText, tokenOf } from "./tokens.ts";
import { account } from "./validate-cases.ts";

const NATS = { subs: -1, data: -1, payload: -1 };
const ACCOUNT_LIMITS = { imports: -1, exports: -1, conn: -1, leaf: -1, wildcards: true };
const STORAGE = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
const ALL = { ...NATS, ...ACCOUNT_LIMITS, ...STORAGE };

/** All members of the limits, each with something that is no zero. */
const ONE_OF_EACH: OperatorLimits = {
  subs: 1,
  data: -1,
  payload: 1n,
  imports: 1,
  exports: 1,
  wildcards: true,
  disallow_bearer: true,
  conn: 1,
  leaf: 1,
  mem_storage: 1,
  disk_storage: 2n ** 62n,
  streams: 1,
  consumer: 1,
  max_ack_pending: 1,
  mem_max_stream_bytes: 1,
  disk_max_stream_bytes: -1,
  max_bytes_required: true,
  tiered_limits: { R1: {} },
};

const names = Object.keys(ONE_OF_EACH) as (keyof OperatorLimits)[];

/** The limits but for one. */
function without(limits: OperatorLimits, name: string): OperatorLimits {
  return Object.fromEntries(Object.entries(limits).filter(([each]) => each !== name));
}

describe("limitsAreEmpty", () => {
  test.each(names)("is false with %s", (name) => {
    expect(limitsAreEmpty({ [name]: ONE_OF_EACH[name] })).toBe(false);
  });

  test("is true without any, or with zeros only", () => {
    expect(limitsAreEmpty({})).toBe(true);
    const zeros = Object.fromEntries(
      names.map((name) => [name, typeof ONE_OF_EACH[name] === "boolean" ? false : name === "tiered_limits" ? {} : 0]),
    );
    expect(limitsAreEmpty(zeros)).toBe(true);
    expect(limitsAreEmpty({ subs: 0n })).toBe(true);
  });

  test("passes over members that it does not know", () => {
    const key = keyNamed("operator");
    const nats = '{"limits":{"cpu":1,"more":{"a":1},"flag":true},"type":"account","version":2}';
    const payload = claimsText({ iss: key.publicKey, sub: ACCOUNT.publicKey }, nats);
    const { limits } = decode(tokenOf({ key, payload }), { kind: "account" }).nats;
    expect(limits).toEqual({ cpu: 1, more: { a: 1 }, flag: true });
    expect(limitsAreEmpty(limits)).toBe(true);
  });
});

describe("natsIsUnlimited", () => {
  test("is true when all are -1", () => {
    expect(natsIsUnlimited(NATS)).toBe(true);
    expect(natsIsUnlimited({ subs: -1n, data: -1, payload: -1n })).toBe(true);
    expect(natsIsUnlimited({ ...NATS, ...ONE_OF_EACH, ...NATS })).toBe(true);
  });

  test.each(Object.keys(NATS))("is false with another %s", (name) => {
    for (const limit of [0, 1, -2, 2n ** 62n]) expect(natsIsUnlimited({ ...NATS, [name]: limit })).toBe(false);
    expect(natsIsUnlimited(without(NATS, name))).toBe(false);
  });
});

describe("accountIsUnlimited", () => {
  test("is true when all are -1 and wildcards are allowed", () => {
    expect(accountIsUnlimited(ACCOUNT_LIMITS)).toBe(true);
    expect(accountIsUnlimited({ ...ACCOUNT_LIMITS, disallow_bearer: false, conn: -1n })).toBe(true);
    expect(accountIsUnlimited(createAccountClaims(ACCOUNT.publicKey).nats.limits)).toBe(true);
  });

  test.each(Object.keys(ACCOUNT_LIMITS))("is false with another %s", (name) => {
    const other = name === "wildcards" ? false : 0;
    expect(accountIsUnlimited({ ...ACCOUNT_LIMITS, [name]: other })).toBe(false);
    expect(accountIsUnlimited(without(ACCOUNT_LIMITS, name))).toBe(false);
  });

  test("is false when bearers are not allowed", () => {
    expect(accountIsUnlimited({ ...ACCOUNT_LIMITS, disallow_bearer: true })).toBe(false);
  });
});

describe("jetStreamIsUnlimited", () => {
  const capped = ["max_ack_pending", "mem_max_stream_bytes", "disk_max_stream_bytes"];

  test("is true when the four are -1 and the others below 1", () => {
    expect(jetStreamIsUnlimited(STORAGE)).toBe(true);
    expect(jetStreamIsUnlimited({ ...STORAGE, max_ack_pending: 0, mem_max_stream_bytes: -1n })).toBe(true);
    expect(jetStreamIsUnlimited({ ...STORAGE, disk_max_stream_bytes: -7, max_bytes_required: false })).toBe(true);
  });

  test.each(Object.keys(STORAGE))("is false with another %s", (name) => {
    for (const limit of [0, 1, -2]) expect(jetStreamIsUnlimited({ ...STORAGE, [name]: limit })).toBe(false);
    expect(jetStreamIsUnlimited(without(STORAGE, name))).toBe(false);
  });

  test.each(capped)("is false with a %s", (name) => {
    for (const limit of [1, 2n ** 62n]) expect(jetStreamIsUnlimited({ ...STORAGE, [name]: limit })).toBe(false);
  });

  test("is false when streams must have a limit", () => {
    expect(jetStreamIsUnlimited({ ...STORAGE, max_bytes_required: true })).toBe(false);
  });
});

describe("isUnlimited", () => {
  test("is true when all is and there are no tiers", () => {
    expect(isUnlimited(ALL)).toBe(true);
    expect(isUnlimited({ ...ALL, tiered_limits: {} })).toBe(true);
  });

  test.each(["subs", "conn", "disk_storage"])("is false with another %s", (name) => {
    expect(isUnlimited({ ...ALL, [name]: 1 })).toBe(false);
    expect(isUnlimited(without(ALL, name))).toBe(false);
  });

  test("is false with a tier", () => {
    expect(isUnlimited({ ...ALL, tiered_limits: { R1: STORAGE } })).toBe(false);
  });
});

describe("hasJetStream", () => {
  test.each<[OperatorLimits, boolean]>([
    [{}, false],
    [{ mem_storage: 1 }, true],
    [{ disk_storage: -1 }, true],
    [{ disk_storage: -1n }, true],
    [{ mem_storage: 0n, disk_storage: 0 }, false],
    [{ streams: -1, consumer: -1, max_ack_pending: 1 }, false],
    [{ tiered_limits: { R1: {}, R3: { disk_storage: 1 } } }, true],
    [{ tiered_limits: { R1: { streams: 1 } } }, false],
    [{ disk_storage: 1, tiered_limits: { R1: {} } }, false],
    [{ disk_storage: 1, tiered_limits: {} }, true],
  ])("of case %# is %s", (limits, has) => {
    expect(hasJetStream(limits)).toBe(has);
  });
});

describe("systemAccountExports", () => {
  test("are those of nsc, and valid", () => {
    const [streams, services, ...more] = systemAccountExports();
    expect(more).toEqual([]);
    expect(streams).toMatchObject({
      name: "account-monitoring-streams",
      subject: "$SYS.ACCOUNT.*.>",
      type: "stream",
      account_token_position: 3,
    });
    expect(services).toMatchObject({
      name: "account-monitoring-services",
      subject: "$SYS.REQ.ACCOUNT.*.*",
      type: "service",
      response_type: "Stream",
      account_token_position: 4,
    });
    expect(validate(account({ exports: systemAccountExports() }))).toEqual([]);
  });

  test("are fresh each time", () => {
    const [first] = systemAccountExports();
    if (first !== undefined) first.subject = "changed";
    expect(systemAccountExports()[0]?.subject).toBe("$SYS.ACCOUNT.*.>");
  });
});
