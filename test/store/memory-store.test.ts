import { memoryStore } from "nsc.js";
import { storeContract } from "nsc.js/testing";
import { describe, test } from "vitest";

describe("the store in memory", () => {
  const open = async () => {
    const store = memoryStore();
    return { store, other: store };
  };
  for (const { name, run } of storeContract(open)) test(name, run);
});
