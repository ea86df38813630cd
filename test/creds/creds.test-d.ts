import type { KeyPair as NkeysPair } from "@nats-io/nkeys";
import {
  type Creds,
  type CredsOptions,
  type CryptoEngine,
  decorateSeed,
  decorateToken,
  encodeCreds,
  type ForeignSeedHolder,
  formatCreds,
  type KeyPair,
  parseCreds,
  parseDecoratedSeed,
  parseDecoratedToken,
  type ReadonlyDeep,
  type UserClaims,
} from "nsc.js";
import { expectTypeOf, test } from "vitest";

declare const pair: KeyPair;
declare const nkeysPair: NkeysPair;
declare const claims: ReadonlyDeep<UserClaims>;

test("formatCreds takes the seed as text, bytes or key pair of any library", () => {
  expectTypeOf(formatCreds).returns.toEqualTypeOf<string>();
  expectTypeOf(formatCreds).parameter(1).toEqualTypeOf<string | Uint8Array | ForeignSeedHolder>();
  expectTypeOf(nkeysPair).toExtend<ForeignSeedHolder>();
  expectTypeOf(pair).toExtend<ForeignSeedHolder>();
  formatCreds("t", nkeysPair);
  // @ts-expect-error claims are no token
  formatCreds(claims, pair);
  // @ts-expect-error a signer that does not give its seed
  formatCreds("t", { publicKey: "U", sign: (bytes: Uint8Array) => bytes });
});

test("encodeCreds takes a user's claims, which may be read-only, and gives a promise", () => {
  expectTypeOf(encodeCreds(claims, nkeysPair, pair, { issuedAt: 1 })).toEqualTypeOf<Promise<string>>();
  // @ts-expect-error other claims make no creds
  encodeCreds({ sub: "O", nats: { type: "operator" } }, pair, pair).then(String, String);
});

test("parseCreds gives token, seed and claims", () => {
  expectTypeOf(parseCreds).parameter(0).toEqualTypeOf<string | Uint8Array>();
  expectTypeOf(parseCreds("t")).toEqualTypeOf<Creds>();
  expectTypeOf<Creds>().toEqualTypeOf<{ readonly token: string; readonly seed: string; readonly claims: UserClaims }>();
  expectTypeOf<CredsOptions>().toEqualTypeOf<{ readonly engine?: CryptoEngine }>();
});

test("items are texts", () => {
  expectTypeOf(decorateToken("t")).toEqualTypeOf<string>();
  expectTypeOf(decorateSeed(new Uint8Array())).toEqualTypeOf<string>();
  expectTypeOf(parseDecoratedToken(new Uint8Array())).toEqualTypeOf<string>();
  expectTypeOf(parseDecoratedSeed("t")).toEqualTypeOf<string>();
  // @ts-expect-error a pair is no seed here
  decorateSeed(pair);
});
