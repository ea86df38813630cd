import fc from "fast-check";
import { formatNscUrl, isNscError, type NscUrl, type NscUrlMembers, parseNscUrl } from "nsc.js";
import { describe, expect, test } from "vitest";
import { hostileText } from "./arbitraries.ts";

const KEY = "AD7VTS72WOTIVKJUG4ZQTZJY72RTRF7KFKB22L2YCRUXMKJDZMYCR5FE";

describe("parseNscUrl", () => {
  test.each<[string, NscUrl]>([
    ["nsc://one", { operator: "one" }],
    ["NSC://One", { operator: "One" }],
    ["nsc://one one/two", { operator: "one one", account: "two" }],
    ["nsc://one/two/three", { operator: "one", account: "two", user: "three" }],
    ["nsc://one/two/", { operator: "one", account: "two" }],
    ["nsc://C++/a&b=c/50%", { operator: "C++", account: "a&b=c", user: "50%" }],
    ["nsc://why%3F/%c3%A4/a%2fb", { operator: "why?", account: "ä", user: "a/b" }],
    ["nsc://one?", { operator: "one" }],
    ["nsc://one?&key&&", { operator: "one", show: { operator: { id: true } } }],
    ["nsc://one/two?key", { operator: "one", account: "two", show: { account: { id: true } } }],
    [
      "nsc://one/two?name&SEED",
      {
        operator: "one",
        account: "two",
        show: { operator: { name: true, seed: true }, account: { name: true, seed: true } },
      },
    ],
    [
      "nsc://one/two?keys&accountName",
      { operator: "one", account: "two", show: { operator: { id: true }, account: { id: true, name: true } } },
    ],
    [
      `nsc://one/two?accountseed=${KEY.toLowerCase()}&seeds`,
      { operator: "one", account: "two", show: { account: { seed: KEY }, operator: { seed: true } } },
    ],
    [
      "nsc://one?store=/stores/Store%3dDir=1&keyStore=/stores/key+dir",
      { operator: "one", store: "/stores/Store=Dir=1", keystore: "/stores/key dir" },
    ],
  ])("%s", (url, expected) => {
    expect(parseNscUrl(url)).toEqual(expected);
  });

  test.each([
    ["", /begins with nsc:/],
    ["http://one", /begins with nsc:/],
    ["nsc:/one", /begins with nsc:/],
    ["nsc://", /names an operator/],
    ["nsc://?keys", /names an operator/],
    ["nsc:///two", /names an operator/],
    ["nsc://one//three", /between its slashes/],
    ["nsc://one/two/three/four", /no more than three/],
    ["nsc://one/%ff", /no UTF-8/],
    ["nsc://one?userSead", /no option "usersead"/],
    ["nsc://one?accountKey", /names no account/],
    ["nsc://one/two?userSeed", /names no user/],
    ["nsc://one?names=no", /has no value/],
    [`nsc://one?seed=${KEY}`, /has no value/],
    ["nsc://one?store", /needs the path/],
    ["nsc://one?store=", /needs the path/],
    ["nsc://one?store=%zz", /escape that is none/],
    [undefined, /must be a string/],
  ])("refuses %j", (url, message) => {
    expect(() => parseNscUrl(url as string)).toThrow(message);
    expect(() => parseNscUrl(url as string)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_INVALID" }));
  });

  test("does not repeat what may be a seed", () => {
    const seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
    for (const url of [`nsc://one?${seed}`, `nsc://one?names=${seed}`]) {
      expect(() => parseNscUrl(url)).toThrow(
        expect.objectContaining({ message: expect.not.stringMatching(/SUACSSL3|suacssl3/) }),
      );
    }
  });
});

describe("formatNscUrl", () => {
  test.each<[NscUrl, string]>([
    [{ operator: "My Company Inc.", account: "Account+Name" }, "nsc://My Company Inc./Account+Name"],
    [{ operator: "a?b", account: "a/b", user: "100%25%" }, "nsc://a%3Fb/a%2Fb/100%2525%"],
    [
      {
        operator: "O",
        account: "A",
        show: { account: { seed: KEY }, operator: { id: true, name: false } },
        store: "/a b",
      },
      `nsc://O/A?operatorKey&accountSeed=${KEY}&store=/a%20b`,
    ],
  ])("%j", (url, expected) => {
    expect(formatNscUrl(url)).toBe(expected);
  });

  test.each([
    [null, /must be a text, or its parts/],
    [{}, /the operator of an nsc URL must be a name/],
    [{ operator: "" }, /the operator/],
    [{ operator: "O", user: "u" }, /the account/],
    [{ operator: "O", account: "" }, /the account/],
    [{ operator: "O", names: true }, /has no names/],
    [{ operator: "O", store: "" }, /the store/],
    [{ operator: "O", keystore: 1 }, /the keystore/],
    [{ operator: "O", show: true }, /must be an object/],
    [{ operator: "O", show: { account: {} } }, /names no account/],
    [{ operator: "O", show: { operator: true } }, /must be an object/],
    [{ operator: "O", show: { operator: { key: true } } }, /shows no key/],
    [{ operator: "O", show: { operator: { id: KEY } } }, /must be true or false/],
    [{ operator: "O", show: { operator: { seed: "" } } }, /must be true or false/],
  ])("refuses %j", (url, message) => {
    const failure = () => formatNscUrl(url as unknown as NscUrl);
    expect(failure).toThrow(message);
    expect(failure).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_INVALID" }));
  });

  const name = hostileText.filter((text) => text !== "");
  const members = fc.record<NscUrlMembers>(
    { name: fc.constant(true), id: fc.constant(true), seed: fc.oneof(fc.constant(true), fc.constant(KEY)) },
    { requiredKeys: [] },
  );
  const empty = (shown: NscUrlMembers | undefined) => shown === undefined || Object.keys(shown).length === 0;

  test("is read as what was written, whatever the names are", () => {
    fc.assert(
      fc.property(
        fc.tuple(name, name, name, fc.integer({ min: 1, max: 3 })),
        fc.tuple(members, members, members),
        fc.record({ store: name, keystore: name }, { requiredKeys: [] }),
        ([operator, account, user, depth], shown, folders) => {
          const kinds = ["operator", "account", "user"].slice(0, depth);
          const show = Object.fromEntries(
            kinds.map((kind, i) => [kind, shown[i]]).filter(([, of]) => !empty(of as never)),
          );
          const url: NscUrl = {
            operator,
            ...(depth > 1 && { account }),
            ...(depth > 2 && { user }),
            ...(Object.keys(show).length > 0 && { show }),
            ...folders,
          };
          expect(parseNscUrl(formatNscUrl(url))).toEqual(url);
        },
      ),
    );
  });

  test("fails with a code for any text", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        try {
          parseNscUrl(`nsc://${text}`);
        } catch (error) {
          if (!isNscError(error, "ERR_ARGUMENT_INVALID")) throw error;
        }
      }),
    );
  });
});
