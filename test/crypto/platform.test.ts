import nodeBuffer from "node:buffer";
import nodeCrypto from "node:crypto";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { createNativeEngine } from "../../src/crypto/native-engine.ts";
import { createPortableEngine } from "../../src/crypto/portable-engine.ts";
import { bundleRooms, type Rooms } from "./bare-realm.ts";
import { fromHex, nodePublicKey, nodeSign, nodeVerify, readVectors, toHex, utf8 } from "./engines.ts";

const SEED = fromHex("07".repeat(32)); // made for tests

/** A process whose built-in modules are what the test says. */
function processWith(modules: Readonly<Record<string, unknown>>) {
  return { process: { getBuiltinModule: (name: string): unknown => modules[name] } };
}

let load: (globals: object) => Rooms;
beforeAll(async () => {
  load = await bundleRooms();
});

describe("the native engine is absent", () => {
  test.each([
    ["there is no process, as in a browser", {}],
    ["process has no getBuiltinModule, as before Node 20.16", { process: { versions: { node: "20.15.0" } } }],
    ["getBuiltinModule is no function", { process: { getBuiltinModule: "no" } }],
    ["there is no module node:crypto", processWith({ "node:buffer": nodeBuffer })],
    ["there is no module node:buffer", processWith({ "node:crypto": nodeCrypto })],
    ["node:crypto makes no keys", processWith({ "node:buffer": nodeBuffer, "node:crypto": { hash: nodeCrypto.hash } })],
    [
      "node:crypto has no one-shot hash",
      processWith({ "node:buffer": nodeBuffer, "node:crypto": { createPrivateKey: nodeCrypto.createPrivateKey } }),
    ],
  ])("where %s, and the portable one is used", (_, globals) => {
    const rooms = load(globals);
    expect(rooms.createNativeEngine()).toBeUndefined();
    expect(rooms.defaultEngine.name).toBe("portable");
  });
});

test("the native engine is used where node:crypto and node:buffer can be had", () => {
  const rooms = load(processWith({ "node:buffer": nodeBuffer, "node:crypto": nodeCrypto }));
  expect(rooms.defaultEngine.name).toBe("native");
  expect(toHex(rooms.defaultEngine.privateKey(SEED).publicKey())).toBe(toHex(nodePublicKey(SEED)));
});

describe("where the platform has no source of randomness", () => {
  test.each([
    ["no crypto", {}],
    ["a crypto without getRandomValues", { crypto: { subtle: {} } }],
  ])("(%s) whatever needs one fails with its code", (_, globals) => {
    const { defaultEngine, createKeyPair } = load(globals);
    expect(() => defaultEngine.randomBytes(32)).toThrowCode("ERR_CRYPTO_RANDOM");
    expect(() => defaultEngine.generateKey()).toThrowCode("ERR_CRYPTO_RANDOM");
    expect(() => createKeyPair("user")).toThrowCode("ERR_CRYPTO_RANDOM");
    expect(() => createKeyPair("curve")).toThrowCode("ERR_CRYPTO_RANDOM");
  });

  test("sealing fails with its code, and works with a nonce", () => {
    const { keyPairFromRawSeed } = load({});
    const pair = keyPairFromRawSeed("curve", SEED);
    expect(() => pair.seal(utf8("x"), pair.publicKey)).toThrowCode("ERR_CRYPTO_RANDOM");
    const sealed = pair.seal(utf8("x"), pair.publicKey, new Uint8Array(24).fill(7));
    expect(toHex(pair.open(sealed, pair.publicKey))).toBe(toHex(utf8("x")));
  });

  test("an injected source makes keys", () => {
    const { createKeyPair, keyPairFromRawSeed } = load({});
    for (const kind of ["user", "curve"] as const) {
      // These bytes are of another realm than the library.
      const pair = createKeyPair(kind, { random: () => SEED });
      expect(pair.publicKey).toBe(keyPairFromRawSeed(kind, SEED).publicKey);
    }
  });

  test("signing and verifying work", () => {
    const key = load({}).defaultEngine.privateKey(SEED);
    const signature = key.sign(utf8("hello"));
    expect(toHex(signature)).toBe(toHex(nodeSign(SEED, utf8("hello"))));
    expect(load({}).defaultEngine.publicKey(nodePublicKey(SEED)).verify(utf8("hello"), signature)).toBe(true);
  });
});

describe("platforms are looked at when an engine is asked for, not when this library is loaded", () => {
  /** Runs with another global, which is back before anything else runs. */
  function during<T>(name: "process" | "crypto", value: unknown, run: () => T): T {
    vi.stubGlobal(name, value);
    try {
      return run();
    } finally {
      vi.unstubAllGlobals();
    }
  }

  test("for the native engine", () => {
    expect(during("process", {}, createNativeEngine)).toBeUndefined();
    expect(during("process", processWith({}).process, createNativeEngine)).toBeUndefined();
    expect(createNativeEngine()?.name).toBe("native");
  });

  test("for randomness", () => {
    const { randomBytes } = createPortableEngine();
    expect(() => during("crypto", undefined, () => randomBytes(32))).toThrowCode("ERR_CRYPTO_RANDOM");
    expect(randomBytes(32)).toHaveLength(32);
  });
});

describe("where the platform has nothing but crypto.getRandomValues", () => {
  const getRandomValues = <T extends Uint8Array>(bytes: T): T => nodeCrypto.getRandomValues(bytes);

  test("keys are made, sign and verify", () => {
    const { createKeyPair, defaultEngine } = load({ crypto: { getRandomValues } });
    const { seed, publicKey } = defaultEngine.generateKey();
    expect(toHex(publicKey)).toBe(toHex(nodePublicKey(seed)));
    const pair = createKeyPair("account");
    const signature = pair.sign(utf8("hello"));
    expect(pair.verify(utf8("hello"), signature)).toBe(true);
    expect(nodeVerify(publicKey, utf8("hello"), defaultEngine.privateKey(seed).sign(utf8("hello")))).toBe(true);
  });

  test("messages are sealed and opened", () => {
    const { createKeyPair } = load({ crypto: { getRandomValues } });
    const [sender, recipient] = [createKeyPair("curve"), createKeyPair("curve")];
    const opened = recipient.open(sender.seal(utf8("hello"), recipient.publicKey), sender.publicKey);
    expect(toHex(opened)).toBe(toHex(utf8("hello")));
  });

  test("randomness is what the platform gives", () => {
    const zeros = { getRandomValues: <T extends Uint8Array>(bytes: T): T => bytes.fill(0) };
    const { defaultEngine } = load({ crypto: zeros });
    expect(toHex(defaultEngine.generateKey().seed)).toBe("00".repeat(32));
    expect(toHex(defaultEngine.randomBytes(3))).toBe("000000");
  });

  test("the vectors of RFC 8032 hold", () => {
    const { defaultEngine } = load({});
    const { cases } = readVectors<{ cases: { seed: string; message: string; signature: string }[] }>(
      "ed25519-rfc8032.json",
    );
    expect(cases).toHaveLength(5);
    for (const { seed, message, signature } of cases) {
      expect(toHex(defaultEngine.privateKey(fromHex(seed)).sign(fromHex(message)))).toBe(signature);
    }
  });
});
