import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { isNscError, type KeyPair, Nsc } from "nsc.js";
import { nscDirectory, seedsFromEnv } from "nsc.js/node";
import { describe, expect, test, vi } from "vitest";
import { pairOf, seedOf } from "./entities.ts";
import { testFolder } from "./folders.ts";

const [operator, signing, account] = [
  pairOf("operator", "O"),
  pairOf("operator", "S"),
  pairOf("account", "A"),
] as const;

/** Everything that signs is asked of `resolve`; the folder has no key, before or after. */
async function play(resolveSigner: (publicKey: string) => KeyPair | undefined | Promise<KeyPair | undefined>) {
  const home = testFolder();
  const store = nscDirectory({ env: { HOME: home } });
  const made = await new Nsc({ store, resolveSigner }).addOperator("O", {
    key: operator.publicKey,
    signingKey: signing.publicKey,
  });
  await made.addAccount("A", { key: account.publicKey });
  // Another process finds the tree, and has the seeds from where this one had them.
  const nsc = new Nsc({ store: nscDirectory({ env: { HOME: home } }), resolveSigner });
  const app = await (await nsc.operator("O")).account("A");
  await app.addUser("u", { key: pairOf("user", "u").publicKey });
  const issued = await app.issueUser("browser", { expires: "1h" });
  expect(issued.creds()).toContain("USER NKEY SEED");
  await app.edit(({ nats }) => {
    nats.limits.conn = 5;
  });
  expect(app.claims.iss).toBe(signing.publicKey);
  await app.revoke("*");
  expect(existsSync(store.keystoreDir)).toBe(false);
  return { home };
}

describe("a tree without a keystore works", () => {
  test("with seeds of variables, one in each or several in one", async () => {
    await play(
      seedsFromEnv({ NSC_SEED_O: seedOf(operator), NSC_SEED_2: seedOf(signing), NSC_SEED_A: seedOf(account) }),
    );
    await play(
      seedsFromEnv({ NSC_SEED_ALL: `${seedOf(operator)},\n ${seedOf(signing)} ${seedOf(account)}\n`, OTHER: "x" }),
    );
    const env = Object.fromEntries([operator, signing, account].map((pair) => [`K_${pair.publicKey}`, seedOf(pair)]));
    await play(seedsFromEnv(env, { prefix: "K_" }));
  });

  test("with the variables of the process", async () => {
    vi.stubEnv("NSCJS_TEST_KEYS", [operator, signing, account].map(seedOf).join(" "));
    try {
      await play(seedsFromEnv(undefined, { prefix: "NSCJS_TEST_" }));
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("with a callback that takes its time", async () => {
    const pairs = new Map([operator, signing, account].map((pair) => [pair.publicKey, pair]));
    await play(async (publicKey) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return pairs.get(publicKey);
    });
  });
});

test("what is in no variable is looked for in the store", async () => {
  const allDirs = testFolder();
  const nsc = new Nsc({ store: nscDirectory({ allDirs, env: {} }), resolveSigner: seedsFromEnv({}) });
  const made = await (await nsc.addOperator("O")).addAccount("A");
  expect(made.name).toBe("A");
  expect(existsSync(join(allDirs, "keys"))).toBe(true);
});

describe("what is no seed is refused, and not shown", () => {
  const seed = seedOf(operator);
  test.each([
    [{ NSC_SEED_X: "hello" }, "ERR_NKEY_SEED"],
    [{ NSC_SEED_X: `${seed.slice(0, -1)}A` }, "ERR_NKEY_SEED"],
    [{ NSC_SEED_X: `${seed} ${seed.slice(0, 20)}` }, "ERR_NKEY_SEED"],
    [{ NSC_SEED_X: operator.publicKey }, "ERR_NKEY_SEED"],
    [{ [`NSC_SEED_${account.publicKey}`]: seed }, "ERR_KEY_KIND"],
    [{ NSC_SEED_X: 5 }, "ERR_ARGUMENT_INVALID"],
    [null, "ERR_ARGUMENT_INVALID"],
    ["NSC_SEED_X", "ERR_ARGUMENT_INVALID"],
  ] as const)("%j", (env, code) => {
    const read = () => seedsFromEnv(env as never);
    expect(read).toThrowCode(code);
    try {
      read();
    } catch (error) {
      const shown = `${(error as Error).stack} ${String((error as Error).cause)}`;
      expect(shown).not.toContain(seed.slice(0, 20));
    }
  });

  test.each([{ prefix: "" }, { prefix: 1 }, { prefx: "X" }, null])("options %j", (options) => {
    expect(() => seedsFromEnv({}, options as object)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("any variables", () => {
    const value = fc.oneof(fc.string(), fc.constant(seed), fc.constant(`${seed},${seedOf(account)}`));
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().map((name) => `NSC_SEED_${name}`),
          value,
        ),
        (env) => {
          try {
            const resolve = seedsFromEnv(env);
            expect([undefined, operator.publicKey]).toContain(resolve(operator.publicKey)?.publicKey);
          } catch (error) {
            expect(isNscError(error)).toBe(true);
            expect((error as Error).message).not.toContain(seed);
          }
        },
      ),
    );
  });
});
