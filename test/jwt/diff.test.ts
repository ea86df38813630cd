import fc from "fast-check";
import {
  createAccountClaims,
  createActivationClaims,
  createKeyPair,
  createUserClaims,
  diff,
  encode,
  formatDiff,
} from "nsc.js";
import { describe, expect, test } from "vitest";

const { publicKey } = createKeyPair("account");
const account = (nats: object = {}) => createAccountClaims(publicKey, { name: "A", nats });

describe("a difference", () => {
  test("of the same claims is none, however the lists are ordered", () => {
    const exports = [
      { subject: "a", type: "stream" },
      { subject: "a", type: "service" },
    ] as const;
    const [first, second] = exports;
    expect(diff(account({ exports: [first, second] }), account({ exports: [second, first] }))).toEqual([]);
    expect(diff(account({ tags: ["a", "b"] }), account({ tags: ["b", "a"] }))).toEqual([]);
  });

  test("names entries by what they are", () => {
    const other = createKeyPair("account").publicKey;
    const before = account({
      exports: [{ subject: "a.>", type: "stream", description: "old" }],
      imports: [{ subject: "b", type: "service", account: other }],
      mappings: { m: [{ subject: "x", weight: 50 }] },
      signing_keys: [publicKey],
    });
    const after = account({
      exports: [
        { subject: "a.>", type: "stream", description: "new" },
        { subject: "a.>", type: "service" },
      ],
      mappings: { m: [{ subject: "x", weight: 60 }] },
      signing_keys: [other],
    });
    expect(diff(before, after)).toEqual([
      { path: ["nats", "exports", "service a.>"], kind: "added", after: { subject: "a.>", type: "service" } },
      { path: ["nats", "exports", "stream a.>", "description"], kind: "changed", before: "old", after: "new" },
      { path: ["nats", "imports"], kind: "removed", before: [{ subject: "b", account: other, type: "service" }] },
      { path: ["nats", "mappings", "m", "x", "weight"], kind: "changed", before: 50, after: 60 },
      ...[
        { path: ["nats", "signing_keys", other], kind: "added", after: other },
        { path: ["nats", "signing_keys", publicKey], kind: "removed", before: publicKey },
      ].sort((a, b) => ((a.path[2] ?? "") < (b.path[2] ?? "") ? -1 : 1)),
    ]);
  });

  test("tells a scope from a plain key of the same name", () => {
    const scope = { kind: "user_scope", key: publicKey, role: "web", template: { subs: -1 } } as const;
    const changes = diff(account({ signing_keys: [publicKey] }), account({ signing_keys: [scope] }));
    expect(changes).toMatchObject([{ path: ["nats", "signing_keys", publicKey], kind: "changed", before: publicKey }]);
  });

  test("of tokens leaves out when and as what they were signed, unless all is asked for", async () => {
    const pair = createKeyPair("operator");
    const [first, second] = [
      await encode(account(), pair, { issuedAt: 1 }),
      await encode(account(), pair, { issuedAt: 2 }),
    ];
    expect(diff(first, second)).toEqual([]);
    expect(diff(first, second, { all: true }).map(({ path }) => path.join())).toEqual(["iat", "jti"]);
    expect(diff(first, await encode(account(), createKeyPair("operator"))).map(({ path }) => path.join())).toEqual([
      "iss",
    ]);
  });

  test("keeps all digits of large integers", () => {
    const user = (payload: bigint) => createUserClaims(createKeyPair("user").publicKey, { nats: { payload } });
    const changes = diff(user(9007199254740993n), user(9007199254740992n)).filter(({ path }) => path[0] === "nats");
    expect(changes).toEqual([
      { path: ["nats", "payload"], kind: "changed", before: 9007199254740993n, after: 9007199254740992n },
    ]);
    expect(formatDiff(changes)).toBe("~ nats.payload: 9007199254740993 -> 9007199254740992");
  });

  test("changes neither side", () => {
    const [before, after] = [account({ tags: ["a"] }), account()];
    const copies = structuredClone([before, after]);
    diff(before, after);
    expect([before, after]).toEqual(copies);
  });

  test.each([
    ["not a token", "ERR_JWT_FORMAT"],
    [5, "ERR_CLAIMS_KIND"],
    [null, "ERR_CLAIMS_KIND"],
    [{}, "ERR_CLAIMS_KIND"],
  ] as const)("of %j is refused", (value, code) => {
    expect(() => diff(value as never, account())).toThrowCode(code);
    expect(() => diff(account(), value as never)).toThrowCode(code);
  });

  test("is empty exactly when the claims say the same", () => {
    const subject = fc.constantFrom("a", "b.*", "c.>", "__proto__", "constructor");
    const claims = fc
      .record({
        tags: fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 3 }),
        exports: fc.array(fc.record({ subject, type: fc.constantFrom("stream", "service") }), { maxLength: 3 }),
        conn: fc.integer({ min: -1, max: 2 }),
      })
      .map(({ tags, exports, conn }) => {
        const made = account({ tags, exports });
        made.nats.limits.conn = conn;
        return {
          made,
          said: JSON.stringify([[...tags].sort(), exports.map((entry) => JSON.stringify(entry)).sort(), conn]),
        };
      });
    fc.assert(
      fc.property(claims, claims, (a, b) => {
        expect(diff(a.made, b.made).length === 0).toBe(a.said === b.said);
        // The way back is the same with the roles changed.
        const back = diff(b.made, a.made).map(({ path, before, after }) => ({ path, before: after, after: before }));
        expect(back).toEqual(diff(a.made, b.made).map(({ path, before, after }) => ({ path, before, after })));
      }),
    );
  });
});

describe("a difference as text", () => {
  test("has a line for each member", () => {
    const before = account({ tags: ["a"], exports: [{ subject: "a b\n", type: "stream" }] });
    const after = account({ tags: ["b"] });
    after.nats.limits.conn = 5;
    expect(formatDiff(diff(before, after))).toBe(
      [
        '- nats.exports: [{"subject":"a b\\n","type":"stream"}]',
        "~ nats.limits.conn: -1 -> 5",
        '- nats.tags.a: "a"',
        '+ nats.tags.b: "b"',
      ].join("\n"),
    );
    expect(formatDiff([])).toBe("");
  });

  test("has no tokens, and no characters that change how it is read", async () => {
    const pair = createKeyPair("account");
    const token = await encode(createActivationClaims(publicKey, { nats: { subject: "x", kind: "stream" } }), pair);
    const imports = [
      { name: "evil\u202e\u200f\u001b[2J", subject: "x", type: "stream", account: pair.publicKey, token },
    ] as const;
    const text = formatDiff(diff(account(), account({ imports })));
    expect(text).not.toContain(token.slice(0, 20));
    expect(text).toMatch(/^[\x20-\x7e]+$/);
  });
});
