import { isNscError, memoryStore, NscError, type NscErrorCode } from "nsc.js";
import { type StoreFixture, storeContract } from "nsc.js/testing";
import { describe, expect, test } from "vitest";
import { BROKEN_STORES, MANY, openBroken, SOUND_STORES } from "./broken-stores.ts";

interface Failure {
  readonly check: string;
  readonly code: NscErrorCode;
  readonly message: string;
}

async function failuresOf(open: () => Promise<StoreFixture>, isOfSize = true): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const { name: check, run } of storeContract(open)) {
    if (check === MANY && !isOfSize) continue;
    try {
      await run();
    } catch (error) {
      if (!isNscError(error)) throw error;
      failures.push({ check, code: error.code, message: error.message });
    }
  }
  return failures;
}

const open = async () => {
  const store = memoryStore();
  return { store, other: store };
};

describe("the contract finds out a store that", () => {
  test.each(BROKEN_STORES)("$name", async ({ isOfSize, fails, ...broken }) => {
    const failures = await failuresOf(openBroken(broken), isOfSize ?? false);
    expect(failures.map(({ check }) => check).sort()).toEqual([...fails].sort());
    for (const { message } of failures) expect(message).not.toMatch(/eyJ|(?<![A-Z2-7])S[OAUX][A-Z2-7]{20}/);
  });
});

describe("the contract has nothing against a store that", () => {
  test.each(SOUND_STORES)("$name", async (sound) => {
    expect(await failuresOf(openBroken(sound))).toEqual([]);
  });
});

describe("each check", () => {
  test("can fail", () => {
    const failing = new Set(BROKEN_STORES.flatMap(({ fails }) => fails));
    expect([...failing].sort()).toEqual(
      storeContract(open)
        .map(({ name }) => name)
        .sort(),
    );
  });

  test("fails with a code of its own, or with what the store threw", async () => {
    const lost = openBroken({ fault: () => ({ read: async () => undefined }) });
    expect(await failuresOf(lost, false)).toContainEqual(expect.objectContaining({ code: "ERR_STORE_CONTRACT" }));
    const locked = new NscError("ERR_STORE_LOCKED", "locked");
    const checks = storeContract(openBroken({ fault: () => ({ commit: () => Promise.reject(locked) }) }));
    for (const { run } of checks) await expect(run()).rejects.toBe(locked);
  });

  test("opens a store when it is run, and closes it once, whatever comes of it", async () => {
    for (const fault of [{}, { read: async () => "" }]) {
      const events: string[] = [];
      const checks = storeContract(async () => {
        events.push("open");
        return { ...(await openBroken({ fault: () => fault })()), close: () => void events.push("close") };
      });
      expect(events).toEqual([]);
      const [first] = checks;
      await first?.run().catch(() => undefined);
      expect(events).toEqual(["open", "close"]);
    }
  });

  test("can be run again", async () => {
    for (const { name, run } of storeContract(open)) {
      if (name === MANY) continue;
      await run();
      await run();
    }
  });

  test("passes on why no store could be opened", async () => {
    const failure = new NscError("ERR_STORE_IO", "no space");
    for (const { run } of storeContract(() => Promise.reject(failure))) await expect(run()).rejects.toBe(failure);
  });
});
