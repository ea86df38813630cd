import * as nkeys from "@nats-io/nkeys";
import {
  type Account,
  type KeyInput,
  type KeyPair,
  keyPairFromPublicKey,
  keyPairFromSeed,
  Nsc,
  type NscErrorCode,
  parseCreds,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { held, key, keysIn, read, refusal, seedText, type WatchedStore, watchedStore } from "./signer-fixtures.ts";

/** Keys as Go has them, which no entity of a fresh tree has. */
const GIVEN = { operator: keyNamed("operator"), account: keyNamed("account"), user: keyNamed("user") };

interface World {
  readonly store: WatchedStore;
  readonly nsc: Nsc;
  readonly a: Account;
}

async function world(): Promise<World> {
  const store = watchedStore();
  const nsc = new Nsc({ store });
  const operator = await nsc.addOperator("O");
  return { store, nsc, a: await operator.addAccount("A") };
}

type Kind = keyof typeof GIVEN;

/** Every place where a key is given: the kind that it has to be of, and the public key that comes of it. */
const places: readonly [string, Kind, (world: World, key: KeyInput) => Promise<string>][] = [
  [
    "addAccount",
    "account",
    async ({ nsc }, key) => (await (await nsc.operator("O")).addAccount("B", { key })).publicKey,
  ],
  ["addUser", "user", async ({ a }, key) => (await a.addUser("u", { key })).publicKey],
  ["issueUser", "user", async ({ a }, key) => (await a.issueUser("u", { key, expires: "1h" })).publicKey],
  ["Operator.addSigningKey", "operator", async ({ nsc }, key) => (await nsc.operator("O")).addSigningKey({ key })],
  ["Account.addSigningKey", "account", ({ a }, key) => a.addSigningKey({ key })],
  ["addRole", "account", ({ a }, key) => a.addRole("web", { key })],
  [
    "addAccount with a signing key",
    "account",
    async ({ nsc }, signingKey) => {
      const b = await (await nsc.operator("O")).addAccount("B", { signingKey });
      return String(b.claims.nats.signing_keys?.[0]);
    },
  ],
  [
    "addOperator with a signing key",
    "operator",
    async ({ nsc }, signingKey) => String((await nsc.addOperator("P", { signingKey })).claims.nats.signing_keys?.[0]),
  ],
];

const identity: (typeof places)[number] = [
  "addOperator",
  "operator",
  async ({ nsc }, key) => (await nsc.addOperator("P", { key })).publicKey,
];

describe.each([...places, identity])("%s", (name, kind, give) => {
  const { seed, publicKey } = GIVEN[kind];
  const bytes = () => new TextEncoder().encode(seed);
  const wrong = kind === "account" ? GIVEN.user : GIVEN.account;

  test.each<[string, () => KeyInput]>([
    ["a seed", () => seed],
    ["a seed from a file, with its line end", () => `${seed}\n`],
    ["the bytes of a seed", bytes],
    ["the bytes of a seed in a Buffer", () => Buffer.from(seed)],
    ["a pair of ours", () => keyPairFromSeed(seed)],
    ["a pair of @nats-io/nkeys", () => nkeys.fromSeed(bytes())],
  ])("takes %s, and keeps the seed where it keeps the entity", async (_, input) => {
    const all = await world();
    expect(await give(all, input())).toBe(publicKey);
    // What is issued is not stored.
    expect(await all.store.getKey(publicKey)).toBe(name === "issueUser" ? undefined : seed);
  });

  test("does not keep or change what it was given", async () => {
    const all = await world();
    const given = bytes();
    await give(all, given);
    expect(given).toEqual(bytes());
    const pair = keyPairFromSeed(seed);
    const other = await world();
    await give(other, pair);
    expect(seedText(pair)).toBe(seed);
    pair.clear();
    if (name !== "issueUser") expect(await other.store.getKey(publicKey)).toBe(seed);
  });

  test.each<[string, () => KeyInput, boolean]>([
    ["a public key", () => publicKey, false],
    ["a pair of ours of which only the public key is known", () => keyPairFromPublicKey(publicKey), false],
    ["such a pair of @nats-io/nkeys", () => nkeys.fromPublic(publicKey), false],
    ["a signer", () => held(keyPairFromSeed(seed)), true],
  ])("takes %s, and has no seed", async (_, input, signs) => {
    const all = await world();
    // The token of an operator has to be signed by that very key.
    if (name === "addOperator" && !signs) {
      const error = await refusal(all.store, "ERR_SIGNER_MISSING", () => give(all, input()));
      expect(keysIn(error)).toEqual([publicKey]);
    } else expect(await give(all, input())).toBe(publicKey);
    expect(await all.store.getKey(publicKey)).toBeUndefined();
  });

  test.each<[string, () => unknown, NscErrorCode]>([
    ["the seed of another kind", () => wrong.seed, "ERR_KEY_KIND"],
    ["the bytes of such a seed", () => Buffer.from(wrong.seed), "ERR_KEY_KIND"],
    ["a pair of another kind", () => keyPairFromSeed(wrong.seed), "ERR_KEY_KIND"],
    ["a pair of @nats-io/nkeys of another kind", () => nkeys.fromSeed(Buffer.from(wrong.seed)), "ERR_KEY_KIND"],
    ["a signer of another kind", () => held(keyPairFromSeed(wrong.seed)), "ERR_KEY_KIND"],
    ["the public key of another kind", () => wrong.publicKey, "ERR_KEY_KIND"],
    ["the seed of a server", () => keyNamed("server").seed, "ERR_KEY_KIND"],
    ["the seed of a curve key", () => keyNamed("curve").seed, "ERR_KEY_KIND"],
    ["a curve pair", () => keyPairFromSeed(keyNamed("curve").seed), "ERR_KEY_KIND"],
    ["a public curve key", () => keyNamed("curve").publicKey, "ERR_KEY_KIND"],
    ["a seed that lost its end", () => seed.slice(0, -1), "ERR_KEY_KIND"],
    [
      "a seed with a slip in it",
      () => `${seed.slice(0, 30)}${seed[30] === "A" ? "B" : "A"}${seed.slice(31)}`,
      "ERR_KEY_KIND",
    ],
    ["a seed in lower case", () => seed.toLowerCase(), "ERR_KEY_KIND"],
    ["a private key", () => seedTextOfPrivate(seed), "ERR_KEY_KIND"],
    ["a public key that lost its end", () => publicKey.slice(0, -1), "ERR_KEY_KIND"],
    ["no text", () => "", "ERR_KEY_KIND"],
    ["no bytes", () => new Uint8Array(), "ERR_KEY_KIND"],
    ["creds", () => `-----BEGIN USER NKEY SEED-----\n${seed}\n`, "ERR_KEY_KIND"],
    ["a number", () => 5, "ERR_SIGNER_INVALID"],
    ["an empty object", () => ({}), "ERR_SIGNER_INVALID"],
    ["null", () => null, "ERR_SIGNER_INVALID"],
    ["a pair of ours that was cleared", () => cleared(keyPairFromSeed(seed)), "ERR_NKEY_CLEARED"],
    ["a pair of @nats-io/nkeys that was cleared", () => cleared(nkeys.fromSeed(bytes())), "ERR_SIGNER_FAILED"],
  ])("refuses %s", async (_, input, code) => {
    const all = await world();
    const given = input();
    const error = await refusal(all.store, code, () => give(all, given as KeyInput));
    // Not even a piece of what may be a secret but for a slip.
    if (typeof given === "string" && given.length > 40 && !/^[OAUXN]/.test(given)) {
      for (let at = 2; at + 12 < given.length; at += 6) {
        expect(error.message.toUpperCase()).not.toContain(given.slice(at, at + 12).toUpperCase());
      }
    }
    const otherKey = typeof given === "string" && /^[AU].{55}$/.test(given);
    if (otherKey && code === "ERR_KEY_KIND") expect(error.message).toContain(kind);
  });
});

function cleared<Pair extends { clear(): void }>(pair: Pair): Pair {
  pair.clear();
  return pair;
}

function seedTextOfPrivate(seed: string): string {
  return Buffer.from(keyPairFromSeed(seed).getPrivateKey()).toString("latin1");
}

describe("a user's key", () => {
  const { seed, publicKey } = GIVEN.user;

  test("that came with its seed makes creds", async () => {
    for (const input of [seed, Buffer.from(seed), keyPairFromSeed(seed), nkeys.fromSeed(Buffer.from(seed))]) {
      const { a } = await world();
      const [added, issued] = [
        await a.addUser("u", { key: input }),
        await a.issueUser("v", { key: input, expires: "1h" }),
      ];
      expect([added.hasSeed, issued.hasSeed]).toEqual([true, true]);
      expect(await added.creds()).toContain(`\n${seed}\n`);
      expect(issued.creds()).toContain(`\n${seed}\n`);
      expect(parseCreds(issued.creds()).token).toBe(issued.token);
    }
  });

  test("that came without makes none, and who has it is told how", async () => {
    const without = [
      publicKey,
      keyPairFromPublicKey(publicKey),
      nkeys.fromPublic(publicKey),
      held(keyPairFromSeed(seed)),
    ];
    for (const input of without) {
      const { store, a } = await world();
      const [added, issued] = [
        await a.addUser("u", { key: input }),
        await a.issueUser("v", { key: input, expires: "1h" }),
      ];
      expect([added.hasSeed, issued.hasSeed]).toEqual([false, false]);
      expect([read(added.token).sub, read(issued.token).sub]).toEqual([publicKey, publicKey]);
      expect(keysIn(await refusal(store, "ERR_CREDS_KEY_MISSING", () => added.creds()))).toEqual([publicKey]);
      expect(keysIn(await refusal(store, "ERR_CREDS_KEY_MISSING", async () => issued.creds()))).toEqual([publicKey]);
    }
  });

  test("whose seed comes later makes creds from then on", async () => {
    const { store, a } = await world();
    const user = await a.addUser("u", { key: publicKey });
    await store.commit({ keys: [seed] });
    await user.refresh();
    expect(user.hasSeed).toBe(true);
    expect(await user.creds()).toContain(`\n${seed}\n`);
  });
});

describe("a key of which only the public part was given", () => {
  const publicOnly: readonly [string, (pair: KeyPair) => KeyInput][] = [
    ["a public key", ({ publicKey }) => publicKey],
    ["a pair of ours", ({ publicKey }) => keyPairFromPublicKey(publicKey)],
    ["a pair of @nats-io/nkeys", ({ publicKey }) => nkeys.fromPublic(publicKey)],
  ];

  test.each(publicOnly)("as %s is not at hand to sign", async (_, input) => {
    const { store, nsc, a } = await world();
    const [first, second] = [key("account", 40), key("account", 60)];
    await a.addSigningKey({ key: input(first) });
    const error = await refusal(store, "ERR_SIGNER_MISSING", () => a.addUser("u"));
    expect(keysIn(error)).toEqual([first.publicKey, a.publicKey].sort());
    // So it makes no choice ambiguous, either.
    await a.addSigningKey({ key: second });
    expect(read((await a.addUser("u")).token).iss).toBe(second.publicKey);
    const b = await (await nsc.operator("O")).addAccount("B", { key: input(key("account", 80)) });
    const ofIdentity = await refusal(store, "ERR_SIGNER_MISSING", () => b.issueUser("u", { expires: "1h" }));
    expect(keysIn(ofIdentity)).toEqual([key("account", 80).publicKey]);
  });

  test("is at hand once the store has its seed", async () => {
    const { store, a } = await world();
    const pair = key("account", 40);
    await a.addSigningKey({ key: pair.publicKey });
    await refusal(store, "ERR_SIGNER_MISSING", () => a.addUser("u"));
    await store.commit({ keys: [seedText(pair)] });
    expect(read((await a.addUser("u")).token).iss).toBe(pair.publicKey);
  });
});

describe("a key that is taken", () => {
  test("by another entity of the operator is refused, and the entity named", async () => {
    const { store, nsc, a } = await world();
    const operator = await nsc.operator("O");
    const b = await operator.addAccount("B", { key: GIVEN.account.seed });
    const user = await b.addUser("u", { key: GIVEN.user.seed });
    for (const input of [GIVEN.account.seed, GIVEN.account.publicKey, held(keyPairFromSeed(GIVEN.account.seed))]) {
      const error = await refusal(store, "ERR_ENTITY_EXISTS", () => operator.addAccount("C", { key: input }));
      expect(keysIn(error)).toEqual([b.publicKey]);
      expect(error.message).toContain('account "B"');
    }
    for (const account of [a, b]) {
      const error = await refusal(store, "ERR_ENTITY_EXISTS", () => account.addUser("v", { key: GIVEN.user.seed }));
      expect(keysIn(error)).toEqual([user.publicKey]);
      expect(error.message).toContain('user "u"');
    }
    // Creds for a user that is stored can be issued as often as they are needed.
    expect((await b.issueUser("u", { key: GIVEN.user.seed, expires: "1h" })).publicKey).toBe(user.publicKey);
  });

  test("within one transaction, too", async () => {
    const { store, nsc } = await world();
    await refusal(store, "ERR_ENTITY_EXISTS", () =>
      nsc.transaction(async (tx) => {
        const operator = await tx.operator("O");
        await operator.addAccount("B", { key: GIVEN.account.seed });
        await operator.addAccount("C", { key: GIVEN.account.seed });
      }),
    );
  });

  test("is free again when its entity is deleted", async () => {
    const { nsc, a } = await world();
    await a.addUser("u", { key: GIVEN.user.seed });
    await (await a.user("u")).delete();
    expect((await a.addUser("v", { key: GIVEN.user.seed })).publicKey).toBe(GIVEN.user.publicKey);
    await (await (await nsc.operator("O")).addAccount("B", { key: GIVEN.account.seed })).delete();
    expect((await (await nsc.operator("O")).addAccount("C", { key: GIVEN.account.seed })).name).toBe("C");
  });

  test("by an account of another operator is not in the way", async () => {
    const { nsc } = await world();
    await (await nsc.operator("O")).addAccount("B", { key: GIVEN.account.seed });
    const other = await nsc.addOperator("P");
    expect((await other.addAccount("B", { key: GIVEN.account.seed })).publicKey).toBe(GIVEN.account.publicKey);
  });

  test("as signing key of the same entity is refused, with a scope or without", async () => {
    const { store, nsc, a } = await world();
    const operator = await nsc.operator("O");
    const added = await a.addSigningKey();
    const role = await a.addRole("web");
    const ofOperator = await operator.addSigningKey();
    const runs: readonly [string, () => Promise<unknown>][] = [added, role, a.publicKey].flatMap((taken) => [
      [taken, () => a.addSigningKey({ key: taken })] as const,
      [taken, () => a.addRole("jobs", { key: taken })] as const,
    ]);
    for (const taken of [ofOperator, operator.publicKey]) {
      const error = await refusal(store, "ERR_ENTITY_EXISTS", () => operator.addSigningKey({ key: taken }));
      expect(keysIn(error)).toEqual([taken]);
      expect(error.message).toContain('operator "O"');
    }
    for (const [taken, run] of runs) {
      const error = await refusal(store, "ERR_ENTITY_EXISTS", run);
      expect(keysIn(error)).toEqual([taken]);
      expect(error.message).toContain('account "A"');
    }
  });

  test("by the entity itself is no signing key of a new one", async () => {
    const { store, nsc } = await world();
    const operator = await nsc.operator("O");
    const { account, operator: ofOperator } = GIVEN;
    const error = await refusal(store, "ERR_ENTITY_EXISTS", () =>
      operator.addAccount("B", { key: account.seed, signingKey: account.seed }),
    );
    expect(keysIn(error)).toEqual([account.publicKey]);
    await refusal(store, "ERR_ENTITY_EXISTS", () =>
      nsc.addOperator("P", { key: ofOperator.seed, signingKey: ofOperator.publicKey }),
    );
  });
});

describe("fresh keys", () => {
  test("are all different, of the right kind, and in the store", async () => {
    const { store, nsc, a } = await world();
    const operator = await nsc.operator("O");
    const user = await a.addUser("u");
    const keys = [
      [operator.publicKey, "O"],
      [await operator.addSigningKey(), "O"],
      [a.publicKey, "A"],
      [await a.addSigningKey(), "A"],
      [await a.addRole("web"), "A"],
      [user.publicKey, "U"],
    ] as const;
    expect(new Set(keys.map(([publicKey]) => publicKey)).size).toBe(keys.length);
    for (const [publicKey, letter] of keys) {
      const seed = await store.getKey(publicKey);
      expect(seed).toMatch(new RegExp(`^S${letter}`));
      // By another library.
      expect(nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey()).toBe(publicKey);
    }
  });
});
