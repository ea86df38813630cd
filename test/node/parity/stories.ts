import { type Account, createKeyPair, isNscError, type Nsc, type Operator } from "nsc.js";
import { expect } from "vitest";

/** What a story of nsc's corpus does, with the library's calls in place of the commands. */
export interface Story {
  /** Its name in the corpus. */
  readonly name: string;
  /** Plays it; `look` is to be called after each step, so that keys are named in the order in which they appear. */
  play(nsc: Nsc, look: () => Promise<void>): Promise<void>;
}

const URL = "nats://127.0.0.1:4222";
/** Made for the corpus, which has its public key only. */
const FOREIGN_USER = "UBRC3MFJUV7MPKCWQJQ2XDPATMB3N3OYRMME6IIVZL5SLOGKJ6C2FF7R";

async function refused(attempt: Promise<unknown>, ...codes: readonly string[]): Promise<void> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(isNscError(error) ? error.code : error).toSatisfy((code) => codes.includes(code as string));
}

/** `add operator --generate-signing-key --sys --name local`, then `edit operator --require-signing-keys`. */
async function strictOperator(nsc: Nsc, look: () => Promise<void>, url?: string): Promise<Operator> {
  const operator = await nsc.addOperator("local", { signingKey: true, systemAccount: true });
  await look();
  await nsc.transaction(async (tx) => {
    const local = await tx.operator("local");
    await local.requireSigningKeys();
    if (url !== undefined) {
      await local.edit((claims) => {
        claims.nats.account_server_url = url;
      });
    }
  });
  return operator;
}

/** `add operator local`, `add account APP`. */
async function plainAccount(nsc: Nsc, look: () => Promise<void>): Promise<Account> {
  const operator = await nsc.addOperator("local");
  await look();
  const account = await operator.addAccount("APP");
  await look();
  return account;
}

async function addKey(account: Account | Operator, look: () => Promise<void>): Promise<string> {
  const key = await account.addSigningKey();
  await look();
  return key;
}

/** `edit user … -K key --expiry 0`. */
async function reissue(account: Account, user: string, signer: string): Promise<void> {
  await (await account.user(user)).edit(
    (claims) => {
      delete claims.exp;
    },
    { signer },
  );
}

export const STORIES: readonly Story[] = [
  {
    name: "quick-start-classic",
    async play(nsc, look) {
      const operator = await strictOperator(nsc, look, URL);
      const app = await operator.addAccount("APP");
      await look();
      await addKey(app, look);
      await app.addUser("user");
      await app.edit(({ nats: { limits } }) => {
        Object.assign(limits, { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 });
        Object.assign(limits, { max_ack_pending: -1, mem_max_stream_bytes: -1, disk_max_stream_bytes: -1 });
      });
    },
  },
  {
    name: "quick-start-two-accounts",
    async play(nsc, look) {
      const operator = await strictOperator(nsc, look, URL);
      const app = await operator.addAccount("APP", { signingKey: true });
      await look();
      await app.addUser("user");
      await look();
      const billing = await operator.addAccount("BILLING", {
        signingKey: true,
        jetstream: { disk: "10G", streams: 5 },
      });
      await look();
      await billing.addUser("worker", { pub: ["billing.>"] });
      await app.addUser("second");
    },
  },
  {
    name: "quick-start-mem-resolver",
    async play(nsc, look) {
      const operator = await nsc.addOperator("dev", { systemAccount: true });
      await look();
      await (await operator.addAccount("A")).addUser("u1");
      await look();
      await (await operator.addAccount("B")).addUser("u2");
    },
  },
  {
    name: "quick-start-role",
    async play(nsc, look) {
      const operator = await strictOperator(nsc, look, URL);
      const app = await operator.addAccount("APP", { signingKey: true });
      await look();
      await app.addUser("user");
      await app.addRole("svc", { pub: ["req.>"], sub: ["_INBOX.>"] });
      await look();
      await app.addUser("scoped1", { role: "svc" });
    },
  },
  {
    name: "rotation-classic",
    async play(nsc, look) {
      const app = await plainAccount(nsc, look);
      const first = await addKey(app, look);
      await app.addUser("bob");
      const second = await addKey(app, look);
      await reissue(app, "bob", second);
      await app.removeSigningKey(first);
    },
  },
  {
    name: "rotation-strict",
    async play(nsc, look) {
      const operator = await strictOperator(nsc, look);
      const app = await operator.addAccount("APP");
      await look();
      const first = await addKey(app, look);
      await app.addUser("bob", { expires: "2d" });
      const second = await addKey(app, look);
      await reissue(app, "bob", second);
      await app.removeSigningKey(first);
    },
  },
  {
    name: "rotation-operator-sk",
    async play(nsc, look) {
      const operator = await nsc.addOperator("local", { signingKey: true });
      await look();
      const [first] = operator.claims.nats.signing_keys as readonly [string];
      const app = await operator.addAccount("APP", { signer: first });
      await look();
      const second = await addKey(operator, look);
      await app.edit(
        (claims) => {
          claims.nats.tags = ["moved"];
        },
        { signer: second },
      );
      await operator.removeSigningKey(first);
    },
  },
  {
    name: "rotation-keeps-permissions",
    async play(nsc, look) {
      const app = await plainAccount(nsc, look);
      const first = await addKey(app, look);
      await app.addUser("bob", { pub: ["a.>"], sub: { deny: ["b"] }, signer: first });
      const second = await addKey(app, look);
      await reissue(app, "bob", second);
      await app.removeSigningKey(first);
    },
  },
  {
    name: "rotation-role-key",
    async play(nsc, look) {
      const app = await plainAccount(nsc, look);
      const first = await app.addRole("worker", { pub: ["w.>"] });
      await look();
      await app.addUser("bob", { role: "worker" });
      await app.addRole("worker2", { pub: ["w.>"] });
      await look();
      await reissue(app, "bob", "worker2");
      await app.removeSigningKey(first);
    },
  },
  {
    name: "add-user-plain",
    async play(nsc, look) {
      await (await plainAccount(nsc, look)).addUser("bob");
    },
  },
  {
    name: "add-user-permissions",
    async play(nsc, look) {
      const app = await plainAccount(nsc, look);
      await app.addUser("bob", {
        pub: { allow: ["a.>", "b.*"], deny: ["e"] },
        sub: { allow: ["c q1", "d"], deny: ["f g"] },
      });
      await app.addUser("eve", { pub: { allow: ["x", "y"], deny: ["z"] }, sub: { allow: ["x", "y"], deny: ["z"] } });
    },
  },
  {
    name: "add-user-response",
    async play(nsc, look) {
      const app = await plainAccount(nsc, look);
      await app.addUser("a", { responses: true });
      await app.addUser("b", { responses: { max: 5, ttl: "5s" } });
      await app.addUser("c", { responses: { max: 0, ttl: "1h30m" } });
    },
  },
  {
    name: "add-user-tags-networks",
    async play(nsc, look) {
      const app = await plainAccount(nsc, look);
      await app.addUser("bob", {
        tags: ["DB", "ops", "Web"],
        bearer: true,
        claims: ({ nats }) => {
          nats.src = ["192.168.0.0/16", "10.1.2.3/32"];
        },
      });
    },
  },
  {
    name: "add-user-dates",
    async play(nsc, look) {
      const app = await plainAccount(nsc, look);
      await app.addUser("a", { expires: "12h" });
      await app.addUser("b", { notBefore: new Date("2024-01-01"), expires: new Date("2044-01-01") });
      await app.addUser("c", { expires: "2M" });
    },
  },
  {
    name: "add-user-public-key",
    async play(nsc, look) {
      const app = await plainAccount(nsc, look);
      const bob = await app.addUser("bob", { key: createKeyPair("user").publicKey });
      await refused(bob.creds(), "ERR_CREDS_KEY_MISSING");
      await app.addUser("eve", { key: FOREIGN_USER });
    },
  },
  {
    name: "add-user-stored-key",
    async play(nsc, look) {
      await (await plainAccount(nsc, look)).addUser("bob", { key: createKeyPair("user") });
    },
  },
  {
    name: "add-user-signed-by-sk",
    async play(nsc, look) {
      const app = await plainAccount(nsc, look);
      const key = await addKey(app, look);
      await app.addUser("bob", { signer: key });
      await app.addUser("eve", { signer: app.publicKey });
    },
  },
  {
    name: "add-user-account-flag",
    async play(nsc, look) {
      const operator = await nsc.addOperator("local");
      await look();
      const a = await operator.addAccount("A");
      await look();
      await (await operator.addAccount("B")).addUser("u1");
      await a.addUser("u1");
      await (await operator.findAccount(a.publicKey))?.addUser("u2");
    },
  },
  {
    name: "add-user-strict-no-sk",
    async play(nsc, look) {
      const operator = await nsc.addOperator("local", { signingKey: true });
      await look();
      await operator.requireSigningKeys();
      const a = await operator.addAccount("A");
      await look();
      await refused(a.addUser("u"), "ERR_SIGNING_KEY_REQUIRED");
      await addKey(a, look);
      await a.addUser("u");
    },
  },
  {
    name: "add-user-errors",
    async play(nsc, look) {
      const app = await plainAccount(nsc, look);
      await app.addUser("bob");
      await refused(app.addUser("bob"), "ERR_ENTITY_EXISTS");
      await refused(app.addUser(""), "ERR_NAME_INVALID");
      await refused(app.addUser("a/b"), "ERR_NAME_INVALID");
      await refused(app.addUser("x", { pub: ["a b"] }), "ERR_CLAIMS_INVALID");
      await refused(app.addUser("x", { responses: { ttl: "1d" } }), "ERR_ARGUMENT_INVALID");
      await refused(app.addUser("x", { expires: "next week" }), "ERR_ARGUMENT_INVALID");
      const account = createKeyPair("account").publicKey;
      await refused(app.addUser("x", { key: account }), "ERR_KEY_KIND");
      const operator = await nsc.operator("local");
      await refused(operator.account("NOPE"), "ERR_ENTITY_NOT_FOUND");
      await refused(app.addUser("x", { signer: account }), "ERR_SIGNER_UNKNOWN");
      await refused(app.addUser("x", { bearer: "perhaps" as never }), "ERR_ARGUMENT_INVALID");
    },
  },
  {
    name: "add-user-network-case",
    async play(nsc, look) {
      const app = await plainAccount(nsc, look);
      await app.addUser("bob", {
        claims: ({ nats }) => {
          nats.src = ["10.0.0.0/8", "172.16.0.0/12", "2001:db8::/32"];
        },
      });
    },
  },
];
