import { Nsc, type Signer } from "nsc.js";
import { describe, expect, test } from "vitest";
import { held, key, keysIn, OPERATOR, plant, readAt, refusal, type WatchedStore } from "./signer-fixtures.ts";

/** Every verb that signs, by the key that has to: here, elsewhere, or nowhere. */

const SK = key("account", 40);

const NEW_KEY = key("user", 200).publicKey;

type Verb = (nsc: Nsc) => Promise<unknown>;

const operatorOf = (nsc: Nsc) => nsc.operator("O");
const accountOf = async (nsc: Nsc) => (await operatorOf(nsc)).account("A");
const userOf = async (nsc: Nsc) => (await accountOf(nsc)).user("u");

const BY_OPERATOR: Readonly<Record<string, Verb>> = {
  "Operator.edit": async (nsc) =>
    (await operatorOf(nsc)).edit(({ nats }) => {
      nats.tags = ["x"];
    }),
  "Operator.rename": async (nsc) => (await operatorOf(nsc)).rename("P"),
  "Operator.addSigningKey": async (nsc) => (await operatorOf(nsc)).addSigningKey(),
  "Operator.addAccount": async (nsc) => (await operatorOf(nsc)).addAccount("B"),
  "Account.edit": async (nsc) =>
    (await accountOf(nsc)).edit(({ nats }) => {
      nats.limits.conn = 5;
    }),
  "Account.rename": async (nsc) => (await accountOf(nsc)).rename("B"),
  "Account.reissue": async (nsc) => (await accountOf(nsc)).reissue(),
  "Account.addSigningKey": async (nsc) => (await accountOf(nsc)).addSigningKey(),
  "Account.addRole": async (nsc) => (await accountOf(nsc)).addRole("web", { pub: ["a"] }),
  "Account.addExport": async (nsc) => (await accountOf(nsc)).addExport({ subject: "a", type: "stream" }),
  "Account.revoke": async (nsc) => (await accountOf(nsc)).revoke(NEW_KEY),
  "User.delete": async (nsc) => (await userOf(nsc)).delete(),
};

const BY_ACCOUNT: Readonly<Record<string, Verb>> = {
  "Account.addUser": async (nsc) => (await accountOf(nsc)).addUser("v"),
  "Account.issueUser": async (nsc) => (await accountOf(nsc)).issueUser("v", { expires: "1h" }),
  "User.edit": async (nsc) =>
    (await userOf(nsc)).edit(({ nats }) => {
      nats.pub = { allow: ["a"] };
    }),
  "User.rename": async (nsc) => (await userOf(nsc)).rename("v"),
  "User.reissue": async (nsc) => (await userOf(nsc)).reissue(),
};

const verbs = [
  ...Object.entries(BY_OPERATOR).map(([verb, run]) => ({ verb, run, by: OPERATOR })),
  ...Object.entries(BY_ACCOUNT).map(([verb, run]) => ({ verb, run, by: SK })),
];

/** The tree, with the keys of which the seeds are in the store. */
function planted(seeds: Parameters<typeof plant>[0]["seeds"] = []): Promise<WatchedStore> {
  return plant({ accountKeys: [SK.publicKey], userBy: SK, seeds });
}

describe.each(verbs)("$verb", ({ run, by }) => {
  /** Of the keys that verbs need, all but the one that this verb needs are missing. */
  const openWith = (store: WatchedStore, signer: Signer | undefined) =>
    new Nsc({ store, resolveSigner: (wanted) => (wanted === by.publicKey ? signer : undefined) });

  test("with a local key", async () => {
    await run(new Nsc({ store: await planted([by]) }));
  });

  test("with a remote key", async () => {
    const signed: string[] = [];
    const { publicKey, sign } = held(by);
    const counting: Signer = {
      publicKey,
      sign: (bytes) => {
        signed.push(publicKey);
        return sign(bytes);
      },
    };
    const store = await planted();
    await run(openWith(store, counting));
    expect(signed).toEqual([by.publicKey]);
    expect((await readAt(store, (await store.read(["O"])) === undefined ? "P" : "O")).iss).toBe(OPERATOR.publicKey);
  });

  test("with a missing key says which", async () => {
    const store = await planted([by === SK ? OPERATOR : SK]);
    const error = await refusal(store, "ERR_SIGNER_MISSING", () => run(new Nsc({ store })));
    expect(keysIn(error)).toEqual([by.publicKey]);
  });

  test("with a remote key that fails says which", async () => {
    const store = await planted([by === SK ? OPERATOR : SK]);
    const failing: Signer = { publicKey: by.publicKey, sign: () => Promise.reject(new Error("the service is down")) };
    const error = await refusal(store, "ERR_SIGNER_FAILED", () => run(openWith(store, failing)));
    expect(keysIn(error)).toEqual([by.publicKey]);
    expect(error.cause).toMatchObject({ message: "the service is down" });
  });
});
