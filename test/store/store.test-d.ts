import {
  type CopyProgress,
  type CopyReport,
  type CopyTreeOptions,
  copyTree,
  memoryStore,
  type Store,
  type StoreChange,
  type StoreCommit,
  type StoreDelete,
  type StoredToken,
  type StoreExpectations,
  type StoreMeta,
  type StoreMetaChange,
  type StorePath,
  type StorePrefix,
  type StoreWatchOptions,
} from "nsc.js";
import { type StoreCheck, type StoreFixture, storeContract } from "nsc.js/testing";
import { expectTypeOf, test } from "vitest";

declare const store: Store;
declare const path: StorePath;
declare const names: string[];

test("memoryStore gives a store and takes nothing", () => {
  expectTypeOf(memoryStore).parameters.toEqualTypeOf<[]>();
  expectTypeOf(memoryStore).returns.toEqualTypeOf<Store>();
});

test("a path has one to three names and is read-only", () => {
  expectTypeOf<StorePath["length"]>().toEqualTypeOf<1 | 2 | 3>();
  expectTypeOf<StorePath[number]>().toEqualTypeOf<string>();
  expectTypeOf<["O", "A", "u"]>().toExtend<StorePath>();
  expectTypeOf<StorePath[0]>().toEqualTypeOf<string>();
  if (path.length === 3) expectTypeOf(path[2]).toEqualTypeOf<string>();
  // @ts-expect-error a path can't be changed
  path[0] = "P";
  // @ts-expect-error nor get longer
  path.push("x");
  // @ts-expect-error a path without names
  expectTypeOf<[]>().toExtend<StorePath>();
  // @ts-expect-error a path of four names
  expectTypeOf<["O", "A", "u", "x"]>().toExtend<StorePath>();
  // @ts-expect-error an array may have any length
  expectTypeOf<string[]>().toExtend<StorePath>();
});

test("a prefix has no more than two names and is read-only", () => {
  expectTypeOf<StorePrefix["length"]>().toEqualTypeOf<0 | 1 | 2>();
  expectTypeOf<readonly []>().toExtend<StorePrefix>();
  expectTypeOf<["O", "A"]>().toExtend<StorePrefix>();
  // @ts-expect-error nothing is below a user
  expectTypeOf<["O", "A", "u"]>().toExtend<StorePrefix>();
  // @ts-expect-error an array may have any length
  store.list(names);
  // @ts-expect-error one name is no prefix
  store.list("O");
});

test("Store reads by promise and lists name by name", () => {
  expectTypeOf<keyof Store>().toEqualTypeOf<
    "read" | "list" | "find" | "getKey" | "listKeys" | "readMeta" | "commit" | "watch"
  >();
  expectTypeOf<Store["read"]>().toEqualTypeOf<(path: StorePath) => Promise<string | undefined>>();
  expectTypeOf<Store["list"]>().toEqualTypeOf<(prefix: StorePrefix) => AsyncIterable<string>>();
  expectTypeOf<Store["find"]>().toEqualTypeOf<(publicKey: string) => Promise<readonly StorePath[]>>();
  expectTypeOf<Store["getKey"]>().toEqualTypeOf<(publicKey: string) => Promise<string | undefined>>();
  expectTypeOf<Store["listKeys"]>().toEqualTypeOf<() => AsyncIterable<string>>();
  expectTypeOf<Store["readMeta"]>().toEqualTypeOf<(operator: string) => Promise<StoreMeta>>();
  expectTypeOf<Store["commit"]>().toEqualTypeOf<(commit: StoreCommit) => Promise<void>>();
  expectTypeOf<StoreMeta>().toEqualTypeOf<ReadonlyMap<string, string>>();
  // @ts-expect-error a store without find is none
  expectTypeOf<Omit<Store, "find">>().toExtend<Store>();
});

test("a store may be watched", () => {
  expectTypeOf<Store["watch"]>().toEqualTypeOf<
    ((options?: StoreWatchOptions) => AsyncIterable<StoreChange>) | undefined
  >();
  expectTypeOf<Omit<Store, "watch">>().toExtend<Store>();
  expectTypeOf<StoreWatchOptions["signal"]>().toEqualTypeOf<AbortSignal | undefined>();
  expectTypeOf<StoreChange>().toEqualTypeOf<{
    readonly isAnything: boolean;
    readonly paths: readonly StorePath[];
    readonly operators: readonly string[];
    readonly publicKeys: readonly string[];
  }>();
});

test("StoreCommit has parts that may be left out, and are read-only", () => {
  expectTypeOf<StoreCommit>().toEqualTypeOf<{
    readonly tokens?: readonly StoredToken[];
    readonly keys?: readonly string[];
    readonly deletes?: readonly StoreDelete[];
    readonly deletedKeys?: readonly string[];
    readonly meta?: readonly StoreMetaChange[];
    readonly expected?: StoreExpectations;
  }>();
  expectTypeOf<StoredToken>().toEqualTypeOf<{
    readonly path: StorePath;
    readonly token: string;
    readonly withoutCreds?: boolean;
  }>();
  expectTypeOf<StoreDelete>().toEqualTypeOf<{ readonly path: StorePath; readonly keepCreds?: boolean }>();
  const commit: StoreCommit = {
    tokens: [{ path: ["O", "A"], token: "t" }],
    deletes: [{ path: ["O", "A", "u"], keepCreds: true }],
    meta: [{ operator: "O", name: "m", value: undefined }],
  };
  // @ts-expect-error a commit is not changed once it is made up
  commit.keys = [];
  // @ts-expect-error its parts neither
  commit.tokens?.push({ path: ["P"], token: "t" });
  // @ts-expect-error a token without a place
  expectTypeOf<{ tokens: [{ token: string }] }>().toExtend<StoreCommit>();
  // @ts-expect-error a part that must be left out where there is none
  expectTypeOf<{ keys: undefined }>().toExtend<StoreCommit>();
  // @ts-expect-error keys are seeds as text
  expectTypeOf<{ keys: Uint8Array[] }>().toExtend<StoreCommit>();
  // @ts-expect-error what is deleted is named by an object
  expectTypeOf<{ deletes: [["O"]] }>().toExtend<StoreCommit>();
});

test("StoreMetaChange says what is removed in so many words", () => {
  expectTypeOf<StoreMetaChange>().toEqualTypeOf<{
    readonly operator: string;
    readonly name: string;
    readonly value: string | undefined;
  }>();
  // @ts-expect-error a value that was forgotten removes nothing
  expectTypeOf<{ operator: string; name: string }>().toExtend<StoreMetaChange>();
});

test("StoreExpectations take what was read, as it was read", () => {
  expectTypeOf<StoreExpectations>().toEqualTypeOf<{
    readonly tokens?: readonly { readonly path: StorePath; readonly token: string | undefined }[];
    readonly lists?: readonly { readonly prefix: StorePrefix; readonly names: readonly string[] }[];
    readonly meta?: readonly StoreMetaChange[];
  }>();
  expectTypeOf<Awaited<ReturnType<Store["read"]>>>().toEqualTypeOf<
    NonNullable<StoreExpectations["tokens"]>[number]["token"]
  >();
  // @ts-expect-error a token that was forgotten is not one that was not there
  expectTypeOf<{ tokens: [{ path: ["O"] }] }>().toExtend<StoreExpectations>();
});

test("copyTree takes two stores and tells what was copied", () => {
  expectTypeOf(copyTree).parameters.toEqualTypeOf<[from: Store, to: Store, options?: CopyTreeOptions | undefined]>();
  expectTypeOf(copyTree).returns.toEqualTypeOf<Promise<CopyReport>>();
  expectTypeOf<CopyReport>().toExtend<CopyProgress>();
  expectTypeOf<CopyTreeOptions["operators"]>().toEqualTypeOf<readonly string[] | undefined>();
  expectTypeOf<NonNullable<CopyTreeOptions["onProgress"]>>().parameters.toEqualTypeOf<[CopyProgress]>();
  // @ts-expect-error an option that there is not
  expectTypeOf<{ operator: string }>().toExtend<Required<CopyTreeOptions>>();
});

test("storeContract takes what opens a store and gives checks for any runner", () => {
  expectTypeOf(storeContract).parameters.toEqualTypeOf<[open: () => Promise<StoreFixture>]>();
  expectTypeOf(storeContract).returns.toEqualTypeOf<readonly StoreCheck[]>();
  expectTypeOf<StoreCheck["name"]>().toEqualTypeOf<string>();
  expectTypeOf<StoreCheck["run"]>().toEqualTypeOf<() => Promise<void>>();
  expectTypeOf<StoreFixture["store"]>().toEqualTypeOf<Store>();
  expectTypeOf<StoreFixture["close"]>().toEqualTypeOf<(() => Promise<void> | void) | undefined>();
  expectTypeOf<{ store: Store; other: Store }>().toExtend<StoreFixture>();
  // @ts-expect-error a fixture without another view
  storeContract(async () => ({ store }));
  // @ts-expect-error stores are opened by promise
  storeContract(() => ({ store, other: store }));
});
