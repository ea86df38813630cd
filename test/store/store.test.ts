import { inspect } from "node:util";
import {
  createAccountClaims,
  createKeyPair,
  createOperatorClaims,
  createUserClaims,
  encode,
  isNscError,
  type KeyPair,
  memoryStore,
  type NscError,
  type NscErrorCode,
  type Store,
  type StoreCommit,
  type StoredToken,
  type StorePath,
} from "nsc.js";
import { beforeEach, describe, expect, test } from "vitest";

interface Tree {
  readonly store: Store;
  readonly operator: StoredToken;
  readonly account: StoredToken;
  readonly user: StoredToken;
  readonly pair: KeyPair;
  readonly seed: string;
}

function seedOf(pair: KeyPair): string {
  return new TextDecoder().decode(pair.getSeed());
}

async function openTree(): Promise<Tree> {
  const [root, middle, pair] = [createKeyPair("operator"), createKeyPair("account"), createKeyPair("user")];
  const operator = {
    path: ["O"],
    token: await encode(createOperatorClaims(root.publicKey, { name: "O" }), root),
  } as const;
  const account = {
    path: ["O", "A"],
    token: await encode(createAccountClaims(middle.publicKey, { name: "A" }), root),
  } as const;
  const user = {
    path: ["O", "A", "u"],
    token: await encode(createUserClaims(pair.publicKey, { name: "u" }), middle),
  } as const;
  const store = memoryStore();
  const seed = seedOf(pair);
  await store.commit({
    tokens: [operator, account, user],
    keys: [seed],
    meta: [{ operator: "O", name: "managed", value: "true" }],
  });
  return { store, operator, account, user, pair, seed };
}

async function errorOf(promise: Promise<unknown>): Promise<NscError> {
  const error: unknown = await promise.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  if (!isNscError(error)) throw error;
  return error;
}

async function namesOf(names: AsyncIterable<string>): Promise<string[]> {
  const out: string[] = [];
  for await (const name of names) out.push(name);
  return out;
}

let tree: Tree;

beforeEach(async () => {
  tree = await openTree();
});

interface Refusal {
  readonly title: string;
  readonly commit: (tree: Tree) => StoreCommit;
  readonly code: NscErrorCode;
  readonly says: readonly string[];
}

const REFUSALS: readonly Refusal[] = [
  {
    title: "a token that was changed",
    commit: ({ user }) => ({ expected: { tokens: [{ path: ["O", "A"], token: user.token }] } }),
    code: "ERR_STORE_CONFLICT",
    says: ['"O" / "A" was changed by someone else meanwhile; read it again and retry'],
  },
  {
    title: "a list that was changed",
    commit: () => ({ expected: { lists: [{ prefix: ["O"], names: ["A", "B"] }] } }),
    code: "ERR_STORE_CONFLICT",
    says: ['the list of "O" was changed'],
  },
  {
    title: "the list of operators that was changed",
    commit: () => ({ expected: { lists: [{ prefix: [], names: [] }] } }),
    code: "ERR_STORE_CONFLICT",
    says: ["the list of the operators was changed"],
  },
  {
    title: "a change beside the tokens",
    commit: () => ({ expected: { meta: [{ operator: "O", name: "managed", value: "false" }] } }),
    code: "ERR_STORE_CONFLICT",
    says: ['managed of "O" was changed'],
  },
  {
    title: "a user without an account",
    commit: ({ user }) => ({ tokens: [{ path: ["O", "B", "u"], token: user.token }] }),
    code: "ERR_STORE_PARENT",
    says: ['there is no "O" / "B" for "O" / "B" / "u"'],
  },
  {
    title: "an account whose users stay",
    commit: () => ({ deletes: [{ path: ["O", "A"] }] }),
    code: "ERR_STORE_PARENT",
    says: ['"O" / "A" / "u" would be left'],
  },
  {
    title: "meta of an operator that is not there",
    commit: () => ({ meta: [{ operator: "P", name: "m", value: "1" }] }),
    code: "ERR_STORE_PARENT",
    says: ['there is no operator "P"'],
  },
  {
    title: "an empty name",
    commit: ({ user }) => ({ tokens: [{ path: ["O", "A", ""], token: user.token }] }),
    code: "ERR_STORE_NAME",
    says: ["must not be empty"],
  },
  {
    title: "half of a character in a name",
    commit: ({ user }) => ({ tokens: [{ path: ["O", "A", "\ud800"], token: user.token }] }),
    code: "ERR_STORE_NAME",
    says: ["half of a character"],
  },
  {
    title: "two changes of one entity",
    commit: ({ user }) => ({ tokens: [user, user] }),
    code: "ERR_ARGUMENT_INVALID",
    says: ['changes "O" / "A" / "u" twice'],
  },
  {
    title: "a seed in the place of a token",
    commit: ({ seed }) => ({ tokens: [{ path: ["O", "A", "v"], token: seed }] }),
    code: "ERR_ARGUMENT_INVALID",
    says: ['"O" / "A" / "v"'],
  },
  {
    title: "a token in the place of a seed",
    commit: ({ user }) => ({ keys: [user.token] }),
    code: "ERR_NKEY_CHARACTER",
    says: [],
  },
  {
    title: "a seed with a slip of the pen",
    commit: ({ seed }) => ({ keys: [`${seed.slice(0, 45)}${seed[45] === "A" ? "B" : "A"}${seed.slice(46)}`] }),
    code: "ERR_NKEY_CHECKSUM",
    says: [],
  },
  {
    title: "a seed in the place of a public key",
    commit: ({ seed }) => ({ deletedKeys: [seed] }),
    code: "ERR_ARGUMENT_INVALID",
    says: ["only the key of a public key"],
  },
  {
    title: "a token in the place of a name",
    commit: ({ user }) => ({ tokens: [{ path: ["O", user.token, "u"], token: user.token }] }),
    code: "ERR_STORE_PARENT",
    says: ["there is no"],
  },
];

describe("a commit is refused for", () => {
  test.each(REFUSALS)("$title, in words that name it and hold no secret", async ({ commit, code, says }) => {
    const error = await errorOf(tree.store.commit(commit(tree)));
    expect(error.code).toBe(code);
    for (const words of says) expect(error.message).toContain(words);
    const shown = `${inspect(error, { showHidden: true, depth: Number.POSITIVE_INFINITY })}\n${error.stack}`;
    for (const secret of [tree.seed, ...[tree.user.token, tree.account.token].flatMap((token) => token.split("."))]) {
      expect(shown).not.toContain(secret.slice(4, 40));
    }
  });

  test("a key that is kept and removed, which is named", async () => {
    const error = await errorOf(tree.store.commit({ keys: [tree.seed], deletedKeys: [tree.pair.publicKey] }));
    expect(error.code).toBe("ERR_ARGUMENT_INVALID");
    expect(error.message).toContain(tree.pair.publicKey);
    expect(error.message).not.toContain(tree.seed);
  });
});

describe("what is no path", () => {
  test.each([[], ["O", "A", "u", "x"], "O", undefined, null, [1], { 0: "O", length: 1 }].map((path) => [path]))(
    "is not read: %j",
    async (path) => {
      await expect(tree.store.read(path as unknown as StorePath)).toThrowCode("ERR_ARGUMENT_INVALID");
    },
  );

  test.each([["O", "A", "u"], "O", undefined, [1]].map((prefix) => [prefix]))("is not listed: %j", async (prefix) => {
    await expect(namesOf(tree.store.list(prefix as unknown as readonly []))).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("has nothing beside the tokens", async () => {
    await expect(tree.store.readMeta("")).toThrowCode("ERR_STORE_NAME");
    await expect(tree.store.readMeta(1 as unknown as string)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("a store", () => {
  test("shows no secrets when it is inspected", () => {
    const shown =
      inspect(tree.store, { showHidden: true, depth: Number.POSITIVE_INFINITY }) + JSON.stringify(tree.store);
    expect(shown).not.toContain(tree.seed);
    expect(shown).not.toContain(tree.user.token);
  });

  test("works on after calls that failed, also those at the same time", async () => {
    const { store, user } = tree;
    const failing = REFUSALS.map(({ commit, code }) => expect(store.commit(commit(tree))).toThrowCode(code));
    const made = store.commit({ tokens: [{ path: ["O", "A", "v"], token: user.token }] });
    await Promise.all([...failing, made]);
    expect(await namesOf(store.list(["O", "A"]))).toEqual(["u", "v"]);
    expect(await store.find(tree.pair.publicKey)).toEqual([
      ["O", "A", "u"],
      ["O", "A", "v"],
    ]);
    expect(await store.getKey(tree.pair.publicKey)).toBe(tree.seed);
    expect(await store.readMeta("O")).toEqual(new Map([["managed", "true"]]));
  });

  test("makes commits in the order in which they were asked for", async () => {
    const values = Array.from({ length: 20 }, (_, index) => String(index));
    await Promise.all(
      values.map((value, index) =>
        tree.store.commit({
          meta: [{ operator: "O", name: "m", value }],
          expected: { meta: [{ operator: "O", name: "m", value: values[index - 1] }] },
        }),
      ),
    );
    expect((await tree.store.readMeta("O")).get("m")).toBe("19");
  });

  test("knows nothing of another", async () => {
    const another = memoryStore();
    expect(await namesOf(another.list([]))).toEqual([]);
    expect(await another.getKey(tree.pair.publicKey)).toBeUndefined();
  });

  test("keeps a seed without the ends of lines around it", async () => {
    const pair = createKeyPair("user");
    await tree.store.commit({ keys: [`${seedOf(pair)}\r\n`] });
    expect(await tree.store.getKey(pair.publicKey)).toBe(seedOf(pair));
  });

  test("passes over the wish to keep creds that it does not write", async () => {
    await tree.store.commit({ deletes: [{ path: ["O", "A", "u"], keepCreds: true }] });
    expect(await tree.store.read(["O", "A", "u"])).toBeUndefined();
  });
});

describe("a list", () => {
  beforeEach(async () => {
    const tokens = ["v", "w", "x"].map((name) => ({ path: ["O", "A", name] as const, token: tree.user.token }));
    await tree.store.commit({ tokens });
  });

  test("can be given up halfway, and read anew", async () => {
    const { store } = tree;
    const seen: string[] = [];
    for await (const name of store.list(["O", "A"])) {
      seen.push(name);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(["u", "v"]);
    await store.commit({ deletes: [{ path: ["O", "A", "v"] }] });
    expect(await namesOf(store.list(["O", "A"]))).toEqual(["u", "w", "x"]);
  });

  test("can be left by an error", async () => {
    const { store } = tree;
    const failing = (async () => {
      for await (const name of store.list(["O", "A"])) throw new RangeError(name);
    })();
    await expect(failing).rejects.toThrow(RangeError);
    await store.commit({ deletes: [{ path: ["O", "A", "u"] }] });
    expect(await namesOf(store.list(["O", "A"]))).toEqual(["v", "w", "x"]);
  });

  test("goes on while what it lists is deleted", async () => {
    const { store } = tree;
    const seen: string[] = [];
    for await (const name of store.list(["O", "A"])) {
      seen.push(name);
      await store.commit({ deletes: [{ path: ["O", "A", name] }] });
    }
    expect(seen).toEqual(["u", "v", "w", "x"]);
    expect(await namesOf(store.list(["O", "A"]))).toEqual([]);
  });

  test("ends while names are added", async () => {
    const { store, user } = tree;
    const seen: string[] = [];
    for await (const name of store.list(["O", "A"])) {
      seen.push(name);
      await store.commit({ tokens: [{ path: ["O", "A", `${name}z`], token: user.token }] });
    }
    expect(seen).toEqual(["u", "v", "w", "x"]);
  });
});
