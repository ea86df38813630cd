import type { KeyKind, KeyPair, NscOptions, Store, StoredToken, StorePath, StorePrefix } from "nsc.js";
import {
  type ExportedKeyFile,
  type ExportKeysOptions,
  type ExportTreeOptions,
  exportKeys,
  exportTree,
  type ImportedKey,
  type ImportedTree,
  type ImportKeysSource,
  type ImportTreeOptions,
  importKeys,
  importTree,
  type KeystoreMigration,
  type KeystoreMigrationEntry,
  type MissingSeed,
  type NscContext,
  type NscContextChange,
  type NscDirectory,
  type NscDirectoryOptions,
  type NscFinding,
  type NscFindingCode,
  nscDirectory,
  type RebuildOptions,
  type RebuildProblem,
  type RebuildProblemCode,
  type RebuildReport,
  type RebuildSources,
  type RemoveKeysOptions,
  rebuildTree,
  removeKeys,
  type SeedsFromEnvOptions,
  seedsFromEnv,
  unreferencedKeys,
} from "nsc.js/node";
import { expectTypeOf, test } from "vitest";

test("nscDirectory", () => {
  expectTypeOf(nscDirectory).parameter(0).toEqualTypeOf<NscDirectoryOptions | undefined>();
  expectTypeOf(nscDirectory).returns.toEqualTypeOf<NscDirectory>();
  expectTypeOf<NscDirectory>().toExtend<Store>();
  expectTypeOf<NscDirectory["storesDir" | "keystoreDir" | "configDir"]>().toEqualTypeOf<string>();
  expectTypeOf(process.env).toExtend<NonNullable<NscDirectoryOptions["env"]>>();
  // Time is text with a unit, never a bare number.
  expectTypeOf<NscDirectoryOptions["lockTimeout"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<NscDirectoryOptions["cwd"]>().toEqualTypeOf<string | undefined>();
});

test("the context of a directory", () => {
  expectTypeOf<NscDirectory["context"]>().toEqualTypeOf<() => Promise<NscContext>>();
  expectTypeOf<NscDirectory["setContext"]>().toEqualTypeOf<(change: NscContextChange) => Promise<NscContext>>();
  expectTypeOf<NscContext["operator" | "account"]>().toEqualTypeOf<string | undefined>();
  // What was read can be written, once it is known that there is such a one.
  expectTypeOf<{ operator: string; account: string }>().toExtend<NscContextChange>();
  expectTypeOf<NscContext>().not.toExtend<NscContextChange>();
  expectTypeOf<NscContextChange["storesDir"]>().toEqualTypeOf<boolean | undefined>();
});

test("findings of a directory", () => {
  expectTypeOf<NscDirectory["inspect"]>().toEqualTypeOf<() => AsyncIterable<NscFinding>>();
  expectTypeOf<NscDirectory["tokens"]>().toEqualTypeOf<(prefix: StorePrefix) => AsyncIterable<StoredToken>>();
  expectTypeOf<NscDirectory["stranded"]>().toEqualTypeOf<() => AsyncIterable<StoredToken>>();
  expectTypeOf<NscFinding["code"]>().toEqualTypeOf<NscFindingCode>();
  expectTypeOf<"BAD_TOKEN" | "MISSING_SEED" | "OLD_LAYOUT">().toExtend<NscFindingCode>();
  expectTypeOf<string>().not.toExtend<NscFindingCode>();
  expectTypeOf<NscFinding["publicKey"]>().toEqualTypeOf<string | undefined>();
});

test("keys", () => {
  expectTypeOf(exportKeys).parameter(0).toEqualTypeOf<Store>();
  expectTypeOf(exportKeys).parameter(1).toEqualTypeOf<string>();
  expectTypeOf(exportKeys).parameter(2).toEqualTypeOf<ExportKeysOptions | undefined>();
  expectTypeOf(exportKeys).returns.resolves.toEqualTypeOf<readonly ExportedKeyFile[]>();
  expectTypeOf<NonNullable<ExportKeysOptions["kinds"]>>().toEqualTypeOf<readonly KeyKind[]>();
  expectTypeOf<ExportedKeyFile["outcome"]>().toEqualTypeOf<
    "written" | "unchanged" | "refused" | "missing" | "failed"
  >();
  expectTypeOf(importKeys).parameter(0).toEqualTypeOf<Store>();
  expectTypeOf(importKeys).parameter(1).toEqualTypeOf<ImportKeysSource>();
  expectTypeOf(importKeys).returns.resolves.toEqualTypeOf<readonly ImportedKey[]>();
  expectTypeOf<ImportedKey["outcome"]>().toEqualTypeOf<"added" | "unchanged" | "refused">();
  expectTypeOf<ImportedKey["publicKey"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf(removeKeys).parameter(0).toEqualTypeOf<Store>();
  expectTypeOf(removeKeys).parameter(1).toEqualTypeOf<readonly string[]>();
  expectTypeOf(removeKeys).parameter(2).toEqualTypeOf<RemoveKeysOptions | undefined>();
  expectTypeOf(removeKeys).returns.resolves.toEqualTypeOf<readonly string[]>();
  expectTypeOf(unreferencedKeys).parameter(0).toEqualTypeOf<Store>();
  expectTypeOf(unreferencedKeys).returns.toExtend<AsyncIterable<string>>();
  expectTypeOf<NscDirectory["migrateKeystore"]>().toEqualTypeOf<() => Promise<KeystoreMigration>>();
  expectTypeOf<KeystoreMigration["entries"]>().toEqualTypeOf<readonly KeystoreMigrationEntry[]>();
  expectTypeOf<KeystoreMigration["oldDir"]>().toEqualTypeOf<string | undefined>();
});

test("seedsFromEnv", () => {
  expectTypeOf(seedsFromEnv).parameter(1).toEqualTypeOf<SeedsFromEnvOptions | undefined>();
  expectTypeOf(seedsFromEnv).returns.toEqualTypeOf<(publicKey: string) => KeyPair | undefined>();
  expectTypeOf(seedsFromEnv).returns.toExtend<NonNullable<NscOptions["resolveSigner"]>>();
  expectTypeOf(process.env).toExtend<NonNullable<Parameters<typeof seedsFromEnv>[0]>>();
});

test("rebuildTree", () => {
  expectTypeOf(rebuildTree).parameter(0).toEqualTypeOf<Store>();
  expectTypeOf(rebuildTree).parameter(1).toEqualTypeOf<RebuildSources>();
  expectTypeOf(rebuildTree).parameter(2).toEqualTypeOf<RebuildOptions | undefined>();
  expectTypeOf(rebuildTree).returns.resolves.toEqualTypeOf<RebuildReport>();
  expectTypeOf<RebuildReport["problems"]>().toEqualTypeOf<readonly RebuildProblem[]>();
  expectTypeOf<RebuildProblem["code"]>().toEqualTypeOf<RebuildProblemCode>();
  expectTypeOf<string>().not.toExtend<RebuildProblemCode>();
  expectTypeOf<RebuildReport["missingSeeds"]>().toEqualTypeOf<readonly MissingSeed[]>();
  expectTypeOf<MissingSeed["path"]>().toEqualTypeOf<StorePath>();
});

test("exportTree and importTree", () => {
  expectTypeOf(exportTree).parameter(0).toEqualTypeOf<Store>();
  expectTypeOf(exportTree).parameter(1).toEqualTypeOf<ExportTreeOptions>();
  expectTypeOf(exportTree).returns.resolves.toExtend<Uint8Array>();
  expectTypeOf(importTree).parameter(0).toEqualTypeOf<Store>();
  expectTypeOf(importTree).parameter(1).toEqualTypeOf<Uint8Array>();
  expectTypeOf(importTree).parameter(2).toEqualTypeOf<ImportTreeOptions>();
  expectTypeOf(importTree).returns.resolves.toEqualTypeOf<ImportedTree>();
  expectTypeOf<ImportedTree["written" | "unchanged"]>().toEqualTypeOf<readonly StorePath[]>();
});
