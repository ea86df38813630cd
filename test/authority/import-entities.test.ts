import {
  createAccountClaims,
  createKeyPair,
  createUserClaims,
  encode,
  formatCreds,
  keyPairFromSeed,
  Nsc,
  type Operator,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { keptKey, NOW, refused, tokenAt, tree, wire, world, writesNothing } from "./tree-fixtures.ts";

const TENANT = createKeyPair("account");

/** The token of an account that a key signed. */
async function accountToken(
  signer = TENANT,
  issuedAt = NOW,
  edit: (claims: ReturnType<typeof createAccountClaims>) => void = () => undefined,
): Promise<string> {
  const claims = createAccountClaims(TENANT.publicKey, { name: "TENANT" });
  claims.nats.description = "a tenant";
  edit(claims);
  return encode(claims, signer, { issuedAt });
}

/** A token of the same account that the operator signed elsewhere. */
async function signedBy(
  operator: Operator,
  made: { readonly store: { getKey(key: string): Promise<string | undefined> } },
) {
  const seed = await made.store.getKey(operator.claims.nats.signing_keys?.[0] ?? "");
  return keyPairFromSeed(seed ?? "");
}

describe("importAccount", () => {
  test("signs again what signed itself, without the limits that it claims", async () => {
    const { operator, store } = await tree();
    const token = await accountToken(TENANT, NOW, ({ nats }) => {
      nats.limits.disk_storage = -1;
      nats.limits.conn = 5;
    });
    const account = await operator.importAccount(
      `-----BEGIN NATS ACCOUNT JWT-----\n${token}\n------END NATS ACCOUNT JWT------\n`,
    );
    expect([account.name, account.publicKey]).toEqual(["TENANT", TENANT.publicKey]);
    const { iss, nats } = await wire(store, ["local", "TENANT"]);
    expect(iss).toBe(operator.claims.nats.signing_keys?.[0]);
    expect(nats.description).toBe("a tenant");
    expect(nats.limits).toEqual({
      subs: -1,
      data: -1,
      payload: -1,
      imports: -1,
      exports: -1,
      wildcards: true,
      conn: -1,
      leaf: -1,
    });
  });

  test("grants the limits when told", async () => {
    const { operator, store } = await tree();
    const token = await accountToken(TENANT, NOW, ({ nats }) => {
      nats.limits.conn = 5;
    });
    await operator.importAccount(token, { keepLimits: true, name: "T2" });
    expect(await wire(store, ["local", "T2"])).toMatchObject({ name: "T2", nats: { limits: { conn: 5 } } });
  });

  test("keeps what the operator signed as it is, and writes nothing for what is there", async () => {
    const made = await tree();
    const token = await accountToken(await signedBy(made.operator, made), NOW, ({ nats }) => {
      nats.limits.disk_storage = -1;
    });
    await made.operator.importAccount(token);
    expect(await tokenAt(made.store, ["local", "TENANT"])).toBe(token);
    await writesNothing(made.store, () => made.operator.importAccount(token));
  });

  test("replaces when told, by what is newer, and keeps the limits that the operator gave", async () => {
    const { operator, store } = await tree();
    const account = await operator.importAccount(await accountToken());
    await account.edit(({ nats }) => {
      nats.limits.conn = 7;
    });
    await account.addUser("u", { key: createKeyPair("user"), signer: TENANT });
    const newer = await accountToken(TENANT, NOW + 60, (claims) => {
      claims.name = "OTHER";
    });
    await refused(store, () => operator.importAccount(newer), "ERR_ENTITY_EXISTS", "replace");
    const old = await accountToken(TENANT, NOW - 60);
    await refused(store, () => operator.importAccount(old, { replace: true }), "ERR_ENTITY_EXISTS", "newer");
    await operator.importAccount(newer, { replace: true });
    expect(await wire(store, ["local", "OTHER"])).toMatchObject({ name: "OTHER", nats: { limits: { conn: 7 } } });
    expect((await store.paths()).sort()).toContain('["local","OTHER","u"]');
    expect(account.name).toBe("OTHER");
  });

  test("refuses accounts of others, unless it is forced", async () => {
    const { operator, store } = await tree();
    const token = await accountToken(createKeyPair("operator"));
    await refused(store, () => operator.importAccount(token), "ERR_SIGNER_UNTRUSTED", "force");
    await operator.importAccount(token, { force: true });
    expect((await wire(store, ["local", "TENANT"])).iss).toBe(operator.claims.nats.signing_keys?.[0]);
  });

  test("signs again what the identity signed where signing keys are demanded", async () => {
    const { nsc, store } = world();
    const identity = createKeyPair("operator");
    const operator = await nsc.addOperator("O", { key: identity, signingKey: true });
    await operator.requireSigningKeys();
    const account = await operator.importAccount(await accountToken(identity));
    expect(account.claims.iss).toBe(operator.claims.nats.signing_keys?.[0]);
    expect((await wire(store, ["O", "TENANT"])).iss).toBe(account.claims.iss);
  });

  test("refuses what is no account, expired, invalid, or has the name of another", async () => {
    const { operator, store } = await tree();
    const user = await encode(createUserClaims(createKeyPair("user").publicKey), TENANT);
    await refused(store, () => operator.importAccount(user), "ERR_JWT_KIND");
    await refused(store, () => operator.importAccount("x"), "ERR_JWT_FORMAT");
    await refused(store, () => operator.importAccount(5 as never), "ERR_ARGUMENT_INVALID");
    const expired = await accountToken(TENANT, NOW, (claims) => {
      claims.exp = NOW - 1;
    });
    await refused(store, () => operator.importAccount(expired), "ERR_CLAIMS_INVALID", "expired");
    const token = await accountToken();
    await refused(store, () => operator.importAccount(token, { name: "APP" }), "ERR_ENTITY_EXISTS", "APP");
    await refused(store, () => operator.importAccount(token, { name: "a/b" }), "ERR_NAME_INVALID");
    await refused(store, () => operator.importAccount(token, { overwrite: true } as never), "ERR_ARGUMENT_INVALID");
  });

  test("replaces even what is newer, and takes what is invalid, when told", async () => {
    const { operator, store } = await tree();
    await operator.importAccount(await accountToken(TENANT, NOW + 60));
    const before = await wire(store, ["local", "TENANT"]);
    const old = await accountToken(TENANT, NOW - 60, (claims) => {
      claims.nats.description = "older";
    });
    await operator.importAccount(old, { replace: "newer" });
    const after = await wire(store, ["local", "TENANT"]);
    expect(after.nats.description).toBe("older");
    expect(after.iat).toBeGreaterThan(before.iat ?? 0);
    const expired = await accountToken(TENANT, NOW - 60, (claims) => {
      claims.exp = NOW - 1;
      claims.nats.mappings = {
        a: [
          { subject: "b", weight: 60 },
          { subject: "c", weight: 60 },
        ],
      };
    });
    await refused(store, () => operator.importAccount(expired, { replace: "newer" }), "ERR_CLAIMS_INVALID");
    const account = await operator.importAccount(expired, { replace: "newer", allowInvalid: true });
    expect(account.claims.exp).toBe(NOW - 1);
    await account.edit((claims) => {
      delete claims.exp;
      delete claims.nats.mappings;
    });
    expect(account.claims.exp).toBeUndefined();
  });

  test("under an operator whose keys are elsewhere needs them", async () => {
    const elsewhere = await new Nsc().addOperator("O");
    const { nsc, store } = world();
    const operator = await nsc.importOperator(elsewhere.token);
    const token = await accountToken();
    await refused(store, () => operator.importAccount(token), "ERR_SIGNER_MISSING");
  });
});

describe("importUser", () => {
  test("keeps the token and the seed", async () => {
    const { account, store } = await tree();
    const issued = await account.issueUser("u", { expires: "1h", pub: ["a"] });
    const user = await account.importUser(issued.creds());
    expect(await tokenAt(store, ["local", "APP", "u"])).toBe(issued.token);
    expect([user.token, user.hasSeed]).toEqual([issued.token, true]);
    expect(await keptKey(store, user.publicKey)).toBe(issued.publicKey);
    await writesNothing(store, () => account.importUser(issued.token));
  });

  test("takes a token alone, and the seed later", async () => {
    const { account } = await tree();
    const issued = await account.issueUser("u", { expires: "1h" });
    expect((await account.importUser(issued.token)).hasSeed).toBe(false);
    expect((await account.importUser(issued.creds())).hasSeed).toBe(true);
  });

  test("signs again under another name, with the same key", async () => {
    const { account, store } = await tree();
    await account.addRole("web", { pub: ["in.{{name()}}"] });
    const issued = await account.issueUser("a", { role: "web", expires: "1h" });
    const user = await account.importUser(issued.token, { name: "b" });
    expect(user.role).toBe("web");
    expect(await wire(store, ["local", "APP", "b"])).toMatchObject({ name: "b", sub: issued.publicKey });
    await refused(store, () => account.importUser(issued.token, { name: "x.y" }), "ERR_ENTITY_EXISTS");
  });

  test("replaces when told, by what is newer", async () => {
    const { account, store, clock } = await tree();
    const pair = createKeyPair("user");
    const first = await account.issueUser("u", { expires: "1h", key: pair });
    clock.now = NOW + 60;
    const second = await account.issueUser("v", { expires: "2h", key: pair });
    await account.importUser(first.token);
    await refused(store, () => account.importUser(second.token), "ERR_ENTITY_EXISTS", "replace");
    await account.importUser(second.token, { replace: true });
    expect(await tokenAt(store, ["local", "APP", "v"])).toBe(second.token);
    expect(await store.paths()).not.toContain('["local","APP","u"]');
    await refused(store, () => account.importUser(first.token, { replace: true }), "ERR_ENTITY_EXISTS", "newer");
  });

  test("replaces even what is newer, and takes what expired, when told", async () => {
    const { account, store, clock } = await tree();
    const pair = createKeyPair("user");
    const first = await account.issueUser("u", { expires: "1h", key: pair });
    clock.now = NOW + 60;
    await account.importUser((await account.issueUser("u", { expires: "2h", key: pair })).token);
    await account.importUser(first.token, { replace: "newer" });
    expect(await tokenAt(store, ["local", "APP", "u"])).toBe(first.token);
    clock.now = NOW + 7200;
    const short = await account.issueUser("s", { expires: "1s" });
    clock.now = NOW + 7202;
    await refused(store, () => account.importUser(short.token), "ERR_CLAIMS_INVALID");
    await account.importUser(short.token, { allowInvalid: true });
    expect(await tokenAt(store, ["local", "APP", "s"])).toBe(short.token);
  });

  test("refuses users of others, expired, revoked and unfit ones", async () => {
    const { operator, account, store, clock } = await tree();
    const other = await operator.addAccount("OTHER");
    const foreign = await other.issueUser("f", { expires: "1h" });
    await refused(store, () => account.importUser(foreign.token), "ERR_SIGNER_UNTRUSTED", other.publicKey);

    const issued = await account.issueUser("u", { expires: "1h" });
    clock.now = NOW + 3601;
    await refused(store, () => account.importUser(issued.token), "ERR_CLAIMS_INVALID", "expired");
    clock.now = NOW;
    await account.revoke(issued.publicKey);
    await refused(store, () => account.importUser(issued.creds()), "ERR_ARGUMENT_INVALID", "revoked");

    const role = createKeyPair("account");
    await account.addRole("web", { pub: ["in.{{name()}}"], key: role });
    const made = (name: string, edit: (nats: ReturnType<typeof createUserClaims>["nats"]) => void): Promise<string> => {
      const claims = createUserClaims(createKeyPair("user").publicKey, { name });
      for (const limit of ["subs", "data", "payload"] as const) delete claims.nats[limit];
      claims.nats.issuer_account = account.publicKey;
      edit(claims.nats);
      return encode(claims, role, { issuedAt: NOW });
    };
    const limited = await made("l", (nats) => {
      nats.subs = 5;
    });
    await refused(store, () => account.importUser(limited), "ERR_USER_SCOPED", "web");
    const wild = await made("*", () => undefined);
    await refused(store, () => account.importUser(wild), "ERR_ROLE_TEMPLATE");
    const fits = await made("fits", () => undefined);
    expect((await account.importUser(fits)).role).toBe("web");
  });

  test("refuses the identity's where signing keys are demanded, bearers where they are not allowed", async () => {
    const { operator, account, store } = await tree();
    const own = await account.issueUser("own", { expires: "1h", signer: account.publicKey });
    const bearer = await account.issueUser("bearer", { expires: "1h", bearer: true });
    await operator.requireSigningKeys();
    await refused(store, () => account.importUser(own.token), "ERR_SIGNER_STRICT");
    await account.edit(({ nats }) => {
      nats.limits.disallow_bearer = true;
    });
    await refused(store, () => account.importUser(bearer.token), "ERR_BEARER_DISALLOWED");
  });

  test("refuses names and keys of others, and what is no user", async () => {
    const { operator, account, store } = await tree();
    const taken = await account.addUser("taken");
    const issued = await account.issueUser("u", { expires: "1h" });
    await refused(store, () => account.importUser(issued.token, { name: "taken" }), "ERR_ENTITY_EXISTS", "taken");
    const other = await operator.addAccount("OTHER");
    const twice = await other.issueUser("u", { expires: "1h", key: taken.publicKey });
    await refused(store, () => other.importUser(twice.token), "ERR_ENTITY_EXISTS", taken.publicKey);
    await refused(store, () => account.importUser(account.token), "ERR_JWT_KIND");
    await refused(store, () => account.importUser(undefined as never), "ERR_ARGUMENT_INVALID");
    const seed = createKeyPair("user").getSeed();
    expect(() => formatCreds(issued.token, seed)).toThrow();
    const mixed = issued.creds().replace(/^SU.*$/m, new TextDecoder().decode(seed));
    await refused(store, () => account.importUser(mixed), "ERR_CREDS_MISMATCH");
  });
});
