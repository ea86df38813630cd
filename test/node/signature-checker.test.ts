import { expect, test } from "vitest";
import { createUserClaims } from "../../src/jwt/create-claims.ts";
import { decode, decodeUnchecked } from "../../src/jwt/decode.ts";
import { encode } from "../../src/jwt/encode.ts";
import { createKeyPair } from "../../src/nkeys/key-pair.ts";
import { SignatureChecker } from "../../src/node/signature-checker.ts";

test("says the same as decode of every token", async () => {
  const checker = new SignatureChecker();
  const account = createKeyPair("account");
  const token = await encode(createUserClaims(createKeyPair("user").publicKey, { name: "u" }), account);
  const [head, payload, signature = ""] = token.split(".");
  const otherPayload = Buffer.from(JSON.stringify({ ...decode(token), name: "x" })).toString("base64url");
  const otherIssuer = Buffer.from(
    JSON.stringify({ ...decode(token), iss: createKeyPair("account").publicKey }),
  ).toString("base64url");
  const noIssuer = Buffer.from(
    JSON.stringify({ ...decode(token), iss: account.publicKey.replace(/.$/, "?") }),
  ).toString("base64url");
  const tokens = {
    good: token,
    payload: `${head}.${otherPayload}.${signature}`,
    issuer: `${head}.${otherIssuer}.${signature}`,
    noIssuer: `${head}.${noIssuer}.${signature}`,
    short: `${head}.${payload}.${signature.slice(0, 40)}`,
    long: `${head}.${payload}.${signature}AAAA`,
  };
  const verdicts = await Promise.all(
    Object.entries(tokens).map(async ([name, text]) => {
      // What is no key of an account is refused before.
      if (name === "noIssuer") expect(() => decodeUnchecked(text, "user")).toThrow("expected prefixes");
      const isGood = name !== "noIssuer" && (await checker.didSign(decodeUnchecked(text, "user")));
      return [name, isGood] as const;
    }),
  );
  expect(Object.fromEntries(verdicts)).toEqual({
    good: true,
    payload: false,
    issuer: false,
    noIssuer: false,
    short: false,
    long: false,
  });
});

test("many are checked at a time, with the same verdicts", async () => {
  const checker = new SignatureChecker();
  const account = createKeyPair("account");
  const token = await encode(createUserClaims(createKeyPair("user").publicKey, { name: "u" }), account);
  const good = decodeUnchecked(token, "user");
  const bad = { ...good, signed: `${good.signed}A` };
  const many = Array.from({ length: 1000 }, (_, i) => (i % 3 === 0 ? bad : good));
  const verdicts = await Promise.all(many.map((each) => checker.didSign(each)));
  expect(verdicts).toEqual(many.map((each) => each === good));
  // Later ones, too, after there was nothing to do.
  expect(await Promise.all(many.map((each) => checker.didSign(each)))).toEqual(verdicts);
});
