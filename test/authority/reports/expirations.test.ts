import { expirations, memoryStore, Nsc } from "nsc.js";
import { describe, expect, test } from "vitest";
import { NOW, world } from "../tree-fixtures.ts";

const DAY = 86_400;

function at(seconds: number): Date {
  return new Date(seconds * 1000);
}

describe("expirations", () => {
  test("are sorted by time, activations included", async () => {
    const { nsc } = world();
    const operator = await nsc.addOperator("O", { expires: at(NOW + 400 * DAY) });
    const shop = await operator.addAccount("SHOP", { expires: at(NOW + 10 * DAY) });
    const audit = await operator.addAccount("AUDIT");
    await shop.addUser("bob");
    await shop.addUser("alice", { expires: at(NOW + DAY) });
    await shop.addExport({ subject: "orders.>", type: "stream", private: true });
    const activation = await shop.issueActivation({ to: audit, subject: "orders.>", expires: at(NOW + 2 * DAY) });
    await audit.addImport({ from: shop.publicKey, subject: "orders.>", type: "stream", activation });

    const report = await expirations(operator, { now: NOW + DAY, within: "9d" });
    expect(report.until).toBe(NOW + 10 * DAY);
    expect(report.damaged).toEqual([]);
    expect(report.expirations.map(({ kind, path, status }) => `${kind} ${path.join("/")} ${status}`)).toEqual([
      "user O/SHOP/alice expired",
      "activation O/AUDIT soon",
      "account O/SHOP soon",
      "operator O valid",
      "account O/AUDIT never",
      "user O/SHOP/bob never",
    ]);
    expect(report.expirations[1]).toEqual({
      kind: "activation",
      path: ["O", "AUDIT"],
      publicKey: audit.publicKey,
      subject: "orders.>",
      expires: NOW + 2 * DAY,
      status: "soon",
    });
  });

  test("are looked for within a month by default", async () => {
    const { nsc } = world();
    const operator = await nsc.addOperator("O");
    // 2026-01-01 and a month.
    expect((await expirations(operator)).until).toBe(Date.UTC(2026, 1, 1) / 1000);
  });

  test("miss nothing beside what is damaged", async () => {
    const store = memoryStore();
    const operator = await new Nsc({ store }).addOperator("O");
    const account = await operator.addAccount("A");
    await account.addUser("u");
    await account.addUser("v");
    await operator.addAccount("B");
    await store.commit({
      tokens: [
        // Tokens of another kind.
        { path: ["O", "A", "u"], token: operator.token },
        { path: ["O", "B"], token: operator.token },
      ],
    });
    const again = await new Nsc({ store }).operator("O");
    const report = await expirations(again);
    expect(report.damaged).toEqual([
      ["O", "A", "u"],
      ["O", "B"],
    ]);
    expect(report.expirations.map(({ path }) => path.join("/"))).toEqual(["O", "O/A", "O/A/v"]);
  });

  test("refuse what they can't go by", async () => {
    const operator = await world().nsc.addOperator("O");
    await expect(expirations({} as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(expirations(operator, { within: "never" })).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(expirations(operator, { within: "soon" })).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(expirations(operator, { now: 1.5 })).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(expirations(operator, { until: 1 } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
