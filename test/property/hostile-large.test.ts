import { decode, decodeGeneric, isNscError, keyPairFromPublicKey, keyPairFromSeed } from "nsc.js";
import { describe, expect, test } from "vitest";
import { HEADER } from "../jwt/tokens.ts";

/** Texts near the limit of 1 MiB that take a careless reader minutes. Here they take a third of a second or less. */
const MILLISECONDS = 2500;

const SIZE = 700_000;

function token(payload: string | Uint8Array, header = HEADER): string {
  return `${[header, payload].map((chunk) => Buffer.from(chunk as string).toString("base64url")).join(".")}.AAAA`;
}

function account(members: string): string {
  return token(`{"nats":{"type":"account","version":2,${members}}}`);
}

function user(members: string): string {
  return token(`{"nats":{"type":"user","version":2,${members}}}`);
}

/** As many as fit, separated by commas. */
function many(element: (index: number) => string, size = SIZE): string {
  const length = Math.floor(size / (element(10_000).length + 1));
  return Array.from({ length }, (_, index) => element(index)).join(",");
}

/** Half of the size for members, and half for objects that are merged into them. */
function repeated(name: string, members: string, again: string): string {
  return `"${name}":${members},${many(() => `"${name}":${again}`, SIZE / 2)}`;
}

const half = (element: (index: number) => string): string => many(element, SIZE / 2);

const TOKENS: readonly (readonly [string, string])[] = [
  ["unknown members", account(many((index) => `"m${index}":0`))],
  [
    "unknown members, merged",
    token(`{${repeated("nats", `{${half((index) => `"m${index}":0`)}}`, '{"x":0,"type":"account","version":2}')}}`),
  ],
  ["entries of a map, merged", account(repeated("revocations", `{${half((index) => `"m${index}":0`)}}`, '{"x":0}'))],
  [
    "tiers, merged",
    account(
      `"limits":{"tiered_limits":{${half((index) => `"m${index}":{}`)}}},${many(() => '"limits":{"tiered_limits":{"x":{}}}', SIZE / 2)}`,
    ),
  ],
  ["signing keys, merged", account(repeated("signing_keys", `[${half((index) => `"K${index}"`)}]`, '["x"]'))],
  ["a long list, merged", account(repeated("exports", `[${half(() => "{}")}]`, "[{}]"))],
  ["scopes", account(`"signing_keys":[${many(() => '{"kind":"user_scope"}')}]`)],
  ["things that are no scopes", account(`"signing_keys":[${many(() => "{}")}]`)],
  ["things that are no scopes, one by one", account(many(() => '"signing_keys":[{}]'))],
  ["exports", account(`"exports":[${many(() => "{}")}]`)],
  ["nulls", account(`"exports":[${many(() => "null")}]`)],
  ["deep lists", account(many((index) => `"m${index}":${"[".repeat(9000)}${"]".repeat(9000)}`))],
  ["one list that is too deep", account(`"x":${"[".repeat(SIZE)}`)],
  ["one object that is too deep", account(`"x":${'{"a":'.repeat(SIZE / 5)}`)],
  ["the digits of an integer", token(`{"exp":${"9".repeat(SIZE)},"nats":{"type":"user","version":2}}`)],
  ["the digits of a float", account(`"x":${"1".repeat(SIZE / 2)}.${"1".repeat(SIZE / 2)}`)],
  ["escapes", account(`"x":"${"\\ud800".repeat(SIZE / 6)}"`)],
  ["networks", user(`"src":"${"a ,".repeat(SIZE / 3)}"`)],
  ["networks beyond ASCII", user(`"src":"${"É,".repeat(SIZE / 3)}"`)],
  ["white space in networks", user(`"src":"${"\\u0085 ".repeat(SIZE / 7)}x"`)],
  ["a wrong type of an export", account(`"exports":[{"type":"${"é\u2028".repeat(SIZE / 5)}"}]`)],
  ["an issuer of base32", token(`{"iss":"${"A".repeat(SIZE)}","nats":{"type":"user","version":2}}`)],
  ["an issuer of line ends", token(`{"iss":"${"\\n".repeat(SIZE / 2)}","nats":{"type":"user","version":2}}`)],
  ["bytes that are no UTF-8", token(Buffer.alloc(SIZE, 0xff))],
  ["such bytes in a text", token(Buffer.concat([Buffer.from('{"x":"'), Buffer.alloc(SIZE, 0xff), Buffer.from('"}')]))],
  ["white space", token(" ".repeat(SIZE))],
  ["a header", token("{}", `{"typ":"JWT","alg":"${"é\\n".repeat(SIZE / 4)}"}`)],
  ["a header with unknown members", token("{}", `{"typ":"JWT","alg":"ed25519",${many((index) => `"m${index}":0`)}}`)],
  ["a type in the header that looks like a seed", token("{}", `{"typ":"${"SA".repeat(SIZE / 2)}","alg":"x"}`)],
  ["an algorithm that looks like tokens", token("{}", `{"typ":"JWT","alg":"${"eyJ.".repeat(SIZE / 4)}"}`)],
  ["line ends in the payload's chunk", `${token("{}").split(".")[0]}.${"AA\n".repeat(SIZE / 3)}.AAAA`],
  ["dots", ".".repeat(SIZE)],
  ["line ends at the end", `${account('"x":0')}${"\r\n".repeat(SIZE / 2)}`],
];

function timeOf(run: () => unknown): number {
  const start = performance.now();
  try {
    run();
  } catch (error) {
    if (!isNscError(error)) throw error;
  }
  return performance.now() - start;
}

/** Of two tries the faster counts: other work on the machine is not what is measured. */
function expectSoon(run: () => unknown): void {
  const first = timeOf(run);
  if (first > MILLISECONDS) expect(timeOf(run)).toBeLessThan(MILLISECONDS);
}

describe("large tokens are read or refused in good time:", () => {
  test.each(TOKENS)("%s", (_, large) => {
    expect(large.length).toBeLessThanOrEqual(1024 * 1024);
    expectSoon(() => decode(large));
    expectSoon(() => decodeGeneric(large));
  });
});

describe("large keys are refused in good time:", () => {
  test.each(["A", "SUA", "a", "\n", "é", "SUAGAYLCMNSGKZTHNBUWU23MNVXG64DROJZXI5LWO54HS6T3PR6X4767BY", "\u{1f600}"])(
    "%j, over and over",
    (piece) => {
      const text = piece.repeat(5_000_000 / piece.length);
      for (const read of [keyPairFromSeed, keyPairFromPublicKey]) {
        expectSoon(() => read(text));
        expect(() => read(text)).toThrow();
      }
    },
  );
});
