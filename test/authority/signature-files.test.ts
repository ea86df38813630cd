import fc from "fast-check";
import { createUserClaims, encode, isNscError, memoryStore, Nsc, readSignatureRequest, signRequest } from "nsc.js";
import { describe, expect, test } from "vitest";
import { HEADER, HEADER_V1 } from "../jwt/tokens.ts";
import { key } from "./signer-fixtures.ts";

const OPERATOR = key("operator", 1);
const USER = key("user", 1);

/** A request for the signature of an operator, and what belongs to it. */
async function requested() {
  const nsc = new Nsc({ store: memoryStore(), clock: () => new Date("2026-01-01") });
  const { toSign, toCommit, tokens } = await nsc.requestSignatures(
    async (tx) => {
      const operator = await tx.addOperator("prod", { key: OPERATOR.publicKey, signingKey: true });
      const account = await operator.addAccount("APP");
      await account.addUser("u");
      await account.rename("NEW");
    },
    { keys: [OPERATOR.publicKey] },
  );
  return { nsc, toSign, toCommit, token: tokens[0] as (typeof tokens)[number] };
}

const { nsc, toSign, toCommit, token } = await requested();
const response = await signRequest(toSign, [OPERATOR]);
const userPayload = (await encode(createUserClaims(USER.publicKey), key("account", 1))).split(".")[1];

describe("the text of a request", () => {
  test("may get other white space on its way", () => {
    const read = readSignatureRequest(toSign);
    expect(read.tokens).toHaveLength(1);
    for (const text of [toSign.replaceAll("\n", "\r\n"), JSON.stringify(JSON.parse(toSign)), `\n\t${toSign}  `]) {
      expect(readSignatureRequest(text)).toEqual(read);
    }
  });

  const jti = token.claims.jti ?? "";
  test.each<[string, string, string]>([
    ["another subject", `"subject": "${token.claims.sub}"`, `"subject": "${key("operator", 90).publicKey}"`],
    ["another signer", `"signer": "${OPERATOR.publicKey}"`, `"signer": "${key("operator", 90).publicKey}"`],
    ["another kind", '"kind": "operator"', '"kind": "account"'],
    ["another name in the claims", '"name": "prod"', '"name": "test"'],
    ["another time", '"iat": ', '"iat": 1'],
    ["another id of the token", jti, jti.split("").reverse().join("")],
    ["fewer keys", '"signing_keys"', '"signing_key"'],
    ["a name twice, of which readers see the other one", '"name": "prod"', '"name": "test", "name": "prod"'],
    ["more members", '"kind"', '"comment": "harmless", "kind"'],
    ["another digest", '"id": "', '"id": "A'],
  ])("is refused where it shows what would not be signed: %s", (_, shown, instead) => {
    expect(toSign.split(shown).length).toBeGreaterThan(1);
    expect(() => readSignatureRequest(toSign.replace(shown, instead))).toThrowCode("ERR_REQUEST_FORMAT");
  });

  const [header, payload] = token.input.split(".") as [string, string];
  const json = Buffer.from(payload, "base64url").toString();
  const inputOf = (text: string, head = header) => `${head}.${Buffer.from(text).toString("base64url")}`;
  test.each<[string, string]>([
    ["another name, and the old id", inputOf(json.replace('"prod"', '"test"'))],
    ["another time, and the old id", inputOf(json.replace(/"iat":\d+/, '"iat":4000000000'))],
    ["a name twice", inputOf(json.replace('"name":', '"name":"test","name":'))],
    ["white space", inputOf(`${json} `)],
    ["the header of version 1", inputOf(json, HEADER_V1)],
    ["the header of something else", inputOf(json, Buffer.from('{"alg":"none"}').toString("base64url"))],
    ["no issuer", inputOf(json.replace(/"iss":"\w+",/, ""))],
    ["a user's claims", `${HEADER}.${userPayload}`],
    ["a whole token", `${token.input}.${"A".repeat(86)}`],
    ["no payload", `${header}.`],
    ["nothing", ""],
    ["a text", "please sign this"],
  ])("is refused where what would be signed is no token as they are written: %s", async (_, input) => {
    const text = toSign.replace(token.input, input);
    expect(() => readSignatureRequest(text)).toThrowCode("ERR_REQUEST_FORMAT");
    await expect(signRequest(text, [OPERATOR])).toThrowCode("ERR_REQUEST_FORMAT");
  });

  test("is refused where it asks for two signatures of one token", () => {
    const file = JSON.parse(toSign) as { tokens: unknown[] };
    const text = JSON.stringify({ ...file, tokens: [...file.tokens, ...file.tokens] });
    expect(() => readSignatureRequest(text)).toThrowCode("ERR_REQUEST_FORMAT");
  });
});

describe("each of the texts", () => {
  const reading: Readonly<Record<string, (text: string) => unknown>> = {
    request: (text) => signRequest(text, [OPERATOR]),
    response: (text) => nsc.applySignatures(toCommit, text),
    "kept half": (text) => nsc.applySignatures(text, response),
  };
  const texts: Readonly<Record<string, string>> = { request: toSign, response, "kept half": toCommit };

  describe.each(Object.entries(reading))("%s", (name, read) => {
    const text = texts[name] as string;
    const format = /"format": ?"(?<name>[^"]+)"/.exec(text)?.groups?.["name"] as string;

    test.each<[string, unknown, string?]>([
      ["nothing", undefined, "ERR_ARGUMENT_INVALID"],
      ["an object", {}, "ERR_ARGUMENT_INVALID"],
      ["an empty text", ""],
      ["no JSON", "{"],
      ["a list", "[]"],
      ["null", "null"],
      ["another format", JSON.stringify({ format: "nsc.js tree", version: 1 })],
      ["a newer version", text.replace(/"version": ?1/, '"version":2')],
      ["no version", text.replace(/"version": ?1,/, "")],
      ["no members", JSON.stringify({ format, version: 1 })],
    ])("is refused if it is %s", async (_, value, code = "ERR_REQUEST_FORMAT") => {
      await expect(Promise.resolve().then(() => read(value as string))).toThrowCode(code as "ERR_REQUEST_FORMAT");
    });

    test("is refused with a code whatever it holds", async () => {
      const file = JSON.parse(text) as Record<string, unknown>;
      const hostile = fc.oneof(
        fc.string(),
        fc.json(),
        fc
          .dictionary(fc.constantFrom(...Object.keys(file)), fc.jsonValue())
          .map((some) => JSON.stringify({ ...file, ...some })),
        fc.tuple(fc.nat(text.length), fc.nat(text.length), fc.string({ maxLength: 5 })).map(([from, length, put]) => {
          return text.slice(0, from) + put + text.slice(from + length);
        }),
        fc.tuple(fc.nat(200), fc.jsonValue()).map(([at, value]) => JSON.stringify(replaceAt(file, at, value))),
      );
      await fc.assert(
        fc.asyncProperty(hostile, async (changed) => {
          try {
            await read(changed);
          } catch (error) {
            if (!isNscError(error)) throw error;
            expect(error.message).not.toMatch(/eyJ/);
          }
        }),
        { numRuns: 500 },
      );
    });
  });

  /** Puts something else in one place of a tree, counted from the front. */
  function replaceAt(root: unknown, place: number, value: unknown): unknown {
    let left = place;
    const walk = (node: unknown): unknown => {
      if (left-- === 0) return value;
      if (Array.isArray(node)) return node.map(walk);
      if (typeof node !== "object" || node === null) return node;
      return Object.fromEntries(Object.entries(node).map(([name, each]) => [name, walk(each)]));
    };
    return walk(root);
  }
});

test("of what is committed nothing is left behind by hostile texts", async () => {
  const { nsc: fresh, ...texts } = await requested();
  await fresh.applySignatures(texts.toCommit, await signRequest(texts.toSign, [OPERATOR]));
  expect((await (await fresh.operator("prod")).account("NEW")).claims.name).toBe("NEW");
});
