import { createAccount, createUser } from "@nats-io/nkeys";
import {
  createKeyPair,
  createPortableEngine,
  createScope,
  createUserClaims,
  decode,
  encode,
  encodeScopedUser,
  hasEmptyPermissions,
  keyPairFromSeed,
  type NscError,
  type ScopedUserOptions,
  scopeViolation,
} from "nsc.js";
import { afterEach, describe, expect, test, vi } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { payloadOf } from "./tokens.ts";

const account = keyNamed("account").publicKey;
const user = keyNamed("user").publicKey;
const { seed, publicKey: signingKey } = keyNamed("accountSK");
const signer = keyPairFromSeed(seed);
const issuedAt = Date.parse("2024-01-31T12:00:00Z") / 1000;

function issue(options: Partial<ScopedUserOptions> = {}): Promise<string> {
  return encodeScopedUser(user, account, signer, { expires: "never", issuedAt, ...options });
}

afterEach(() => {
  vi.useRealTimers();
});

describe("encodeScopedUser", () => {
  test("gives the claims that Go's IssueUserJWT gives, and nothing more", async () => {
    const payload = payloadOf(await issue({ name: "alice", tags: ["Team:A", "x", "x", ""], expires: "1h" }));
    const { jti, ...claims } = JSON.parse(payload) as Record<string, unknown>;
    expect(jti).toMatch(/^[A-Z2-7]{52}$/);
    expect(claims).toEqual({
      exp: issuedAt + 3600,
      iat: issuedAt,
      iss: signingKey,
      name: "alice",
      sub: user,
      nats: {
        pub: {},
        sub: {},
        issuer_account: account,
        // As given: neither in lower case nor each once.
        tags: ["Team:A", "x", "x", ""],
        type: "user",
        version: 2,
      },
    });
  });

  test("gives the token that the same claims encode to", async () => {
    const claims = createUserClaims(user, {
      scoped: true,
      name: "alice",
      exp: issuedAt + 86_400,
      nats: { issuer_account: account, tags: ["a"] },
    });
    const token = await encode(claims, signer, { issuedAt });
    expect(await issue({ name: "alice", tags: ["a"], expires: "1d" })).toBe(token);
    expect(await issue({ name: "alice", tags: ["a"], expires: "1d", engine: createPortableEngine() })).toBe(token);
  });

  test("gives a user as the server wants it for a scope", async () => {
    const claims = decode(await issue(), { kind: "user" });
    expect(hasEmptyPermissions(claims.nats)).toBe(true);
    expect(scopeViolation(createScope(signingKey), claims)).toBeUndefined();
    expect(claims.nats).not.toHaveProperty("tags");
  });

  test.each([
    ["never", undefined],
    ["1h", "2024-01-31T13:00:00Z"],
    ["1h30m5s", "2024-01-31T13:30:05Z"],
    ["30d", "2024-03-01T12:00:00Z"],
    ["2w", "2024-02-14T12:00:00Z"],
    // 31 February 2024 is 2 March, as in Go.
    ["1M", "2024-03-02T12:00:00Z"],
    ["1y2M", "2025-03-31T12:00:00Z"],
    ["0s", "2024-01-31T12:00:00Z"],
    [new Date("2030-01-01T00:00:00.999Z"), "2030-01-01T00:00:00Z"],
    [new Date("1999-01-01T00:00:00Z"), "1999-01-01T00:00:00Z"],
  ])("with the expiry %s", async (expires, at) => {
    const { exp } = decode(await issue({ expires }));
    expect(exp).toBe(at === undefined ? undefined : Date.parse(at) / 1000);
  });

  test("counts from now without a time of issue", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_700_000_000_999 });
    const token = await encodeScopedUser(user, account, signer, { expires: "1m" });
    expect(decode(token)).toMatchObject({ iat: 1_700_000_000, exp: 1_700_000_060 });
  });

  test("has the public key for a name, where there is none", async () => {
    expect(decode(await issue()).name).toBe(user);
    expect(decode(await issue({ name: "" })).name).toBe(user);
    expect(decode(await issue({ name: "日本" })).name).toBe("日本");
  });

  test("copies the tags", async () => {
    const tags = ["a"];
    const promise = issue({ tags });
    tags.push("b");
    expect(decode(await promise, { kind: "user" }).nats.tags).toEqual(["a"]);
  });

  test("takes signers that sign elsewhere, and pairs of @nats-io/nkeys", async () => {
    const remote = { publicKey: signingKey, sign: async (bytes: Uint8Array) => signer.sign(bytes) };
    const options = { expires: "1h", issuedAt };
    expect(await encodeScopedUser(user, account, remote, options)).toBe(await issue({ expires: "1h" }));
    const theirs = createAccount();
    const token = await encodeScopedUser(createUser().getPublicKey(), account, theirs, options);
    expect(decode(token).iss).toBe(theirs.getPublicKey());
  });

  const go = (parameter: string, got: string) =>
    `issueUserJWT requires an account key for the ${parameter} parameter, but got ${got}`;

  // Go's Prefix says what they are: section 7.4.
  test.each([
    [user, "user"],
    [keyNamed("operator").publicKey, "operator"],
    [keyNamed("server").publicKey, "server"],
    [keyNamed("cluster").publicKey, "cluster"],
    [keyNamed("curve").publicKey, "x25519"],
    [seed, "seed"],
    ["", "unknown"],
    ["account", "unknown"],
    [undefined, "unknown"],
  ])("refuses as account what is none, case %#", async (key, kind) => {
    expect(await refusal(user, key)).toEqual(["ERR_ARGUMENT_INVALID", go("accountId", kind)]);
  });

  test.each([
    [account, "account"],
    [keyNamed("user").seed, "seed"],
    [null, "unknown"],
  ])("refuses as user what is none, case %#", async (key, kind) => {
    expect(await refusal(key, account)).toEqual(["ERR_ARGUMENT_INVALID", go("publicUserKey", kind)]);
  });

  test("looks at the account first", async () => {
    expect(await refusal(account, user)).toEqual(["ERR_ARGUMENT_INVALID", go("accountId", "user")]);
  });

  test.each([
    3600,
    0,
    "",
    "1",
    "h",
    "1h ",
    "-1h",
    "1.5h",
    "1m1h",
    "1H",
    "NEVER",
    new Date(Number.NaN),
    null,
    undefined,
    {},
  ])("refuses %o as expiry", async (expires) => {
    await expect(issue({ expires: expires as string })).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("refuses a span beyond what dates hold", async () => {
    await expect(issue({ expires: "300000y" })).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("refuses other signers", async () => {
    for (const kind of ["user", "operator"] as const) {
      const other = encodeScopedUser(user, account, createKeyPair(kind), { expires: "1h" });
      await expect(other).rejects.toThrowCode("ERR_SIGNER_KIND");
    }
    const seedOnly = encodeScopedUser(user, account, seed as never, { expires: "1h" });
    await expect(seedOnly).rejects.toThrowCode("ERR_SIGNER_INVALID");
  });
});

async function refusal(userKey: unknown, accountKey: unknown): Promise<[string, string]> {
  const options = { expires: "1h" };
  const error: unknown = await encodeScopedUser(userKey as string, accountKey as string, signer, options).catch(
    (reason: unknown) => reason,
  );
  const { code, message } = error as NscError;
  return [code, message];
}
