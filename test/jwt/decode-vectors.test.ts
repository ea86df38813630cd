import { type Claims, decode, isNscError, type NscErrorCode, toJson } from "nsc.js";
import { describe, expect, test } from "vitest";
import { engines } from "../crypto/engines.ts";
import { payloadOf, readLines } from "./tokens.ts";

/** What Go made of 300 tokens, good and broken ones: `shared/README.md`. */
interface Vector {
  readonly token: string;
  readonly kind?: string;
  readonly claims?: object;
  readonly error?: string;
}

const vectors = readLines<Vector>("decode.jsonl");
const accepted = vectors.filter((vector): vector is typeof vector & { claims: object } => vector.claims !== undefined);
const refused = vectors.filter((vector): vector is typeof vector & { error: string } => vector.error !== undefined);

/** Which code stands for which of Go's messages. The last four are those of the Go runtime: only the category counts. */
const CODES: readonly (readonly [RegExp, NscErrorCode, "same text"?])[] = [
  [/^expected 3 chunks$/, "ERR_JWT_FORMAT", "same text"],
  [/^illegal base64 data at input byte \d+$/, "ERR_JWT_FORMAT", "same text"],
  [/^(?:not supported type|unexpected) "/, "ERR_JWT_HEADER", "same text"],
  [/^library supports version 2 or less/, "ERR_JWT_VERSION", "same text"],
  [/^claim failed V[12] signature verification$/, "ERR_JWT_SIGNATURE", "same text"],
  [/^json: cannot unmarshal /, "ERR_JSON_TYPE"],
  [/^unexpected end of JSON input$/, "ERR_JSON_SYNTAX"],
  [/^invalid character /, "ERR_JSON_SYNTAX"],
  [/^invalid escape sequence /, "ERR_JSON_SYNTAX"],
];

/** Go printed its claims after validation, which makes 100 of an absent sampling rate of a trace: section 4.8. */
function asPrintedByGo(claims: Claims): unknown {
  const printed = JSON.parse(toJson(claims)) as { nats: { trace?: { sampling?: number } } };
  if (printed.nats.trace !== undefined) printed.nats.trace.sampling ??= 100;
  return printed;
}

test("the vectors are all there", () => {
  expect(accepted).toHaveLength(31);
  expect(refused).toHaveLength(269);
  // The exception that is made below is needed once.
  const unsampled = accepted.filter(({ token }) => /"trace":\{(?![^}]*"sampling")/.test(payloadOf(token)));
  expect(unsampled).toHaveLength(1);
});

describe.each(engines)("on the $name engine", ({ engine }) => {
  test("what Go reads is read, to the same claims", () => {
    for (const { line, token, kind, claims } of accepted) {
      const read = decode(token, { engine });
      expect(read.nats.type, `line ${line}`).toBe(kind);
      expect(asPrintedByGo(read), `line ${line}`).toEqual(claims);
    }
  });

  test("what Go refuses is refused, with its words where they are its own", () => {
    const wrong: unknown[] = [];
    for (const { line, token, error } of refused) {
      const outcome = outcomeOf(() => decode(token, { engine }));
      const [, code, text] = CODES.find(([message]) => message.test(error)) ?? [];
      const fits = isNscError(outcome, code) && code !== undefined && (text === undefined || outcome.message === error);
      if (!fits) wrong.push([line, error, outcome]);
    }
    expect(wrong).toEqual([]);
  });
});

function outcomeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
