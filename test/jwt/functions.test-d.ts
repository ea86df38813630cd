import type { KeyPair as NkeysPair } from "@nats-io/nkeys";
import {
  type AccountClaims,
  type ActivationClaims,
  type AuthorizationRequestClaims,
  type AuthorizationResponseClaims,
  type Claims,
  type ClaimsInit,
  type CryptoEngine,
  createAccountClaims,
  createActivationClaims,
  createOperatorClaims,
  createUserClaims,
  type DecodeOptions,
  decode,
  decodeGeneric,
  type EncodeOptions,
  encode,
  encodeGeneric,
  type ForeignKeyPair,
  type GenericClaims,
  isAccountClaims,
  isActivationClaims,
  isAuthorizationRequestClaims,
  isAuthorizationResponseClaims,
  isOperatorClaims,
  isUserClaims,
  type KeyPair,
  type OperatorClaims,
  type ReadonlyDeep,
  type Signer,
  type ToJsonOptions,
  toJson,
  type UserClaims,
  type UserClaimsInit,
} from "nsc.js";
import { expectTypeOf, test } from "vitest";

declare const pair: KeyPair;
declare const nkeysPair: NkeysPair;
declare const anyClaims: Claims;
declare const frozen: ReadonlyDeep<UserClaims>;
declare const generic: GenericClaims;
declare const userPublicKey: string;

test("decode gives the claims of the kind that is asked for", () => {
  expectTypeOf(decode("t", { kind: "account" })).toEqualTypeOf<AccountClaims>();
  expectTypeOf(decode("t", { kind: "operator" })).toEqualTypeOf<OperatorClaims>();
  expectTypeOf(decode("t", { kind: "user" })).toEqualTypeOf<UserClaims>();
  expectTypeOf(decode("t", { kind: "activation" })).toEqualTypeOf<ActivationClaims>();
  expectTypeOf(decode("t", { kind: "authorization_request" })).toEqualTypeOf<AuthorizationRequestClaims>();
  expectTypeOf(decode("t", { kind: "authorization_response" })).toEqualTypeOf<AuthorizationResponseClaims>();
  expectTypeOf(decode("t")).toEqualTypeOf<Claims>();
  expectTypeOf(decode("t", {})).toEqualTypeOf<Claims>();
  const either = "user" as "user" | "account";
  expectTypeOf(decode("t", { kind: either })).toEqualTypeOf<UserClaims | AccountClaims>();
  // @ts-expect-error generic tokens have a function of their own
  decode("t", { kind: "generic" });
  // @ts-expect-error a misspelt kind
  decode("t", { kind: "User" });
  // @ts-expect-error bytes are no token
  decode(new Uint8Array());
  expectTypeOf<DecodeOptions["engine"]>().toEqualTypeOf<CryptoEngine | undefined>();
  expectTypeOf(decodeGeneric("t")).toEqualTypeOf<GenericClaims>();
  // @ts-expect-error there are no kinds of generic claims
  decodeGeneric("t", { kind: "user" });
});

test("encode takes read-only claims and anything that signs, and gives a promise", () => {
  expectTypeOf(encode).returns.toEqualTypeOf<Promise<string>>();
  expectTypeOf(encode(frozen, pair)).toEqualTypeOf<Promise<string>>();
  expectTypeOf<ReadonlyDeep<Claims>>().toExtend<Parameters<typeof encode>[0]>();
  expectTypeOf(nkeysPair).toExtend<ForeignKeyPair>();
  encode(anyClaims, nkeysPair).then(String, String);
  const signer: Signer = { publicKey: "A", sign: async (bytes) => bytes };
  encode(anyClaims, signer, { issuedAt: 1, allowUnknown: true }).then(String, String);
  // @ts-expect-error a seed is no signer
  encode(anyClaims, "SU…").then(String, String);
  // @ts-expect-error time is a number of seconds
  const _options: EncodeOptions = { issuedAt: new Date() };
  // @ts-expect-error generic claims have a function of their own
  encode(generic, pair).then(String, String);
  // @ts-expect-error a misspelt member of a literal
  encode({ sub: "U", nats: { type: "user", pub: {}, sub: {}, payloads: 1 } }, pair).then(String, String);
  expectTypeOf(encodeGeneric(generic, nkeysPair)).toEqualTypeOf<Promise<string>>();
});

test("claims are created with members that encode does not set", () => {
  expectTypeOf(createOperatorClaims("O")).toEqualTypeOf<OperatorClaims>();
  expectTypeOf(createAccountClaims("A")).toEqualTypeOf<AccountClaims>();
  expectTypeOf(createUserClaims("U")).toEqualTypeOf<UserClaims>();
  expectTypeOf(createActivationClaims("A")).toEqualTypeOf<ActivationClaims>();
  createAccountClaims("A", { name: "n", nats: { limits: { conn: 5n }, exports: [{ subject: "a" }] } });
  createUserClaims("U", { scoped: true, nats: { issuer_account: "A" } });
  const tags: readonly string[] = ["a"];
  createUserClaims("U", { nats: { tags } });
  // @ts-expect-error set by encode
  createUserClaims("U", { iat: 1 });
  // @ts-expect-error the subject is the first argument
  createUserClaims("U", { sub: "U" });
  // @ts-expect-error the kind is that of the function
  createUserClaims("U", { nats: { type: "user" } });
  // @ts-expect-error only users are scoped
  createAccountClaims("A", { scoped: true });
  // @ts-expect-error a member of another kind of claims
  createUserClaims("U", { nats: { limits: {} } });
  expectTypeOf<UserClaimsInit>().toExtend<ClaimsInit<UserClaims["nats"]>>();
  expectTypeOf(userPublicKey).toExtend<Parameters<typeof createUserClaims>[0]>();
});

test("guards narrow claims", () => {
  if (isOperatorClaims(anyClaims)) expectTypeOf(anyClaims).toEqualTypeOf<OperatorClaims>();
  if (isAccountClaims(anyClaims)) expectTypeOf(anyClaims).toEqualTypeOf<AccountClaims>();
  if (isUserClaims(anyClaims)) expectTypeOf(anyClaims).toEqualTypeOf<UserClaims>();
  if (isActivationClaims(anyClaims)) expectTypeOf(anyClaims).toEqualTypeOf<ActivationClaims>();
  if (isAuthorizationRequestClaims(anyClaims)) expectTypeOf(anyClaims).toEqualTypeOf<AuthorizationRequestClaims>();
  if (isAuthorizationResponseClaims(anyClaims)) expectTypeOf(anyClaims).toEqualTypeOf<AuthorizationResponseClaims>();
});

test("toJson takes claims of any kind, read-only or not", () => {
  expectTypeOf(toJson).returns.toEqualTypeOf<string>();
  toJson(frozen);
  toJson(generic, { indent: 2 });
  toJson(anyClaims);
  expectTypeOf<ToJsonOptions>().toEqualTypeOf<{ readonly indent?: number }>();
  // @ts-expect-error a token is no claims
  toJson("token");
});
