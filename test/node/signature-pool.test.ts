import { expect, test } from "vitest";
import { createUserClaims } from "../../src/jwt/create-claims.ts";
import { decode, decodeUnchecked } from "../../src/jwt/decode.ts";
import { encode } from "../../src/jwt/encode.ts";
import { createKeyPair } from "../../src/nkeys/key-pair.ts";
import { SignaturePool } from "../../src/node/signature-pool.ts";

test("says the same as decode of every token", async () => {
  const pool = new SignaturePool();
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
      const isGood = name !== "noIssuer" && (await pool.didSign(decodeUnchecked(text, "user")));
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
