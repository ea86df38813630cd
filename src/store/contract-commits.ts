/** What a store must do with commits: all or nothing, in whatever order they come. */

import type { NscErrorCode } from "../errors.ts";
import { createKeyPair, type KeyPair } from "../nkeys/key-pair.ts";
import {
  contentsOf,
  describe,
  failed,
  makeTree,
  names,
  padded,
  refusal,
  refused,
  type StoreFixture,
  same,
  seedOf,
  tokenFor,
} from "./contract-support.ts";
import type { StoreCommit, StoreDelete, StoredToken, StorePath } from "./store.ts";

export async function allOfACommit({ store, other }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u", "v"], B: ["w"] });
  await store.commit({ tokens: tree.tokens, keys: tree.seeds });
  const added = createKeyPair("account");
  const token = await tokenFor(added, ["O", "C"], tree.operator);
  const operator = await tokenFor(tree.operator, ["O"], tree.operator, 1_700_000_000);
  await store.commit({
    tokens: [
      { path: ["O", "C"], token },
      { path: ["O"], token: operator },
    ],
    keys: [seedOf(added)],
    deletes: [{ path: ["O", "B", "w"] }, { path: ["O", "B"] }, { path: ["O", "A", "v"] }],
    deletedKeys: [tree.account("B").publicKey],
    meta: [{ operator: "O", name: "m", value: "1" }],
    expected: {
      tokens: [{ path: ["O", "C"], token: undefined }],
      lists: [{ prefix: ["O"], names: ["A", "B"] }],
      meta: [{ operator: "O", name: "m", value: undefined }],
    },
  });
  for (const view of [store, other]) {
    same(await view.read(["O"]), operator, "the operator");
    same(await names(view, ["O"]), ["A", "C"], "the accounts");
    same(await names(view, ["O", "A"]), ["u"], "the users");
    same(await names(view, ["O", "B"]), [], "the users of the account that is gone");
    same(await view.getKey(added.publicKey), seedOf(added), "the new key");
    same(await view.getKey(tree.account("B").publicKey), undefined, "the removed key");
    same((await view.readMeta("O")).get("m"), "1", "what is beside the tokens");
  }
}

export async function nothingOfARefusedCommit({ store, other }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u", "v"], B: ["w"] });
  await store.commit({ tokens: tree.tokens, keys: tree.seeds });
  const before = await contentsOf(store, tree);
  const added = createKeyPair("account");
  const good: StoreCommit = {
    tokens: [
      { path: ["O", "C"], token: await tokenFor(added, ["O", "C"], tree.operator) },
      { path: ["O"], token: await tokenFor(tree.operator, ["O"], tree.operator, 1_700_000_000) },
    ],
    keys: [seedOf(added)],
    deletes: [{ path: ["O", "A", "u"] }],
    deletedKeys: [tree.account("A").publicKey],
    meta: [{ operator: "O", name: "m", value: "1" }],
  };
  const user = await tokenFor(createKeyPair("user"), ["O", "X", "u"], added);
  const bad: readonly [NscErrorCode, StoreCommit][] = [
    ["ERR_STORE_CONFLICT", { ...good, expected: { tokens: [{ path: ["O", "B"], token: undefined }] } }],
    ["ERR_STORE_CONFLICT", { ...good, expected: { lists: [{ prefix: ["O"], names: ["A"] }] } }],
    ["ERR_STORE_CONFLICT", { ...good, expected: { meta: [{ operator: "O", name: "m", value: "0" }] } }],
    ["ERR_STORE_PARENT", { ...good, tokens: [...(good.tokens ?? []), { path: ["O", "X", "u"], token: user }] }],
    ["ERR_STORE_PARENT", { ...good, deletes: [{ path: ["O", "B"] }] }],
    ["ERR_STORE_NAME", { ...good, tokens: [...(good.tokens ?? []), { path: ["O", ""], token: user }] }],
    ["ERR_ARGUMENT_INVALID", { ...good, tokens: [...(good.tokens ?? []), { path: ["O", "D"], token: "no token" }] }],
  ];
  for (const [code, commit] of bad) {
    await refused(store.commit(commit), code);
    for (const view of [store, other]) {
      same(await contentsOf(view, tree), before, `everything after ${code}`);
      same(await view.getKey(added.publicKey), undefined, `the key after ${code}`);
      same(await view.find(added.publicKey), [], `where the account is found after ${code}`);
    }
  }
  await store.commit(good);
}

export async function conflicts({ store, other }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u"] });
  await store.commit({ tokens: tree.tokens, meta: [{ operator: "O", name: "m", value: "1" }] });
  const account = (await store.read(["O", "A"])) as string;
  const changed = await tokenFor(tree.account("A"), ["O", "A"], tree.operator, 1_700_000_000);
  await other.commit({ tokens: [{ path: ["O", "A"], token: changed }] });
  const user = createKeyPair("user");
  const write: StoreCommit = {
    tokens: [{ path: ["O", "A", "v"], token: await tokenFor(user, ["O", "A", "v"], tree.account("A")) }],
  };
  const expectations: readonly StoreCommit["expected"][] = [
    { tokens: [{ path: ["O", "A"], token: account }] },
    { tokens: [{ path: ["O", "A"], token: undefined }] },
    { tokens: [{ path: ["O", "B"], token: account }] },
    { lists: [{ prefix: ["O", "A"], names: [] }] },
    { lists: [{ prefix: ["O", "A"], names: ["u", "x"] }] },
    { lists: [{ prefix: ["O", "A"], names: ["x"] }] },
    { lists: [{ prefix: [], names: [] }] },
    { meta: [{ operator: "O", name: "m", value: undefined }] },
    { meta: [{ operator: "O", name: "n", value: "1" }] },
  ];
  for (const expected of expectations) {
    await refused(store.commit({ ...write, ...(expected && { expected }) }), "ERR_STORE_CONFLICT");
    same(await store.read(["O", "A", "v"]), undefined, "the user of a commit with a conflict");
  }
  await store.commit({
    ...write,
    expected: {
      tokens: [{ path: ["O", "A"], token: changed }],
      lists: [{ prefix: ["O", "A"], names: ["u"] }],
      meta: [{ operator: "O", name: "m", value: "1" }],
    },
  });
  same(await names(store, ["O", "A"]), ["u", "v"], "the users");
}

export async function parents({ store, other }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u"] });
  const [operator, account, user] = tree.tokens as [StoredToken, StoredToken, StoredToken];
  await refused(store.commit({ tokens: [account] }), "ERR_STORE_PARENT");
  await refused(store.commit({ tokens: [operator, user] }), "ERR_STORE_PARENT");
  same(await names(store, []), [], "the operators");
  await store.commit({ tokens: [user, account, operator] });
  await refused(store.commit({ deletes: [{ path: ["O", "A"] }] }), "ERR_STORE_PARENT");
  await refused(store.commit({ deletes: [{ path: ["O"] }] }), "ERR_STORE_PARENT");
  await refused(store.commit({ deletes: [{ path: ["O"] }, { path: ["O", "A"] }] }), "ERR_STORE_PARENT");
  const orphan = { path: ["O", "A", "v"] as const, token: user.token };
  await refused(
    store.commit({ tokens: [orphan], deletes: [{ path: ["O", "A"] }, { path: ["O", "A", "u"] }] }),
    "ERR_STORE_PARENT",
  );
  same(await store.read(["O", "A", "u"]), user.token, "the user");
  await store.commit({ deletes: [{ path: ["O"] }, { path: ["O", "A"] }, { path: ["O", "A", "u"] }] });
  same(await names(store, []), [], "the operators at the end");

  await store.commit({ tokens: [operator, account] });
  for (let round = 0; round < 4; round++) {
    const add = (): Promise<void> => store.commit({ tokens: [user] });
    const remove = (): Promise<void> => other.commit({ deletes: [{ path: ["O", "A"] }] });
    const attempts = (round % 2 === 0 ? [add, remove] : [remove, add]).map((attempt) => attempt());
    const outcomes = await Promise.all(attempts.map((attempt) => refusal(attempt, ["ERR_STORE_PARENT"])));
    same(outcomes.filter((code) => code === undefined).length, 1, "the number of commits that were made");
    same(
      (await store.read(["O", "A", "u"])) === undefined,
      (await store.read(["O", "A"])) === undefined,
      "that there is no user where there is no account",
    );
    await store.commit({ tokens: [account], deletes: [{ path: ["O", "A", "u"] }] });
  }
}

export async function contradictions({ store }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u"] });
  const [operator] = tree.tokens as [StoredToken];
  const seed = seedOf(tree.operator);
  const bad: readonly unknown[] = [
    null,
    "commit",
    { tokens: [operator, operator] },
    { tokens: [operator], deletes: [{ path: ["O"] }] },
    { deletes: [{ path: ["O"] }, { path: ["O"] }] },
    { keys: [seed], deletedKeys: [tree.operator.publicKey] },
    { deletedKeys: [seed] },
    { tokens: [{ path: ["O"], token: "" }] },
    { tokens: [{ path: [], token: operator.token }] },
    { tokens: [{ path: ["O", "A", "u", "x"], token: operator.token }] },
    { tokens: [{ path: "O", token: operator.token }] },
    { tokens: [{ path: [1], token: operator.token }] },
    { meta: [{ operator: "O", name: "", value: "1" }] },
    { meta: [{ operator: "O", name: "m", value: 1 }] },
  ];
  for (const commit of bad) await refused(store.commit(commit as StoreCommit), "ERR_ARGUMENT_INVALID");
  for (const key of ["", "SUAB", tree.operator.publicKey, `${seed}A`]) {
    const code = await refusal(store.commit({ keys: [key], tokens: [operator] }), SEED_CODES);
    if (code === undefined) throw failed("a text that is no seed was kept as one");
  }
  same(await names(store, []), [], "the operators");
}

const SEED_CODES: readonly NscErrorCode[] = [
  "ERR_NKEY_SEED",
  "ERR_NKEY_LENGTH",
  "ERR_NKEY_CHECKSUM",
  "ERR_NKEY_PREFIX",
  "ERR_NKEY_CHARACTER",
];

export async function deletes({ store }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u", "uu", "v"], B: [], BB: [] });
  await store.commit({ tokens: tree.tokens, keys: tree.seeds });
  await store.commit({ deletes: [{ path: ["O", "A", "u"] }] });
  same(await store.read(["O", "A", "u"]), undefined, "the user that was deleted");
  same(await store.find(tree.user("A", "u").publicKey), [], "where it is found");
  same(await names(store, ["O", "A"]), ["uu", "v"], "the other users");
  same(await store.getKey(tree.user("A", "u").publicKey), seedOf(tree.user("A", "u")), "its key");
  // What is not there can be deleted, too: whoever wants to know expects it.
  await store.commit({ deletes: [{ path: ["O", "A", "u"] }, { path: ["P", "Q"] }] });
  await store.commit({ deletes: [{ path: ["O", "B"] }] });
  same(await names(store, ["O"]), ["A", "BB"], "the other accounts");
  const rest: readonly StoreDelete[] = tree.tokens.map(({ path }) => ({ path }));
  await store.commit({ deletes: rest });
  same(await names(store, []), [], "the operators");
  await store.commit({ tokens: tree.tokens });
  same(await names(store, ["O", "A"]), ["u", "uu", "v"], "the users that were made again");
}

export async function isolation({ store }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u"] });
  const user = tree.user("A", "u");
  const path: [string, string, string] = ["O", "A", "u"];
  const tokens = tree.tokens.map(({ path: given, token }) => ({ path: given.length === 3 ? path : given, token }));
  const commit = { tokens, meta: [{ operator: "O", name: "m", value: "1" }], keys: [...tree.seeds] };
  const text = JSON.stringify(commit);
  await store.commit(commit);
  same(JSON.stringify(commit), text, "the commit that was handed over");
  path[2] = "changed";
  tokens.length = 0;
  same(await names(store, ["O", "A"]), ["u"], "the users after the path was changed");
  const found = await store.find(user.publicKey);
  same(found, [["O", "A", "u"]], "the user");
  // It may be frozen as well.
  Reflect.set(found[0] as StorePath, 2, "changed");
  same(await store.find(user.publicKey), [["O", "A", "u"]], "the user after a path that was found was changed");
  Reflect.set(await store.find(user.publicKey), 0, ["O"]);
  same(await store.find(user.publicKey), [["O", "A", "u"]], "the user after what was found was changed");
  const given = await store.readMeta("O");
  if (given instanceof Map) given.set("m", "2");
  same((await store.readMeta("O")).get("m"), "1", "what is beside the tokens");
}

export async function listsWhileCommitting({ store, other }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u1", "u2", "u3", "u4"] });
  await store.commit({ tokens: tree.tokens });
  const token = (await store.read(["O", "A", "u1"])) as string;
  const seen: string[] = [];
  for await (const name of store.list(["O", "A"])) {
    seen.push(name);
    if (seen.length > 1) continue;
    await store.commit({ deletes: [{ path: ["O", "A", "u1"] }, { path: ["O", "A", "u4"] }] });
    await other.commit({ tokens: [{ path: ["O", "A", "u0"], token }] });
    await other.commit({ tokens: [{ path: ["O", "A", "u5"], token }] });
  }
  same(seen, ["u1", "u2", "u3", "u4"], "the users of a list that was begun before a commit");
  for await (const name of store.list(["O", "A"])) {
    same(name, "u0", "the first user");
    break;
  }
  for (const view of [store, other]) {
    await view.commit({ tokens: [{ path: ["O", "A", "u6"], token }] });
    same(await names(view, ["O", "A"]), ["u0", "u2", "u3", "u5", "u6"], "the users after a list was given up");
  }
}

export async function noPartOfACommit({ store, other }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u"], B: [] });
  const token = (tree.tokens.find(({ path }) => path.length === 3) as StoredToken).token;
  const user = tree.user("A", "u");
  await store.commit({
    tokens: tree.tokens,
    meta: ["a", "b"].map((name) => ({ operator: "O", name, value: "u" })),
  });
  // From one name to another and back again, with all that belongs to it.
  const move = (from: string, to: string): StoreCommit => ({
    tokens: ["A", "B"].map((account) => ({ path: ["O", account, to], token })),
    deletes: ["A", "B"].map((account) => ({ path: ["O", account, from] })),
    meta: ["a", "b"].map((name) => ({ operator: "O", name, value: to })),
  });
  await store.commit(move("u", "v"));
  const look = async (): Promise<void> => {
    same((await names(other, ["O", "A"])).length, 1, "the number of users while one is renamed");
    const places = await other.find(user.publicKey);
    const accounts = places.map((path) => path[1]);
    same(accounts, ["A", "B"], "the accounts in which a user is found while it is renamed");
    same(new Set(places.map((path) => path[2])).size, 1, "the number of names of a user while it is renamed");
    same(new Set((await other.readMeta("O")).values()).size, 1, "the number of values while both are changed");
  };
  for (let round = 0; round < 16; round++) {
    const commit = store.commit(round % 2 === 0 ? move("v", "w") : move("w", "v"));
    const looks = Array.from({ length: 4 }).reduce<Promise<void>>((before) => before.then(look), look());
    // Neither goes on when the check is over.
    await Promise.allSettled([commit, looks]);
    await Promise.all([commit, looks]);
  }
}

export async function concurrentCommits({ store, other }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: [] });
  await store.commit({ tokens: tree.tokens });
  let token = (await store.read(["O", "A"])) as string;
  for (let round = 1; round <= 5; round++) {
    const attempts = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        tokenFor(tree.account("A"), ["O", "A"], tree.operator, 1_700_000_000 + round * 10 + index),
      ),
    );
    const outcomes = await Promise.all(
      attempts.map((next, index) =>
        refusal(
          (index % 2 === 0 ? store : other).commit({
            tokens: [{ path: ["O", "A"], token: next }],
            expected: { tokens: [{ path: ["O", "A"], token }] },
          }),
          ["ERR_STORE_CONFLICT"],
        ),
      ),
    );
    same(outcomes.filter((code) => code === undefined).length, 1, "the number of commits that were made");
    token = attempts[outcomes.indexOf(undefined)] as string;
    for (const view of [store, other])
      same(await view.read(["O", "A"]), token, "the token of the commit that was made");
  }
  const user = await tokenFor(createKeyPair("user"), ["O", "A", "u"], tree.account("A"));
  const races: readonly ((name: string) => StoreCommit)[] = [
    (name) => ({
      tokens: [{ path: ["O", "A", name], token: user }],
      expected: { lists: [{ prefix: ["O", "A"], names: [] }] },
    }),
    (value) => ({
      meta: [{ operator: "O", name: "m", value }],
      expected: { meta: [{ operator: "O", name: "m", value: undefined }] },
    }),
  ];
  for (const race of races) {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        refusal((index % 2 === 0 ? store : other).commit(race(`n${index}`)), ["ERR_STORE_CONFLICT"]),
      ),
    );
    same(outcomes.filter((code) => code === undefined).length, 1, "the number of commits that were made");
  }
  same((await names(store, ["O", "A"])).length, 1, "the number of users");
}

export async function independentCommits({ store, other }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: [] });
  await store.commit({ tokens: tree.tokens });
  const made = Array.from({ length: 16 }, (_, index) => `u${padded(index, 2)}`);
  const pairs = made.map(() => createKeyPair("user"));
  const account = (await store.read(["O", "A"])) as string;
  await Promise.all(
    made.map(async (name, index) => {
      const path: StorePath = ["O", "A", name];
      const pair = pairs[index] as KeyPair;
      const token = await tokenFor(pair, path, tree.account("A"));
      await (index % 2 === 0 ? store : other).commit({
        tokens: [{ path, token }],
        keys: [seedOf(pair)],
        meta: [{ operator: "O", name, value: name }],
        expected: {
          tokens: [
            { path, token: undefined },
            { path: ["O", "A"], token: account },
          ],
        },
      });
    }),
  );
  for (const view of [store, other]) {
    same(await names(view, ["O", "A"]), made, "the users");
    same([...(await view.readMeta("O")).keys()].sort(), made, "the names beside the tokens");
    for (const pair of pairs) same(await view.getKey(pair.publicKey), seedOf(pair), pair.publicKey);
  }
}

export async function manyEntities({ store, other }: StoreFixture): Promise<void> {
  const accounts = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`A${padded(index, 3)}`, [] as string[]]),
  );
  const tree = await makeTree(accounts);
  const users: StoredToken[] = [];
  // One signature does for all: the store looks at subjects only.
  const user = createKeyPair("user");
  const token = await tokenFor(user, ["O", "A042", "u"], tree.account("A042"));
  for (const name of Object.keys(accounts)) {
    const count = name === "A042" ? 2100 : 80;
    for (let index = 0; index < count; index++) users.push({ path: ["O", name, `u${padded(index, 4)}`], token });
  }
  await store.commit({ tokens: [...tree.tokens, ...users] });
  same((await names(other, ["O"])).length, 100, "the number of accounts");
  same((await names(other, ["O", "A042"])).length, 2100, "the number of users");
  for (const { path } of users.filter((_, index) => index % 997 === 0)) {
    same(await other.read(path), token, describe(path));
  }
  same((await other.find(user.publicKey)).length, users.length, "the number of places");
  same(await other.find(tree.account("A099").publicKey), [["O", "A099"]], "an account");
}
