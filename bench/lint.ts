import { createKeyPair, createUserClaims, encode, lint, memoryStore, Nsc, type Operator } from "nsc.js";

const USERS = 10;

/** Accounts with exports and 10 users each; each imports from the one before it, and all from a hub by activations. */
async function tree(accounts: number): Promise<Operator> {
  const store = memoryStore();
  const nsc = new Nsc({ store });
  const operator = await nsc.addOperator("O", { signingKey: true, systemAccount: true });
  const hub = await operator.addAccount("hub");
  await hub.addExport({ subject: "api.*.>", type: "service", private: true });
  await hub.addExport({ subject: "news.>", type: "stream" });
  const names = Array.from({ length: accounts }, (_, index) => `a${String(index).padStart(5, "0")}`);
  await nsc.transaction(async (tx) => {
    const pending = await tx.operator("O");
    const source = await pending.account("hub");
    let before: string | undefined;
    for (const name of names) {
      const account = await pending.addAccount(name, { signingKey: true });
      await account.addExport({ subject: `${name}.orders.>`, type: "stream" });
      await account.addExport({ subject: `${name}.quote.*`, type: "service" });
      await account.addImport({ from: source, subject: `api.${name}.>` });
      await account.addImport({ from: source, subject: "news.>" });
      if (before !== undefined) {
        await account.addImport({ from: await pending.account(before), subject: `${before}.orders.>` });
        await account.addImport({ from: await pending.account(before), subject: `${before}.quote.*` });
      }
      before = name;
    }
  });
  for (const name of names) {
    const account = await operator.account(name);
    const pair = createKeyPair("account");
    await account.addSigningKey({ key: pair });
    const tokens = await Promise.all(
      Array.from({ length: USERS }, async (_, index) => {
        const claims = createUserClaims(createKeyPair("user").publicKey, {
          name: `u${index}`,
          nats: { issuer_account: account.publicKey, pub: { allow: ["a.>"] } },
        });
        return { path: ["O", name, `u${index}`] as const, token: await encode(claims, pair) };
      }),
    );
    await store.commit({ tokens });
  }
  // With nothing that this process has read before.
  return new Nsc({ store }).operator("O");
}

/** An account with many exports, and one that imports them all. */
async function market(count: number): Promise<Operator> {
  const store = memoryStore();
  const operator = await new Nsc({ store }).addOperator("O", { systemAccount: true });
  const [shop, audit] = [await operator.addAccount("SHOP"), await operator.addAccount("AUDIT")];
  const subjects = Array.from({ length: count }, (_, index) => `s.t${index}.*.x`);
  await shop.edit(({ nats }) => {
    nats.exports = subjects.map((subject) => ({ subject, type: "stream" }));
  });
  await audit.edit(({ nats }) => {
    nats.imports = subjects.map((subject) => ({ subject, type: "stream", account: shop.publicKey }));
  });
  return new Nsc({ store }).operator("O");
}

async function time(title: string, operator: Operator): Promise<void> {
  for (const which of ["the first time", "again"]) {
    const begin = performance.now();
    const { length } = await lint(operator);
    const took = (performance.now() - begin).toFixed(1);
    console.log(`  ${`${title}, ${which}`.padEnd(60)}${took.padStart(9)} ms, ${length} findings`);
  }
}

/** What a look through a tree costs. Twice the tree should take twice the time. */
export async function benchLint(): Promise<void> {
  console.log("\nlint");
  for (const count of [500, 1000, 2000]) {
    await time(`${count.toLocaleString("en")} accounts with ${USERS} users each`, await tree(count));
  }
  for (const count of [1000, 2000, 4000]) {
    await time(`an account with ${count.toLocaleString("en")} imports`, await market(count));
  }
}
