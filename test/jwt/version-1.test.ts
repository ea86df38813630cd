import { type Claims, decode, decodeGeneric, encode, keyPairFromSeed, toJson } from "nsc.js";
import { describe, expect, test } from "vitest";
import { engines } from "../crypto/engines.ts";
import { type FixedKey, keyNamed } from "../nkeys/fixtures.ts";
import { HEADER, HEADER_V1, payloadOf, tokenOf } from "./tokens.ts";

const operator = keyNamed("operator");
const account = keyNamed("account");
const user = keyNamed("user");

/** claims.md, section 8.5. */
const TOKEN =
  "eyJ0eXAiOiJqd3QiLCJhbGciOiJlZDI1NTE5In0.eyJpc3MiOiJBQVUyWk9YQklHNk1WNEZTRllOSkpVMk5CUERUTUhTU05VRjc0RVdJUzZLTFpFWkNTWlc1T0lDVCIsIm5hbWUiOiJVIiwic3ViIjoiVUFMVUtVNVVLM081N1JVUVIzRkxEUUlCN1pWTEVIUkxWSURCTzZLM1BWQjJNTkVDVEU3NUtSSjMiLCJ0YWdzIjpbInQiXSwidHlwZSI6InVzZXIiLCJpc3N1ZXJfYWNjb3VudCI6IkFBU1VIT0pQNkVFVktFS0hOTE9JRzJPM05YT0pHTlRGVUVNWFJYTkJJQkhPQ0JUTVZGS1oyRkZZIiwibmF0cyI6eyJwdWIiOnsiYWxsb3ciOlsiYSJdfSwic3ViIjp7fSwibWF4IjozLCJwYXlsb2FkIjo0LCJzcmMiOiIgMS4yLjMuNC8xICwgMi4yLjIuMi8yICJ9fQ.hHVCNueCZW5jnPD7NEyAAz4YNEsJJzUz7_HL3fo_PPc_HoVLmr0dNMUmk3tpkmCNScdQ_bOKNL8_xPmHBpKABQ";
const MIGRATED =
  '{"iss":"AAU2ZOXBIG6MV4FSFYNJJU2NBPDTMHSSNUF74EWIS6KLZEZCSZW5OICT","name":"U","sub":"UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3","nats":{"pub":{"allow":["a"]},"sub":{},"src":["1.2.3.4/1","2.2.2.2/2"],"subs":-1,"data":-1,"payload":4,"issuer_account":"AASUHOJP6EEVKEKHNLOIG2O3NXOJGNTFUEMXRXNBIBHOCBTMVFKZ2FFY","tags":["t"],"type":"user","version":1}}';

describe.each(engines)("on the $name engine", ({ engine }) => {
  test("the token of section 8.5 reads as it is migrated there", () => {
    expect(toJson(decode(TOKEN, { engine }))).toBe(MIGRATED);
  });
});

test("it is written as version 2 when it is encoded again", async () => {
  const token = await encode(decode(TOKEN), keyPairFromSeed(account.seed), { issuedAt: 1700000000 });
  const again = decode(token);
  expect(payloadOf(token)).toMatch(/^\{"jti":"[A-Z2-7]{52}","iat":1700000000,/);
  expect(payloadOf(token).slice(payloadOf(token).indexOf('"iss"'))).toBe(
    MIGRATED.slice(1).replace('"version":1', '"version":2'),
  );
  expect(again.nats).toEqual({ ...decode(TOKEN).nats, version: 2 });
});

/** A token whose kind stands at the top level, signed in the way of version 1. */
function read(key: FixedKey, top: object, nats: object, header = HEADER_V1): Claims {
  const payload = JSON.stringify({ iss: key.publicKey, ...top, nats });
  return decode(tokenOf({ key, payload, header, scheme: 1 }));
}

const PERMISSIONS = { pub: { allow: ["p"], deny: ["q"] }, sub: { deny: ["r s"] }, resp: { max: 1, ttl: 2 } };

describe("members that version 1 had", () => {
  test("of an operator", () => {
    const kept = {
      signing_keys: ["OX"],
      account_server_url: "http://h",
      operator_service_urls: ["nats://h"],
      system_account: "AX",
    };
    const dropped = {
      identity: [{ id: "x", proof: "y" }],
      assert_server_version: "1.2.3",
      strict_signing_key_usage: true,
    };
    const top = {
      exp: 5,
      name: "O",
      nbf: 3,
      sub: operator.publicKey,
      aud: "a",
      iat: 4,
      jti: "J",
      type: "operator",
      tags: ["A", "b"],
    };
    expect(read(operator, { ...top, issuer_account: "AX", unknown: 1 }, { ...kept, ...dropped, unknown: 1 })).toEqual({
      exp: 5,
      name: "O",
      nbf: 3,
      sub: operator.publicKey,
      aud: "a",
      iat: 4,
      jti: "J",
      iss: operator.publicKey,
      nats: { ...kept, tags: ["A", "b"], type: "operator", version: 1 },
    });
  });

  test("of an account", () => {
    const limits = {
      subs: 1,
      data: 2,
      payload: 3,
      imports: 4,
      exports: 5,
      wildcards: true,
      disallow_bearer: true,
      conn: 6,
      leaf: 7,
    };
    const kept = {
      imports: [
        { name: "i", subject: "s", account: "A", local_subject: "l", type: "stream", share: true, allow_trace: true },
      ],
      exports: [
        { name: "e", subject: "s", type: "service", token_req: true, advertise: true, account_token_position: 1 },
      ],
      revocations: { "*": 1 },
    };
    const dropped = {
      identity: [],
      default_permissions: PERMISSIONS,
      mappings: { a: [{ subject: "b" }] },
      authorization: { auth_users: ["U"] },
      trace: { dest: "t" },
      cluster_traffic: "owner",
      description: "d",
      info_url: "u",
    };
    const claims = read(
      operator,
      { sub: account.publicKey, type: "account", issuer_account: "AX" },
      {
        ...kept,
        ...dropped,
        limits: { ...limits, disk_storage: 9, tiered_limits: { R1: {} } },
        signing_keys: ["B", "A", "B"],
      },
    );
    expect(claims.nats).toEqual({
      ...kept,
      limits,
      signing_keys: ["A", "B"],
      default_permissions: { pub: {}, sub: {} },
      authorization: {},
      type: "account",
      version: 1,
    });
    // JetStream came later, in whatever form it is there.
    expect(
      read(operator, { sub: "x", type: "account" }, { limits: { conn: 1, disk_storage: "x" } }).nats,
    ).toMatchObject({
      limits: { conn: 1 },
    });
    expect(
      read(operator, { sub: "x", type: "account" }, { limits: { disk_storage: 9, streams: 1 } }).nats,
    ).toHaveProperty("limits", {});
    // Absent limits are zero, unlike those of users.
    expect(read(operator, { sub: "x", type: "account" }, {}).nats).toMatchObject({ limits: {} });
  });

  test("of a user", () => {
    const kept = {
      ...PERMISSIONS,
      src: ["a", "A"],
      times: [{ start: "1", end: "2" }],
      times_location: "UTC",
      subs: 1,
      data: 2,
      bearer_token: true,
    };
    const dropped = { max: 5, proxy_required: true, allowed_connection_types: ["MQTT"], issuer_account: "AWRONG" };
    const top = { sub: user.publicKey, type: "user", issuer_account: "ARIGHT" };
    expect(read(account, top, { ...kept, ...dropped }).nats).toEqual({
      ...kept,
      payload: -1,
      issuer_account: "ARIGHT",
      type: "user",
      version: 1,
    });
    expect(read(account, { sub: "x", type: "user" }, {}).nats).toEqual({
      pub: {},
      sub: {},
      subs: -1,
      data: -1,
      payload: -1,
      type: "user",
      version: 1,
    });
  });

  test("of an activation", () => {
    const nats = {
      subject: "s",
      type: "service",
      kind: "stream",
      max: 1,
      payload: 2,
      src: "x",
      times: [{}],
      unknown: 1,
    };
    expect(read(account, { sub: "x", type: "activation", issuer_account: "AX", tags: [] }, nats).nats).toEqual({
      subject: "s",
      kind: "service",
      issuer_account: "AX",
      type: "activation",
      version: 1,
    });
    expect(read(account, { sub: "x", type: "activation" }, {}).nats).toEqual({
      subject: "",
      type: "activation",
      version: 1,
    });
  });

  test.each([
    ["operator", operator, { signing_keys: [1] }],
    ["account", operator, { signing_keys: [{ kind: "user_scope", key: "A" }] }],
    ["account", operator, { limits: { subs: "1" } }],
    ["user", account, { max: "1" }],
    ["user", account, { bearer_token: 1 }],
    ["activation", account, { src: ["x"] }],
    ["activation", account, { max: 1.5 }],
    ["activation", account, { type: "both" }],
  ] as const)("of another type are refused even where they are dropped: %s", (type, key, nats) => {
    expect(() => read(key, { sub: "x", type }, nats)).toThrowCode("ERR_JSON_TYPE");
    expect(() => read(key, { sub: "x", type, issuer_account: 1 }, {})).toThrowCode("ERR_JSON_TYPE");
  });
});

describe("the kind of a version 1 token", () => {
  test("may stand in nats, where Go loses it: we keep it, so that the claims have a kind", () => {
    for (const header of [HEADER, HEADER_V1]) {
      const claims = read(operator, { sub: account.publicKey }, { type: "account", version: 1 }, header);
      expect(claims.nats).toMatchObject({ type: "account", version: 1 });
    }
  });

  test("at the top level wins, and makes it version 1 whatever nats says", () => {
    const claims = read(operator, { sub: "x", type: "operator" }, { type: "account", version: 2 });
    expect(claims.nats).toEqual({ type: "operator", version: 1 });
    // An empty one is none.
    const payload = JSON.stringify({
      iss: operator.publicKey,
      sub: "x",
      type: "",
      nats: { type: "account", version: 2 },
    });
    expect(decode(tokenOf({ key: operator, payload })).nats).toMatchObject({ type: "account", version: 2 });
  });

  test("with a signature of the other version does not verify", () => {
    const payload = JSON.stringify({ iss: operator.publicKey, sub: "x", type: "account", nats: {} });
    for (const header of [HEADER, HEADER_V1]) {
      expect(() => decode(tokenOf({ key: operator, payload, header }))).toThrowCode("ERR_JWT_SIGNATURE");
      expect(() => decode(tokenOf({ key: operator, payload, header }))).toThrow(
        "claim failed V1 signature verification",
      );
    }
  });

  test("is checked against the issuer too", () => {
    expect(() => read(user, { sub: "x", type: "account" }, {})).toThrowCode("ERR_JWT_ISSUER");
  });
});

describe("authorization requests and responses, which have one layout for all versions", () => {
  test.each([
    ["authorization_request", keyNamed("server")],
    ["authorization_response", account],
  ] as const)("%s: kind and tags at the top level are lost, so that it can be encoded again", async (type, key) => {
    for (const names of [
      { type, tags: ["t"] },
      { TYPE: type, "Tag\u017f": ["t"] },
    ]) {
      const claims = read(key, { sub: "u", ...names, other: [1.0] }, { user_nkey: "U", jwt: "x", version: 2 });
      expect(Object.keys(claims).sort()).toEqual(["iss", "nats", "other", "sub"]);
      expect(claims.nats.type).toBe(type);
      const token = await encode(claims, keyPairFromSeed(key.seed));
      expect(decode(token)).toMatchObject({ sub: "u", other: [1], nats: { type, version: 2 } });
    }
  });

  test("other spellings and other names stay", () => {
    const claims = read(account, { sub: "u", type: "authorization_response", types: 1, tag: 2 }, {});
    expect(claims).toMatchObject({ types: 1, tag: 2 });
  });
});

describe("decodeGeneric", () => {
  const payload = JSON.stringify({
    iss: user.publicKey,
    sub: "x",
    type: "mine",
    tags: ["a"],
    version: 7,
    nats: { a: 1 },
  });

  test("takes the scheme from the header, and kind and tags of version 1 into the data", () => {
    expect(decodeGeneric(tokenOf({ key: user, payload, header: HEADER_V1, scheme: 1 }))).toEqual({
      iss: user.publicKey,
      sub: "x",
      nats: { a: 1, type: "mine", tags: ["a"] },
    });
    // ED25519 is none of version 1: the case counts here.
    const upper = '{"typ":"JWT","alg":"ED25519"}';
    expect(decodeGeneric(tokenOf({ key: user, payload, header: upper }))).toEqual({
      iss: user.publicKey,
      sub: "x",
      nats: { a: 1 },
    });
    expect(() => decodeGeneric(tokenOf({ key: user, payload, header: upper, scheme: 1 }))).toThrow(
      "claim failed V2 signature verification",
    );
    expect(() => decodeGeneric(tokenOf({ key: user, payload, header: HEADER_V1 }))).toThrow(
      "claim failed V1 signature verification",
    );
  });

  test("makes the data where Go would crash for want of it", () => {
    const bare = JSON.stringify({ iss: user.publicKey, sub: "x", type: "mine" });
    expect(decodeGeneric(tokenOf({ key: user, payload: bare, header: HEADER_V1, scheme: 1 })).nats).toEqual({
      type: "mine",
    });
    const none = JSON.stringify({ iss: user.publicKey, sub: "x", type: "", tags: [] });
    expect(decodeGeneric(tokenOf({ key: user, payload: none, header: HEADER_V1, scheme: 1 }))).not.toHaveProperty(
      "nats",
    );
  });
});
