import {
  type AccountClaims,
  addSigningKeys,
  type Claims,
  createScope,
  decode,
  findSigningKey,
  hasEmptyPermissions,
  removeSigningKeys,
  type ScopeInit,
  type SigningKey,
  scopeViolation,
  type UserClaims,
  type UserNats,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { claimsText, deepFreeze, tokenOf } from "./tokens.ts";
import { account, activation, operator, PUBLIC_KEYS, response, user } from "./validate-cases.ts";

const { signingKey, exporter } = PUBLIC_KEYS;

interface Holder {
  signing_keys?: SigningKey[];
}

describe("createScope", () => {
  const UNLIMITED = { pub: {}, sub: {}, subs: -1, data: -1, payload: -1 };

  test("begins with no role, no description and no limits", () => {
    const scope = { kind: "user_scope", key: signingKey, role: "", template: UNLIMITED, description: "" };
    expect(createScope(signingKey)).toEqual(scope);
    expect(createScope(signingKey, {})).toEqual(scope);
    expect(createScope(signingKey, { role: "web", description: "d" })).toEqual({
      ...scope,
      role: "web",
      description: "d",
    });
  });

  test("takes a template over that, and a copy of it", () => {
    const init = deepFreeze({ template: { pub: { allow: ["a.{{name()}}"] }, subs: 0, bearer_token: true } });
    const { template } = createScope(signingKey, init);
    expect(template).toEqual({ ...UNLIMITED, pub: { allow: ["a.{{name()}}"] }, subs: 0, bearer_token: true });
    template.pub.allow?.push("b");
    expect(init.template.pub.allow).toEqual(["a.{{name()}}"]);
    expect(createScope(signingKey).template).not.toBe(createScope(signingKey).template);
  });

  test("takes what is undefined for absent", () => {
    const template = { pub: undefined, subs: undefined, src: undefined, data: 5 };
    expect(createScope(signingKey, { template } as unknown as ScopeInit).template).toEqual({ ...UNLIMITED, data: 5 });
    expect(Object.keys(createScope(signingKey, { template } as unknown as ScopeInit).template)).not.toContain("src");
  });

  test.each([PUBLIC_KEYS.user, PUBLIC_KEYS.operator, keyNamed("account").seed, "", "A", undefined])(
    "refuses a key that is none of an account, case %#",
    (key) => {
      expect(() => createScope(key as string)).toThrowCode("ERR_ARGUMENT_INVALID");
    },
  );
});

describe("signing keys", () => {
  const scope = createScope(signingKey, { role: "web" });

  test("are found with their scope, as GetScope does", () => {
    const nats = deepFreeze({ signing_keys: [scope, exporter] });
    expect(findSigningKey(nats, signingKey)).toBe(scope);
    expect(findSigningKey(nats, exporter)).toBe(exporter);
    expect(findSigningKey(nats, "A")).toBeUndefined();
    expect(findSigningKey({}, "A")).toBeUndefined();
    expect(findSigningKey({ signing_keys: [] }, "toString")).toBeUndefined();
  });

  test("of one name are the last of them, as in Go's map", () => {
    expect(findSigningKey({ signing_keys: [signingKey, scope] }, signingKey)).toBe(scope);
    expect(findSigningKey({ signing_keys: [scope, signingKey] }, signingKey)).toBe(signingKey);
  });

  test("get a scope, lose it and get another one", () => {
    const nats: Holder = {};
    addSigningKeys(nats, exporter, signingKey);
    expect(nats.signing_keys).toEqual([exporter, signingKey]);
    addSigningKeys(nats, scope);
    expect(findSigningKey(nats, signingKey)).toBe(scope);
    const other = createScope(signingKey, { role: "other" });
    addSigningKeys(nats, other);
    expect(findSigningKey(nats, signingKey)).toBe(other);
    addSigningKeys(nats, signingKey);
    expect(findSigningKey(nats, signingKey)).toBe(signingKey);
    expect(nats.signing_keys?.toSorted()).toEqual([exporter, signingKey].toSorted());
  });

  test("are removed with their scope", () => {
    const nats: Holder = { signing_keys: [scope, exporter] };
    removeSigningKeys(nats, "A");
    expect(nats.signing_keys).toEqual([scope, exporter]);
    removeSigningKeys(nats, signingKey, exporter);
    expect(nats.signing_keys).toEqual([]);
    const none: Holder = {};
    removeSigningKeys(none, signingKey);
    expect(none).toEqual({});
  });

  test("are removed all, when a list has one twice", () => {
    const nats: Holder = { signing_keys: [signingKey, exporter, scope] };
    removeSigningKeys(nats, signingKey);
    expect(nats.signing_keys).toEqual([exporter]);
  });
});

describe("hasEmptyPermissions", () => {
  const of = (nats: object): boolean => hasEmptyPermissions(deepFreeze(user({ ...nats }).nats) as UserNats);

  test.each<[string, object]>([
    ["nothing", {}],
    ["no directions at all", { pub: undefined, sub: undefined }],
    ["directions whose lists are undefined", { pub: { allow: undefined }, sub: { deny: undefined } }],
    ["zeros", { subs: 0, data: 0n, payload: 0, bearer_token: false, proxy_required: false, times_location: "" }],
    ["undefined members", { resp: undefined, src: undefined, times: undefined, allowed_connection_types: undefined }],
    ["what is no permission", { issuer_account: exporter, tags: ["a"], version: 2 }],
  ])("of %s is true", (_, nats) => {
    expect(of(nats)).toBe(true);
  });

  // A list that is empty is not nil in Go: sections 2.7 and 5.6.
  test.each<[string, object]>([
    ["a limit of -1", { subs: -1 }],
    ["data of -1", { data: -1 }],
    ["a payload as bigint", { payload: -1n }],
    ["an allowed list", { pub: { allow: ["a"] } }],
    ["an empty allowed list", { pub: { allow: [] } }],
    ["an empty denied list", { sub: { deny: [] } }],
    ["responses", { resp: { max: 0, ttl: 0 } }],
    ["empty networks", { src: [] }],
    ["empty times", { times: [] }],
    ["a zone", { times_location: "UTC" }],
    ["a bearer token", { bearer_token: true }],
    ["a proxy", { proxy_required: true }],
    ["empty connection types", { allowed_connection_types: [] }],
  ])("of %s is false", (_, nats) => {
    expect(of(nats)).toBe(false);
  });

  test("tells empty lists in a token from absent ones, and passes over members that it does not know", () => {
    const key = keyNamed("account");
    const read = (members: string): boolean => {
      const payload = claimsText(
        { iss: key.publicKey, sub: PUBLIC_KEYS.user },
        `{${members}"type":"user","version":2}`,
      );
      return hasEmptyPermissions(decode(tokenOf({ key, payload }), { kind: "user" }).nats);
    };
    expect(read("")).toBe(true);
    expect(read('"pub":{},"sub":{"allow":null},"src":null,"subs":0,')).toBe(true);
    expect(read('"pub":{"later":1},"sub":{"later":["x"]},"later":true,')).toBe(true);
    expect(read('"pub":{"allow":[]},')).toBe(false);
    expect(read('"src":[],')).toBe(false);
    expect(read('"src":"",')).toBe(false);
    expect(read('"subs":-1,')).toBe(false);
  });
});

describe("scopeViolation", () => {
  const scope = deepFreeze(createScope(signingKey));
  const NOT_A_USER = "not an user claim - scoped signing key requires user claim";
  const OTHER_ISSUER = "issuer not the scoped signer";
  const NOT_EMPTY = "scoped users require no permissions or limits set";

  test.each<[string, Claims, string | undefined]>([
    ["a user without anything", user({}, { iss: signingKey }), undefined],
    [
      "a user with an issuer account and tags",
      user({ issuer_account: exporter, tags: ["a"] }, { iss: signingKey }),
      undefined,
    ],
    ["an account", account({}, { iss: signingKey }), NOT_A_USER],
    ["an operator", operator({}, { iss: signingKey }), NOT_A_USER],
    ["an activation", activation({}, { iss: signingKey }), NOT_A_USER],
    ["a response", response({}, { iss: signingKey }), NOT_A_USER],
    ["a user of another key", user({}, { iss: exporter }), OTHER_ISSUER],
    ["a user of no key", user({}), OTHER_ISSUER],
    ["a user with a limit", user({ subs: -1 }, { iss: signingKey }), NOT_EMPTY],
    ["a user of another key with a limit", user({ subs: -1 }, { iss: exporter }), OTHER_ISSUER],
    ["an account of another key", account({}), NOT_A_USER],
  ])("of %s", (_, claims, violation) => {
    expect(scopeViolation(scope, deepFreeze(claims))).toBe(violation);
  });

  test("does not look at what the scope allows", () => {
    const limited = createScope(signingKey, { template: { subs: 1, pub: { deny: [">"] } } });
    expect(scopeViolation(limited, user({}, { iss: signingKey }) as UserClaims)).toBeUndefined();
  });
});

test("the scope of a decoded account is one for its users", () => {
  const key = keyNamed("operator");
  const scope = `{"kind":"user_scope","key":"${signingKey}","role":"r","template":{"subs":5}}`;
  const payload = claimsText(
    { iss: key.publicKey, sub: PUBLIC_KEYS.account },
    `{"signing_keys":[${scope}],"type":"account","version":2}`,
  );
  const claims: AccountClaims = decode(tokenOf({ key, payload }), { kind: "account" });
  const found = findSigningKey(claims.nats, signingKey);
  if (found === undefined || typeof found === "string") throw new Error("there is no scope");
  expect(found).toEqual(createScope(signingKey, { role: "r", template: { subs: 5 } }));
  expect(scopeViolation(found, user({}, { iss: signingKey }))).toBeUndefined();
});
