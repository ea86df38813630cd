import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { memoryStore, Nsc } from "nsc.js";
import { exportKeys, natsContexts } from "nsc.js/node";
import { expect, test, vi } from "vitest";
import { contentsOf, testFolder } from "./folders.ts";

// As most memory sticks do it.
vi.mock("node:fs/promises", async (original) => ({
  ...(await original<typeof import("node:fs/promises")>()),
  link: () => Promise.reject(Object.assign(new Error("operation not permitted"), { code: "EPERM" })),
}));

test("contexts are written, and none is replaced", async () => {
  const contexts = natsContexts({ configBase: testFolder() });
  const file = await contexts.write("a", { url: "nats://a" });
  await expect(contexts.write("a", { url: "nats://b" })).toThrowCode("ERR_ENTITY_EXISTS");
  expect(await contexts.read("a")).toEqual({ url: "nats://a" });
  expect(Object.keys(contentsOf(contexts.folder))).toEqual(["a.json"]);
  await copyFile(file, join(contexts.folder, "b.json"));
  await contexts.write("b", { url: "nats://b" }, { replace: true });
  expect(await contexts.read("b")).toEqual({ url: "nats://b" });
});

test("keys are exported, and none is replaced", async () => {
  const store = memoryStore();
  const { publicKey } = await new Nsc({ store }).addOperator("local");
  const folder = join(testFolder(), "keys");
  await mkdir(folder);
  const outcomes = async () => (await exportKeys(store, folder)).map(({ outcome }) => outcome);
  expect([await outcomes(), await outcomes()]).toEqual([["written"], ["unchanged"]]);
  expect(Object.keys(contentsOf(folder))).toEqual([`${publicKey}.nk`]);
});
