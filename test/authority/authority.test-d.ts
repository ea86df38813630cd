import type { KeyPair as NkeysPair } from "@nats-io/nkeys";
import {
  type Account,
  type AccountClaims,
  type ActivationInit,
  type AddAccountOptions,
  type AddOperatorOptions,
  type AddSigningKeyOptions,
  type AddUserOptions,
  type AdvanceRotationOptions,
  type ByteSize,
  type CancelRotationOptions,
  type CanOptions,
  type CompactedRevocation,
  type Count,
  type CryptoEngine,
  can,
  type DeleteAccountOptions,
  type DeleteUserOptions,
  type Distribute,
  type Distribution,
  type DistributionProof,
  type EditOptions,
  type EffectivePermissions,
  type EntityInit,
  type Expires,
  type ExplainCheck,
  type ExplainLink,
  type ExplainOptions,
  type ExplainRule,
  type Explanation,
  type Export,
  type ExportChoice,
  type ExportInit,
  explain,
  type ForeignKeyPair,
  type ImportChoice,
  type ImportInit,
  type ImportOperatorOptions,
  type Int64,
  type IssuedUser,
  type IssueUserOptions,
  type JetStreamInit,
  type JetStreamOption,
  type KeyInput,
  type KeyPair,
  type KnownActivation,
  type LintCode,
  type LintFinding,
  type LintOptions,
  lint,
  Nsc,
  type NscOptions,
  type NscWatchOptions,
  type Operator,
  type OperatorClaims,
  type OperatorLimits,
  type PermissionAnswer,
  type PermissionsInit,
  type PermissionsOptions,
  permissions,
  type ReadonlyDeep,
  type ReadRequestOptions,
  type ReissueUserOptions,
  type RemoveSigningKeyOptions,
  type RequestedSignatures,
  type RequestedToken,
  type RequestSignaturesOptions,
  type RequiredSigningKeys,
  type RequireSigningKeysOptions,
  type ResponseRules,
  type RetireRotationOptions,
  type Revocation,
  type RevokeActivationOptions,
  type RevokeOptions,
  type RoleInit,
  type RotateSigningKeyOptions,
  type RotationActivation,
  type RotationPlan,
  type RotationStage,
  readSignatureRequest,
  type ServerConfig,
  type ServerConfigOptions,
  type SignatureRequest,
  type Signer,
  type SignerInput,
  type SignerPolicy,
  type SigningKeyRotation,
  type SignRequestOptions,
  type Store,
  type StoreChange,
  type SubjectRules,
  serverConfig,
  setJetStream,
  signRequest,
  type User,
  type UserClaims,
  type UserInit,
  type UserPermissionLimits,
  type UserScope,
  type Warning,
} from "nsc.js";
import { expectTypeOf, test } from "vitest";

declare const nsc: Nsc;
declare const operator: Operator;
declare const account: Account;
declare const user: User;
declare const issued: IssuedUser;
declare const ofAccount: SigningKeyRotation<User>;
declare const pair: KeyPair;
declare const nkeysPair: NkeysPair;
declare const signer: Signer;

/** Whether something is `any`, or what it gives, takes or waits for is. What the language itself brings is passed over. */
type HasAny<T, Depth extends readonly unknown[] = []> = 0 extends 1 & T
  ? true
  : Depth["length"] extends 6
    ? false
    : true extends (
          T extends Date | Uint8Array | AbortSignal
            ? false
            : T extends Promise<infer Value> | AsyncIterable<infer Value> | readonly (infer Value)[]
              ? HasAny<Value, [...Depth, 1]>
              : T extends (...args: infer Args) => infer Result
                ? HasAny<Args, [...Depth, 1]> | HasAny<Result, [...Depth, 1]>
                : T extends object
                  ? { [Name in keyof T]-?: HasAny<T[Name], [...Depth, 1]> }[keyof T]
                  : false
        )
      ? true
      : false;

test("an Nsc takes options and gives handles", () => {
  expectTypeOf(Nsc).constructorParameters.toEqualTypeOf<[options?: NscOptions | undefined]>();
  expectTypeOf<Nsc["watch"]>().toEqualTypeOf<(options?: NscWatchOptions) => Promise<void>>();
  expectTypeOf<NscWatchOptions["onChange"]>().toEqualTypeOf<((change: StoreChange) => void) | undefined>();
  expectTypeOf<NscOptions["store"]>().toEqualTypeOf<Store | undefined>();
  expectTypeOf<NscOptions["clock"]>().toEqualTypeOf<(() => Date) | undefined>();
  expectTypeOf<NscOptions["random"]>().toEqualTypeOf<((length: number) => Uint8Array) | undefined>();
  expectTypeOf<NscOptions["engine"]>().toEqualTypeOf<CryptoEngine | undefined>();
  expectTypeOf<NscOptions["signerPolicy"]>().toEqualTypeOf<SignerPolicy | undefined>();
  expectTypeOf<SignerPolicy>().toEqualTypeOf<"signing-key-first" | "identity-first">();
  type Resolved = ReturnType<NonNullable<NscOptions["resolveSigner"]>>;
  expectTypeOf<Promise<Signer>>().toExtend<Resolved>();
  expectTypeOf<NkeysPair>().toExtend<Resolved>();
  expectTypeOf<undefined>().toExtend<Resolved>();
  new Nsc({});
  // @ts-expect-error a misspelt option
  new Nsc({ stores: {} });
  // @ts-expect-error a path is no store
  new Nsc({ store: "./nsc" });
  // @ts-expect-error time comes as a Date
  new Nsc({ clock: () => Date.now() });

  expectTypeOf(nsc.addOperator).parameters.toEqualTypeOf<[name: string, options?: AddOperatorOptions | undefined]>();
  expectTypeOf(nsc.addOperator).returns.toEqualTypeOf<Promise<Operator>>();
  expectTypeOf(nsc.importOperator).parameters.toEqualTypeOf<
    [token: string, options?: ImportOperatorOptions | undefined]
  >();
  expectTypeOf(nsc.importOperator).returns.toEqualTypeOf<Promise<Operator>>();
  expectTypeOf(nsc.operator("O")).toEqualTypeOf<Promise<Operator>>();
  expectTypeOf(nsc.operators()).toExtend<AsyncIterable<Operator>>();
});

test("a transaction gives what its work gives, and hands it an Nsc", () => {
  expectTypeOf(nsc.transaction(async () => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(nsc.transaction(async (tx) => tx.addOperator("O"))).toEqualTypeOf<Promise<Operator>>();
  expectTypeOf(nsc.transaction(async () => undefined)).toEqualTypeOf<Promise<undefined>>();
  nsc.transaction(async (tx) => expectTypeOf(tx).toEqualTypeOf<Nsc>()).then(String, String);
  // @ts-expect-error it has to be a promise, so that nothing is committed before it is done
  nsc.transaction(() => 1).then(String, String);
});

test("claims of handles are read-only, of their kind, all the way down", () => {
  expectTypeOf(operator.claims).toEqualTypeOf<ReadonlyDeep<OperatorClaims>>();
  expectTypeOf(account.claims).toEqualTypeOf<ReadonlyDeep<AccountClaims>>();
  expectTypeOf(user.claims).toEqualTypeOf<ReadonlyDeep<UserClaims>>();
  expectTypeOf(account.roles).toEqualTypeOf<readonly ReadonlyDeep<UserScope>[]>();
  for (const handle of [operator, account, user]) {
    expectTypeOf(handle.name).toEqualTypeOf<string>();
    expectTypeOf(handle.publicKey).toEqualTypeOf<string>();
    expectTypeOf(handle.token).toEqualTypeOf<string>();
    expectTypeOf(handle.refresh()).toEqualTypeOf<Promise<void>>();
    // @ts-expect-error a name is changed by rename
    handle.name = "x";
    // @ts-expect-error claims are changed by edit
    handle.claims = {};
  }
  // @ts-expect-error it is read-only
  account.claims.nats.limits.conn = 1;
  // @ts-expect-error so are its lists
  operator.claims.nats.signing_keys?.push("O");
  // @ts-expect-error so are its members
  delete user.claims.nats.pub?.allow;
  // @ts-expect-error a member of accounts
  user.claims.nats.limits;
  // @ts-expect-error handles come from an Nsc: with what else there is, they do not fit
  account satisfies Operator;
});

test("an edit is given mutable claims of the kind of its handle", () => {
  operator.edit((claims) => expectTypeOf(claims).toEqualTypeOf<OperatorClaims>()).then(String, String);
  account.edit((claims) => expectTypeOf(claims).toEqualTypeOf<AccountClaims>()).then(String, String);
  user.edit((claims) => expectTypeOf(claims).toEqualTypeOf<UserClaims>()).then(String, String);
  account.editRole("r", (scope) => expectTypeOf(scope).toEqualTypeOf<UserScope>()).then(String, String);
  account
    .edit(({ nats }) => {
      nats.limits.conn = 1n;
      // @ts-expect-error a number, not a text
      nats.limits.conn = "1";
      // @ts-expect-error a misspelt member
      nats.limits.connections = 1;
    })
    .then(String, String);
  expectTypeOf(user.edit).returns.toEqualTypeOf<Promise<void>>();
  expectTypeOf(account.edit).parameter(1).toEqualTypeOf<EditOptions | undefined>();
  // @ts-expect-error a misspelt option
  account.edit(() => undefined, { signr: "r" }).then(String, String);
});

test("signers are public keys, roles, pairs of any library, and whatever signs", () => {
  expectTypeOf<SignerInput>().toEqualTypeOf<string | Signer | ForeignKeyPair>();
  expectTypeOf<EditOptions>().toEqualTypeOf<{ readonly signer?: SignerInput }>();
  for (const input of ["r", pair, nkeysPair, signer]) user.reissue({ signer: input }).then(String, String);
  expectTypeOf<KeyInput>().toEqualTypeOf<string | Uint8Array | KeyPair | ForeignKeyPair | Signer>();
  for (const key of ["A", new Uint8Array(), pair, nkeysPair, signer])
    account.addSigningKey({ key }).then(String, String);
  // @ts-expect-error a key that can't sign
  account.addSigningKey({ key: { publicKey: "A" } }).then(String, String);
  expectTypeOf<ReissueUserOptions>().toExtend<EditOptions>();
  expectTypeOf<ReissueUserOptions["dropPermissions"]>().toEqualTypeOf<boolean | undefined>();
});

test("verbs of operators", () => {
  expectTypeOf(operator.addAccount).parameters.toEqualTypeOf<[name: string, options?: AddAccountOptions | undefined]>();
  expectTypeOf(operator.addAccount).returns.toEqualTypeOf<Promise<Account>>();
  expectTypeOf(operator.account("A")).toEqualTypeOf<Promise<Account>>();
  expectTypeOf(operator.accounts()).toExtend<AsyncIterable<Account>>();
  expectTypeOf(operator.systemAccount()).toEqualTypeOf<Promise<Account | undefined>>();
  expectTypeOf(operator.findAccount("A")).toEqualTypeOf<Promise<Account | undefined>>();
  expectTypeOf(operator.isManaged).toEqualTypeOf<boolean>();
  expectTypeOf(operator.requireSigningKeys).parameters.toEqualTypeOf<
    [options?: RequireSigningKeysOptions | undefined]
  >();
  expectTypeOf(operator.requireSigningKeys()).toEqualTypeOf<Promise<RequiredSigningKeys>>();
  expectTypeOf<RequiredSigningKeys["reissued"]>().toEqualTypeOf<readonly (readonly string[])[]>();
  operator.addAccount("A", { jetstream: "unlimited", tags: ["a"], expires: "30d" }).then(String, String);
  operator
    .addAccount("A", { claims: (claims) => expectTypeOf(claims).toEqualTypeOf<AccountClaims>() })
    .then(String, String);
  nsc
    .addOperator("O", { claims: (claims) => expectTypeOf(claims).toEqualTypeOf<OperatorClaims>() })
    .then(String, String);
  nsc.addOperator("O", { key: nkeysPair, systemAccount: "SYSTEM", signingKey: pair }).then(String, String);
  // @ts-expect-error time is never a bare number
  operator.addAccount("A", { expires: 3600 }).then(String, String);
  // @ts-expect-error a misspelt option
  operator.addAccount("A", { signingkey: true }).then(String, String);
  // @ts-expect-error an operator is not deleted
  operator.delete;
});

test("verbs of accounts", () => {
  expectTypeOf(account.addUser).parameters.toEqualTypeOf<[name: string, options?: AddUserOptions | undefined]>();
  expectTypeOf(account.addUser).returns.toEqualTypeOf<Promise<User>>();
  expectTypeOf(account.user("u")).toEqualTypeOf<Promise<User>>();
  expectTypeOf(account.users()).toExtend<AsyncIterable<User>>();
  expectTypeOf(account.addSigningKey).parameters.toEqualTypeOf<[options?: AddSigningKeyOptions | undefined]>();
  expectTypeOf(account.addSigningKey()).toEqualTypeOf<Promise<string>>();
  expectTypeOf(account.removeSigningKey).parameters.toEqualTypeOf<
    [publicKey: string, options?: RemoveSigningKeyOptions | undefined]
  >();
  expectTypeOf(account.addRole).parameters.toEqualTypeOf<[role: string, init?: RoleInit | undefined]>();
  expectTypeOf(account.addRole("r")).toEqualTypeOf<Promise<string>>();
  expectTypeOf(account.delete).parameters.toEqualTypeOf<[options?: DeleteAccountOptions | undefined]>();
  account
    .addRole("r", { template: (template) => expectTypeOf(template).toEqualTypeOf<UserPermissionLimits>() })
    .then(String, String);
  account.addUser("u", { claims: (claims) => expectTypeOf(claims).toEqualTypeOf<UserClaims>() }).then(String, String);
  expectTypeOf<AddUserOptions>().toExtend<UserInit>();
  expectTypeOf<UserInit>().toExtend<PermissionsInit>();
  expectTypeOf<RoleInit>().toExtend<PermissionsInit>();
  account.addUser("u", { pub: ["a"], sub: { deny: ["b"] }, responses: { max: 2, ttl: "5s" } }).then(String, String);
  // @ts-expect-error subjects come in lists
  account.addUser("u", { pub: "a.>" }).then(String, String);
  // @ts-expect-error whether replies are allowed, not how many without a name
  account.addUser("u", { responses: 1 }).then(String, String);
  // @ts-expect-error a role has a name
  account.addUser("u", { role: pair }).then(String, String);
});

test("users that are issued have to say when they expire", () => {
  expectTypeOf(account.issueUser).parameters.toEqualTypeOf<[name: string, options: IssueUserOptions]>();
  expectTypeOf(account.issueUser("x", { expires: "never" })).toEqualTypeOf<Promise<IssuedUser>>();
  expectTypeOf<IssueUserOptions["expires"]>().toEqualTypeOf<Expires>();
  expectTypeOf<IssueUserOptions>().toExtend<UserInit>();
  // @ts-expect-error the time has to be said
  account.issueUser("x").then(String, String);
  // @ts-expect-error also beside other options
  account.issueUser("x", { role: "r" }).then(String, String);
  // @ts-expect-error undefined says no time
  account.issueUser("x", { role: "r", expires: undefined }).then(String, String);
  // @ts-expect-error time is never a bare number
  account.issueUser("x", { expires: 60 }).then(String, String);
  expectTypeOf(issued.creds()).toEqualTypeOf<string>();
  expectTypeOf(issued.expires).toEqualTypeOf<number | undefined>();
  expectTypeOf(issued.hasSeed).toEqualTypeOf<boolean>();
  // @ts-expect-error it is read-only
  issued.token = "x";
});

test("verbs of users", () => {
  expectTypeOf(user.creds()).toEqualTypeOf<Promise<string>>();
  expectTypeOf(user.role).toEqualTypeOf<string | undefined>();
  expectTypeOf(user.hasSeed).toEqualTypeOf<boolean>();
  expectTypeOf(user.reissue).parameters.toEqualTypeOf<[options?: ReissueUserOptions | undefined]>();
  expectTypeOf(user.delete).parameters.toEqualTypeOf<[options?: DeleteUserOptions | undefined]>();
  expectTypeOf(user.rename).parameters.toEqualTypeOf<[name: string]>();
  expectTypeOf(user.warnings).toEqualTypeOf<readonly Warning[]>();
  expectTypeOf(issued.warnings).toEqualTypeOf<readonly Warning[]>();
  expectTypeOf<Warning["code"]>().toEqualTypeOf<"USER_TOKEN_SIZE">();
});

test("JetStream limits", () => {
  expectTypeOf<ByteSize>().toEqualTypeOf<Int64 | string>();
  expectTypeOf<Count>().toEqualTypeOf<Int64 | "unlimited">();
  expectTypeOf(setJetStream).parameters.toEqualTypeOf<
    [limits: OperatorLimits, jetstream: JetStreamOption | undefined]
  >();
  expectTypeOf<JetStreamInit>().toExtend<JetStreamOption>();
  const tiers: JetStreamOption = { tiers: { R1: { disk: "10GiB", streams: 3n }, R3: "unlimited" } };
  setJetStream({} as OperatorLimits, tiers);
  // @ts-expect-error a misspelt limit
  const _misspelt: JetStreamInit = { disks: 1 };
  // @ts-expect-error streams are counted, not measured
  const _counted: JetStreamInit = { streams: "10GiB" };
  // @ts-expect-error what is not wanted is left out
  const _off: JetStreamOption = false;
});

test("reports and configuration are made from handles", () => {
  expectTypeOf(serverConfig).parameters.toEqualTypeOf<[operator: Operator, options: ServerConfigOptions]>();
  expectTypeOf(serverConfig).returns.toEqualTypeOf<Promise<ServerConfig>>();
  expectTypeOf<ServerConfigOptions["preload"]>().toEqualTypeOf<
    "all" | "system-account" | readonly Account[] | undefined
  >();
  // @ts-expect-error a token is no operator: serverConfigFromTokens takes those
  serverConfig("eyJ", { resolver: { type: "memory" } }).then(String, String);
  expectTypeOf<ExplainOptions>().toEqualTypeOf<{ readonly now?: number }>();
  expectTypeOf(explain).returns.toEqualTypeOf<Promise<Explanation>>();
  expectTypeOf<Explanation["decision"]>().toEqualTypeOf<ExplainCheck>();
  expectTypeOf<Explanation["chain"]>().toEqualTypeOf<readonly ExplainLink[]>();
  expectTypeOf<ExplainCheck["rule"]>().toEqualTypeOf<ExplainRule>();
  // @ts-expect-error a rule that there is not
  const _rule: ExplainRule = "TRUST";
});

test("nothing is any", () => {
  expectTypeOf<HasAny<{ a: () => Promise<unknown[]> }>>().toEqualTypeOf<false>();
  // biome-ignore lint/suspicious/noExplicitAny: what is looked for
  expectTypeOf<HasAny<{ a: (b: { c: any }) => void }>>().toEqualTypeOf<true>();
  expectTypeOf<HasAny<Nsc>>().toEqualTypeOf<false>();
  expectTypeOf<HasAny<NscOptions>>().toEqualTypeOf<false>();
  expectTypeOf<HasAny<Omit<Operator, "cell">>>().toEqualTypeOf<false>();
  expectTypeOf<HasAny<Omit<Account, "cell">>>().toEqualTypeOf<false>();
  expectTypeOf<HasAny<Omit<User, "cell">>>().toEqualTypeOf<false>();
  expectTypeOf<HasAny<IssuedUser>>().toEqualTypeOf<false>();
  expectTypeOf<HasAny<AddOperatorOptions & AddAccountOptions & AddUserOptions>>().toEqualTypeOf<false>();
  expectTypeOf<HasAny<Explanation>>().toEqualTypeOf<false>();
});

expectTypeOf<AddAccountOptions>().toExtend<EntityInit<AccountClaims>>();
expectTypeOf<AddUserOptions>().toExtend<EntityInit<UserClaims>>();
expectTypeOf<AddOperatorOptions>().toExtend<EntityInit<OperatorClaims>>();
// Time is a date or text with a unit, never a bare number.
expectTypeOf<EntityInit<UserClaims>["expires"]>().toEqualTypeOf<Date | string | undefined>();

test("revocations are of users, keys or all, and times are dates", () => {
  expectTypeOf(account.revoke).parameters.toEqualTypeOf<[who: User | string, options?: RevokeOptions | undefined]>();
  expectTypeOf(account.revoke(user)).toEqualTypeOf<Promise<Revocation>>();
  expectTypeOf(account.clearRevocation("*")).toEqualTypeOf<Promise<Revocation>>();
  expectTypeOf(account.compactRevocations()).toEqualTypeOf<Promise<readonly CompactedRevocation[]>>();
  expectTypeOf(account.revocations).toEqualTypeOf<readonly Revocation[]>();
  expectTypeOf<Revocation>().toEqualTypeOf<{ readonly publicKey: string; readonly at: Date }>();
  expectTypeOf<RevokeOptions["signer"]>().toEqualTypeOf<SignerInput | undefined>();
  // @ts-expect-error times are no numbers
  account.revoke(user, { at: 1 });
  // @ts-expect-error an account is no user
  account.revoke(account);
});

test("a rotation knows what its holder signs", () => {
  expectTypeOf(account.rotateSigningKey).parameters.toEqualTypeOf<[options: RotateSigningKeyOptions]>();
  expectTypeOf(account.rotateSigningKey({ from: "web" })).toEqualTypeOf<Promise<SigningKeyRotation<User>>>();
  expectTypeOf(operator.rotateSigningKey({ from: "O" })).toEqualTypeOf<Promise<SigningKeyRotation<Account>>>();
  expectTypeOf(account.rotations()).toEqualTypeOf<Promise<readonly SigningKeyRotation<User>[]>>();
  expectTypeOf(operator.rotations()).toEqualTypeOf<Promise<readonly SigningKeyRotation<Account>[]>>();
  expectTypeOf(ofAccount).toExtend<SigningKeyRotation>();
  expectTypeOf(ofAccount.stage).toEqualTypeOf<RotationStage>();
  expectTypeOf<RotationStage>().toEqualTypeOf<"prepared" | "distributed" | "cut-over" | "retired">();
  expectTypeOf(ofAccount.role).toEqualTypeOf<string | undefined>();
  expectTypeOf(ofAccount.plan()).toEqualTypeOf<Promise<RotationPlan<User>>>();
  expectTypeOf(ofAccount.advance).parameters.toEqualTypeOf<[options?: AdvanceRotationOptions | undefined]>();
  expectTypeOf(ofAccount.retire).parameters.toEqualTypeOf<[options?: RetireRotationOptions | undefined]>();
  expectTypeOf(ofAccount.cancel).parameters.toEqualTypeOf<[options?: CancelRotationOptions | undefined]>();
  expectTypeOf<RotationPlan<User>["signedByTo"]>().toEqualTypeOf<readonly User[]>();
  expectTypeOf<RotationPlan["activations"]>().toEqualTypeOf<readonly RotationActivation[]>();
  expectTypeOf<RotationActivation["account"]>().toEqualTypeOf<Account>();
  expectTypeOf<RotateSigningKeyOptions["to"]>().toEqualTypeOf<KeyInput | undefined>();
  // @ts-expect-error from has to be said
  account.rotateSigningKey({});
  // @ts-expect-error stages come one after the other
  ofAccount.advance({ to: "cut-over" });
});

test("a distribution is whatever brings it there, with a proof or by rejecting", () => {
  expectTypeOf<Parameters<Distribute>>().toEqualTypeOf<[what: Distribution]>();
  expectTypeOf<Distribution["accounts"]>().toEqualTypeOf<readonly Account[]>();
  expectTypeOf<Distribution["operator"]>().toEqualTypeOf<Operator>();
  expectTypeOf<Distribution["trustedKeys"]>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<() => Promise<void>>().toExtend<Distribute>();
  expectTypeOf(async () => undefined).toExtend<Distribute>();
  expectTypeOf<(what: Distribution) => Promise<DistributionProof>>().toExtend<Distribute>();
  expectTypeOf<(what: Distribution) => Promise<{ assertComplete(): void; servers: string[] }>>().toExtend<Distribute>();
  expectTypeOf<() => void>().not.toExtend<Distribute>();
  expectTypeOf<() => Promise<{ servers: string[] }>>().not.toExtend<Distribute>();
});

test("exports, imports and activations are said in short", () => {
  expectTypeOf(account.addExport).parameters.toEqualTypeOf<[init: ExportInit, options?: EditOptions | undefined]>();
  expectTypeOf(account.removeExport).parameters.toEqualTypeOf<[subject: string, options?: ExportChoice | undefined]>();
  expectTypeOf(account.addImport).parameters.toEqualTypeOf<[init: ImportInit, options?: EditOptions | undefined]>();
  expectTypeOf(account.removeImport).parameters.toEqualTypeOf<[subject: string, options?: ImportChoice | undefined]>();
  expectTypeOf(account.issueActivation).parameters.toEqualTypeOf<[init: ActivationInit]>();
  expectTypeOf(account.issueActivation).returns.toEqualTypeOf<Promise<string>>();
  expectTypeOf(account.revokeActivation).parameters.toEqualTypeOf<
    [subject: string, to: Account | string, options?: RevokeActivationOptions | undefined]
  >();
  expectTypeOf(account.editExport).parameters.toEqualTypeOf<
    [subject: string, edit: (entry: Export) => void, options?: ExportChoice | undefined]
  >();
  expectTypeOf(account.activations()).toEqualTypeOf<AsyncGenerator<KnownActivation, undefined>>();
  expectTypeOf<ImportInit["from"]>().toEqualTypeOf<Account | string | undefined>();
  // @ts-expect-error an export says whether it is a stream or a service
  expectTypeOf<{ subject: string }>().toExtend<ExportInit>();
  // @ts-expect-error and nothing else
  expectTypeOf<{ subject: string; type: "queue" }>().toExtend<ExportInit>();
  // @ts-expect-error an activation is for somebody
  expectTypeOf<{ subject: string }>().toExtend<ActivationInit>();
});

test("lint tells findings as data", () => {
  expectTypeOf(lint).parameters.toEqualTypeOf<[operator: Operator, options?: LintOptions | undefined]>();
  expectTypeOf(lint).returns.toEqualTypeOf<Promise<readonly LintFinding[]>>();
  expectTypeOf<LintFinding["code"]>().toEqualTypeOf<LintCode>();
  expectTypeOf<LintFinding["level"]>().toEqualTypeOf<"error" | "warning" | "info">();
  // @ts-expect-error findings are not changed
  (({}) as LintFinding).message = "";
});

test("permissions are data, and can says what decides", () => {
  expectTypeOf(permissions).parameters.toEqualTypeOf<[user: User, options?: PermissionsOptions | undefined]>();
  expectTypeOf(permissions).returns.toEqualTypeOf<EffectivePermissions>();
  expectTypeOf<EffectivePermissions["pub"]>().toEqualTypeOf<SubjectRules>();
  expectTypeOf<EffectivePermissions["responses"]>().toEqualTypeOf<ResponseRules | undefined>();
  expectTypeOf<CanOptions>().toExtend<PermissionsOptions>();
  expectTypeOf<CanOptions["reply"]>().toEqualTypeOf<boolean | undefined>();
  expectTypeOf(can).parameters.toEqualTypeOf<
    [user: User, action: "publish" | "subscribe", subject: string, options?: CanOptions | undefined]
  >();
  expectTypeOf(can).returns.toEqualTypeOf<PermissionAnswer>();
  // @ts-expect-error there are two actions
  can(user, "listen", "a");
});

test("a request for signatures is texts, which any process with the store can apply", () => {
  expectTypeOf<Nsc["requestSignatures"]>().returns.toEqualTypeOf<Promise<SignatureRequest>>();
  expectTypeOf<Nsc["requestSignatures"]>().parameter(1).toEqualTypeOf<RequestSignaturesOptions>();
  expectTypeOf<SignatureRequest["toSign"]>().toEqualTypeOf<string>();
  expectTypeOf<SignatureRequest["tokens"]>().toEqualTypeOf<RequestedSignatures["tokens"]>();
  expectTypeOf<Nsc["applySignatures"]>().parameters.toEqualTypeOf<[string, string | readonly string[]]>();
  expectTypeOf(readSignatureRequest).returns.toEqualTypeOf<RequestedSignatures>();
  expectTypeOf(readSignatureRequest).parameter(1).toEqualTypeOf<ReadRequestOptions | undefined>();
  expectTypeOf(signRequest).parameter(2).toEqualTypeOf<SignRequestOptions | undefined>();
  expectTypeOf<SignRequestOptions["responses"]>().toEqualTypeOf<readonly string[] | undefined>();
  expectTypeOf(signRequest).returns.toEqualTypeOf<Promise<string>>();
  expectTypeOf<readonly KeyPair[]>().toExtend<Parameters<typeof signRequest>[1]>();
  expectTypeOf<RequestedToken["kind"]>().toEqualTypeOf<"operator" | "account" | "user" | "activation">();
});
