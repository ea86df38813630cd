import {
  type AccountClaims,
  type Claims,
  createAccountClaims,
  createActivationClaims,
  createOperatorClaims,
  createUserClaims,
  decode,
  encode,
  encodeGeneric,
  keyPairFromSeed,
  type NscErrorCode,
  type OperatorClaims,
} from "nsc.js";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ACCOUNT, type FixedKey, KEYS, keyNamed, USER } from "../nkeys/fixtures.ts";
import { deepFreeze, payloadOf } from "./tokens.ts";

const operator = keyNamed("operator");
const account = keyPairFromSeed(ACCOUNT.seed);
const userClaims = createUserClaims(USER.publicKey, { name: "u" });

async function refusal(run: Promise<string>): Promise<readonly [NscErrorCode, string]> {
  const error: unknown = await run.then(
    (token) => new Error(`not refused: ${payloadOf(token)}`),
    (reason: unknown) => reason,
  );
  return [(error as { code: NscErrorCode }).code, (error as Error).message];
}

describe("the input", () => {
  test("may be frozen all through, and is not changed", async () => {
    const claims: AccountClaims = {
      sub: ACCOUNT.publicKey,
      iss: "old",
      iat: 1,
      jti: "old",
      nats: {
        type: "account",
        version: 1,
        limits: {},
        default_permissions: { pub: {}, sub: {} },
        authorization: {},
        exports: Array.from({ length: 20 }, (_, index) => ({
          subject: `s${(index * 7) % 20}`,
          type: "stream" as const,
        })),
        imports: [
          { subject: "b", account: "B" },
          { subject: "a", account: "A" },
        ],
        signing_keys: ["Z", "A"],
        revocations: { b: 1, a: 2 },
      },
    };
    const before = structuredClone(claims);
    const token = await encode(deepFreeze(claims), account);
    expect(claims).toEqual(before);
    expect(Object.keys(claims)).toEqual(Object.keys(before));
    expect(decode(token)).not.toEqual(before);
  });

  test("is read before encode returns: changing it while a signer waits changes nothing", async () => {
    const claims = createUserClaims(USER.publicKey, { name: "before" });
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    const signer = {
      publicKey: account.publicKey,
      sign: async (bytes: Uint8Array) => {
        await waiting;
        return account.sign(bytes);
      },
    };
    const promise = encode(claims, signer);
    claims.name = "after";
    claims.nats.payload = 5;
    release();
    expect(decode(await promise)).toMatchObject({ name: "before", nats: { payload: -1 } });
  });

  test("need not have the members that encode sets, and they are not looked at", async () => {
    const odd = { ...userClaims, iss: {}, iat: "x", jti: [], nats: { ...userClaims.nats, version: "y" } };
    const options = { issuedAt: 1700000000 };
    expect(await encode(odd as unknown as Claims, account, options)).toBe(await encode(userClaims, account, options));
    expect(decode(await encode(odd as unknown as Claims, account, options))).toMatchObject({
      iss: ACCOUNT.publicKey,
      iat: 1700000000,
      nats: { type: "user", version: 2 },
    });
  });
});

describe("the time of issue", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is now in whole seconds, rounded down", async () => {
    vi.useFakeTimers({ now: 1700000000999 });
    expect(decode(await encode(userClaims, account)).iat).toBe(1700000000);
  });

  test.each([0, -5, 1, Number.MAX_SAFE_INTEGER])("may be %i", async (issuedAt) => {
    const payload = payloadOf(await encode(userClaims, account, { issuedAt }));
    if (issuedAt === 0) expect(payload).not.toContain("iat");
    else expect(payload).toContain(`"iat":${issuedAt},`);
  });

  test.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "1700000000", null, 5n, new Date()])(
    "can't be %s",
    async (issuedAt) => {
      const options = { issuedAt: issuedAt as number };
      await expect(encode(userClaims, account, options)).toThrowCode("ERR_ARGUMENT_INVALID");
      await expect(encodeGeneric({ sub: "x" }, account, options)).toThrowCode("ERR_ARGUMENT_INVALID");
    },
  );
});

describe("subjects", () => {
  const claimsOf = (type: string, sub: unknown): Claims => ({ sub, nats: { type } }) as Claims;

  test.each([
    ["operator", operator, "operator", "expected subject to be an operator public key"],
    ["account", operator, "account", "expected subject to be account public key"],
    ["user", ACCOUNT, "user", "expected subject to be user public key"],
    ["activation", ACCOUNT, "account", "expected subject to be an account"],
  ] as const)("of %s claims have to be keys of their kind", async (type, issuer, kind, message) => {
    const pair = keyPairFromSeed(issuer.seed);
    const subjects: unknown[] = [
      ...KEYS.map(({ publicKey }) => publicKey),
      ...KEYS.map(({ seed }) => seed),
      "",
      "x",
      undefined,
      null,
      1,
    ];
    const right = KEYS.filter((key) => key.kind === kind).map(({ publicKey }) => publicKey);
    for (const sub of subjects) {
      if (right.includes(sub as string)) expect(decode(await encode(claimsOf(type, sub), pair)).sub).toBe(sub);
      else expect(await refusal(encode(claimsOf(type, sub), pair))).toEqual(["ERR_CLAIMS_SUBJECT", message]);
    }
    expect(right).not.toEqual([]);
    // As in Go, neither the length nor the low bits are looked at.
    expect(decode(await encode(claimsOf(type, `${right[0]}A`), pair)).sub).toBe(`${right[0]}A`);
  });

  test.each([
    ["authorization_request", keyNamed("server")],
    ["authorization_response", ACCOUNT],
  ] as const)("of %s claims are any text but the empty one", async (type, issuer) => {
    const pair = keyPairFromSeed(issuer.seed);
    expect(decode(await encode(claimsOf(type, "anything"), pair)).sub).toBe("anything");
    for (const sub of ["", undefined, null, 1, {}]) {
      expect(await refusal(encode(claimsOf(type, sub), pair))).toEqual(["ERR_CLAIMS_SUBJECT", "subject is not set"]);
    }
  });

  test("a wrong one is found before a missing signer, and a missing signer before an empty subject", async () => {
    const none = undefined as never;
    expect(await refusal(encode(claimsOf("user", "x"), none))).toEqual([
      "ERR_CLAIMS_SUBJECT",
      "expected subject to be user public key",
    ]);
    expect((await refusal(encode(claimsOf("authorization_response", ""), none)))[0]).toBe("ERR_SIGNER_INVALID");
  });
});

describe("issuers", () => {
  const OF_KIND = {
    operator: [createOperatorClaims(operator.publicKey), ["operator"], "[operator]"],
    account: [createAccountClaims(ACCOUNT.publicKey), ["account", "operator"], "[account operator]"],
    user: [userClaims, ["account"], "[account]"],
    activation: [createActivationClaims(ACCOUNT.publicKey), ["account", "operator"], "[account operator]"],
    authorization_request: [{ sub: "x", nats: { type: "authorization_request" } }, ["server"], "[server]"],
    authorization_response: [{ sub: "x", nats: { type: "authorization_response" } }, ["account"], "[account]"],
  } as const;
  const signers = KEYS.filter(({ kind }) => kind !== "curve");

  test.each(Object.entries(OF_KIND))(
    "of %s claims are keys of the kinds that Go has",
    async (_, [claims, kinds, text]) => {
      for (const key of signers) {
        const pair = keyPairFromSeed(key.seed);
        const held = { publicKey: key.publicKey, sign: (bytes: Uint8Array) => pair.sign(bytes) };
        for (const signer of [pair, held]) {
          if ((kinds as readonly string[]).includes(key.kind)) {
            expect(decode(await encode(claims as Claims, signer)).iss).toBe(key.publicKey);
          } else {
            expect(await refusal(encode(claims as Claims, signer))).toEqual([
              "ERR_SIGNER_KIND",
              `unable to validate expected prefixes - ${text}`,
            ]);
          }
        }
      }
    },
  );

  test("of generic claims are keys of any kind that signs", async () => {
    for (const { seed, publicKey } of signers) {
      const token = await encodeGeneric({ sub: "x" }, keyPairFromSeed(seed));
      expect(JSON.parse(payloadOf(token))).toMatchObject({ iss: publicKey, sub: "x" });
    }
  });
});

describe("the account server URL of an operator", () => {
  const encodeWith = (account_server_url: unknown): Promise<string> =>
    encode(
      createOperatorClaims(operator.publicKey, { nats: { account_server_url } as OperatorClaims["nats"] }),
      keyPairFromSeed(operator.seed),
    );

  test.each(["http://localhost:9090/jwt/v1", "nats://h:4222", "x:", "", undefined, null])("may be %j", async (url) => {
    expect(payloadOf(await encodeWith(url)).includes("account_server_url")).toBe(Boolean(url));
  });

  test.each([
    ["/relative", 'account server url "/relative" requires a protocol'],
    ["bad url", 'account server url "bad url" requires a protocol'],
    ["http://[::1", "error parsing account server url: parse \"http://[::1\": missing ']' in host"],
    [":", 'error parsing account server url: parse ":": missing protocol scheme'],
  ])("%j is refused, in Go's words", async (url, message) => {
    expect(await refusal(encodeWith(url))).toEqual(["ERR_CLAIMS_VALUE", message]);
  });

  test("is checked before the signer is", async () => {
    const claims = createOperatorClaims(operator.publicKey, { nats: { account_server_url: "/x" } });
    await expect(encode(claims, undefined as never)).toThrowCode("ERR_CLAIMS_VALUE");
    await expect(encode(claims, account)).toThrowCode("ERR_CLAIMS_VALUE");
  });
});

describe("what is written", () => {
  const payloadWith = async (nats: object, key: FixedKey = ACCOUNT): Promise<string> =>
    payloadOf(await encode({ sub: key.publicKey, nats: { type: "account", ...nats } } as Claims, account));

  test.each<[string, object, string]>([
    ["HTML is escaped", { description: "<a> & b" }, '"description":"\\u003ca\\u003e \\u0026 b"'],
    [
      "controls have Go's escapes",
      { description: "\u0000\b\f\n\r\t\u001f\u007f/'" },
      '"description":"\\u0000\\b\\f\\n\\r\\t\\u001f\u007f/\'"',
    ],
    ["line separators are escaped", { description: "\u2028\u2029" }, '"description":"\\u2028\\u2029"'],
    [
      "lone surrogates are U+FFFD",
      { description: "\ud800\udc00\udc00x\ud800" },
      '"description":"\u{10000}\\ufffdx\\ufffd"',
    ],
    ["names are escaped like texts", { mappings: { "<\n>": [] } }, '"mappings":{"\\u003c\\n\\u003e":[]}'],
    [
      "maps are ordered by the bytes of their keys",
      { revocations: { "\u{1f600}": 1, "\ufffd": 2, b: 3, "10": 4, "9": 5, a: 6 } },
      '"revocations":{"10":4,"9":5,"a":6,"b":3,"\ufffd":2,"\u{1f600}":1}',
    ],
    [
      "structs are always there",
      {},
      '"nats":{"limits":{},"default_permissions":{"pub":{},"sub":{}},"authorization":{},"type"',
    ],
    [
      "zero is left out and -1 is not",
      { limits: { subs: 0, data: -1, payload: 0n, conn: -0 } },
      '"limits":{"data":-1}',
    ],
    ["a source without destinations is null", { mappings: { b: null } }, '"mappings":{"b":null}'],
    ["a destination always has its subject", { mappings: { b: [{ weight: 0 }] } }, '"mappings":{"b":[{"subject":""}]}'],
    [
      "empty lists and maps are left out",
      { imports: [], exports: [], mappings: {}, tags: [], signing_keys: [] },
      '{"limits":{},"default_permissions"',
    ],
    ["false is left out", { limits: { wildcards: false } }, '"limits":{},'],
  ])("%s", async (_, nats, text) => {
    expect(await payloadWith(nats)).toContain(text);
  });
});
