import {
  type AssertValidOptions,
  assertValid,
  type Claims,
  ClaimsError,
  createNativeEngine,
  createPortableEngine,
  decodeGeneric,
  isNscError,
  NscError,
  type ValidateOptions,
  validate,
} from "nsc.js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decodePublicKey } from "../../src/nkeys/codec.ts";
import { keyNamed } from "../nkeys/fixtures.ts";
import { claimsText, deepFreeze, tokenOf } from "./tokens.ts";
import { account, PUBLIC_KEYS, user } from "./validate-cases.ts";

/** Levels of what is found at a time in claims that expire at 1000 and begin at 500. */
function levelsAt(now: unknown): string[] {
  const options = { now } as ValidateOptions;
  return validate(user({}, { exp: 1000, nbf: 500 }), options).map(({ message }) => message);
}

const EXPIRED = "claim is expired";
const NOT_YET = "claim is not yet valid";

describe("the time of validation", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test("is now", () => {
    vi.setSystemTime(1_000_999);
    expect([validate(user({}, { exp: 1000 })), levelsAt(undefined)]).toEqual([[], []]);
    vi.setSystemTime(1_001_000);
    expect(levelsAt(undefined)).toEqual([EXPIRED]);
    expect(() => assertValid(user({}, { exp: 1000 }))).toThrowCode("ERR_CLAIMS_INVALID");
  });

  test.each<[unknown, string[]]>([
    [1000, []],
    [1001, [EXPIRED]],
    [500, []],
    [499, [NOT_YET]],
    [0, [NOT_YET]],
    [-1, [NOT_YET]],
    [new Date(1_000_000), []],
    [new Date(1_001_000), [EXPIRED]],
    [new Date(499_999), [NOT_YET]],
    [new Date(0), [NOT_YET]],
  ])("may be %o", (now, found) => {
    vi.setSystemTime(7e12);
    expect(levelsAt(now)).toEqual(found);
  });

  test("counts in whole seconds, as Go does", () => {
    for (const now of [1000.999, new Date(1_000_999)]) expect(levelsAt(now)).toEqual([]);
    for (const now of [499.999, new Date(499_999)]) expect(levelsAt(now)).toEqual([NOT_YET]);
    for (const now of [1001, new Date(1_001_000)]) expect(levelsAt(now)).toEqual([EXPIRED]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, new Date(Number.NaN), "1000", 1000n, {}, [1000], true])(
    "can't be %o",
    (now) => {
      expect(() => levelsAt(now)).toThrowCode("ERR_ARGUMENT_INVALID");
      expect(() => assertValid(user({}), { now } as AssertValidOptions)).toThrowCode("ERR_ARGUMENT_INVALID");
    },
  );
});

describe("activation tokens", () => {
  test.each([
    ["native", createNativeEngine()],
    ["portable", createPortableEngine()],
  ])("are verified by the %s engine when it is given", (_, engine) => {
    if (engine === undefined) throw new Error("the tests need a platform with node:crypto");
    const key = keyNamed("account2");
    const nats = '{"subject":"a","kind":"stream","type":"activation","version":2}';
    const token = tokenOf({ key, payload: claimsText({ iss: key.publicKey, sub: PUBLIC_KEYS.account }, nats) });
    const publicKey = vi.spyOn(engine, "publicKey");
    const claims = (text: string) =>
      account({ imports: [{ subject: "a", account: key.publicKey, type: "stream", token: text }] });
    expect(validate(claims(token), { engine })).toEqual([]);
    expect(publicKey).toHaveBeenCalledWith(decodePublicKey(key.publicKey).publicKey);
    const forged = token.replace(/\.[\w-]+$/, `.${"A".repeat(86)}`);
    expect(validate(claims(forged), { engine }).map(({ code }) => code)).toEqual(["IMPORT_TOKEN_INVALID"]);
  });

  test("that can't be verified because something else is wrong don't count as invalid", () => {
    const engine = {
      ...createPortableEngine(),
      decodeBase64Url: () => {
        throw new RangeError("out of memory");
      },
    };
    const claims = account({ imports: [{ subject: "a", account: "A", type: "stream", token: "a.b.c" }] });
    expect(() => validate(claims, { engine })).toThrow(RangeError);
  });
});

describe("claims by hand", () => {
  class Odd {}
  const exports = (entry: unknown): unknown => ({ exports: [{ subject: "a", type: "stream" }, entry] });
  const scope = (members: object): unknown => ({ signing_keys: [{ kind: "user_scope", key: "A", ...members }] });

  test.each<[unknown, string, string]>([
    [{ limits: { subs: "1" } }, "nats.limits.subs", "ERR_CLAIMS_TYPE"],
    [{ limits: { subs: 1.5 } }, "nats.limits.subs", "ERR_CLAIMS_TYPE"],
    [{ limits: { subs: 2n ** 63n } }, "nats.limits.subs", "ERR_CLAIMS_TYPE"],
    [{ limits: { wildcards: 1 } }, "nats.limits.wildcards", "ERR_CLAIMS_TYPE"],
    [{ limits: [] }, "nats.limits", "ERR_CLAIMS_TYPE"],
    [{ limits: new Odd() }, "nats.limits", "ERR_CLAIMS_TYPE"],
    [{ limits: { tiered_limits: { R1: 1 } } }, "nats.limits.tiered_limits.R1", "ERR_CLAIMS_TYPE"],
    [{ exports: {} }, "nats.exports", "ERR_CLAIMS_TYPE"],
    [{ exports: new Map() }, "nats.exports", "ERR_CLAIMS_TYPE"],
    [exports(5), "nats.exports[1]", "ERR_CLAIMS_TYPE"],
    [exports(undefined), "nats.exports[1]", "ERR_CLAIMS_TYPE"],
    [exports(new Date(0)), "nats.exports[1]", "ERR_CLAIMS_TYPE"],
    [exports({ subject: 5 }), "nats.exports[1].subject", "ERR_CLAIMS_TYPE"],
    [exports({ subject: () => "a" }), "nats.exports[1].subject", "ERR_CLAIMS_TYPE"],
    [exports({ subject: Symbol("a") }), "nats.exports[1].subject", "ERR_CLAIMS_TYPE"],
    [exports({ type: "sream" }), "nats.exports[1].type", "ERR_CLAIMS_TYPE"],
    [exports({ type: 5 }), "nats.exports[1].type", "ERR_CLAIMS_TYPE"],
    [exports({ account_token_position: -1 }), "nats.exports[1].account_token_position", "ERR_CLAIMS_TYPE"],
    [exports({ response_threshold: "5s" }), "nats.exports[1].response_threshold", "ERR_CLAIMS_TYPE"],
    [exports({ service_latency: { sampling: "x" } }), "nats.exports[1].service_latency.sampling", "ERR_CLAIMS_TYPE"],
    [exports({ revocations: { A: "now" } }), "nats.exports[1].revocations.A", "ERR_CLAIMS_TYPE"],
    [{ imports: [{ type: "Stream" }] }, "nats.imports[0].type", "ERR_CLAIMS_TYPE"],
    [{ imports: [{ token: {} }] }, "nats.imports[0].token", "ERR_CLAIMS_TYPE"],
    [{ signing_keys: {} }, "nats.signing_keys", "ERR_CLAIMS_TYPE"],
    [{ signing_keys: ["A", 1] }, "nats.signing_keys[1]", "ERR_CLAIMS_TYPE"],
    [{ signing_keys: [null] }, "nats.signing_keys[0]", "ERR_CLAIMS_TYPE"],
    [{ signing_keys: [["A"]] }, "nats.signing_keys[0]", "ERR_CLAIMS_TYPE"],
    [scope({ key: 5 }), "nats.signing_keys[0].key", "ERR_CLAIMS_TYPE"],
    [scope({ template: { subs: "x" } }), "nats.signing_keys[0].template.subs", "ERR_CLAIMS_TYPE"],
    [scope({ kind: "x" }), "unknown signing key scope ", "ERR_CLAIMS_VALUE"],
    [{ mappings: [] }, "nats.mappings", "ERR_CLAIMS_TYPE"],
    [{ mappings: { "a.*": {} } }, 'nats.mappings["a.*"]', "ERR_CLAIMS_TYPE"],
    [{ mappings: { a: [{ weight: 256 }] } }, "nats.mappings.a[0].weight", "ERR_CLAIMS_TYPE"],
    [{ trace: "t" }, "nats.trace", "ERR_CLAIMS_TYPE"],
    [{ trace: { sampling: Number.NaN } }, "nats.trace.sampling", "ERR_CLAIMS_VALUE"],
    [{ later: [0, Number.POSITIVE_INFINITY] }, "nats.later[1]", "ERR_CLAIMS_VALUE"],
    [{ default_permissions: { pub: { allow: "a" } } }, "nats.default_permissions.pub.allow", "ERR_CLAIMS_TYPE"],
    [{ description: 5 }, "nats.description", "ERR_CLAIMS_TYPE"],
    [{ tags: [5] }, "nats.tags[0]", "ERR_CLAIMS_TYPE"],
  ])("of an account, case %#: %s is refused with its place", (nats, place, code) => {
    const claims = { sub: "A", nats: { type: "account", ...(nats as object) } } as unknown as Claims;
    expect(refusal(claims)).toEqual([code, expect.stringMatching(startingWith(place))]);
  });

  test.each<[unknown, string]>([
    [{ src: "10.0.0.0/8" }, "nats.src"],
    [{ src: [5] }, "nats.src[0]"],
    [{ times: [5] }, "nats.times[0]"],
    [{ times: [{ start: 5 }] }, "nats.times[0].start"],
    [{ bearer_token: "true" }, "nats.bearer_token"],
    [{ pub: [] }, "nats.pub"],
    [{ resp: { max: "1" } }, "nats.resp.max"],
  ])("of a user, case %#: %s is refused with its place", (nats, place) => {
    const claims = { sub: "U", nats: { type: "user", ...(nats as object) } } as unknown as Claims;
    expect(refusal(claims)).toEqual(["ERR_CLAIMS_TYPE", expect.stringMatching(startingWith(place))]);
  });

  test.each<[unknown, string]>([
    [{ sub: 5 }, "sub"],
    [{ exp: "never" }, "exp"],
    [{ exp: 1.5 }, "exp"],
    [{ name: {} }, "name"],
    [{ nats: 5 }, "nats"],
    [{ nats: [] }, "nats"],
    [[], "the value"],
    [new Map(), "the value"],
    [null, "claims"],
    [undefined, "claims"],
    ["eyJ0eXAiOiJKV1QifQ.e30.x", "claims"],
    [() => ({}), "claims"],
  ])("of any kind, case %#: %s is refused with its place", (claims, place) => {
    expect(refusal(claims)).toEqual(["ERR_CLAIMS_TYPE", expect.stringMatching(startingWith(place))]);
  });

  test("that contain themselves are refused", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic["more"] = cyclic;
    expect(() => validate(account({ cyclic }))).toThrowCode("ERR_JSON_DEPTH");
  });

  test("may have members that are undefined", () => {
    expect(validate(account({ description: undefined, exports: undefined }, { exp: undefined }))).toEqual([]);
  });

  test("may come from another realm or without prototype", () => {
    const nats = Object.assign(Object.create(null), { type: "user", sub: { allow: [""] } });
    expect(validate(Object.assign(Object.create(null), { sub: "U", nats })).map(({ code }) => code)).toEqual([
      "SUBJECT_EMPTY",
    ]);
  });

  test("of kinds that NATS does not know are free but for their times", () => {
    for (const type of ["acount", "constructor", "", undefined, 5]) {
      const claims = { sub: "", exp: 1, nats: { type, exports: [{ subject: "" }], limits: "x" } };
      expect(validate(claims as unknown as Claims, { now: 2 }).map(({ message }) => message)).toEqual([EXPIRED]);
      expect(validate(claims as unknown as Claims, { now: 1 })).toEqual([]);
    }
    expect(validate({ sub: "" })).toEqual([]);
  });

  test("may be those of a generic token", () => {
    const key = keyNamed("user");
    const payload = claimsText(
      { iss: key.publicKey, sub: "x", nbf: 9 },
      '{"type":"mine","deep":[{"a":1.5}],"version":2}',
    );
    const claims = decodeGeneric(tokenOf({ key, payload }));
    expect(validate(claims, { now: 9 })).toEqual([]);
    expect(validate(claims, { now: 8 }).map(({ code }) => code)).toEqual(["CLAIMS_NOT_YET_VALID"]);
  });
});

/** What validation refuses claims with. */
function refusal(claims: unknown): [string, string] {
  try {
    validate(deepFreeze(claims) as Claims);
  } catch (error) {
    if (isNscError(error)) return [error.code, error.message];
    throw error;
  }
  throw new Error("the claims were not refused");
}

function startingWith(place: string): RegExp {
  return new RegExp(`^${place.replace(/[.[\]*]/g, "\\$&")}(?![.\\w[])`);
}

describe("assertValid", () => {
  const broken = account({ cluster_traffic: "x", exports: [{ subject: "a" }] }, { exp: 1, iss: PUBLIC_KEYS.exporter });

  test("throws one error with all issues, named after the first that blocks", () => {
    const error = caught(() => assertValid(broken, { now: 2 }));
    expect(error).toMatchObject({
      name: "ClaimsError",
      code: "ERR_CLAIMS_INVALID",
      message: "the claims are not valid: claim is expired (and 2 more)",
    });
    expect(error.issues).toEqual(validate(broken, { now: 2 }));
    expect(error.issues.map(({ level }) => level)).toEqual(["time", "error", "error", "warning"]);
    expect(error).toBeInstanceOf(NscError);
    expect(error).toBeInstanceOf(Error);
    expect(isNscError(error, "ERR_CLAIMS_INVALID")).toBe(true);
  });

  test("leaves times out of what blocks when it is told to, but not out of the issues", () => {
    const error = caught(() => assertValid(broken, { now: 2, ignoreTimes: true }));
    expect(error.message).toBe('the claims are not valid: invalid export type: "unknown" (and 1 more)');
    expect(error.issues).toHaveLength(4);
    expect(assertValid(user({}, { exp: 1 }), { now: 2, ignoreTimes: true })).toBeUndefined();
    expect(() => assertValid(user({}, { exp: 1 }), { now: 2, ignoreTimes: false })).toThrow(ClaimsError);
    expect(() => assertValid(user({ issuer_account: "x" }, { exp: 1 }), { now: 2, ignoreTimes: true })).toThrow(
      ClaimsError,
    );
  });

  test("says no number when there is but one", () => {
    const error = caught(() => assertValid(user({ issuer_account: "x" })));
    expect(error.message).toBe("the claims are not valid: account_id is not an account public key");
  });

  test("lets warnings pass, and what has no issues", () => {
    expect(assertValid(account({}, { iss: PUBLIC_KEYS.exporter }))).toBeUndefined();
    expect(assertValid(account({}))).toBeUndefined();
    expect(assertValid({ sub: "x", nats: { type: "mine" } })).toBeUndefined();
  });

  test("throws what validate throws for what are no claims", () => {
    expect(() => assertValid(undefined as unknown as Claims)).toThrowCode("ERR_CLAIMS_TYPE");
    expect(() => assertValid(account({ exports: 5 }))).toThrowCode("ERR_CLAIMS_TYPE");
  });
});

function caught(run: () => void): ClaimsError {
  try {
    run();
  } catch (error) {
    if (error instanceof ClaimsError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
