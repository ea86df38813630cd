import {
  type AccountClaims,
  type ClaimsInit,
  createAccountClaims,
  createActivationClaims,
  createOperatorClaims,
  createUserClaims,
  encode,
  isAccountClaims,
  isActivationClaims,
  isAuthorizationRequestClaims,
  isAuthorizationResponseClaims,
  isOperatorClaims,
  isUserClaims,
  keyPairFromSeed,
  type UserClaimsInit,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { ACCOUNT, KEYS, keyNamed, USER } from "../nkeys/fixtures.ts";
import { deepFreeze, payloadOf } from "./tokens.ts";

const operator = keyNamed("operator");
const pair = keyPairFromSeed(ACCOUNT.seed);

const CREATORS = [
  {
    name: "createOperatorClaims",
    create: createOperatorClaims,
    key: operator,
    message: "expected subject to be an operator public key",
  },
  {
    name: "createAccountClaims",
    create: createAccountClaims,
    key: ACCOUNT,
    message: "expected subject to be account public key",
  },
  { name: "createUserClaims", create: createUserClaims, key: USER, message: "expected subject to be user public key" },
  {
    name: "createActivationClaims",
    create: createActivationClaims,
    key: ACCOUNT,
    message: "expected subject to be an account",
  },
] as const;

describe("claims begin with the defaults of Go's constructors", () => {
  test("operators", () => {
    expect(createOperatorClaims(operator.publicKey)).toEqual({ sub: operator.publicKey, nats: { type: "operator" } });
  });

  test("accounts: no limits, and no JetStream", () => {
    expect(createAccountClaims(ACCOUNT.publicKey)).toEqual({
      sub: ACCOUNT.publicKey,
      nats: {
        limits: { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 },
        default_permissions: { pub: {}, sub: {} },
        authorization: {},
        type: "account",
      },
    });
  });

  test("users: no limits; scoped ones: nothing at all", () => {
    const nats = { pub: {}, sub: {}, type: "user" };
    expect(createUserClaims(USER.publicKey)).toEqual({
      sub: USER.publicKey,
      nats: { ...nats, subs: -1, data: -1, payload: -1 },
    });
    for (const scoped of [true, false, undefined]) {
      const claims = createUserClaims(USER.publicKey, { scoped } as UserClaimsInit);
      expect(claims).not.toHaveProperty("scoped");
      expect(claims.nats.subs).toBe(scoped ? undefined : -1);
    }
    expect(createUserClaims(USER.publicKey, { scoped: true })).toEqual({ sub: USER.publicKey, nats });
  });

  test("activations", () => {
    expect(createActivationClaims(ACCOUNT.publicKey)).toEqual({
      sub: ACCOUNT.publicKey,
      nats: { subject: "", type: "activation" },
    });
  });

  test("and so encode to the minimal examples of section 8.4", async () => {
    const { publicKey } = USER;
    const user = payloadOf(await encode(createUserClaims(publicKey, { name: "U" }), pair, { issuedAt: 1700000000 }));
    expect(user).toContain('"nats":{"pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,"type":"user","version":2}}');
    const account = payloadOf(await encode(createAccountClaims(ACCOUNT.publicKey, { name: "A" }), pair));
    expect(account).toContain(
      '"nats":{"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,"leaf":-1},"default_permissions":{"pub":{},"sub":{}},"authorization":{},"type":"account","version":2}}',
    );
  });
});

describe("what is given", () => {
  test("takes the place of defaults, limit by limit", () => {
    const claims = createAccountClaims(ACCOUNT.publicKey, {
      name: "A",
      exp: 5,
      nats: {
        limits: { conn: 0, disk_storage: -1 },
        default_permissions: { pub: { deny: ["x"] }, sub: {} },
        authorization: { auth_users: ["U"] },
        description: "d",
      },
    });
    expect(claims).toMatchObject({
      name: "A",
      exp: 5,
      nats: { description: "d", authorization: { auth_users: ["U"] } },
    });
    expect(claims.nats.default_permissions).toEqual({ pub: { deny: ["x"] }, sub: {} });
    expect(claims.nats.limits).toEqual({
      ...createAccountClaims(ACCOUNT.publicKey).nats.limits,
      conn: 0,
      disk_storage: -1,
    });
    expect(createUserClaims(USER.publicKey, { nats: { payload: 0, pub: { allow: [">"] } } }).nats).toEqual({
      pub: { allow: [">"] },
      sub: {},
      subs: -1,
      data: -1,
      payload: 0,
      type: "user",
    });
    expect(createUserClaims(USER.publicKey, { scoped: true, nats: { issuer_account: "A" } }).nats).toEqual({
      pub: {},
      sub: {},
      issuer_account: "A",
      type: "user",
    });
  });

  test("as undefined takes no default's place: a limit would become 0, which is none at all", () => {
    const nats = { subs: undefined, pub: undefined, name: undefined } as object;
    expect(createUserClaims(USER.publicKey, { nats, exp: undefined } as unknown as UserClaimsInit)).toEqual(
      createUserClaims(USER.publicKey),
    );
    expect(createUserClaims(USER.publicKey, { nats }).nats).toHaveProperty("subs", -1);
    const init = { nats: { limits: { conn: undefined }, authorization: undefined } } as unknown as ClaimsInit<
      AccountClaims["nats"]
    >;
    expect(createAccountClaims(ACCOUNT.publicKey, init)).toEqual(createAccountClaims(ACCOUNT.publicKey));
    expect(createAccountClaims(ACCOUNT.publicKey, init).nats).toHaveProperty("limits.conn", -1);
  });

  test.each(CREATORS)("can't change what encode sets: $name", ({ create, key }) => {
    const init = { sub: "other", nats: { type: "other" } } as object;
    const type = create(key.publicKey).nats.type;
    expect(create(key.publicKey, init)).toMatchObject({ sub: key.publicKey, nats: { type } });
  });

  test.each(CREATORS)("is copied, and may be frozen: $name", ({ create, key }) => {
    const tags = ["a"];
    const init = { name: "x", nats: { tags, extra: { list: [{ a: 1 }] } } } as {
      nats: { tags: string[]; extra: object };
    };
    const claims = create(key.publicKey, deepFreeze(init)) as unknown as {
      nats: { tags: string[]; extra: { list: { a: number }[] } };
    };
    expect(claims.nats.tags).toEqual(["a"]);
    expect(claims.nats.tags).not.toBe(tags);
    claims.nats.tags.push("b");
    (claims.nats.extra.list[0] as { a: number }).a = 2;
    expect(init).toEqual({ name: "x", nats: { tags: ["a"], extra: { list: [{ a: 1 }] } } });
    expect(create(key.publicKey).nats).not.toBe(create(key.publicKey).nats);
  });

  test("has no effect on the claims of others", () => {
    createAccountClaims(ACCOUNT.publicKey).nats.limits.conn = 5;
    createAccountClaims(ACCOUNT.publicKey).nats.default_permissions.pub.allow = ["x"];
    createUserClaims(USER.publicKey).nats.pub.allow = ["x"];
    expect(createAccountClaims(ACCOUNT.publicKey).nats).toMatchObject({
      limits: { conn: -1 },
      default_permissions: { pub: {} },
    });
    expect(createAccountClaims(ACCOUNT.publicKey).nats.default_permissions.pub).toEqual({});
    expect(createUserClaims(USER.publicKey).nats.pub).toEqual({});
  });

  test.each(CREATORS)("has to be an object: $name", ({ create, key }) => {
    for (const init of [null, "x", 1, true]) {
      expect(() => create(key.publicKey, init as unknown as object)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
    const endless: Record<string, unknown> = {};
    endless["nats"] = endless;
    expect(() => create(key.publicKey, endless)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("subjects", () => {
  test.each(CREATORS)("of another kind are refused in Go's words: $name", ({ create, key, message }) => {
    const others: unknown[] = KEYS.filter(({ kind }) => kind !== key.kind).map(({ publicKey }) => publicKey);
    for (const subject of [...others, key.seed, "", "x", undefined, null, 1, {}]) {
      expect(() => create(subject as string)).toThrowCode("ERR_CLAIMS_SUBJECT");
      expect(() => create(subject as string)).toThrow(message);
    }
    expect(others.length).toBeGreaterThan(5);
  });
});

describe("guards", () => {
  const GUARDS = {
    operator: isOperatorClaims,
    account: isAccountClaims,
    user: isUserClaims,
    activation: isActivationClaims,
    authorization_request: isAuthorizationRequestClaims,
    authorization_response: isAuthorizationResponseClaims,
  };

  test("tell kinds apart by nats.type", () => {
    for (const type of Object.keys(GUARDS)) {
      const claims = { sub: "x", nats: { type } } as AccountClaims;
      const said = Object.entries(GUARDS).filter(([, guard]) => guard(claims));
      expect(said.map(([kind]) => kind)).toEqual([type]);
    }
    for (const guard of Object.values(GUARDS))
      expect(guard({ sub: "x", nats: { type: "generic" } } as never)).toBe(false);
  });
});
