/** What a store must do with what it is given: keep it, list it, find it. */

import { createKeyPair, type KeyPair } from "../nkeys/key-pair.ts";
import {
  contentsOf,
  describe,
  keysOf,
  makeTree,
  names,
  refusal,
  refused,
  type StoreFixture,
  same,
  seedOf,
  tokenFor,
} from "./contract-support.ts";
import { prefixOf } from "./paths.ts";
import type { StorePath, StorePrefix } from "./store.ts";

export async function emptyStore({ store }: StoreFixture): Promise<void> {
  same(await store.read(["O"]), undefined, "the operator");
  same(await store.read(["O", "A", "u"]), undefined, "the user");
  same(await names(store, []), [], "the operators");
  same(await names(store, ["O"]), [], "the accounts");
  same(await names(store, ["O", "A"]), [], "the users");
  same(await store.find(createKeyPair("account").publicKey), [], "what is found");
  same(await store.getKey(createKeyPair("account").publicKey), undefined, "the key");
  same(await keysOf(store), [], "the keys");
  same([...(await store.readMeta("O"))], [], "what is beside the tokens");
  await store.commit({});
}

export async function readsBack({ store }: StoreFixture): Promise<void> {
  const tree = await makeTree({ A: ["u", "v"], B: [] });
  await store.commit({ tokens: tree.tokens, keys: tree.seeds });
  for (const { path, token } of tree.tokens) same(await store.read(path), token, describe(path));
  for (const pair of tree.pairs) same(await store.getKey(pair.publicKey), seedOf(pair), pair.publicKey);
  same(await keysOf(store), tree.pairs.map(({ publicKey }) => publicKey).sort(), "the keys");
  same(await store.read(["O", "C"]), undefined, "an account that was not made");
  same(await store.read(["O", "A", "w"]), undefined, "a user that was not made");

  const again = await tokenFor(tree.operator, ["O"], tree.operator, 1_700_000_000);
  await store.commit({ tokens: [{ path: ["O"], token: again }] });
  same(await store.read(["O"]), again, "a token that was written again");
  same(await names(store, ["O"]), ["A", "B"], "the accounts after it");
}

export async function seenByOthers({ store, other }: StoreFixture): Promise<void> {
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

export async function listsSorted({ store }: StoreFixture): Promise<void> {
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

export async function hostileNames({ store }: StoreFixture): Promise<void> {
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
        const siblings = await names(store, prefixOf(path));
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

export async function similarNames({ store }: StoreFixture): Promise<void> {
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

export async function keys({ store, other }: StoreFixture): Promise<void> {
  const pairs = (["operator", "account", "user", "curve"] as const).map((kind) => createKeyPair(kind));
  await store.commit({ keys: pairs.map(seedOf) });
  for (const pair of pairs) same(await other.getKey(pair.publicKey), seedOf(pair), pair.publicKey);
  await store.commit({ keys: pairs.slice(0, 1).map(seedOf) });
  const [gone, ...kept] = pairs as [KeyPair, ...KeyPair[]];
  await store.commit({ deletedKeys: [gone.publicKey, createKeyPair("user").publicKey] });
  same(await other.getKey(gone.publicKey), undefined, "a key that was removed");
  for (const pair of kept) same(await store.getKey(pair.publicKey), seedOf(pair), pair.publicKey);
  for (const view of [store, other]) {
    same(await keysOf(view), kept.map(({ publicKey }) => publicKey).sort(), "the keys that are kept");
  }
}

export async function findsBySubject({ store }: StoreFixture): Promise<void> {
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

export async function meta({ store, other }: StoreFixture): Promise<void> {
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
