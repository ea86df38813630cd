/**
 * nsc.js: NATS operator-mode credentials. This is the portable core, which runs on every JavaScript runtime.
 *
 * @module
 */

export { Account } from "./authority/account.ts";
export {
  type AccountServerOptions,
  type AnsweredRequest,
  accountServer,
  type PostedAccount,
} from "./authority/account-server.ts";
export type { AddAccountOptions, DeleteAccountOptions, RoleInit } from "./authority/account-verbs.ts";
export type { ActivationInit, RevokeActivationOptions } from "./authority/activation-verbs.ts";
export type { AuditEvent } from "./authority/audit-event.ts";
export type {
  AddAuthCalloutAccountOptions,
  AuthCalloutAccount,
  CalloutAccountUser,
} from "./authority/auth-callout-account.ts";
export type { AuthCalloutInit, RemoveAuthCalloutOptions } from "./authority/auth-callout-verbs.ts";
export type {
  BulkReport,
  BulkUser,
  ReissueUsersOptions,
  RenewUsersOptions,
  SkippedUser,
  UserSelection,
} from "./authority/bulk-users.ts";
export type { NscOptions, SignerPolicy } from "./authority/context.ts";
export type { RoleDescription } from "./authority/describe-role.ts";
export type { Distribute, Distribution, DistributionProof } from "./authority/distribution.ts";
export type { EditOptions } from "./authority/edit-claims.ts";
export { addPermissions, removePermissions } from "./authority/edit-permissions.ts";
export type { EntityInit } from "./authority/entity-init.ts";
export type { ExportChoice, ExportInit } from "./authority/export-verbs.ts";
export type { ReissuedOperator, ReissueOperatorOptions } from "./authority/identity-verbs.ts";
export type { ImportAccountOptions, ImportUserOptions } from "./authority/import-entities.ts";
export type { ImportChoice, ImportInit } from "./authority/import-verbs.ts";
export { IssuedUser, type IssueUserOptions } from "./authority/issue-user.ts";
export {
  type ByteSize,
  type Count,
  type JetStreamInit,
  type JetStreamOption,
  setJetStream,
} from "./authority/jetstream.ts";
export type { KeyInput } from "./authority/key-input.ts";
export { KnownActivation } from "./authority/known-activations.ts";
export type { EntityClaims } from "./authority/managed-fields.ts";
export type { MatchingImportInit } from "./authority/matching-import.ts";
export {
  type NkeyServerConfig,
  type NkeyServerConfigOptions,
  nkeyServerConfig,
} from "./authority/nkey-server-config.ts";
export { Nsc, type NscWatchOptions, type TransactionOptions } from "./authority/nsc.ts";
export { Operator } from "./authority/operator.ts";
export type {
  AddOperatorOptions,
  ImportOperatorOptions,
  RequiredSigningKeys,
  RequireSigningKeysOptions,
} from "./authority/operator-verbs.ts";
export type { PermissionsInit } from "./authority/permissions-input.ts";
export { currentState } from "./authority/plan/current-state.ts";
export type {
  AccountTemplate,
  DesiredAccount,
  DesiredAuthCallout,
  DesiredEntity,
  DesiredExpiry,
  DesiredImport,
  DesiredLimits,
  DesiredOperator,
  DesiredRights,
  DesiredRole,
  DesiredState,
  DesiredUser,
} from "./authority/plan/desired-state.ts";
export {
  apply,
  formatPlan,
  type Plan,
  type PlannedActivation,
  type PlannedChange,
  type PlanOptions,
  plan,
} from "./authority/plan/plan.ts";
export { type CanOptions, can } from "./authority/reports/can.ts";
export { type Describable, type DescribeOptions, describe } from "./authority/reports/describe.ts";
export {
  type DescribedRow,
  type DescribedSection,
  type DescribedValue,
  type Description,
  type FormatDescriptionOptions,
  formatDescription,
} from "./authority/reports/description.ts";
export { type Diagram, type DiagramOptions, diagram } from "./authority/reports/diagram.ts";
export {
  diffTrees,
  type EntityChange,
  formatTreeDiff,
  type TreeDiff,
} from "./authority/reports/diff-trees.ts";
export {
  type Expiration,
  type ExpirationReport,
  type ExpirationsOptions,
  expirations,
} from "./authority/reports/expirations.ts";
export { type ExplainOptions, explain } from "./authority/reports/explain.ts";
export type { ExplainCheck, ExplainLink, ExplainRule, Explanation } from "./authority/reports/explanation.ts";
export { type LintOptions, lint } from "./authority/reports/lint.ts";
export type { LintFinding } from "./authority/reports/lint-findings.ts";
export { type LintCode, type LintLevel, type LintRule, lintRules } from "./authority/reports/lint-rules.ts";
export type { MappedPublication, PermissionAnswer } from "./authority/reports/permission-answer.ts";
export {
  type EffectivePermissions,
  type PermissionsOptions,
  permissions,
  type ResponseRules,
  type SubjectRules,
} from "./authority/reports/permissions.ts";
export {
  formatProfile,
  type Profile,
  type ProfileEntity,
  type ProfileOptions,
  profile,
} from "./authority/reports/profile.ts";
export type { RouteProblem } from "./authority/reports/route-network.ts";
export type {
  DeadImport,
  ImportStep,
  MappingStep,
  Route,
  RouteEnd,
  RouteStep,
} from "./authority/reports/route-walks.ts";
export { type RoutesOptions, type RoutesReport, routes } from "./authority/reports/routes.ts";
export {
  type ReadRequestOptions,
  type RequestedSignatures,
  type RequestedToken,
  readSignatureRequest,
} from "./authority/request-file.ts";
export { type RequestSignaturesOptions, SignatureRequest } from "./authority/request-signatures.ts";
export type {
  CompactedRevocation,
  CompactRevocationsOptions,
  Revocation,
  RevokeOptions,
} from "./authority/revocation-verbs.ts";
export {
  type AdvanceRotationOptions,
  type CancelRotationOptions,
  type RetireRotationOptions,
  SigningKeyRotation,
} from "./authority/rotation.ts";
export type { RotationActivation, RotationPlan } from "./authority/rotation-plan.ts";
export type { RotationStage } from "./authority/rotation-state.ts";
export type { RotateIdentityOptions, RotateSigningKeyOptions } from "./authority/rotation-verbs.ts";
export { type ServerConfigOptions, serverConfig } from "./authority/server-config.ts";
export { type SignRequestOptions, signRequest } from "./authority/sign-request.ts";
export type { SignerInput } from "./authority/signer-choice.ts";
export type { AddSigningKeyOptions, RemoveSigningKeyOptions } from "./authority/signing-keys.ts";
export { type RoleVariables, roleVariables } from "./authority/template-variables.ts";
export { type ReissueUserOptions, User } from "./authority/user.ts";
export {
  type AdvanceUserKeyOptions,
  type RetireUserKeyOptions,
  UserKeyRotation,
  type UserKeyRotationPlan,
} from "./authority/user-key-rotation.ts";
export type { UserKeyRotationStage } from "./authority/user-key-rotation-state.ts";
export type { RotateUserKeyInStagesOptions } from "./authority/user-key-rotation-verbs.ts";
export type {
  AddUserOptions,
  DeleteUserOptions,
  RotatedUserKey,
  RotateUserKeyOptions,
  UserInit,
} from "./authority/user-verbs.ts";
export type { ValidityOptions } from "./authority/validity-verbs.ts";
export type { Warning } from "./authority/warnings.ts";
export { type AccountCalloutOptions, authCallout } from "./callout/account-callout.ts";
export { AuthCallout, type AuthCalloutOptions, type AuthCalloutSettings } from "./callout/auth-callout.ts";
export { AuthorizationRequest } from "./callout/authorization-request.ts";
export type { AuthorizationVerdict, ConfigurationUser } from "./callout/verdict.ts";
export { type ConfigMap, type ConfigValue, formatServerConfig } from "./config/format.ts";
export type { ConfiguredAccount, ConfiguredToken, FoundServerConfig } from "./config/found-server-config.ts";
export { type HelmValues, type HelmValuesOptions, helmValues } from "./config/helm-values.ts";
export {
  type CredsSecretOptions,
  configSecret,
  credsSecret,
  type KubernetesMetadata,
  type KubernetesSecret,
  kubernetesSecret,
} from "./config/kubernetes-secret.ts";
export type { LeafnodeRemote } from "./config/leafnode-remotes.ts";
export {
  type FormatNatsContextOptions,
  formatNatsContext,
  type NatsContext,
  parseNatsContext,
} from "./config/nats-context.ts";
export { formatNscUrl, type NscUrl, type NscUrlKind, type NscUrlMembers, parseNscUrl } from "./config/nsc-url.ts";
export { type ParseServerConfigOptions, parseServerConfig } from "./config/parse.ts";
export { type ReadServerConfigOptions, readServerConfig } from "./config/read-server-config.ts";
export type { CacheResolver, FullResolver, MemoryResolver, Resolver, UrlResolver } from "./config/resolver.ts";
export { type ServerConfig, type ServerConfigTokens, serverConfigFromTokens } from "./config/server-config.ts";
export type { TlsFiles } from "./config/tls-files.ts";
export type { WebSocketListener } from "./config/websocket.ts";
export { formatYaml, type YamlMap, type YamlValue } from "./config/yaml.ts";
export {
  type Creds,
  type CredsOptions,
  decorateSeed,
  decorateToken,
  encodeCreds,
  type ForeignSeedHolder,
  formatCreds,
  parseCreds,
  parseDecoratedSeed,
  parseDecoratedToken,
} from "./creds/creds.ts";
export type { CryptoEngine, GeneratedKey, PrivateKey, PublicKey } from "./crypto/engine.ts";
export { createNativeEngine } from "./crypto/native-engine.ts";
export { createPortableEngine } from "./crypto/portable-engine.ts";
export type { JsonValue } from "./encoding/json-any.ts";
export type { Int64 } from "./encoding/json-types.ts";
export { isNscError, NscError, type NscErrorCode, type NscErrorOptions } from "./errors.ts";
export type { AccountClaims, AccountNats, ExternalAuthorization, MsgTrace, WeightedMapping } from "./jwt/account.ts";
export type { ActivationClaims, ActivationNats } from "./jwt/activation.ts";
export { activationHashId } from "./jwt/activation-hash.ts";
export type {
  AuthorizationRequestClaims,
  AuthorizationRequestNats,
  ClientInformation,
  ClientTls,
  ConnectOptions,
  ServerId,
} from "./jwt/authorization-request.ts";
export type { AuthorizationResponseClaims, AuthorizationResponseNats } from "./jwt/authorization-response.ts";
export type { CommonClaims, CommonNats } from "./jwt/common.ts";
export {
  type ClaimsInit,
  createAccountClaims,
  createActivationClaims,
  createOperatorClaims,
  createUserClaims,
  type UserClaimsInit,
} from "./jwt/create-claims.ts";
export { type DecodeOptions, decode, decodeGeneric } from "./jwt/decode.ts";
export { didSign, isSelfSigned } from "./jwt/did-sign.ts";
export { type DiffOptions, diff, type FieldChange, formatDiff } from "./jwt/diff.ts";
export { type EncodeOptions, encode, encodeGeneric } from "./jwt/encode.ts";
export type { Expires } from "./jwt/expiry.ts";
export type { ExportType } from "./jwt/export-type.ts";
export type { Export, ResponseType, ServiceLatency } from "./jwt/exports.ts";
export type { GenericClaims } from "./jwt/generic.ts";
export {
  isAccountClaims,
  isActivationClaims,
  isAuthorizationRequestClaims,
  isAuthorizationResponseClaims,
  isOperatorClaims,
  isUserClaims,
} from "./jwt/guards.ts";
export type { Import } from "./jwt/imports.ts";
export { ClaimsError, type Issue, type IssueCode, type IssueLevel } from "./jwt/issues.ts";
export type { ClaimKind, Claims, ClaimsByKind } from "./jwt/kinds.ts";
export {
  type AccountLimits,
  accountIsUnlimited,
  hasJetStream,
  isUnlimited,
  type JetStreamLimits,
  jetStreamIsUnlimited,
  limitsAreEmpty,
  type NatsLimits,
  natsIsUnlimited,
  type OperatorLimits,
  type TimeRange,
  type UserPermissionLimits,
} from "./jwt/limits.ts";
export type { OperatorClaims, OperatorNats } from "./jwt/operator.ts";
export type { Permission, Permissions, ResponsePermission } from "./jwt/permissions.ts";
export type { ReadonlyDeep } from "./jwt/readonly-deep.ts";
export {
  areClaimsRevoked,
  clearRevocation,
  compactRevocations,
  isRevoked,
  type RevocationHolder,
  revoke,
} from "./jwt/revocations.ts";
export { encodeScopedUser, type ScopedUserOptions } from "./jwt/scoped-user.ts";
export {
  addSigningKeys,
  createScope,
  findSigningKey,
  hasEmptyPermissions,
  removeSigningKeys,
  type ScopeInit,
  scopeViolation,
} from "./jwt/scopes.ts";
export type { SigningKey, UserScope } from "./jwt/signing-keys.ts";
export { systemAccountExports } from "./jwt/system-account.ts";
export { addTags, hasTag, removeTags, type TagHolder } from "./jwt/tags.ts";
export { type ToJsonOptions, toJson } from "./jwt/to-json.ts";
export type { UserClaims, UserNats } from "./jwt/user.ts";
export { type AssertValidOptions, assertValid, type ValidateOptions, validate } from "./jwt/validate.ts";
export { isPublicKey, keyPrefix } from "./nkeys/codec.ts";
export type { EncryptionKey } from "./nkeys/encryption-key.ts";
export {
  type CreateKeyPairOptions,
  createKeyPair,
  type KeyPair,
  type KeyPairOptions,
  keyPairFromPublicKey,
  keyPairFromRawSeed,
  keyPairFromSeed,
} from "./nkeys/key-pair.ts";
export type { KeyKind, KeyPrefix } from "./nkeys/kinds.ts";
export type { ForeignKeyPair, Signer } from "./nkeys/signer.ts";
export { type WebCryptoKey, type WebCryptoKeyPair, webCryptoSigner } from "./nkeys/web-crypto-signer.ts";
export { type CopyProgress, type CopyReport, type CopyTreeOptions, copyTree } from "./store/copy-tree.ts";
export { memoryStore } from "./store/memory-store.ts";
export type {
  Store,
  StoreChange,
  StoreCommit,
  StoreDelete,
  StoredToken,
  StoreExpectations,
  StoreMeta,
  StoreMetaChange,
  StorePath,
  StorePrefix,
  StoreWatchOptions,
} from "./store/store.ts";
export { SubjectTransform, type SubjectTransformOptions } from "./subjects/transform.ts";
