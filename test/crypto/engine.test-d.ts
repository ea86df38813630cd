import {
  type CryptoEngine,
  createNativeEngine,
  createPortableEngine,
  type GeneratedKey,
  type PrivateKey,
  type PublicKey,
} from "nsc.js";
import { expectTypeOf, test } from "vitest";

test("there may be no native engine, and there is always a portable one", () => {
  expectTypeOf(createNativeEngine()).toEqualTypeOf<CryptoEngine | undefined>();
  expectTypeOf(createPortableEngine()).toEqualTypeOf<CryptoEngine>();
  expectTypeOf<CryptoEngine["name"]>().toEqualTypeOf<"portable" | "native">();
});

test("keys give and take bytes", () => {
  const engine = createPortableEngine();
  expectTypeOf(engine.generateKey()).toEqualTypeOf<GeneratedKey>();
  expectTypeOf(engine.privateKey).returns.toEqualTypeOf<PrivateKey>();
  expectTypeOf(engine.publicKey).returns.toEqualTypeOf<PublicKey>();
  expectTypeOf<PrivateKey["sign"]>().toEqualTypeOf<(message: Uint8Array) => Uint8Array>();
  expectTypeOf<PublicKey["verify"]>().returns.toEqualTypeOf<boolean>();
});
