import { type Claims, createAccountClaims, createUserClaims, decode, toJson } from "nsc.js";
import { describe, expect, test } from "vitest";
import { ACCOUNT, keyNamed, USER } from "../nkeys/fixtures.ts";
import { claimsText, deepFreeze, tokenOf } from "./tokens.ts";
import { WORKED_EXAMPLES } from "./worked-examples.ts";

describe("the JSON of claims", () => {
  test("has all digits of integers", () => {
    const limits = { subs: 2n ** 63n - 1n, data: -(2n ** 63n), payload: 9007199254740993n, conn: 9007199254740991 };
    expect(toJson(createAccountClaims(ACCOUNT.publicKey, { nats: { limits } }))).toContain(
      '"subs":9223372036854775807,"data":-9223372036854775808,"payload":9007199254740993,',
    );
  });

  test("is written from frozen claims, in the order of the wire and not in that of the object", () => {
    const claims = deepFreeze({
      nats: { type: "user", payload: 1, sub: {}, pub: { deny: ["<"] } },
      sub: "U",
      name: "n",
    });
    expect(toJson(claims as unknown as Claims)).toBe(
      '{"name":"n","sub":"U","nats":{"pub":{"deny":["\\u003c"]},"sub":{},"payload":1,"type":"user"}}',
    );
  });

  test("leaves imports and exports in their order, as Go's String does", () => {
    const exports = [{ subject: "b" }, { subject: "a" }];
    expect(toJson(createAccountClaims(ACCOUNT.publicKey, { nats: { exports } }))).toContain(
      '"exports":[{"subject":"b"},{"subject":"a"}]',
    );
  });

  test("has unknown members, given or read", () => {
    expect(toJson({ ...createUserClaims(USER.publicKey), later: 1 } as Claims)).toMatch(/,"later":1\}$/);
    const payload = `{"later":1.0,${claimsText({ iss: ACCOUNT.publicKey, sub: "x" }, '{"type":"user","version":2,"z":[ ]}').slice(1)}`;
    expect(toJson(decode(tokenOf({ key: ACCOUNT, payload })))).toMatch(/"version":2,"z":\[ \]\},"later":1\.0\}$/);
  });

  test("of claims without a known kind is that of generic claims", () => {
    expect(toJson({ sub: "x", nats: { type: "mine", b: 1, a: 2 } })).toBe(
      '{"sub":"x","nats":{"a":2,"b":1,"type":"mine"}}',
    );
  });

  test.each([undefined, null, "claims", 5, true])("of %s there is none", (claims) => {
    expect(() => toJson(claims as unknown as Claims)).toThrowCode("ERR_CLAIMS_TYPE");
  });

  test.each<[object, string]>([
    [[], "ERR_CLAIMS_TYPE"],
    [new Map(), "ERR_CLAIMS_TYPE"],
    [{ sub: 5 }, "ERR_CLAIMS_TYPE"],
    [{ sub: "x", nats: { type: "user", subs: 1.5 } }, "ERR_CLAIMS_INTEGER"],
    [{ sub: "x", exp: 2 ** 60 }, "ERR_CLAIMS_INTEGER"],
    [{ sub: "x", nats: { v: Number.NaN } }, "ERR_CLAIMS_VALUE"],
  ])("of what encode refuses there is none either (%#)", (claims, code) => {
    expect(() => toJson(claims as Claims)).toThrowCode(code as "ERR_CLAIMS_TYPE");
  });
});

describe("the indented form", () => {
  test.each(WORKED_EXAMPLES.filter(({ name }) => name !== "generic"))(
    "of $name is Go's",
    ({ payload, signedBy, name }) => {
      const claims =
        name === "generic-nil"
          ? (JSON.parse(payload) as Claims)
          : decode(tokenOf({ key: keyNamed(signedBy), payload }));
      for (const indent of [1, 2, 4]) {
        const text = toJson(claims, { indent });
        expect(text).toBe(indented(payload, indent));
        expect(JSON.parse(text)).toEqual(JSON.parse(payload));
      }
      expect(toJson(claims, { indent: 0 })).toBe(payload);
    },
  );

  test("leaves texts alone, whatever is in them", () => {
    const name = '{"a":[1, 2],\n"\\": ":"}';
    const text = toJson({ sub: "x", name, nats: { "k:{": [[], {}, [{}]] } }, { indent: 2 });
    expect(text).toBe(
      '{\n  "name": "{\\"a\\":[1, 2],\\n\\"\\\\\\": \\":\\"}",\n  "sub": "x",\n  "nats": {\n    "k:{": [\n      [],\n      {},\n      [\n        {}\n      ]\n    ]\n  }\n}',
    );
  });

  test("has from 0 to 10 spaces", () => {
    const claims = { sub: "x" };
    expect(toJson(claims, { indent: 10 })).toBe('{\n          "sub": "x"\n}');
    for (const indent of [-1, 11, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "2", null, {}]) {
      expect(() => toJson(claims, { indent: indent as number })).toThrowCode("ERR_ARGUMENT_INVALID");
    }
  });
});

/**
 * Go's `MarshalIndent`, by JSON.stringify: they agree on all but what HTML and numbers need, so each text and number is
 * replaced by a plain number on the way.
 */
function indented(payload: string, spaces: number): string {
  const tokens: string[] = [];
  const plain = payload.replace(/"(?:[^"\\]|\\.)*"(?=:)|"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token, offset: number) => {
    tokens.push(token);
    return payload[offset + token.length] === ":" ? `"k${tokens.length - 1}"` : `"v${tokens.length - 1}"`;
  });
  return JSON.stringify(JSON.parse(plain), undefined, spaces).replace(
    /"[kv](\d+)"/g,
    (_, index: string) => tokens[Number(index)] as string,
  );
}
