import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKeyPair, createUserClaims, encode, encodeCreds, memoryStore, Nsc, type Store } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { testAuthority } from "nsc.js/testing";
import { type Measured, measure, measurePair, once, report, reportPairs } from "./measure.ts";

const ACCOUNTS = 1000;
const USERS = 10;

/** What the trust tree costs: minting, fixtures, a transaction, and nsc's folders with many entities in them. */
export async function benchAuthority(): Promise<void> {
  const operator = await new Nsc().addOperator("O", { signingKey: true });
  const app = await operator.addAccount("APP", { signingKey: true });
  await app.addRole("web", { pub: ["in.{{name()}}"] });
  const signingKey = createKeyPair("account");
  const bare = () => {
    const user = createKeyPair("user");
    const claims = createUserClaims(user.publicKey, { name: "browser-7", nats: { issuer_account: app.publicKey } });
    return encodeCreds(claims, signingKey, user);
  };
  reportPairs("minting", [
    await measurePair(
      "issueUser with creds, of a role",
      async () => (await app.issueUser("browser-7", { role: "web", expires: "1h" })).creds(),
      "encodeCreds",
      bare,
    ),
    await measurePair(
      "issueUser with creds, with permissions",
      async () => (await app.issueUser("browser-7", { pub: ["in.>"], expires: "1h" })).creds(),
      "encodeCreds",
      bare,
    ),
  ]);
  const users = Array.from({ length: 10 }, (_, index) => `u${index}`);
  report("fixtures", [
    await measure("testAuthority with 10 users", () => testAuthority({ accounts: { A: { users } } }), 20),
  ]);
  await benchTransaction("memory", memoryStore());

  const folder = await mkdtemp(join(tmpdir(), "nsc-bench-"));
  try {
    await benchTransaction("nsc's folders", nscDirectory({ allDirs: join(folder, "small") }));
    await benchDirectory(join(folder, "large"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function benchTransaction(title: string, store: Store): Promise<void> {
  console.log(`\na transaction, ${title}`);
  const nsc = new Nsc({ store });
  const account = await (await nsc.addOperator("O")).addAccount("A");
  const names = Array.from({ length: 1000 }, (_, index) => `u${index}`);
  await once("adding one user", () => account.addUser("one"));
  await once("adding 1,000 users", () =>
    nsc.transaction(async (tx) => {
      const pending = await (await tx.operator("O")).account("A");
      for (const name of names) await pending.addUser(name);
    }),
  );
  await once("1,000 edits", () =>
    nsc.transaction(async (tx) => {
      const pending = await (await tx.operator("O")).account("A");
      for (const name of names) {
        await (await pending.user(name)).edit((claims) => {
          claims.nats.pub = { allow: ["orders.>"] };
        });
      }
    }),
  );
}

async function benchDirectory(allDirs: string): Promise<void> {
  console.log(
    `\nnsc's folders with ${ACCOUNTS.toLocaleString("en")} accounts and ${(ACCOUNTS * USERS).toLocaleString("en")} users`,
  );
  const [operator, account, user] = [createKeyPair("operator"), createKeyPair("account"), createKeyPair("user")];
  const nsc = new Nsc({ store: nscDirectory({ allDirs }) });
  const handle = await nsc.addOperator("O", { key: operator });
  const accountToken = (await handle.addAccount("first", { key: account })).token;
  const userToken = await encode(createUserClaims(user.publicKey, { name: "u" }), account);
  const tokens = Array.from({ length: ACCOUNTS }, (_, index) => `a${index}`).flatMap((name) => [
    { path: ["O", name] as const, token: accountToken },
    ...Array.from({ length: USERS }, (_, number) => ({ path: ["O", name, `u${number}`] as const, token: userToken })),
  ]);
  await once("making them in one commit", () => nscDirectory({ allDirs }).commit({ tokens }));
  const read: Measured = await measure(
    "opening the tree and reading one user",
    async () => {
      const opened = new Nsc({ store: nscDirectory({ allDirs }) });
      await (await (await opened.operator("O")).account("a500")).user("u5");
    },
    50,
  );
  report("", [read]);
  const store = nscDirectory({ allDirs });
  const one = createKeyPair("user");
  const token = await encode(createUserClaims(one.publicKey, { name: "one" }), account);
  await store.commit({ tokens: [{ path: ["O", "a500", "one"], token }] });
  await once("finding a user by its public key, the first time", () => store.find(one.publicKey));
  await once("finding it again", () => store.find(one.publicKey));
}
