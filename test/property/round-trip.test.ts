import fc from "fast-check";
import {
  type Claims,
  decode,
  decodeGeneric,
  encode,
  encodeGeneric,
  type GenericClaims,
  keyPairFromSeed,
  toJson,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { parseExact, payloadOf } from "../jwt/tokens.ts";
import { keyNamed } from "../nkeys/fixtures.ts";
import {
  accountClaims,
  activationClaims,
  authorizationRequestClaims,
  authorizationResponseClaims,
  genericClaims,
  operatorClaims,
  userClaims,
} from "./claims.ts";
import { runs } from "./runs.ts";

const KINDS = [
  { kind: "operator", arbitrary: operatorClaims, signer: "operator" },
  { kind: "account", arbitrary: accountClaims, signer: "operator" },
  { kind: "user", arbitrary: userClaims, signer: "account" },
  { kind: "activation", arbitrary: activationClaims, signer: "accountSK" },
  { kind: "authorization_request", arbitrary: authorizationRequestClaims, signer: "server" },
  { kind: "authorization_response", arbitrary: authorizationResponseClaims, signer: "account" },
  { kind: "generic", arbitrary: genericClaims, signer: "cluster" },
] as const;

const options = { issuedAt: 1700000000 };

/** What is left of claims when everything that says nothing is taken out, with the lists that encode sorts in one order. */
function essence(value: unknown, name = ""): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => essence(item) ?? "nothing");
    return items.length === 0
      ? undefined
      : /^(?:imports|exports|signing_keys)$/.test(name)
        ? items.sort(byText)
        : items;
  }
  const members = Object.entries(value)
    .map(([key, member]) => [key, essence(member, key)] as const)
    .filter(([key, member]) => !isNothing(member) && !(name === "template" && LIMIT.test(key) && member === -1))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

/** In a template -1 is what is written when there is nothing. */
const LIMIT = /^(?:subs|data|payload)$/;

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === 0 || value === false;
}

function byText(a: unknown, b: unknown): number {
  const [first, second] = [a, b].map((value) =>
    JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? `${member}` : member)),
  );
  return (first as string) < (second as string) ? -1 : 1;
}

function withoutManaged(claims: unknown): unknown {
  const { iss: _, iat: __, jti: ___, ...rest } = claims as Claims;
  if (rest.nats === undefined) return essence(rest);
  const { version: ____, ...nats } = rest.nats as Claims["nats"];
  return essence({ ...rest, nats });
}

describe.each(KINDS)("claims of kind $kind", ({ kind, arbitrary, signer }) => {
  const pair = keyPairFromSeed(keyNamed(signer).seed);
  const write = (claims: Claims | GenericClaims): Promise<string> =>
    kind === "generic"
      ? encodeGeneric(claims as GenericClaims, pair, options)
      : encode(claims as Claims, pair, options);
  const read = (token: string): Claims | GenericClaims => (kind === "generic" ? decodeGeneric(token) : decode(token));

  test("are written, read and written again as the same token", async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary as fc.Arbitrary<Claims | GenericClaims>, async (claims) => {
        const token = await write(claims);
        const again = read(token);
        expect(toJson(again)).toBe(payloadOf(token));
        expect(await write(again)).toBe(token);
      }),
      { numRuns: runs(100) },
    );
  });

  test("lose nothing on the way, and nothing is added but what encode sets", async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary as fc.Arbitrary<Claims | GenericClaims>, async (claims) => {
        // Free data is written as it is; its nulls and zeros say something.
        if (kind === "generic") {
          const { nats } = JSON.parse(payloadOf(await write(claims))) as GenericClaims;
          expect(nats).toEqual(claims.nats && { ...claims.nats, version: 2 });
        } else {
          expect(withoutManaged(parseExact(payloadOf(await write(claims))))).toEqual(withoutManaged(claims));
        }
      }),
      { numRuns: runs(100) },
    );
  });
});
