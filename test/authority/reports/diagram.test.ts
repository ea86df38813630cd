import fc from "fast-check";
import { createKeyPair, diagram, memoryStore, Nsc, type Operator } from "nsc.js";
import { describe, expect, test } from "vitest";

/** SHOP exports a stream and a private service; AUDIT imports both, and something that nobody exports. */
async function tree(): Promise<{ operator: Operator; shop: string; audit: string; system: string }> {
  const operator = await new Nsc().addOperator("local", { systemAccount: true });
  const shop = await operator.addAccount("SHOP", { signingKey: true });
  const audit = await operator.addAccount("AUDIT");
  await shop.addRole("web", { pub: ["x"] });
  await shop.addUser("alice", { role: "web" });
  await shop.addUser("bob", { signer: shop.publicKey });
  await shop.addExport({ subject: "orders.>", type: "stream" });
  await shop.addExport({ subject: "quote.*", type: "service", private: true });
  await audit.addImport({ from: shop, subject: "orders.eu", localSubject: "shop.eu" });
  await audit.addImport({ from: shop, subject: "quote.eu" });
  await shop.edit(({ nats }) => {
    nats.exports = [...(nats.exports ?? []), { name: "old", subject: "old", type: "stream" }];
  });
  await audit.addImport({ from: shop, subject: "old" });
  await shop.removeExport("old");
  const system = (await operator.systemAccount())?.publicKey ?? "";
  return { operator, shop: shop.publicKey, audit: audit.publicKey, system };
}

describe("a diagram of what accounts exchange", () => {
  test("is a flow chart of Mermaid", async () => {
    const { operator } = await tree();
    const { text, damaged } = await diagram(operator, { of: "exchange" });
    expect(damaged).toEqual([]);
    const lines = text.split("\n").filter((line) => !line.includes("a2") || line.includes("a1"));
    // In the order of names: AUDIT, SHOP, SYS.
    expect(lines).toEqual([
      "flowchart LR",
      '  a0["AUDIT"]',
      '  a1["SHOP"]',
      '  a1_e0(["orders.#62;"])',
      '  a1 -- "public stream: orders.#62;" --- a1_e0',
      '  a1_e1(["quote.#42;"])',
      '  a1 -- "private service: quote.#42;" --- a1_e1',
      '  m0_0(["old: SHOP does not export it"])',
      '  a0 -. "old" .-> m0_0',
      '  a0 -. "orders.eu as shop.eu" .-> a1_e0',
      '  a0 -. "quote.eu" .-> a1_e1',
      "  classDef missing stroke:#d00,stroke-dasharray:4",
      "  class m0_0 missing",
      "",
    ]);
  });

  test("is a diagram of components of PlantUML", async () => {
    const { operator, shop, audit, system } = await tree();
    const { text } = await diagram(operator, { of: "exchange", format: "plantuml" });
    const lines = text.split("\n").filter((line) => !line.includes(system));
    expect(lines.slice(8)).toEqual([
      "title Component Diagram of Accounts - Operator local",
      `component [AUDIT] as ${audit} <<account>>`,
      "",
      `component [SHOP] as ${shop} <<account>>`,
      `interface "orders.>" << public stream >> as ${shop}_export_0`,
      `${shop}_export_0 -- ${shop} : ""orders.>""`,
      `interface "quote.*" << private service >> as ${shop}_export_1`,
      `${shop}_export_1 -- ${shop} : ""quote.*""`,
      "",
      "",
      `interface " " << not-found public stream >> as ${audit}_import_0`,
      `${audit} ..> ${audit}_import_0 : "old"`,
      `${audit} "<&resize-width>shop.eu" ..> ${shop}_export_0 : "orders.eu"`,
      `${audit} ..> ${shop}_export_1 : "quote.eu"`,
      "legend",
      '"<&resize-width>X", the imported subject is rewritten to X',
      "end legend",
      "@enduml",
      "",
    ]);
  });

  test("says which account is not here", async () => {
    const operator = await new Nsc().addOperator("O");
    const a = await operator.addAccount("A");
    const elsewhere = createKeyPair("account").publicKey;
    await a.addImport({ from: elsewhere, subject: "x", type: "stream" });
    const { text } = await diagram(operator, { of: "exchange" });
    expect(text).toContain(`  m0_0(["x: account ${elsewhere} is not here"])`);
  });
});

describe("a diagram of entities", () => {
  test("says what signed them", async () => {
    const { operator, shop } = await tree();
    const { text } = await diagram(operator, { of: "entities" });
    const signing = (await operator.account("SHOP")).publicKey;
    expect(signing).toBe(shop);
    const lines = text.split("\n");
    expect(lines.slice(0, 10)).toEqual([
      "flowchart TD",
      '  o[["operator local"]]',
      '  a0["account AUDIT"]',
      '  o -- "identity" --> a0',
      '  a1["account SHOP"]',
      '  o -- "identity" --> a1',
      '  a1_u0["user alice"]',
      '  a1 -- "role web" --> a1_u0',
      '  a1_u1["user bob"]',
      '  a1 -- "identity" --> a1_u1',
    ]);
    expect(lines[10]).toBe('  a2["system account SYS"]');
    expect(lines[13]).toMatch(/^ {2}a2 -- "signing key A[A-Z2-7]{55}" --> a2_u0$/);
  });

  test("leaves users out when it is told to", async () => {
    const { operator } = await tree();
    const { text } = await diagram(operator, { of: "entities", users: false });
    expect(text).not.toContain("user ");
  });

  test("is one of objects with PlantUML", async () => {
    const { operator, shop } = await tree();
    const { text } = await diagram(operator, { of: "entities", format: "plantuml" });
    expect(text).toContain(
      [
        `object "SHOP" as ${shop} << account >> {`,
        `Identity Key = ${shop}`,
        "}",
        `${operator.publicKey} -- ${shop} : "identity signed >"`,
        `object "alice" as ${shop}_user_0 << user >> {`,
      ].join("\n"),
    );
    expect(text.startsWith("@startuml\n")).toBe(true);
    expect(text.endsWith("@enduml\n")).toBe(true);
  });

  test("tells of what can't be read", async () => {
    const store = memoryStore();
    const operator = await new Nsc({ store }).addOperator("O");
    await operator.addAccount("A");
    await operator.addAccount("B");
    // A token of another kind.
    await store.commit({ tokens: [{ path: ["O", "B"], token: operator.token }] });
    const { text, damaged } = await diagram(await new Nsc({ store }).operator("O"), { of: "entities" });
    expect(damaged).toEqual([["O", "B"]]);
    expect(text).toContain("account A");
  });
});

describe("a diagram", () => {
  test("has as many lines and quotes whatever the names hold", async () => {
    const name = fc
      .string({
        unit: fc.constantFrom(
          "a",
          '"',
          "]",
          "[",
          "`",
          "#",
          ";",
          "<",
          ">",
          "{",
          "%",
          "'",
          "~",
          "-",
          "|",
          "(",
          ")",
          "&",
          "é",
          "名",
          "\u202e",
        ),
        minLength: 1,
        maxLength: 8,
      })
      .filter((text) => text.trim() === text);
    const shapes = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(name, name, async (operatorName, accountName) => {
        const operator = await new Nsc().addOperator(`o${operatorName}`);
        const account = await operator.addAccount(`a${accountName}`);
        await account.addUser(`u${accountName}`);
        await account.edit(({ nats }) => {
          nats.exports = [{ name: accountName, subject: "x", type: "stream" }];
        });
        for (const of of ["exchange", "entities"] as const) {
          for (const format of ["mermaid", "plantuml"] as const) {
            const { text } = await diagram(operator, { of, format });
            // Everything but what stands between quotes, and in the brackets of a component, is the same for all names.
            const shape = text
              .replace(/"[^"\n]*"/g, '""')
              .replace(/component \[[^\]\n]*\]/g, "component []")
              .replace(/^title .*$/gm, "title")
              .replace(/[OAU][A-Z2-7]{55}/g, "K");
            const key = `${of} ${format}`;
            expect(shape).toBe(shapes.get(key) ?? shape);
            shapes.set(key, shape);
            expect(text).not.toMatch(/[\u202e`~|]/);
          }
        }
      }),
      { numRuns: 60 },
    );
    expect(shapes.size).toBe(4);
  });

  test("is refused for what it can't be of", async () => {
    const operator = await new Nsc().addOperator("O");
    await expect(diagram({} as never, { of: "exchange" })).toThrowCode("ERR_ARGUMENT_INVALID");
    for (const options of [
      {},
      { of: "x" },
      { of: "constructor" },
      { of: "exchange", format: "svg" },
      { of: "entities", users: 1 },
      { of: "entities", keys: true },
    ]) {
      await expect(diagram(operator, options as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
  });
});
