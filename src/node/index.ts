/**
 * What needs Node: nsc's folders on disk, and what is done with whole trees and their keys.
 *
 * @module
 */

export type { NscContext, NscContextChange } from "./context.ts";
export type { NscDirectory, NscDirectoryOptions } from "./directory.ts";
export { type ExportedKeyFile, type ExportKeysOptions, exportKeys } from "./export-keys.ts";
export type { NscFinding, NscFindingCode } from "./finding.ts";
export { type ImportedKey, type ImportKeysSource, importKeys } from "./import-keys.ts";
export type { KeystoreMigration, KeystoreMigrationEntry } from "./migrate-keystore.ts";
export {
  type NatsContexts,
  type NatsContextsOptions,
  natsContexts,
  userContext,
  type WriteNatsContextOptions,
} from "./nats-contexts.ts";
export { nscDirectory } from "./nsc-directory.ts";
export { nscProfile } from "./nsc-profile.ts";
export type { MissingSeed, RebuildProblem, RebuildProblemCode, RebuildReport } from "./rebuild-report.ts";
export type { RebuildSources } from "./rebuild-sources.ts";
export { type RebuildOptions, rebuildTree } from "./rebuild-tree.ts";
export { type RemoveKeysOptions, removeKeys, unreferencedKeys } from "./remove-keys.ts";
export type { NatsContextAuthentication, NatsContextTls, ResolvedNatsContext } from "./resolve-nats-context.ts";
export { type SeedsFromEnvOptions, seedsFromEnv } from "./seeds-from-env.ts";
export {
  type ExportTreeOptions,
  exportTree,
  type ImportedTree,
  type ImportTreeOptions,
  importTree,
} from "./tree-archive.ts";
