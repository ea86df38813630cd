import {
  areClaimsRevoked,
  clearRevocation,
  compactRevocations,
  decode,
  encode,
  isRevoked,
  keyPairFromSeed,
  type RevocationHolder,
  revoke,
} from "nsc.js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { claimsText, deepFreeze, payloadOf, tokenOf } from "./tokens.ts";

const operator = keyNamed("operator");
const account = keyNamed("account");
const user = keyNamed("user").publicKey;

describe("CVE-2020-26892: a revocation is about when a token was issued, not about what time it is", () => {
  const ISSUED = 1_600_000_000;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const userToken = (iat: number) =>
    tokenOf({
      key: account,
      payload: claimsText({ iat, iss: account.publicKey, sub: user }, '{"type":"user","version":2}'),
    });

  // The clock stood for the time of issue, so that a revocation ended by itself as soon as time went on.
  test.each([ISSUED - 1000, ISSUED, ISSUED + 1, ISSUED + 1000, 4_000_000_000])("when the clock says %i", (clock) => {
    vi.setSystemTime(clock * 1000);
    const nats: RevocationHolder = {};
    revoke(nats, user, ISSUED);
    const ofUser = [ISSUED - 1, ISSUED, ISSUED + 1].map((iat) => areClaimsRevoked(nats, decode(userToken(iat))));
    expect(ofUser).toEqual([true, true, false]);
    const all: RevocationHolder = {};
    revoke(all, "*", ISSUED);
    const ofAll = [ISSUED - 1, ISSUED, ISSUED + 1].map((iat) => areClaimsRevoked(all, decode(userToken(iat))));
    expect(ofAll).toEqual([true, true, false]);
  });
});

describe("revoke", () => {
  test("takes dates and seconds, and cuts milliseconds off", () => {
    for (const at of [1_700_000_000, new Date(1_700_000_000_000), new Date(1_700_000_000_999)]) {
      const holder: RevocationHolder = {};
      expect(revoke(holder, user, at)).toBeUndefined();
      expect(holder).toEqual({ revocations: { [user]: 1_700_000_000 } });
    }
    const before1970: RevocationHolder = {};
    revoke(before1970, user, new Date(-1));
    expect(before1970).toEqual({ revocations: { [user]: -1 } });
  });

  test("keeps an entry that is later, and its list", () => {
    const revocations = { [user]: 20, other: 5 };
    const holder: RevocationHolder = { revocations };
    revoke(holder, user, 19);
    expect(holder.revocations).toEqual({ [user]: 20, other: 5 });
    revoke(holder, user, 21);
    revoke(holder, "other", 5);
    expect(holder.revocations).toEqual({ [user]: 21, other: 5 });
    expect(holder.revocations).toBe(revocations);
    revoke(holder, "zero", 0);
    expect(isRevoked(holder, "zero", 0)).toBe(true);
  });

  test("compares with an entry beyond 2^53, which a token may have", () => {
    const nats = `{"revocations":{"*":9007199254740993,"${user}":-9007199254740993},"type":"account","version":2}`;
    const payload = claimsText({ iss: operator.publicKey, sub: account.publicKey }, nats);
    const claims = decode(tokenOf({ key: operator, payload }), { kind: "account" });
    revoke(claims.nats, "*", 5);
    revoke(claims.nats, user, 5);
    expect(claims.nats.revocations).toEqual({ "*": 9007199254740993n, [user]: 5 });
    expect(isRevoked(claims.nats, "any", 4_000_000_000)).toBe(true);
    expect(compactRevocations(claims.nats)).toEqual([{ publicKey: user, at: 5 }]);
  });

  test.each([
    ["a fraction", user, 1.5],
    ["no number", user, Number.NaN],
    ["infinity", user, Number.POSITIVE_INFINITY],
    ["too large a number", user, 2 ** 53],
    ["no date", user, new Date(Number.NaN)],
    ["a text", user, "1700000000"],
    ["nothing", user, undefined],
    ["a bigint", user, 5n],
    ["no key", "", 5],
    ["a key that is no text", 5, 5],
  ])("refuses %s, and leaves the claims as they are", (_, key, at) => {
    const holder: RevocationHolder = {};
    expect(() => revoke(holder, key as string, at as number)).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(holder).toEqual({});
  });

  test("is written in the order of the keys", async () => {
    const claims = decode(
      tokenOf({
        key: operator,
        payload: claimsText({ iss: operator.publicKey, sub: account.publicKey }, '{"type":"account","version":2}'),
      }),
      { kind: "account" },
    );
    revoke(claims.nats, user, 7);
    revoke(claims.nats, "*", 5);
    const payload = payloadOf(await encode(claims, keyPairFromSeed(operator.seed)));
    expect(payload).toContain(`"revocations":{"*":5,"${user}":7}`);
  });
});

describe("isRevoked", () => {
  test("looks at the key and at the entry for all", () => {
    const holder = deepFreeze({ revocations: { "*": 10, [user]: 20 } });
    expect([10, 11, 20, 21].map((iat) => isRevoked(holder, user, iat))).toEqual([true, true, true, false]);
    expect([10, 11].map((iat) => isRevoked(holder, "other", iat))).toEqual([true, false]);
    expect(isRevoked(deepFreeze({ revocations: { "*": 20, [user]: 10 } }), user, 20)).toBe(true);
    expect(isRevoked({}, user, 0)).toBe(false);
    expect(isRevoked({ revocations: {} }, user, -1)).toBe(false);
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"])(
    "takes %s for a key like any other",
    (name) => {
      const holder: RevocationHolder = { revocations: {} };
      expect(isRevoked(holder, name, 0)).toBe(false);
      clearRevocation(holder, name);
      revoke(holder, name, 5);
      expect(isRevoked(holder, name, 5)).toBe(true);
      expect(isRevoked(holder, name, 6)).toBe(false);
      expect(Object.keys(holder.revocations ?? {})).toEqual([name]);
      expect(Object.getPrototypeOf(holder.revocations)).toBe(Object.prototype);
      clearRevocation(holder, name);
      expect(isRevoked(holder, name, 5)).toBe(false);
    },
  );
});

describe("areClaimsRevoked", () => {
  test("counts claims that can't be asked about", () => {
    const none = deepFreeze({});
    expect(areClaimsRevoked(none, { sub: user })).toBe(true);
    expect(areClaimsRevoked(none, { sub: user, iat: 0 })).toBe(true);
    expect(areClaimsRevoked(none, { sub: "", iat: 5 })).toBe(true);
    expect(areClaimsRevoked(none, { sub: user, iat: 5 })).toBe(false);
    expect(areClaimsRevoked(none, { sub: user, iat: -5 })).toBe(false);
  });

  test("takes an export for activations", () => {
    const entry = { subject: "a", revocations: { [account.publicKey]: 10 } };
    expect(areClaimsRevoked(entry, { sub: account.publicKey, iat: 10 })).toBe(true);
    expect(areClaimsRevoked(entry, { sub: account.publicKey, iat: 11 })).toBe(false);
  });
});

describe("compactRevocations and clearRevocation", () => {
  test("take away what the entry for all covers, and say what", () => {
    const holder: RevocationHolder = { revocations: { a: 9, "*": 10, b: 10, c: 11 } };
    const removed = compactRevocations(holder);
    expect(removed.toSorted((one, other) => one.at - other.at)).toEqual([
      { publicKey: "a", at: 9 },
      { publicKey: "b", at: 10 },
    ]);
    expect(holder.revocations).toEqual({ "*": 10, c: 11 });
    expect(compactRevocations(holder)).toEqual([]);
    clearRevocation(holder, "*");
    expect(holder.revocations).toEqual({ c: 11 });
    expect(compactRevocations(holder)).toEqual([]);
  });

  test("do nothing where there is nothing", () => {
    const holder: RevocationHolder = {};
    clearRevocation(holder, "*");
    expect(compactRevocations(holder)).toEqual([]);
    expect(holder).toEqual({});
  });
});
