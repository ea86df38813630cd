import {
  addSigningKeys,
  addTags,
  clearRevocation,
  compactRevocations,
  removeSigningKeys,
  removeTags,
  revoke,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { USER_TOKEN } from "../creds/fixtures.ts";
import { ACCOUNT } from "../nkeys/fixtures.ts";

/** Functions that change what they are given; a token in the place of claims is the mistake to expect. */
const CHANGES: readonly (readonly [string, (holder: never) => unknown])[] = [
  ["addSigningKeys", (holder) => addSigningKeys(holder, ACCOUNT.publicKey)],
  ["removeSigningKeys", (holder) => removeSigningKeys(holder, ACCOUNT.publicKey)],
  ["revoke", (holder) => revoke(holder, "*", 1)],
  ["clearRevocation", (holder) => clearRevocation(holder, "*")],
  ["compactRevocations", (holder) => compactRevocations(holder)],
  ["addTags", (holder) => addTags(holder, "a")],
  ["removeTags", (holder) => removeTags(holder, "a")],
];

describe.each(CHANGES)("%s", (_, change) => {
  test.each([USER_TOKEN, ACCOUNT.seed, "", undefined, null, 5, true])(
    "refuses what holds no members (%#)",
    (holder) => {
      expect(() => change(holder as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    },
  );

  test("takes an empty object", () => {
    expect(() => change({} as never)).not.toThrow();
  });
});
