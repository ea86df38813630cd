import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { decode, isNscError } from "nsc.js";
import { expect, test } from "vitest";
import { BYTE, encodeByHand, rawSeed } from "../nkeys/fixtures.ts";
import { HEADER } from "./tokens.ts";

/** Refused for its signature; the issuer is a key like any other, and stands in the middle of a large text. */
function hostileToken(index: number): string {
  const iss = encodeByHand([BYTE.operator, index & 0xff, index >> 8, ...rawSeed(7).subarray(2)]);
  const payload = `{"aud":"${"a".repeat(300_000)}","iss":"${iss}","name":"${"b".repeat(300_000)}","nats":{"type":"account","version":2}}`;
  const chunks = [HEADER, payload, "s".repeat(64)].map((text) => Buffer.from(text).toString("base64url"));
  return chunks.join(".");
}

test("issuers are remembered without the tokens that they stood in", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const used = (): number => {
    collectGarbage();
    return getHeapStatistics().used_heap_size / 1_000_000;
  };
  const read = (from: number, to: number): void => {
    for (let index = from; index < to; index++) {
      const token = hostileToken(index);
      expect(errorOf(() => decode(token))).toSatisfy((error) => isNscError(error, "ERR_JWT_SIGNATURE"));
    }
  };
  read(0, 5);
  const before = used();
  read(5, 45);
  // Forty payloads are 24 MB.
  expect(used() - before).toBeLessThan(8);
});

function errorOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
