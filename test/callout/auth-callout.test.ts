import { inspect } from "node:util";
import fc from "fast-check";
import {
  AuthCallout,
  type AuthCalloutOptions,
  AuthorizationRequest,
  type AuthorizationRequestClaims,
  authCallout,
  createAccountClaims,
  createKeyPair,
  createUserClaims,
  decode,
  encode,
  isNscError,
  memoryStore,
  Nsc,
  type NscErrorCode,
  validate,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { utf8 } from "../crypto/engines.ts";
import { AskingServer, NOW, responseOf } from "./requests.ts";

const account = createKeyPair("account");
const signingKey = createKeyPair("account");
const app = createKeyPair("account");
const xkey = createKeyPair("curve");
const server = new AskingServer();
const clock = () => new Date(NOW * 1000);

function calloutOf(options: Partial<AuthCalloutOptions> = {}): AuthCallout {
  return new AuthCallout({ signer: account, account: account.publicKey, clock, ...options });
}

/** A callout where servers have no operator. */
function configured(options: Partial<AuthCalloutOptions> = {}): AuthCallout {
  return new AuthCallout({ signer: account, clock, ...options });
}

async function opened(callout: AuthCallout, change?: (claims: AuthorizationRequestClaims) => void) {
  return callout.open(await server.ask(callout.account, change));
}

describe("open", () => {
  test("gives what the server said", async () => {
    const request = await opened(calloutOf());
    expect(request).toBeInstanceOf(AuthorizationRequest);
    expect(request.userKey).toMatch(/^U/);
    expect(request.userKey).toBe(request.claims.nats.user_nkey);
    expect(request).toMatchObject({ serverId: server.key.publicKey, expires: NOW + 2, isSealed: false });
    expect(request.server.name).toBe("n1");
    expect(request.client).toMatchObject({ id: 7, kind: "Client" });
    expect(request.connectOptions).toEqual({ user: "alice", pass: "open sesame", protocol: 1 });
    expect(request.tls).toBeUndefined();
    expect(() => Object.assign(request.connectOptions, { user: "root" })).toThrow(TypeError);
  });

  test("shows no password when the request is printed", async () => {
    const request = await opened(calloutOf());
    for (const text of [inspect(request, { depth: 9, showHidden: true }), JSON.stringify(request), `${request}`]) {
      expect(text).not.toContain("sesame");
    }
  });

  test("opens what is sealed for the present key and for former ones", async () => {
    const callout = calloutOf({ encryptionKey: createKeyPair("curve"), olderEncryptionKeys: [xkey.getSeed()] });
    for (const key of [callout.xkey ?? "", xkey.publicKey]) {
      const request = callout.open(await server.askSealed(account.publicKey, key), server.xkey.publicKey);
      expect(request.isSealed).toBe(true);
      const payload = await callout.respond(request, { deny: "no" });
      const plain = server.xkey.open(payload ?? new Uint8Array(), key);
      expect(responseOf(plain).nats.error).toBe("no");
    }
  });

  test("refuses what is not sealed as agreed", async () => {
    const sealed = await server.askSealed(account.publicKey, xkey.publicKey);
    const sealing = calloutOf({ encryptionKey: xkey });
    const header = server.xkey.publicKey;
    expect(() => calloutOf().open(sealed, header)).toThrowCode("ERR_CALLOUT_REQUEST");
    const plain = await server.ask(account.publicKey);
    expect(() => sealing.open(plain, header)).toThrowCode("ERR_CALLOUT_REQUEST");
    expect(() => sealing.open(sealed)).toThrowCode("ERR_CALLOUT_REQUEST");
    expect(() => sealing.open(sealed, createKeyPair("curve").publicKey)).toThrowCode("ERR_NKEY_SEALED");
    expect(() => sealing.open(sealed, "X")).toThrowCode("ERR_NKEY_LENGTH");
    const other = calloutOf({ encryptionKey: createKeyPair("curve") });
    expect(() => other.open(sealed, header)).toThrowCode("ERR_NKEY_SEALED");
    // The very message is good otherwise.
    expect(sealing.open(sealed, header).isSealed).toBe(true);
  });

  test("refuses what another than the server that it names has sealed", async () => {
    const mallory = createKeyPair("curve");
    const sealed = mallory.seal(await server.ask(account.publicKey), xkey.publicKey);
    expect(() => calloutOf({ encryptionKey: xkey }).open(sealed, mallory.publicKey)).toThrowCode("ERR_CALLOUT_REQUEST");
  });

  test.each<[string, (claims: AuthorizationRequestClaims) => void, NscErrorCode]>([
    [
      "for another audience",
      (claims) => {
        claims.aud = "nats-authorization";
      },
      "ERR_CALLOUT_REQUEST",
    ],
    [
      "for no audience",
      (claims) => {
        delete claims.aud;
      },
      "ERR_CALLOUT_REQUEST",
    ],
    [
      "for another callout",
      (claims) => {
        claims.sub = app.publicKey;
      },
      "ERR_CALLOUT_REQUEST",
    ],
    [
      "of another server than it names",
      ({ nats }) => {
        nats.server_id.id = createKeyPair("server").publicKey;
      },
      "ERR_CALLOUT_REQUEST",
    ],
    [
      "that expired",
      (claims) => {
        claims.exp = NOW - 2;
      },
      "ERR_CALLOUT_REQUEST",
    ],
    [
      "that does not expire",
      (claims) => {
        delete claims.exp;
      },
      "ERR_CALLOUT_REQUEST",
    ],
    [
      "that is not valid yet",
      (claims) => {
        claims.nbf = NOW + 2;
      },
      "ERR_CALLOUT_REQUEST",
    ],
    [
      "without a user key",
      ({ nats }) => {
        nats.user_nkey = "";
      },
      "ERR_CLAIMS_INVALID",
    ],
    [
      "with a key of another kind",
      ({ nats }) => {
        nats.user_nkey = app.publicKey;
      },
      "ERR_CLAIMS_INVALID",
    ],
  ])("refuses a request %s", async (_, change, code) => {
    const data = await server.ask(account.publicKey, change);
    expect(() => calloutOf().open(data)).toThrowCode(code);
  });

  test("goes by the clock with some leeway, and by another if it is to", async () => {
    expect(
      (
        await opened(calloutOf(), (claims) => {
          claims.exp = NOW - 1;
        })
      ).expires,
    ).toBe(NOW - 1);
    await expect(
      opened(calloutOf({ leeway: "0s" }), (claims) => {
        claims.exp = NOW - 1;
      }),
    ).rejects.toThrowCode("ERR_CALLOUT_REQUEST");
    await expect(
      opened(calloutOf({ leeway: "1m" }), (claims) => {
        claims.exp = NOW - 60;
      }),
    ).resolves.toBeDefined();
  });

  test("opens a request once, and lets go of it when it has expired", async () => {
    let now = NOW;
    const callout = calloutOf({ clock: () => new Date(now * 1000) });
    const data = await server.ask(account.publicKey);
    callout.open(data);
    expect(() => callout.open(data)).toThrowCode("ERR_CALLOUT_REQUEST");
    now += 3;
    expect(() => callout.open(data)).toThrow("opened before");
    now += 1;
    callout.open(
      await server.ask(account.publicKey, (claims) => {
        claims.exp = now + 2;
      }),
    );
    expect(() => callout.open(data)).toThrow("expired 2 s ago");
  });

  test("refuses tokens of other kinds, and signatures of others", async () => {
    const callout = calloutOf();
    const user = await encode(createUserClaims(createKeyPair("user").publicKey), account);
    expect(() => callout.open(utf8(user))).toThrowCode("ERR_JWT_KIND");
    const [header = "", payload = ""] = new TextDecoder().decode(await server.ask(account.publicKey)).split(".");
    const [, , signature = ""] = new TextDecoder().decode(await server.ask(account.publicKey)).split(".");
    expect(() => callout.open(utf8(`${header}.${payload}.${signature}`))).toThrowCode("ERR_JWT_SIGNATURE");
  });

  test("refuses garbage of any kind and size with a code", async () => {
    const [plain, sealing] = [calloutOf(), calloutOf({ encryptionKey: xkey })];
    const good = [await server.ask(account.publicKey), await server.askSealed(account.publicKey, xkey.publicKey)];
    const isRefused = (callout: AuthCallout, data: Uint8Array): void => {
      try {
        callout.open(data, server.xkey.publicKey);
      } catch (error) {
        if (isNscError(error)) return;
        throw error;
      }
      throw new Error("it was opened");
    };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.uint8Array({ maxLength: 200 }).map((rest) => Uint8Array.of(...utf8("xkv1"), ...rest)),
          fc.string().map((rest) => utf8(`eyJ${rest}`)),
          fc.tuple(fc.constantFrom(...good), fc.nat(), fc.integer({ min: 1, max: 255 })).map(([data, at, bits]) => {
            const changed = new Uint8Array(data);
            const index = at % (changed.length - 2);
            changed[index] = (changed[index] as number) ^ bits;
            return changed;
          }),
        ),
        (data) => {
          isRefused(plain, data);
          isRefused(sealing, data);
        },
      ),
    );
    for (const size of [0, 1024 * 1024 + 45, 4 * 1024 * 1024]) isRefused(plain, new Uint8Array(size).fill(0x65));
    for (const data of [undefined, null, "eyJ", [101]]) {
      expect(() => plain.open(data as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
  });
});

describe("provenKey", () => {
  const user = createKeyPair("user");
  const nonce = "Cr8XlXBTSFYGy1M";
  const sign = (text: string, pair = user) => Buffer.from(pair.sign(utf8(text)));
  const asking = (connect: object, signed: string | undefined = nonce) =>
    opened(calloutOf(), ({ nats }) => {
      nats.connect_opts = { protocol: 1, ...connect };
      if (signed !== undefined) nats.client_info.nonce = signed;
    });

  test("is the nkey, or the subject of the token, that signed the nonce", async () => {
    const jwt = await encode(createUserClaims(user.publicKey), account);
    for (const sig of [sign(nonce).toString("base64url"), sign(nonce).toString("base64")]) {
      for (const who of [{ nkey: user.publicKey }, { jwt }, { jwt, nkey: user.publicKey }]) {
        expect((await asking({ ...who, sig })).provenKey()).toBe(user.publicKey);
      }
    }
  });

  test("is nothing without a signature of that key for that nonce", async () => {
    const sig = sign(nonce).toString("base64url");
    const nkey = user.publicKey;
    expect((await asking({ nkey })).provenKey()).toBeUndefined();
    expect((await asking({ sig })).provenKey()).toBeUndefined();
    expect((await asking({ nkey, sig }, "another")).provenKey()).toBeUndefined();
    expect((await asking({ nkey, sig }, "")).provenKey()).toBeUndefined();
    expect((await asking({ nkey: createKeyPair("user").publicKey, sig })).provenKey()).toBeUndefined();
    expect((await asking({ nkey, sig: "!!" })).provenKey()).toBeUndefined();
    expect((await asking({ nkey: "no key", sig })).provenKey()).toBeUndefined();
    expect((await asking({ jwt: "no token", sig })).provenKey()).toBeUndefined();
  });
});

describe("respond with an operator", () => {
  const userToken = (sub: string, init: Parameters<typeof createUserClaims>[1] = {}) =>
    encode(createUserClaims(sub, init), app, { issuedAt: NOW });

  test("passes a token on, as the server that asked expects it", async () => {
    const callout = calloutOf({ signer: signingKey });
    const request = await opened(callout);
    const token = await userToken(request.userKey);
    const claims = responseOf(await callout.respond(request, { token }));
    expect(claims).toMatchObject({
      sub: request.userKey,
      aud: server.key.publicKey,
      iss: signingKey.publicKey,
      iat: NOW,
      exp: NOW + 2,
      nats: { jwt: token, issuer_account: account.publicKey },
    });
    expect(claims.nats.error).toBeUndefined();
    expect(validate(claims, { now: NOW })).toEqual([]);
  });

  test("names no issuer account when the account itself signs", async () => {
    const callout = calloutOf();
    const request = await opened(callout);
    const token = await userToken(request.userKey);
    expect(responseOf(await callout.respond(request, { token })).nats).toEqual({
      jwt: token,
      type: "authorization_response",
      version: 2,
    });
  });

  test("takes what issueUser gives", async () => {
    const operator = await new Nsc().addOperator("local");
    const auth = await operator.addAccount("AUTH", { signingKey: true });
    await auth.setAuthCallout({ users: [await auth.addUser("service")] });
    const target = await operator.addAccount("APP");
    const callout = await authCallout(auth);
    const now = Math.floor(Date.now() / 1000);
    const request = await opened(callout, (claims) => {
      claims.exp = now + 2;
    });
    const user = await target.issueUser("alice", { key: request.userKey, expires: "1h" });
    const { nats, iss } = responseOf(await callout.respond(request, user));
    expect(nats.jwt).toBe(user.token);
    expect(iss).toBe(auth.claims.nats.signing_keys?.[0]);
    expect(nats.issuer_account).toBe(auth.publicKey);
  });

  test("says why it refuses, in one line and without secrets", async () => {
    const callout = calloutOf();
    const request = await opened(callout);
    const deny = `no\r\n[INF] yes ${createKeyPair("user").getSeed().toString()} ${"x".repeat(500)}`;
    const { error = "" } = responseOf(await callout.respond(request, { deny })).nats;
    expect(error.startsWith("no\\r\\n[INF] yes ")).toBe(true);
    expect(error.length).toBeLessThan(300);
    const seed = new TextDecoder().decode(createKeyPair("user").getSeed());
    expect(responseOf(await callout.respond(request, { deny: seed })).nats.error).not.toContain("SU");
  });

  test("says nothing if it is to", async () => {
    const callout = calloutOf();
    expect(await callout.respond(await opened(callout), { ignore: true })).toBeUndefined();
  });

  test.each<[string, (userKey: string) => Promise<string>]>([
    ["about another key", () => userToken(createKeyPair("user").publicKey)],
    ["that expired", (key) => userToken(key, { exp: NOW - 1 })],
    ["that is not valid yet", (key) => userToken(key, { nbf: NOW + 1 })],
    ["with claims that servers refuse", (key) => userToken(key, { nats: { src: ["10.0.0.1"] } })],
    ["of another kind", () => encode(createAccountClaims(app.publicKey), app, { issuedAt: NOW })],
    ["that is none", async () => "eyJ0"],
    ["that is empty", async () => ""],
    ["that lives too long", (key) => userToken(key, { exp: NOW + 3601 })],
    ["that lives for ever", (key) => userToken(key)],
  ])("refuses a token %s", async (_, make) => {
    const callout = calloutOf({ maxLifetime: "1h" });
    const request = await opened(callout);
    await expect(callout.respond(request, { token: await make(request.userKey) })).rejects.toThrowCode(
      "ERR_CALLOUT_USER",
    );
    const good = await userToken(request.userKey, { exp: NOW + 3600 });
    await expect(callout.respond(request, { token: good })).resolves.toBeDefined();
  });

  test.each([
    undefined,
    null,
    "alice",
    {},
    { deny: "" },
    { ignore: false },
    { token: 1 },
    { deny: "no", ignore: true },
  ])("refuses what is no verdict: %j", async (verdict) => {
    const callout = calloutOf();
    await expect(callout.respond(await opened(callout), verdict as never)).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("refuses users of a configuration, and requests that another callout opened", async () => {
    const callout = calloutOf();
    const request = await opened(callout);
    const user = { account: "APP", name: "alice", expires: "1h" };
    await expect(callout.respond(request, { user })).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(calloutOf().respond(request, { deny: "no" })).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("respond without an operator", () => {
  async function userOf(user: object, options: Partial<AuthCalloutOptions> = {}) {
    const callout = configured(options);
    const request = await opened(callout);
    const response = responseOf(await callout.respond(request, { user: user as never }));
    expect(response.nats.issuer_account).toBeUndefined();
    expect(response.iss).toBe(account.publicKey);
    const claims = decode(response.nats.jwt ?? "", { kind: "user" });
    expect(claims).toMatchObject({ sub: request.userKey, iss: account.publicKey });
    return claims;
  }

  test("signs users of accounts by name", async () => {
    const claims = await userOf({
      account: "APP",
      name: "alice",
      expires: "1h",
      pub: ["orders.>"],
      sub: { deny: [">"] },
      responses: true,
      tags: ["Team:A"],
      claims: ({ nats }: { nats: { src?: string[] } }) => {
        nats.src = ["10.0.0.0/8"];
      },
    });
    expect(claims).toMatchObject({ aud: "APP", name: "alice", exp: NOW + 3600, iat: NOW });
    expect(claims.nats).toMatchObject({
      pub: { allow: ["orders.>"] },
      sub: { deny: [">"] },
      resp: { max: 1 },
      subs: -1,
      tags: ["team:a"],
      src: ["10.0.0.0/8"],
    });
    expect(claims.nats.issuer_account).toBeUndefined();
  });

  test("lets nobody in for longer than agreed", async () => {
    const init = { account: "APP", name: "alice" };
    expect((await userOf({ ...init, expires: "never" })).exp).toBeUndefined();
    const options = { maxLifetime: "8h" };
    expect((await userOf({ ...init, expires: "never" }, options)).exp).toBe(NOW + 8 * 3600);
    expect((await userOf({ ...init, expires: "9h" }, options)).exp).toBe(NOW + 8 * 3600);
    expect((await userOf({ ...init, expires: "1h" }, options)).exp).toBe(NOW + 3600);
  });

  test.each<[string, object, NscErrorCode]>([
    ["no account", { name: "alice", expires: "1h" }, "ERR_ARGUMENT_INVALID"],
    ["no expiry", { account: "APP", name: "alice" }, "ERR_ARGUMENT_INVALID"],
    ["no name", { account: "APP", expires: "1h" }, "ERR_ARGUMENT_INVALID"],
    ["an empty name", { account: "APP", name: "", expires: "1h" }, "ERR_NAME_INVALID"],
    ["an option that there is not", { account: "APP", name: "a", expires: "1h", bearer: true }, "ERR_ARGUMENT_INVALID"],
    ["no subjects at all", { account: "APP", name: "a", expires: "1h", pub: [] }, "ERR_ARGUMENT_INVALID"],
    [
      "claims that servers refuse",
      {
        account: "APP",
        name: "a",
        expires: "1h",
        claims: ({ nats }: { nats: { src?: string[] } }) => {
          nats.src = ["x"];
        },
      },
      "ERR_CALLOUT_USER",
    ],
  ])("refuses users with %s", async (_, user, code) => {
    const callout = configured();
    await expect(callout.respond(await opened(callout), { user: user as never })).rejects.toThrowCode(code);
  });

  test.each<[string, Parameters<typeof createUserClaims>[1], boolean]>([
    ["of another issuer", { aud: "APP" }, false],
    ["without an account", {}, true],
    ["that names an account of an operator", { aud: "APP", nats: { issuer_account: app.publicKey } }, true],
  ])("refuses tokens %s", async (_, init, isOwn) => {
    const callout = configured();
    const request = await opened(callout);
    const token = await encode(createUserClaims(request.userKey, init), isOwn ? account : app, { issuedAt: NOW });
    await expect(callout.respond(request, { token })).rejects.toThrowCode("ERR_CALLOUT_USER");
    const good = await encode(createUserClaims(request.userKey, { aud: "APP" }), account, { issuedAt: NOW });
    await expect(callout.respond(request, { token: good })).resolves.toBeDefined();
  });
});

describe("a callout", () => {
  test("says whose it is", () => {
    expect(calloutOf({ signer: signingKey, encryptionKey: xkey })).toMatchObject({
      account: account.publicKey,
      hasOperator: true,
      xkey: xkey.publicKey,
    });
    expect(configured()).toMatchObject({ account: account.publicKey, hasOperator: false, xkey: undefined });
  });

  test("signs with what waits, and says when that fails", async () => {
    const held = { publicKey: account.publicKey, sign: async (bytes: Uint8Array) => account.sign(bytes) };
    const callout = calloutOf({ signer: held });
    expect(responseOf(await callout.respond(await opened(callout), { deny: "no" })).iss).toBe(account.publicKey);
    const broken = calloutOf({ signer: { ...held, sign: () => Promise.reject(new Error("offline")) } });
    await expect(broken.respond(await opened(broken), { deny: "no" })).rejects.toThrowCode("ERR_SIGNER_FAILED");
  });

  test.each<[string, object, NscErrorCode]>([
    ["no signer", { signer: undefined }, "ERR_SIGNER_INVALID"],
    ["a signer of another kind", { signer: createKeyPair("user") }, "ERR_KEY_KIND"],
    ["an account of another kind", { account: createKeyPair("user").publicKey }, "ERR_KEY_KIND"],
    ["a curve key of another kind", { encryptionKey: createKeyPair("user") }, "ERR_ARGUMENT_INVALID"],
    ["a public curve key", { encryptionKey: xkey.publicKey }, "ERR_NKEY_SEED"],
    ["older keys alone", { olderEncryptionKeys: [xkey] }, "ERR_ARGUMENT_INVALID"],
    ["older keys that are no list", { encryptionKey: xkey, olderEncryptionKeys: xkey }, "ERR_ARGUMENT_INVALID"],
    ["months", { maxLifetime: "1M" }, "ERR_ARGUMENT_INVALID"],
    ["no time at all", { maxLifetime: "0s" }, "ERR_ARGUMENT_INVALID"],
    ["a number for a time", { maxLifetime: 60 }, "ERR_ARGUMENT_INVALID"],
    ["leeway that is none", { leeway: "a second" }, "ERR_ARGUMENT_INVALID"],
    ["an option that there is not", { issuer: account }, "ERR_ARGUMENT_INVALID"],
  ])("is refused with %s", (_, options, code) => {
    expect(() => calloutOf(options)).toThrowCode(code);
  });
});

describe("authCallout", () => {
  async function tree() {
    const store = memoryStore();
    const operator = await new Nsc({ store }).addOperator("local", { signingKey: true });
    const auth = await operator.addAccount("AUTH", { signingKey: true });
    return { store, operator, auth, service: await auth.addUser("service") };
  }

  test("finds signer and curve key in the store", async () => {
    const { operator, auth, service } = await tree();
    await operator.requireSigningKeys();
    await auth.setAuthCallout({ users: [service], xkey: true });
    const callout = await authCallout(auth);
    expect(callout).toMatchObject({
      account: auth.publicKey,
      hasOperator: true,
      xkey: auth.claims.nats.authorization.xkey,
    });
    await expect(authCallout(auth, { signer: auth.publicKey })).rejects.toThrowCode("ERR_SIGNER_STRICT");
  });

  test("takes keys that the store has not", async () => {
    const { auth, service } = await tree();
    await auth.setAuthCallout({ users: [service], xkey: xkey.publicKey });
    await expect(authCallout(auth)).rejects.toThrowCode("ERR_CREDS_KEY_MISSING");
    await expect(authCallout(auth, { encryptionKey: createKeyPair("curve") })).rejects.toThrowCode(
      "ERR_ARGUMENT_INVALID",
    );
    expect((await authCallout(auth, { encryptionKey: xkey })).xkey).toBe(xkey.publicKey);
    await auth.setAuthCallout({ xkey: false });
    await expect(authCallout(auth, { encryptionKey: xkey })).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(authCallout(auth, { signer: app })).rejects.toThrowCode("ERR_SIGNER_UNTRUSTED");
  });

  test("is refused for an account without a callout, and with options that there are not", async () => {
    const { auth, service } = await tree();
    await expect(authCallout(auth)).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
    await auth.setAuthCallout({ users: [service] });
    await expect(authCallout(auth, { account: auth } as never)).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
