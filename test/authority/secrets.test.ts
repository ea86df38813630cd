import { inspect } from "node:util";
import {
  createKeyPair,
  createOperatorClaims,
  encode,
  isNscError,
  type KeyPair,
  memoryStore,
  Nsc,
  type StoreCommit,
  serverConfig,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { collect, entriesOf, hookedStore } from "./wrapped-stores.ts";

/** A piece of a secret that must not be seen: what is left to guess after it is too little. */
const PIECE = 16;

/** What of a secret is secret: of a token not the header, which all tokens have. */
function piecesOf(secrets: Iterable<string>): Set<string> {
  const pieces = new Set<string>();
  for (const secret of secrets) {
    const parts = secret.includes(".") ? secret.split(".").slice(1) : [secret];
    for (const part of parts) for (let at = 0; at + PIECE <= part.length; at++) pieces.add(part.slice(at, at + PIECE));
  }
  return pieces;
}

/** All texts that are reached from a value by its own properties, hidden ones, maps and prototypes' data included. */
function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === "string") return [value];
  if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return [];
  seen.add(value);
  if (value instanceof Uint8Array) return [Buffer.from(value).toString("latin1"), Buffer.from(value).toString("hex")];
  const members: unknown[] = Reflect.ownKeys(value).flatMap((key): unknown[] => {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    return descriptor !== undefined && "value" in descriptor ? [String(key), descriptor.value] : [String(key)];
  });
  if (value instanceof Map) members.push(...value.keys(), ...value.values());
  if (value instanceof Set) members.push(...value);
  return members.flatMap((member) => textsIn(member, seen));
}

/** All that people, loggers and debuggers do with a value. */
function showings(value: unknown): string {
  const texts = [
    String(value),
    inspect(value),
    // Whoever has getters run on a handle asks for its token.
    inspect(value, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: value instanceof Error }),
    JSON.stringify(value) ?? "",
    ...textsIn(value),
  ];
  for (let error = value; error instanceof Error; error = error.cause) texts.push(error.message, error.stack ?? "");
  return texts.join("\n");
}

function shownOf(pieces: ReadonlySet<string>, value: unknown): string | undefined {
  const shown = showings(value);
  for (const run of shown.match(/[\w-]{16,}/g) ?? []) {
    for (let at = 0; at + PIECE <= run.length; at++) {
      const piece = run.slice(at, at + PIECE);
      if (pieces.has(piece)) return `${piece} in ${shown.slice(Math.max(0, shown.indexOf(piece) - 200)).slice(0, 500)}`;
    }
  }
  return undefined;
}

function seedOf(pair: KeyPair): string {
  return Buffer.from(pair.getSeed()).toString("latin1");
}

/** A tree whose every secret is known: all seeds and tokens that were ever committed. */
async function makeTree() {
  const inner = memoryStore();
  const [seeds, tokens] = [new Set<string>(), new Set<string>()];
  const store = hookedStore(inner, {
    before(method, argument) {
      if (method !== "commit") return;
      const commit = argument as StoreCommit;
      for (const seed of commit.keys ?? []) seeds.add(seed);
      for (const { token } of commit.tokens ?? []) tokens.add(token);
    },
  });
  const nsc = new Nsc({ store });
  const operator = await nsc.addOperator("O", { signingKey: true, systemAccount: true });
  const account = await operator.addAccount("A", { signingKey: true });
  await account.addRole("r", { pub: ["{{name()}}"] });
  const user = await account.addUser("u");
  return { store, inner, seeds, tokens, nsc, operator, account, user };
}

describe("the check", () => {
  test("finds a secret wherever it is", async () => {
    const { seeds, user } = await makeTree();
    const [seed = ""] = seeds;
    for (const secret of [seed, user.token]) {
      const pieces = piecesOf([secret]);
      const part = secret.slice(-40, -10);
      const hidden = Object.defineProperty({}, "hidden", { value: { deep: [part] } });
      class Holder {
        readonly held = part;
      }
      for (const value of [
        part,
        [part],
        hidden,
        new Map([[1, part]]),
        new Holder(),
        new Error(`bad: ${part}`),
        new Error("x", { cause: new Error(part) }),
        Object.assign(new Error("x"), { input: part }),
        new TextEncoder().encode(part),
      ]) {
        expect(shownOf(pieces, value)).toContain(part.slice(0, PIECE));
      }
      expect(shownOf(pieces, { fine: user.publicKey })).toBeUndefined();
    }
    expect(seeds.size).toBe(9);
  });
});

test("handles and the Nsc show no seed, token or creds", async () => {
  const { nsc, operator, account, user, seeds, tokens } = await makeTree();
  const issued = await account.issueUser("x", { expires: "1h" });
  // Whatever is kept of them is kept by now.
  const texts = [await user.creds(), issued.creds(), operator.token, account.token, user.token];
  const pieces = piecesOf([...seeds, ...tokens, ...texts.flatMap((text) => text.split(/\s+/)).filter(isSecret)]);
  await nsc.transaction(async (tx) => {
    const pending = await (await tx.operator("O")).account("A");
    const added = await pending.addUser("v");
    for (const handle of [tx, pending, added]) expect(shownOf(pieces, handle)).toBeUndefined();
  });
  const values = [nsc, operator, account, user, [nsc, operator], { account, user }, await collect(account.users())];
  for (const value of values) expect(shownOf(pieces, value)).toBeUndefined();
  expect(shownOf(pieces, account.claims)).toBeUndefined();
  expect(shownOf(pieces, account.roles)).toBeUndefined();
  expect(shownOf(pieces, user.warnings)).toBeUndefined();
});

function isSecret(word: string): boolean {
  return /^(?:S[A-Z2-7]{57}|eyJ[\w.-]+)$/.test(word);
}

test("an issued user shows neither seed nor creds", async () => {
  const { account } = await makeTree();
  for (const role of [{}, { role: "r" }]) {
    const issued = await account.issueUser("x", { expires: "1h", ...role });
    const seed = issued.creds().match(/S[A-Z2-7]{57}/)?.[0] ?? "";
    expect(seed).toHaveLength(58);
    expect(shownOf(piecesOf([seed]), issued)).toBeUndefined();
    expect(shownOf(piecesOf([seed]), { ...issued })).toBeUndefined();
  }
});

describe("errors show no secret", () => {
  /** Failures of all kinds, each near a secret. */
  test("whatever fails", async () => {
    const { nsc, operator, account, user, seeds, tokens, store, inner } = await makeTree();
    const pair = createKeyPair("user");
    const [seed, foreign] = [seedOf(pair), seedOf(createKeyPair("operator"))];
    const { token } = user;
    const large = await account.addUser("large", {
      pub: Array.from({ length: 200 }, (_, index) => `a.very.long.subject.${index}.>`),
    });
    const secrets = new Set([...seeds, ...tokens, seed, foreign, token]);
    const key = createKeyPair("operator");
    const selfSigned = await encode(createOperatorClaims(key.publicKey, { name: "O" }), key);
    secrets.add(selfSigned);
    const runs: readonly (readonly [string, () => unknown])[] = [
      ["names", () => nsc.operator(seed)],
      ["names of tokens", () => nsc.operator(token)],
      ["accounts", () => operator.account(token)],
      ["users", () => account.user(seed)],
      ["a name that is taken", () => operator.addAccount("A", { key: seed })],
      ["a user's seed as an account's key", () => operator.addAccount("C", { key: seed })],
      ["a broken seed", () => operator.addAccount("C", { key: `${seed.slice(0, -1)}A` })],
      ["a seed in lower case", () => operator.addAccount("C", { key: seed.toLowerCase() })],
      ["a token as a key", () => account.addUser("w", { key: token })],
      ["bytes of a seed", () => account.addUser("w", { key: new TextEncoder().encode(foreign) })],
      ["a seed as a signing key", () => account.addSigningKey({ key: foreign })],
      ["a seed as a role", () => account.addUser("w", { role: seed })],
      ["a seed as a signer", () => account.edit(() => undefined, { signer: seed })],
      ["a token as a signer", () => user.edit(() => undefined, { signer: token })],
      ["an option that holds a seed", () => account.addUser("w", { [seed]: 1 } as never)],
      ["an option that holds a token", () => operator.addAccount("C", { [token]: 1 } as never)],
      ["a seed as a public key to remove", () => account.removeSigningKey(seed)],
      ["a seed as a new name", () => account.rename(`${seed}/`)],
      ["a token as a new name", () => user.rename(token)],
      ["a seed as a role's name", () => account.editRole(seed, () => undefined)],
      ["a seed as an expiry", () => account.issueUser("x", { expires: seed as never })],
      ["a token as a duration", () => account.addUser("w", { expires: token as never })],
      ["a seed as jetstream", () => operator.addAccount("C", { jetstream: seed as never })],
      ["a seed as a size", () => operator.addAccount("C", { jetstream: { disk: seed } })],
      ["a seed as a subject", () => account.addUser("w", { pub: [`${seed}.>.>`] })],
      ["a seed in a name of a role with variables", () => account.addUser(`${seed}.>`, { role: "r" })],
      ["a token in a name of a role with variables", () => account.issueUser(token, { role: "r", expires: "1h" })],
      ["an operator that is there", () => nsc.importOperator(selfSigned)],
      ["a broken token", () => nsc.importOperator(`${selfSigned.slice(0, -6)}AAAAAA`)],
      ["a seed instead of a token", () => nsc.importOperator(seed)],
      ["a user's token", () => nsc.importOperator(token)],
      [
        "an edit of what is managed",
        () =>
          user.edit((claims) => {
            claims.sub = seed;
          }),
      ],
      [
        "an edit with a seed in it",
        () =>
          account.edit(({ nats }) => {
            nats.signing_keys = [seed];
          }),
      ],
      [
        "a member that is a seed",
        () =>
          account.edit(({ nats }) => {
            (nats as unknown as Record<string, unknown>)[seed] = token;
          }),
      ],
      [
        "a seed where a number belongs",
        () =>
          account.edit(({ nats }) => {
            nats.limits.conn = seed as never;
          }),
      ],
      ["a configuration", () => serverConfig(operator, { resolver: seed as never })],
      ["a transaction", () => nsc.transaction(async (tx) => (await tx.addOperator("P")).token)],
      ["a user without a seed", async () => (await account.addUser("p", { key: pair.publicKey })).creds()],
      ["a signer that gives a seed", () => addWith(nsc, async () => seed)],
      ["a signer that gives another signature", () => addWith(nsc, () => new TextEncoder().encode(seed))],
      ["a signer that fails", () => addWith(nsc, () => Promise.reject(new Error("down")))],
      ["what signs is another", () => resolving(() => createKeyPair("operator"))],
      ["what signs is a seed", () => resolving(() => foreign)],
      ["damaged tokens", async () => (await damaged(inner, `${token.slice(0, -6)}AAAAAA`)).refresh()],
      ["tokens of another kind", async () => (await damaged(inner, selfSigned)).edit(() => undefined)],
      ["a conflict", () => conflicting(store)],
    ];
    secrets.add(large.token);
    const kinds = new Set<string>();
    let failures = 0;
    const failed: [string, unknown][] = [];
    for (const [where, run] of runs) {
      try {
        await run();
      } catch (error) {
        failed.push([where, error]);
      }
    }
    for (const { token: added } of await entriesOf(inner)) secrets.add(added);
    const pieces = piecesOf(secrets);
    for (const [where, error] of failed) {
      failures += 1;
      if (!isNscError(error)) throw new Error(`${where} fails otherwise`, { cause: error });
      kinds.add(error.code);
      expect(shownOf(pieces, error), where).toBeUndefined();
    }
    // Only failures say something; a seed may be a name.
    expect(failures).toBeGreaterThan(runs.length * 0.85);
    expect(kinds.size).toBeGreaterThan(12);
  });

  function addWith(nsc: Nsc, sign: () => unknown): Promise<unknown> {
    const { publicKey } = createKeyPair("operator");
    return nsc.addOperator("X", { key: { publicKey, sign } as never });
  }

  async function resolving(resolve: () => unknown): Promise<void> {
    const store = memoryStore();
    const operator = await new Nsc({ store }).addOperator("O");
    const nsc = new Nsc({ store, resolveSigner: () => resolve() as never });
    await (await nsc.operator(operator.name)).addAccount("A");
  }

  /** A handle of a user whose token was replaced by something else. */
  async function damaged(store: Awaited<ReturnType<typeof makeTree>>["inner"], token: string) {
    const account = await (await new Nsc({ store }).operator("O")).account("A");
    const present = await store.read(["O", "A", "dam"]);
    if (present !== undefined) await store.commit({ deletes: [{ path: ["O", "A", "dam"] }] });
    const user = await account.addUser("dam");
    await store.commit({ tokens: [{ path: ["O", "A", "dam"], token }] });
    return user;
  }

  async function conflicting(store: Awaited<ReturnType<typeof makeTree>>["store"]): Promise<void> {
    const nsc = new Nsc({ store });
    await nsc.transaction(async (tx) => {
      await (await (await tx.operator("O")).account("A")).addUser("y");
      await (await (await nsc.operator("O")).account("A")).addUser("y");
    });
  }
});
