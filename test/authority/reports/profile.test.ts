import {
  formatProfile,
  memoryStore,
  Nsc,
  type NscErrorCode,
  type Operator,
  type Profile,
  parseNscUrl,
  profile,
} from "nsc.js";
import { beforeAll, describe, expect, test } from "vitest";
import { hookedStore } from "../wrapped-stores.ts";

const store = memoryStore();
let nsc: Nsc;
let operator: Operator;
beforeAll(async () => {
  nsc = new Nsc({ store });
  operator = await nsc.addOperator("O", { signingKey: true });
  const account = await operator.addAccount("A", { signingKey: true });
  for (const user of ["alice", "Bob", "bob"]) await account.addUser(user, { signer: account.publicKey });
});

describe("profile", () => {
  test("has the seed of a signing key where that of the identity is elsewhere", async () => {
    const account = await operator.account("A");
    const [signingKey] = account.claims.nats.signing_keys as [string];
    const seed = await store.getKey(signingKey);
    expect((await profile(nsc, "nsc://O/A?accountSeed")).account?.seed).toBe(await store.getKey(account.publicKey));
    expect((await profile(nsc, `nsc://O/A?accountSeed=${signingKey}`)).account?.seed).toBe(seed);

    const copy = new Nsc({
      store: { ...hookedStore(store, {}), getKey: async (key) => (key === signingKey ? seed : undefined) },
    });
    expect((await profile(copy, "nsc://O/A?accountSeed")).account?.seed).toBe(seed);
    await expect(profile(copy, "nsc://O?operatorSeed")).toThrowCode("ERR_SIGNER_MISSING");
    await expect(profile(copy, `nsc://O/A?accountSeed=${account.publicKey}`)).toThrowCode("ERR_SIGNER_MISSING");
  });

  test("finds users by name, by a name in another case, and by public key", async () => {
    const account = await operator.account("A");
    const idOf = async (name: string) => (await profile(nsc, `nsc://O/A/${name}?key`)).user?.id;
    const keyOf = async (name: string) => (await account.user(name)).publicKey;
    expect(await idOf("ALICE")).toBe(await keyOf("alice"));
    expect(await idOf("bob")).toBe(await keyOf("bob"));
    expect(await idOf("Bob")).toBe(await keyOf("Bob"));
    expect(await idOf(await keyOf("alice"))).toBe(await keyOf("alice"));
    await expect(idOf("BOB")).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(idOf("carol")).toThrowCode("ERR_ENTITY_NOT_FOUND");
    await expect(idOf(operator.publicKey)).toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("asks where creds files are", async () => {
    const asked: unknown[] = [];
    const credsFile = (path: readonly string[]) => {
      asked.push(path);
      return `/creds/${path.join("/")}`;
    };
    expect(await profile(nsc, "nsc://O/A/ALICE", { credsFile })).toEqual({
      user_creds: "/creds/O/A/alice",
      operator: {},
    });
    expect(await profile(nsc, "nsc://O/A/alice", { credsFile: async () => undefined })).toEqual({ operator: {} });
    expect(await profile(nsc, "nsc://O/A", { credsFile })).toEqual({ operator: {} });
    expect(asked).toEqual([["O", "A", "alice"]]);
  });

  test("takes a URL as data", async () => {
    const url = parseNscUrl("nsc://O/A?names");
    expect(await profile(nsc, url)).toEqual({ operator: { name: "O" }, account: { name: "A" } });
  });

  test("has hostile names", async () => {
    const name = 'a?b&c=d %2F "<ü>"';
    const hostile = await nsc.addOperator(name);
    await (await hostile.addAccount(name)).addUser(name);
    const url = { operator: name, account: name, user: name, show: { user: { name: true } } };
    const found = await profile(nsc, url);
    expect(found).toEqual({ operator: {}, user: { name } });
    expect(JSON.parse(formatProfile(found))).toEqual(found);
  });

  test.each<[unknown, NscErrorCode]>([
    ["nsc://nope", "ERR_ENTITY_NOT_FOUND"],
    ["nsc://O/NOPE", "ERR_ENTITY_NOT_FOUND"],
    ["nsc://o", "ERR_ENTITY_NOT_FOUND"],
    ["nsc://O/A/a%2fb", "ERR_NAME_INVALID"],
    ["http://O", "ERR_ARGUMENT_INVALID"],
    ["nsc://O?store=/tmp", "ERR_ARGUMENT_INVALID"],
    [{ operator: "O", show: { user: {} } }, "ERR_ARGUMENT_INVALID"],
    [undefined, "ERR_ARGUMENT_INVALID"],
  ])("refuses %j", async (url, code) => {
    await expect(profile(nsc, url as string)).toThrowCode(code);
  });

  test("refuses what is no tree, and options that there are not", async () => {
    await expect(profile({} as Nsc, "nsc://O")).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(profile(nsc, "nsc://O", { creds: true } as object)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("formatProfile", () => {
  test("is what nsc prints", () => {
    const { operator: of, ...others }: Profile = {
      user_creds: "/a&b.creds",
      operator: { id: "O1", service: ["nats://a", "nats://b"], name: "O" },
      account: {},
      user: { seed: "SU1", name: "u" },
    };
    expect(formatProfile({ ...others, operator: of })).toBe(
      [
        "{",
        '  "user_creds": "/a\\u0026b.creds",',
        '  "operator": {',
        '    "service": [',
        '      "nats://a",',
        '      "nats://b"',
        "    ],",
        '    "name": "O",',
        '    "id": "O1"',
        "  },",
        '  "account": {},',
        '  "user": {',
        '    "name": "u",',
        '    "seed": "SU1"',
        "  }",
        "}",
        "",
      ].join("\n"),
    );
  });

  test("refuses what is no profile", () => {
    for (const value of [undefined, null, {}, { operator: null }]) {
      expect(() => formatProfile(value as unknown as Profile)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
  });
});
