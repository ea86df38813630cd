/**
 * What every store must do, as checks for any test runner.
 *
 * @module
 */

import { isNscError, NscError, type NscErrorCode } from "../errors.ts";
import { createAccountClaims, createOperatorClaims, createUserClaims } from "../jwt/create-claims.ts";
import { encode } from "../jwt/encode.ts";
import { createKeyPair, type KeyPair } from "../nkeys/key-pair.ts";
import type { Store, StoreCommit, StoreDelete, StoredToken, StorePath, StorePrefix } from "./store.ts";

/** An empty store to check. */
export interface StoreFixture {
  readonly store: Store;
  /** The same data as another process has it; for a store that lives in one process it may be the same object. */
  readonly other: Store;
  /** Called when the check is over. */
  close?(): Promise<void> | void;
}

/** One thing that a store must do. */
export interface StoreCheck {
  readonly name: string;
  /** Rejects when the store does not do it. */
  run(): Promise<void>;
}

/**
 * The contract of a store: checks to hand to a test runner, one test each.
 *
 * @param open - makes an empty store; called once for each check
 * @returns checks whose `run` rejects with `ERR_STORE_CONTRACT`, or with what the store threw
 *
 * @example
 * ```ts
 * import { memoryStore } from "nsc.js";
 * import { storeContract } from "nsc.js/testing";
 *
 * const open = async () => {
 *   const store = memoryStore();
 *   return { store, other: store };
 * };
 * for (const { run } of storeContract(open)) await run(); // in a test suite: test(name, run)
 * ```
 */
export function storeContract(open: () => Promise<StoreFixture>): readonly StoreCheck[] {
  return CHECKS.map(([name, check]) => ({
    name,
    async run() {
      const fixture = await open();
      try {
        await check(fixture);
      } finally {
        await fixture.close?.();
      }
    },
  }));
}

type Check = (fixture: StoreFixture) => Promise<void>;

const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ["an empty store has nothing", emptyStore],
  ["what was committed is read back as it was", readsBack],
  ["a commit is seen by another view of the store", seenByOthers],
  ["names are listed directly below a prefix, sorted by their bytes", listsSorted],
  ["names that are hostile come back as they were, or are refused", hostileNames],
  ["names that differ in case or composition are kept apart, or refused", similarNames],
  ["a key is found by public key and can be removed", keys],
  ["a token is found by its subject, also after it moved", findsBySubject],
  ["what is kept beside the tokens can be written, changed and removed", meta],
  ["all of a commit is made", allOfACommit],
  ["nothing of a refused commit is made", nothingOfARefusedCommit],
  ["a commit fails when something that was read has changed", conflicts],
  ["no token is left without the one above it", parents],
  ["contradictions in a commit are refused", contradictions],
  ["what is deleted is gone, and can be made again", deletes],
  ["data that was handed over or given out is the caller's", isolation],
  ["a list that was begun goes on as it was, and can be given up", listsWhileCommitting],
  ["no part of a commit is seen while it is made", noPartOfACommit],
  ["of commits that expect the same, one is made", concurrentCommits],
  ["commits at the same time that have nothing in common are all made", independentCommits],
  ["ten thousand entities", manyEntities],
];

async function emptyStore({ store }: StoreFixture): Promise<void> {
  same(await store.read(["O"]), undefined, "the operator");
  same(await store.read(["O", "A", "u"]), undefined, "the user");
  same(await names(store, []), [], "the operators");
  same(await names(store, ["O"]), [], "the accounts");
  same(await names(store, ["O", "A"]), [], "the users");
  same(await store.find(createKeyPair("account").publicKey), [], "what is found");
  same(await store.getKey(createKeyPair("account").publicKey), undefined, "the key");
  same([...(await store.readMeta("O"))], [], "what is beside the tokens");
  await store.commit({});
}

async function readsBack({ store }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u", "v"], B: [] });
  await store.commit({ tokens: tree.tokens, keys: tree.seeds });
  for (const { path, token } of tree.tokens) same(await store.read(path), token, describe(path));
  for (const pair of tree.pairs) same(await store.getKey(pair.publicKey), seedOf(pair), pair.publicKey);
  same(await store.read(["O", "C"]), undefined, "an account that was not made");
  same(await store.read(["O", "A", "w"]), undefined, "a user that was not made");

  const again = await tokenFor(tree.operator, ["O"], tree.operator, 1_700_000_000);
  await store.commit({ tokens: [{ path: ["O"], token: again }] });
  same(await store.read(["O"]), again, "a token that was written again");
  same(await names(store, ["O"]), ["A", "B"], "the accounts after it");
}

async function seenByOthers({ store, other }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u"] });
  const late = createKeyPair("user");
  // Both views look before and after each commit, so that what one of them remembers is not taken for what is there.
  const agree = async (when: string): Promise<void> =>
    same(await contentsOf(other, tree), await contentsOf(store, tree), `what the other view has ${when}`);
  same(await names(other, []), [], "the operators before");
  same([...(await other.readMeta("O"))], [], "what is beside the tokens before");
  for (const view of [store, other]) same(await view.find(late.publicKey), [], "where a user is found before");
  await agree("before");
  await store.commit({ tokens: tree.tokens, keys: tree.seeds, meta: [{ operator: "O", name: "m", value: "1" }] });
  await agree("after a commit");
  for (const { path, token } of tree.tokens) same(await other.read(path), token, describe(path));
  same(await other.find(tree.user("A", "u").publicKey), [["O", "A", "u"]], "the user");
  same(await other.getKey(tree.operator.publicKey), seedOf(tree.operator), "the key");
  same((await other.readMeta("O")).get("m"), "1", "what is beside the tokens");
  await other.commit({ deletes: [{ path: ["O", "A", "u"] }], meta: [{ operator: "O", name: "m", value: "2" }] });
  await agree("after its own commit");
  same(await store.read(["O", "A", "u"]), undefined, "the user that the other view deleted");
  same(await store.find(tree.user("A", "u").publicKey), [], "where the deleted user is found");
  same((await store.readMeta("O")).get("m"), "2", "what the other view changed beside the tokens");
  const token = await tokenFor(late, ["O", "A", "late"], tree.account("A"));
  await other.commit({ tokens: [{ path: ["O", "A", "late"], token }] });
  same(await store.find(late.publicKey), [["O", "A", "late"]], "the user that the other view made");
  same(await names(store, ["O", "A"]), ["late"], "the users");
}

async function listsSorted({ store }: StoreFixture): Promise<void> {
  // None of them differ in case only: a store may refuse those.
  const users = ["b", "a", "C", "a1", "a-1", "\u00e9", "\uffee", "\u{1f600}"];
  const tree = await makeTree({ Z: users, A: [], M: ["only"], MM: ["another"] });
  const operators = ["q", "S", "O2"].map((name): StorePath => [name]);
  const token = await tokenFor(tree.operator, ["q"], tree.operator);
  await store.commit({ tokens: [...operators.map((path) => ({ path, token })), ...tree.tokens] });
  same(await names(store, []), ["O", "O2", "S", "q"], "the operators");
  same(await names(store, ["O"]), ["A", "M", "MM", "Z"], "the accounts");
  same(await names(store, ["O", "Z"]), ["C", "a", "a-1", "a1", "b", "\u00e9", "\uffee", "\u{1f600}"], "the users");
  same(await names(store, ["O", "M"]), ["only"], "the users of another account");
  same(await names(store, ["O", "A"]), [], "the users of an account without");
  same(await names(store, ["O2"]), [], "the accounts of an operator without");
  same(await names(store, ["P"]), [], "the accounts of an operator that is not there");
}

/** Each alone is a name; some have a meaning to file systems, shells, subjects or JavaScript. */
const HOSTILE_NAMES: readonly string[] = [
  ".", "..", "...", "../x", "a/b", "/a", "a\\b", "a\0b", "a\nb", "a\r", "\t", " ", " a", "a ", "a.", ".a", "a.b", "-rf",
  "~", "$HOME", "%2e%2e", "*", ">", "a*", "CON", "nul.txt", "a:b", "C:", '"', "'", "`", "|", "<>", "__proto__",
  "constructor", "toString", "\u202e", "\u200b", "\ufeff", "\u65e5\u672c\u8a9e", "\u{1f468}\u200d\u{1f469}",
  "\u0000", "\u007f", "x".repeat(255), "x".repeat(256), "x".repeat(5000), "\u65e5".repeat(100), "accounts", "users",
  "%", "_", "?", "A%", ".nsc", "a.jwt", "a.creds", "a.nk", "keys", "creds", "nsc.json", "node_modules",
]; // biome-ignore format: one name after the other

async function hostileNames({ store }: StoreFixture): Promise<void> {
  const [operator, account, user] = [createKeyPair("operator"), createKeyPair("account"), createKeyPair("user")];
  const base = await makeTree({ A: ["u"] });
  await store.commit({ tokens: base.tokens });
  const userToken = await tokenFor(user, ["O", "A", "x"], base.account("A"));
  const accountToken = await tokenFor(account, ["O", "x"], base.operator);
  const operatorToken = await tokenFor(operator, ["x"], operator);
  for (const name of HOSTILE_NAMES) {
    const places: readonly [StorePath, KeyPair, string][] = [
      [["O", "A", name], user, userToken],
      [["O", name], account, accountToken],
      [[name], operator, operatorToken],
    ];
    for (const [path, pair, token] of places) {
      const refused = await refusal(store.commit({ tokens: [{ path, token }] }), ["ERR_STORE_NAME"]);
      if (refused === undefined) {
        same(await store.read(path), token, describe(path));
        same(await store.find(pair.publicKey), [path], `where ${describe(path)} is found`);
        const siblings = await names(store, path.slice(0, -1) as unknown as StorePrefix);
        same(siblings.filter((sibling) => sibling === name).length, 1, `how often ${describe(path)} is listed`);
        if (path.length < 3) same(await names(store, path as StorePrefix), [], `what is below ${describe(path)}`);
        await store.commit({ deletes: [{ path }] });
        same(await store.read(path), undefined, `${describe(path)} when it is deleted`);
      }
      same(await names(store, []), ["O"], `the operators after ${describe(path)}`);
      same(await names(store, ["O"]), ["A"], `the accounts after ${describe(path)}`);
      same(await names(store, ["O", "A"]), ["u"], `the users after ${describe(path)}`);
    }
  }
  for (const name of ["", "\ud800", "a\udc00b"]) {
    const tokens = [{ path: ["O", "A", name] as const, token: userToken }];
    await refused(store.commit({ tokens }), "ERR_STORE_NAME");
    await refused(store.read(["O", "A", name]), "ERR_STORE_NAME");
  }
}

async function similarNames({ store }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: [] });
  await store.commit({ tokens: tree.tokens });
  for (const [first, second] of [
    ["name", "NAME"],
    ["\u00e9", "e\u0301"],
  ] as const) {
    const users = [createKeyPair("user"), createKeyPair("user")] as const;
    const accounts = [createKeyPair("account"), createKeyPair("account")] as const;
    const operators = [createKeyPair("operator"), createKeyPair("operator")] as const;
    for (const [path, twin, [pair, other], issuer] of [
      [["O", "A", first], ["O", "A", second], users, tree.account("A")],
      [["O", first], ["O", second], accounts, tree.operator],
      [[first], [second], operators, tree.operator],
    ] as const) {
      const token = await tokenFor(pair, path, issuer);
      const twinToken = await tokenFor(other, twin, issuer);
      const both = `${describe(path)} beside ${describe(twin)}`;
      await store.commit({ tokens: [{ path, token }] });
      const code = await refusal(store.commit({ tokens: [{ path: twin, token: twinToken }] }), ["ERR_STORE_NAME"]);
      same(await store.read(path), token, both);
      same(await store.read(twin), code === undefined ? twinToken : undefined, describe(twin));
      same(await store.find(pair.publicKey), [path], `where ${both} is found`);
      await store.commit({ deletes: [{ path }] });
      if (code === undefined) same(await store.read(twin), twinToken, `${describe(twin)} without ${describe(path)}`);
      if (code === undefined) await store.commit({ deletes: [{ path: twin }] });

      const tokens = [
        { path, token },
        { path: twin, token: twinToken },
      ];
      const codeOfBoth = await refusal(store.commit({ tokens }), ["ERR_STORE_NAME"]);
      same(await store.read(path), codeOfBoth === undefined ? token : undefined, `${both} in one commit`);
      same(await store.read(twin), codeOfBoth === undefined ? twinToken : undefined, `${both} in one commit`);
      if (codeOfBoth === undefined) await store.commit({ deletes: tokens });
    }
  }
}

async function keys({ store, other }: StoreFixture): Promise<void> {
  const pairs = (["operator", "account", "user", "curve"] as const).map((kind) => createKeyPair(kind));
  await store.commit({ keys: pairs.map(seedOf) });
  for (const pair of pairs) same(await other.getKey(pair.publicKey), seedOf(pair), pair.publicKey);
  await store.commit({ keys: pairs.slice(0, 1).map(seedOf) });
  const [gone, ...kept] = pairs as [KeyPair, ...KeyPair[]];
  await store.commit({ deletedKeys: [gone.publicKey, createKeyPair("user").publicKey] });
  same(await other.getKey(gone.publicKey), undefined, "a key that was removed");
  for (const pair of kept) same(await store.getKey(pair.publicKey), seedOf(pair), pair.publicKey);
}

async function findsBySubject({ store }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u"], B: [] });
  await store.commit({ tokens: tree.tokens });
  same(await store.find(tree.operator.publicKey), [["O"]], "the operator");
  same(await store.find(tree.account("A").publicKey), [["O", "A"]], "the account");
  const user = tree.user("A", "u");
  same(await store.find(user.publicKey), [["O", "A", "u"]], "the user");
  const token = (await store.read(["O", "A", "u"])) as string;
  await store.commit({
    tokens: [
      { path: ["O", "B", "w"], token },
      { path: ["O", "B", "v"], token },
    ],
    deletes: [{ path: ["O", "A", "u"] }],
  });
  same(
    await store.find(user.publicKey),
    [
      ["O", "B", "v"],
      ["O", "B", "w"],
    ],
    "the user in two places",
  );
  const successor = createKeyPair("user");
  const other = await tokenFor(successor, ["O", "B", "v"], tree.account("B"));
  await store.commit({ tokens: [{ path: ["O", "B", "v"], token: other }] });
  same(await store.find(user.publicKey), [["O", "B", "w"]], "the user beside its successor");
  same(await store.find(successor.publicKey), [["O", "B", "v"]], "the successor");
}

async function meta({ store, other }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: [] });
  await store.commit({ tokens: tree.tokens, meta: [{ operator: "O", name: "managed", value: "true" }] });
  const text = '{"a":"\u65e5\\n\\""}';
  await store.commit({ meta: [{ operator: "O", name: "pending/A", value: text }] });
  same(
    [...(await other.readMeta("O"))].sort(),
    [
      ["managed", "true"],
      ["pending/A", text],
    ],
    "both",
  );
  await store.commit({ meta: [{ operator: "O", name: "managed", value: undefined }] });
  same([...(await other.readMeta("O"))], [["pending/A", text]], "the one that is left");
  same([...(await other.readMeta("P"))], [], "those of another operator");
  await refused(store.commit({ meta: [{ operator: "P", name: "m", value: "1" }] }), "ERR_STORE_PARENT");
  await store.commit({ deletes: [{ path: ["O", "A"] }, { path: ["O"] }] });
  same([...(await store.readMeta("O"))], [], "those of an operator that was deleted");
  await store.commit({ tokens: tree.tokens });
  same([...(await store.readMeta("O"))], [], "those of an operator that was made again");
  // Names of accounts are parts of these names; an empty text is one, too.
  const hostile = ["", "A", "a", "..", "a/b", "a=b", "a\n", "\0", "\u65e5", "x".repeat(5000)].map(
    (name) => `pending/${name}`,
  );
  const all = ["__proto__", "constructor", ...hostile].sort();
  for (const name of all) await store.commit({ meta: [{ operator: "O", name, value: "" }] });
  const kept = await other.readMeta("O");
  same([...kept.keys()].sort(), all, "those of hostile names");
  same([...new Set(kept.values())], [""], "the empty text");
  for (const name of all) {
    await store.commit({
      meta: [{ operator: "O", name, value: undefined }],
      expected: { meta: [{ operator: "O", name, value: "" }] },
    });
    same((await other.readMeta("O")).get(name), undefined, "one of a hostile name that was removed");
  }
  same([...(await other.readMeta("O"))], [], "those of hostile names in the end");
}

async function allOfACommit({ store, other }: StoreFixture): Promise<void> {
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

/** Everything of a store under one operator, for comparison. */
async function contentsOf(store: Store, tree: Tree): Promise<unknown> {
  const tokens: unknown[] = [];
  for (const operator of await names(store, [])) {
    tokens.push([operator, await store.read([operator]), [...(await store.readMeta(operator))]]);
    for (const account of await names(store, [operator])) {
      tokens.push([operator, account, await store.read([operator, account])]);
      for (const user of await names(store, [operator, account])) {
        tokens.push([operator, account, user, await store.read([operator, account, user])]);
      }
    }
  }
  const found = tree.pairs.map(({ publicKey }) => Promise.all([store.getKey(publicKey), store.find(publicKey)]));
  return [tokens, await Promise.all(found)];
}

async function nothingOfARefusedCommit({ store, other }: StoreFixture): Promise<void> {
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

async function conflicts({ store, other }: StoreFixture): Promise<void> {
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

async function parents({ store, other }: StoreFixture): Promise<void> {
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

async function contradictions({ store }: StoreFixture): Promise<void> {
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

async function deletes({ store }: StoreFixture): Promise<void> {
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

async function isolation({ store }: StoreFixture): Promise<void> {
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

async function listsWhileCommitting({ store, other }: StoreFixture): Promise<void> {
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

async function noPartOfACommit({ store, other }: StoreFixture): Promise<void> {
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

async function concurrentCommits({ store, other }: StoreFixture): Promise<void> {
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

async function independentCommits({ store, other }: StoreFixture): Promise<void> {
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

async function manyEntities({ store, other }: StoreFixture): Promise<void> {
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

function padded(index: number, width: number): string {
  return String(index).padStart(width, "0");
}

interface Tree {
  readonly operator: KeyPair;
  readonly pairs: readonly KeyPair[];
  readonly seeds: readonly string[];
  /** From the operator down. */
  readonly tokens: readonly StoredToken[];
  account(name: string): KeyPair;
  user(account: string, name: string): KeyPair;
}

/** The tokens and keys of an operator `O` with these accounts and users. */
async function makeTree(accounts: Readonly<Record<string, readonly string[]>>): Promise<Tree> {
  const pairs = new Map<string, KeyPair>();
  const tokens: StoredToken[] = [];
  const make = async (path: StorePath, kind: "operator" | "account" | "user", issuer?: KeyPair): Promise<KeyPair> => {
    const pair = createKeyPair(kind);
    pairs.set(JSON.stringify(path), pair);
    tokens.push({ path, token: await tokenFor(pair, path, issuer ?? pair) });
    return pair;
  };
  const operator = await make(["O"], "operator");
  for (const [name, users] of Object.entries(accounts)) {
    const account = await make(["O", name], "account", operator);
    for (const user of users) await make(["O", name, user], "user", account);
  }
  const all = [...pairs.values()];
  return {
    operator,
    pairs: all,
    seeds: all.map(seedOf),
    tokens,
    account: (name) => pairs.get(JSON.stringify(["O", name])) as KeyPair,
    user: (account, name) => pairs.get(JSON.stringify(["O", account, name])) as KeyPair,
  };
}

function tokenFor(pair: KeyPair, path: StorePath, issuer: KeyPair, issuedAt?: number): Promise<string> {
  const create = [createOperatorClaims, createAccountClaims, createUserClaims][
    path.length - 1
  ] as typeof createUserClaims;
  return encode(
    create(pair.publicKey, { name: path.at(-1) as string }),
    issuer,
    issuedAt === undefined ? {} : { issuedAt },
  );
}

function seedOf(pair: KeyPair): string {
  return String.fromCharCode(...pair.getSeed());
}

async function names(store: Store, prefix: StorePrefix): Promise<string[]> {
  const out: string[] = [];
  for await (const name of store.list(prefix)) out.push(name);
  return out;
}

function describe(path: StorePath): string {
  const text = JSON.stringify(path);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function same(actual: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  throw failed(
    `${what}: ${JSON.stringify(expected) ?? "nothing"} was expected, not ${JSON.stringify(actual) ?? "nothing"}`,
  );
}

/** The code with which a promise was rejected, if it is one of those; nothing if it was not. */
async function refusal(attempt: Promise<unknown>, codes: readonly NscErrorCode[]): Promise<NscErrorCode | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (isNscError(error) && codes.includes(error.code)) return error.code;
    throw error;
  }
}

async function refused(attempt: Promise<unknown>, code: NscErrorCode): Promise<void> {
  if ((await refusal(attempt, [code])) === undefined) throw failed(`${code} was expected, and nothing was refused`);
}

function failed(message: string): NscError {
  return new NscError("ERR_STORE_CONTRACT", message);
}
